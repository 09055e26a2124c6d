"""Pages of source: the cells and files that definitions stand in."""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import inspect
import io
import linecache
import re
import sys
import types
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias


def dedented(lines: Sequence[str], node: ast.stmt, first: int) -> str:
    r"""Return the lines of a statement without the indentation of their block.

    Lines that begin inside a string are its text, and stay as they are.

    Args:
        lines: The statement's lines with their ends.
        node: The statement.
        first: The number that its nodes give the first of those lines.

    >>> node = ast.parse("if 1:\n  def f():\n    return '''\n    a'''").body[0].body[0]
    >>> dedented(["  def f():\n", "    return '''\n", "    a'''\n"], node, 2)
    "def f():\n  return '''\n    a'''\n"
    """
    width = node.col_offset
    text = _lines_inside_text(node) if width else set()
    return (
        "".join(
            line[width:] if number not in text and line[:width].isspace() else line
            for number, line in enumerate(lines, first)
        ).rstrip()
        + "\n"
    )


def _lines_inside_text(node: ast.stmt) -> set[int]:
    inside: set[int] = set()
    for item in ast.walk(node):
        is_text = isinstance(item, ast.Constant) and isinstance(item.value, str | bytes)
        if is_text or isinstance(item, ast.JoinedStr):
            last = getattr(item, "end_lineno", None) or 0
            inside.update(range(getattr(item, "lineno", 0) + 1, last + 1))
    return inside


DefinitionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_NODES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LOCALS = "<locals>"
_UNITS: dict[str, SourceUnit] = {}
_ENTRIES: dict[str, object] = {}
_EXACT: dict[str, str] = {}
_ODD_ENDS = r"[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"


CELL_OF: weakref.WeakKeyDictionary[type, str | None] = weakref.WeakKeyDictionary()
"""The text of the cell that each class was made by; None where it is not known."""


