"""A task's place in a workflow: what it is bound to, and what runs before it."""

from __future__ import annotations

import copy
import datetime as dt
import typing
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

from flyteidl.core import literals_pb2, tasks_pb2, types_pb2, workflow_pb2
from google.protobuf.message import Message

from kit.definition.accelerators import BaseAccelerator, extended_resources
from kit.definition.interface import Interface
from kit.definition.metadata import TaskMetadata
from kit.definition.resources import Resources, ResourceSpec, override_resources
from kit.errors import CallError, ConversionError, KitError, ResourcesError, nearest
from kit.task.call import complete_inputs, current_compilation, dnsify, name_arguments
from kit.template.serialize import TaskDefinition
from kit.types import TypeEngine, default_engine
from kit.types.annotated import underlying

if TYPE_CHECKING:
    from typing_extensions import Self

    from kit.task.workflow import Workflow

__all__ = [
    "Bound",
    "Node",
    "NodeHandle",
    "Promise",
    "TaskOfNode",
    "VoidPromise",
    "bind",
    "binding_message",
    "check_graph",
    "construct_node_metadata",
    "create_node",
    "in_order",
    "node_behind",
    "override",
    "promises_in",
    "set_timeout",
]


T = TypeVar("T")


class NodeHandle:
    """A node, or what a task's call returned: both are ordered and overridden alike."""

    def _own_node(self) -> Node | None:
        """Return the node, or ``None`` for a workflow's input, which has none."""
        raise NotImplementedError

    def runs_before(self, other: Any) -> None:
        """Let this node end before another one starts.

        Args:
            other: A node, or what a task's call returned.

        Raises:
            CallError: One of the two is no node.
        """
        upstream = node_behind(other).upstream
        node = node_behind(self)
        if node not in upstream:
            upstream.append(node)

    def __rshift__(self, other: T) -> T:
        self.runs_before(other)
        return other

    def with_overrides(  # noqa: PLR0913 - the overrides that Flyte has
        self,
        *,
        node_name: str | None = None,
        aliases: Mapping[str, str] | None = None,
        requests: Resources | None = None,
        limits: Resources | None = None,
        resources: Resources | None = None,
        timeout: dt.timedelta | int | EllipsisType | None = ...,
        retries: int | None = None,
        interruptible: bool | None = None,
        name: str | None = None,
        task_config: Any = None,
        container_image: str | None = None,
        accelerator: BaseAccelerator[Any] | None = None,
        shared_memory: bool | str | None = None,
        cache: bool | None = None,
        cache_version: str | None = None,
        cache_serialize: bool | None = None,
        pod_template: tasks_pb2.K8sPod | None = None,
        **unknown: Any,
    ) -> Self:
        """Change this node, and no other node of its task.

        What is left out stays as it was, but for ``cache``, ``accelerator`` and
        ``shared_memory``: as in flytekit, each call says these anew.

        Args:
            node_name: Its id, made a DNS label.
            aliases: Other names of its outputs.
            requests: Resources to ask for.
            limits: Resources to take at most.
            resources: Both, where a pair is (request, limit).
            timeout: Seconds or a duration; ``None`` for none at all.
            retries: How often to try again.
            interruptible: Whether it may run where it can be interrupted.
            name: The name shown for it.
            task_config: The configuration of its task, of the same type. It goes into
                the task's template, so all nodes of the task must have the same one.
            container_image: The image to run in.
            accelerator: A GPU or TPU by name.
            shared_memory: ``True``, or the size of ``/dev/shm``.
            cache: Whether its outputs are kept, with a ``cache_version``.
            cache_version: Which outputs are taken.
            cache_serialize: Whether equal runs wait for each other.
            pod_template: The pod to run in.
            **unknown: Refused, with the nearest name.

        Returns:
            What it was called on.

        Raises:
            CallError: An unknown name, a promise, or settings that contradict each
                other.
            MetadataError: A timeout that is no duration.
            ResourcesError: Resources that Kubernetes refuses.
        """
        given = {**locals(), **unknown}
        del given["self"], given["unknown"]

        override(node_behind(self), given)
        return self


