"""Following statements."""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import inspect
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import FunctionType
from typing import Any

from kit.errors import AuthoringError
from kit.source.scopes import bound_names, parameters

__all__ = [
    "EVERY",
    "INTEGER_ARGUMENTS",
    "UNKNOWN",
    "Access",
    "Arguments",
    "Bound",
    "Calls",
    "Code",
    "Constant",
    "Contract",
    "Every",
    "Expressions",
    "Frame",
    "Function",
    "Key",
    "Marker",
    "ModuleNames",
    "Path",
    "Patterns",
    "Provided",
    "Read",
    "Several",
    "State",
    "Statements",
    "TooMuchError",
    "Use",
    "UseKind",
    "Value",
    "Values",
    "analyse",
    "begins",
    "constants",
    "contract_of",
    "draw",
    "integer_format",
    "is_repeated",
    "is_wanted_whole",
    "literal_values",
]


class Every(Enum):
    """A key that is not known: it may be each one."""

    KEY = "*"


EVERY = Every.KEY
Key = str | int | Every
Path = tuple[Key, ...]


class Marker(Enum):
    """Values that have no more to them."""

    UNKNOWN = "something else"
    TEMPLATE = "the template"
    EXECUTOR = "the executor itself"
    BASE = "super()"


@dataclass(frozen=True)
class Provided:
    """The value that custom holds at a path; all of it at the empty one."""

    path: Path = ()


@dataclass(frozen=True)
class Bound:
    """A method of what custom holds, such as ``tt.custom.get``."""

    path: Path
    name: str


@dataclass(frozen=True)
class Constant:
    """A literal."""

    value: Any


@dataclass(frozen=True)
class Several:
    """A tuple of values that are known."""

    items: tuple[frozenset[Any], ...]


@dataclass(frozen=True)
class Code:
    """A function of the executor's module, or one inside a function.

    Attributes:
        node: Its definition.
        owner: The class it is looked up from, if it is a method.
        first: The executor, if it is bound to it.
        frame: The call that it was made in, for its free names.
    """

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    owner: str = ""
    first: bool = False
    frame: Frame | None = None


Value = Marker | Provided | Bound | Constant | Several | Code
Values = frozenset[Value]

UNKNOWN: Values = frozenset({Marker.UNKNOWN})


def constants(values: Iterable[Value]) -> list[str | int] | None:
    """Return the keys that values may be, None if one of them isn't known."""
    keys = []
    for value in values:
        if not isinstance(value, Constant) or type(value.value) not in {str, int}:
            return None
        keys.append(value.value)
    return keys


def draw(path: Iterable[Key]) -> str:
    """Draw a path as Python code reads it.

    >>> draw(("limits", 0, EVERY))
    "tt.custom['limits'][0][…]"
    """
    steps = ("…" if key is EVERY else repr(key) for key in path)
    return "tt.custom" + "".join(f"[{step}]" for step in steps)


@dataclass(frozen=True)
class Read:
    """One place that reads a key.

    Attributes:
        path: Which.
        where: The function it stands in.
        needed: Whether it is sure to fail without the key.
        asked: Whether it takes a missing key, as ``get`` and ``in`` do.
        sure: Whether each run gets there.
        guarded: Whether what fails there is caught.
    """

    path: Path
    where: str
    needed: bool = False
    asked: bool = False
    sure: bool = False
    guarded: bool = False


class UseKind(Enum):
    """What is made of a value."""

    CAST = "int() makes it an integer"
    BREAKS = "a float fails"
    OTHER = "anything else"


@dataclass(frozen=True)
class Use:
    """One use of a value.

    Attributes:
        path: Which value.
        kind: What becomes of a float there.
        what: The place, as a noun: ``an argument of range()``.
        where: The function it stands in.
    """

    path: Path
    kind: UseKind
    what: str = ""
    where: str = ""


@dataclass
class Contract:
    """What an executor does with ``tt.custom``, as far as its source tells.

    Attributes:
        reads: Its places that read a key.
        whole: Paths of which everything may be read, and why.
        changed: Paths that the executor may change.
        uses: What becomes of values.
    """

    reads: dict[Read, None] = field(default_factory=dict)
    whole: dict[Path, str] = field(default_factory=dict)
    changed: set[Path] = field(default_factory=set)
    uses: dict[Use, None] = field(default_factory=dict)

    @classmethod
    def unknown(cls, why: str) -> Contract:
        """Return what can be said when nothing is known: everything may be read."""
        return cls(whole={(): why}, changed={()})

    @property
    def why_unknown(self) -> str:
        """Why not even the keys that are read can be told; empty if they can."""
        return self.whole.get((), "")

    def may_read(self, path: Path) -> bool:
        """Tell whether a key may be read, or something below it."""
        if any(begins(path, whole) for whole in self.whole):
            return True
        return any(begins(read.path, path) for read in self.reads)

    def may_change(self, path: Path) -> bool:
        """Tell whether the executor may put something there, or take it away."""
        return any(begins(path, changed) for changed in self.changed)

    def note_change(self, path: Path) -> None:
        """Note that the executor may put something there, or take it away."""
        if not self.may_change(path):
            self.changed.add(path)

    def tests(self, path: Path) -> bool:
        """Tell whether the executor asks somewhere whether the key is there."""
        return any(read.asked and read.path == path for read in self.reads)

    def needs(self) -> Iterator[Read]:
        """Yield the reads that fail without their key and catch nothing."""
        for read in self.reads:
            if read.needed and not read.guarded and (read.sure or self._is_bare(read)):
                yield read

    def _is_bare(self, read: Read) -> bool:
        return not any(
            self.tests(read.path[: end + 1]) for end in range(len(read.path))
        )

    def uses_of(self, path: Path) -> Iterator[Use]:
        """Yield what becomes of the value at a path."""
        for use in self.uses:
            if len(use.path) == len(path) and begins(path, use.path):
                yield use


def begins(path: Path, front: Path) -> bool:
    """Tell whether a path may begin with another one.

    Keys that aren't texts may be any, for a list's items are all alike.

    >>> begins(("a", 0, "b"), ("a", 1)), begins(("a",), ("a", "b"))
    (True, False)
    """
    return len(front) <= len(path) and all(
        not isinstance(one, str) or not isinstance(other, str) or one == other
        for one, other in zip(path, front, strict=False)
    )


