"""What flyteadmin answers to a launch, and how large its object is.

The order of the checks and their words are those of Flyte 1.16.8. What only the server
knows (whether a task is registered, whether a name is taken) is given or left out.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from flyteidl.core import interface_pb2, literals_pb2, tasks_pb2, types_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from kit.forecast.arrival import arriving_inputs, arriving_template, has_odd_number
from kit.forecast.kubernetes import (
    joined,
    metadata_faults,
    node_id,
    subdomain_faults,
    workflow_of,
)
from kit.forecast.literal_types import (
    UntypedUnionError,
    inferred_type,
    is_castable,
    message_text,
    type_text,
)
from kit.forecast.platform import UNKNOWN, Platform
from kit.forecast.registration import compilation_faults, compilation_words

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


_INVALID = "INVALID_ARGUMENT"
_INTERNAL = "INTERNAL"
_NO_OBJECT = "failed to create workflow in propeller "


@dataclass(frozen=True)
class LaunchRefusal:
    """Why a launch is refused.

    Attributes:
        code: The code of gRPC: ``INVALID_ARGUMENT``.
        words: What the server says. ``…`` stands for what only the server knows.
        input: Which input or output is to blame; empty if none is.
        fix: What to do.
    """

    code: str
    words: str
    input: str = ""
    fix: str = ""


@dataclass(frozen=True)
class LaunchNote:
    """What becomes of a launch that is accepted.

    Attributes:
        effect: ``fails``, ``waits`` (for ever) or ``changes`` (a value).
        text: A sentence.
        input: Which input it is about; empty if none.
    """

    effect: str
    text: str
    input: str = ""


@dataclass(frozen=True)
class LaunchForecast:
    """What flyteadmin answers to a launch.

    Attributes:
        refusals: Of which the server names one; it visits inputs in any order. None if
            the launch is accepted.
        notes: What becomes of the launch, where that is not what the values say.
    """

    refusals: tuple[LaunchRefusal, ...] = ()
    notes: tuple[LaunchNote, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether an execution is created."""
        return not self.refusals

    @property
    def code(self) -> str:
        """The code of gRPC: ``OK`` or that of the first refusal."""
        return self.refusals[0].code if self.refusals else "OK"

    @property
    def words(self) -> str:
        """What the server says; empty if the launch is accepted."""
        return self.refusals[0].words if self.refusals else ""


def forecast_launch(
    template: tasks_pb2.TaskTemplate,
    inputs: literals_pb2.LiteralMap,
    platform: Platform = UNKNOWN,
) -> LaunchForecast:
    """Foretell the answer to a launch of a task by itself.

    Args:
        template: The template as it is registered.
        inputs: The literals of all inputs: a task's defaults do not travel.
        platform: Where it is launched; what is not known of it refuses nothing.
    """
    launch = Launch(template, required_inputs(template.interface), inputs, platform)
    return first_refusals(launch, (size_of_request, literals_are_there, *ON_A_TASK))


def required_inputs(
    interface: interface_pb2.TypedInterface,
) -> interface_pb2.ParameterMap:
    """Return the inputs of a task as a launch of it expects them."""
    expected = interface_pb2.ParameterMap()
    for name, variable in interface.inputs.variables.items():
        expected.parameters[name].var.CopyFrom(variable)
        expected.parameters[name].required = True
    return expected


@dataclass(frozen=True)
class Launch:
    """A launch, as far as its answer follows from it.

    Attributes:
        template: The task; an empty template if it is none that is launched.
        expected: The inputs of what is launched.
        inputs: The literals that are given.
        platform: Where.
        name: The name of the execution; empty for one that the server makes.
        annotations: The execution's annotations.
        request_bytes: The size of the request; 0 for one that has only what is here.
    """

    template: tasks_pb2.TaskTemplate
    expected: interface_pb2.ParameterMap
    inputs: literals_pb2.LiteralMap
    platform: Platform = UNKNOWN
    name: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    request_bytes: int = 0


