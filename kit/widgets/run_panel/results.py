"""What came of a run, in panes."""

from __future__ import annotations

import dataclasses

from kit.display.run_summary import summarize_run
from kit.display.summary import Fact, Facts, Item, Section, Summary
from kit.runners.outcome import Outcome
from kit.running.run import Run
from kit.widgets.run_panel.masks import Masks

__all__ = ["summarize_results"]

_SECOND = 1.0
_OWN_VIEWS = ("Outputs", "Decks")


def summarize_results(run: Run, masks: Masks) -> Summary:
    """Summarize a run that has ended: error, timings, command, files, the wire.

    Its outputs and its decks have views of their own.

    Args:
        run: The run.
        masks: Keep the values of its secrets out of it.
    """
    outcome = run.standing
    told = summarize_run(outcome, with_command=True, with_logs=False)
    details = {
        "Command": Section("Command", _items(told, "Command"), detail=True),
        "Files": Section(
            "Files", (*_items(told, "Files"), *_log(outcome)), detail=True
        ),
    }
    others = (part for part in told.sections if part.title not in _OWN_VIEWS)
    sections = (details.get(part.title, part) for part in others)
    timings = Section("Timings", _timings(outcome), detail=True)
    return masks.summary(dataclasses.replace(told, sections=(*sections, timings)))


def _items(summary: Summary, title: str) -> tuple[Item, ...]:
    section = summary.section(title)
    return () if section is None else section.items


def _log(outcome: Outcome) -> tuple[Item, ...]:
    path = outcome.logs.path
    return () if path is None else (Facts((Fact("whole log", str(path)),)),)


def _timings(outcome: Outcome) -> tuple[Item, ...]:
    seconds = dataclasses.asdict(outcome.timings)
    rows = [Fact(name, _text(took)) for name, took in seconds.items() if took]
    if not rows:
        return ()
    return (Facts((*rows, Fact("total", _text(outcome.timings.total)))),)


def _text(seconds: float) -> str:
    if seconds < _SECOND:
        return f"{1000 * seconds:,.0f} ms"
    return f"{seconds:,.1f} s"
