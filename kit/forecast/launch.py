"""What flyteadmin answers to a launch: a pure forecast of CreateExecution.

The order of the checks and their words are those of Flyte 1.16.8. What only the server
knows (whether a task is registered, whether a name is taken) is given or left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from flyteidl.core import interface_pb2, literals_pb2, tasks_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from kit.forecast.arrival import arriving_inputs, arriving_template
from kit.forecast.compilation import compilation_faults, compilation_words
from kit.forecast.go_text import message_text
from kit.forecast.kubernetes import (
    joined,
    metadata_faults,
    subdomain_faults,
)
from kit.forecast.literal_types import (
    UntypedUnionError,
    inferred_type,
    is_castable,
    type_text,
)
from kit.forecast.names import node_id, workflow_of
from kit.forecast.platform import UNKNOWN, Platform
from kit.forecast.sizes import literal_bytes, most_object_bytes, object_bytes

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
    arrived = arriving_inputs(launch.inputs).literals
    for name, literal in launch.inputs.literals.items():
        data = literal.SerializeToString(deterministic=True)
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
