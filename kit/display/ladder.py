"""The readiness ladder as every face draws it: HTML, text, and a view of its own."""

from __future__ import annotations

from collections.abc import Callable

from kit.display.text import attribute, html_text
from kit.escape import bounded, label
from kit.evidence import Rung, State
from kit.readiness.ladder import Readiness, Standing

ICONS = {
    State.PASSED: "✓",
    State.FAILED: "✗",
    State.STALE: "↻",
    State.NOT_TRIED: "○",
    State.NOT_AVAILABLE: "·",
    State.RUNNING: "…",
}
"""A sign of each state, which is always drawn with its word."""

_TONES = {
    State.PASSED: "good",
    State.FAILED: "bad",
    State.STALE: "notable",
    State.NOT_TRIED: "plain",
    State.NOT_AVAILABLE: "plain",
    State.RUNNING: "plain",
}


def tone(standing: Standing) -> str:
    """Return how a state is coloured: ``good``, ``bad``, ``notable``, ``plain``."""
    return _TONES[standing.state]


def ladder_html(
    readiness: Readiness,
    *,
    button: Callable[[Rung], str] | None = None,
    with_seconds: bool = False,
) -> str:
    """Return the ladder as a list of its rungs; readable without a stylesheet.

    Args:
        readiness: The ladder.
        button: Returns the attributes, as HTML, of the button that a live view makes of
            a rung; a static face has none.
        with_seconds: Whether to show how long things took, which differs each time.
    """
    rungs = "".join(
        f'<li class="kit-rung kit-{tone(standing)}" '
        f'data-state="{standing.state.value}"{_title(standing)}>'
        f"{_inside(standing, button, with_seconds=with_seconds)}</li>"
        for standing in readiness
    )
    return f'<ol class="kit-ladder" aria-label="readiness">{rungs}</ol>'


def _inside(
    standing: Standing,
    button: Callable[[Rung], str] | None,
    *,
    with_seconds: bool,
) -> str:
    text = rung_text(standing, with_seconds=with_seconds)
    told = f" <small>{html_text(label(text))}</small>" if text else ""
    drawn = (
        f'<span class="kit-icon" aria-hidden="true">{ICONS[standing.state]}</span> '
        f"<b>{standing.rung.title}</b> "
        f'<span class="kit-state">{standing.state.value}</span>{told}'
    )
    if button is None:
        return drawn
    return f'<button type="button" {button(standing.rung)}>{drawn}</button>'


def _title(standing: Standing) -> str:
    told = standing.detail or standing.rung.asks
    return f' title="{attribute(bounded(told))}"'


def rung_text(standing: Standing, *, with_seconds: bool = False) -> str:
    """Return what is told of a rung after its state, in a few words."""
    evidence = standing.evidence
    parts = [standing.text]
    is_result = standing.state in (State.PASSED, State.FAILED)
    if with_seconds and is_result and evidence and evidence.seconds is not None:
        parts.append(f"{evidence.seconds:.1f} s")
    return ", ".join(filter(None, parts))


def ladder_text(readiness: Readiness, *, with_seconds: bool = False) -> str:
    """Return the ladder as lines, one for each rung."""
    return "\n".join(
        f"{ICONS[standing.state]} {standing.rung.title:<9} {standing.state.value:<13} "
        f"{label(rung_text(standing, with_seconds=with_seconds))}".rstrip()
        for standing in readiness
    )
