"""Decide how an executor reaches its container: as a module, or inside the template.

A module is better where it is sure: it is read, tested and versioned with the image.
It is sure unless the notebook made it: what was defined in a cell or a script lives in
``__main__``, and a module in a folder that only the notebook looks into is on no other
machine.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from kit.definition.shipment import (
    DEFAULT_INLINE_LIMIT,
    IMPORTABLE,
    INLINE_EXECUTOR,
    INLINE_KEY,
    Exported,
    Ship,
    Shipment,
    module_shipment,
)
from kit.errors import AuthoringError, ExecutorError, ShippingError

if TYPE_CHECKING:
    from kit.source.module import ModuleSource

EXECUTOR_MODULE = "__kit_executor_module__"
"""What a module has that its author wants to be one, though a notebook made it."""


@dataclass(frozen=True, kw_only=True)
class Shipping:
    """What decides on the way of one executor.

    Attributes:
        executor: Its class, or the function that it is.
        location: Its dotted name.
        problem: Why no other process finds it under that name, if so.
        task: The task's name, for errors.
        ship: The way that its author chose, if any.
        limit: Bytes of source that the template may hold.
        exported: The module that it was written to, if it was.
        image: The image it is for, as far as its name is known.
        secrets: Returns values that must not stand in the source.
    """

    executor: type[Any] | Callable[..., Any]
    location: str
    task: str
    problem: str | None = None
    ship: Ship | None = None
    limit: int = DEFAULT_INLINE_LIMIT
    exported: Exported | None = None
    image: str = ""
    secrets: Callable[[], Iterable[str]] = tuple

    def shipment(self) -> Shipment:
        """Return the way, and what it needs.

        Raises:
            ExecutorError: It can go neither way, or not the one that was chosen.
            AuthoringError: Its source cannot leave the place where it was written.
        """
        if self.ship == "inline":
            return self._inline("ship='inline' says so")
        if self.ship == "export":
            return self._export()
        if self.problem is None:
            if hasattr(sys.modules.get(self.executor.__module__), EXECUTOR_MODULE):
                return module_shipment(self.location, "%%executor_module says so")
            only_here = self._only_here()
            if only_here is not None:
                return self._inline(only_here)
            return module_shipment(self.location, IMPORTABLE)
        if self.ship is None:
            return self._inline(self.problem)
        msg = (
            f"{self._who} cannot ship as a module: "
            f"{self.problem}. Leave ship out to send its source, or move it to the top "
            "level of a module of the image."
        )
        raise ShippingError(msg)

    @property
    def _who(self) -> str:
        location = self.location.removesuffix(".executor_type")  # of a function
        return f"The executor {location} of task {self.task!r}"

    def _only_here(self) -> str | None:
        """Say why only this notebook can import its module, as half a sentence."""
        from kit.source.literals import is_importable

        module = self.executor.__module__
        if is_importable(module):
            return None
        file = getattr(sys.modules.get(module), "__file__", None)
        if file is not None and Path(file).resolve().is_relative_to(Path.cwd()):
            return f"{module} is a file beside the notebook"
        return f"{module} is not installed, and only this notebook finds it"

    def _inline(self, why: str) -> Shipment:
        source = self._source(f"ships inline, for {why}")
        self._check_size(len(source.text.encode()))
        from kit.inline import inline_document

        document = inline_document(source.name, source.executor, source.text)
        return Shipment("inline", INLINE_EXECUTOR, why, document, source.notes)

    def _export(self) -> Shipment:
        """Ship the module that was written, if it still is what the executor is."""
        exported = self.exported
        if exported is None:
            msg = (
                f"{self._who} ships as the module that an export writes, for "
                "ship='export' says so, and it was not exported in this session. Call "
                'kit.export(task, "…/") first.'
            )
            raise ShippingError(msg)
        source = self._source("ships as an exported module")
        if source.digest != exported.digest:
            msg = (
                f"{self._who} changed since it was exported to {exported.path}, and "
                "the container would run what is there. Export it again: "
                f"kit.export(task, {exported.path!r}, overwrite=True)."
            )
            raise ShippingError(msg)
        why = f"it was exported to {exported.path}"
        return Shipment("export", exported.location, why, notes=source.notes)

    def _source(self, how: str) -> ModuleSource:
        # Only what needs its source waits for the tools that read it.
        from kit.source.module import self_contained

        try:
            source = self_contained(self.executor, forbidden=self.secrets())
        except AuthoringError as error:
            raise self._stuck(how, error) from error
        check_python(source.text, self.image, self._who)
        return source

    def _stuck(self, how: str, error: AuthoringError) -> ExecutorError | AuthoringError:
        """Say why its source is needed, and why it cannot travel; of the same class."""
        text = f"{self._who} {how}; but its source cannot travel. {error}"
        if "<locals>" not in self.executor.__qualname__:
            return type(error)(text)
        kind = "class" if isinstance(self.executor, type) else "function"
        return ShippingError(f"{text} Move the {kind} to the top level of its module.")

    def _check_size(self, size: int) -> None:
        if size <= self.limit:
            return
        msg = (
            f"{self._who} has {size:,} bytes of source, and a template takes "
            f"{self.limit:,} of them under custom[{INLINE_KEY!r}]: Flyte reads it "
            f"often. Put the code into a module of the image (ship='module'), or say "
            f"inline_limit={size} for task {self.task!r}."
        )
        raise ShippingError(msg)


_NEW_IN_11 = {
    "asyncio": "Barrier Runner TaskGroup Timeout timeout timeout_at",
    "contextlib": "chdir",
    "datetime": "UTC",
    "enum": "EnumCheck FlagBoundary ReprEnum StrEnum member nonmember property verify",
    "hashlib": "file_digest",
    "http": "HTTPMethod",
    "logging": "getLevelNamesMapping",
    "math": "cbrt exp2",
    "operator": "call",
    "typing": "LiteralString Never NotRequired Required Self TypeVarTuple Unpack "
    "assert_never assert_type clear_overloads dataclass_transform get_overloads "
    "reveal_type",
}
_NEW_IN_12 = {
    "calendar": "Day Month",
    "collections.abc": "Buffer",
    "itertools": "batched",
    "math": "sumprod",
    "random": "binomialvariate",
    "types": "get_original_bases",
    "typing": "TypeAliasType override",
}
_NEW_IN_13 = {
    "copy": "replace",
    "math": "fma",
    "os": "process_cpu_count",
    "typing": "NoDefault ReadOnly TypeIs get_protocol_members is_protocol",
    "warnings": "deprecated",
}
_MODULES = {"tomllib": (3, 11), "wsgiref.types": (3, 11), "dbm.sqlite3": (3, 13)}


def _by_name() -> dict[str, tuple[int, int]]:
    found = dict(_MODULES)
    for minor, names in ((11, _NEW_IN_11), (12, _NEW_IN_12), (13, _NEW_IN_13)):
        for module, listed in names.items():
            found.update({f"{module}.{name}": (3, minor) for name in listed.split()})
    return found


_FIRST = _by_name()


def first_version(name: str) -> tuple[int, int] | None:
    """Return the first Python that has a module, or a module's name, from 3.11 on.

    >>> first_version("datetime.UTC"), first_version("math.sqrt")
    ((3, 11), None)
    """
    return _FIRST.get(name)


Version: TypeAlias = tuple[int, int]

# As images of Flyte, Jupyter, uv and clouds call it: py3.10, python-3.11, py312.
_IN_TAG = r"(?<![a-z0-9])py(?:thon)?-?3\.?([0-9]{1,2})(?![0-9])"
_OLDEST_MINOR = 6  # py3.1 and py31 are rather versions of something else


@dataclass(frozen=True)
class Need:
    """What of some source needs a newer Python.

    Attributes:
        version: The first Python that has it.
        line: Where it stands.
        what: What it is.
    """

    version: Version
    line: int
    what: str


def python_of_image(image: str) -> Version | None:
    """Return the Python that an image's name tells, or None when it does not.

    The official images are called ``python:3.12-slim``; others have it in their tag or
    their name, as ``flytekit:py3.10-1.16`` and ``base-notebook:python-3.11``.

    >>> python_of_image("cr.flyte.org/flyteorg/flytekit:py3.10-latest")
    (3, 10)
    >>> python_of_image("acme/model:3.10")
    """
    name, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
    official = re.match(r"3\.([0-9]{1,2})(?![0-9])", tag) if name == "python" else None
    for found in (official, re.search(_IN_TAG, tag), re.search(_IN_TAG, name)):
        if found is not None and int(found[1]) >= _OLDEST_MINOR:
            return 3, int(found[1])
    return None


def check_python(source: str, image: str, who: str) -> None:
    """Refuse source that an image's Python does not understand.

    Args:
        source: A module's.
        image: The image's name, of which the version is known or not.
        who: Whose source it is, to begin the error with.

    Raises:
        ShippingError: Saying the line, what it needs, and what the image has.
    """
    has = python_of_image(image)
    need = minimum_python(source) if has is not None else None
    if has is None or need is None or need.version <= has:
        return
    line = source.splitlines()[need.line - 1].strip()
    newer = _text(need.version)
    raise ShippingError(
        f"{who} needs Python {newer}, for {need.what} in line {need.line} of its "
        f"source: `{line}`. The image {image!r} has Python {_text(has)}, as its name "
        f"says. Take an image with Python {newer}, or write the line without it."
    )


def _text(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def minimum_python(source: str) -> Need | None:
    """Return what of a module needs the newest Python, from 3.11 on; None if nothing.

    It knows syntax, and the newer names of the standard library that a module imports.

    >>> minimum_python("from enum import StrEnum")
    Need(version=(3, 11), line=1, what='enum.StrEnum')
    """
    tree = ast.parse(source)
    needs = [*_syntax(tree), *_names(tree)]
    if sys.version_info >= (3, 12):
        needs += _format_strings(source)
    return max(needs, key=lambda need: (need.version, -need.line), default=None)


def _syntax(tree: ast.Module) -> Iterator[Need]:
    for node in ast.walk(tree):
        kind = type(node).__name__
        line = getattr(node, "lineno", 0)
        if kind == "TryStar":
            yield Need((3, 11), line, "except*")
        elif isinstance(node, ast.Subscript) and _is_starred(node.slice):
            yield Need((3, 11), line, "a star in an index")
        elif isinstance(getattr(node, "annotation", None), ast.Starred):
            yield Need((3, 11), line, "a star before an annotation")
        elif kind == "TypeAlias":
            yield Need((3, 12), line, "a `type` statement")
        elif kind in {"TypeVar", "ParamSpec", "TypeVarTuple"}:
            yield Need((3, 12), line, "type parameters in brackets")
            if getattr(node, "default_value", None) is not None:
                yield Need((3, 13), line, "a default of a type parameter")
        elif kind == "TemplateStr":
            yield Need((3, 14), line, "a template string")


def _is_starred(index: ast.expr) -> bool:
    """Tell whether an index has a star outside of parentheses of its own."""
    if not isinstance(index, ast.Tuple) or not index.elts:
        return False
    begins = (index.lineno, index.col_offset)
    is_bare = begins == (index.elts[0].lineno, index.elts[0].col_offset)
    return is_bare and any(isinstance(item, ast.Starred) for item in index.elts)


def _names(tree: ast.Module) -> Iterator[Need]:
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                modules[alias.asname or alias.name] = alias.name
                yield from _need(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from _need(node.module, node.lineno)
            for alias in node.names:
                yield from _need(f"{node.module}.{alias.name}", node.lineno)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = modules.get(node.value.id)
            if module is not None:
                yield from _need(f"{module}.{node.attr}", node.lineno)


def _need(name: str, line: int) -> Iterator[Need]:
    version = first_version(name)
    if version is not None:
        yield Need(version, line, name)


def _format_strings(source: str) -> Iterator[Need]:
    """Yield what Python 3.12 first allowed between the braces of an f-string.

    Its own quote, a backslash, a comment, or a line end where it has single quotes.
    """
    quotes: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "FSTRING_END":
            quotes.pop()
        elif quotes and kind != "FSTRING_MIDDLE":
            text = token.string
            clashes = any(quote in text for quote in quotes) or "\\" in text
            ends = kind == "NL" and any(len(quote) == 1 for quote in quotes)
            if clashes or ends or kind == "COMMENT":
                yield Need((3, 12), token.start[0], "what its f-string holds in braces")
        if kind == "FSTRING_START":
            quotes.append(token.string.lstrip("fFrR"))
