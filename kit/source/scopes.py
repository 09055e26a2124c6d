"""The global names that a definition uses, by Python's own symbol table.

:mod:`symtable` resolves the names. Added here is what a symbol table does not contain:
names in annotations that are kept as text, the lines of names, dotted chains such as
``os.path.join``, and names that the body of a class reads before it binds them.
"""

from __future__ import annotations

import ast
import builtins
import collections.abc
import contextlib
import enum
import symtable
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from kit.source.source_units import DefinitionNode


@dataclass
class Use:
    """How a definition uses one global name.

    Attributes:
        name: The name, as it is looked up.
        line: The line of its first use, counted as the definition's nodes are.
        now: Whether it is looked up while the definition is made, not when it is
            called: in decorators, defaults, bases, bodies of classes.
        evaluated: Whether it is looked up at all; names that occur only in annotations
            which are kept as text are not.
        mere_text: Whether it may be no name at all, but a text in the brackets of a
            class, such as the format in ``FlyteFile["csv"]``.
        written: Whether a ``global`` statement lets the definition assign it.
        read: Whether its value is used.
        chains: The dotted names that begin with it, such as ``os.path.join``.
    """

    name: str
    line: int
    now: bool = False
    evaluated: bool = False
    mere_text: bool = False
    written: bool = False
    read: bool = False
    chains: set[str] = field(default_factory=set)

    def is_mere_text_in(self, namespace: Mapping[str, Any]) -> bool:
        """Whether it names no type there, and need not."""
        return self.mere_text and not isinstance(namespace.get(self.name), type)


def free_names(
    node: DefinitionNode | ast.Lambda | ast.stmt, *, future: bool = False
) -> dict[str, Use]:
    r"""Return the global names that a definition uses, in the order of the source.

    Names that Python has built in are among them: only a namespace shows whether they
    are shadowed.

    Args:
        node: A function, lambda or class that is in no other function.
        future: Whether annotations are kept as text, as by ``from __future__ import
            annotations``.

    >>> node = ast.parse("def f(x, k=K):\n    return [g(y) for y in x]").body[0]
    >>> {name: use.now for name, use in free_names(node).items()}
    {'K': True, 'g': False}
    """
    skeleton = _Skeleton(future=future)
    skeleton.add(node)
    uses: dict[str, Use] = {}
    for level in _Level:
        _add_uses(skeleton, level, uses)
    own = getattr(node, "name", "")
    own = getattr(own, "id", own)  # of a `type` statement
    if own in uses and not (uses[own].now and uses[own].evaluated):
        del uses[own]  # it needs no older thing of its own name
    for use in uses.values():
        places = skeleton.places.get(use.name)
        use.line = places.first[0] if places else node.lineno
        use.chains = places.chains if places else set()
    order = {name: at.first for name, at in skeleton.places.items()}
    return dict(sorted(uses.items(), key=lambda item: order.get(item[0], (0, 0))))


@dataclass
class Bound:
    """What one scope binds, and what it declares to be global."""

    names: set[str]
    globals: set[str]


def bound_names(body: Iterable[ast.AST], args: ast.arguments | None = None) -> Bound:
    """Return what the body of a function, or class, binds.

    Names that it declares ``nonlocal`` count as bound: they are never global.
    """
    skeleton = _Skeleton(future=True)
    skeleton.add_function("_", args, body)
    table = _table("def _():", *skeleton.block())
    for _ in range(2):  # below annotations' scopes, which Python 3.14 has
        table = next(each for each in table.get_children() if each.get_name() == "_")
    symbols = table.get_symbols()
    return Bound(
        {item.get_name() for item in symbols if item.is_local() or item.is_nonlocal()},
        {item.get_name() for item in symbols if item.is_declared_global()},
    )


def parameters(args: ast.arguments) -> Iterator[ast.arg]:
    """Yield every parameter, ``*args`` and ``**kwargs`` too."""
    yield from (*args.posonlyargs, *args.args, *args.kwonlyargs)
    yield from filter(None, (args.vararg, args.kwarg))


def mangled(name: str, class_name: str) -> str:
    """Return a name as Python looks it up inside a class: ``__x`` is ``_Class__x``."""
    if not class_name or not name.startswith("__") or name.endswith("__"):
        return name
    class_name = class_name.lstrip("_")
    return f"_{class_name}{name}" if class_name else name


