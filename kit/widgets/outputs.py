"""The outputs of a run as widgets: tables to page and sort, files to save."""

from __future__ import annotations

import dataclasses
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import ipywidgets

from kit.display.html import heading_html, item_html, section_html
from kit.display.of_runs import summarize_outputs
from kit.display.outputs import fact_of, parts_of, rows_of
from kit.display.outputs.files import (
    content_items,
    content_of,
    content_rows,
    listing_of,
    local_source,
    may_be_fetched,
    type_of,
)
from kit.display.outputs.tables import Order, Rows, rows_caption, value_rows
from kit.display.outputs.values import bounded_tree, fields_of, plain_text
from kit.display.summary import Facts, Item
from kit.running.outputs import Outputs
from kit.types.blobs import Blob
from kit.types.directories import FlyteDirectory
from kit.widgets.base import (
    Styles,
    can_script,
    close_parts,
    close_tree,
    live_box,
    named,
    scripted,
)
from kit.widgets.downloads import FetchPart, Held, Source, downloads

_PAGE = 20
_MOST_ROWS = 500  # of a page


def data_table(
    name: str, rows: Rows, styles: Styles, mask: Callable[[str], str] = str
) -> Any:
    """Return a widget that shows rows page by page, in the order of any column.

    Args:
        name: What the table is.
        rows: Its rows.
        styles: What all widgets of the view share.
        mask: Keeps out of a text what is not to be shown.
    """
    pages = _Pages(rows, mask)
    columns = [dataclasses.asdict(column) for column in rows.columns]
    for column in columns:
        column["name"] = mask(column["name"])
    facts = {
        "title": name,
        "columns": columns,
        "count": rows.count,
        "first": pages.read(0, _PAGE, None),
    }
    return scripted("data_table", facts, styles.box, pages.answer)


class _Pages:
    """Answers what the page asks, in whatever thread that comes."""

    def __init__(self, rows: Rows, mask: Callable[[str], str]) -> None:
        self._rows, self._mask = rows, mask
        self._lock = threading.Lock()

    def read(self, start: int, count: int, order: Order | None) -> list[list[str]]:
        with self._lock:
            page = self._rows.page(start, start + count, order)
        return [[self._mask(cell) for cell in row] for row in page]

    def answer(self, asked: Any) -> tuple[dict[str, Any], list[bytes]]:
        """Return a page, or why there is none."""
        number = asked.get("number") if isinstance(asked, Mapping) else None
        try:
            start, count, order = self._understood(asked)
            rows = self.read(start, count, order)
        except Exception as error:  # noqa: BLE001 - what a task's objects raise
            text = f"{type(error).__name__}: {error}"
            return {"number": number, "error": self._mask(text)}, []
        return {"number": number, "rows": rows}, []

    def _understood(self, asked: Any) -> tuple[int, int, Order | None]:
        start, count = int(asked["start"]), int(asked["count"])
        if not (0 <= start <= self._rows.count and 0 < count <= _MOST_ROWS):
            msg = f"There are no {count} rows from {start} on."
            raise ValueError(msg)
        column = asked["column"]
        if column is None:
            return start, count, None
        if not self._rows.columns[int(column)].is_sortable or int(column) < 0:
            msg = f"The table cannot be sorted by its column {column}."
            raise ValueError(msg)
        return start, count, Order(int(column), bool(asked["descending"]))


_MOST_ALIVE = 40  # widgets; what comes later is told as on a static page
_MANY = 20  # values of a list that do not fit into a line
_LONG = 2_000  # characters or bytes of a value that can be taken along
Mask = Callable[[Any], Any]


def output_widgets(
    values: Mapping[str, Any], styles: Styles, mask: Mask = lambda thing: thing
) -> tuple[Any, ...]:
    """Return the widgets of outputs, from top to bottom.

    Args:
        values: The outputs.
        styles: What all widgets of the view share.
        mask: Keeps out of a summary's parts what is not to be shown.
    """
    return tuple(_Maker(styles, mask).widgets(values))


