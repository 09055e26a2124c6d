"""Everything a definition needs, found in the namespace where it was defined."""

from __future__ import annotations

import ast
import builtins
import enum
import sys
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, NoReturn, cast

from kit.errors import (
    AuthoringError,
    CaptureError,
    SourceError,
)
from kit.source.capture_errors import (
    cannot_travel,
    dynamic,
    left_subclasses,
    looked_up,
    older,
    undefined,
)
from kit.source.constants import Constants
from kit.source.definitions import (
    Definition,
    alias_definition,
    cases,
    globals_of,
    is_alias,
    is_dispatching,
    without_task_class,
    written_definition,
)
from kit.source.drift import changed_places, check_drift, check_module
from kit.source.imports import (
    WrittenImports,
    home_of_object,
    import_from,
    import_of_module,
    import_of_object,
    is_importable,
    submodule_imports,
    type_checking_import,
)
from kit.source.literals import NotPlainError, is_called_class, is_plain
from kit.source.scopes import Use, free_names
from kit.source.source_units import (
    BUILTIN,
    SourceUnit,
    cells,
    is_shells_own,
    looked_at_once,
)


@dataclass
class Fragment:
    """A definition, a constant or another name for one.

    Attributes:
        text: Its source.
        definition: Where it is written; None for constants.
        now: The names it needs while it is made.
        later: The names it needs when it is called.
        fill: Statements that give a constant its value again, in place.
        empty: The statement that makes a container without what it holds; empty if
            nothing needs that.
        attributes: Statements that give a class the attributes which it has by now.
    """

    text: str
    definition: Definition | None = None
    now: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    fill: str = ""
    empty: str = ""
    attributes: list[Fragment] = field(default_factory=list)


@dataclass(frozen=True)
class Reference:
    """A name that a namespace has, or that an import statement brings.

    Attributes:
        name: The name.
        path: What follows it, such as ``.sqrt``.
        statement: The import statement; None where the namespace or Python has it.
        value: What the statement binds.
    """

    name: str
    path: str = ""
    statement: str | None = None
    value: Any = field(default=None, repr=False)


class References:
    """Finds names in one namespace, the way its author writes them.

    Args:
        namespace: Where the constant that refers to them was found.
        is_taken: Tells whether the module uses a name for something else.
    """

    def __init__(
        self, namespace: Mapping[str, Any], is_taken: Callable[[str, Any], bool]
    ) -> None:
        self._namespace = namespace
        self._is_taken = is_taken
        self._names: dict[int, str] = {}
        for name, value in namespace.items():
            if not name.startswith("_"):
                self._names.setdefault(id(value), name)

    def find(self, value: Any) -> Reference | None:
        """Return a name for an object, or None when it has none."""
        return next(self._found(value), None)

    def _found(self, value: Any) -> Iterator[Reference]:
        own = str(getattr(value, "__name__", "") or "")
        if self._namespace.get(own, _NOTHING) is value or (
            own not in self._namespace and vars(builtins).get(own) is value
        ):
            yield Reference(own)
        yield from self._as_attribute(value)
        home = None if isinstance(value, ModuleType) else home_of_object(own, value)
        if home is not None and id(sys.modules[home[0]]) in self._names:
            yield Reference(self._names[id(sys.modules[home[0]])], f".{home[1]}")
        if id(value) in self._names:
            yield Reference(self._names[id(value)])
        if home is not None:
            name = self._free(home[1], value)
            yield Reference(name, "", import_from(*home, name), value)
        if isinstance(value, ModuleType) and is_importable(own):
            name = self._free(own.rpartition(".")[2], value)
            yield Reference(name, "", import_of_module(name, value), value)

    def _as_attribute(self, value: Any) -> Iterator[Reference]:
        """Yield what is reached through a class: ``Table.Row`` or ``str.join``."""
        outer, _, path = str(getattr(value, "__qualname__", "")).rpartition(".")
        owner = getattr(value, "__objclass__", None)
        if owner is None and outer:
            owner = _reached(sys.modules.get(str(value.__module__)), outer)
        if owner is not None and getattr(owner, path, None) is value:
            for found in self._found(owner):
                yield replace(found, path=f"{found.path}.{path}")

    def _free(self, name: str, value: Any) -> str:
        while (name in self._namespace or hasattr(builtins, name)) or self._is_taken(
            name, value
        ):
            name = f"_{name}"
        return name


_NOTHING = object()


def _reached(value: Any, path: str) -> Any:
    for attribute in path.split("."):
        value = getattr(value, attribute, None)
    return value