Function = ast.FunctionDef | ast.AsyncFunctionDef
_TRANSPARENT = {"staticmethod", "classmethod", "override", "final", "abstractmethod"}


class ModuleNames:
    """What the names at the top level of a module stand for.

    Args:
        text: The module's source.
        order: The executor's class and its bases, as Python looks methods up.
    """

    def __init__(self, text: str, order: Sequence[str] = ()) -> None:
        self._tree = ast.parse(text)
        self._order = order
        self.names = {name for node in self._tree.body for name in _bound(node)}
        counts = Counter(name for node in self._tree.body for name in _bound(node))
        written = {
            name
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Global)
            for name in node.names
        }
        self._unsteady = {name for name, count in counts.items() if count > 1} | written
        self._nodes = {name: node for node in self._tree.body for name in _bound(node)}

    def value(self, name: str) -> Values:
        """Return what a name stands for."""
        node = self._nodes.get(name)
        if node is None or name in self._unsteady:
            return UNKNOWN
        if isinstance(node, Function) and not node.decorator_list:
            return frozenset({Code(node)})
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            return literal_values(node.value)
        return UNKNOWN

    def function(self, name: str) -> Function | None:
        """Return a function's definition, whatever decorates it."""
        node = self._nodes.get(name)
        return node if isinstance(node, Function) else None

    def method(self, name: str, *, after: str = "") -> Code | None:
        """Return the method that the executor has by a name.

        Args:
            name: The method's name.
            after: The class behind which ``super()`` looks.

        Returns:
            None if it is none of the module's, or something decorates it.
        """
        order = self._order
        if after:
            order = order[order.index(after) + 1 :] if after in order else ()
        for owner in order:
            found = self._nodes.get(owner)
            if not isinstance(found, ast.ClassDef) or owner in self._unsteady:
                return None
            if any(name in _bound(node) for node in found.body):
                return _method_of(found, name)
        return None


def literal_values(node: ast.expr) -> Values:
    """Return a constant, or a tuple of constants."""
    if isinstance(node, ast.Constant):
        return frozenset({Constant(node.value)})
    if isinstance(node, ast.Tuple):
        items = tuple(literal_values(item) for item in node.elts)
        return frozenset({Several(items)})
    return UNKNOWN


def _method_of(owner: ast.ClassDef, name: str) -> Code | None:
    found = [node for node in owner.body if name in _bound(node)]
    if len(found) != 1 or not isinstance(found[0], Function):
        return None
    decorators = {ast.unparse(item) for item in found[0].decorator_list}
    if not {item.rpartition(".")[2] for item in decorators} <= _TRANSPARENT:
        return None
    return Code(found[0], owner.name, first="staticmethod" not in decorators)


