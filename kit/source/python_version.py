"""Which Python an image has, as far as its name says, and which one source needs."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from kit.errors import ShippingError
from kit.source.newer_names import first_version

__all__ = ["Need", "check_python", "minimum_python", "python_of_image"]

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
