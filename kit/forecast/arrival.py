"""The template and the inputs as they arrive in a container.

Between registration and the container flyteadmin settles a task's resources, and the
engine writes the template and the inputs of a launch as JSON into one Kubernetes
object, without what describes types. What is lost on the way is listed here, as seen
on Flyte 1.16.8; everything else arrives as it was registered.
"""

from __future__ import annotations

import functools
import math
import re
import struct

from flyteidl.core import interface_pb2, literals_pb2, tasks_pb2, types_pb2
from google.protobuf.struct_pb2 import ListValue, Struct, Value

from kit.forecast.platform import UNKNOWN, Amounts, Platform
from kit.forecast.resources import settled_resources

KEPT_ANNOTATION = "cache-key-metadata"
"""The key that keeps a type's annotation: it is part of the key of cached results."""


def arriving_template(
    template: tasks_pb2.TaskTemplate, platform: Platform = UNKNOWN
) -> tasks_pb2.TaskTemplate:
    """Return the template that the container of a task reads.

    - The descriptions of inputs and outputs are empty.
    - Types have lost their ``metadata`` and, unless it has :data:`KEPT_ANNOTATION`,
      their ``annotation``: in lists, dictionaries, unions, the fields of dataclasses
      and the columns of datasets too.
    - The container's resources are settled for the platform
      (:func:`~kit.forecast.resources.settled_resources`).
    - NaN and infinities in ``custom`` are the texts ``NaN``, ``Infinity`` and
      ``-Infinity``, and -0.0 is 0.

    Args:
        template: The template as it is registered; it is not changed.
        platform: Where the task is launched. Of the platform that is used if none is
            named nothing is known: it has no defaults, so resources that a task does
            not ask for stay unset, and no limits.

    Returns:
        A new message.
    """
    arrived = tasks_pb2.TaskTemplate()
    arrived.CopyFrom(template)
    _arrive(arrived, platform.amounts)
    return arrived


def arriving_bytes(template: bytes, platform: Platform = UNKNOWN) -> bytes:
    """Return :func:`arriving_template` of a serialized template, serialized again.

    A task is called again and again, with the same template: the answers for a few
    small templates are kept.

    Raises:
        DecodeError: The bytes are no template.
    """
    arrive = _arriving_bytes if len(template) <= _SMALL else _arriving_bytes.__wrapped__
    return arrive(template, platform.amounts)


_SMALL = 2**14


@functools.lru_cache(maxsize=64)
def _arriving_bytes(template: bytes, amounts: Amounts) -> bytes:
    arrived = tasks_pb2.TaskTemplate.FromString(template)
    _arrive(arrived, amounts)
    return arrived.SerializeToString(deterministic=True)


def arriving_inputs(inputs: literals_pb2.LiteralMap) -> literals_pb2.LiteralMap:
    """Return the inputs that a container reads: -0.0 has become 0.0.

    A NaN arrives as a NaN, of Go's bits, and infinities as they are, but in protobuf
    Structs they become text as in a template's ``custom``.

    Args:
        inputs: The literals of the launch; they are not changed.

    Returns:
        A new message, which has gone through bytes.
    """
    data = inputs.SerializeToString(deterministic=True)
    arrived = literals_pb2.LiteralMap.FromString(data)
    if has_odd_number(data):
        for literal in arrived.literals.values():
            _settle_literal(literal)
    return arrived


def _arrive(arrived: tasks_pb2.TaskTemplate, amounts: Amounts) -> None:
    if arrived.HasField("interface"):
        _strip_variables(arrived.interface.inputs)
        _strip_variables(arrived.interface.outputs)
    target = arrived.WhichOneof("target")
    if target == "container":
        container = arrived.container
        settled = settled_resources(container.resources.SerializeToString(), amounts)
        container.resources.ParseFromString(settled)
        container.resources.SetInParent()
    elif target == "k8s_pod":
        settle_numbers(arrived.k8s_pod.pod_spec)
    if arrived.HasField("custom"):
        settle_numbers(arrived.custom)


