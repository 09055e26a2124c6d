"""Following statements."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence

from kit.checks.contract.patterns import Patterns
from kit.checks.contract.scope import Frame
from kit.checks.contract.values import UNKNOWN, Code, Provided, Values
from kit.source.bound_names import bound_names

__all__ = ["Statements"]

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