_EMPTY: dict[type, Callable[[Any], Any]] = {
    **dict.fromkeys((list, dict, set, OrderedDict, Counter), lambda held: type(held)()),
    defaultdict: lambda held: defaultdict(held.default_factory),
    deque: lambda held: deque(maxlen=held.maxlen),
}
"""What is filled in place, and what makes it empty."""


def _filled(place: str, text: str, kind: type) -> str:
    """Return the statement that gives a name or attribute its value, in place."""
    if kind is list:
        return f"{place}[:] = {text}\n"
    if kind is deque:
        return f"{place}.clear()\n{place}.extend({text})\n"
    if kind in _EMPTY:
        return f"{place}.clear()\n{place}.update({text})\n"
    return f"{place} = {text}\n"


_CALLED = ("complex", "float", "frozenset", "set", "type")


class ConstantFragments:
    """Adds constants to what an executor needs, and what they refer to.

    Args:
        closure: What the executor needs.
    """

    def __init__(self, closure: Closure) -> None:
        self._closure = closure
        self._constants = Constants()
        self._wanted: dict[str, tuple[Use, Definition, Mapping[str, Any]]] = {}
        self._references: dict[int, References] = {}

    def add(
        self,
        use: Use,
        value: Any,
        definition: Definition,
        namespace: Mapping[str, Any],
    ) -> None:
        """Add the constant that a definition uses.

        Raises:
            CaptureError: It is none.
        """
        name = use.name
        other = self._constants.name_of(name, value)
        if other != name:  # two names of one list stay so
            self._closure.fragments[name] = Fragment(f"{name} = {other}\n", now=[other])
            return
        self._wanted[name] = use, definition, namespace
        holder = self._constants.holder_of(value)
        if holder is not None:
            self._constants.release(holder)
        self._write(name, value)
        if holder is not None:  # it now names what it was written with
            self._write(holder, self._closure.values[holder])

    def add_attribute(
        self,
        owner: str,
        attribute: str,
        definition: Definition,
        namespace: Mapping[str, Any],
    ) -> None:
        """Give a class an attribute as it is now, if there is an expression of it."""
        value = vars(self._closure.values[owner])[attribute]
        key = f"{owner}.{attribute}"
        use = Use(owner, definition.node.lineno, evaluated=True, read=True)
        self._wanted[key] = use, definition, namespace
        needs: dict[str, None] = {owner: None}
        try:
            text = self._constants.expression(
                key, value, lambda item: self._refer(item, key, needs), needs.setdefault
            )
        except NotPlainError:
            self._closure.notes[
                f"{owner} assigns its attribute {attribute!r}: every container begins "
                "with the value in the class statement."
            ] = None
            return
        fragment = Fragment(_filled(key, text, type(value)), now=list(needs))
        self._closure.fragments[owner].attributes.append(fragment)

    def _write(self, name: str, value: Any) -> None:
        use, definition, _ = self._wanted[name]
        needs: dict[str, None] = {}

        def refer(item: Any) -> str:
            return self._refer(item, name, needs)

        try:
            text = self._constants.expression(name, value, refer, needs.setdefault)
        except NotPlainError as why:
            quote = self._closure.quote
            raise cannot_travel(use, value, definition, quote, str(why)) from None
        self._use_builtins(name, text)
        fragment = Fragment(f"{name} = {text}\n", now=list(needs))
        fragment.fill = _filled(name, text, type(value))
        if type(value) in _EMPTY and needs:
            emptied = _EMPTY[type(value)](value)
            text = self._constants.expression(name, emptied, refer, needs.setdefault)
            fragment.empty = f"{name} = {text}\n"
        self._closure.fragments[name] = fragment

    def _use_builtins(self, by: str, text: str) -> None:
        """Make sure that the builtins which a constant calls are Python's own."""
        use, definition, namespace = self._wanted[by]
        for name in _CALLED:
            if f"{name}(" not in text:
                continue
            if name in namespace:
                value = self._closure.values[by]
                why = f"it needs Python's {name!r}, which is something else here"
                quote = self._closure.quote
                raise cannot_travel(use, value, definition, quote, why)
            use = Use(name, use.line, evaluated=True, read=True)
            self._closure.bind(use, definition, namespace)

    def _refer(self, value: Any, by: str, needs: dict[str, None]) -> str:
        """Make a class, function or module known that a constant holds."""
        use, definition, namespace = self._wanted[by]
        found = self._references_in(namespace).find(value)
        if found is None:
            name = getattr(value, "__qualname__", repr(value)[:40])
            raise NotPlainError(f"{name} is not known here by a name")
        use = Use(found.name, use.line, evaluated=True, read=True)
        if found.statement is not None:
            self._closure.provide(found.name, found.value, found.statement)
        elif found.name == by:
            raise NotPlainError("it holds itself")
        elif self._closure.bind(use, definition, namespace):
            needs[found.name] = None
        return found.name + found.path

    def _references_in(self, namespace: Mapping[str, Any]) -> References:
        key = id(namespace)  # which the references keep alive
        if key not in self._references:
            is_taken = self._closure.is_taken
            self._references[key] = References(namespace, is_taken)
        return self._references[key]


