"""Where a run stands, in HTML: its phases, and the time that it takes."""

from __future__ import annotations

from typing import Any

from kit.display.escape import html_text, one_line
from kit.runners.outcome import Phase

__all__ = ["clock_html", "head_html", "phase_html"]

_TONES = {Phase.SUCCEEDED: "kit-good", Phase.FAILED: "kit-bad"}
_BUSY = (
    "The kernel is busy with a cell: Cancel waits for it; interrupt the kernel to "
    "cancel now."
)


def head_html(task: Any) -> str:
    """Return the title of a panel."""
    name = html_text(one_line(task.name))
    return f'<p class="kit-head"><span class="kit-kind">run</span> <b>{name}</b></p>'


def phase_html(phase: Phase) -> str:
    """Return the phases that there are, the present one marked, for readers too."""
    last = phase if phase.is_final else Phase.SUCCEEDED
    steps = (Phase.QUEUED, Phase.RUNNING, last)
    items = "".join(_step(step, phase) for step in steps)
    return f'<div role="status"><ol class="kit-phases">{items}</ol></div>'


def clock_html(seconds: int, *, is_busy: bool) -> str:
    """Return how long it takes by now, and what a busy kernel means for Cancel."""
    busy = f' <span class="kit-notable">{_BUSY}</span>' if is_busy else ""
    return f'<p><progress aria-label="running"></progress> {seconds:,} s{busy}</p>'


def _step(step: Phase, phase: Phase) -> str:
    if step is not phase:
        return f'<li class="kit-other-phase">{step.value}</li>'
    tone = _TONES.get(step, "kit-notable")
    return f'<li class="{tone}" aria-current="step"><b>{step.value}</b></li>'
