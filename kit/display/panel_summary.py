"""What is shown of a run panel where it is not live."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, Protocol

from kit.display.run_summary import summarize_run_shown
from kit.display.summary import Code, Fact, Facts, Section, Style, Summary, Table
from kit.display.value import value_text
from kit.forms.form import Form
from kit.running.run import Run

__all__ = ["summarize_panel"]


class _Panel(Protocol):
    @property
    def task(self) -> Any: ...

    @property
    def form(self) -> Form: ...

    @property
    def runner(self) -> str: ...

    @property
    def current(self) -> Run | None: ...


def summarize_panel(panel: _Panel) -> Summary:
    """List the inputs, tell how to run the task, and show its run if there is one."""
    sections = (
        Section("Inputs", tuple(_inputs(panel.form))),
        Section("Run it", (Code(_call(panel), "python"),)),
    )
    made = Summary("run", panel.task.name, sections)
    if panel.current is None:
        return made
    run = summarize_run_shown(panel.current)
    return dataclasses.replace(run, sections=(*sections, *run.sections))


def _inputs(form: Form) -> Iterator[Facts | Table]:
    if not form.inputs:
        yield Facts((Fact("inputs", "none"),))
        return
    columns = ("input", "type", "value", "description")
    styles: tuple[Style, ...] = ("text", "code", "code", "text")
    rows = tuple(
        (name, entry.type_name, _value(form, name), entry.field.description)
        for name, entry in form.inputs.items()
    )
    yield Table(columns, rows, styles=styles)


def _value(form: Form, name: str) -> str:
    reading = form.inputs[name].field.read()
    return value_text(reading.value) if reading.ok else "needed"


def _call(panel: _Panel) -> str:
    name = panel.task.name.rpartition(".")[2]
    inputs = "".join(f", {name}={_argument(panel, name)}" for name in panel.form.inputs)
    runner = "" if panel.runner == "subprocess" else f", runner={panel.runner!r}"
    return f"run = kit.run({name}{inputs}{runner})"


def _argument(panel: _Panel, name: str) -> str:
    reading = panel.form.inputs[name].field.read()
    return value_text(reading.value) if reading.ok else "…"