def _asks_for_subclasses(definition: Definition) -> bool:
    return "__subclasses__" in definition.text and any(
        "__subclasses__" in (getattr(node, "attr", ""), getattr(node, "value", ""))
        for node in ast.walk(definition.node)
    )


def _subclasses(base: type) -> list[type]:
    """Return the classes below one that were written here and have their names."""
    if is_importable(base.__module__):
        return []
    below: list[type] = type.__subclasses__(base)
    return [
        each
        for each in below
        if getattr(sys.modules.get(each.__module__), each.__name__, each) is each
    ]


def _module_of(namespace: Mapping[str, Any]) -> str:
    return str(namespace.get("__name__", "__main__"))


def _is_immutable(value: Any) -> bool:
    if isinstance(value, tuple | frozenset):
        return all(map(_is_immutable, value))
    return is_plain(value) or isinstance(value, enum.Enum)


_OWN = {"__name__", "__doc__", "__builtins__", "__debug__"}


class Closure:
    """Collects what an executor needs, name by name, until nothing is missing.

    Attributes:
        imports: Import statements by the name they bind.
        type_imports: Those that only type checkers run.
        fragments: Everything else, by name.
        notes: What a reader should know.
        values: What each name of the module stands for.
        quote: Returns a line of source without secrets in it.
    """

    def __init__(self, quote: Callable[[str], str]) -> None:
        self.imports: dict[str, str] = {}
        self.extra_imports: dict[str, None] = {}
        self.type_imports: dict[str, str] = {}
        self.fragments: dict[str, Fragment] = {}
        self.notes: dict[str, None] = {}
        self.values: dict[str, Any] = {}
        self._builtins: dict[str, str] = {}
        self._constants = ConstantFragments(self)
        self._imports_of: dict[str, WrittenImports] = {}
        self.quote = quote
        self._home = "__main__"
        self._namespace: Mapping[str, Any] = {}
        self._modules: dict[str, str] = {}
        self._changed: dict[str, set[str]] = {}
        self._assigned: set[str] = set()
        self._asking: list[Definition] = []
        self._todo: list[tuple[Fragment, Definition, Mapping[str, Any]]] = []

    def add_executor(
        self, definition: Definition, value: Any, namespace: Mapping[str, Any]
    ) -> str:
        """Add a definition and, transitively, all that it needs; return its name."""
        name = definition.name
        self._home = str(getattr(value, "__module__", "__main__"))
        self._namespace = namespace
        self._modules.setdefault(name, self._home)
        if self.values.setdefault(name, value) is not value:
            self._clash(name, definition)
        if name not in self.fragments:
            self._add_definition(name, definition, namespace)
        self._add_all()
        return name

    def add_expression(
        self, text: str, namespace: Mapping[str, Any], about: str
    ) -> list[str]:
        """Add all that an expression needs.

        Args:
            text: The expression.
            namespace: Where its names are looked up.
            about: What it is, for errors.

        Returns:
            The fragments that it uses itself.
        """
        source = f"class _:\n    _ = (\n{text}\n    )"
        node = cast("ast.ClassDef", ast.parse(source).body[0])
        unit = SourceUnit(about, tuple(source.splitlines(keepends=True)), is_cell=False)
        definition = Definition(about, node, unit, text, future=False)
        fragment = Fragment(text)
        self._home = str(namespace.get("__name__", "__main__"))
        self._namespace = namespace
        self._todo.append((fragment, definition, namespace))
        self._add_all()
        return fragment.now

    def provide(self, name: str, value: Any, statement: str) -> None:
        """Bind a name by an import that is known to the caller."""
        self.values[name] = value
        self.imports[name] = statement

    def _add_all(self) -> None:
        with looked_at_once():
            while self._todo:
                self._add_uses(*self._todo.pop())
        self._check_subclasses()

    def _check_subclasses(self) -> None:
        """Refuse to leave classes behind that the executor looks for."""
        classes = [each for each in self.values.values() if isinstance(each, type)]
        for base in classes if self._asking else ():
            others = [each for each in _subclasses(base) if each not in classes]
            if others:
                raise left_subclasses(self._asking[0], base, others)

    def _add_definition(
        self, name: str, definition: Definition, namespace: Mapping[str, Any]
    ) -> None:
        definition = without_task_class(definition, namespace)
        if definition.unit.is_outdated:
            self.notes[
                f"{definition.unit.place} was changed after it was loaded: what was "
                "loaded ships. Reload it to ship the new text."
            ] = None
        fragment = self.fragments[name] = Fragment(definition.text, definition)
        self._todo.append((fragment, definition, namespace))

    def _add_uses(
        self, fragment: Fragment, definition: Definition, namespace: Mapping[str, Any]
    ) -> None:
        try:
            uses = [*free_names(definition.node, future=definition.future).values()]
        except RecursionError as error:
            raise CaptureError(
                f"{definition.qualname} is nested too deeply."
            ) from error
        notes = dynamic(definition, uses, namespace)
        self.notes.update(dict.fromkeys(notes))
        if _asks_for_subclasses(definition):
            self._asking.append(definition)
        by_text = "globals" in definition.text and "globals" not in namespace
        for name, line in looked_up(definition.node) if by_text else ():
            if name in namespace and not is_shells_own(name, namespace[name]):
                uses.append(Use(name, line, evaluated=True, read=True))
        for use in uses:
            try:
                bound = self.bind(use, definition, namespace)
            except RecursionError as error:
                raise CaptureError(f"{use.name!r} is nested too deeply.") from error
            if bound and fragment is self.fragments.get(use.name) and use.now:
                raise older(use.name, definition.qualname)
            if bound:
                (fragment.now if use.now else fragment.later).append(use.name)

    def bind(
        self, use: Use, definition: Definition, namespace: Mapping[str, Any]
    ) -> bool:
        """Make a name known to the module; tell whether it is one of its fragments."""
        name = use.name
        if name in _OWN or use.is_mere_text_in(namespace):
            return False
        if name not in namespace or is_shells_own(name, namespace[name]):
            self._bind_missing(use, definition, namespace)
            return False
        value = namespace[name]
        if name in self.values:
            self._check_same(use, value, definition, namespace)
        else:
            self._check_shadow(name, definition)
            self.values[name] = value
            self._modules[name] = _module_of(namespace)
            self._bind_value(use, value, definition, namespace)
        if isinstance(value, types.ModuleType):
            check_module(name, use.chains, self._changed_with(definition))
            extra = submodule_imports(name, value, use.chains)
            self.extra_imports.update(dict.fromkeys(extra))
        if use.written:
            self._assigned.add(name)
            self.notes[
                f"{definition.qualname} assigns the global {name!r}: every container "
                "begins with the value it has now."
            ] = None
        return name in self.fragments

    def _bind_missing(
        self, use: Use, definition: Definition, namespace: Mapping[str, Any]
    ) -> None:
        name = use.name
        if name in BUILTIN:
            if name in self.values:
                self._clash(name, definition)
            self._builtins.setdefault(name, definition.qualname)
            return
        if use.written:  # made by the function itself, when it runs
            if name in self.values:
                self._clash(name, definition)
            self._builtins.setdefault(name, definition.qualname)
            return
        if not use.evaluated:
            is_home = _module_of(namespace) == self._home
            units = [definition.unit, *(self._cells() if is_home else ())]
            statement = type_checking_import(name, units)
            if statement is not None:
                self.type_imports[name] = statement
            return  # Python never looks it up
        raise undefined(use, definition, namespace, self.quote)

    def _check_same(
        self,
        use: Use,
        value: Any,
        definition: Definition,
        namespace: Mapping[str, Any],
    ) -> None:
        """Refuse one name for two things, and a variable that two modules have."""
        name, known = use.name, self.values[use.name]
        is_foreign = self._modules.get(name) != _module_of(namespace)
        if is_foreign and (use.written or name in self._assigned):
            self._clash(name, definition)
        if known is value:
            return
        fragment = self.fragments.get(name)
        is_constant = fragment is not None and fragment.definition is None
        is_equal = type(known) is type(value) and _is_immutable(value)
        if not is_constant or not is_equal or known != value:
            self._clash(name, definition)

    def _check_shadow(self, name: str, definition: Definition) -> None:
        if name in self._builtins:
            self._clash(name, definition)

    def _clash(self, name: str, definition: Definition) -> NoReturn:
        raise AuthoringError(
            f"The name {name!r} means two things: {definition.qualname} (in "
            f"{definition.unit.place}) and another part of the executor each use their "
            "own. Rename one of the two."
        )

    def _bind_value(
        self,
        use: Use,
        value: Any,
        definition: Definition,
        namespace: Mapping[str, Any],
    ) -> None:
        name = use.name
        if isinstance(value, types.ModuleType):
            statement = import_of_module(name, value)
            if statement is None or not is_importable(value.__name__):
                raise cannot_travel(use, value, definition, self.quote)
            self._import(name, statement, value, definition)
            return
        statement = import_of_object(name, value)
        if statement is not None:
            self._import(name, statement, value, definition)
            return
        if self._bind_written(use, value, definition):
            return
        if not is_plain(value):
            for imports in self._written_imports(definition):
                statement = imports.statement(name, value)
                if statement is not None:
                    self.imports[name] = statement
                    return
        self._constants.add(use, value, definition, namespace)

    def _import(
        self, name: str, statement: str, value: Any, definition: Definition
    ) -> None:
        if not isinstance(value, types.ModuleType):
            self._check_star(name, value, definition)
        self.imports[name] = statement

    def _check_star(self, name: str, value: Any, definition: Definition) -> None:
        for imports in self._written_imports(definition):
            if imports.statement(name, value) is not None:
                return
            module = imports.star(name, value)
            if module is not None:
                raise AuthoringError(
                    f"{definition.qualname} uses {name!r}, which came from `from "
                    f"{module} import *`. Import it by its name: `from {module} import "
                    f"{name}`."
                )

    def _bind_written(self, use: Use, value: Any, definition: Definition) -> bool:
        """Add what was written in a cell, script or local module."""
        found = self._written(use.name, value)
        if found is None:
            return False
        inner, made = found
        own = inner.name
        home = self._namespace_of(made)
        if own != use.name:
            if home.get(own) is not value:
                raise older(own, use.name)
            self.fragments[use.name] = Fragment(f"{use.name} = {own}\n", now=[own])
            if own not in self.values:
                self.values[own] = value
                self._add_checked(own, inner, made, value, home)
            elif self.values[own] is not value:
                self._clash(own, definition)
        else:
            self._add_checked(own, inner, made, value, home)
        return True

    def _written(self, name: str, value: Any) -> tuple[Definition, Any] | None:
        if is_alias(value):
            found = alias_definition(value)
            return None if found is None else (found, value)
        try:
            return written_definition(name, value)
        except SourceError:
            if is_called_class(value):
                return None
            raise

    def _add_checked(
        self,
        name: str,
        definition: Definition,
        made: Any,
        value: Any,
        namespace: Mapping[str, Any],
    ) -> None:
        drift = check_drift(definition, made, value, namespace)
        self.notes.update(dict.fromkeys(drift.notes))
        self._add_definition(name, definition, namespace)
        for attribute in drift.attributes:
            self._constants.add_attribute(name, attribute, definition, namespace)
        if is_dispatching(value):
            self._add_cases(name, value)

    def _add_cases(self, name: str, value: Any) -> None:
        """Add what was registered with a function: it needs that when it is called."""
        for number, (case, made) in enumerate(cases(name, value)):
            space = self._namespace_of(made)
            key = case.name if space.get(case.name) is made else f"{name} {number}"
            if key not in self.values:
                self.values[key] = made
                self._add_definition(key, case, space)
            self.fragments[name].later.append(key)

    def _namespace_of(self, made: Any) -> Mapping[str, Any]:
        """Return where the names of a function or class are looked up: its module."""
        is_home = made.__module__ == self._home
        return self._namespace if is_home else globals_of(made)

    def is_taken(self, name: str, value: Any) -> bool:
        """Tell whether the module uses a name for something else."""
        return self.values.get(name, value) is not value or name in self._builtins

    def _written_imports(self, definition: Definition) -> Iterator[WrittenImports]:
        """Yield what the unit of a definition imports, then what other cells do."""
        unit = definition.unit
        if unit.name not in self._imports_of:
            self._imports_of[unit.name] = WrittenImports([unit])
        yield self._imports_of[unit.name]
        if self._home == "__main__":
            if "" not in self._imports_of:
                self._imports_of[""] = WrittenImports(self._cells())
            yield self._imports_of[""]

    def _changed_with(self, definition: Definition) -> set[str]:
        """Return the dotted names that the cells, or a definition's file, set."""
        unit = definition.unit
        key = "" if unit.is_cell else unit.name
        if key not in self._changed:
            units = (unit, *self._cells()) if unit.is_cell else (unit,)
            self._changed[key] = changed_places(units)
        return self._changed[key]

    def _cells(self) -> tuple[SourceUnit, ...]:
        return cells().units if self._home == "__main__" else ()
