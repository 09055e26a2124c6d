"""Packed values, also of bytes that are made to do harm."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from flyteidl.core import literals_pb2
from work import at_most

from kit.errors import ConversionError, RangeError
from kit.types import FlyteDirectory, FlyteFile, StructuredDataset, default_engine
from kit.types.packed import pack, unpack


@dataclasses.dataclass
class Row:
    a: int
    b: list[int] = dataclasses.field(default_factory=list)


def literal_of(data: bytes, tag: str = "msgpack") -> literals_pb2.Literal:
    """Make a binary literal."""
    literal = literals_pb2.Literal()
    literal.scalar.binary.value = data
    literal.scalar.binary.tag = tag
    return literal


@pytest.mark.parametrize(
    "value",
    [None, True, 0, 2**64 - 1, -(2**63), 1.5, "é", b"\0", [1, [2]], {"a": {1: None}}],
)
def test_plain_values_come_back_equal(value):
    """All that msgpack has a form for."""
    assert unpack(literal_of(pack(value))) == value


@pytest.mark.parametrize(("value", "error"), [(2**64, RangeError), ({1j}, None)])
def test_what_has_no_form_is_refused(value, error):
    """With its type."""
    with pytest.raises(error or ConversionError, match=r"of type .*cannot be packed"):
        pack(value)


def test_values_too_deep_are_refused():
    """Also those that contain themselves."""
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ConversionError):
        pack(value)


def test_another_format_is_refused():
    """The tag says which it is."""
    with pytest.raises(ConversionError, match="Unsupported binary format `cbor`"):
        unpack(literal_of(b"\x01", tag="cbor"))


HOSTILE = {
    "nothing": b"",
    "deep lists": b"\x91" * 1_000_000,
    "deep maps": b"\x81\xa1a" * 300_000,
    "long list": b"\xdd\xff\xff\xff\xff",
    "long map": b"\xdf\xff\xff\xff\xff",
    "long text": b"\xdb\xff\xff\xff\xff",
    "long bytes": b"\xc6\xff\xff\xff\xff",
    "more after it": b"\x01\x02",
    "a list as a key": b"\x81\x91\x01\x02",
    "no UTF-8": b"\xa1\xff",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "python_type",
    [Row, dict, int, list[int], FlyteFile, FlyteDirectory, StructuredDataset],
    ids=lambda python_type: getattr(python_type, "__name__", str(python_type)),
)
def test_hostile_bytes_are_refused_at_once(data, python_type):
    """Lengths are checked against what is there, and depth is bounded."""
    with at_most(100), pytest.raises(ConversionError):
        default_engine.to_python(literal_of(data), python_type)


@pytest.mark.parametrize(
    "plain",
    [
        *(None, 5, "s3://b/k", [], {}, {"path": None}, {"path": 5}),
        {"path": "\0"},
        {"path": "x" * 5000},
        {"path": "s3://b/k", "metadata": 5},
        {"path": "s3://b/k", "metadata": {"a": 1}},
    ],
    ids=lambda plain: f"{plain!r:.40}",
)
def test_files_are_read_from_objects_with_a_path_only(plain):
    """A text may be another variant of a union."""
    with pytest.raises(ConversionError):
        default_engine.to_python(literal_of(pack(plain)), FlyteFile)
