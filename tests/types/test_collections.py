"""Lists, iterators and dictionaries."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Dict, List  # noqa: UP035 - users write them

import pytest
from flyteidl.core import literals_pb2

from kit.errors import ConversionError, UnsupportedTypeError
from kit.types import default_engine
from kit.types.packed import pack, unpack
from kit.types.structs import write_packed


@pytest.mark.parametrize(
    ("python_type", "value"),
    [
        (list[int], [1, 0, -1]),
        (list[float], [0.0, 1.5]),
        (list[bool], [True, False]),
        (list[str], ["", "a"]),
        (List[List[str]], [["a"], []]),  # noqa: UP006 - users write them
        (dict[str, int], {"b": 0, "a": 1}),
        (Dict[str, List[float]], {"": [1.0]}),  # noqa: UP006 - users write them
        (dict, {"a": [1, None, 2.5], "b": {"c": True}}),
        (dict[int, str], {1: "a"}),
        (list[dict], [{"a": 1}]),
        (list[int | None], [1, None]),
    ],
)
def test_a_collection_comes_back_as_it_was(python_type: Any, value: Any) -> None:
    """What is written is read again, after the wire."""
    wire = default_engine.to_literal(value, python_type).SerializeToString()
    literal = literals_pb2.Literal.FromString(wire)
    assert default_engine.to_python(literal, python_type) == value


def test_keys_of_a_map_come_in_order() -> None:
    """A protobuf map is read in the order of its keys, in each process the same."""
    keys = [f"k{i:03}" for i in range(50)]
    literal = default_engine.to_literal(dict.fromkeys(keys[::-1], 1), dict[str, int])
    assert list(default_engine.to_python(literal, dict[str, int])) == keys


def test_a_large_map_keeps_its_entries() -> None:
    """Where sorting would cost most, keys come as protobuf has them."""
    value = {str(key): key for key in range(3000)}
    literal = default_engine.to_literal(value, dict[str, int])
    assert default_engine.to_python(literal, dict[str, int]) == value
    literal.map.literals["77"].scalar.primitive.string_value = "x"
    with pytest.raises(ConversionError, match=r"at \['77'\]$"):
        default_engine.to_python(literal, dict[str, int])


def test_an_iterable_that_fails_is_not_cut_short() -> None:
    """What an iterator itself raises is passed on, not taken for its end."""

    def failing() -> Iterator[int]:
        yield 1
        raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        default_engine.to_literal(failing(), Iterator[int])


def test_an_iterator_is_written_and_read_lazily() -> None:
    """Any iterable is taken, and reading gives an iterator."""
    literal = default_engine.to_literal((i for i in range(3)), Iterator[int])
    back = default_engine.to_python(literal, Iterator[int])
    assert next(back) == 0
    assert list(back) == [1, 2]


@pytest.mark.parametrize(
    ("python_type", "value", "path"),
    [
        (list[int], [1, 2, "x"], "[2]"),
        (list[int], [2**70], "[0]"),
        (dict[str, list[int]], {"rows": [1, None]}, "rows[1]"),
        (list[dict[str, str]], [{}, {"a b": 3}], "[1]['a b']"),
        (list[list[float]], [[1.0], [1]], "[1][0]"),
    ],
)
def test_a_wrong_element_is_told_by_its_path(
    python_type: Any, value: Any, path: str
) -> None:
    """The error says where in the value it is."""
    with pytest.raises(ConversionError) as caught:
        default_engine.to_literal(value, python_type)
    assert str(caught.value).endswith(f"\n  at {path}")


def test_a_wrong_literal_is_told_by_its_path() -> None:
    """Reading says where too."""
    literal = default_engine.to_literal({"a": ["1"]}, dict[str, list[str]])
    with pytest.raises(ConversionError, match=r"at a\[0\]$"):
        default_engine.to_python(literal, dict[str, list[int]])


def test_bare_lists_are_refused_with_the_way_out() -> None:
    """A list's elements have one type, which the declaration says."""
    with pytest.raises(UnsupportedTypeError, match=r"list\[int \| str\]"):
        default_engine.literal_type(list)


@pytest.mark.parametrize("value", [(1,), {1}, "ab", None, 3])
def test_only_lists_are_lists(value: Any) -> None:
    """Tuples, sets and text are not taken for lists."""
    with pytest.raises(ConversionError):
        default_engine.to_literal(value, list[int])


def test_a_map_has_text_keys() -> None:
    """The key is named."""
    with pytest.raises(ConversionError, match="keys to be strings, not 1"):
        default_engine.to_literal({1: 1}, dict[str, int])


def test_untyped_dicts_keep_their_order_when_packed() -> None:
    """Msgpack has the keys in the order of insertion."""
    literal = default_engine.to_literal({"z": 1, "a": 2}, dict)
    assert list(unpack(literal)) == ["z", "a"]


def test_a_packed_list_is_read() -> None:
    """The backend packs what a promise's attribute leads to."""
    literal = literals_pb2.Literal()
    write_packed(literal, pack([1, 2]))
    assert default_engine.to_python(literal, list[int]) == [1, 2]


def test_a_struct_from_the_console_is_read_as_a_dict() -> None:
    """The console sends structs where flytekit packs."""
    literal = literals_pb2.Literal()
    literal.scalar.generic.update({"a": {"b": [1, "x", None]}})
    assert default_engine.to_python(literal, dict) == {"a": {"b": [1.0, "x", None]}}


@pytest.mark.parametrize(
    "data", [b"", b"\xc1", b"\xdd\xff\xff\xff\xff", b"\x91" * 3000, b"\x01\x02"]
)
def test_hostile_bytes_are_refused(data: bytes) -> None:
    """Bytes that are no msgpack value cost nothing and crash nothing."""
    literal = literals_pb2.Literal()
    write_packed(literal, data)
    with pytest.raises(ConversionError):
        default_engine.to_python(literal, dict)


def test_growth_is_linear() -> None:
    """Ten times the elements take about ten times as long, not more."""

    def per_element(count: int) -> float:
        values = list(range(count))
        default_engine.to_literal(values[:1], list[int])
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            literal = default_engine.to_literal(values, list[int])
            default_engine.to_python(literal, list[int])
            best = min(best, time.perf_counter() - start)
        return best / count

    assert per_element(50_000) < 3 * per_element(5_000)


def test_none_as_a_type_of_elements() -> None:
    """Written bare, as in ``list[None]``."""
    for value, python_type in (
        ([None, None], list[None]),
        ({"a": None}, dict[str, None]),
    ):
        literal = default_engine.to_literal(value, python_type)
        assert literal.WhichOneof("value") in {"collection", "map"}
        assert default_engine.to_python(literal, python_type) == value


def test_a_pickle_in_place_of_a_dict_is_refused() -> None:
    """As flytekit writes a dict of values that it has no other form for."""
    literal = literals_pb2.Literal(metadata={"format": "pickle"})
    literal.scalar.generic.update({"pickle_file": "s3://bucket/x"})
    for python_type in (dict, dict[int, str], dict[str, int]):
        with pytest.raises(ConversionError, match="is a pickle, which kit does not"):
            default_engine.to_python(literal, python_type)
