"""Types without a literal type: each is refused with what to write instead."""

from __future__ import annotations

import collections
import collections.abc
import datetime as dt
import decimal
import pathlib
import uuid
from typing import Annotated, Any, NewType, TypedDict, TypeVar

import pytest

from kit.errors import UnsupportedTypeError
from kit.types import default_engine


class Row(TypedDict):
    a: int


UserId = NewType("UserId", int)
T = TypeVar("T")


class Name(str):
    __slots__ = ()


class Engine:
    pass


@pytest.mark.parametrize(
    ("python_type", "way_out"),
    [
        (bytes, "FlyteFile"),
        (Annotated[bytes, "raw"], "FlyteFile"),
        (pathlib.Path, "FlyteFile"),
        (set[int], "list[T]"),
        (collections.abc.Sequence[int], "list[T]"),
        (collections.OrderedDict, "dict[str, T]"),
        (collections.abc.Mapping[str, int], "dict[str, T]"),
        (Row, "dataclass"),
        (Any, "dataclass or dict"),
        (UserId, "<class 'int'>"),
        (Name, "Use str"),
        (decimal.Decimal, "Use str"),
        (uuid.UUID, "str"),
        (dt.time, "str"),
        (T, "which type it stands for"),
        (3, "did you mean <class 'int'>"),
        ("Engine", "write the type itself, Engine"),
        (Engine, "register a transformer"),
        (collections.abc.Callable[[int], int], "a str that names it"),
    ],
)
def test_the_way_out_fits_the_type(python_type: Any, way_out: str) -> None:
    """The error names the type and what to use in its place."""
    with pytest.raises(UnsupportedTypeError) as caught:
        default_engine.literal_type(python_type)
    assert repr(python_type) in str(caught.value)
    assert way_out in str(caught.value)


def test_a_type_inside_another_is_the_one_named() -> None:
    """The error is about the innermost type that has no literal type."""
    with pytest.raises(UnsupportedTypeError, match=r"literal type for <class 'bytes'>"):
        default_engine.literal_type(dict[str, list[bytes | None]])