# Symbol tables


def _table(*lines: str) -> symtable.SymbolTable:
    return symtable.symtable("\n".join(lines), "<definition>", "exec")


def _add_uses(skeleton: _Skeleton, level: _Level, uses: dict[str, Use]) -> None:
    is_evaluated = level is _Level.EVALUATED
    for found in _globals(skeleton, level):
        if found.name == "__class__" and found.name not in skeleton.places:
            continue  # what super() looks up
        unknown = Use(found.name, 0, mere_text=level is _Level.ANY_TEXT)
        use = uses.setdefault(found.name, unknown)
        use.evaluated |= is_evaluated
        use.now |= found.now and is_evaluated
        use.read |= found.read
        use.written |= found.written


class _Global(NamedTuple):
    name: str
    now: bool = False
    read: bool = True
    written: bool = False


def _globals(skeleton: _Skeleton, level: _Level) -> Iterable[_Global]:
    """Return the global names that a skeleton has on one level, maybe lower ones too.

    A table is made for the first level, and for texts with names that are bound.
    """
    if level is not _Level.EVALUATED:
        texts = skeleton.texts.get(level, set())
        if texts.isdisjoint(skeleton.bound):
            return map(_Global, texts)
    symbols = _global_symbols(_table(*skeleton.source(level)), now=True)
    return (*symbols, *skeleton.read_first.get(level, ()))


def _global_symbols(table: symtable.SymbolTable, *, now: bool) -> Iterator[_Global]:
    """Yield what the scopes of a table look up, or assign, outside of all of them."""
    is_top = _kind(table) == "module"
    names: Iterable[str] = table.get_identifiers()
    if isinstance(table, symtable.Function):
        names = table.get_globals()
    for symbol in map(table.lookup, names):
        read = symbol.is_referenced()
        bound = symbol.is_assigned() or symbol.is_imported()
        if is_top and read and (not bound or symbol.is_namespace()):
            yield _Global(symbol.get_name(), now)
        elif not is_top and symbol.is_global() and (read or bound):
            yield _Global(symbol.get_name(), now, read, bound)
    for child in table.get_children():
        yield from _global_symbols(child, now=now and _is_run_at_once(child))


def _is_run_at_once(table: symtable.SymbolTable) -> bool:
    """Tell whether a scope is evaluated with the statement that it is in."""
    kind = _kind(table)
    is_generator = kind == "function" and table.get_name() == "genexpr"
    return is_generator or kind in {"class", "annotation"} or "parameter" in kind


def _kind(table: symtable.SymbolTable) -> str:
    kind = table.get_type()
    return str(getattr(kind, "value", kind))  # an enum from Python 3.13 on


# Skeletons


class _Level(enum.IntEnum):
    """How sure it is that Python looks up a name of an annotation."""

    EVALUATED = 0
    AS_TEXT = 1  # kept as text, in which all names are types
    ANY_TEXT = 2  # text in brackets, which may be something else than a type


@dataclass
class _Places:
    """Where a name is, and the dotted names that begin with it."""

    first: tuple[int, int]
    chains: set[str] = field(default_factory=set)


