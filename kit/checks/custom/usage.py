"""How an executor uses ``tt.custom``: keys read, keys unknown."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from google.protobuf.struct_pb2 import Struct

from kit.definition.settings import SerializationSettings
from kit.errors import CustomError, render_path
from kit.forecast.arrival import settle_numbers
from kit.shim.executable import RAISED, error_text
from kit.task.task import PythonCustomizedContainerTask
from kit.template.custom import custom_from_struct, fill_struct, key_text

Definition = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_TRANSPARENT = {"staticmethod", "classmethod", "override", "final", "abstractmethod"}


@dataclass(frozen=True)
class Callee:
    """A function of the module; a method has its class and gets the executor first."""

    node: Definition
    owner: str = ""
    is_method: bool = False


class Module:
    """What the names at the top level of a module are.

    Args:
        text: The module's source.
        order: The executor's class and its bases, in method resolution order.
    """

    def __init__(self, text: str, order: Sequence[str] = ()) -> None:
        tree = ast.parse(text)
        self._body = tree.body
        self._order = order
        self._counts = Counter(name for n in tree.body for name in bound_around(n))
        for node in ast.walk(tree):
            if isinstance(node, ast.Global):
                self._counts.update(node.names * 2)

    def binds(self, name: str) -> bool:
        """Tell whether a name is bound at the top level."""
        return name in self._counts

    def _only(self, name: str) -> ast.stmt | None:
        """Return the statement that binds a name, if just one does."""
        if self._counts[name] != 1:
            return None
        return next((n for n in self._body if name in bound_around(n)), None)

    def constant(self, name: str) -> ast.expr | None:
        """Return what a name is assigned, if that is a constant."""
        node = self._only(name)
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        return value if isinstance(value, ast.Constant) else None

    def executor(self, name: str, *, is_bare: bool) -> Callee | None:
        """Return the function that is the executor; None if something wraps it."""
        nodes = [n for n in self._body if getattr(n, "name", "") == name]
        node = nodes[-1] if nodes else None
        if not isinstance(node, Definition) or (is_bare and node.decorator_list):
            return None
        return Callee(node)

    def function(self, name: str) -> Callee | None:
        """Return a function that nothing decorates or replaces."""
        node = self._only(name)
        if isinstance(node, Definition) and not node.decorator_list:
            return Callee(node)
        return None

    def method(self, name: str, *, after: str = "") -> Callee | None:
        """Return the executor's method of a name, if the module is sure to have it.

        Args:
            name: The method's name.
            after: The class after which ``super()`` looks.
        """
        order = self._order
        if after:
            order = order[order.index(after) + 1 :] if after in order else ()
        for owner in order:
            found = self._only(owner)
            if not isinstance(found, ast.ClassDef):
                return None
            nodes = [node for node in found.body if name in bound_around(node)]
            if nodes:
                return _method_of(owner, nodes)
        return None


def _method_of(owner: str, nodes: list[ast.stmt]) -> Callee | None:
    node = nodes[0]
    if len(nodes) > 1 or not isinstance(node, Definition):
        return None
    decorators = {ast.unparse(item) for item in node.decorator_list}
    if not {item.rpartition(".")[2] for item in decorators} <= _TRANSPARENT:
        return None
    return Callee(node, owner, is_method="staticmethod" not in decorators)


def bound_around(node: ast.stmt) -> list[str]:
    """Return the names that a statement binds in the scope around it."""
    if isinstance(node, Definition | ast.ClassDef):
        return [node.name]
    return [name for inner in ast.walk(node) for name in bound_by(inner)]


def bound_by(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node binds by itself."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, Definition | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        yield from filter(None, (node.name,))
    elif isinstance(node, ast.MatchMapping):
        yield from filter(None, (node.rest,))
    elif isinstance(node, ast.Global | ast.Nonlocal):
        yield from node.names * 2  # another function binds it, too


def places(node: Definition) -> list[str]:
    """Return the names of the parameters that take arguments by position."""
    return [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]


class Every(Enum):
    """A key that is not known: it may be any."""

    KEY = "*"


EVERY = Every.KEY
Key = str | int | Every
Path = tuple[Key, ...]
Position = tuple[int, int]


@dataclass(frozen=True)
class Read:
    """One place that reads a key.

    Attributes:
        path: The key, after those of the dictionaries around it.
        where: The function that reads it.
        needed: Whether it fails without the key.
        asked: Whether it accepts a missing key, as ``get`` and ``in`` do.
        sure: Whether each run gets there.
        guarded: Whether what fails there is caught, or may never run.
        at: Line and column in the executor; in a helper, those of its call.
    """

    path: Path
    where: str
    needed: bool = False
    asked: bool = False
    sure: bool = False
    guarded: bool = False
    at: Position = (0, 0)


class UseKind(Enum):
    """What is done with a value."""

    CAST = "int() makes it an integer"
    BREAKS = "a float fails"
    RETURNED = "it is an output"
    OTHER = "anything else"


@dataclass(frozen=True)
class Use:
    """One use of a value.

    Attributes:
        path: Which value.
        kind: What happens to a float there.
        what: The place, as a noun: ``an argument of range()``.
        where: The function it is in.
    """

    path: Path
    kind: UseKind
    what: str = ""
    where: str = ""


@dataclass
class CustomUsage:
    """What an executor does with ``tt.custom``, as far as its source says.

    Attributes:
        reads: The places that read a key.
        whole: Paths of which everything may be read, and why.
        changed: Paths that the executor may set or remove, and where it first does.
        uses: What is done with values.
    """

    reads: dict[Read, None] = field(default_factory=dict)
    whole: dict[Path, str] = field(default_factory=dict)
    changed: dict[Path, Position] = field(default_factory=dict)
    uses: dict[Use, None] = field(default_factory=dict)

    @classmethod
    def unknown(cls, why: str) -> CustomUsage:
        """Return the usage of an executor that may read everything."""
        return cls(whole={(): why}, changed={(EVERY,): (0, 0)})

    @property
    def why_unknown(self) -> str:
        """Why the keys that are read are not all known; empty if they are."""
        return self.whole.get((), "")

    def may_read(self, path: Path) -> bool:
        """Tell whether a key may be read, or something below it."""
        if any(begins(path, whole) for whole in self.whole):
            return True
        return any(begins(read.path, path) for read in self.reads)

    def note_change(self, path: Path, at: Position) -> None:
        """Note that the executor may set a key, or remove it."""
        self.changed[path] = min(at, self.changed.get(path, at))

    def may_change(self, path: Path, *, before: Position) -> bool:
        """Tell whether the executor may have set or removed a key before a place."""
        fronts = (front for front, at in self.changed.items() if at <= before)
        return any(begins(path, front) for front in fronts)

    def needs(self) -> Iterator[Read]:
        """Yield the reads that fail without their key and catch nothing."""
        for read in self.reads:
            caught = read.guarded or self.may_change(read.path, before=read.at)
            if read.needed and not caught and (read.sure or self._is_bare(read)):
                yield read

    def _is_bare(self, read: Read) -> bool:
        """Tell whether nothing asks for the key, or for one that it is in."""
        asked = {other.path for other in self.reads if other.asked}
        ends = range(1, len(read.path) + 1)
        return not any(read.path[:end] in asked for end in ends)

    def uses_of(self, path: Path) -> Iterator[Use]:
        """Yield what is done with the value at a path."""
        for use in self.uses:
            if len(use.path) == len(path) and begins(path, use.path):
                yield use


def begins(path: Path, front: Path) -> bool:
    """Tell whether a path may begin with another one.

    Keys that are not text may be any, because the items of a list are alike.

    >>> begins(("a", 0, "b"), ("a", 1)), begins(("a",), ("a", "b"))
    (True, False)
    """
    return len(front) <= len(path) and all(
        not isinstance(one, str) or not isinstance(other, str) or one == other
        for one, other in zip(path, front, strict=False)
    )


def draw(path: Iterable[Key]) -> str:
    """Write a path as Python reads it.

    >>> draw(("limits", 0, EVERY))
    "tt.custom['limits'][0][…]"
    """
    steps = ("…" if key is EVERY else repr(key) for key in path)
    return "tt.custom" + "".join(f"[{step}]" for step in steps)


Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class RoundTrip:
    """What a task provides as ``custom``, and what its executor gets.

    Attributes:
        before: What ``get_custom`` returned.
        after: What ``tt.custom`` is.
        raised: What the author's code raised, as a traceback ends; empty if nothing.
        refused: Where and why ``before`` does not fit into a template.
    """

    before: dict[Any, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    raised: str = ""
    refused: tuple[tuple[str, str], ...] = ()

    @property
    def arrives(self) -> bool:
        """Whether the executor gets anything."""
        return not (self.raised or self.refused)

    def values(self) -> Iterator[Carried]:
        """Yield ``custom`` and each value in it, before and after."""
        return _carried(Carried((), self.before, self.after))


@dataclass(frozen=True)
class Carried:
    """A value before and after its way, and where it is."""

    path: Steps
    before: Any
    after: Any


def round_trip(
    task: PythonCustomizedContainerTask[Any], settings: SerializationSettings
) -> RoundTrip:
    """Ask a task for its custom, write it into a message, and read that."""
    try:
        given = task.get_custom(settings)
    except RAISED as error:  # the author's
        return RoundTrip(raised=error_text(error))
    struct = Struct()
    try:
        fill_struct(struct, {} if given is None else given)
        settle_numbers(struct)
        return RoundTrip(given or {}, custom_from_struct(struct))
    except CustomError as error:
        return RoundTrip(refused=((render_path(error.path), error.message),))
    except Exception as error:  # noqa: BLE001 - of a method of what was returned
        return RoundTrip(raised=error_text(error))


def _carried(value: Carried) -> Iterator[Carried]:
    yield value
    before, after = value.before, value.after
    if isinstance(before, dict):
        for key, item in before.items():
            text = key_text(key)
            yield from _carried(Carried((*value.path, text), item, after[text]))
    elif isinstance(before, list | tuple):
        for index, (item, arrived) in enumerate(zip(before, after, strict=True)):
            yield from _carried(Carried((*value.path, index), item, arrived))
