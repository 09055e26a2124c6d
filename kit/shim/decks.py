"""Decks: what a task shows of itself in Flyte's console, the file deck.html.

A deck is a name and HTML that the task's author answers for.  Everything that kit puts
in itself (names, inputs, outputs, times, source) is escaped, and kit adds no script.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from flyteidl.core import tasks_pb2

from kit.shown import Shown
from kit.storage import current_storage
from kit.template.config import DECK_FIELDS

if TYPE_CHECKING:
    from kit.shim.context import ExecutionContext

__all__ = ["Deck", "FieldDecks", "write_decks"]

_NOTHING = contextlib.nullcontext()
_FLYTEKIT_FIELDS = ("Input", "Output")  # a flytekit template does not tell its fields


class Deck(Shown):
    r"""A named piece of HTML for deck.html.

    At the end of a cell it is a frame of its own, out of which its HTML cannot act.

    Args:
        name: Title of the deck.
        html: Its HTML, shown as it is: escape what is not yours.
        auto_add_to_deck: Whether to add it to the current run's decks.

    Example:
        >>> deck = Deck("plot", "<b>42</b>", auto_add_to_deck=False)
        >>> deck.append("<i>more</i>").html
        '<b>42</b>\n<i>more</i>'
    """

    def __init__(
        self,
        name: str,
        html: str = "",  # the field's name for it
        auto_add_to_deck: bool = True,  # noqa: FBT001, FBT002 - flytekit's signature
    ) -> None:
        self._name = name
        self._html = html
        if auto_add_to_deck:
            from kit.shim.context import current_context

            current_context().decks.append(self)

    def __repr__(self) -> str:
        return f"Deck({self._name!r}, {len(self._html)} characters)"

    @property
    def name(self) -> str:
        """Title of the deck."""
        return self._name

    @property
    def html(self) -> str:
        """HTML of the deck."""
        return self._html

    def append(self, html: str) -> Deck:
        """Add HTML on a new line and return the deck."""
        self._html = f"{self._html}\n{html}"
        return self

    @staticmethod
    def publish() -> None:
        """Write deck.html now, with what the decks hold so far.

        It does nothing in a task that was not given ``enable_deck=True``, nor where
        there is no place for the file.
        """
        from kit.shim.context import current_context

        context = current_context()
        if context.enable_deck and context.output_metadata_prefix:
            write_decks(context, f"{context.output_metadata_prefix}/deck.html")


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
            from kit.shim.deck_fields import values_table

            self._shown["Input"] = values_table(inputs)

    def show_outputs(self, value: Any) -> None:
        """Draw what the executor returned."""
        if "Output" in self._fields:
            from kit.shim.deck_fields import values_table

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
        from kit.renderers.dependencies import PythonDependencyRenderer
        from kit.renderers.gantt import GanttChartRenderer, Span
        from kit.shim.deck_fields import source_code

        if "Timeline" in self._fields:
            spans = [Span(*times) for times in self._times]
            self._shown["Timeline"] = GanttChartRenderer().to_html(spans)
        if "Source Code" in self._fields:
            self._shown["Source Code"] = source_code(executor_type)
        if "Dependencies" in self._fields:
            self._shown["Dependencies"] = PythonDependencyRenderer().to_html()


def write_decks(context: ExecutionContext, path: str) -> str:
    """Write a run's decks as one page and return its path.

    Args:
        context: The run, with its decks.
        path: Where to write: a local path or URL that ends in deck.html.

    Raises:
        StorageError: It cannot be written.
    """
    from kit.shim.deck_page import deck_page

    title = context.task_id.name or "Task"
    page = deck_page(title, [(deck.name, deck.html) for deck in context.decks])
    current_storage().write_bytes(path, page.encode())
    return path
