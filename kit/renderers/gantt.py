"""What took how long, in decks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from typing import Any, NamedTuple

from kit.renderers.expected import refusal
from kit.renderers.frame import is_frame
from kit.renderers.table import table

__all__ = ["GanttChartRenderer", "Span"]

_WIDTH = 240  # pixels of the whole time
_COLUMNS = {"Name", "Start", "Finish"}


class Span(NamedTuple):
    """A step of something.

    Attributes:
        name: What was done.
        start: When it began, in seconds after any one moment.
        finish: When it ended, in seconds after the same moment.
        process: The seconds of them that this process was computing, if known.
    """

    name: str
    start: float
    finish: float
    process: float | None = None


class GanttChartRenderer:
    """Draws steps as bars along their time, each with its seconds.

    Example:
        >>> html = GanttChartRenderer().to_html([Span("load", 0.0, 1.5)])
        >>> "load" in html, "1.500000" in html
        (True, True)
    """

    def to_html(self, steps: Any) -> str:
        """Return a table with a bar in each row.

        Args:
            steps: :class:`Span` objects, or a DataFrame with the columns ``Name``,
                ``Start`` and ``Finish``, which hold numbers of seconds or times.

        Raises:
            DeckError: It is neither, or a step has no finite start and finish.
        """
        spans = self._spans(steps)
        begin = min((span.start for span in spans), default=0.0)
        end = max((span.finish for span in spans), default=0.0)
        scale = _WIDTH / (end - begin) if end > begin else 0.0
        rows = (
            f"<tr><th>{escape(span.name)}</th>"
            f"{_seconds(span.finish - span.start)}{_seconds(span.process)}"
            f"<td>{_bar((span.start - begin) * scale, _length(span) * scale)}</td></tr>"
            for span in spans
        )
        return table(("Step", "Wall time (s)", "Process time (s)", "When"), rows)

    def _spans(self, steps: Any) -> list[Span]:
        if is_frame(steps):
            spans = self._of_frame(steps)
        elif isinstance(steps, Iterable):
            spans = list(steps)
        else:
            raise refusal(self, steps, "kit.renderers.Span objects or a DataFrame")
        for span in spans:
            if not isinstance(span, Span):
                raise refusal(self, span, "kit.renderers.Span objects")
            if not math.isfinite(span.start) or not math.isfinite(span.finish):
                raise refusal(self, span, "a start and a finish that are known")
        return spans

    def _of_frame(self, frame: Any) -> list[Span]:
        if not set(frame.columns) >= _COLUMNS:
            columns = "a DataFrame with the columns Name, Start and Finish"
            raise refusal(self, frame, columns)
        values = (frame[name].tolist() for name in ("Name", "Start", "Finish"))
        return [
            Span(str(name), _moment(start), _moment(finish))
            for name, start, finish in zip(*values, strict=True)
        ]


def _moment(value: Any) -> float:
    """Return a number as it is, and a time as seconds."""
    return float(value.timestamp() if hasattr(value, "timestamp") else value)


def _length(span: Span) -> float:
    return max(span.finish - span.start, 0.0)


def _seconds(value: float | None) -> str:
    text = "" if value is None else f"{value:.6f}"
    return f'<td class="number">{text}</td>'


def _bar(offset: float, length: float) -> str:
    """Draw a bar without script: at least one pixel, so that each step is seen."""
    return (
        f'<svg width="{_WIDTH + 1}" height="12" role="presentation">'
        f'<rect x="{offset:.1f}" width="{max(length, 1):.1f}" height="12" '
        'fill="#5b5bd6"/></svg>'
    )
