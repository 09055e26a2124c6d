"""The decks of a deck.html, to look at and to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import overload

from kit.errors import DeckError
from kit.shim.deck_split import split_page
from kit.shim.decks import Deck
from kit.shown import Shown
from kit.storage import current_storage

__all__ = ["Decks"]

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