def node_behind(value: Any) -> Node:
    """Return the node that a node, a promise or a tuple of promises stands for.

    Raises:
        CallError: It stands for none.
    """
    if isinstance(value, tuple) and value:
        value = value[0]
    node = value._own_node() if isinstance(value, NodeHandle) else None  # noqa: SLF001 - of the class above
    if node is None:
        msg = f"{value!r} is no node: use what a task's call returned."
        raise CallError(msg)
    return node


class _NoValue(NodeHandle):
    """Refuses what needs a value, above all where Python would go on silently."""

    def _why(self) -> str:
        raise NotImplementedError

    def _refuse(self, *_: Any) -> NoReturn:
        raise CallError(self._why())

    __hash__ = object.__hash__
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __mod__ = __neg__ = __xor__ = _refuse
    __and__ = __or__ = __len__ = __call__ = __contains__ = _refuse
    __bool__ = __iter__ = __format__ = _refuse


class Promise(_NoValue):
    """An output of a node, or a workflow's input, before there is a value.

    Pass it to other tasks; ``promise.name`` and ``promise[key]`` reach into
    dataclasses, maps and lists, which Flyte resolves when the workflow runs.

    Args:
        var: The name of the output or input.
        node: Whose output it is; ``None`` for a workflow's input.
        literal_type: Its type, where it is known.
        attr_path: The way into the value: names and positions.

    Example:
        >>> Promise("point").corners[0]["x"]
        Promise(inputs.point['corners'][0]['x'])
    """

    def __init__(
        self,
        var: str,
        node: Node | None = None,
        literal_type: types_pb2.LiteralType | None = None,
        attr_path: tuple[str | int, ...] = (),
    ) -> None:
        self.var = var
        self.node = node
        self.literal_type = literal_type
        self.attr_path = attr_path

    def __repr__(self) -> str:
        place = self.node.id if self.node is not None else "inputs"
        path = "".join(f"[{step!r}]" for step in self.attr_path)
        return f"Promise({place}.{self.var}{path})"

    def _own_node(self) -> Node | None:
        return self.node

    @property
    def node_id(self) -> str:
        """The id of the node; empty for a workflow's input."""
        return "" if self.node is None else self.node.id

    @property
    def ref(self) -> types_pb2.OutputReference:
        """The promise as Flyte's message."""
        reference = types_pb2.OutputReference(node_id=self.node_id, var=self.var)
        for step in self.attr_path:
            if isinstance(step, int):
                reference.attr_path.add(int_value=step)
            else:
                reference.attr_path.add(string_value=step)
        return reference

    def __getattr__(self, name: str) -> Promise:
        if name.startswith("_"):  # what copy, pickle and notebooks look for
            msg = f"A promise has no attribute {name!r}: for a field write [{name!r}]."
            raise AttributeError(msg)
        return self._at(name)

    def __getitem__(self, key: str | int) -> Promise:
        if type(key) is not str and (type(key) is not int or key < 0):
            msg = (
                f"{self!r} is reached into by a name or a position from 0 up, not by "
                f"{key!r}: take slices and ends inside a task."
            )
            raise CallError(msg)
        if self._is_untyped():
            msg = (
                f"Trying to index into a unschematized struct type {self.var}[{key}]. "
                "Declare the output as dict[str, T] or as a dataclass."
            )
            raise CallError(msg)
        return self._at(key)

    def _is_untyped(self) -> bool:
        kind = self.literal_type
        if kind is None or self.attr_path:
            return False
        return kind.simple == types_pb2.STRUCT and not kind.HasField("metadata")

    def _at(self, step: str | int) -> Promise:
        return Promise(self.var, self.node, self.literal_type, (*self.attr_path, step))

    def __bool__(self) -> NoReturn:
        msg = (
            "Flytekit does not support Unary expressions or performing truth value "
            f"testing: {self!r} has no value before the workflow runs. Decide inside "
            "a task."
        )
        raise CallError(msg)

    def __iter__(self) -> NoReturn:
        msg = (
            f" {self.var} is a Promise. Promise objects are not iterable - can't "
            "range() over a promise. But you can use [index]; loop inside a task."
        )
        raise CallError(msg)

    def __and__(self, other: Any) -> NoReturn:
        self._refuse_logic("AND")

    def __or__(self, other: Any) -> NoReturn:
        self._refuse_logic("OR")

    def _refuse_logic(self, operation: str) -> NoReturn:
        msg = (
            f"Cannot perform Logical {operation} of Promise with other: {self!r} has "
            "no value before the workflow runs. Decide inside a task."
        )
        raise CallError(msg)

    def _why(self) -> str:
        return (
            f"{self!r} has no value before the workflow runs: it cannot be compared, "
            "computed with, called or formatted. Do it inside a task; to show it, "
            "write !r."
        )


