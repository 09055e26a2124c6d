"""Everything a definition needs, found in the namespace where it was defined."""

from __future__ import annotations

import ast
import builtins
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

from kit.errors import AuthoringError, CaptureError
from kit.source.cell_source import Definition
from kit.source.free_names import Use, free_names
from kit.source.import_statements import (
    import_as_written,
    import_of_module,
    import_of_object,
    star_imports,
    type_checking_import,
)
from kit.source.importable import is_importable
from kit.source.literals import NotPlainError, literal
from kit.source.pages import Page, cell_pages
from kit.source.refusals import cannot_travel, check_as_defined, undefined
from kit.source.root import without_kit
from kit.source.submodules import submodule_imports
from kit.source.unwrap import written_definition

__all__ = ["Closure", "Part"]

_OWN = {"__name__", "__doc__", "__builtins__", "__debug__"}
_SHELL = {"get_ipython", "display", "__IPYTHON__"}
_BUILTIN = {name for name in vars(builtins) if name not in _SHELL}
_MUTABLE = (list, dict, set)


@dataclass
class Part:
    """One statement of the module: a definition, a constant or another name for one.

    Attributes:
        text: Its source.
        definition: Where it is written; None for constants.
        now: The names it needs while it is made.
        later: The names it needs when it is called.
    """

    text: str
    definition: Definition | None = None
    now: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)


class Closure:
    """Collects what an executor needs, name by name, until nothing is missing.

    Attributes:
        imports: Import statements by the name they bind.
        type_imports: Those that only type checkers run.
        parts: Everything else, by name.
        notes: What a reader should know.
    """

    def __init__(self, quote: Callable[[str], str]) -> None:
        self.imports: dict[str, str] = {}
        self.extra_imports: dict[str, None] = {}
        self.type_imports: dict[str, str] = {}
        self.parts: dict[str, Part] = {}
        self.notes: dict[str, None] = {}
        self._values: dict[str, Any] = {}
        self._builtins: dict[str, str] = {}
        self._mutable: dict[int, str] = {}
        self._quote = quote
        self._home = "__main__"
        self._todo: list[tuple[Part, Definition, Mapping[str, Any]]] = []

    def add_executor(
        self, definition: Definition, value: Any, namespace: Mapping[str, Any]
    ) -> str:
        """Add a definition and, transitively, all that it needs; return its name."""
        name = definition.node.name
        self._home = str(getattr(value, "__module__", "__main__"))
        if self._values.setdefault(name, value) is not value:
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
        self._todo.append((part, definition, namespace))
        self._add_all()
        return part.now

    def provide(self, name: str, value: Any, statement: str) -> None:
        """Bind a name by an import that is known to the caller."""
        self._values[name] = value
        self.imports[name] = statement

    def _add_all(self) -> None:
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
                bound = self._bind(use, definition, namespace)
            except RecursionError as error:
                raise CaptureError(f"{use.name!r} is nested too deeply.") from error
            if bound:
                (part.now if use.now else part.later).append(use.name)

    def _bind(
        self, use: Use, definition: Definition, namespace: Mapping[str, Any]
    ) -> bool:
        """Make a name known to the module; tell whether it is one of its parts."""
        name = use.name
        if name in _OWN:
            return False
        if name not in namespace or name == "get_ipython":
            self._bind_missing(use, definition, namespace)
            return False
        value = namespace[name]
        if name in self._values:
            self._check_same(name, value, definition)
        else:
            self._check_shadow(name, definition)
            self._values[name] = value
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
        if name in _BUILTIN:
            if name in self._values:
                self._clash(name, definition)
            self._builtins.setdefault(name, definition.qualname)
            return
        if use.written:
            return  # made by the function itself, when it runs
        if not use.evaluated:
            pages = [definition.page, *self._cells()]
            statement = type_checking_import(name, pages)
            if statement is not None:
                self.type_imports[name] = statement
                return
        raise undefined(use, definition, namespace, self._quote)

    def _check_same(self, name: str, value: Any, definition: Definition) -> None:
        known = self._values[name]
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
                raise cannot_travel(use, value, definition, self._quote)
            self._import(name, statement, value, definition)
            return
        statement = import_of_object(name, value)
        if statement is not None:
            self._import(name, statement, value, definition)
            return
        if self._bind_written(use, value, definition, namespace):
            return
        statement = import_as_written(name, value, [definition.page, *self._cells()])
        if statement is not None and not _is_plain(value):
            self.imports[name] = statement
            return
        self._bind_constant(use, value, definition, namespace)

    def _import(
        self, name: str, statement: str, value: Any, definition: Definition
    ) -> None:
        if not isinstance(value, types.ModuleType):
            self._check_star(name, value, definition)
        self.imports[name] = statement

    def _check_star(self, name: str, value: Any, definition: Definition) -> None:
        pages = [definition.page, *self._cells()]
        for module in star_imports(pages):
            if import_as_written(name, value, pages) is None:
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
        found = written_definition(use.name, value)
        if found is None:
            return False
        inner, made = found
        own = inner.node.name
        home = getattr(made, "__globals__", None)
        home = namespace if home is None or made.__module__ == self._home else home
        if own != use.name:
            if home.get(own) is not value:
                raise cannot_travel(use, value, definition, self._quote)
            self.parts[use.name] = Part(f"{use.name} = {own}\n", now=[own])
            if own not in self._values:
                self._values[own] = value
                self._add_checked(own, inner, made, value, home)
            elif self._values[own] is not value:
                self._clash(own, definition)
        else:
            self._add_checked(own, inner, made, value, home)
        return True

    def _add_checked(
        self,
        name: str,
        definition: Definition,
        made: Any,
        value: Any,
        namespace: Mapping[str, Any],
    ) -> None:
        check_as_defined(definition, made, value, namespace)
        self._add_definition(name, definition, namespace)

    def _bind_constant(
        self,
        use: Use,
        value: Any,
        definition: Definition,
        namespace: Mapping[str, Any],
    ) -> None:
        name = use.name
        if isinstance(value, _MUTABLE):  # two names of one list stay so
            other = self._mutable.setdefault(id(value), name)
            if other != name:
                self.parts[name] = Part(f"{name} = {other}\n", now=[other])
                return
        needs: list[str] = []

        def class_name(cls: type) -> str:
            own = cls.__name__
            if namespace.get(own) is not cls:
                raise NotPlainError(f"its class {cls.__qualname__} is not known here")
            if own not in needs and self._bind(
                Use(own, use.line, evaluated=True, read=True), definition, namespace
            ):
                needs.append(own)
            return own

        try:
            text = literal(value, class_name)
        except NotPlainError as why:
            error = cannot_travel(use, value, definition, self._quote, str(why))
            raise error from None
        self.parts[name] = Part(f"{name} = {text}\n", now=needs)

    def _cells(self) -> list[Page]:
        return list(cell_pages()) if self._home == "__main__" else []


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(
        value, bool | int | float | complex | str | bytes
    )
