"""Outputs of a run as part of a live view: tables to page and sort, files to save."""

from __future__ import annotations

import dataclasses
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from kit.display.outputs.tables import Rows, rows_caption, value_rows
from kit.display.outputs.values import bounded_tree, fields_of, plain_text
from kit.display.summary import Facts, Item, size_text
from kit.display.text import attribute, html_text
from kit.errors import DisplayError, KitError
from kit.escape import label
from kit.running.outputs import Outputs
from kit.types.blobs import Blob
from kit.types.directories import FlyteDirectory
from kit.widgets.files import Held, Source
from kit.widgets.grid import Grid
from kit.widgets.live import AnyPart, Event, LiveView, Part, slot

if TYPE_CHECKING:
    from kit.storage.progress import Move

_MOST_ALIVE = 40  # tables and files; what comes later is drawn as on a static page
_MANY = 20  # values of a list that do not fit into a line
_LONG = 2_000  # characters or bytes of a value that can be saved
_MOST_SHOWN = 64 * 2**20  # bytes of a PDF
_PAUSE = 0.3  # seconds between two updates of what the reader sees
Mask = Callable[[Any], Any]


def _as_it_is(thing: Any) -> Any:
    return thing


@dataclass(frozen=True)
class Text:
    """Values that are drawn as on a static page.

    Attributes:
        html: Their HTML.
    """

    html: str


@dataclass(frozen=True)
class Files:
    """Files to save, one of several if there are.

    Attributes:
        key: Their name in the view.
        title: The output that they are of.
        sources: The files.
        chosen: Which of them is saved.
        is_pdf: Whether the page can show it as well.
    """

    key: str
    title: str
    sources: tuple[Source, ...]
    chosen: int = 0
    is_pdf: bool = False


@dataclass(frozen=True)
class Remote:
    """A file or folder in another store, fetched when it is asked for.

    Attributes:
        key: Its name in the view.
        name: The output.
        value: The file or folder.
        told: What its fetching has come to.
        is_busy: Whether it is being fetched.
    """

    key: str
    name: str
    value: Blob
    told: str = ""
    is_busy: bool = False


Block = Text | Grid | Files | Remote


@dataclass(frozen=True)
class OutputsState:
    """Outputs as they are shown, in the order of the interface.

    Attributes:
        blocks: What is drawn, from top to bottom.
        mask: Removes from a summary's parts what is not to be shown.
    """

    blocks: tuple[Block, ...] = ()
    mask: Mask = _as_it_is

    def block(self, key: str) -> Block:
        """Return a block by its key.

        Raises:
            DisplayError: It is not there any more.
        """
        for block in self.blocks:
            if not isinstance(block, Text) and block.key == key:
                return block
        msg = f"There is no output {key!r:.80} in this view any more."
        raise DisplayError(msg)

    def replaced(self, key: str, *blocks: Block) -> OutputsState:
        """Return it with others in the place of a block."""
        old = self.block(key)
        made = (blocks if block is old else (block,) for block in self.blocks)
        return dataclasses.replace(self, blocks=tuple(b for part in made for b in part))


def outputs_state(values: Mapping[str, Any], mask: Mask = _as_it_is) -> OutputsState:
    """Return outputs as they are first shown.

    Args:
        values: The outputs, in the order of the interface.
        mask: Removes from a summary's parts what is not to be shown.
    """
    return OutputsState(tuple(_Maker(mask).blocks(values)), mask)


