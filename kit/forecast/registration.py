"""What a registration meets: compile errors, the digest, its index row.

The digest tells whether a version that is registered again is the same; the row of the
database's index bounds how long names may be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from flyteidl.core.compiler_pb2 import CompiledTask
from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.interface_pb2 import Variable
from flyteidl.core.tasks_pb2 import Resources, TaskTemplate
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct, Value

from kit.definition.resources import parse_quantity
from kit.errors import ResourcesError, TemplateError
from kit.forecast.arrival import has_odd_number, settle_numbers
from kit.forecast.kubernetes import (
    is_dns_label,
    node_id,
    variable_names,
    workflow_of,
)
from kit.forecast.literal_types import message_text

_START = "start-node"
_END = "end-node"


class Fault(NamedTuple):
    """One error of the compiler.

    Attributes:
        code: Such as ``SyntaxError``.
        node: The node that it is at.
        text: The description.
        variable: The input or output that is to blame; empty if none is.
    """

    code: str
    node: str
    text: str
    variable: str = ""

    @property
    def words(self) -> str:
        """The error as it stands in a list of them."""
        return f"Code: {self.code}, Node Id: {self.node}, Description: {self.text}"


def registration_faults(template: TaskTemplate) -> tuple[Fault, ...]:
    """Return the errors of a registration's compilation, in the compiler's order."""
    target = template.WhichOneof("target")
    found = set()
    if target == "container":
        found = {*_amounts(template.container.resources)}
        interface = template.interface
        used = interface.inputs.variables or interface.outputs.variables
        if used and not (template.container.command or template.container.args):
            text = "Value required [command]."
            found.add(Fault("ValueRequired", "container", text))
    elif target == "k8s_pod":
        found = {*_names(template)}
    return tuple(sorted(found, key=lambda fault: (fault.code, fault.words)))


def registration_words(template: TaskTemplate) -> str:
    """Return what flyteadmin says of :func:`registration_faults`, in one message."""
    faults = registration_faults(template)
    return f"task failed compilation with {collected(faults)}"


def _amounts(resources: Resources) -> Iterator[Fault]:
    for entry in (*resources.requests, *resources.limits):
        if not _is_quantity(entry.value):
            known = Resources.ResourceName.DESCRIPTOR.values_by_number.get(entry.name)
            name = known.name if known else str(entry.name)
            text = f"Unrecognized value [{entry.value}]."
            yield Fault("UnrecognizedValue", f"resources.{name}", text)


def _is_quantity(text: str) -> bool:
    try:
        parse_quantity(text)
    except ResourcesError:
        return False
    return True


def _names(template: TaskTemplate) -> Iterator[Fault]:
    fields = template.k8s_pod.pod_spec.fields
    listed = fields["containers"].list_value.values if "containers" in fields else ()
    for value in listed:
        facts = value.struct_value.fields
        name = facts["name"].string_value if "name" in facts else ""
        if not is_dns_label(name):
            text = "Invalid value [k8s pod spec container name]."
            yield Fault("InvalidValue", "root", text)


def compilation_faults(template: TaskTemplate) -> tuple[Fault, ...]:
    """Return the errors of a launch's compilation, in the compiler's order."""
    interface = template.interface
    inputs, outputs = interface.inputs.variables, interface.outputs.variables
    found = {*_incomplete(inputs), *_incomplete(outputs)}
    if not found:
        node = node_id(template.id.name)
        if not node:
            found.add(Fault("ValueRequired", "<node>", "Value required [Id]."))
        found.update(_unbound(inputs, node, _START, inputs))
        source, known = (node, outputs) if node else (_START, inputs)
        found.update(_unbound(outputs, _END, source, known))
    return tuple(sorted(found, key=lambda fault: (fault.code, fault.words)))


def compilation_words(template: TaskTemplate, faults: Iterable[Fault]) -> str:
    """Return what flyteadmin says when the compiler found something."""
    workflow = message_text(workflow_of(template.id))
    return f"failed to compile workflow for [{workflow}] with err: {collected(faults)}"


def collected(faults: Iterable[Fault]) -> str:
    """Return the compiler's list of its errors, each once."""
    words = list(dict.fromkeys(fault.words for fault in faults))
    lines = (f"\tError {number}: {line}\n" for number, line in enumerate(words))
    return f"Collected Errors: {len(words)}\n{''.join(lines)}"


def _incomplete(variables: Mapping[str, Variable]) -> Iterator[Fault]:
    for name, variable in variables.items():
        if not name:
            yield Fault("ValueRequired", _START, "Value required [paramName].", name)
        if not variable.HasField("type"):
            yield Fault("ValueRequired", _START, "Value required [param.Type].", name)


def _unbound(
    names: Iterable[str], node: str, source: str, known: Collection[str]
) -> Iterator[Fault]:
    """Yield the variables of a node whose names find none of their source."""
    for name in names:
        parts = variable_names(name)
        if len(parts) != 1:
            text = f"Failed to parse element [{name}]."
            yield Fault("SyntaxError", node, text, name)
        elif parts[0] not in known:
            text = f"Variable [{parts[0]}] not found on node [{source}]."
            yield Fault("VariableNameNotFound", source, text, name)
            yield Fault(
                "ParameterNotBound", node, f"Parameter not bound [{name}].", name
            )