class VoidPromise(_NoValue):
    """What a call of a task without outputs returns; only its order can be told.

    Args:
        task_name: The task's name, for errors.
        node: The node.
    """

    def __init__(self, task_name: str, node: Node) -> None:
        self.task_name = task_name
        self.node = node

    def __repr__(self) -> str:
        return f"VoidPromise({self.node.id}: {self.task_name})"

    def _own_node(self) -> Node:
        return self.node

    def _why(self) -> str:
        return (
            f"Task {self.task_name} returns nothing, NoneType return cannot be used. "
            "To order it, write `first >> second`."
        )


Bound: typing.TypeAlias = (
    "Promise | literals_pb2.Literal | list[Bound] | dict[str, Bound]"
)
"""What is bound: literals, promises, and lists and maps of both.

Promises stay as they are until a message is made, for a node may be renamed till then.
"""


def bind(
    value: Any,
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    engine: TypeEngine,
) -> Bound:
    """Bind a value in which promises may stand.

    Args:
        value: A value of the type; promises may take the place of it, or of elements of
            its lists and dictionaries.
        python_type: The input's declared type.
        literal_type: The literal type of that.
        engine: Who converts.

    Raises:
        ConversionError: A part that is no promise does not fit its type.
        CallError: A part comes from a task without outputs.
    """
    if isinstance(value, Promise):
        return value
    if isinstance(value, VoidPromise):
        msg = (
            f"Cannot pass output from task {value.task_name} that produces no outputs "
            "to a downstream task; to run it first, write `first >> second`."
        )
        raise CallError(msg)
    kind = literal_type.WhichOneof("type")
    if isinstance(value, (list, dict)) and kind == "union_type":
        return _bind_variant(value, python_type, literal_type, engine)
    if isinstance(value, list) and kind == "collection_type":
        return _bind_list(value, python_type, literal_type, engine)
    if isinstance(value, dict) and kind == "map_value_type":
        return _bind_dict(value, python_type, literal_type, engine)
    _refuse_promises_inside(value, python_type)
    return engine.to_literal(value, python_type)


def promises_in(value: Any) -> Iterator[Promise]:
    """Yield the promises that stand in a value."""
    if isinstance(value, Promise):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from promises_in(item)


def _refuse_promises_inside(value: Any, python_type: Any) -> None:
    for promise in promises_in(value):
        msg = (
            f"{promise!r} stands inside a value of {python_type}, which Flyte packs "
            "whole when the workflow is defined: declare list[T] or dict[str, T]."
        )
        raise ConversionError(msg)


def _bind_list(
    value: list[Any],
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    engine: TypeEngine,
) -> list[Bound]:
    element = typing.get_args(underlying(python_type))[0]
    bound: list[Bound] = []
    try:
        for item in value:
            bound.append(bind(item, element, literal_type.collection_type, engine))  # noqa: PERF401 - its length tells where it failed
    except ConversionError as error:
        raise error.below(len(bound)) from error.__cause__
    return bound


def _bind_dict(
    value: dict[Any, Any],
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    engine: TypeEngine,
) -> dict[str, Bound]:
    element = typing.get_args(underlying(python_type))[1]
    bound = {}
    for key, item in value.items():
        if type(key) is not str:
            msg = f"Flyte MapType expects all keys to be strings, not {key!r:.200}."
            raise ConversionError(msg)
        try:
            bound[key] = bind(item, element, literal_type.map_value_type, engine)
        except ConversionError as error:
            raise error.below(key) from error.__cause__
    return bound


