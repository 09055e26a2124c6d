"""Reads in an executor's source which keys of ``tt.custom`` it uses.

Each place where the code uses the template is looked at: ``tt.custom["k"]``,
``.get("k")``, ``"k" in tt.custom``, names that are assigned once, calls of functions
and methods of the executor's own module. Where a value goes anywhere else, all of it
counts as read and changed there, with the reason: what is not understood is unknown,
never unused.
"""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

from kit.checks.custom.usage import (
    EVERY,
    Callee,
    Comprehension,
    CustomUsage,
    Definition,
    Key,
    Module,
    Path,
    Position,
    Read,
    Use,
    UseKind,
    bound_by,
    draw,
    places,
)
from kit.errors import AuthoringError

_ENTRY = "execute_from_model"


@dataclass(frozen=True)
class _Source:
    source: str
    executor: str
    is_bare: bool = True
    """Whether decorators in the text are those of the executor as it runs."""


def usage_of(
    executor: type[Any] | Callable[..., Any], inline: Mapping[str, Any] | None = None
) -> CustomUsage:
    """Tell what an executor reads of ``tt.custom``.

    Args:
        executor: Its class, or the function that it is.
        inline: The ``source`` that travels in its task's template, and the name of the
            ``executor`` in it; by default they are made.

    Returns:
        Its usage; one that may read everything if its source is not available.
    """
    try:
        source = _source_of(executor) if inline is None else _Source(**inline)
    except (OSError, TypeError, SyntaxError, AuthoringError) as error:
        reason = str(error).partition("\n")[0]
        return CustomUsage.unknown(f"its source is not available: {reason}")
    order: tuple[str, ...] = ()
    if isinstance(executor, type):
        order = tuple(kind.__name__ for kind in executor.__mro__)
    return usage_in(source.source, source.executor, order, is_bare=source.is_bare)


def _source_of(executor: type[Any] | Callable[..., Any]) -> _Source:
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
def usage_in(
    text: str, name: str, order: Sequence[str] = (), *, is_bare: bool = True
) -> CustomUsage:
    """Look at an executor of a module.

    Args:
        text: The module's source.
        name: The executor's name in it.
        order: If it is a class: its and its bases' names, in method resolution order.
        is_bare: Whether a decorator in the text changes what runs.
    """
    module = Module(text, order)
    callee = module.method(_ENTRY) if order else module.executor(name, is_bare=is_bare)
    if callee is None:
        return CustomUsage.unknown(f"{name} is decorated, or not defined in its module")
    names = places(callee.node)[callee.is_method :]
    if not names:
        return CustomUsage.unknown(f"{name} has no parameter of its own for tt")
    reader = _Reader(module)
    try:
        reader.follow(callee, names[0], _TEMPLATE, _Reached())
    except _TooLongError:
        return CustomUsage.unknown(f"{name} is too long to follow")
    return reader.usage


class _TooLongError(Exception):
    """The source is too long to follow; what it reads stays unknown."""


# A function: each place that uses what is followed

_TEMPLATE = "tt"
_Value = Path | str
"""What is followed: the template, or what custom has at a path."""

_END = "end_"
_DEEPEST = 16
_MOST_CALLS = 500
_WITHOUT_CUSTOM = {
    *("id", "type", "metadata", "interface", "config", "container", "k8s_pod", "sql"),
    *("task_type_version", "security_context", "extended_resources"),
}
_READERS = {"get", "pop", "setdefault", "__getitem__"}
_ONLY_LOOK = {"isinstance", "bool", "callable", "id", "type"}
_TAKE_NO_MORE = {
    *("len", "repr", "str", "ascii", "format", "print", "hash", "float", "complex"),
    *("abs", "round", "divmod", "pow", "sum", "any", "all", "ord", "chr", "hex", "oct"),
    *("bin", "range"),
}


@dataclass(frozen=True)
class _Reached:
    """How a function is called.

    Attributes:
        sure: Whether each run of the executor calls it.
        guarded: Whether what fails in it is caught.
        at: Where the executor's first function calls it; None in that itself.
    """

    sure: bool = True
    guarded: bool = False
    at: Position | None = None