Refusals = Iterator[LaunchRefusal]
Stage = Callable[[Launch], Iterable[LaunchRefusal]]


def first_refusals(launch: Launch, stages: Iterable[Stage]) -> LaunchForecast:
    """Return the refusals of the first stage that has any, else what is noted."""
    for stage in stages:
        found = tuple(stage(launch))
        if found:
            return LaunchForecast(found)
    return LaunchForecast(notes=tuple(_notes(launch)))


_REQUEST_REST = 100


def size_of_request(launch: Launch) -> Refusals:
    """The server of gRPC bounds a request."""
    rest = launch.template.id.ByteSize() + _REQUEST_REST
    size = launch.request_bytes or launch.inputs.ByteSize() + rest
    most = launch.platform.message_limit
    if size > most:
        words = f"grpc: received message larger than max ({size} vs. {most})"
        yield _too_large("RESOURCE_EXHAUSTED", words, launch.inputs)


def _too_large(code: str, words: str, inputs: literals_pb2.LiteralMap) -> LaunchRefusal:
    sizes = {name: literal_bytes(each) for name, each in inputs.literals.items()}
    name = max(sizes, key=lambda each: sizes[each], default="")
    fix = "Make custom, the source or the environment of the task smaller."
    if name and sizes[name] > _SMALL_INPUT:
        fix = f"Pass {name} as a file (FlyteFile) or a table (StructuredDataset)."
        return LaunchRefusal(code, words, name, fix)
    return LaunchRefusal(code, words, fix=fix)


_SMALL_INPUT = 2**17


def literals_are_there(launch: Launch) -> Refusals:
    """Names and values are there; the first time of day ends the visit."""
    found = []
    for name, literal in launch.inputs.literals.items():
        if not name:
            found.append(LaunchRefusal(_INVALID, "missing key in inputs"))
        elif literal.WhichOneof("value") is None:
            words = f"missing valid literal in inputs {name}"
            found.append(LaunchRefusal(_INVALID, words, name, "Give it a value."))
    yield from found
    if found and any(map(_is_datetime, launch.inputs.literals.values())):
        yield from _inputs(launch)


def _is_datetime(literal: literals_pb2.Literal) -> bool:
    return bool(literal.scalar.primitive.WhichOneof("value") == "datetime")


def _compilation(launch: Launch) -> Refusals:
    faults = compilation_faults(launch.template)
    if faults:
        words = compilation_words(launch.template, faults)
        variable = next((fault.variable for fault in faults if fault.variable), "")
        fix = "Give the task a name with a letter, a digit or a dash."
        if variable:
            fix = f"Rename {variable!r}: ASCII letters, digits and underscores only."
        yield LaunchRefusal(_INVALID, words, variable, fix)


_CONTROL = re.compile("[\0-\x1f\x7f]")


def _reference(launch: Launch) -> Refusals:
    """The name is part of an address, where control characters are refused."""
    task = launch.template.id
    if _CONTROL.search(task.name + task.version):
        workflow = message_text(workflow_of(task))
        words = (
            "failed to construct data reference for workflow closure with id "
            f"[{workflow}] and err Reference is of an invalid format …"
        )
        fix = "Take the control characters out of the task's name and version."
        yield LaunchRefusal(_INTERNAL, words, fix=fix)


def _inputs(launch: Launch) -> Refusals:
    """Unknown inputs come first, then missing ones and wrong types as they are met."""
    wanted = launch.expected.parameters
    given = launch.inputs.literals
    unknown = [name for name in given if name not in wanted]
    for name in unknown:
        known = ", ".join(sorted(wanted)) or "none"
        words = f"invalid input {name}"
        fix = f"Leave it out: the inputs are {known}."
        yield LaunchRefusal(_INVALID, words, name, fix)
    if unknown:
        return
    for name, parameter in wanted.items():
        if name in given:
            yield from _misfit(name, given[name], parameter.var)
        elif parameter.required:
            fix = f"Give {name} a value: Python's defaults do not travel to Flyte."
            words = f"expected_inputs {name} missing"
            yield LaunchRefusal(_INVALID, words, name, fix)