def _bind_variant(
    value: Any,
    python_type: Any,
    literal_type: types_pb2.LiteralType,
    engine: TypeEngine,
) -> Bound:
    """Bind a container as the first variant of a union that takes it."""
    reasons = []
    types = typing.get_args(underlying(python_type))
    for variant, variant_type in zip(
        literal_type.union_type.variants, types, strict=True
    ):
        try:
            return bind(value, variant_type, variant, engine)
        except KitError as error:  # noqa: PERF203 - a handful of variants
            reasons.append(f"{variant_type}: {error}")
    msg = (
        f"Failed to bind data {value} to any of the expected union variants.\n"
        f"Value python type: {type(value).__name__}, declared python types: "
        f"{python_type}\n" + "\n".join(reasons)
    )
    raise ConversionError(msg)


def binding_message(var: str, bound: Bound) -> literals_pb2.Binding:
    """Write what a variable is bound to as Flyte's message."""
    binding = literals_pb2.Binding(var=var)
    _write(bound, binding.binding)
    return binding


def _write(bound: Bound, data: literals_pb2.BindingData) -> None:
    if isinstance(bound, Promise):
        data.promise.CopyFrom(bound.ref)
    elif isinstance(bound, literals_pb2.Literal):
        _write_literal(bound, data)
    elif isinstance(bound, list):
        data.collection.SetInParent()
        for item in bound:
            _write(item, data.collection.bindings.add())
    else:
        data.map.SetInParent()
        for key, item in bound.items():
            _write(item, data.map.bindings[key])


def _write_literal(
    literal: literals_pb2.Literal, data: literals_pb2.BindingData
) -> None:
    """Write a literal; bindings have collections and maps of their own."""
    kind = literal.WhichOneof("value")
    if kind == "collection":
        _write(list(literal.collection.literals), data)
    elif kind == "map":
        _write(dict(literal.map.literals), data)
    else:
        data.scalar.CopyFrom(literal.scalar)


def override(node: Node, given: Mapping[str, Any]) -> None:
    """Write overrides into a node.

    Args:
        node: The node.
        given: What :meth:`~kit.task.nodes.NodeHandle.with_overrides` was given;
            ``None`` is what was left out, for ``timeout`` it is ``...``.
    """
    _refuse_unknown(given)
    _refuse_promises(given)
    if given["task_config"] is not None:
        node.task = _with_config(node.task, given["task_config"])
    if given["node_name"] is not None:
        node.id = dnsify(given["node_name"])
    if given["aliases"] is not None:
        node.aliases = _checked_aliases(given["aliases"])
    _apply_resources(node, given)
    _apply_pod_template(node.overrides, given["pod_template"])
    if given["timeout"] is not ...:
        set_timeout(node.metadata, given["timeout"])
    _apply_metadata(node.metadata, given)


def set_timeout(
    metadata: workflow_pb2.NodeMetadata, timeout: dt.timedelta | int | None
) -> None:
    """Write a timeout; nothing and zero are left unset."""
    metadata.ClearField("timeout")
    duration = TaskMetadata(timeout=timeout or 0).timeout
    if isinstance(duration, dt.timedelta) and duration:
        metadata.timeout.FromTimedelta(duration)


_KNOWN = (
    *("node_name", "aliases", "requests", "limits", "resources", "timeout", "retries"),
    *("interruptible", "name", "task_config", "container_image", "accelerator"),
    *("shared_memory", "cache", "cache_version", "cache_serialize", "pod_template"),
)


def _refuse_unknown(given: Mapping[str, Any]) -> None:
    for name in given:
        if name not in _KNOWN:
            msg = f"with_overrides has no {name!r}.{nearest(name, _KNOWN)}"
            raise CallError(f"{msg} It knows: {', '.join(sorted(_KNOWN))}.")


def _refuse_promises(given: Mapping[str, Any]) -> None:
    """Refuse promises: a node's settings are known before the workflow runs."""
    for name, value in given.items():
        if isinstance(value, VoidPromise) or any(True for _ in promises_in(value)):
            msg = (
                f"Cannot use a promise in the {name} Value: {value!r}. Overrides are "
                "fixed when the workflow is defined."
            )
            raise CallError(msg)


