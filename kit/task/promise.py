"""What a task's call returns while a workflow is being defined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from flyteidl.core import types_pb2

from kit.errors import CallError

if TYPE_CHECKING:
    from kit.task.node import Node

__all__ = ["Promise", "VoidPromise"]


class _Chained:
    """What stands for a node: it is ordered and overridden like the node itself."""

    node: Node | None

    def runs_before(self, other: Any) -> None:
        """Let this node end before another one starts.

        Args:
            other: A node, or what a call returned.

        Raises:
            CallError: One of the two is a workflow's input.
        """
        _node_of(self).runs_before(_node_of(other))

    def __rshift__(self, other: Any) -> Any:
        self.runs_before(other)
        return other

    def with_overrides(self, **overrides: Any) -> Any:
        """Change the node: see :meth:`kit.task.node.Node.with_overrides`."""
        _node_of(self).with_overrides(**overrides)
        return self


def _node_of(value: Any) -> Node:
    if isinstance(value, tuple) and value:
        value = value[0]
    node = getattr(value, "node", value)
    if node is None or not hasattr(node, "upstream"):
        msg = f"{value!r} is no node: use what a task's call returned."
        raise CallError(msg)
    found: Node = node
    return found


class Promise(_Chained):
    """An output of a node, or a workflow's input, before there is a value.

    Pass it to other tasks; ``promise.name`` and ``promise[key]`` reach into
    dataclasses, maps and lists, which Flyte resolves when the workflow runs.

    Args:
        var: The name of the output or input.
        node: Whose output it is; ``None`` for a workflow's input.
        literal_type: Its type, where it is known.
        attr_path: The way into the value: names and positions.
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
        if name.startswith("__") or name in ("_repr_html_", "_repr_mimebundle_"):
            raise AttributeError(name)
        return self._at(name)

    def __getitem__(self, key: str | int) -> Promise:
        if isinstance(key, bool) or not isinstance(key, (str, int)):
            msg = f"{self!r} is reached into by a name or a position, not by {key!r}."
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

    def __bool__(self) -> bool:
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

    def _no_value(self, _other: Any = None) -> NoReturn:
        msg = (
            f"{self!r} has no value before the workflow runs, so it cannot be compared "
            "or computed with. Do it inside a task."
        )
        raise CallError(msg)

    __lt__ = __le__ = __gt__ = __ge__ = _no_value
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _no_value
    __truediv__ = __rtruediv__ = __and__ = __or__ = __len__ = __call__ = _no_value


class VoidPromise(_Chained):
    """What a call of a task without outputs returns; only its order can be told.

    Args:
        task_name: The task's name, for errors.
        node: The node.
    """

    def __init__(self, task_name: str, node: Node) -> None:
        self.task_name = task_name
        self.node: Node = node

    def __repr__(self) -> str:
        return f"VoidPromise({self.node.id}: {self.task_name})"