class _Maker:
    """Makes as few widgets as will do: all that is text between two of them is one."""

    def __init__(self, styles: Styles, mask: Mask) -> None:
        self._styles, self._mask = styles, mask
        self._text: list[str] = []
        self._alive = 0

    def widgets(self, values: Mapping[str, Any]) -> Iterator[Any]:
        plain = {k: value for k, value in values.items() if not _is_long_list(value)}
        told = (fact_of(name, value) for name, value in plain.items())
        facts = tuple(fact for fact in told if fact is not None)
        if facts:
            self._tell(Facts(facts))
        for name, value in values.items():
            for widget in self._of(name, value):
                yield from self._flushed()
                yield widget
        yield from self._flushed()

    def _of(self, name: str, value: Any) -> Iterator[Any]:
        if not can_script() or self._alive >= _MOST_ALIVE:
            fact = fact_of(name, value) if _is_long_list(value) else None
            self._tell(*((Facts((fact,)),) if fact else ()), *parts_of(name, value))
        elif isinstance(value, Blob) and local_source(value) is None:
            if may_be_fetched(value):
                yield self._remote(name, value)
        elif isinstance(value, FlyteDirectory):
            yield from self._folder(name, value)
        elif isinstance(value, os.PathLike):
            yield from self._file(name, value)
        elif (rows := _live_rows(value)) is not None:
            yield self._table(name, rows)
        else:
            parts = tuple(parts_of(name, value))
            self._tell(*parts)
            if _is_cut(value):
                yield self._files(name, [_whole(name, value)])

    def _remote(self, name: str, value: Blob) -> Any:
        """Let the reader fetch what is in another store."""
        self._alive += 1

        def seen() -> tuple[Any, ...]:
            return output_widgets({name: value}, self._styles, self._mask)

        return FetchPart(name, value, self._styles, seen).root

    def _folder(self, name: str, value: FlyteDirectory) -> Iterator[Any]:
        self._tell(*parts_of(name, value))
        listing = listing_of(value)
        found = listing.files if listing else {}
        contents = (content_of(file, path) for path, file in found.items())
        sources = [content for content in contents if content is not None]
        if sources:
            yield self._files(name, sources)

    def _file(self, name: str, value: Any) -> Iterator[Any]:
        path = local_source(value)
        content = None if path is None else content_of(path)
        if content is None:
            return
        media = type_of(value, content)
        rows = content_rows(content, media)
        if rows is not None:
            yield self._table(name, rows)
        else:
            self._tell(*content_items(name, content, media))
        yield self._files(name, [content], is_pdf=media == "application/pdf")

    def _table(self, name: str, rows: Rows) -> Any:
        self._alive += 1
        title = self._mask(rows_caption(name, rows, rows.count))
        return data_table(title, rows, self._styles, self._mask)

    def _files(
        self, name: str, sources: Sequence[Source], *, is_pdf: bool = False
    ) -> Any:
        self._alive += 1
        return downloads(sources, self._styles, title=name, is_pdf=is_pdf)

    def _tell(self, *items: Item) -> None:
        self._text += [item_html(self._mask(item)) for item in items]

    def _flushed(self) -> Iterator[Any]:
        """Yield the text that has come together, as one widget."""
        if self._text:
            html = f'<div class="kit-body">{"".join(self._text)}</div>'
            self._text = []
            yield ipywidgets.HTML(html, **self._styles.html, **named("kit-pane-body"))


def _live_rows(value: Any) -> Rows | None:
    rows = rows_of(value)
    return value_rows(value) if rows is None and _is_long_list(value) else rows


def _is_long_list(value: Any) -> bool:
    return isinstance(value, list) and len(value) > _MANY


def _is_cut(value: Any) -> bool:
    """Say whether a page shows a part of a value only."""
    if isinstance(value, (str, bytes)):
        return len(value) > _LONG
    return isinstance(value, (dict, list)) and not bounded_tree(value).is_whole


def _whole(name: str, value: Any) -> Held:
    """Return all of a value, to be written out when it is asked for."""
    if isinstance(value, bytes):
        return Held(f"{name}.bin", lambda: value)
    if isinstance(value, str):
        return Held(f"{name}.txt", lambda: value.encode("utf-8", "backslashreplace"))
    return Held(f"{name}.json", lambda: _json(value))


def _json(value: Any) -> bytes:
    """Write a value as JSON, with texts for what JSON has not."""
    writer = json.JSONEncoder(default=_plain, indent=2, ensure_ascii=False)
    return writer.encode(value).encode("utf-8", "backslashreplace")


def _plain(value: Any) -> Any:
    fields = fields_of(value)
    return {name: getattr(value, name) for name in fields} or plain_text(value)


_HEAD = '<details open=""><summary><b>Outputs</b></summary></details>'


class OutputsPane:
    """A head that folds, and the outputs of one run below it.

    Args:
        styles: What all widgets of the view share.
    """

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._head = ipywidgets.HTML(_HEAD, **styles.html, **named("kit-pane-head"))
        names = named("kit-stack", "kit-outputs")
        self._body = ipywidgets.Box((), **styles.box, **names)
        self._values: Mapping[str, Any] | None = None

    @property
    def widgets(self) -> tuple[Any, ...]:
        """What is shown; nothing where there are no outputs."""
        return (self._head, self._body) if self._body.children else ()

    def draw(self, values: Mapping[str, Any], mask: Callable[[Any], Any]) -> None:
        """Show outputs in the place of others; the same ones stay as they are."""
        if values is self._values:
            return
        self._values = values
        before = self._body.children
        self._body.children = output_widgets(values, self._styles, mask)
        for widget in before:
            close_parts(widget)

    def close(self) -> None:
        """Close every widget, whether it is shown or not."""
        close_tree(self._head)
        close_tree(self._body)


class OutputsView:
    """Draws outputs.

    Args:
        outputs: The outputs.

    Attributes:
        root: The widget.
    """

    def __init__(self, outputs: Outputs) -> None:
        styles = Styles()
        summary = summarize_outputs(outputs)
        head = ipywidgets.HTML("".join(heading_html(summary)), **styles.html)
        parts = output_widgets(outputs, styles)
        body = ipywidgets.Box(parts, **styles.box, **named("kit-stack", "kit-outputs"))
        wire = summary.section("On the wire")
        rest = [ipywidgets.HTML(section_html(wire), **styles.html)] if wire else []
        self.root: Any = live_box(styles, (head, body, *rest))
        self.root.kit_view = self  # no handler of it holds the view, to be closed later

    def close(self) -> None:
        """Close every widget of it."""
        close_tree(self.root)