def _with_config(task: Any, config: Any) -> Any:
    """Return the task with another configuration; the one given stays as it is."""
    kind = type(task.task_config)
    if not isinstance(config, kind):
        msg = (
            f"can't change the type of the task config: task {task.name} has one of "
            f"{kind.__name__}, not {config!r}."
        )
        raise CallError(msg)
    changed = copy.copy(task)
    changed._task_config = config  # noqa: SLF001 - of a copy just made
    return changed


def _checked_aliases(aliases: Any) -> dict[str, str]:
    if not isinstance(aliases, Mapping):
        msg = f"Aliases should be specified as dict[str, str], not {aliases!r}."
        raise CallError(msg)
    return dict(aliases)


def _apply_resources(node: Node, given: Mapping[str, Any]) -> None:
    requests, limits = _requests_and_limits(given)
    overrides = node.overrides
    if requests is not None or limits is not None:
        overrides.resources.CopyFrom(override_resources(requests, limits))
    if requests is not None and limits is None:
        import logging

        logging.getLogger(__name__).warning(
            "Requests overridden on node %s without specifying limits. Requests are "
            "clamped to the limits of its task.",
            node.id,
        )
    overrides.ClearField("extended_resources")
    extended = extended_resources(given["accelerator"], given["shared_memory"])
    if extended is not None:
        overrides.extended_resources.CopyFrom(extended)
    _set(overrides, "container_image", given["container_image"])


def _requests_and_limits(
    given: Mapping[str, Any],
) -> tuple[Resources | None, Resources | None]:
    for name in ("requests", "limits", "resources"):
        if given[name] is not None and not isinstance(given[name], Resources):
            msg = (
                f"{name} should be specified as flytekit.Resources: pass "
                f"kit.Resources(cpu=…, mem=…), not {given[name]!r}."
            )
            raise ResourcesError(msg)
    requests, limits, both = (given[n] for n in ("requests", "limits", "resources"))
    if both is None:
        return requests, limits
    if requests is not None or limits is not None:
        msg = (
            "`resource` can not be used together with the `limits` or `requests`. "
            "Please only set `resource`."
        )
        raise CallError(msg)
    spec = ResourceSpec.from_multiple_resource(both)
    return spec.requests, spec.limits


def _apply_pod_template(
    overrides: workflow_pb2.TaskNodeOverrides, pod_template: Any
) -> None:
    if pod_template is None:
        return
    if not isinstance(pod_template, tasks_pb2.K8sPod):
        msg = f"pod_template must be a flyteidl K8sPod message, not {pod_template!r}."
        raise CallError(msg)
    overrides.pod_template.CopyFrom(pod_template)


def _apply_metadata(
    metadata: workflow_pb2.NodeMetadata, given: Mapping[str, Any]
) -> None:
    if given["cache"] and given["cache_version"] is None:
        msg = (
            "must specify cache version when overriding: pass cache_version=…. (If "
            "version is not defined then at least one cache policy needs to be set, "
            "and kit has no policies.)"
        )
        raise CallError(msg)
    retries = given["retries"]
    if retries is not None:
        if type(retries) is not int or retries < 0:
            msg = f"retries must be a whole number from 0 up, not {retries!r}."
            raise CallError(msg)
        _set(metadata.retries, "retries", retries)
    metadata.ClearField("cacheable")
    _set(metadata, "cacheable", given["cache"])
    _set(metadata, "cache_version", given["cache_version"])
    _set(metadata, "cache_serializable", given["cache_serialize"])
    _set(metadata, "interruptible", given["interruptible"])
    _set(metadata, "name", given["name"])


def _set(message: Message, field: str, value: Any) -> None:
    """Set a field unless nothing was said of it.

    Raises:
        CallError: The value is not of the field's type.
    """
    if value is None:
        return
    try:
        setattr(message, field, value)
    except (TypeError, ValueError) as error:
        raise CallError(f"{field} cannot be {value!r}: {error}.") from error


_FLYTEKIT = "USER:AssertionError: error="  # how flytekit's own message starts