@dataclass(frozen=True, eq=False)
class SourceUnit:
    """A cell, as Python ran it (magics turned into calls), or a file.

    Attributes:
        name: The file's name, or the one that IPython gave the cell.
        lines: Its lines with their ends.
        is_cell: Whether it is a cell, or a line typed into a shell.
    """

    name: str
    lines: tuple[str, ...] = field(repr=False)
    is_cell: bool

    @property
    def place(self) -> str:
        """What to call it: cells have no name that stays when they run again."""
        if self.is_cell:
            return "a notebook cell"
        return self.name.replace("\\", "/").rpartition("/")[2]

    @property
    def is_outdated(self) -> bool:
        """Whether it is a file that was changed after it was loaded."""
        if self.is_cell:
            return False
        now = unit_of(self.name)
        return now is not None and now.lines != self.lines

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree; an empty one when it is no Python of this version."""
        try:
            return ast.parse("".join(self.lines))
        except (SyntaxError, ValueError):
            return ast.Module(body=[], type_ignores=[])

    @cached_property
    def definitions(self) -> Mapping[str, list[DefinitionNode]]:
        """Every definition by its qualified name, in the unit's order."""
        found: dict[str, list[DefinitionNode]] = {}
        for path, node in _definitions(self.tree.body, ()):
            found.setdefault(".".join(path), []).append(node)
        return found

    @cached_property
    def from_imports(self) -> list[ast.ImportFrom]:
        """Its ``from ... import ...`` statements."""
        if not any("import" in line for line in self.lines):
            return []  # saves parsing it
        return [
            node for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom)
        ]

    def at(self, name: str, line: int) -> tuple[str, DefinitionNode] | None:
        """Return qualified name and node of the definition that begins at a line."""
        return self._by_line.get((name, line))

    @cached_property
    def _by_line(self) -> Mapping[tuple[str, int], tuple[str, DefinitionNode]]:
        return {
            (node.name, first_line(node)): (path, node)
            for path, nodes in self.definitions.items()
            for node in nodes
        }

    @cached_property
    def codes(self) -> list[tuple[str, types.CodeType]]:
        """The code of its functions as it would be compiled now, by qualified name."""
        try:
            module = compile("".join(self.lines), self.name, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return []
        return list(_codes_below(module, ""))

    def text_of(self, node: DefinitionNode) -> str:
        """Return the source of a definition with its decorators, dedented."""
        first = first_line(node)
        return dedented(self.lines[first - 1 : node.end_lineno], node, first)

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """Return the text of an expression or statement, as it is written."""
        lines = [
            line.encode() for line in self.lines[node.lineno - 1 : node.end_lineno]
        ]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return b"".join(lines).decode()

    def line(self, number: int) -> str:
        """Return one line, stripped; empty when there is none of that number."""
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""


def first_line(node: DefinitionNode | ast.Lambda | ast.stmt) -> int:
    """Return the line of the first decorator, or of the definition itself."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(item.lineno for item in decorators)])


def unit_of(
    filename: str, namespace: Mapping[str, Any] | None = None
) -> SourceUnit | None:
    """Return the unit that code was compiled from, or None when it is not known.

    Args:
        filename: What code objects call ``co_filename``.
        namespace: The globals of the code, from which a loader may be known.
    """
    linecache.checkcache(filename)
    entry = linecache.cache.get(filename)
    if entry is not None and _ENTRIES.get(filename) is entry:
        return _UNITS.get(filename)
    lines = tuple(
        linecache.getlines(filename, dict(namespace) if namespace else None)
        if filename not in linecache.cache
        else linecache.getlines(filename)
    )
    if not lines:
        return None
    if _EXACT:
        text = "".join(lines)
        lines = _lines(_EXACT[text]) if text in _EXACT else lines
    known = _UNITS.get(filename)
    if known is None or known.lines != lines:
        known = SourceUnit(filename, lines, is_cell=_is_cell(filename))
        _UNITS[filename] = known
    _ENTRIES[filename] = linecache.cache.get(filename)
    return known


def unit_of_loaded(filename: str, text: str) -> SourceUnit:
    """Return the unit of a file, as it was when it was loaded."""
    key = f"{filename}\n{text}"
    known = _UNITS.get(key)
    if known is None:
        known = _UNITS[key] = SourceUnit(filename, _lines(text), is_cell=False)
    return known


def unit_of_text(text: str) -> SourceUnit:
    """Return the unit of a cell that only its text is known of."""
    known = _UNITS.get(text)
    if known is None:
        known = _UNITS[text] = SourceUnit("<cell>", _lines(text), is_cell=True)
    return known


def note_cell(text: str) -> None:
    """Remember a cell whose lines IPython does not keep as Python read them.

    IPython ends a line at a form feed and at some other characters that Python takes
    for text, and writes a newline in their place.
    """
    if has_odd_ends(text):
        _EXACT["".join(f"{line}\n" for line in text.splitlines())] = text


def has_odd_ends(text: str) -> bool:
    """Tell whether text has characters that end a line, but not in Python's source."""
    return re.search(_ODD_ENDS, text) is not None


def _lines(text: str) -> tuple[str, ...]:
    return tuple(io.StringIO(text, newline=None))


def cell_units() -> Iterator[SourceUnit]:
    """Yield the cells that were run, the latest first."""
    for name in reversed(list(linecache.cache)):
        if _is_cell(name):
            unit = unit_of(name)
            if unit is not None:
                yield unit


def _is_cell(name: str) -> bool:
    """Tell it by the entry's time: files have one, what a shell registers has none.

    IPython before version 8 gives its cells a time, and lists them on their own.
    """
    if name in getattr(linecache, "_ipython_cache", ()):
        return True
    _, *time = linecache.cache.get(name, ())[:2] or (0,)
    return time == [None] and not name.startswith("<attrs")


def _codes_below(
    code: types.CodeType, around: str
) -> Iterator[tuple[str, types.CodeType]]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            path = f"{around}{constant.co_name}"
            is_function = bool(constant.co_flags & inspect.CO_OPTIMIZED)
            if is_function:
                yield path, constant
            inside = f"{path}.{_LOCALS}." if is_function else f"{path}."
            yield from _codes_below(constant, inside)


def _definitions(
    body: list[ast.stmt], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], DefinitionNode]]:
    """Yield the definitions below some statements with their qualified names."""
    for node in body:
        if isinstance(node, _NODES):
            inner = (*path, node.name)
            yield inner, node
            is_class = isinstance(node, ast.ClassDef)
            yield from _definitions(node.body, inner if is_class else (*inner, _LOCALS))
            continue
        for block in ("body", "orelse", "finalbody"):
            yield from _definitions(getattr(node, block, []), path)
        for handler in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            yield from _definitions(handler.body, path)


