"""What is kept for each type, and how deep types go."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from kit.errors import UnsupportedTypeError
from kit.types import default_engine
from kit.types.engine import DEEPEST, TypeCache


def nested(depth: int) -> Any:
    """Make a list of lists."""
    python_type: Any = int
    for _ in range(depth):
        python_type = list[python_type]
    return python_type


def test_types_that_protobuf_could_not_read_back_are_refused() -> None:
    """A type of any depth is an error of kit's, not of the interpreter."""
    deepest = nested(DEEPEST - 1)
    assert default_engine.literal_type(deepest).HasField("collection_type")
    for ask in (
        default_engine.literal_type,
        default_engine.encoder,
        default_engine.decoder,
    ):
        with pytest.raises(UnsupportedTypeError, match="inside each other"):
            ask(nested(3000))


def test_an_error_leaves_the_count_where_it_was() -> None:
    """After a type that was too deep the next one starts from the top again."""
    for _ in range(3):
        with pytest.raises(UnsupportedTypeError):
            default_engine.literal_type(nested(DEEPEST + 1))
    assert default_engine.literal_type(nested(DEEPEST - 1))


def test_what_was_being_built_while_forgetting_is_not_kept() -> None:
    """A thread that builds with the old state does not bring it back."""
    started, go_on = threading.Event(), threading.Event()
    state = ["old"]

    def build(_: Any) -> str:
        found = state[0]
        started.set()
        go_on.wait(5)
        return found

    kept = TypeCache(build, error=UnsupportedTypeError)
    thread = threading.Thread(target=kept, args=(int,))
    thread.start()
    started.wait(5)
    state[0] = "new"
    kept.forget()
    go_on.set()
    thread.join()
    assert kept(int) == "new"