class TaskOfNode(TaskDefinition, Protocol):
    """What a workflow asks of a task, besides its template."""

    @property
    def name(self) -> str: ...  # noqa: D102 - the reference documents them
    @property
    def python_interface(self) -> Interface: ...  # noqa: D102
    def construct_node_metadata(self) -> workflow_pb2.NodeMetadata: ...  # noqa: D102
    def run_literals(  # noqa: D102
        self, ctx: None, inputs: literals_pb2.LiteralMap, /
    ) -> literals_pb2.LiteralMap: ...


class Node(NodeHandle):
    """One step of a workflow.

    Args:
        id: Its id in the workflow, made a DNS label.
        task: The task.
        inputs: What each input is bound to.

    Attributes:
        metadata: Its metadata on the wire.
        overrides: What it changes of its task, on the wire.
        aliases: Other names of its outputs.
        upstream: The nodes that run before it.
    """

    def __init__(
        self,
        id: str,  # noqa: A002 - Flyte's own name
        task: TaskOfNode,
        inputs: Mapping[str, Bound],
    ) -> None:
        self.id = dnsify(id)
        self.task = task
        self.inputs = {name: inputs[name] for name in sorted(inputs)}
        self.metadata = task.construct_node_metadata()
        self.overrides = workflow_pb2.TaskNodeOverrides()
        self.aliases: dict[str, str] = {}
        self.upstream: list[Node] = _sources(self.inputs)

    def __repr__(self) -> str:
        return f"Node({self.id}: {self.task.name})"

    def _own_node(self) -> Node:
        return self

    @property
    def bindings(self) -> list[literals_pb2.Binding]:
        """The inputs as Flyte's messages, in the order of their names."""
        return [binding_message(name, bound) for name, bound in self.inputs.items()]

    @property
    def outputs(self) -> dict[str, Promise]:
        """A promise of each output."""
        variables = self.task.interface.outputs.variables
        return {
            name: Promise(name, self, variables[name].type)
            for name in self.task.python_interface.outputs
        }


def _sources(inputs: Mapping[str, Bound]) -> list[Node]:
    nodes = (p.node for bound in inputs.values() for p in promises_in(bound))
    return list(dict.fromkeys(node for node in nodes if node is not None))


def construct_node_metadata(task: TaskOfNode) -> workflow_pb2.NodeMetadata:
    """Make the metadata of a node: the task's, and the last part of its name."""
    metadata = workflow_pb2.NodeMetadata(
        name=task.name.rsplit(".", 1)[-1], retries=task.metadata.retry_strategy
    )
    set_timeout(metadata, task.metadata.timeout)
    if task.metadata.interruptible is not None:
        metadata.interruptible = task.metadata.interruptible
    return metadata


def create_node(
    compilation: Workflow | None,
    task: TaskOfNode,
    values: Mapping[str, Any],
    engine: TypeEngine = default_engine,
) -> Any:
    """Add a node to the workflow that is being defined.

    Args:
        compilation: The workflow; ``None`` for the current one.
        task: The task.
        values: Its inputs by name: values, promises, or both mixed.
        engine: Who converts.

    Returns:
        A promise of its output, a named tuple of promises, or a void promise.

    Raises:
        CallError: No workflow is being defined, or an input is missing or unknown.
        ConversionError: A value does not fit its input's type.
    """
    if compilation is None:
        compilation = current_compilation()
    if compilation is None:
        msg = (
            "Cannot create node when not compiling...: call the task inside "
            "`with kit.workflow(...)` or a function under `@kit.workflow`."
        )
        raise CallError(msg)
    node = Node(f"n{len(compilation.nodes)}", task, _bind_all(task, values, engine))
    compilation.nodes.append(node)
    promises = list(node.outputs.values())
    if not promises:
        return VoidPromise(task.name, node)
    if len(promises) == 1 and not task.python_interface.output_tuple_name:
        return promises[0]
    return task.python_interface.output_tuple(*promises)