def _strip_variables(variables: interface_pb2.VariableMap) -> None:
    variables.SetInParent()
    for variable in variables.variables.values():
        if variable.description:
            variable.description = ""
        if variable.HasField("type"):
            strip_type(variable.type)


def strip_type(literal_type: types_pb2.LiteralType) -> None:
    """Remove from a type, in place, what does not arrive in a container."""
    if literal_type.HasField("metadata"):
        literal_type.ClearField("metadata")
    if literal_type.HasField("annotation"):
        annotations = literal_type.annotation.annotations
        if KEPT_ANNOTATION in annotations.fields:
            settle_numbers(annotations)
        else:
            literal_type.ClearField("annotation")
    if literal_type.HasField("structure"):
        for field_type in literal_type.structure.dataclass_type.values():
            strip_type(field_type)
    kind = literal_type.WhichOneof("type")
    if kind in _TYPES_WITH_PARTS:
        _strip_parts(literal_type, kind)


_TYPES_WITH_PARTS = frozenset(
    {"collection_type", "map_value_type", "union_type", "structured_dataset_type"}
)


def _strip_parts(literal_type: types_pb2.LiteralType, kind: str) -> None:
    if kind == "union_type":
        for variant in literal_type.union_type.variants:
            strip_type(variant)
    elif kind == "structured_dataset_type":
        for column in literal_type.structured_dataset_type.columns:
            if column.HasField("literal_type"):
                strip_type(column.literal_type)
    else:
        strip_type(getattr(literal_type, kind))


# Field 2 (``number_value`` of a Value, ``float_value`` of a primitive) as a double that
# is not finite, or -0.0. Other bytes may look so too: then nothing is found to change.
_ODD_NUMBER = re.compile(rb"\x11(?:.{6}[\xf0-\xff][\x7f\xff]|\0{7}\x80)", re.DOTALL)


def has_odd_number(data: bytes) -> bool:
    """Say whether a serialized message may have a number that JSON lacks."""
    return _ODD_NUMBER.search(data) is not None


def settle_numbers(numbers: Struct) -> None:
    """Write the numbers of a Struct, in place, as JSON gives them back.

    NaN and infinities become texts, and -0.0 becomes 0.
    """
    if has_odd_number(numbers.SerializeToString()):
        _settle_fields(numbers)


def _settle_fields(numbers: Struct) -> None:
    for value in numbers.fields.values():
        _settle_value(value)


def _settle_value(value: Value) -> None:
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        number = value.number_value
        if not math.isfinite(number):
            value.string_value = _json_text(number)
        elif number == 0:
            value.number_value = 0.0
    elif kind == "struct_value":
        _settle_fields(value.struct_value)
    elif kind == "list_value":
        _settle_list(value.list_value)


def _settle_list(values: ListValue) -> None:
    for value in values.values:
        _settle_value(value)


def _json_text(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


_GO_NAN: float = struct.unpack("<d", (0x7FF8000000000001).to_bytes(8, "little"))[0]


def _settle_literal(literal: literals_pb2.Literal) -> None:
    kind = literal.WhichOneof("value")
    if kind == "scalar":
        _settle_scalar(literal.scalar)
    elif kind == "collection":
        for item in literal.collection.literals:
            _settle_literal(item)
    elif kind == "map":
        for item in literal.map.literals.values():
            _settle_literal(item)


def _settle_scalar(scalar: literals_pb2.Scalar) -> None:
    kind = scalar.WhichOneof("value")
    if kind == "primitive" and scalar.primitive.WhichOneof("value") == "float_value":
        number = scalar.primitive.float_value
        if math.isnan(number):
            scalar.primitive.float_value = _GO_NAN
        elif number == 0:
            scalar.primitive.float_value = 0.0
    elif kind == "generic":
        _settle_fields(scalar.generic)
    elif kind == "union":
        _settle_literal(scalar.union.value)
