"""How large a launch is where Flyte bounds it: requests, stored files, one object.

The engine writes the inputs and the template of a launch as JSON into one Kubernetes
object. The size of that JSON is computed without writing it, to about a kilobyte.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping

from flyteidl.core import literals_pb2, tasks_pb2, types_pb2
from google.protobuf.message import Message

_REST_BYTES = 2100
"""An object without template, inputs and what follows for each of its variables."""

_PER_VARIABLE = 100
_MOST_JSON_PER_BYTE = 8
"""No literal becomes more bytes of JSON for a byte on the wire."""


def most_object_bytes(
    template: tasks_pb2.TaskTemplate, inputs: literals_pb2.LiteralMap
) -> int:
    """Return a size that the object of a launch does not exceed, found quickly."""
    wire = template.ByteSize() + inputs.ByteSize()
    return _MOST_JSON_PER_BYTE * wire + _rest(template)


def object_bytes(
    template: tasks_pb2.TaskTemplate, inputs: literals_pb2.LiteralMap
) -> int:
    """Return about how many bytes the object of a launch has.

    Args:
        template: The template as it arrives.
        inputs: The literals of the launch.
    """
    return _rest(template) + _message_bytes(template) + map_bytes(inputs.literals)


def _rest(template: tasks_pb2.TaskTemplate) -> int:
    interface = template.interface
    variables = len(interface.inputs.variables) + len(interface.outputs.variables)
    return _REST_BYTES + _PER_VARIABLE * variables


def map_bytes(literals: Mapping[str, literals_pb2.Literal]) -> int:
    """Return the bytes of ``{"literals":{...}}``."""
    pairs = (_text_bytes(k) + 2 + literal_bytes(v) for k, v in literals.items())
    return len('{"literals":{}}') + sum(pairs)


def literal_bytes(literal: literals_pb2.Literal) -> int:
    """Return the bytes of a literal as JSON."""
    kind = literal.WhichOneof("value")
    if kind == "scalar":
        return len('{"scalar":}') + _scalar_bytes(literal.scalar)
    if kind == "collection":
        items = literal.collection.literals
        inside = sum(map(literal_bytes, items)) + len(items)
        return len('{"collection":{"literals":[]}}') + inside
    if kind == "map":
        return len('{"map":}') + map_bytes(literal.map.literals)
    return _message_bytes(literal)


def _scalar_bytes(scalar: literals_pb2.Scalar) -> int:
    kind = scalar.WhichOneof("value")
    if kind == "primitive":
        return len('{"primitive":}') + _primitive_bytes(scalar.primitive)
    if kind == "binary":
        base64 = 4 * ((len(scalar.binary.value) + 2) // 3)
        frame = len('{"binary":{"value":"","tag":}}')
        return frame + base64 + _text_bytes(scalar.binary.tag)
    if kind == "union":
        value, variant = scalar.union.value, scalar.union.type
        frame = len('{"union":{"value":,"type":}}')
        known = _type_bytes(variant.SerializeToString())
        return frame + literal_bytes(value) + known
    return _message_bytes(scalar)


def _primitive_bytes(primitive: literals_pb2.Primitive) -> int:
    kind = primitive.WhichOneof("value")
    if kind == "integer":
        return len('{"integer":""}') + len(str(primitive.integer))
    if kind == "string_value":
        return len('{"stringValue":}') + _text_bytes(primitive.string_value)
    if kind == "float_value":
        return len('{"floatValue":}') + len(repr(primitive.float_value))
    return _message_bytes(primitive)


_ESCAPED = re.compile('["\\\\\n\r\t]')
_WIDE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f<>&]")


def _text_bytes(text: str) -> int:
    """Return the bytes of a text as Go writes it in JSON, in quotes."""
    size = len(text.encode()) + 2
    return size + len(_ESCAPED.findall(text)) + 5 * len(_WIDE.findall(text))


@functools.lru_cache(maxsize=64)
def _type_bytes(data: bytes) -> int:
    return _message_bytes(types_pb2.LiteralType.FromString(data))


def _message_bytes(message: Message) -> int:
    from google.protobuf import json_format

    tree = json_format.MessageToDict(message)
    text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode()) + 5 * len(re.findall("[<>&]", text))