def _misfit(
    name: str, literal: literals_pb2.Literal, variable: interface_pb2.Variable
) -> Refusals:
    inferred = inferred_type(literal)
    if inferred is None:
        words = (
            f"Failed to validate literal type for [{name}] with err: got unknown "
            "literal type: [<nil>].\nSuggested solution: Please update all your Flyte "
            "deployment images to the latest version and try again"
        )
        yield LaunchRefusal(_INVALID, words, name, "Give it a value.")
        return
    try:
        castable = is_castable(inferred, variable.type)
    except UntypedUnionError:
        yield LaunchRefusal(_INTERNAL, "", name, "Give the union literal its type.")
        return
    if not castable:
        words = (
            f"invalid {name} input wrong type. Expected {type_text(variable.type)}, "
            f"but got {type_text(inferred)}"
        )
        yield LaunchRefusal(_INVALID, words, name, _misfit_fix(name, literal))


def _misfit_fix(name: str, literal: literals_pb2.Literal) -> str:
    if _has_empty_map(literal):
        return (
            f"Leave empty dictionaries out of {name}, or declare it as dict: Flyte "
            "takes a dictionary beside an empty one for a union."
        )
    return f"Pass a value of the type that {name} is declared with."


def _has_empty_map(literal: literals_pb2.Literal) -> bool:
    if literal.HasField("map"):
        items = literal.map.literals.values()
        return not items or any(map(_has_empty_map, items))
    return any(map(_has_empty_map, literal.collection.literals))


_CLOSURE_REST = 600
_MIB = 2**20


def _size_of_closure(launch: Launch) -> Refusals:
    """The compiled workflow is read from the store again."""
    template, most = launch.template, launch.platform.download_limit
    size = template.ByteSize() + 2 * template.interface.ByteSize() + _CLOSURE_REST
    if size > most:
        words = (
            "Unable to read WorkflowClosure from location … : [LIMIT_EXCEEDED] limit "
            f"exceeded. {size / _MIB:.6f}mb > {most // _MIB}mb. You can increase the "
            "limit by setting maxDownloadMBs."
        )
        fix = "Make custom, the source or the environment of the task smaller."
        yield LaunchRefusal(_INTERNAL, words, fix=fix)


NAME_FIX = (
    "Use lower-case letters, digits and dashes: begin with a letter, end with none of "
    "the dashes, 63 characters at most."
)


def _object_name(launch: Launch) -> Refusals:
    """Kubernetes reads the name of the execution, its annotations and its labels."""
    name, annotations = launch.name, launch.annotations
    faults = []
    if name:
        told = subdomain_faults(name)
        faults += [f'metadata.name: Invalid value: "{name}": {each}' for each in told]
    faults += metadata_faults({"execution-id": name}, annotations)
    if faults:
        words = (
            f'{_NO_OBJECT}FlyteWorkflow.flyte.lyft.com "{name or "…"}" is invalid: '
            f"{joined(faults)}"
        )
        fix = NAME_FIX if name and subdomain_faults(name) else ""
        fix = fix or "Use annotations that Kubernetes accepts."
        yield LaunchRefusal(_INTERNAL, words, fix=fix)


_MOST_REQUEST = 3 * _MIB
_MOST_SENT = 2 * _MIB


