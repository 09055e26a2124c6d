"""Following expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable

from kit.checks.contract.calls import Calls
from kit.checks.contract.float_traps import integer_format, is_repeated
from kit.checks.contract.record import UseKind
from kit.checks.contract.scope import Frame
from kit.checks.contract.values import (
    UNKNOWN,
    Code,
    Constant,
    Provided,
    Several,
    Value,
    Values,
    constants,
)
from kit.source.bound_names import bound_names

__all__ = ["Expressions"]

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