def _bound(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds, those inside ``if`` and ``try`` too."""
    if isinstance(node, Function | ast.ClassDef):
        yield node.name
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            yield inner.id
        elif isinstance(inner, Function | ast.ClassDef):
            yield inner.name
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            yield from (a.asname or a.name.partition(".")[0] for a in inner.names)


class Frame:
    """One call: what its names stand for now, and all that they ever stood for.

    Args:
        names: Those that belong to it; others are looked up outside.
        outer: The call that the function was made in.
        where: The function's name.
        owner: The class of a method.
        is_inner: Whether it is a comprehension's or a class's own scope.
    """

    def __init__(
        self,
        names: Iterable[str],
        outer: Frame | None = None,
        *,
        where: str = "",
        owner: str = "",
        is_inner: bool = False,
    ) -> None:
        self.names = set(names)
        self.outer = outer
        self.where = where
        self.owner = owner
        self.is_inner = is_inner
        self.nonlocals: set[str] = set()
        self.globals: set[str] = set()
        self.returned: Values = frozenset()
        self.env: dict[str, Values] = {}
        self._ever: dict[str, Values] = {}
        self._ended = False

    def holder(self, name: str) -> Frame | None:
        """Return the call that a name belongs to, None if it is the module's."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.globals:
                return None
            if name in frame.names and name not in frame.nonlocals:
                return frame
            frame = frame.outer
        return None

    def get(self, name: str) -> Values:
        """Return what one of its names stands for."""
        if self._ended:
            return self._ever.get(name, UNKNOWN)
        return self.env.get(name, UNKNOWN)

    def set(self, name: str, values: Values, *, replace: bool) -> None:
        """Let one of its names stand for something, besides or instead of the old."""
        ever = self._ever.get(name, frozenset())
        self._ever[name] = ever | values
        self.env[name] = values if replace else self.env.get(name, frozenset()) | values

    def end(self) -> None:
        """Note that the call is over: what it made sees its names at any time."""
        self._ended = True

    def join(self, other: Mapping[str, Values]) -> None:
        """Let names stand for what they stand for in another branch, too."""
        for name, values in other.items():
            self.env[name] = self.env.get(name, frozenset()) | values


_MOST_STEPS = 20_000
_DEEPEST = 16
_MOST_VALUES = 16


class TooMuchError(Exception):
    """The source is too much to follow; what it reads stays unknown."""


class State(ABC):
    """Follows a source, with what all parts of that share."""

    def __init__(self, module: ModuleNames) -> None:
        self.module = module
        self.contract = Contract()
        self.frame = Frame(())
        self.sure = True
        self.guarded = False
        self.deferred: dict[Code, None] = {}
        self._steps = 0

    @abstractmethod
    def value(self, node: ast.expr) -> Values:
        """Follow an expression and return what it may stand for."""

    def count_step(self) -> None:
        """Give up on what takes too long to follow."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise TooMuchError

    # Names

    def look_up(self, name: str) -> Values:
        """Return what a name stands for where the source stands."""
        holder = self.frame.holder(name)
        return self.module.value(name) if holder is None else holder.get(name)

    def is_builtin(self, name: str) -> bool:
        """Tell whether a name is Python's own here."""
        shadowed = self.frame.holder(name) is not None or name in self.module.names
        return not shadowed and hasattr(builtins, name)

    def assign(self, name: str, values: Values, scope: Frame | None = None) -> None:
        """Let a name stand for a value, as seen from this scope or another one."""
        holder = (scope or self.frame).holder(name)
        if holder is None:
            self.escape(values, f"the global {name}")
        elif len(values) > _MOST_VALUES:
            self.escape(values, f"{name}, which may be too much else")
            holder.set(name, UNKNOWN, replace=holder is self.frame)
        else:
            holder.set(name, values, replace=holder is self.frame)

    # How sure a place is

    @contextlib.contextmanager
    def unsure(self, *, guarded: bool = False) -> Iterator[None]:
        """Follow what not every run gets to, or whose failure is caught."""
        before = self.sure, self.guarded
        self.sure, self.guarded = False, self.guarded or guarded
        try:
            yield
        finally:
            self.sure, self.guarded = before

    @contextlib.contextmanager
    def inside(self, frame: Frame) -> Iterator[Frame]:
        """Follow what stands in another scope."""
        before, self.frame = self.frame, frame
        try:
            yield frame
        finally:
            frame.end()
            self.frame = before

    # What is noted

    def read(
        self, path: Path, key: Key, *, needed: bool, known: bool = True
    ) -> Provided:
        """Note that a key is read, and return what it holds.

        Args:
            path: Where the dictionary or list stands.
            key: Its key.
            needed: Whether it fails without it.
            known: Whether it is this dictionary and this key for certain.
        """
        self.count_step()
        below = (*path, key)
        if len(below) > _DEEPEST:
            raise TooMuchError
        known = known and not self.contract.may_change(below)
        read = Read(
            below,
            self.frame.where,
            needed=needed and known,
            asked=not needed,
            sure=self.sure,
            guarded=self.guarded,
        )
        self.contract.reads[read] = None
        return Provided(below)

    def use(self, values: Values, kind: UseKind, what: str = "") -> None:
        """Note what becomes of a value."""
        for value in values:
            if isinstance(value, Provided):
                use = Use(value.path, kind, what, self.frame.where)
                self.contract.uses[use] = None

    def consume(self, values: Values, what: str = "an expression") -> None:
        """Note that all of a value is read, and nothing keeps it."""
        self._let_go(values, what, is_kept=False)
        self.use(values, UseKind.OTHER)

    def escape(self, values: Values, what: str) -> None:
        """Note that a value goes where it may be read and changed."""
        self._let_go(values, what, is_kept=True)
        self.use(values, UseKind.OTHER)

    def _let_go(self, values: Values, what: str, *, is_kept: bool) -> None:
        for value in values:
            if isinstance(value, Provided | Bound):
                self._note_whole(value.path, what, is_kept=is_kept)
            elif value is Marker.TEMPLATE:
                self._note_whole((), what, is_kept=is_kept, name="tt")
            elif isinstance(value, Several):
                for item in value.items:
                    self._let_go(item, what, is_kept=is_kept)
            elif isinstance(value, Code) and value.frame is not None:
                self.deferred[value] = None

    def _note_whole(
        self, path: Path, what: str, *, is_kept: bool, name: str = ""
    ) -> None:
        why = f"{self.frame.where} hands {name or draw(path)} to {what}"
        self.contract.whole.setdefault(path, why)
        if is_kept:
            self.contract.note_change(path)

    def elements(self, values: Values) -> Values:
        """Return what iterating gives; each key of a dictionary counts as read."""
        found: set[Value] = set()
        for value in values:
            if isinstance(value, Provided):
                found.add(self.read(value.path, EVERY, needed=False))
            elif isinstance(value, Several):
                found.update(*value.items)
            else:
                self.escape(frozenset({value}), "a loop")
                found.update(UNKNOWN)
        return frozenset(found)


_NOTHING: Values = frozenset()
_WITHOUT_CUSTOM = {
    *("id", "type", "metadata", "interface", "config", "container", "k8s_pod", "sql"),
    *("task_type_version", "security_context", "extended_resources"),
}
_READERS = {"get", "pop", "setdefault", "__getitem__", "__contains__"}


class Access(State):
    """Follows how values are taken from values."""

    def subscript(self, node: ast.Subscript) -> Values:
        """Follow ``base[key]`` where it is read."""
        base = self.value(node.value)
        if isinstance(node.slice, ast.Slice):
            self._slice(node.slice)
            self.escape(base, "a slice")
            return UNKNOWN
        key = self.value(node.slice)
        found: set[Value] = set()
        for value in base:
            if isinstance(value, Provided):
                found |= self.items(value, key, needed=True, known=len(base) == 1)
            else:
                self.escape(frozenset({value}), "a subscript")
                found |= UNKNOWN
        if not any(isinstance(value, Provided) for value in base):
            if not isinstance(node.value, ast.Dict | ast.DictComp):
                self.use(key, UseKind.BREAKS, "an index")
            self.consume(key, "a subscript")
        return frozenset(found)

    def _slice(self, node: ast.Slice) -> None:
        for bound in filter(None, (node.lower, node.upper, node.step)):
            values = self.value(bound)
            self.use(values, UseKind.BREAKS, "a bound of a slice")
            self.consume(values, "a slice")

    def items(
        self, base: Provided, key: Values, *, needed: bool, known: bool = True
    ) -> Values:
        """Note that a key of what custom holds is read; return what it may hold."""
        keys: list[Key] = [*(constants(key) or (EVERY,))]
        if keys == [EVERY]:
            self.consume(key, "a subscript")
        known = known and len(keys) == 1 and EVERY not in keys
        return frozenset(
            self.read(base.path, key, needed=needed, known=known) for key in keys
        )

    def attribute(self, node: ast.Attribute) -> Values:
        """Follow ``base.name`` where it is read."""
        found: set[Value] = set()
        for value in self.value(node.value):
            if value is Marker.TEMPLATE:
                found |= self._of_template(node.attr)
            elif isinstance(value, Provided):
                found.add(Bound(value.path, node.attr))
            elif value is Marker.EXECUTOR or value is Marker.BASE:
                after = self.frame.owner if value is Marker.BASE else ""
                method = self.module.method(node.attr, after=after)
                found |= UNKNOWN if method is None else {method}
            else:
                self.escape(frozenset({value}), f".{node.attr}")
                found |= UNKNOWN
        return frozenset(found)

    def _of_template(self, name: str) -> Values:
        if name == "custom":
            return frozenset({Provided()})
        if name not in _WITHOUT_CUSTOM:
            self.escape(frozenset({Marker.TEMPLATE}), f"tt.{name}")
        return UNKNOWN

    def call_method(self, bound: Bound, arguments: list[Values] | None) -> Values:
        """Follow a call of a method of what custom holds.

        Args:
            bound: The method.
            arguments: What it is given; None if that cannot be told.
        """
        base = frozenset({Provided(bound.path)})
        if arguments and bound.name in _READERS and len(arguments) <= 2:  # noqa: PLR2004 - a key and a default
            return self._call_reader(bound, *arguments)
        for argument in arguments or ():
            self.escape(argument, f".{bound.name}()")
        if bound.name in {"update", "clear"}:
            self.contract.note_change(bound.path)
        else:
            self.escape(base, f".{bound.name}()")
        return UNKNOWN

    def _call_reader(
        self, bound: Bound, key: Values, default: Values | None = None
    ) -> Values:
        name = bound.name
        needed = name == "__getitem__" or (name == "pop" and default is None)
        found = self.items(Provided(bound.path), key, needed=needed)
        if name in {"pop", "setdefault"}:
            for value in found:
                if isinstance(value, Provided):
                    self.contract.note_change(value.path)
        if name == "__contains__":
            return UNKNOWN
        if name == "setdefault":
            self.escape(default or _NOTHING, "setdefault()")
        return found if needed else found | (default or UNKNOWN)


_ALL = (0, 1, 2)

INTEGER_ARGUMENTS: dict[str, tuple[int | str, ...]] = {
    "range": _ALL,
    "chr": (0,),
    "hex": (0,),
    "oct": (0,),
    "bin": (0,),
    "bytes": (0,),
    "bytearray": (0,),
    "round": (1, "ndigits"),
    "islice": (1, 2, 3),
    "nlargest": (0,),
    "nsmallest": (0,),
    "factorial": (0,),
    "gcd": _ALL,
    "comb": _ALL,
    "perm": _ALL,
    "ljust": (0,),
    "rjust": (0,),
    "center": (0,),
    "zfill": (0,),
    "to_bytes": (0,),
    "insert": (0,),
    "token_hex": (0,),
}
"""Functions and methods by their last name, and the arguments that must be integers."""

_FORMAT = re.compile(r"[bcdoxX]\Z")
_BITWISE = (ast.LShift, ast.RShift, ast.BitOr, ast.BitAnd, ast.BitXor)
_SEQUENCES = (ast.List, ast.Tuple, ast.JoinedStr, ast.ListComp)


def is_wanted_whole(name: str, place: int | str) -> bool:
    """Tell whether an argument of a function must be an integer."""
    return place in INTEGER_ARGUMENTS.get(name, ())


def integer_format(node: ast.expr | None) -> bool:
    """Tell whether a format takes no floats, as ``{x:03d}`` has it."""
    if not isinstance(node, ast.JoinedStr) or not node.values:
        return False
    last = node.values[-1]
    return isinstance(last, ast.Constant) and bool(_FORMAT.search(str(last.value)))


def is_repeated(operator: ast.operator, other: ast.expr) -> bool:
    """Tell whether an operator with this other operand takes no float."""
    if isinstance(operator, _BITWISE):
        return True
    if not isinstance(operator, ast.Mult):
        return False
    is_text = isinstance(other, ast.Constant) and isinstance(other.value, str | bytes)
    return is_text or isinstance(other, _SEQUENCES)


_ONLY_LOOK = {"isinstance", "bool", "callable", "id", "type"}
_TAKE_NO_MORE = {
    *("len", "repr", "str", "ascii", "format", "print", "hash", "float", "complex"),
    *("abs", "round", "divmod", "pow", "sum", "any", "all", "ord", "chr", "hex", "oct"),
    *("bin", "range"),
}


@dataclass(frozen=True)
class Arguments:
    """The arguments of a call.

    Attributes:
        places: Those by position.
        names: Those by name.
        is_open: Whether there are more that aren't known.
    """

    places: tuple[Values, ...] = ()
    names: Mapping[str, Values] | None = None
    is_open: bool = False

    def all(self) -> Sequence[tuple[int | str, Values]]:
        """Return each with its place or name."""
        return [*enumerate(self.places), *(self.names or {}).items()]


class Calls(Access):
    """Follows calls."""

    def __init__(self, module: ModuleNames) -> None:
        super().__init__(module)
        self._active: list[ast.AST] = []

    @abstractmethod
    def run(self, body: Sequence[ast.stmt]) -> None:
        """Follow statements."""

    def call(self, node: ast.Call) -> Values:
        """Follow a call and return what it may give back."""
        self.count_step()
        if self._is_plain(node.func, "super"):
            return frozenset({Marker.BASE})
        callees = self.value(node.func)
        arguments = self._arguments(node)
        name = _last_name(node.func)
        self._note_traps(name, arguments)
        is_builtin = isinstance(node.func, ast.Name) and self.is_builtin(name)
        found: set[Value] = set()
        for callee in callees:
            if isinstance(callee, Bound):
                plain = not arguments.names and not arguments.is_open
                if not plain:
                    self._escape_all(arguments, f".{callee.name}()")
                places = [*arguments.places] if plain else None
                found |= self.call_method(callee, places)
            elif isinstance(callee, Code):
                found |= self.follow(callee, arguments, name)
            else:
                self._call_unknown(name, arguments, is_builtin=is_builtin)
                found |= UNKNOWN
        return frozenset(found)

    def _is_plain(self, function: ast.expr, name: str) -> bool:
        is_named = isinstance(function, ast.Name) and function.id == name
        return is_named and self.is_builtin(name)

    def _arguments(self, node: ast.Call) -> Arguments:
        is_open = False
        places = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                self.escape(self.value(argument.value), "a call, with *")
                is_open = True
            else:
                places.append(self.value(argument))
        names = {}
        for keyword in node.keywords:
            values = self.value(keyword.value)
            if keyword.arg is None:
                self.escape(values, "a call, with **")
                is_open = True
            else:
                names[keyword.arg] = values
        return Arguments(tuple(places), names, is_open)

    def _note_traps(self, name: str, arguments: Arguments) -> None:
        for place, values in arguments.all():
            if is_wanted_whole(name, place):
                self.use(values, UseKind.BREAKS, f"an argument of {name}()")

    def _call_unknown(
        self, name: str, arguments: Arguments, *, is_builtin: bool
    ) -> None:
        if is_builtin and name in _ONLY_LOOK:
            return
        if is_builtin and name == "int":
            for _, values in arguments.all():
                self.use(values, UseKind.CAST)
                self._let_go(values, "int()", is_kept=False)
            return
        for _, values in arguments.all():
            if is_builtin and name in _TAKE_NO_MORE:
                self.consume(values, f"{name}()")
            else:
                self.escape(values, f"{name or 'what it calls'}()")

    def _escape_all(self, arguments: Arguments, what: str) -> None:
        for _, values in arguments.all():
            self.escape(values, what)

    # Into functions

    def follow(self, code: Code, arguments: Arguments, name: str) -> Values:
        """Follow a call of a function whose source is here."""
        bound = None
        if code.node not in self._active:
            bound = self._bind(code, arguments)
        if bound is None:
            self._escape_all(arguments, f"{name or 'a function'}()")
            if code.frame is not None:
                self.deferred[code] = None
            return UNKNOWN
        return self.enter(code, bound)

    def follow_unknown(self, code: Code) -> None:
        """Follow a function that is called with who knows what."""
        if code.node not in self._active:
            values = self.enter(code, {})
            self.escape(values, "what calls it")

    def call_deferred(self) -> None:
        """Follow functions that were handed on, which may be called at any time."""
        done: set[Code] = set()
        while todo := [code for code in self.deferred if code not in done]:
            for code in todo:
                done.add(code)
                with self.unsure(guarded=True):
                    self.follow_unknown(code)

    def enter(self, code: Code, bound: Mapping[str, Values]) -> Values:
        """Follow a function's body with its parameters bound."""
        self.count_step()
        node = code.node
        body: list[ast.stmt] = (
            [ast.Return(node.body)] if isinstance(node, ast.Lambda) else node.body
        )
        names = bound_names(body, node.args)
        where = getattr(node, "name", self.frame.where)
        owner = code.owner or (code.frame.owner if code.frame else "")
        frame = Frame(names.names, code.frame, where=where, owner=owner)
        frame.globals = names.globals
        is_later = _is_lazy(node)
        before = self.sure, self.guarded
        self.sure = self.sure and not is_later
        self._active.append(node)
        with self.inside(frame):
            for name, values in bound.items():
                self.assign(name, values)
            self.run(body)
        self._active.pop()
        self.sure, self.guarded = before
        if is_later:
            self.escape(frame.returned, f"{where}()")
            return UNKNOWN
        return frame.returned or UNKNOWN

    def _bind(self, code: Code, arguments: Arguments) -> dict[str, Values] | None:
        """Return the values of parameters, None if that cannot be told."""
        if arguments.is_open:
            return None
        spec = code.node.args
        places = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
        given = [*arguments.places]
        if code.first:
            given.insert(0, frozenset({Marker.EXECUTOR}))
        if len(given) > len(places):
            if spec.vararg is None:
                return None
            for values in given[len(places) :]:
                self.escape(values, f"*{spec.vararg.arg}")
        bound = _defaults(spec) | dict(zip(places, given, strict=False))
        known = {arg.arg for arg in parameters(spec)}
        for name, values in (arguments.names or {}).items():
            if name in known:
                bound[name] = values
            elif spec.kwarg is not None:
                self.escape(values, f"**{spec.kwarg.arg}")
            else:
                return None
        return bound


def _defaults(spec: ast.arguments) -> dict[str, Values]:
    """Return what parameters stand for that a call leaves out."""
    places = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
    named = zip(places[::-1], spec.defaults[::-1], strict=False)
    only = zip((arg.arg for arg in spec.kwonlyargs), spec.kw_defaults, strict=True)
    return {
        name: UNKNOWN if default is None else literal_values(default)
        for name, default in (*named, *only)
    }


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_lazy(node: ast.AST) -> bool:
    """Tell whether a function runs later than it is called, if at all."""
    if isinstance(node, ast.AsyncFunctionDef):
        return True
    todo = list(ast.iter_child_nodes(node))
    while todo:
        inner = todo.pop()
        if isinstance(inner, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo.extend(ast.iter_child_nodes(inner))
    return False


Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


class Expressions(Calls):
    """Follows expressions; what it has no method for hands its parts on."""

    def value(self, node: ast.expr) -> Values:
        """Follow an expression and return what it may stand for."""
        self.count_step()
        kind = type(node).__name__.lower()
        method: Callable[[ast.expr], Values] | None
        method = getattr(self, f"_value_{kind}", None)
        return self._hand_on(node) if method is None else method(node)

    def _hand_on(self, node: ast.expr) -> Values:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.escape(self.value(child), "a collection or another expression")
        return UNKNOWN

    def _value_name(self, node: ast.Name) -> Values:
        return self.look_up(node.id)

    def _value_constant(self, node: ast.Constant) -> Values:
        return frozenset({Constant(node.value)})

    def _value_unaryop(self, node: ast.UnaryOp) -> Values:
        values = self.value(node.operand)
        if isinstance(node.op, ast.USub):
            numbers = [v.value for v in values if isinstance(v, Constant)]
            if len(numbers) == len(values) and {*map(type, numbers)} == {int}:
                return frozenset(Constant(-number) for number in numbers)
        if isinstance(node.op, ast.Invert):
            self.use(values, UseKind.BREAKS, "an operand of ~")
        if not isinstance(node.op, ast.Not):
            self.consume(values, "arithmetic")
        return UNKNOWN

    def _value_attribute(self, node: ast.Attribute) -> Values:
        return self.attribute(node)

    def _value_subscript(self, node: ast.Subscript) -> Values:
        return self.subscript(node)

    def _value_call(self, node: ast.Call) -> Values:
        return self.call(node)

    def _value_tuple(self, node: ast.Tuple) -> Values:
        if any(isinstance(item, ast.Starred) for item in node.elts):
            return self._hand_on(node)
        return frozenset({Several(tuple(self.value(item) for item in node.elts))})

    def _value_namedexpr(self, node: ast.NamedExpr) -> Values:
        values = self.value(node.value)
        holder = self.frame
        while holder.is_inner and holder.outer is not None:
            holder = holder.outer
        self.assign(node.target.id, values, scope=holder)
        return values

    def _value_ifexp(self, node: ast.IfExp) -> Values:
        self.value(node.test)
        with self.unsure():
            return self.value(node.body) | self.value(node.orelse)

    def _value_boolop(self, node: ast.BoolOp) -> Values:
        found = self.value(node.values[0])
        with self.unsure():
            for operand in node.values[1:]:
                found |= self.value(operand)
        return found

    def _value_binop(self, node: ast.BinOp) -> Values:
        left, right = self.value(node.left), self.value(node.right)
        self.note_operator(node.op, left, node.right)
        self.note_operator(node.op, right, node.left)
        for values in (left, right):
            self.escape(values, "arithmetic")
        return UNKNOWN

    def note_operator(
        self, operator: ast.operator, values: Values, other: ast.expr
    ) -> None:
        """Note where an operator wants an integer."""
        if is_repeated(operator, other):
            self.use(values, UseKind.BREAKS, "the times that something is repeated")

    def _value_compare(self, node: ast.Compare) -> Values:
        left = self.value(node.left)
        for index, (operator, right) in enumerate(
            zip(node.ops, node.comparators, strict=True)
        ):
            if index:
                with self.unsure():
                    values = self.value(right)
            else:
                values = self.value(right)
            self._compare(left, operator, values)
            left = values
        return UNKNOWN

    def _compare(self, left: Values, operator: ast.cmpop, right: Values) -> None:
        if isinstance(operator, ast.Is | ast.IsNot):
            return
        if isinstance(operator, ast.In | ast.NotIn):
            keys = constants(left)
            for value in right:
                if isinstance(value, Provided) and keys is not None:
                    self.items(value, left, needed=False)
                else:  # items of a list are compared as a whole
                    self.consume(frozenset({value}), "a comparison")
            self.consume(left, "a comparison")
            return
        self.consume(left, "a comparison")
        self.consume(right, "a comparison")

    def _value_joinedstr(self, node: ast.JoinedStr) -> Values:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                values = self.value(part.value)
                if part.conversion == -1 and integer_format(part.format_spec):
                    self.use(values, UseKind.BREAKS, "a format for integers")
                self.consume(values, "text")
                if part.format_spec is not None:
                    self.value(part.format_spec)
        return UNKNOWN

    def _value_lambda(self, node: ast.Lambda) -> Values:
        self.defaults(node.args)
        return frozenset({Code(node, frame=self.frame)})

    def defaults(self, spec: ast.arguments) -> None:
        """Follow the defaults of parameters, which are read where they are defined."""
        for default in (*spec.defaults, *filter(None, spec.kw_defaults)):
            self.escape(self.value(default), "a parameter's default")

    # Comprehensions

    def _value_listcomp(self, node: Comprehension) -> Values:
        first, *others = node.generators
        items = self.loop_items(first.iter)
        bound = bound_names([generator.target for generator in node.generators])
        outer = self.frame
        scope = Frame(
            bound.names, outer, where=outer.where, owner=outer.owner, is_inner=True
        )
        with self.unsure(), self.inside(scope):
            self._bind_generator(first, items)
            for generator in others:
                self._bind_generator(generator, self.loop_items(generator.iter))
            parts = (
                (node.key, node.value)
                if isinstance(node, ast.DictComp)
                else (node.elt,)
            )
            for part in parts:
                self.escape(self.value(part), "a comprehension")
        return UNKNOWN

    _value_setcomp = _value_generatorexp = _value_dictcomp = _value_listcomp

    def _bind_generator(self, node: ast.comprehension, items: Values) -> None:
        self.bind(node.target, items)
        for condition in node.ifs:
            self.value(condition)

    def loop_items(self, node: ast.expr) -> Values:
        """Follow what a loop goes through and return what it gives."""
        if isinstance(node, ast.List | ast.Set) and not any(
            isinstance(item, ast.Starred) for item in node.elts
        ):
            found: set[Value] = set()
            for item in node.elts:
                found |= self.value(item)
            return frozenset(found)
        return self.elements(self.value(node))

    def bind(self, target: ast.expr, values: Values) -> None:
        """Bind the names of a target."""
        if isinstance(target, ast.Name):
            self.assign(target.id, values)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, values)
        elif isinstance(target, ast.Starred):
            self.escape(values, "a starred name")
            self.bind(target.value, UNKNOWN)
        elif isinstance(target, ast.Subscript):
            self._store(target, values)
        else:
            self.escape(values, "an attribute")
            if isinstance(target, ast.Attribute):
                self.escape(self.value(target.value), "an attribute")

    def _unpack(self, targets: list[ast.expr], values: Values) -> None:
        pieces = [
            value.items
            for value in values
            if isinstance(value, Several) and len(value.items) == len(targets)
        ]
        is_starred = any(isinstance(target, ast.Starred) for target in targets)
        if len(pieces) == len(values) and not is_starred:
            for index, target in enumerate(targets):
                self.bind(
                    target, frozenset().union(*(items[index] for items in pieces))
                )
            return
        items = self.elements(values)
        for target in targets:
            self.bind(target, items)

    def _store(self, target: ast.Subscript, values: Values) -> None:
        self.escape(values, "a collection")
        base, key = self.value(target.value), self.value(target.slice)
        for value in base:
            if isinstance(value, Provided):
                self.contract.note_change(value.path)
        if not any(isinstance(value, Provided) for value in base):
            self.use(key, UseKind.BREAKS, "an index")
        self.consume(key, "a subscript")


class Patterns(Expressions):
    """Follows patterns; those of mappings read the keys that they name."""

    def match(self, pattern: ast.pattern, subject: Values) -> None:
        """Follow a pattern and bind its names."""
        if isinstance(pattern, ast.MatchMapping):
            self._match_mapping(pattern, subject)
        elif isinstance(pattern, ast.MatchAs):
            if pattern.pattern is not None:
                self.match(pattern.pattern, subject)
            if pattern.name is not None:
                self.assign(pattern.name, subject)
        elif isinstance(pattern, ast.MatchOr):
            for choice in pattern.patterns:
                before = dict(self.frame.env)
                self.match(choice, subject)
                self.frame.join(before)
        else:
            self._match_other(pattern, subject)

    def _match_mapping(self, pattern: ast.MatchMapping, subject: Values) -> None:
        for key, inner in zip(pattern.keys, pattern.patterns, strict=True):
            keys = self.value(key)
            found: set[Value] = set()
            for value in subject:
                if isinstance(value, Provided):
                    found |= self.items(value, keys, needed=False)
                else:
                    found.add(Marker.UNKNOWN)
            self.match(inner, frozenset(found))
        if pattern.rest is not None:
            self.escape(subject, f"**{pattern.rest}")
            self.assign(pattern.rest, UNKNOWN)

    def _match_other(self, pattern: ast.pattern, subject: Values) -> None:
        is_test = isinstance(pattern, ast.MatchValue | ast.MatchSingleton)
        if is_test:
            self.consume(subject, "a pattern")
        else:
            self.escape(subject, "a pattern")
        for part in ast.iter_child_nodes(pattern):
            if isinstance(part, ast.expr):
                self.escape(self.value(part), "a pattern")
            elif isinstance(part, ast.pattern):
                self.match(part, UNKNOWN)
        name = getattr(pattern, "name", None)  # of a MatchStar
        if isinstance(name, str):
            self.assign(name, UNKNOWN)


_ROUNDS = 5
_LEAVES = ast.Return | ast.Raise | ast.Break | ast.Continue
_LET_ERRORS_OUT = {"open", "closing", "nullcontext", "connect", "TemporaryDirectory"}


class Statements(Patterns):
    """Follows the bodies of functions."""

    def run(self, body: Sequence[ast.stmt]) -> None:
        """Follow statements; behind one that may leave, no place is sure."""
        for node in body:
            self.count_step()
            method: Callable[[ast.stmt], None] | None
            method = getattr(self, f"_run_{type(node).__name__.lower()}", None)
            if method is None:
                self._hand_on_parts(node)
            else:
                method(node)
            if _may_leave(node):
                self.sure = False

    def branch(self, body: Sequence[ast.stmt], *, guarded: bool = False) -> None:
        """Follow statements that may be left out, and join what they changed."""
        before = dict(self.frame.env)
        with self.unsure(guarded=guarded):
            self.run(body)
        self.frame.join(before)

    def _hand_on_parts(self, node: ast.stmt) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.escape(self.value(child), "a statement")

    def _run_expr(self, node: ast.Expr) -> None:
        self.value(node.value)  # nothing keeps it

    def _run_pass(self, node: ast.stmt) -> None:
        """Do nothing."""

    _run_break = _run_continue = _run_pass

    def _run_return(self, node: ast.Return) -> None:
        values = UNKNOWN if node.value is None else self.value(node.value)
        self.frame.returned |= values

    def _run_assign(self, node: ast.Assign) -> None:
        values = self.value(node.value)
        for target in node.targets:
            self.bind(target, values)

    def _run_annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind(node.target, self.value(node.value))

    def _run_augassign(self, node: ast.AugAssign) -> None:
        target = node.target
        added = self.value(node.value)
        load = ast.copy_location(_loaded(target), target)
        before = self.value(load)
        self.note_operator(node.op, added, load)
        self.note_operator(node.op, before, node.value)
        self.escape(added, "arithmetic")
        self.escape(before, "arithmetic")
        if isinstance(target, ast.Name):
            self.assign(target.id, before | UNKNOWN)

    def _run_delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                gone = self.value(_loaded(target))
                for value in gone:
                    if isinstance(value, Provided):
                        self.contract.note_change(value.path[:-1])
            elif isinstance(target, ast.Name):
                self.assign(target.id, UNKNOWN)

    def _run_global(self, node: ast.Global) -> None:
        self.frame.globals.update(node.names)

    def _run_nonlocal(self, node: ast.Nonlocal) -> None:
        self.frame.nonlocals.update(node.names)

    def _run_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.assign(alias.asname or alias.name.partition(".")[0], UNKNOWN)

    _run_importfrom = _run_import

    def _run_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.defaults(node.args)
        code: Values = frozenset({Code(node, frame=self.frame)})
        if node.decorator_list:
            for decorator in node.decorator_list:
                self.escape(self.value(decorator), "a decorator")
            self.escape(code, "a decorator")
            code = UNKNOWN
        self.assign(node.name, code)

    _run_asyncfunctiondef = _run_functiondef

    def _run_classdef(self, node: ast.ClassDef) -> None:
        keywords = [keyword.value for keyword in node.keywords]
        for part in (*node.decorator_list, *node.bases, *keywords):
            self.escape(self.value(part), "a class")
        outer = self.frame
        names = bound_names(node.body).names
        scope = Frame((), outer, where=outer.where, is_inner=True)
        with self.inside(scope):
            scope.names = names
            self.run(node.body)
            for name in names:
                self.escape(scope.get(name), "a class")
            scope.names = set()  # methods don't see them
        self.assign(node.name, UNKNOWN)

    # Branches

    def _run_if(self, node: ast.If) -> None:
        self.value(node.test)
        before = dict(self.frame.env)
        with self.unsure():
            self.run(node.body)
        after, self.frame.env = self.frame.env, before
        with self.unsure():
            self.run(node.orelse)
        self.frame.join(after)

    def _run_for(self, node: ast.For | ast.AsyncFor) -> None:
        items = self.loop_items(node.iter)

        def begin() -> None:
            self.bind(node.target, items)

        self._loop(begin, node.body)
        self.branch(node.orelse)

    _run_asyncfor = _run_for

    def _run_while(self, node: ast.While) -> None:
        self.value(node.test)

        def begin() -> None:
            self.value(node.test)

        self._loop(begin, node.body)
        self.branch(node.orelse)

    def _loop(self, begin: Callable[[], None], body: Sequence[ast.stmt]) -> None:
        """Follow a body until another round tells nothing new."""
        for _ in range(_ROUNDS):
            before = dict(self.frame.env)
            with self.unsure():
                begin()
                self.run(body)
            self.frame.join(before)
            if self.frame.env == before:
                return
        for name, values in list(self.frame.env.items()):
            self.escape(values, "a loop")
            self.assign(name, values | UNKNOWN)

    def _run_try(self, node: ast.Try) -> None:
        guarded = any(map(_catches_missing, node.handlers))
        start = dict(self.frame.env)
        middle: dict[str, Values] = {}
        before = self.sure, self.guarded
        self.guarded = self.guarded or guarded
        self.sure = self.sure and not node.handlers
        for statement in node.body:
            self.run([statement])
            for name, values in self.frame.env.items():
                middle[name] = middle.get(name, frozenset()) | values
        self.sure, self.guarded = before
        self.branch(node.orelse)
        ended = self.frame.env
        for handler in node.handlers:
            self.frame.env = dict(start)
            self.frame.join(middle)
            if handler.type is not None:
                self.value(handler.type)
            if handler.name is not None:
                self.assign(handler.name, UNKNOWN)
            with self.unsure():
                self.run(handler.body)
            ended = _joined(ended, self.frame.env)
        self.frame.env = _joined(_joined(ended, middle), start)
        self.run(node.finalbody)

    _run_trystar = _run_try

    def _run_with(self, node: ast.With | ast.AsyncWith) -> None:
        is_plain = True
        for item in node.items:
            self.escape(self.value(item.context_expr), "a with statement")
            if item.optional_vars is not None:
                self.bind(item.optional_vars, UNKNOWN)
            is_plain = is_plain and _lets_errors_out(item.context_expr)
        if is_plain:
            self.run(node.body)
        else:
            self.branch(node.body, guarded=True)

    _run_asyncwith = _run_with

    def _run_match(self, node: ast.Match) -> None:
        subject = self.value(node.subject)
        before = dict(self.frame.env)
        ended = dict(before)
        for case in node.cases:
            self.frame.env = dict(before)
            with self.unsure():
                self.match(case.pattern, subject)
                if case.guard is not None:
                    self.value(case.guard)
                self.run(case.body)
            ended = _joined(ended, self.frame.env)
        self.frame.env = ended

    def _run_assert(self, node: ast.Assert) -> None:
        self.value(node.test)
        if node.msg is not None:
            with self.unsure():
                self.consume(self.value(node.msg), "a message")

    def _run_raise(self, node: ast.Raise) -> None:
        for part in filter(None, (node.exc, node.cause)):
            self.escape(self.value(part), "an exception")


def _joined(one: dict[str, Values], other: dict[str, Values]) -> dict[str, Values]:
    return {
        name: one.get(name, frozenset()) | other.get(name, frozenset())
        for name in (*one, *other)
    }


def _loaded(target: ast.expr) -> ast.expr:
    """Return a target as the expression that reads it."""
    return ast.parse(ast.unparse(target), mode="eval").body


def _may_leave(node: ast.stmt) -> bool:
    """Tell whether what stands behind a statement is left out at times."""
    todo: list[ast.AST] = [node]
    while todo:
        inner = todo.pop()
        if isinstance(inner, _LEAVES):
            return True
        if not isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            todo.extend(ast.iter_child_nodes(inner))
    return False


def _catches_missing(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler may catch that a key is missing."""
    kind = handler.type
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(map(_may_be_missing, kinds))


def _may_be_missing(kind: ast.expr) -> bool:
    found = getattr(builtins, kind.id, None) if isinstance(kind, ast.Name) else None
    if not isinstance(found, type):
        return True
    return issubclass(KeyError, found) or issubclass(IndexError, found)


def _lets_errors_out(context: ast.expr) -> bool:
    callee = context.func if isinstance(context, ast.Call) else context
    name = callee.attr if isinstance(callee, ast.Attribute) else ""
    name = callee.id if isinstance(callee, ast.Name) else name
    return name in _LET_ERRORS_OUT


Executor = type[Any] | Callable[..., Any]
_METHOD = "execute_from_model"


@dataclass(frozen=True)
class _Source:
    text: str
    name: str
    is_bare: bool = True
    """Whether decorators in the text are those of the executor as it runs."""


def contract_of(executor: Executor) -> Contract:
    """Tell what an executor reads of ``tt.custom``.

    Args:
        executor: Its class, or the function that it is.

    Returns:
        Its contract; one that may read everything if its source cannot be had or says
        too little.
    """
    try:
        source = _source_of(executor)
    except (OSError, TypeError, SyntaxError, AuthoringError) as error:
        reason = str(error).partition("\n")[0]
        return Contract.unknown(f"its source cannot be had: {reason}")
    order: tuple[str, ...] = ()
    if isinstance(executor, type):
        order = tuple(kind.__name__ for kind in executor.__mro__)
    return analyse(source.text, source.name, order, is_bare=source.is_bare)


def _source_of(executor: Executor) -> _Source:
    """Return the executor with all it needs, or the module of an installed one."""
    from kit.source.module import self_contained

    try:
        source = self_contained(executor)
    except AuthoringError:
        module = inspect.getmodule(executor)
        if module is None or module.__name__ == "__main__":
            raise
        if executor.__qualname__ != executor.__name__:
            raise
        is_bare = not (
            isinstance(executor, FunctionType)
            and not hasattr(executor, "__wrapped__")
            and executor.__code__.co_name == executor.__name__
        )
        return _Source(inspect.getsource(module), executor.__name__, is_bare)
    return _Source(source.text, source.executor)


@functools.lru_cache(maxsize=64)
def analyse(
    text: str, name: str, order: Sequence[str] = (), *, is_bare: bool = True
) -> Contract:
    """Follow a module's executor from its first statement.

    Args:
        text: The module's source.
        name: The executor's name in it.
        order: If it is a class: its and its bases' names, as methods are looked up.
        is_bare: Whether a decorator in the text changes what runs.
    """
    module = ModuleNames(text, order)
    code = _entry(module, name, is_class=bool(order), is_bare=is_bare)
    if code is None:
        return Contract.unknown(f"the code of {name} is not in its module, or wrapped")
    places = [arg.arg for arg in (*code.node.args.posonlyargs, *code.node.args.args)]
    if len(places) <= code.first:
        return Contract.unknown(f"{name} has no parameter of its own for the template")
    bound: dict[str, Values] = {places[code.first]: frozenset({Marker.TEMPLATE})}
    if code.first:
        bound[places[0]] = frozenset({Marker.EXECUTOR})
    reader = Statements(module)
    try:
        returned = reader.enter(code, bound)
        reader.consume(returned, "its caller")
        reader.call_deferred()
    except (TooMuchError, RecursionError):
        return Contract.unknown("it is too long to follow")
    return reader.contract


def _entry(
    module: ModuleNames, name: str, *, is_class: bool, is_bare: bool
) -> Code | None:
    if is_class:
        return module.method(_METHOD)
    node = module.function(name)
    if node is None or (is_bare and node.decorator_list):
        return None
    return Code(node)
