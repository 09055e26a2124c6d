"""Following calls: into functions of the module, and out of what is known."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kit.checks.contract.access import Access
from kit.checks.contract.float_traps import is_wanted_whole
from kit.checks.contract.module import ModuleNames, literal_values
from kit.checks.contract.record import UseKind
from kit.checks.contract.scope import Frame
from kit.checks.contract.values import (
    UNKNOWN,
    Bound,
    Code,
    Marker,
    Value,
    Values,
)
from kit.source.bound_names import bound_names, parameters

__all__ = ["Arguments", "Calls"]

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