class _Reader:
    """Collects what functions do, from the executor's entry on."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.usage = CustomUsage()
        self._followed: set[Any] = set()

    def follow(
        self, callee: Callee, name: str, value: _Value, reached: _Reached
    ) -> None:
        """Look at a function that gets a value in a parameter, each call once."""
        call = callee, name, value, reached
        if call not in self._followed:
            self._followed.add(call)
            if len(self._followed) > _MOST_CALLS or len(value) > _DEEPEST:
                raise _TooLongError
            if _is_lazy(callee.node):
                reached = replace(reached, sure=False, guarded=True)
            _FunctionReader(self, callee, reached).read(name, value)


class _FunctionReader:
    """Looks at each place of one function that uses a value."""

    def __init__(self, reader: _Reader, callee: Callee, reached: _Reached) -> None:
        self._reader = reader
        self._reached = reached
        self._usage = reader.usage
        self._callee = callee
        root = callee.node
        self._nodes = [n for part in (root.args, *root.body) for n in ast.walk(part)]
        self._counts = Counter(name for n in self._nodes for name in bound_by(n))
        self._parents = {
            child: node
            for node in (root, *self._nodes)
            for child in ast.iter_child_nodes(node)
        }

    def read(self, parameter: str, value: _Value) -> None:
        """Follow a value by the names that stand for it or a part of it."""
        todo = [(parameter, value)]
        while todo:
            name, value = todo.pop()
            again = name != parameter and self._reader.module.binds(name)
            if again or self._counts[name] != 1:
                self._escape(
                    self._callee.node.args, value, f"{name}, which is assigned again"
                )
                continue
            names = (node for node in self._nodes if isinstance(node, ast.Name))
            for node in names:
                if node.id == name and isinstance(node.ctx, ast.Load):
                    todo += self._place(node, value)

    def _place(self, node: ast.expr, value: _Value) -> Iterator[tuple[str, _Value]]:
        """Note one use of a value, and yield the names that stand for it further on."""
        while True:
            parent = self._parents[node]
            if isinstance(parent, ast.NamedExpr):
                yield parent.target.id, value
                node = parent
                continue
            step = self._step(node, value)
            if step is None:
                break
            node, value = step
            if len(value) > _DEEPEST:
                raise _TooLongError
        names = self._names_of(node, parent)
        if names and isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension):
            if isinstance(value, str):
                self._escape(node, value, "a loop")
                return
            value = self._note_read(node, value, EVERY, needed=False)
        for name in names:
            yield name, value
        is_changed = isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
        if not names and not is_changed:
            self._use(node, value, parent)

    def _step(self, node: ast.expr, value: _Value) -> tuple[ast.expr, _Value] | None:
        """Return the expression around one that is a part of it, and what it is."""
        parent = self._parents[node]
        if isinstance(value, str):
            is_custom = isinstance(parent, ast.Attribute) and parent.attr == "custom"
            return (parent, ()) if is_custom else None  # type: ignore[return-value]
        if isinstance(parent, ast.Attribute):
            call = _reader_call(self._parents[parent], parent)
            return None if call is None else self._method(node, value, call)
        if not isinstance(parent, ast.Subscript) or parent.value is not node:
            return None
        if isinstance(parent.slice, ast.Slice):
            return None
        key = self._key(node, parent.slice, value)
        if not isinstance(parent.ctx, ast.Load):
            self._usage.note_change((*value, key), self._at(parent, _END))
        augmented = isinstance(self._parents[parent], ast.AugAssign)
        if isinstance(parent.ctx, ast.Store) and not augmented:
            return parent, (*value, key)
        return parent, self._note_read(parent, value, key, needed=True)

    def _method(
        self, node: ast.expr, value: Path, call: ast.Call
    ) -> tuple[ast.expr, _Value]:
        """Note ``get(key)`` or the like, and return the call and what it returns."""
        name, key = _last_name(call.func), self._key(node, call.args[0], value)
        needed = name == "__getitem__" or (name == "pop" and len(call.args) == 1)
        path = self._note_read(call, value, key, needed=needed)
        if name in {"pop", "setdefault"}:
            self._usage.note_change(path, self._at(call, _END))
        return call, path

    def _names_of(self, node: ast.expr, parent: ast.AST) -> list[str]:
        """Return the names that an assignment or a loop gives to an expression."""
        targets: list[ast.expr] = []
        if isinstance(parent, ast.Assign) and not self._is_in_class(parent):
            targets = parent.targets
        elif isinstance(parent, ast.AnnAssign) and not self._is_in_class(parent):
            targets = [parent.target]
        elif isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension):
            targets = [parent.target] if parent.iter is node else []
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        return names if len(names) == len(targets) else []

    def _is_in_class(self, node: ast.AST) -> bool:
        while (node := self._parents[node]) is not self._callee.node:
            if isinstance(node, Definition | ast.Lambda):
                return False
            if isinstance(node, ast.ClassDef):
                return True
        return False

    def _key(self, base: ast.expr, node: ast.expr, path: Path) -> Key:
        """Return the key that an expression is; one that is computed may be any."""
        key = self._constant(node)
        if key is not EVERY or path:
            return key
        loops = (n for n in self._nodes if isinstance(n, ast.For | ast.comprehension))
        own = (ast.unparse(node), ast.unparse(base))
        if own not in ((ast.unparse(n.target), ast.unparse(n.iter)) for n in loops):
            why = f"{self._callee.node.name} computes keys of tt.custom"
            self._usage.whole.setdefault((), why)
        return EVERY

    def _constant(self, node: ast.expr) -> Key:
        sign = 1
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            node, sign = node.operand, -1
        if isinstance(node, ast.Name):
            node = self._assigned(node.id) or node
        if isinstance(node, ast.Constant):
            if type(node.value) is int:
                return node.value * sign
            if isinstance(node.value, str):
                return node.value
        return EVERY

    def _assigned(self, name: str) -> ast.expr | None:
        """Return the constant that a name is assigned once, here or in the module."""
        if self._counts[name] == 0:
            return self._reader.module.constant(name)
        assigned = (n for n in self._nodes if isinstance(n, ast.Assign))
        values = [n.value for n in assigned if name in map(ast.unparse, n.targets)]
        is_constant = self._counts[name] == 1 and [type(v) for v in values] == [
            ast.Constant
        ]
        return values[0] if is_constant else None

    # What is noted

    def _note_read(self, at: ast.expr, base: Path, key: Key, *, needed: bool) -> Path:
        sure, guarded = self._certainty(at)
        read = Read(
            (*base, key),
            self._callee.node.name,
            needed=needed and key is not EVERY,
            asked=not needed,
            sure=sure,
            guarded=guarded,
            at=self._at(at),
        )
        self._usage.reads[read] = None
        return read.path

    def _at(self, node: ast.AST, part: str = "") -> Position:
        if self._reached.at is not None:
            return self._reached.at
        line = getattr(node, f"{part}lineno", 0)
        return line, getattr(node, f"{part}col_offset", 0)

    def _note(self, value: _Value, kind: UseKind, what: str = "") -> None:
        if isinstance(value, tuple):
            self._usage.uses[Use(value, kind, what, self._callee.node.name)] = None

    def _consume(self, value: _Value, what: str, kind: UseKind = UseKind.OTHER) -> None:
        """Note that all of a value is read, and nothing keeps it."""
        path, name = (value, draw(value)) if isinstance(value, tuple) else ((), value)
        why = f"{self._callee.node.name} hands {name} to {what}"
        self._usage.whole.setdefault(path, why)
        self._note(value, kind)

    def _escape(self, node: ast.AST, value: _Value, what: str) -> None:
        """Note that a value goes where it may be read and changed."""
        self._consume(value, what)
        path = value if isinstance(value, tuple) else ()
        self._usage.note_change((*path, EVERY), self._at(node))

    def _use(self, node: ast.expr, value: _Value, parent: ast.AST) -> None:
        """Note what is done with a value that nothing more is taken from."""
        if isinstance(parent, ast.Expr | ast.Delete) or _is_test(node, parent):
            return
        if isinstance(parent, ast.Attribute):
            self._use_attribute(node, value, parent)
        elif isinstance(parent, ast.Call | ast.keyword | ast.Starred):
            self._use_argument(node, value, parent)
        elif isinstance(parent, ast.Compare):
            self._use_compared(node, value, parent)
        elif isinstance(parent, ast.Subscript | ast.Slice):
            self._use_index(node, value, parent)
        elif isinstance(parent, ast.FormattedValue):
            if parent.conversion == -1 and _is_integer_format(parent.format_spec):
                self._note(value, UseKind.BREAKS, "a format for integers")
            self._consume(value, "text")
        elif isinstance(parent, ast.UnaryOp | ast.BinOp):
            self._use_operand(node, value, parent)
        else:
            what = "a statement" if isinstance(parent, ast.stmt) else "an expression"
            is_returned = isinstance(parent, ast.Return)
            if is_returned and self._reached.at is None:
                self._note(value, UseKind.RETURNED)
            self._escape(node, value, "its caller" if is_returned else what)

    def _use_attribute(
        self, node: ast.expr, value: _Value, parent: ast.Attribute
    ) -> None:
        call = self._parents.get(parent)
        is_called = isinstance(call, ast.Call) and call.func is parent
        if value is _TEMPLATE:
            if parent.attr not in _WITHOUT_CUSTOM:
                self._escape(node, value, f"tt.{parent.attr}")
        elif is_called and parent.attr in {"update", "clear"}:
            self._usage.note_change((*value, EVERY), self._at(parent))
        else:
            self._escape(node, value, f".{parent.attr}{'()' if is_called else ''}")

    def _use_compared(self, node: ast.expr, value: _Value, parent: ast.Compare) -> None:
        operands = [parent.left, *parent.comparators]
        place = operands.index(node)
        before = parent.ops[place - 1] if place else None
        if isinstance(before, ast.In | ast.NotIn) and isinstance(value, tuple):
            key = self._constant(operands[place - 1])
            if key is not EVERY:
                self._note_read(node, value, key, needed=False)
                return
        if not all(isinstance(op, ast.Is | ast.IsNot) for op in parent.ops):
            self._consume(value, "a comparison")

    def _use_operand(
        self, node: ast.expr, value: _Value, parent: ast.UnaryOp | ast.BinOp
    ) -> None:
        if isinstance(parent, ast.BinOp):
            other = parent.right if parent.left is node else parent.left
            if _is_repeated(parent.op, other):
                what = "the times that something is repeated"
                self._note(value, UseKind.BREAKS, what)
            self._escape(node, value, "arithmetic")
            return
        if isinstance(parent.op, ast.Invert):
            self._note(value, UseKind.BREAKS, "an operand of ~")
        self._consume(value, "arithmetic")

    def _use_index(
        self, node: ast.expr, value: _Value, parent: ast.Subscript | ast.Slice
    ) -> None:
        if isinstance(parent, ast.Slice):
            self._note(value, UseKind.BREAKS, "a bound of a slice")
            self._consume(value, "a slice")
        elif parent.value is node:
            self._escape(node, value, "a slice")
        else:
            if not isinstance(parent.value, ast.Dict | ast.DictComp):
                self._note(value, UseKind.BREAKS, "an index")
            self._consume(value, "a subscript")

    def _use_argument(self, node: ast.expr, value: _Value, parent: ast.AST) -> None:
        is_named = isinstance(parent, ast.keyword)
        call = self._parents[parent] if is_named else parent
        place = getattr(parent, "arg", None)
        if isinstance(parent, ast.Call):
            place = parent.args.index(node)
        if not isinstance(call, ast.Call) or place is None:
            self._escape(node, value, "a call, with a star")
            return
        called = _last_name(call.func)
        if place in INTEGER_ARGUMENTS.get(called, ()):
            self._note(value, UseKind.BREAKS, f"an argument of {called}()")
        callee = self._called(call)
        name = None if callee is None else _parameter(callee, place)
        if callee is not None and name is not None:
            sure, guarded = self._certainty(node)
            reached = _Reached(sure, guarded, self._at(call))
            self._reader.follow(callee, name, value, reached)
        else:
            self._hand_over(node, value, call.func)

    def _called(self, call: ast.Call) -> Callee | None:
        """Return the function that is called, if its source and arguments are known."""
        function, module = call.func, self._reader.module
        if any(isinstance(argument, ast.Starred) for argument in call.args):
            return None
        if isinstance(function, ast.Name) and not self._counts[function.id]:
            return module.function(function.id)
        if not isinstance(function, ast.Attribute) or not self._callee.is_method:
            return None
        base, own = ast.unparse(function.value), places(self._callee.node)[0]
        if base == "super()":
            return module.method(function.attr, after=self._callee.owner)
        is_own = base == own and self._counts[own] == 1
        return module.method(function.attr) if is_own else None

    def _hand_over(self, node: ast.expr, value: _Value, function: ast.expr) -> None:
        """Note what a function that is not followed may do with a value."""
        what = f"{_last_name(function) or 'a function'}()"
        name = function.id if isinstance(function, ast.Name) else ""
        if self._counts[name] or self._reader.module.binds(name):
            name = ""  # it is not Python's own
        if name == "int":
            self._consume(value, what, UseKind.CAST)
        elif name in _TAKE_NO_MORE:
            self._consume(value, what)
        elif name not in _ONLY_LOOK:
            self._escape(node, value, what)

    # How sure a place is

    def _certainty(self, node: ast.AST) -> tuple[bool, bool]:
        """Tell whether each run gets to a place, and whether its failure is caught."""
        sure, guarded = self._reached.sure, self._reached.guarded
        while node is not self._callee.node:
            parent = self._parents[node]
            around = self._parents.get(parent)
            if isinstance(around, Comprehension) and _is_first(node, parent, around):
                node = around
                continue
            is_sure, is_guarded = True, False
            if parent is not self._callee.node:
                is_sure = _is_sure_in(node, parent)
                is_guarded = _is_guarded_in(node, parent)
            sure = sure and is_sure and not _may_leave_before(node, parent)
            guarded = guarded or is_guarded
            node = parent
        return sure, guarded


# What nodes are

_LEAVES = ast.Return | ast.Raise | ast.Break | ast.Continue
_PARTLY = (
    *(ast.For, ast.AsyncFor, ast.If, ast.While, ast.IfExp, ast.Assert),
    *(ast.BoolOp, ast.Compare),
)
_LATER = (
    Definition
    | ast.Lambda
    | ast.ClassDef
    | ast.match_case
    | ast.ExceptHandler
    | Comprehension
    | ast.comprehension
)
_LET_ERRORS_OUT = {"open", "closing", "nullcontext", "connect", "TemporaryDirectory"}

INTEGER_ARGUMENTS: dict[str, tuple[int | str, ...]] = {
    **dict.fromkeys(("range", "gcd", "comb", "perm"), (0, 1, 2)),
    **dict.fromkeys(("chr", "hex", "oct", "bin", "bytes", "bytearray"), (0,)),
    **dict.fromkeys(("nlargest", "nsmallest", "factorial", "token_hex"), (0,)),
    **dict.fromkeys(("ljust", "rjust", "center", "zfill"), (0,)),
    **dict.fromkeys(("to_bytes", "insert"), (0,)),
    "islice": (1, 2, 3),
    "round": (1, "ndigits"),
}
"""Functions and methods by their last name, and the arguments that must be integers."""

_INTEGER_FORMAT = re.compile(r"[bcdoxX]\Z")
_BITWISE = (ast.LShift, ast.RShift, ast.BitOr, ast.BitAnd, ast.BitXor)
_SEQUENCES = (ast.List, ast.Tuple, ast.JoinedStr, ast.ListComp)


def _reader_call(call: ast.AST, attribute: ast.Attribute) -> ast.Call | None:
    """Return a call if it is ``get(key)``, ``get(key, default)`` or the like."""
    if not isinstance(call, ast.Call) or call.func is not attribute or call.keywords:
        return None
    is_starred = any(isinstance(one, ast.Starred) for one in call.args)
    fits = len(call.args) in {1, 2} and not is_starred
    return call if fits and attribute.attr in _READERS else None


def _parameter(callee: Callee, place: int | str) -> str | None:
    """Return the parameter that an argument is for, None if there is none."""
    names = places(callee.node)[callee.is_method :]
    if isinstance(place, int):
        return names[place] if place < len(names) else None
    others = [arg.arg for arg in callee.node.args.kwonlyargs]
    return place if place in (*names, *others) else None


def _is_test(node: ast.AST, parent: ast.AST) -> bool:
    """Tell whether only the truth of an expression is asked for."""
    if isinstance(parent, ast.UnaryOp):
        return isinstance(parent.op, ast.Not)
    if isinstance(parent, ast.comprehension):
        return node in parent.ifs
    return getattr(parent, "test", None) is node


def _is_first(node: ast.AST, parent: ast.AST, around: Comprehension) -> bool:
    """Tell what a comprehension goes through first, which each run gets to."""
    return parent is around.generators[0] and node is around.generators[0].iter


def _is_sure_in(node: ast.AST, parent: ast.AST) -> bool:
    """Tell whether each run that gets to an expression or statement gets to a part."""
    if isinstance(parent, ast.With | ast.AsyncWith):
        return node not in parent.body or _lets_errors_out(parent)
    if isinstance(parent, ast.Try):
        is_tried = node in parent.body and not parent.handlers
        return is_tried or node in parent.finalbody
    if isinstance(parent, _PARTLY):
        first = [getattr(parent, name, None) for name in ("iter", "test", "left")]
        others = getattr(parent, "values", getattr(parent, "comparators", [None]))
        return node in (*first, others[0])
    return not isinstance(parent, _LATER)


def _is_guarded_in(node: ast.AST, parent: ast.AST) -> bool:
    """Tell whether a part's failure is caught, or is one of a later call."""
    if isinstance(parent, ast.Try):
        return node in parent.body and any(map(_catches_missing, parent.handlers))
    if isinstance(parent, ast.With | ast.AsyncWith):
        return node in parent.body and not _lets_errors_out(parent)
    return isinstance(parent, Definition | ast.Lambda | ast.GeneratorExp)


