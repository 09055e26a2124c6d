"""Everything a definition needs, found in the namespace where it was defined."""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, cast

from kit.errors import AuthoringError, CaptureError, SourceError
from kit.source.as_defined import check_as_defined
from kit.source.called_classes import is_called_class
from kit.source.cell_source import Definition
from kit.source.cells import cells, looked_at_once
from kit.source.constant_parts import ConstantParts
from kit.source.dispatch import cases, is_dispatching
from kit.source.free_names import Use, free_names
from kit.source.import_statements import (
    import_of_module,
    import_of_object,
    type_checking_import,
)
from kit.source.importable import is_importable
from kit.source.literals import is_plain
from kit.source.pages import Page
from kit.source.part import Part
from kit.source.refusals import cannot_travel, dynamic, older, undefined
from kit.source.root import without_kit
from kit.source.shell_names import BUILTIN, is_shells_own
from kit.source.submodules import submodule_imports
from kit.source.type_aliases import alias_definition, is_alias
from kit.source.unwrap import written_definition
from kit.source.written_imports import WrittenImports

__all__ = ["Closure"]

_OWN = {"__name__", "__doc__", "__builtins__", "__debug__"}


class Closure:
    """Collects what an executor needs, name by name, until nothing is missing.

    Attributes:
        imports: Import statements by the name they bind.
        type_imports: Those that only type checkers run.
        parts: Everything else, by name.
        notes: What a reader should know.
        values: What each name of the module stands for.
        quote: Returns a line of source without secrets in it.
    """

    def __init__(self, quote: Callable[[str], str]) -> None:
        self.imports: dict[str, str] = {}
        self.extra_imports: dict[str, None] = {}
        self.type_imports: dict[str, str] = {}
        self.parts: dict[str, Part] = {}
        self.notes: dict[str, None] = {}
        self.values: dict[str, Any] = {}
        self._builtins: dict[str, str] = {}
        self._constants = ConstantParts(self)
        self._imports_of: dict[str, WrittenImports] = {}
        self.quote = quote
        self._home = "__main__"
        self._todo: list[tuple[Part, Definition, Mapping[str, Any]]] = []

    def add_executor(
        self, definition: Definition, value: Any, namespace: Mapping[str, Any]
    ) -> str:
        """Add a definition and, transitively, all that it needs; return its name."""
        name = definition.name
        self._home = str(getattr(value, "__module__", "__main__"))
        if self.values.setdefault(name, value) is not value:
            self._clash(name, definition)
        if name not in self.parts:
            self._add_definition(name, without_kit(definition, namespace), namespace)
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
            The parts that it uses itself.
        """
        source = f"class _:\n    _ = (\n{text}\n    )"
        node = cast("ast.ClassDef", ast.parse(source).body[0])
        page = Page(about, tuple(source.splitlines(keepends=True)), is_cell=False)
        definition = Definition(about, node, page, text, future=False)
        part = Part(text)
        self._home = str(namespace.get("__name__", "__main__"))
        self._todo.append((part, definition, namespace))
        self._add_all()
        return part.now

    def provide(self, name: str, value: Any, statement: str) -> None:
        """Bind a name by an import that is known to the caller."""
        self.values[name] = value
        self.imports[name] = statement

    def _add_all(self) -> None:
        with looked_at_once():
            while self._todo:
                self._add_uses(*self._todo.pop())

    def _add_definition(
        self, name: str, definition: Definition, namespace: Mapping[str, Any]
    ) -> None:
        part = self.parts[name] = Part(definition.text, definition)
        self._todo.append((part, definition, namespace))

    def _add_uses(
        self, part: Part, definition: Definition, namespace: Mapping[str, Any]
    ) -> None:
        for use in free_names(definition.node, future=definition.future).values():
            try:
                bound = self.bind(use, definition, namespace)
            except RecursionError as error:
                raise CaptureError(f"{use.name!r} is nested too deeply.") from error
            if bound and part is self.parts.get(use.name) and use.now:
                raise older(use.name, definition.qualname)
            if bound:
                (part.now if use.now else part.later).append(use.name)

    def bind(
        self, use: Use, definition: Definition, namespace: Mapping[str, Any]
    ) -> bool:
        """Make a name known to the module; tell whether it is one of its parts."""
        name = use.name
        if name in _OWN or use.is_mere_text_in(namespace):
            return False
        if name not in namespace or is_shells_own(name, namespace[name]):
            self._bind_missing(use, definition, namespace)
            return False
        value = namespace[name]
        if name in self.values:
            self._check_same(name, value, definition)
        else:
            self._check_shadow(name, definition)
            self.values[name] = value
            self._bind_value(use, value, definition, namespace)
        if isinstance(value, types.ModuleType):
            extra = submodule_imports(name, value, use.chains)
            self.extra_imports.update(dict.fromkeys(extra))
        if use.written:
            self.notes[
                f"{definition.qualname} assigns the global {name!r}: every container "
                "begins with the value it has now."
            ] = None
        return name in self.parts

    def _bind_missing(
        self, use: Use, definition: Definition, namespace: Mapping[str, Any]
    ) -> None:
        name = use.name
        if name in BUILTIN:
            if name in self.values:
                self._clash(name, definition)
            self._builtins.setdefault(name, definition.qualname)
            self.notes.update(dict.fromkeys(dynamic(name, definition)))
            return
        if use.written:
            return  # made by the function itself, when it runs
        if not use.evaluated:
            pages = [definition.page, *self._cells()]
            statement = type_checking_import(name, pages)
            if statement is not None:
                self.type_imports[name] = statement
                return
        raise undefined(use, definition, namespace, self.quote)

    def _check_same(self, name: str, value: Any, definition: Definition) -> None:
        known = self.values[name]
        if known is value or name in self.imports:
            if known is not value:
                self._clash(name, definition)
            return
        plain = name in self.parts and self.parts[name].definition is None
        if not plain or type(known) is not type(value) or known != value:
            self._clash(name, definition)

    def _check_shadow(self, name: str, definition: Definition) -> None:
        if name in self._builtins:
            self._clash(name, definition)

    def _clash(self, name: str, definition: Definition) -> NoReturn:
        raise AuthoringError(
            f"The name {name!r} means two things: {definition.qualname} (in "
            f"{definition.page.place}) and another part of the executor each use their "
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
        if self._bind_written(use, value, definition, namespace):
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

    def _bind_written(
        self,
        use: Use,
        value: Any,
        definition: Definition,
        namespace: Mapping[str, Any],
    ) -> bool:
        """Add what was written in a cell, script or local module."""
        found = self._written(use.name, value, definition)
        if found is None:
            return False
        inner, made = found
        own = inner.name
        home = getattr(made, "__globals__", None)
        home = namespace if home is None or made.__module__ == self._home else home
        if own != use.name:
            if home.get(own) is not value:
                raise older(own, use.name)
            self.parts[use.name] = Part(f"{use.name} = {own}\n", now=[own])
            if own not in self.values:
                self.values[own] = value
                self._add_checked(own, inner, made, value, home)
            elif self.values[own] is not value:
                self._clash(own, definition)
        else:
            self._add_checked(own, inner, made, value, home)
        return True

    def _written(
        self, name: str, value: Any, definition: Definition
    ) -> tuple[Definition, Any] | None:
        if is_alias(value):
            found = alias_definition(value, [definition.page, *self._cells()])
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
        notes = check_as_defined(definition, made, value, namespace)
        self.notes.update(dict.fromkeys(notes))
        self._add_definition(name, definition, namespace)
        if is_dispatching(value):
            self._add_cases(name, value)

    def _add_cases(self, name: str, value: Any) -> None:
        """Add what was registered with a function: it needs that when it is called."""
        for number, (case, made) in enumerate(cases(name, value)):
            space = made.__globals__
            key = case.name if space.get(case.name) is made else f"{name} {number}"
            if key not in self.values:
                self.values[key] = made
                self._add_definition(key, case, space)
            self.parts[name].later.append(key)

    def is_taken(self, name: str, value: Any) -> bool:
        """Tell whether the module uses a name for something else."""
        return self.values.get(name, value) is not value or name in self._builtins

    def _written_imports(self, definition: Definition) -> Iterator[WrittenImports]:
        """Yield what the page of a definition imports, then what other cells do."""
        page = definition.page
        if page.name not in self._imports_of:
            self._imports_of[page.name] = WrittenImports([page])
        yield self._imports_of[page.name]
        if self._home == "__main__":
            if "" not in self._imports_of:
                self._imports_of[""] = WrittenImports(self._cells())
            yield self._imports_of[""]

    def _cells(self) -> tuple[Page, ...]:
        return cells().pages if self._home == "__main__" else ()
