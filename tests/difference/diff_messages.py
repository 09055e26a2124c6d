"""Messages to compare: random ones of any type, and real ones."""

from __future__ import annotations

import functools
from typing import Any

from conformance.vectors import cases, message
from flyteidl.core import tasks_pb2
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from hypothesis import strategies as st

from kit.template.custom import fill_struct

_NAMES = st.sampled_from(["a", "b", "name", "K-1", "ü", ""])
_JSON = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0.0, -0.0, 1.0, 2.5]) | _NAMES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3)
    ),
    max_leaves=6,
)
_SCALARS = {
    "TYPE_STRING": _NAMES,
    "TYPE_BYTES": st.binary(max_size=3),
    "TYPE_BOOL": st.booleans(),
    "TYPE_DOUBLE": st.sampled_from([0.0, 1.5]),
    "TYPE_FLOAT": st.sampled_from([0.0, 1.5]),
}


@functools.cache
def real_templates() -> tuple[tasks_pb2.TaskTemplate, ...]:
    """Return the templates that the real flytekit made."""
    found = [
        message(case.proto, case.b64)
        for case in cases()
        if case.proto == "flyteidl.core.TaskTemplate" and case.b64
    ]
    return tuple(found)


@st.composite
def messages(draw: Any, kind: type, depth: int = 3) -> Any:
    """Draw a message of some type with some of its fields, and their fields."""
    drawn = kind()
    fill(draw, drawn, depth)
    return drawn


def fill(draw: Any, drawn: Any, depth: int) -> None:
    """Fill some fields of a message."""
    if isinstance(drawn, Struct):
        fill_struct(drawn, draw(st.dictionaries(_NAMES, _JSON, max_size=3)))
        return
    for field in drawn.DESCRIPTOR.fields:
        if draw(st.integers(0, 3)) == 0:
            _fill_field(draw, drawn, field, depth)


def _fill_field(draw: Any, drawn: Any, field: Any, depth: int) -> None:
    value = getattr(drawn, field.name)
    if isinstance(value, Message):
        if depth:
            value.SetInParent()
            fill(draw, value, depth - 1)
    elif hasattr(value, "keys"):
        _fill_map(draw, value, field.message_type.fields_by_name["value"], depth)
    elif hasattr(value, "append"):
        for _ in range(draw(st.integers(0, 3))):
            if field.message_type is None:
                value.append(draw(_scalar(field)))
            else:
                fill(draw, value.add(), depth - 1)
    else:
        setattr(drawn, field.name, draw(_scalar(field)))


def _fill_map(draw: Any, value: Any, field: Any, depth: int) -> None:
    for key in draw(st.sets(_NAMES, max_size=3)):
        if field.message_type is None:
            value[key] = draw(_scalar(field))
        elif depth:
            fill(draw, value[key], depth - 1)


def _scalar(field: Any) -> st.SearchStrategy[Any]:
    if field.enum_type is not None:
        return st.sampled_from([*field.enum_type.values_by_number, 99])
    names = {
        value: name for name, value in vars(type(field)).items() if name[:5] == "TYPE_"
    }
    return _SCALARS.get(names[field.type], st.integers(0, 3))