def _size_of_object(launch: Launch) -> Refusals:
    """Inputs and template are copied as JSON into one object of Kubernetes."""
    most = launch.platform.object_limit
    if most_object_bytes(launch.template, launch.inputs) <= most:
        return
    arrived = arriving_template(launch.template, launch.platform)
    size = object_bytes(arrived, launch.inputs)
    words = ""
    if size > _MOST_REQUEST:
        words = f"Request entity too large: limit is {_MOST_REQUEST}"
    elif size > _MOST_SENT:
        words = (
            "rpc error: code = ResourceExhausted desc = trying to send message larger "
            f"than max ({size} vs. {_MOST_SENT})"
        )
    elif size > most:
        words = "etcdserver: request is too large"
    if words:
        yield _too_large(_INTERNAL, f"{_NO_OBJECT}{words}", launch.inputs)


def _durations(launch: Launch) -> Refusals:
    """Go counts nanoseconds in 64 bits: more stops the whole engine."""
    found = [("", launch.template.metadata.timeout)]
    for name, literal in launch.inputs.literals.items():
        found += [(name, duration) for duration in _durations_in(literal)]
    for name, duration in found:
        nanos = duration.seconds * 10**9 + duration.nanos
        if not -(2**63) <= nanos < 2**63:
            text = f'"{_seconds(nanos)}s"'
            words = f"{_NO_OBJECT}bad Duration: time: invalid duration {text}"
            what = name or "the timeout"
            fix = f"Make {what} shorter than 292 years: it stops the engine of Flyte."
            yield LaunchRefusal(_INTERNAL, words, name, fix)


def _seconds(nanos: int) -> str:
    """Write nanoseconds as seconds with no, 3, 6 or 9 digits after the point."""
    whole, part = divmod(abs(nanos), 10**9)
    text = f"{'-' if nanos < 0 else ''}{whole}.{part:09d}"
    for _ in range(3):
        text = text.removesuffix("000")
    return text.removesuffix(".")


def _durations_in(literal: literals_pb2.Literal) -> Iterator[Duration]:
    kind = literal.WhichOneof("value")
    if kind == "collection":
        for item in literal.collection.literals:
            yield from _durations_in(item)
    elif kind == "map":
        for item in literal.map.literals.values():
            yield from _durations_in(item)
    elif kind == "scalar":
        scalar = literal.scalar
        if scalar.WhichOneof("value") == "union":
            yield from _durations_in(scalar.union.value)
        elif scalar.primitive.WhichOneof("value") == "duration":
            yield scalar.primitive.duration


ON_A_TASK: tuple[Stage, ...] = (
    _compilation,
    _reference,
    _inputs,
    _size_of_closure,
    _object_name,
    _size_of_object,
    _durations,
)
ON_A_PLAN: tuple[Stage, ...] = (_inputs, _object_name, _size_of_object, _durations)


def _notes(launch: Launch) -> Iterator[LaunchNote]:
    template, platform = launch.template, launch.platform
    node = node_id(template.id.name)
    if not node.isascii():
        text = (
            f"The container is given addresses with {node!r} percent-encoded, and "
            "finds none of its files there: launched by itself, the task fails."
        )
        yield LaunchNote("fails", text)
    metadata = template.metadata
    waits = metadata.discoverable and metadata.cache_serializable
    if waits and platform.catalog is False:
        text = "cache_serialize waits for ever on a platform without a catalog."
        yield LaunchNote("waits", text)
    inputs, odd = launch.inputs.literals, has_odd_number(_bytes(launch.inputs))
    arrived = arriving_inputs(launch.inputs).literals if odd else inputs
    for name, literal in inputs.items() if odd else ():
        data = _bytes(literal)
        if _NEGATIVE_ZERO in data and data != _bytes(arrived[name]):
            text = f"A number of {name} changes on the way: -0.0 arrives as 0.0."
            yield LaunchNote("changes", text, name)
    if _bytes(template.custom) != _bytes(arriving_template(template).custom):
        text = "A number of custom changes on the way: NaN, Infinity or -0.0."
        yield LaunchNote("changes", text)


_NEGATIVE_ZERO = bytes(7) + b"\x80"


def _bytes(message: Message) -> bytes:
    """Return what two messages are compared by: no message with a NaN is equal."""
    return message.SerializeToString(deterministic=True)
