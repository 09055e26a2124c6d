"""The base of every live view: one ``anywidget`` model, whose HTML the kernel makes.

A live view is plain Python. It is made of three things, all testable without a browser:

* a frozen **state**;
* ``update(state, event) -> state``, which answers an :class:`Event` and does no work;
* ``view(state)``, which yields what to show, a :class:`Part` (HTML by key) or
  :class:`Lines` (a log) each, drawn by the leaf that makes the static face too. Texts
  are escaped there and nowhere else.

:class:`LiveView` joins them. After each event it compares the parts with those that the
page has, and sends only those whose digest differs: one message each way an edit. Work
that takes time goes into ``perform(event, state, live)``, which is called after
``update``; it may start threads, and they report by :meth:`LiveView.post`.

>>> def update(count: int, event: Event) -> int:
...     return count + 1 if event.kind == "action" else count
>>> def view(count: int):
...     yield Part("count", f'<button data-kit-action="more">{count}</button>')
>>> live = LiveView(0, update, view, label="a counter")
>>> live.post(Event("action", "more"))
>>> live.state, [part.html for part in live.parts]
(1, ['<button data-kit-action="more">1</button>'])

What ``static/live.js`` reads in the HTML:

``data-kit-field="key"``
    A control; sends ``field`` when its value has been changed.
``data-kit-action="key"``
    A button; sends ``action`` with its ``data-kit-value``.
``data-kit-select="key"``
    A row or link; sends ``select`` with its ``data-kit-value``, on click and on Enter.
``data-kit-upload="key"``
    A file input; sends ``upload`` with the file's name and bytes.
``data-kit-primary``
    The button that Ctrl+Enter presses.
``data-kit-slot="key"``
    The place of another part (:func:`slot`); parts without one follow in their order.
``data-kit-widget="id"``
    The place of another widget, by its ``model_id``: a view within this one.
``data-kit-tab="key"``, ``data-kit-panel="key"``
    A button with ``role=tab`` in a ``role=tablist``, and its panel, both within an
    element with ``data-kit-tabs``. The page chooses; ``data-kit-show="key:n"`` on the
    tablist shows a tab whenever it is another text than before, and a button with
    ``data-kit-go="key"`` goes to one. A tab with ``data-kit-lazy`` sends ``select``
    with the key ``tab`` when it is looked at.
``data-kit-about="key"``
    Something that a field makes: each leads to the other.
``data-kit-roving``
    A list that is one stop of the Tab key; the arrow keys go through its lines.
``data-kit-scroll``, ``data-kit-follow``
    A box that scrolls, and one that also follows its last line.
``data-kit-search``, ``data-kit-found``, ``data-kit-fold="open"``
    The field that searches in the view and ``/`` goes to, the place for what was
    found, and a button that unfolds all (``close``: folds).
``data-kit-copy="key"``, ``data-kit-source="key"``
    A button that copies, and the element whose text it copies, or its
    ``data-kit-text``, or the elements with ``data-kit-line`` in it, a line each.

Where parts are replaced, elements are changed in place: focus, selection, scroll, open
``<details>``, chosen tabs and loaded frames stay. An element with ``data-kit-key`` is
the same one wherever it moves among its siblings. Frames with what a task wrote stay
inside their sandbox (``kit.display.html.frame_element``).
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from kit.display.html import stylesheet
from kit.display.log import log_stylesheet
from kit.errors import DisplayError, KitError
from kit.escape import shorten
from kit.forms.fields import MOST_UPLOADED
from kit.widgets.files import Held, Source

S = TypeVar("S")
_STATIC = Path(__file__).with_name("static")
_SCRIPTS = ("elements", "live_frames", "live_finder", "live_log", "live")
_RULES = ("live.css", "form.css", "results.css", "live_preview.css")
_KINDS = ("field", "action", "select", "upload")
_LONGEST_KEY = 500
_LONGEST_TEXT = 1_000_000  # characters of a value
MOST_CHARACTERS = 24_000_000
"""Characters of a part, as decks with the library of a plot have; a longer one is
replaced by a sentence."""
_LONGEST_ALERT = 600
_PIECE = 1 << 20  # bytes of a message
_MOST_TRANSFERS = 8  # files that are on their way to the page


@dataclass(frozen=True)
class Part:
    """A piece of a view.

    Attributes:
        key: Its name in the view.
        html: Its HTML, in which every text has been escaped.
    """

    key: str
    html: str

    @functools.cached_property
    def digest(self) -> str:
        """What changes when the HTML does."""
        data = self.html.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, digest_size=8).hexdigest()


@dataclass(frozen=True)
class Lines:
    """A log, of which only what is new is sent.

    Attributes:
        key: Its name in the view; there is a slot of that name.
        lines: The HTML of each line that is kept.
        start: How many lines came before them and are dropped.
    """

    key: str
    lines: tuple[str, ...]
    start: int = 0


AnyPart = Part | Lines


@dataclass(frozen=True)
class Event:
    """Something that happened to a view, in the page or in a thread.

    Attributes:
        kind: ``field``, ``action``, ``select`` or ``upload`` from the page; anything
            else from the kernel.
        key: Of the element.
        value: The text of a field, the state of a box to tick, the name of a file; from
            the kernel, whatever ``update`` understands.
        data: The bytes of a file.
    """

    kind: str
    key: str
    value: Any = ""
    data: bytes = b""


def read_event(content: object, buffers: Sequence[Any] = ()) -> Event:
    """Return the event that a message of the page reports.

    Raises:
        DisplayError: The message is not one that the script of a view sends.
    """
    if not isinstance(content, Mapping):
        msg = f"expected an event as an object, got {content!r:.80}"
        raise DisplayError(msg)
    kind, key, value = (content.get(name, "") for name in ("kind", "key", "value"))
    if kind not in _KINDS:
        msg = f"expected an event {', '.join(_KINDS)}, got {kind!r:.80}"
        raise DisplayError(msg)
    if not isinstance(key, str) or not 0 < len(key) <= _LONGEST_KEY:
        msg = f"expected the key of an element, got {key!r:.80}"
        raise DisplayError(msg)
    if not isinstance(value, bool) and not isinstance(value, str):
        msg = f"expected a text or a truth value for {key!r:.80}, got {value!r:.80}"
        raise DisplayError(msg)
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        msg = (
            f"{key!r:.80}: {len(value):,} characters are too many; a field takes up to "
            f"{_LONGEST_TEXT:,}. Put the text into a file and pass its path."
        )
        raise DisplayError(msg)
    return Event(kind, key, value, _data_of(kind, key, buffers))


def _data_of(kind: str, key: str, buffers: Sequence[Any]) -> bytes:
    if kind != "upload":
        return b""
    data = bytes(buffers[0]) if buffers else b""
    if len(data) > MOST_UPLOADED:
        msg = (
            f"{key!r:.80}: {len(data):,} bytes are too many to upload; up to "
            f"{MOST_UPLOADED:,} go. Pass the path or URL of the file instead."
        )
        raise DisplayError(msg)
    return data


def slot(key: str, *names: str) -> str:
    """Return the place of another part.

    Args:
        key: Of the part; not a text of the user's.
        names: Classes of the place.
    """
    classes = f' class="{" ".join(names)}"' if names else ""
    return f'<div data-kit-slot="{key}"{classes}></div>'


class LiveView(Generic[S]):
    """A view: its state, and the widget that shows it wherever it is displayed.

    Args:
        state: The first state.
        update: Answers an event with the next state.
        view: Yields what is shown of a state, in order; a part with a slot comes before
            the part that goes into it.
        perform: Does what takes time or changes the world, after ``update``; called in
            the thread of the event with the event, the next state and this view.
        label: What the view is, for screen readers.

    Attributes:
        is_closed: Whether it was closed and shows nothing any more.
    """

    def __init__(
        self,
        state: S,
        update: Callable[[S, Event], S],
        view: Callable[[S], Iterable[AnyPart]],
        *,
        label: str,
        perform: Callable[[Event, S, LiveView[S]], None] | None = None,
    ) -> None:
        self._lock = threading.RLock()  # events come in threads of the kernel
        self._state, self._update, self._view = state, update, view
        self._perform, self._label = perform, label
        self._sent: dict[str, str | Lines] = {}
        self._alert = ""
        self._transfers = itertools.count(1)
        self._sources: dict[str, tuple[Source, str]] = {}
        self._widget: Any = None
        self.is_closed = False

    @property
    def state(self) -> S:
        """The present state."""
        return self._state

    @property
    def parts(self) -> tuple[AnyPart, ...]:
        """What is shown of it."""
        return tuple(map(_bounded, self._view(self._state)))

    @property
    def alert(self) -> str:
        """Why the last event was ignored; empty if it was not."""
        return self._alert

    @property
    def widget(self) -> Any:
        """The widget, an ``ipywidgets.DOMWidget``; made when it is first asked for."""
        with self._lock:
            if not self.is_closed and (self._widget is None or _is_dead(self._widget)):
                self._widget = widget_type()(source=self, label=self._label)
                self._widget.on_msg(self._heard)
            return self._widget

    @property
    def root(self) -> Any:
        """The widget, under the name that live faces ask for."""
        return self.widget

    def post(self, event: Event) -> None:
        """Answer an event, draw what it changes, and do the work it asks for.

        May be called in any thread. An event that raises is ignored, and the view says
        why: a view never breaks for one event.
        """
        self._answer(lambda: event)

    def save(self, name: str, data: bytes) -> None:
        """Let the page save a file."""
        self.send_file(Held(name, lambda: data))

    def send_file(self, source: Source, place: str = "") -> None:
        """Send a file piece by piece, each when the page has the one before.

        So nothing piles up, and a file of any size takes as much of the kernel's memory
        as one piece.

        Args:
            source: The file.
            place: The ``data-kit-embed`` where a PDF is shown; by default it is saved.
        """
        with self._lock:
            number = str(next(self._transfers))
            self._sources[number] = (source, place)
            for old in list(self._sources)[:-_MOST_TRANSFERS]:
                del self._sources[old]
        self._send_piece(number, 0)

    def _send_piece(self, number: str, start: int) -> None:
        """Send a part of a file, or say in the view why there is none."""
        with self._lock:
            if self._widget is None or number not in self._sources:
                return
            source, place = self._sources[number]
        try:
            piece, size = _piece(source, start), source.size
        except Exception as error:  # noqa: BLE001 - told in the view
            with self._lock:
                self._alert = _sentence(error)
                self._draw(None)
            return
        told = {"number": number, "name": source.name, "start": start, "size": size}
        self._widget.send({"kind": "piece", "place": place, **told}, [piece])

    def close(self) -> None:
        """Close the widget; the view shows nothing any more."""
        with self._lock:
            self.is_closed = True
            if self._widget is not None:
                self._widget.close()
                self._widget = None

    def wire(self) -> dict[str, Any]:
        """Return the whole view as the page gets it when it opens it."""
        with self._lock:
            try:
                parts = self.parts
            except Exception as error:  # noqa: BLE001 - told in the view
                parts, self._alert = (), _sentence(error)
            self._sent = {part.key: _memory(part) for part in parts}
            wired = [_wire(part, None) for part in parts]
            return {"alert": self._alert, "parts": wired}

    def _heard(self, _widget: Any, content: Any, buffers: Sequence[Any]) -> None:
        """Answer a message of the page, which waits for the answer's number."""
        if isinstance(content, Mapping) and content.get("kind") == "more":
            start = content.get("start")
            if isinstance(start, int) and start > 0:
                self._send_piece(str(content.get("key")), start)
            return
        number = content.get("number") if isinstance(content, Mapping) else None
        self._answer(lambda: read_event(content, buffers), number)

    def _answer(self, read: Callable[[], Event], number: object = None) -> None:
        event = None
        with self._lock:
            if self.is_closed:
                return
            try:
                event = read()
                self._state = self._update(self._state, event)
                self._alert = ""
            except Exception as error:  # noqa: BLE001 - told in the view
                event, self._alert = None, _sentence(error)
            self._draw(number)
            state = self._state
        if event is not None and self._perform is not None:
            try:
                self._perform(event, state, self)
            except Exception as error:  # noqa: BLE001 - told in the view
                with self._lock:
                    self._alert = _sentence(error)
                    self._draw(None)

    def _draw(self, number: object) -> None:
        """Send what the page does not have, in one message."""
        if self._widget is None:
            return
        message: dict[str, Any] = {"kind": "update", "parts": []}
        if isinstance(number, int):
            message["number"] = number
        try:
            parts = self.parts
        except Exception as error:  # noqa: BLE001 - told in the view, which stays
            self._alert = _sentence(error)
        else:
            for part in parts:
                before = self._sent.get(part.key)
                if before != _memory(part):
                    message["parts"].append(_wire(part, before))
            if [part.key for part in parts] != list(self._sent):
                message["order"] = [part.key for part in parts]
            self._sent = {part.key: _memory(part) for part in parts}
        self._widget.send({**message, "alert": self._alert})