def _may_leave_before(node: ast.AST, parent: ast.AST) -> bool:
    """Tell whether a statement before this one may leave its block."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and node in block:
            return any(map(_may_leave, block[: block.index(node)]))
    return False


def _is_lazy(node: Definition) -> bool:
    """Tell whether a function runs later than it is called, if at all."""
    todo = list(ast.iter_child_nodes(node))
    while todo:
        inner = todo.pop()
        if isinstance(inner, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(inner, Definition):
            todo.extend(ast.iter_child_nodes(inner))
    return isinstance(node, ast.AsyncFunctionDef)


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_integer_format(node: ast.expr | None) -> bool:
    """Tell whether a format takes no floats, as ``{x:03d}`` has it."""
    if not isinstance(node, ast.JoinedStr) or not node.values:
        return False
    last = node.values[-1]
    if not isinstance(last, ast.Constant):
        return False
    return bool(_INTEGER_FORMAT.search(str(last.value)))


def _is_repeated(operator: ast.operator, other: ast.expr) -> bool:
    """Tell whether an operator with this other operand takes no float."""
    if isinstance(operator, _BITWISE):
        return True
    if not isinstance(operator, ast.Mult):
        return False
    is_text = isinstance(other, ast.Constant) and isinstance(other.value, str | bytes)
    return is_text or isinstance(other, _SEQUENCES)


def _may_leave(node: ast.stmt) -> bool:
    """Tell whether what comes after a statement is left out at times."""
    todo: list[ast.AST] = [node]
    while todo:
        inner = todo.pop()
        if isinstance(inner, _LEAVES):
            return True
        if not isinstance(inner, Definition | ast.ClassDef):
            todo.extend(ast.iter_child_nodes(inner))
    return False


def _catches_missing(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler may catch that a key is missing."""
    kind = handler.type
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return kind is None or any(map(_may_be_missing, kinds))


def _may_be_missing(kind: ast.expr | None) -> bool:
    found = getattr(builtins, kind.id, None) if isinstance(kind, ast.Name) else None
    if not isinstance(found, type):
        return True
    return issubclass(KeyError, found) or issubclass(IndexError, found)


def _lets_errors_out(statement: ast.With | ast.AsyncWith) -> bool:
    """Tell whether what a with statement enters is known to catch nothing."""
    contexts = [item.context_expr for item in statement.items]
    callees = [c.func if isinstance(c, ast.Call) else c for c in contexts]
    return all(_last_name(callee) in _LET_ERRORS_OUT for callee in callees)
