"""Decks: what a task shows of itself in Flyte's console, the file deck.html.

A deck is a name and HTML that the task's author answers for.  Everything that kit puts
in itself (names, inputs, outputs, times, source) is escaped, and kit adds no script.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from html import escape
from typing import TYPE_CHECKING, Any

from flyteidl.core import tasks_pb2

from kit.notebook import Shown
from kit.renderers import (
    ArrowRenderer,
    SourceCodeRenderer,
    TopFrameRenderer,
    is_arrow_table,
    is_frame,
    short_html,
    table,
)
from kit.storage import current_storage
from kit.template.config import DECK_FIELDS

if TYPE_CHECKING:
    from kit.shim.context import ExecutionContext

__all__ = [
    "DECK_STYLE",
    "Deck",
    "FieldDecks",
    "deck_page",
    "source_code",
    "values_table",
    "write_decks",
]


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


def write_decks(context: ExecutionContext, path: str) -> str:
    """Write a run's decks as one page and return its path.

    Args:
        context: The run, with its decks.
        path: Where to write: a local path or URL that ends in deck.html.

    Raises:
        StorageError: It cannot be written.
    """
    title = context.task_id.name or "Task"
    page = deck_page(title, [(deck.name, deck.html) for deck in context.decks])
    current_storage().write_bytes(path, page.encode())
    return path


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


DECK_STYLE = """\
table.kit { border-collapse: collapse; }
table.kit caption { text-align: left; padding: 0 0 .3rem; }
table.kit th, table.kit td { border: 1px solid rgb(128 128 128 / 35%);
  padding: .25rem .6rem; text-align: left; vertical-align: top; }
table.kit td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre.kit { background: rgb(128 128 128 / 10%); padding: .75rem; overflow-x: auto;
  margin: 0; }
"""
"""The rules for what kit draws in a deck, whatever stands beside it."""

_STYLE = f"""\
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 0; color: #1b1b1f; }}
nav {{ border-bottom: 1px solid #d8d8de; padding: 0 1.5rem; }}
nav a {{ display: inline-block; padding: .75rem 1rem .75rem 0; color: #3b3bb3; }}
section {{ padding: .5rem 1.5rem 1.5rem; border-bottom: 1px solid #ececf0; }}
h2 {{ font-size: 1.1rem; }}
{DECK_STYLE}"""


def deck_page(title: str, decks: Iterable[tuple[str, str]]) -> str:
    """Draw decks one below the other, with links to each at the top.

    The head says where in the body each deck stands, so that they can be told apart
    again whatever HTML they hold.

    Args:
        title: Name of the task, escaped here.
        decks: Names, escaped here, and HTML, taken as it is.
    """
    named = [(_encodable(name), _encodable(html)) for name, html in decks]
    links = " ".join(
        f'<a href="#deck-{number}">{escape(name)}</a>'
        for number, (name, _) in enumerate(named)
    )
    parts, index = [f"<nav>{links}</nav>\n"], []
    position = len(parts[0])
    for number, (name, html) in enumerate(named):
        head = f'<section id="deck-{number}"><h2>{escape(name)}</h2>\n<div>'
        tail = "</div></section>\n"
        index.append((name, position + len(head), len(html)))
        position += len(head) + len(html) + len(tail)
        parts += [head, html, tail]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"{_index_element(index)}<title>{escape(_encodable(title))}</title>"
        f"<style>{_STYLE}</style></head>\n<body>{''.join(parts)}</body></html>\n"
    )


def _index_element(index: list[tuple[str, int, int]]) -> str:
    """Write names, and characters after ``<body>`` at which decks start and go on."""
    import json

    return f'<meta name="kit-decks" content="{escape(json.dumps(index))}">'


def _encodable(text: str) -> str:
    """Spell out halves of surrogate pairs, which no file can hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
