"""Lines of a diff as HTML: what goes on the left, and what comes on the right."""

from __future__ import annotations

from collections.abc import Iterator

from kit.display.escape import html_text
from kit.display.line_diff import COMES, GOES, STAYS

__all__ = ["sides_html"]

Pair = tuple[str | None, str | None]


def sides_html(text: str) -> str:
    """Return lines, marked as :mod:`kit.display.line_diff` does, as a table.

    Lines keep their marks, so that nothing is told by colour or place alone; a line
    that stays stands across both sides.
    """
    rows = "".join(_row(old, new) for old, new in _pairs(text))
    return (
        '<table class="kit-sides"><thead><tr><th scope="col">old</th>'
        f'<th scope="col">new</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _pairs(text: str) -> Iterator[Pair]:
    """Yield lines beside each other; None where there is nothing."""
    gone: list[str] = []
    come: list[str] = []
    for line in text.split("\n"):
        if line.startswith(GOES):
            if come:  # another block, of which nothing stays between
                yield from _zipped(gone, come)
            gone.append(line)
        elif line.startswith(COMES):
            come.append(line)
        else:
            yield from _zipped(gone, come)
            yield line, line
    yield from _zipped(gone, come)


def _zipped(gone: list[str], come: list[str]) -> Iterator[Pair]:
    """Yield what was gathered of both sides, and begin to gather anew."""
    for index in range(max(len(gone), len(come))):
        old = gone[index] if index < len(gone) else None
        new = come[index] if index < len(come) else None
        yield old, new
    gone.clear()
    come.clear()


def _row(old: str | None, new: str | None) -> str:
    if old is not None and old == new:
        kind = "" if old.startswith(STAYS) else ' class="kit-gap"'
        return f'<tr><td colspan="2"{kind}><code>{html_text(old)}</code></td></tr>'
    return f"<tr>{_cell(old, 'gone')}{_cell(new, 'come')}</tr>"


def _cell(text: str | None, kind: str) -> str:
    if text is None:
        return '<td class="kit-none"></td>'
    return f'<td class="kit-{kind}"><code>{html_text(text)}</code></td>'