class _Skeleton:
    """Source that has the scopes and names of a definition, and nothing else.

    Statements become tuples of what they load and assignments of what they bind, in
    the order of their evaluation. Comprehensions become generator expressions, because
    tables from Python 3.12 on merge the others with the scope around them.

    Attributes:
        lines: The source, each line with the level of its names.
        read_first: What bodies of classes load before they bind it, by its level.
        places: Where each name is, global or not.
        texts: The names that annotations have as text, by their level.
        bound: The names that any scope binds.
    """

    def __init__(self, *, future: bool) -> None:
        self.texts: dict[_Level, set[str]] = {}
        self.bound: set[str] = set()
        self.lines: list[tuple[_Level, str]] = []
        self.read_first: dict[_Level, list[_Global]] = {}
        self.places: dict[str, _Places] = {}
        self._future = future
        self._nonlocals: set[str] = set()
        self._parameters: set[str] = set()  # in the brackets of generics
        self._scopes: list[_Scope] = []
        self._stored: list[str] = []

    def add(self, node: ast.AST) -> None:
        """Add a statement or an expression."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._add_all(node.decorator_list)
                self._add_all(_defaults(node.args))
                self._add_annotations(node)
                self.add_function(node.name, node.args, node.body, node)
            case ast.ClassDef():
                self._add_class(node)
            case ast.AnnAssign():
                self._add_annotated(node)
            case ast.Import() | ast.ImportFrom():
                names = [alias.asname or alias.name for alias in node.names]
                self._store(name.partition(".")[0] for name in names if name != "*")
            case ast.Global():
                self._line(f"global {', '.join(node.names)}")
            case ast.Nonlocal():
                self._nonlocals.update(node.names)
                self._line(f"nonlocal {', '.join(node.names)}")
            case ast.stmt() if type(node).__name__ == "TypeAlias":
                alias: Any = node
                value = ", ".join(self._loads([alias.value]))
                self._line(f"type {alias.name.id}{self._generic(node)} = [{value}]")
            case ast.stmt() | ast.ExceptHandler() | ast.match_case():
                self._add_all(_in_order(node))
            case _:
                self._add_expression(node)

    def add_function(
        self,
        name: str,
        args: ast.arguments | None,
        body: Iterable[ast.AST],
        node: ast.AST | None = None,
    ) -> None:
        """Add a function's own scope, without decorators, defaults and annotations."""
        names = [arg.arg for arg in parameters(args)] if args else []
        self._line(f"def {name}{self._generic(node)}({', '.join(names)}):")
        self.bound.update(names)
        with self._inside(_Scope(self._class_name, is_function=True)):
            self._add_all(body)
        self._note([name], None)

    def source(self, level: _Level) -> Iterator[str]:
        """Yield the lines up to a level."""
        for each, line in self.lines:
            if each <= level:
                yield line

    def block(self) -> Iterator[str]:
        """Yield the lines of a block that binds what they declare ``nonlocal``."""
        for name in sorted(self._nonlocals):
            yield f" {name} = ()"
        for line in self.source(_Level.EVALUATED):
            yield f" {line}"

    # Statements

    def _add_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.add(node)

    def _add_class(self, node: ast.ClassDef) -> None:
        self._add_all(node.decorator_list)
        bases = ", ".join(self._loads([*node.bases, *node.keywords]))
        self._line(f"class {node.name}{self._generic(node)}({bases}):")
        scope = _Scope(node.name)
        with self._inside(scope):
            self._add_all(node.body)
        now = not any(each.is_function for each in self._scopes)
        self._add_read_first(scope, _Level.EVALUATED, now=now)
        self._add_read_first(scope, _Level.AS_TEXT)
        self._note([node.name], None)

    def _add_read_first(
        self, scope: _Scope, level: _Level, *, now: bool = False
    ) -> None:
        found = [_Global(name, now) for name in scope.read_first(level)]
        self.read_first.setdefault(level, []).extend(found)

    def _add_annotations(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        generic = self._generic(node)
        found = [arg.annotation for arg in parameters(node.args)]
        for annotation in filter(None, [*found, node.returns]):
            for level, text in self._annotation(annotation, as_text=self._future):
                line = f"def {node.name}{generic}(_: {text}): pass" if generic else text
                self._line(line, level)

    def _generic(self, node: ast.AST | None) -> str:
        params = getattr(node, "type_params", [])  # from Python 3.12 on
        self._parameters.update(each.name for each in params)
        self.bound |= self._parameters
        return f"[{', '.join(map(ast.unparse, params))}]" if params else ""

    def _add_annotated(self, node: ast.AnnAssign) -> None:
        in_function = bool(self._scopes) and self._scopes[-1].is_function
        if node.value is not None:
            self._add_expression(node.value)
        is_name = isinstance(node.target, ast.Name)
        if node.value is not None or in_function or not is_name:
            self._add_expression(node.target)
        as_text = in_function or self._future
        for level, text in self._annotation(node.annotation, as_text=as_text):
            self._line(text, level)

    def _add_expression(self, node: ast.AST) -> None:
        loads = self._loads([node])
        stored, self._stored = self._stored, []
        if loads:
            self._line(f"({', '.join(loads)},)")
        self._store(stored)

    def _store(self, names: Iterable[str]) -> None:
        names = list(names)
        if names:
            self._line(f"[{', '.join(names)}] = ()")
            self._note(names, None)

    def _line(self, text: str, level: _Level = _Level.EVALUATED) -> None:
        self.lines.append((level, " " * len(self._scopes) + text))

    @contextlib.contextmanager
    def _inside(self, scope: _Scope) -> Iterator[None]:
        self._scopes.append(scope)
        self._line("pass")
        yield
        self._scopes.pop()

    # Expressions

    def _loads(self, nodes: Iterable[ast.AST]) -> list[str]:
        """Return what expressions load; what they bind is added to ``_stored``."""
        found: list[str] = []
        todo: list[Any] = [*nodes][::-1]
        while todo:
            node = todo.pop()
            add = self._ADD.get(type(node))
            if add is not None:
                todo += add(self, node, found)
            else:
                todo += reversed([*ast.iter_child_nodes(node)])
        return found

    def _add_name(self, node: ast.Name, found: list[str]) -> Iterable[ast.AST]:
        self._place(node)
        if isinstance(node.ctx, ast.Load):
            self._note([node.id], _Level.EVALUATED)
            found.append(node.id)
        else:
            self._stored.append(node.id)
        return ()

    def _add_attribute(self, node: ast.expr, _: list[str]) -> Iterable[ast.AST]:
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            self._place(node, ".".join([node.id, *reversed(names)]))
        return (node,)

    def _add_lambda(self, node: ast.Lambda, found: list[str]) -> Iterable[ast.AST]:
        names = ", ".join(arg.arg for arg in parameters(node.args))
        with self._nested():
            found.append(f"(lambda {names}: [{', '.join(self._loads([node.body]))}])")
        return _defaults(node.args)[::-1]

    def _add_generator(self, node: Any, found: list[str]) -> Iterable[ast.AST]:
        text = ""
        for number, each in enumerate(node.generators):
            with self._nested() if number else contextlib.nullcontext():
                items = ", ".join(self._loads([each.iter]))
            with self._nested() as stored:
                more = self._loads([each.target, *each.ifs])
                text += (
                    f" for [{', '.join(stored)}] in [{items}] if [{', '.join(more)}]"
                )
        is_dict = isinstance(node, ast.DictComp)
        with self._nested():
            values = self._loads([node.key, node.value] if is_dict else [node.elt])
            found.append(f"([{', '.join(values)}]{text})")
        return ()

    def _add_walrus(self, node: ast.NamedExpr, found: list[str]) -> Iterable[ast.AST]:
        found += [*self._loads([node.value]), f"({node.target.id} := ())"]
        self._place(node.target)
        self._note([node.target.id], None)
        return ()

    def _add_pattern(self, node: Any, _: list[str]) -> Iterable[ast.AST]:
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        self._stored += [name] if name is not None else []
        return reversed([*ast.iter_child_nodes(node)])

    def _add_nothing(self, _: ast.AST, __: list[str]) -> Iterable[ast.AST]:
        return ()

    _ADD: ClassVar[dict[type, Callable[..., Iterable[ast.AST]]]] = {
        ast.Name: _add_name,
        ast.Attribute: _add_attribute,
        ast.Lambda: _add_lambda,
        ast.ListComp: _add_generator,
        ast.SetComp: _add_generator,
        ast.DictComp: _add_generator,
        ast.GeneratorExp: _add_generator,
        ast.NamedExpr: _add_walrus,
        ast.MatchAs: _add_pattern,
        ast.MatchStar: _add_pattern,
        ast.MatchMapping: _add_pattern,
        ast.Constant: _add_nothing,
        ast.Load: _add_nothing,
        ast.Store: _add_nothing,
    }

    @contextlib.contextmanager
    def _nested(self) -> Iterator[list[str]]:
        """Enter the scope of an expression, and yield what is bound in it."""
        self._scopes.append(_Scope(self._class_name))
        stored, self._stored = self._stored, []
        yield self._stored
        self._stored = stored
        self._scopes.pop()

    def _annotation(
        self, node: ast.expr, *, as_text: bool
    ) -> Iterator[tuple[_Level, str]]:
        """Yield what an annotation loads, by the level of the names."""
        for quoted in unquoted(node):
            level = _Level.AS_TEXT if quoted.is_text or as_text else _Level.EVALUATED
            if quoted.is_any_text:
                level = _Level.ANY_TEXT
            with self._nested() if level else contextlib.nullcontext():
                loads = self._loads([quoted.node])
            if loads:
                yield level, f"({', '.join(loads)},)"
            if loads and level:
                self.texts.setdefault(level, set()).update(loads)
                self._note({*loads} - self._parameters, level)

    # What is known of names besides their scopes

    @property
    def _class_name(self) -> str:
        return self._scopes[-1].class_name if self._scopes else ""

    def _place(self, node: ast.Name, chain: str = "") -> None:
        at = (node.lineno, node.col_offset)
        name = mangled(node.id, self._class_name)
        place = self.places.setdefault(name, _Places(at))
        place.first = min(place.first, at)
        place.chains |= {chain} if chain else set()

    def _note(self, names: Iterable[str], level: _Level | None) -> None:
        """Note what is loaded, with its level, or bound, without one."""
        if level is None:
            names = [*names]
            self.bound.update(names)
        if self._scopes:
            for name in names:
                self._scopes[-1].note(mangled(name, self._class_name), level)


@dataclass
class _Scope:
    """What one scope does with its names, in the order of their evaluation."""

    class_name: str
    is_function: bool = False
    _loaded: dict[_Level, dict[str, None]] = field(default_factory=dict)
    _bound: set[str] = field(default_factory=set)

    def note(self, name: str, level: _Level | None) -> None:
        if level is None:
            self._bound.add(name)
        elif name not in self._bound:
            self._loaded.setdefault(level, {})[name] = None

    def read_first(self, level: _Level) -> list[str]:
        """Return what is loaded, on that level, before it is bound."""
        return [name for name in self._loaded.get(level, ()) if name in self._bound]


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a statement in the order of their evaluation."""
    match node:
        case ast.Assign():
            yield from (node.value, *node.targets)
        case ast.AugAssign(target=ast.Name(id=name)):
            yield ast.copy_location(ast.Name(name, ast.Load()), node.target)
            yield from (node.value, node.target)
        case ast.For() | ast.AsyncFor():
            yield from (node.iter, node.target, *node.body, *node.orelse)
        case ast.ExceptHandler(name=str(name)):
            yield from [node.type] if node.type is not None else []
            yield ast.copy_location(ast.Name(name, ast.Store()), node)
            yield from node.body
        case _:
            yield from ast.iter_child_nodes(node)


def _defaults(args: ast.arguments) -> list[ast.expr]:
    return [*args.defaults, *filter(None, args.kw_defaults)]


# Annotations


class Quoted(NamedTuple):
    """A part of an annotation: itself, or the content of a string of it."""

    node: ast.AST
    is_text: bool = False
    is_any_text: bool = False  # which may be no expression of types


def unquoted(node: ast.AST) -> Iterator[Quoted]:
    """Yield an annotation, then the contents of its strings, as expressions."""
    yield Quoted(node)
    for text, is_any in _strings(node):
        try:
            inner = ast.parse(str(text.value).strip(), mode="eval").body
        except (SyntaxError, ValueError):
            continue
        for item in ast.walk(inner):
            ast.copy_location(item, text)
        yield Quoted(inner, is_text=True, is_any_text=is_any)
        for deeper in list(unquoted(inner))[1:]:
            yield deeper._replace(is_any_text=is_any or deeper.is_any_text)


def _strings(node: ast.AST) -> Iterator[tuple[ast.Constant, bool]]:
    """Yield the strings of an annotation that stand for types, surely or maybe."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node, False
    elif isinstance(node, ast.Subscript):
        generic = node.value
        name = getattr(generic, "attr", getattr(generic, "id", ""))
        inside: list[ast.AST] = [node.slice]
        if isinstance(node.slice, ast.Tuple):
            inside = list(node.slice.elts)
        if name == "Annotated":
            inside = inside[:1]
        if name != "Literal":
            for item in inside:
                for text, is_any in _strings(item):
                    yield text, is_any or name not in _OF_TYPES
    elif isinstance(node, ast.BinOp | ast.List | ast.Tuple):
        for child in ast.iter_child_nodes(node):
            yield from _strings(child)


_OF_TYPES = {*typing.__all__, *dir(builtins), *dir(collections.abc)}
"""Generics whose brackets have types only."""