MOST_INDEX_BYTES = 2704
"""A row of an index of PostgreSQL has to fit into a third of a page."""


def template_digest(template: TaskTemplate) -> bytes:
    """Return the digest that flyteadmin compares when a version is registered again.

    It covers the whole template, with its identifier, and nothing of its documentation.

    Returns:
        32 bytes.

    Raises:
        TemplateError: flyteadmin cannot compute it either, as of a duration out of
            range or of a Value without a kind.
    """
    return message_digest(CompiledTask(template=template))


def message_digest(message: Message) -> bytes:
    """Return the digest of any message; fields that flyteidl does not know are out.

    It is made of the message's JSON, where NaN and infinities in Structs are texts.

    Raises:
        TemplateError: The message has no JSON.
    """
    from google.protobuf import json_format

    fault = next(_faults(message), None)
    try:
        if fault is None:
            return _hash(json_format.MessageToDict(_with_json_numbers(message)))
    except (json_format.Error, ValueError) as error:
        fault = str(error).rstrip(".")
    name = message.DESCRIPTOR.name
    msg = f"{name} has no digest: {fault}. flyteadmin refuses it as well."
    raise TemplateError(msg)


def digest_refusal(template: TaskTemplate) -> str:
    """Return what flyteadmin says if it can make no digest; empty if it can."""
    fault = next(_faults(template), "")
    if not fault:
        return ""
    task = message_text(template.id)
    return f"failed to hash task [{task}] to digest with err {fault}"


_MOST_SECONDS = 315_576_000_000


def _faults(message: Message) -> Iterator[str]:
    """Yield what has no JSON in Go, in a message and those in it."""
    if isinstance(message, Value) and message.WhichOneof("kind") is None:
        yield "nil Value"
    if isinstance(message, Duration) and abs(message.seconds) > _MOST_SECONDS:
        yield f"seconds out of range {message.seconds}"
    for part in _parts(message):
        yield from _faults(part)


def _parts(message: Message) -> Iterator[Message]:
    """Yield the messages in the fields of a message, in lists and maps too."""
    for _, value in message.ListFields():
        if isinstance(value, Message):
            yield value
        elif not isinstance(value, (str, bytes, int, float)):
            items = value.values() if hasattr(value, "values") else value
            yield from (item for item in items if isinstance(item, Message))


def _with_json_numbers(message: Message) -> Message:
    """Return a message whose Structs hold the numbers that JSON has."""
    if not has_odd_number(message.SerializeToString()):
        return message
    copy = type(message)()
    copy.CopyFrom(message)
    _settle(copy)
    return copy


def _settle(message: Message) -> None:
    if isinstance(message, Struct):
        settle_numbers(message)
        return
    for part in _parts(message):
        _settle(part)


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


def index_row_bytes(task: Identifier) -> int:
    """Return the bytes of a task's row in the index of its primary key.

    Long texts are compressed, so that many equal letters take little room.
    """
    size = 8
    for text in (task.project, task.domain, task.name, task.version):
        data = text.encode()
        stored = min(len(data), _compressed_bytes(data))
        if stored <= _MOST_SHORT_BYTES and stored == len(data):
            size += stored + 1
        else:
            size = -(-size // 4) * 4 + stored + 4
    return -(-size // 8) * 8


_MOST_SHORT_BYTES = 126
_LEAST_COMPRESSED = 508
"""PostgreSQL compresses what is longer than this in an index."""

_WINDOW = 4095
_LONGEST_MATCH = 273
_SHORT_MATCH = 17
_NO_SUCCESS_BY = 1024


def _compressed_bytes(data: bytes) -> int:
    """Return the size after PostgreSQL's pglz, or the same if it saves no quarter."""
    if len(data) <= _LEAST_COMPRESSED:
        return len(data)
    seen: dict[bytes, int] = {}
    position, size, items, matched = 0, 4, 0, False
    while position < len(data):
        if not matched and position > _NO_SUCCESS_BY:
            return len(data)
        length = _match(data, position, seen.get(data[position : position + 3], -1))
        matched = matched or length > 0
        size += 1 if not length else 2 if length <= _SHORT_MATCH else 3
        items += 1
        for passed in range(position, position + (length or 1)):
            seen[data[passed : passed + 3]] = passed
        position += length or 1
    size += -(-items // 8)
    return size if size * 4 <= len(data) * 3 else len(data)


def _match(data: bytes, position: int, start: int) -> int:
    """Return how many bytes repeat those from a start on; 0 if fewer than three."""
    if start < 0 or position - start > _WINDOW:
        return 0
    most = min(_LONGEST_MATCH, len(data) - position)
    length = 0
    while length < most and data[start + length] == data[position + length]:
        length += 1
    return length if length >= 3 else 0  # noqa: PLR2004 - shorter ones save nothing
