"""What a task's call returns while a workflow is being defined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from flyteidl.core import types_pb2

from kit.errors import CallError
from kit.task.handle import NodeHandle

if TYPE_CHECKING:
    from kit.task.node import Node

__all__ = ["Promise", "VoidPromise"]


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