class _Maker:
    """Makes as few blocks as will do: all that is text between two others is one."""

    def __init__(self, mask: Mask, prefix: str = "") -> None:
        self._mask = mask
        self._prefix = prefix
        self._facts: list[Any] = []
        self._text: list[str] = []
        self._alive = 0

    def blocks(self, values: Mapping[str, Any]) -> Iterator[Block]:
        for name, value in values.items():
            if not _is_long_list(value):
                self._tell_fact(fact_of(name, value))
            for block in self._of(name, value):
                yield from self._flushed()
                yield block
        yield from self._flushed()

    def _of(self, name: str, value: Any) -> Iterator[Block]:
        if self._alive >= _MOST_ALIVE:
            if _is_long_list(value):
                self._tell_fact(fact_of(name, value))
            self._tell(*parts_of(name, value))
        elif isinstance(value, Blob) and local_source(value) is None:
            if may_be_fetched(value):
                yield Remote(self._key(), name, value)
        elif isinstance(value, FlyteDirectory):
            yield from self._folder(name, value)
        elif isinstance(value, os.PathLike):
            yield from self._file(name, value)
        elif (rows := _live_rows(value)) is not None:
            yield self._table(name, rows)
        else:
            self._tell(*parts_of(name, value))
            if _is_cut(value):
                yield self._files(name, (_whole(name, value),))

    def _key(self) -> str:
        self._alive += 1
        return f"{self._prefix}{self._alive}"

    def _folder(self, name: str, value: FlyteDirectory) -> Iterator[Block]:
        self._tell(*parts_of(name, value))
        listing = listing_of(value)
        found = listing.files if listing else {}
        contents = (content_of(file, path) for path, file in found.items())
        sources = tuple(content for content in contents if content is not None)
        if sources:
            yield self._files(name, sources)

    def _file(self, name: str, value: Any) -> Iterator[Block]:
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
        is_pdf = media == "application/pdf" and content.size <= _MOST_SHOWN
        yield self._files(name, (content,), is_pdf=is_pdf)

    def _table(self, name: str, rows: Rows) -> Grid:
        title = self._mask(rows_caption(name, rows, rows.count))
        return Grid(self._key(), title, rows, self._mask).seen()

    def _files(
        self, name: str, sources: tuple[Source, ...], *, is_pdf: bool = False
    ) -> Files:
        return Files(self._key(), name, sources, is_pdf=is_pdf)

    def _tell_fact(self, fact: Any) -> None:
        if fact is not None:
            self._facts.append(fact)

    def _tell(self, *items: Item) -> None:
        if items:
            self._close_facts()
        self._text += [item_html(self._mask(item)) for item in items]

    def _close_facts(self) -> None:
        if self._facts:
            facts, self._facts = Facts(tuple(self._facts)), []
            self._text.append(item_html(self._mask(facts)))

    def _flushed(self) -> Iterator[Block]:
        """Yield the text that has come together, as one block."""
        self._close_facts()
        if self._text:
            html, self._text = "".join(self._text), []
            yield Text(f'<div class="kit-body">{html}</div>')


def _live_rows(value: Any) -> Rows | None:
    rows = rows_of(value)
    return value_rows(value) if rows is None and _is_long_list(value) else rows


def _is_long_list(value: Any) -> bool:
    return isinstance(value, list) and len(value) > _MANY


def _is_cut(value: Any) -> bool:
    """Return whether a page shows a part of a value only."""
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


# --- events ---------------------------------------------------------------------------

_GRID = ("grid.sort", "grid.turn")


def is_of_outputs(event: Event) -> bool:
    """Return whether an event is one that :func:`update_outputs` answers."""
    return event.key.split(":")[0].startswith(("grid.", "files."))


def update_outputs(state: OutputsState, event: Event) -> OutputsState:
    """Answer an event of outputs: turn a page, sort, choose a file, fetch.

    Raises:
        DisplayError: The event is of no output that is shown.
    """
    what, _, key = event.key.partition(":")
    value = str(event.value)
    if not key:
        key, _, value = value.partition(":")
    block = state.block(key)
    if isinstance(block, Grid):
        answers: dict[str, Callable[[str], Block]] = {
            "grid.sort": block.sorted_by,
            "grid.turn": block.turned,
            "grid.page": block.turned,
            "grid.size": block.resized,
        }
    elif isinstance(block, Files):
        answers = {"files.choose": lambda at: _chosen(block, at)}
    elif isinstance(block, Remote) and what == "files.told":
        text, is_busy = event.data.decode(), value == "busy"
        told = dataclasses.replace(block, told=text, is_busy=is_busy)
        return state.replaced(key, told)
    elif isinstance(block, Remote) and what == "files.fetched":
        made = _Maker(state.mask, f"{key}.").blocks({block.name: block.value})
        return state.replaced(key, *made)
    else:
        answers = {}
    if what in answers:
        return state.replaced(key, answers[what](value))
    if what in ("files.save", "files.show", "files.fetch"):  # work, not state
        return state
    msg = f"An output has no answer to {event.key!r:.80}."
    raise DisplayError(msg)


def _chosen(block: Files, at: str) -> Files:
    position = int(at) if at.isascii() and at.isdigit() else len(block.sources)
    if position >= len(block.sources):
        msg = f"{block.title!r} has {len(block.sources)} files, got {at!r:.40}."
        raise DisplayError(msg)
    return dataclasses.replace(block, chosen=position)


def perform_outputs(event: Event, state: OutputsState, live: LiveView[Any]) -> None:
    """Do what an event of outputs asks for: send a file, or fetch one."""
    what, _, _ = event.key.partition(":")
    if what in ("files.save", "files.show"):
        block = state.block(str(event.value))
        if isinstance(block, Files):
            place = block.key if what == "files.show" else ""
            live.send_file(block.sources[block.chosen], place)
    elif what == "files.fetch":
        block = state.block(str(event.value))
        if isinstance(block, Remote) and not block.is_busy:
            fetch = _Fetch(block, live)
            name = "kit-fetch"
            threading.Thread(target=fetch.work, name=name, daemon=True).start()


