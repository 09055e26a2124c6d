"""The digest by which the backend tells whether a registered task is the same.

A port of flytestdlib's ``pbhash.ComputeHash``: the message as JSON (lowerCamelCase,
names of enum values, no defaults), hashed by Ben Laurie's objecthash.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message

from kit.errors import TemplateError

if TYPE_CHECKING:
    from flyteidl.core.tasks_pb2 import TaskTemplate

__all__ = ["message_digest", "template_digest"]


def template_digest(template: TaskTemplate) -> bytes:
    """Return the digest that flyteadmin compares when a version is registered again.

    It covers the whole template, with its identifier, and nothing of its documentation.

    Returns:
        32 bytes.

    Raises:
        TemplateError: ``custom`` has a NaN or infinity, which the backend refuses.
    """
    from flyteidl.core.compiler_pb2 import CompiledTask

    return message_digest(CompiledTask(template=template))


def message_digest(message: Message) -> bytes:
    """Return the digest of any message; fields that flyteidl does not know are out.

    Raises:
        TemplateError: A Struct in it has a NaN or infinity, which JSON lacks.
    """
    from google.protobuf import json_format

    try:
        return _hash(json_format.MessageToDict(message))
    except json_format.SerializeToJsonError as error:
        why = str(error).rstrip(".")
        msg = (
            f"The digest of {message.DESCRIPTOR.name} cannot be told: {why}. Write "
            "None or text in place of the number."
        )
        raise TemplateError(msg) from error


def _hash(value: Any) -> bytes:
    if isinstance(value, dict):
        pairs = sorted(_hash(key) + _hash(item) for key, item in value.items())
        return _tagged("d", b"".join(pairs))
    if isinstance(value, list):
        return _tagged("l", b"".join(map(_hash, value)))
    if isinstance(value, str):
        return _tagged("u", value.encode())
    if isinstance(value, bool):
        return _tagged("b", b"1" if value else b"0")
    if value is None:
        return _tagged("n", b"")
    return _tagged("f", _normal_float(float(value)).encode())


def _tagged(tag: str, payload: bytes) -> bytes:
    return hashlib.sha256(tag.encode() + payload).digest()


def _normal_float(number: float) -> str:
    """Write sign, binary exponent and mantissa, as objecthash's ``floatNormalize``."""
    if number == 0:
        return "+0:"
    sign, rest, exponent = ("-" if number < 0 else "+"), abs(number), 0
    while rest > 1:
        rest, exponent = rest / 2, exponent + 1
    while rest <= 0.5:  # noqa: PLR2004 - the algorithm's own bound
        rest, exponent = rest * 2, exponent - 1
    digits = ""
    while rest:
        digits += "1" if rest >= 1 else "0"
        rest = (rest - 1 if rest >= 1 else rest) * 2
    return f"{sign}{exponent}:{digits}"
