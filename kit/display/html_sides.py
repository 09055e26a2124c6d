"""A change as HTML with its old value on the left and its new one on the right."""

from __future__ import annotations

from collections.abc import Iterator

from kit.difference.change import Change
from kit.display.difference_text import change_lines
from kit.display.escape import html_text, one_line

__all__ = ["change_html"]

Pair = tuple[str | None, str | None]


def change_html(change: Change) -> str:
    """Return a change as an element: where, why, and the two values side by side."""
    impacts = "".join(
        f'<span class="kit-badge">{html_text(impact.value)}</span> '
        for impact in change.impacts
    )
    rows = "".join(_row(old, new) for old, new in _pairs(change_lines(change)))
    return (
        f'<div class="kit-change"><p><code>{html_text(one_line(change.path))}</code> '
        f"{impacts}{html_text(change.why)}</p>"
        '<table class="kit-sides"><thead><tr><th scope="col">old</th>'
        f'<th scope="col">new</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _pairs(text: str) -> Iterator[Pair]:
    """Yield lines of a diff as old and new beside each other; None where is nothing."""
    gone: list[str] = []
    come: list[str] = []
    for line in text.split("\n"):
        if line.startswith("-"):
            gone.append(line[1:].removeprefix(" "))
        elif line.startswith("+"):
            come.append(line[1:].removeprefix(" "))
        else:
            yield from _zipped(gone, come)
            gone, come = [], []
            same = line.removeprefix(" ")
            yield same, same
    yield from _zipped(gone, come)


def _zipped(
    gone: list[str], come: list[str]
) -> Iterator[tuple[str | None, str | None]]:
    for index in range(max(len(gone), len(come))):
        old = gone[index] if index < len(gone) else None
        new = come[index] if index < len(come) else None
        yield old, new


def _row(old: str | None, new: str | None) -> str:
    if old == new:
        same = html_text(old or "")
        return f'<tr><td colspan="2"><code>{same}</code></td></tr>'
    return f"<tr>{_cell(old, 'gone')}{_cell(new, 'come')}</tr>"


def _cell(text: str | None, kind: str) -> str:
    if text is None:
        return '<td class="kit-none"></td>'
    return f'<td class="kit-{kind}"><code>{html_text(text)}</code></td>'
