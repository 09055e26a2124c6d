"""The decks of a deck.html, to look at and to read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from pathlib import Path
from typing import overload

from kit.errors import DeckError
from kit.notebook import Shown
from kit.shim.context import Deck
from kit.storage import current_storage

_Pair = tuple[str, str]
_INDEX = re.compile(r'<meta name="kit-decks" content="([^"<>]*)">')
_BODY = "<body>"
_FAR = 100_000  # characters of a page in which its head has ended
_TABS = '<ul id="flyte-frame-tabs">'
_TAB = re.compile(r"<li\b[^>]*>([^<]*)</li>")
_PANELS = '<div id="flyte-frame-container">'
_LONGEST = 10_000_000  # characters of a flytekit page, which is searched tag by tag
_TAG = re.compile(
    r"<(/?)([a-z][^\s/>]*)(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE
)
_START = re.compile(r"<(?=/?[a-z]|!--)", re.IGNORECASE)
_RAW = {"script", "style", "textarea", "title"}


def split_page(page: str) -> list[_Pair] | None:
    """Return names and HTML of a page's decks, in order.

    Args:
        page: A deck.html of any origin.

    Returns:
        The decks; None where they cannot be told apart, and the page is to be shown
        as a whole.
    """
    found = _INDEX.search(page, 0, _FAR)
    if found is not None:
        return _indexed(page, unescape(found[1]))
    if _PANELS in page and len(page) <= _LONGEST:
        return _of_flytekit(page)
    return None


def _indexed(page: str, index: str) -> list[_Pair] | None:
    """Cut the decks out where the index says, if it makes sense."""
    body = page.find(_BODY) + len(_BODY)
    decks, end = [], body
    try:
        for name, position, length in json.loads(index):
            start = body + position
            if start < end or length < 0 or start + length > len(page):
                return None  # they would overlap or run out of the page
            end = start + length
            decks.append((str(name), page[start:end]))
    except (RecursionError, TypeError, ValueError):
        return None
    return decks


def _of_flytekit(page: str) -> list[_Pair] | None:
    """Pair the tabs with the elements of the container behind them."""
    tabs, _, rest = page.partition(_TABS)[2].partition("</ul>")
    names = [unescape(name) for name in _TAB.findall(tabs)]
    panels = _children(rest.partition(_PANELS)[2])
    if panels is None or len(panels) != len(names):
        return None
    return list(zip(names, panels, strict=True))


def _children(html: str) -> list[str] | None:
    """Return the content of the ``div`` elements before the end of their parent's.

    None where tags do not fit together: a deck's own HTML may be of any kind.
    """
    children: list[str] = []
    depth = begin = 0
    for start, end, closes in _divs(html):
        if not closes:
            depth += 1
            begin = end if depth == 1 else begin
        elif depth == 0:
            return children
        else:
            depth -= 1
            if depth == 0:
                children.append(html[begin:start])
    return None


def _divs(html: str) -> Iterator[tuple[int, int, bool]]:
    """Yield where ``div`` tags start and end; nothing after what is never closed."""
    position = 0
    while found := _START.search(html, position):
        if html.startswith("<!--", found.start()):
            position = html.find("-->", found.end()) + 3
            if position < len("-->"):
                return
            continue
        tag = _TAG.match(html, found.start())
        if tag is None:
            return
        position, name = tag.end(), tag[2].lower()
        if name == "div":
            yield tag.start(), position, bool(tag[1])
        elif name in _RAW and not tag[1]:
            closing = re.compile(f"</{name}", re.IGNORECASE).search(html, position)
            if closing is None:
                return
            position = closing.start()


_ORIGIN = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?", re.ASCII)


class Decks(Shown, Sequence[Deck]):
    """Decks in their order, by position or by name.

    At the end of a cell they are tabs.  Each is a frame whose scripts run, but reach
    neither the notebook nor the network.

    Args:
        decks: The decks.
        title: What they belong to.
        path: The file they come from, if they do.

    Example:
        >>> decks = Decks([Deck("plot", "<b>42</b>", auto_add_to_deck=False)])
        >>> decks
        Decks('plot')
        >>> decks["plot"].html
        '<b>42</b>'
    """

    def __init__(
        self, decks: Iterable[Deck] = (), *, title: str = "", path: str | None = None
    ) -> None:
        self._decks = tuple(decks)
        self._title = title
        self._path = path
        self._allow: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: str | Path, *, title: str = "") -> Decks:
        """Read a deck.html that kit, flytekit or anyone else wrote.

        One whose decks cannot be told apart is one deck, named as the file.

        Args:
            path: A local path or URL.
            title: What the decks belong to; by default the path.

        Raises:
            StorageError: It cannot be read.
        """
        place = str(path)
        page = current_storage().read_bytes(place).decode("utf-8", "replace")
        return cls.parse(page, title=title or place, path=place)

    @classmethod
    def parse(cls, page: str, *, title: str = "", path: str = "deck.html") -> Decks:
        """Return the decks of a page, as :meth:`read` does.

        Args:
            page: The page.
            title: What the decks belong to.
            path: Where it is.
        """
        pairs = split_page(page)
        if pairs is None:
            pairs = [(path.rstrip("/").rpartition("/")[2], page)]
        decks = (Deck(name, html, auto_add_to_deck=False) for name, html in pairs)
        return cls(decks, title=title, path=path)

    def allowing(self, *origins: str) -> Decks:
        """Return the decks with scripts, styles and fonts of these origins let in.

        Whoever serves them learns that a deck was looked at.

        Args:
            origins: Such as ``https://cdn.plot.ly``.

        Raises:
            DeckError: One is no origin of https.
        """
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                msg = (
                    f"{origin!r} is no origin that decks can load from. Give its "
                    "scheme and host only, as in 'https://cdn.plot.ly'."
                )
                raise DeckError(msg)
        allowing = Decks(self._decks, title=self._title, path=self._path)
        allowing._allow = (*self._allow, *origins)
        return allowing

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the decks."""
        return tuple(deck.name for deck in self._decks)

    @property
    def title(self) -> str:
        """What the decks belong to."""
        return self._title

    @property
    def path(self) -> str | None:
        """The file they come from; None if they come from none."""
        return self._path

    @property
    def allow(self) -> tuple[str, ...]:
        """The origins that they may load scripts, styles and fonts from."""
        return self._allow

    def __len__(self) -> int:
        return len(self._decks)

    @overload
    def __getitem__(self, index: int | str) -> Deck: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Deck, ...]: ...

    def __getitem__(self, index: int | slice | str) -> Deck | tuple[Deck, ...]:
        if isinstance(index, str):
            for deck in self._decks:
                if deck.name == index:
                    return deck
            known = ", ".join(map(repr, self.names)) or "none"
            msg = f"There is no deck {index!r}. There are: {known}."
            raise DeckError(msg)
        return self._decks[index]

    def __repr__(self) -> str:
        return f"Decks({', '.join(map(repr, self.names))})"