def _piece(source: Source, start: int) -> bytes:
    piece = source.read(start, _PIECE)
    if not piece and start < source.size:
        msg = f"{source.name} is shorter than it was."
        raise DisplayError(msg)
    return piece


def _is_dead(widget: Any) -> bool:
    """Return whether a widget was closed by someone else, as ``close_all`` does."""
    return widget.comm is None


def _bounded(part: AnyPart) -> AnyPart:
    if isinstance(part, Part) and len(part.html) > MOST_CHARACTERS:
        text = f"{len(part.html):,} characters are too many to show here."
        return Part(part.key, f"<p>{text}</p>")
    return part


def _memory(part: AnyPart) -> str | Lines:
    return part if isinstance(part, Lines) else part.digest


def _wire(part: AnyPart, before: str | Lines | None) -> dict[str, Any]:
    """Return a part as it is sent, of lines only those that differ from before."""
    if isinstance(part, Part):
        return {"key": part.key, "digest": part.digest, "html": part.html}
    same = _same_lines(before, part) if isinstance(before, Lines) else 0
    return {
        "key": part.key,
        "start": part.start,
        "from": part.start + same,
        "lines": list(part.lines[same:]),
    }


def _same_lines(before: Lines, now: Lines) -> int:
    """Return how many of the first lines the page has already."""
    dropped = now.start - before.start
    if dropped < 0:  # another log
        return 0
    same = 0
    for old, new in zip(before.lines[dropped:], now.lines, strict=False):
        if old is not new and old != new:
            break
        same += 1
    return same


