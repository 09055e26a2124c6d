"""Decks of a run's own fields: inputs, outputs, times, source and packages."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from html import escape
from typing import Any

from flyteidl.core import tasks_pb2

from kit.renderers.html import (
    ArrowRenderer,
    SourceCodeRenderer,
    TopFrameRenderer,
    is_arrow_table,
    is_frame,
    short_html,
    table,
)
from kit.shim.context import Deck
from kit.template.config import DECK_FIELDS

_NOTHING = contextlib.nullcontext()
_FLYTEKIT_FIELDS = ("Input", "Output")  # a flytekit template does not tell its fields


class FieldDecks:
    """The decks that kit makes itself, collected while a task runs.

    Which ones is told by the template: its metadata says whether at all, and the
    ``kit.deck_fields`` of its config name them.
    """

    def __init__(self, fields: Sequence[str] = ()) -> None:
        self._fields = fields
        self._shown: dict[str, str] = {}
        self._times: list[tuple[str, float, float, float]] = []

    @classmethod
    def of(cls, template: tasks_pb2.TaskTemplate) -> FieldDecks:
        """Read from a template which fields its deck has."""
        if not template.metadata.generates_deck.value:
            return cls()
        named = template.config.get(DECK_FIELDS)
        return cls(_FLYTEKIT_FIELDS if named is None else named.split(","))

    def timed(self, step: str) -> AbstractContextManager[None]:
        """Measure a step of the run for the timeline, if there is one."""
        return self._measured(step) if "Timeline" in self._fields else _NOTHING

    @contextlib.contextmanager
    def _measured(self, step: str) -> Iterator[None]:
        start, process = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            finish, spent = time.perf_counter(), time.process_time() - process
            self._times.append((step, start, finish, spent))

    def show_inputs(self, inputs: Mapping[str, Any]) -> None:
        """Draw the inputs, before the executor can change them."""
        if "Input" in self._fields:
            self._shown["Input"] = values_table(inputs)

    def show_outputs(self, value: Any) -> None:
        """Draw what the executor returned."""
        if "Output" in self._fields:
            named = value if isinstance(value, Mapping) else {"output": value}
            self._shown["Output"] = values_table(named)

    def collected(
        self, decks: list[Deck], executor_type: type
    ) -> AbstractContextManager[None]:
        """Put the fields behind the decks of the executor, also when it fails."""
        return self._collected(decks, executor_type) if self._fields else _NOTHING

    @contextlib.contextmanager
    def _collected(self, decks: list[Deck], executor_type: type) -> Iterator[None]:
        try:
            yield
        finally:
            self._draw_rest(executor_type)
            decks.extend(
                Deck(field, self._shown[field], auto_add_to_deck=False)
                for field in self._fields
                if field in self._shown
            )

    def _draw_rest(self, executor_type: type) -> None:
        from kit.renderers import GanttChartRenderer, PythonDependencyRenderer, Span

        if "Timeline" in self._fields:
            spans = [Span(*times) for times in self._times]
            self._shown["Timeline"] = GanttChartRenderer().to_html(spans)
        if "Source Code" in self._fields:
            self._shown["Source Code"] = source_code(executor_type)
        if "Dependencies" in self._fields:
            self._shown["Dependencies"] = PythonDependencyRenderer().to_html()


_ROWS = 20  # of a DataFrame


def values_table(values: Mapping[str, Any]) -> str:
    """Draw named values with their types."""
    rows = (
        f"<tr><th>{escape(str(name))}</th><td>{escape(type(value).__name__)}</td>"
        f"<td>{_drawn(value)}</td></tr>"
        for name, value in values.items()
    )
    return table(("Name", "Type", "Value"), rows)


def source_code(executor_type: type) -> str:
    """Draw the executor's source as this process has it: a class, or its function."""
    import inspect

    logic: Any = getattr(executor_type, "execute_from_model", None)
    is_function = getattr(logic, "__qualname__", "") == executor_type.__qualname__
    try:
        source = inspect.getsource(logic if is_function else executor_type)
    except (OSError, TypeError):
        name = escape(executor_type.__qualname__)
        return f'<p class="kit">The source of {name} is not in this image.</p>'
    return SourceCodeRenderer().to_html(source)


def _drawn(value: Any) -> str:
    """Draw one value: a table as its first rows, anything else by its repr."""
    if is_frame(value):
        return TopFrameRenderer(max_rows=_ROWS).to_html(value)
    if is_arrow_table(value):
        return ArrowRenderer(max_rows=_ROWS).to_html(value)
    return short_html(value)
