"""Outputs as widgets: text where it is enough, tables and files that answer."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import ipywidgets

from kit.display.html_items import item_html
from kit.display.outputs.bounded_tree import bounded_tree
from kit.display.outputs.content import content_of, local_source
from kit.display.outputs.file_items import content_items, content_rows, type_of
from kit.display.outputs.folder_items import listing_of
from kit.display.outputs.items import fact_of, parts_of, rows_of
from kit.display.outputs.plain import plain_text
from kit.display.outputs.record_rows import fields_of, value_rows
from kit.display.outputs.rows import Rows
from kit.display.outputs.rows_table import rows_caption
from kit.display.summary import Facts, Item
from kit.types.blobs import Blob
from kit.types.directories import FlyteDirectory
from kit.widgets.looks import Looks, named
from kit.widgets.outputs.data_table import data_table
from kit.widgets.outputs.downloads import downloads
from kit.widgets.outputs.fetch_part import FetchPart
from kit.widgets.outputs.sources import Held, Source
from kit.widgets.scripted import can_script

__all__ = ["output_widgets"]

_MOST_ALIVE = 40  # widgets; what comes later is told as on a static page
_MANY = 20  # values of a list that do not fit into a line
_LONG = 2_000  # characters or bytes of a value that can be taken along

Mask = Callable[[Any], Any]


def output_widgets(
    values: Mapping[str, Any], looks: Looks, mask: Mask = lambda thing: thing
) -> tuple[Any, ...]:
    """Return the widgets of outputs, from top to bottom.

    Args:
        values: The outputs.
        looks: What all widgets of the view share.
        mask: Keeps out of a summary's parts what is not to be shown.
    """
    return tuple(_Maker(looks, mask).widgets(values))


class _Maker:
    """Makes as few widgets as will do: all that is text between two of them is one."""

    def __init__(self, looks: Looks, mask: Mask) -> None:
        self._looks, self._mask = looks, mask
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
            return output_widgets({name: value}, self._looks, self._mask)

        return FetchPart(name, value, self._looks, seen).root

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
        return data_table(title, rows, self._looks, self._mask)

    def _files(
        self, name: str, sources: Sequence[Source], *, is_pdf: bool = False
    ) -> Any:
        self._alive += 1
        return downloads(sources, self._looks, title=name, is_pdf=is_pdf)

    def _tell(self, *items: Item) -> None:
        self._text += [item_html(self._mask(item)) for item in items]

    def _flushed(self) -> Iterator[Any]:
        """Yield the text that has come together, as one widget."""
        if self._text:
            html = f'<div class="kit-body">{"".join(self._text)}</div>'
            self._text = []
            yield ipywidgets.HTML(html, **self._looks.html, **named("kit-pane-body"))


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