@dataclass(frozen=True)
class Cells:
    """The cells that were run, the latest first."""

    units: tuple[SourceUnit, ...]

    def defining(self, qualname: str) -> list[SourceUnit]:
        """Return the cells with a definition of some name."""
        return self._definers.get(qualname, [])

    @cached_property
    def _definers(self) -> Mapping[str, list[SourceUnit]]:
        found: dict[str, list[SourceUnit]] = {}
        for unit in self.units:
            for qualname in unit.definitions:
                found.setdefault(qualname, []).append(unit)
        return found


_now: ContextVar[Cells | None] = ContextVar("cells", default=None)


def cells() -> Cells:
    """Return the cells that were run until now."""
    return _now.get() or Cells(tuple(cell_units()))


@contextlib.contextmanager
def looked_at_once() -> Iterator[None]:
    """Let nobody look for cells again while this lasts: no cell runs meanwhile."""
    token = _now.set(cells())
    try:
        yield
    finally:
        _now.reset(token)


TIMED = "<timed exec>"
"""What IPython calls the file of such a body."""

_BODIES: dict[str, SourceUnit] = {}


def timed_unit_of(code: types.CodeType) -> SourceUnit | None:
    """Return the body that compiles to some function's very code, if a cell has one."""
    for unit in timed_units():
        for flags in (0, __future__.annotations.compiler_flag):
            body = compile(unit.tree, TIMED, "exec", flags, dont_inherit=True)
            if code in _codes(body):
                return unit
    return None


def timed_units() -> Iterator[SourceUnit]:
    """Yield the bodies of the ``%%time`` cells that were run, the latest first."""
    for unit in cells().units:
        body = timed_body(unit)
        if body is not None:
            yield body


def timed_body(unit: SourceUnit) -> SourceUnit | None:
    """Return the body of a cell that is timed; None for other cells."""
    if not unit.lines or "run_cell_magic('time'" not in unit.lines[0]:
        return None
    match unit.tree.body:
        case [ast.Expr(value=ast.Call(args=[_, _, ast.Constant(value=str(text))]))]:
            return _python_of(text)
    return None


def _python_of(text: str) -> SourceUnit | None:
    """Return the body as Python, with magics and shell lines turned into calls."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None:
        return None
    if text not in _BODIES:
        lines = shell.transform_cell(text).splitlines(keepends=True)
        _BODIES[text] = SourceUnit(TIMED, tuple(lines), is_cell=True)
    return _BODIES[text]


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)


_HISTORY = re.compile(r"In|Out|_{1,3}|_[dio]h|_i{1,3}|_i?\d+")
_SHELL = {"get_ipython", "display", "__IPYTHON__"}
BUILTIN = {name for name in vars(builtins) if name not in _SHELL}
"""Names that every interpreter has."""


def is_shells_own(name: str, value: Any) -> bool:
    """Tell what a shell bound by itself: ``In``, ``_``, and an ``open`` of its own.

    IPython's ``open`` is the builtin one but for the descriptors 0 to 2, which it
    refuses. Its histories have the source and the results of all other cells.
    """
    if name == "open":
        home = getattr(value, "__globals__", {}).get("__name__")
        return bool(home == "IPython.core.interactiveshell")
    return name == "get_ipython" or is_history(name, value)


def is_history(name: str, value: Any) -> bool:
    """Tell an IPython shell's own record of what was typed and what came of it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    hidden = getattr(shell, "user_ns_hidden", {})  # and what a startup file bound
    own = _HISTORY.fullmatch(name) is not None and name in hidden
    return own and hidden[name] is value