def _bind_all(
    task: TaskOfNode, values: Mapping[str, Any], engine: TypeEngine
) -> dict[str, Bound]:
    interface = task.python_interface
    types = interface.inputs
    variables = task.interface.inputs.variables
    given = name_arguments(task.name, interface, (), values)
    bound = {}
    for name, value in _complete(task.name, interface, given).items():
        _refuse_tuple(task.name, name, value)
        try:
            bound[name] = bind(value, types[name], variables[name].type, engine)
        except ConversionError as error:
            msg = (
                f"Failed to Bind variable '{name}' for function '{task.name}':\n "
                f"{error.message}"
            )
            path = ["inputs", name, *error.path]
            raise ConversionError(msg, path=path) from error
    return bound


def _complete(
    task: str, interface: Interface, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Add defaults, which a node can only have if nothing can change them."""
    try:
        complete = complete_inputs(task, interface, values)
    except CallError as error:
        raise CallError(f"{_FLYTEKIT}{error}") from error
    for name in complete.keys() - values.keys():
        if isinstance(complete[name], (list, dict, set)):
            msg = (
                f"Argument {name} for function {task} is a mutable default argument, "
                "which is a python anti-pattern and not supported in flytekit tasks: "
                f"pass {name}=…."
            )
            raise CallError(msg)
    return complete


def _refuse_tuple(task: str, name: str, value: Any) -> None:
    if isinstance(value, tuple):
        msg = (
            f"Variable({name}) for function({task}) cannot receive a multi-valued "
            f"tuple {value}. Check if the predecessor function returning more than "
            "one value?"
        )
        raise CallError(msg)


_RESERVED = ("", "start-node", "end-node", "fn0")
"""What the engine calls its own nodes; ``fn0`` is flytekit's failure node."""


def check_graph(
    nodes: Sequence[Node], inputs: Mapping[str, Promise], outputs: Mapping[str, Bound]
) -> None:
    """Refuse a graph that the engine would refuse, or never end.

    Args:
        nodes: The workflow's nodes.
        inputs: The workflow's inputs.
        outputs: What the workflow's outputs are bound to.

    Raises:
        CallError: Nodes share an id or wait for each other, or something comes from
            another workflow.
    """
    _check_ids(nodes)
    own = set(nodes)
    for node in nodes:
        for other in node.upstream:
            if other not in own:
                msg = f"{node!r} waits for {other!r}, which is of another workflow."
                raise CallError(msg)
        _check_sources(repr(node), node.inputs.values(), own, inputs)
    _check_sources("The workflow's output", outputs.values(), own, inputs)
    in_order(nodes)


def _check_ids(nodes: Sequence[Node]) -> None:
    seen: dict[str, Node] = {}
    for node in nodes:
        if node.id in _RESERVED:
            what = "the failure node" if node.id == "fn0" else "the engine"
            msg = f"Node {node.id} is reserved for {what}: choose another node_name."
            raise CallError(msg)
        if node.id in seen:
            msg = (
                f"Two nodes have the id {node.id!r}, of tasks "
                f"{seen[node.id].task.name} and {node.task.name}: choose another "
                "node_name."
            )
            raise CallError(msg)
        seen[node.id] = node


def _check_sources(
    what: str,
    bound: Iterable[Bound],
    nodes: Container[Node],
    inputs: Mapping[str, Promise],
) -> None:
    for promise in (promise for value in bound for promise in promises_in(value)):
        if promise.node is None and promise.var not in inputs:
            msg = f"{what} takes {promise!r}, but this workflow has no such input."
            raise CallError(msg + nearest(promise.var, inputs))
        if promise.node is not None and promise.node not in nodes:
            msg = f"{what} takes {promise!r}, which is of another workflow."
            raise CallError(msg)


def in_order(nodes: Sequence[Node]) -> list[Node]:
    """Put nodes behind those that they wait for, else leave them as they are.

    Raises:
        CallError: They wait for each other.
    """
    ordered: dict[Node, None] = {}
    waiting = list(nodes)
    while waiting:
        ready = next((n for n in waiting if ordered.keys() >= set(n.upstream)), None)
        if ready is None:
            names = ", ".join(node.id for node in waiting)
            msg = f"The nodes {names} wait for each other: `>>` goes round in a circle."
            raise CallError(msg)
        ordered[ready] = None
        waiting.remove(ready)
    return list(ordered)
