"""What stands for a value before the workflow runs, and what inputs are bound to."""

from __future__ import annotations

import datetime as dt
import typing
from collections.abc import Iterator, Mapping
from types import EllipsisType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

from flyteidl.core import literals_pb2, tasks_pb2, types_pb2

from kit.definition.accelerators import BaseAccelerator
from kit.definition.resources import Resources
from kit.errors import CallError, ConversionError, KitError
from kit.types import TypeEngine
from kit.types.annotated import underlying

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")


class NodeOfPromise(Protocol):
    """What a promise knows of its node; :class:`kit.task.nodes.Node` is one."""

    id: str
    task: Any
    upstream: list[Any]

    def override(self, given: Mapping[str, Any]) -> None:
        """Apply what ``with_overrides`` was given."""


class NodeHandle:
    """A node, or what a task's call returned: both are ordered and overridden alike."""

    def _own_node(self) -> NodeOfPromise | None:
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
        node_behind(self).override(given)
        return self


def node_behind(value: Any) -> NodeOfPromise:
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
        node: NodeOfPromise | None = None,
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

    def _own_node(self) -> NodeOfPromise | None:
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
                f"{self!r} is a struct of unknown fields, so [{key!r}] is not known to "
                "be there. Declare the output as dict[str, T] or as a dataclass."
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
            f"{self!r} is neither true nor false before the workflow runs. Decide "
            "inside a task."
        )
        raise CallError(msg)

    def __iter__(self) -> NoReturn:
        msg = (
            f"{self!r} cannot be iterated over before the workflow runs. Loop inside a "
            "task, or take elements by [index]."
        )
        raise CallError(msg)

    def __and__(self, other: Any) -> NoReturn:
        self._refuse_logic("AND")

    def __or__(self, other: Any) -> NoReturn:
        self._refuse_logic("OR")

    def _refuse_logic(self, operation: str) -> NoReturn:
        msg = (
            f"{self!r} cannot be combined by {operation} before the workflow runs. "
            "Decide inside a task."
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

    def __init__(self, task_name: str, node: NodeOfPromise) -> None:
        self.task_name = task_name
        self.node = node

    def __repr__(self) -> str:
        return f"VoidPromise({self.node.id}: {self.task_name})"

    def _own_node(self) -> NodeOfPromise:
        return self.node

    def _why(self) -> str:
        return (
            f"Task {self.task_name!r} has no outputs to use. To order it, write "
            "`first >> second`."
        )


def promises_in(value: Any) -> Iterator[Promise]:
    """Yield the promises that stand in a value."""
    if isinstance(value, Promise):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from promises_in(item)


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
            f"Task {value.task_name!r} has no outputs to pass to another task. To run "
            "it first, write `first >> second`."
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


def _refuse_promises_inside(value: Any, python_type: Any) -> None:
    for promise in promises_in(value):
        msg = (
            f"{promise!r} is inside a value of {python_type}, which is packed as one "
            "when the workflow is defined. Declare list[T] or dict[str, T]."
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
            msg = f"The keys of a map must be str, got {key!r:.200}."
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
        f"{value!r:.200} of type {type(value).__name__} fits no member of "
        f"{python_type}:\n" + "\n".join(reasons)
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
