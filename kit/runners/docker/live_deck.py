"""The deck of a container whose files are copied: fetched while it goes on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from kit.errors import EngineError, StorageError
from kit.runners.docker.archive import first_file
from kit.runners.docker.container import Container
from kit.storage import write_bytes

__all__ = ["deck_followed"]

_PAUSE = 1.5  # seconds; the engine takes up to a tenth of one to look
_LARGEST = 64_000_000  # bytes


@contextlib.contextmanager
def deck_followed(container: Container, deck: Path) -> Iterator[None]:
    """Copy a container's deck.html out of it whenever it was published anew.

    Args:
        container: It runs.
        deck: The file, there as well as here.
    """
    done = threading.Event()
    thread = threading.Thread(
        target=_follow, args=(container, deck, done), name="kit-deck", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _follow(container: Container, deck: Path, done: threading.Event) -> None:
    """Look again and again; what fails now is copied at the end, or fails there."""
    known: tuple[object, object] | None = None
    while not done.wait(_PAUSE):
        with contextlib.suppress(EngineError, StorageError):
            facts = container.described(str(deck))
            if facts is None or not 0 < facts["size"] <= _LARGEST:
                continue
            state = (facts["mtime"], facts["size"])
            if state != known:
                _copy(container, deck)
                known = state


def _copy(container: Container, deck: Path) -> None:
    with container.read_out(deck) as chunks:
        data = first_file(chunks, _LARGEST)
    if data is not None:
        write_bytes(str(deck), data)
