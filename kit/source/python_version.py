"""The Python that source needs, and the one that an image has."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TypeAlias

from kit.errors import ShippingError

Version: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Need:
    """What of some source needs a newer Python.

    Attributes:
        version: The first Python that has it.
        line: Its line.
        what: What it is.
    """

    version: Version
    line: int
    what: str


def check_python(source: str, image: str, who: str) -> None:
    """Refuse source that an image's Python does not understand.

    Args:
        source: A module's.
        image: The image's name, of which the version is known or not.
        who: Whose source it is, to begin the error with.

    Raises:
        ShippingError: With the line, what it needs, and what the image has.
    """
    has = python_of_image(image)
    need = minimum_python(source) if has is not None else None
    if has is None or need is None or need.version <= has:
        return
    line = source.splitlines()[need.line - 1].strip()
    newer = _text(need.version)
    raise ShippingError(
        f"{who} needs Python {newer}, because of {need.what} in line {need.line} of "
        f"its source: `{line}`. The image {image!r} has Python {_text(has)}, according "
        f"to its name. Use an image with Python {newer}, or write the line without it."
    )


def python_of_image(image: str) -> Version | None:
    """Return the Python that an image's name shows, or None when it does not.

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


# As images of Flyte, Jupyter, uv and clouds call it: py3.10, python-3.11, py312.
_IN_TAG = r"(?<![a-z0-9])py(?:thon)?-?3\.?([0-9]{1,2})(?![0-9])"
_OLDEST_MINOR = 6  # py3.1 and py31 are rather versions of something else


def _text(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


@functools.lru_cache(maxsize=64)
def minimum_python(source: str) -> Need | None:
    """Return what of a module needs the newest Python; None if nothing is known.

    Names of the standard library, and most syntax, are known to vermin. Without it
    only the syntax that it does not see is found.

    >>> minimum_python("from enum import StrEnum")
    Need(version=(3, 11), line=1, what='enum.StrEnum')
    """
    needs = [*_syntax(ast.parse(source))]
    if find_spec("vermin") is not None:
        needs += _by_vermin(source)
    return max(needs, key=lambda need: (need.version, -need.line), default=None)


_FINDING = re.compile(r"[^:]*:(\d+):\d*:[^:]*:!?3\.(\d+):(.*)")
_NAME = re.compile(r"'(.+)' (?:module|member)")


def _by_vermin(source: str) -> Iterator[Need]:
    """Read vermin's lines for machines: file, line, column, versions 2 and 3, what."""
    import vermin  # only where it is installed

    config = vermin.Config()
    config.set_format(vermin.formats.ParsableFormat())
    found = vermin.visit(source, config=config)
    for line in found.output_text().splitlines():
        match = _FINDING.fullmatch(line)
        if match is not None:
            name = _NAME.match(match[3])
            what = name[1] if name is not None else match[3].partition(" require")[0]
            yield Need((3, int(match[2])), int(match[1]), what)


def _syntax(tree: ast.Module) -> Iterator[Need]:
    """Yield syntax that vermin (1.9) does not see."""
    for node in ast.walk(tree):
        kind = type(node).__name__
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Subscript) and _is_starred(node.slice):
            yield Need((3, 11), line, "a star in an index")
        elif isinstance(getattr(node, "annotation", None), ast.Starred):
            yield Need((3, 11), line, "a star before an annotation")
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