class _Fetch:
    """Fetches in a thread of its own, so that other cells can run."""

    def __init__(self, block: Remote, live: LiveView[Any]) -> None:
        self._block, self._live = block, live
        self._move: Move | None = None
        self._next = 0.0

    def work(self) -> None:
        from kit.storage.progress import use_progress  # it loads fsspec

        self._say("fetching …")
        try:
            with use_progress(self._told):
                os.fspath(self._block.value)
        except KitError as error:
            self._say(f"Not fetched: {error}", is_busy=False)
            return
        self._live.post(Event("fetch", f"files.fetched:{self._block.key}"))

    def _told(self, move: Move) -> _Fetch:
        self._move = move
        return self

    def update(self) -> None:
        """Say how far it is, a few times a second."""
        now = time.monotonic()
        if self._move is not None and now >= self._next:
            self._next = now + _PAUSE
            total = self._move.total
            whole = f" of {size_text(total)}" if total else ""
            self._say(f"{size_text(self._move.moved)}{whole}")

    def close(self, *, arrived: bool) -> None:
        """Say that it has arrived; what it is comes next."""
        del arrived

    def _say(self, text: str, *, is_busy: bool = True) -> None:
        key = f"files.told:{self._block.key}"
        value = "busy" if is_busy else ""
        self._live.post(Event("fetch", key, value, text.encode()))


# --- drawing --------------------------------------------------------------------------


def outputs_html(state: OutputsState) -> str:
    """Return the frame of the outputs, with a place for each part."""
    return "".join(
        block.html if isinstance(block, Text) else slot(f"out/{block.key}")
        for block in state.blocks
    )


def outputs_parts(state: OutputsState) -> Iterator[AnyPart]:
    """Yield the parts that go into the places of :func:`outputs_html`."""
    for block in state.blocks:
        if isinstance(block, Grid):
            yield Part(f"out/{block.key}", block.html())
        elif isinstance(block, Files):
            yield Part(f"out/{block.key}", _files_html(block))
        elif isinstance(block, Remote):
            yield Part(f"out/{block.key}", _remote_html(block))


def _button(action: str, key: str, text: str, *, is_off: bool = False) -> str:
    disabled = " disabled" if is_off else ""
    return (
        f'<button type="button" data-kit-action="{action}" '
        f'data-kit-value="{attribute(key)}"{disabled}>{html_text(label(text))}</button>'
    )


def _files_html(block: Files) -> str:
    tools = ""
    name = f" {block.sources[0].name}" if len(block.sources) == 1 else ""
    if not name:
        options = "".join(
            f'<option value="{at}"{" selected" if at == block.chosen else ""}>'
            f"{html_text(label(source.name))} ({source.size:,} bytes)</option>"
            for at, source in enumerate(block.sources)
        )
        title = attribute(label(f"A file of {block.title}"))
        tools = (
            f'<select aria-label="{title}" data-kit-field="files.choose:{block.key}">'
            f"{options}</select>"
        )
    tools += _button("files.save", block.key, f"Save{name}")
    if block.is_pdf:
        tools += _button("files.show", block.key, f"Show{name}")
        tools += f'<div data-kit-embed="{block.key}"></div>'
    return f'<div class="kit-files">{tools}</div>'


def _remote_html(block: Remote) -> str:
    fetch = _button(
        "files.fetch", block.key, f"Fetch {block.name}", is_off=block.is_busy
    )
    role = "status" if block.is_busy else "alert"
    told = f'<span role="{role}">{html_text(block.told)}</span>' if block.told else ""
    return f'<div class="kit-files">{fetch} {told}</div>'


class OutputsView(LiveView[OutputsState]):
    """Draws outputs.

    Args:
        outputs: The outputs.
    """

    def __init__(self, outputs: Outputs) -> None:
        summary = summarize_outputs(outputs)
        head = "".join(heading_html(summary))
        wire = summary.section("On the wire")
        rest = section_html(wire) if wire else ""

        def view(state: OutputsState) -> Iterator[AnyPart]:
            yield Part("outputs", f"{head}{outputs_html(state)}{rest}")
            yield from outputs_parts(state)

        super().__init__(
            outputs_state(outputs),
            update_outputs,
            view,
            label=f"outputs of {summary.title}",
            perform=perform_outputs,
        )