def _sentence(error: Exception) -> str:
    text = str(error)
    if not isinstance(error, KitError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return shorten(text, _LONGEST_ALERT)


def live_style() -> str:
    """Return the rules of live views, those of static faces among them."""
    return "".join((stylesheet(), log_stylesheet(), *map(_file, _RULES)))


@functools.cache
def _file(name: str) -> str:
    return _STATIC.joinpath(name).read_text(encoding="utf-8")


@functools.cache
def widget_type() -> Any:
    """Make the class of the widget, of which every view has one."""
    import anywidget
    import traitlets

    def wired(source: Any, _widget: Any) -> Any:
        return None if source is None else source.wire()

    def kept(_told: Any, widget: Any) -> Any:  # a page has nothing to say about it
        return widget.source

    class LiveWidget(anywidget.AnyWidget):
        """Shows a live view; what it shows is asked of the view whenever it is sent."""

        _esm = traitlets.Unicode("\n".join(_file(f"{name}.js") for name in _SCRIPTS))
        _esm = _esm.tag(sync=True)
        _css = traitlets.Unicode(live_style()).tag(sync=True)
        layout = traitlets.Any(None, allow_none=True).tag(sync=True)
        label = traitlets.Unicode().tag(sync=True)
        source = traitlets.Any().tag(sync=True, to_json=wired, from_json=kept)

        def close(self) -> None:
            """Close it, and hold the view no more."""
            super().close()
            with contextlib.suppress(traitlets.TraitError):
                self.unobserve_all()
            self._msg_callbacks.callbacks.clear()

    return LiveWidget
