"""Find the exact source of what was defined in a cell, a script or a module.

``inspect.getsource`` fails for every class of a notebook, for ``__main__`` has no file.
Functions know the cell they were compiled from; a class is found by what is certain,
in this order: the cells that its methods were compiled from, the cell that
:func:`install` noted, and last the one cell with a class of the same name and body.
Where two sources are as likely the answer is an error, never one of them.
"""

from __future__ import annotations

import ast
import inspect
import sys
import types
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kit.errors import SourceError
from kit.source.cells import cells
from kit.source.class_evidence import is_made_by, methods_of
from kit.source.pages import (
    DefinitionNode,
    Page,
    first_line,
    has_odd_ends,
    note_cell,
    page_of,
    page_text,
)
from kit.source.timed_cells import TIMED, timed_body, timed_page_of, timed_pages

__all__ = [
    "Definition",
    "definition_of",
    "has_parameters",
    "install",
    "page_of_function",
]

_HOOK = "_kit_cell_source"
_ANNOTATIONS = 0x1000000  # __future__.annotations.compiler_flag, without the import
_CELL_OF: weakref.WeakKeyDictionary[type, str | None] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class Definition:
    """A function or class and where it is written.

    Attributes:
        qualname: Its qualified name on the page.
        node: Its syntax tree; line numbers are the page's.
        page: The cell or file.
        text: Its source with decorators, dedented.
        future: Whether ``from __future__ import annotations`` held for it.
    """

    qualname: str
    node: DefinitionNode | ast.Lambda | ast.stmt
    page: Page
    text: str
    future: bool

    @property
    def name(self) -> str:
        """The name that it binds."""
        return self.qualname.rpartition(".")[2]

    @property
    def line(self) -> int:
        """Where it begins on its page."""
        return first_line(self.node)


def install(ip: Any = None) -> bool:
    """Note from now on which cell every class comes from; do it once per shell.

    Args:
        ip: The interactive shell; the running one by default.

    Returns:
        Whether there is a shell whose classes are noted.
    """
    if ip is None:
        shell = sys.modules.get("IPython")
        ip = shell.get_ipython() if shell is not None else None
    if ip is None:
        return False
    if not hasattr(ip, _HOOK):
        for value in _classes(ip.user_ns):  # from cells that are not known any more
            _CELL_OF.setdefault(value, None)
        hook = _Hook(ip)
        ip.events.register("post_run_cell", hook)
        setattr(ip, _HOOK, hook)
    return True


class _Hook:
    """Notes the new classes after each cell."""

    def __init__(self, ip: Any) -> None:
        self._ip = weakref.ref(ip)

    def __call__(self, result: Any) -> None:
        """Never raise: a cell of the user's must not end in an error of ours."""
        try:
            self._note(result)
        except Exception as error:  # noqa: BLE001 - whatever a user's object raises
            sys.stderr.write(f"kit could not note the classes of this cell: {error}\n")

    def _note(self, result: Any) -> None:
        ip = self._ip()
        if ip is None or result is None or result.info is None:
            return
        new = [value for value in _classes(ip.user_ns) if value not in _CELL_OF]
        raw = result.info.raw_cell
        if not new and not has_odd_ends(raw):
            return
        text = getattr(result.info, "transformed_cell", None) or ip.transform_cell(raw)
        note_cell(text)
        for value in new:
            _CELL_OF[value] = text


def _classes(namespace: dict[str, Any]) -> Iterator[type]:
    for value in list(namespace.values()):
        if isinstance(value, type) and value.__module__ == "__main__":
            yield value


def definition_of(value: Any) -> Definition:
    """Return the definition that made a function or a class.

    A decorated function's own code is asked, not what it wraps.

    Raises:
        SourceError: Its source cannot be had, or not for certain.
    """
    if isinstance(value, type):
        return _definition_of_class(value)
    if isinstance(value, types.FunctionType):
        return _definition_of_function(value)
    raise SourceError(
        f"{value!r:.80} has no source: a function or class was expected, got "
        f"{type(value).__name__}."
    )


def page_of_function(function: types.FunctionType) -> Page | None:
    """Return the page that a function was compiled from, or None if it is not known."""
    code = function.__code__
    if code.co_filename == TIMED:
        return timed_page_of(code)
    return page_of(code.co_filename, function.__globals__)


def _definition_of_function(function: types.FunctionType) -> Definition:
    code = function.__code__
    page = page_of_function(function)
    if page is None:
        raise SourceError(
            f"The source of {function.__qualname__} is not available: it was compiled "
            f"from {code.co_filename!r}. Define it in a cell of its own (not in exec "
            "or another magic), or in a file."
        )
    hit = page.at(code.co_name, code.co_firstlineno)
    if hit is None or not has_parameters(hit[1], code) or _has_lost_text(hit[1], code):
        raise SourceError(_not_there(function, page))
    qualname, node = hit
    future = bool(code.co_flags & _ANNOTATIONS)
    return Definition(qualname, node, page, page.text_of(node), future)


def _not_there(function: types.FunctionType, page: Page) -> str:
    line = function.__code__.co_firstlineno
    where = f"The source of {function.__qualname__} is not on line {line} of "
    if page.is_cell:
        return (
            f"{where}its cell as the shell kept it: a character such as a form feed, "
            "which IPython takes for the end of a line, is in the cell. Write it as an "
            "escape (\\x0c), or run the cell again after kit is imported."
        )
    return (
        f"{where}{page.name!r}: the file was changed after it was loaded, or it is a "
        "lambda. Load it again, or write it as a def."
    )


def _has_lost_text(node: ast.AST, code: types.CodeType) -> bool:
    """Tell whether the code has line ends in its text that its source has not."""
    if not any(map(has_odd_ends, _texts(code))):
        return False
    return not any(
        isinstance(item, ast.Constant)
        and isinstance(item.value, str)
        and has_odd_ends(item.value)
        for item in ast.walk(node)
    )


def _texts(code: types.CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, types.CodeType):
            yield from _texts(constant)


def has_parameters(node: DefinitionNode | ast.Lambda, code: types.CodeType) -> bool:
    """Tell whether a definition has the parameters that some code has."""
    if isinstance(node, ast.ClassDef):
        return False
    args = node.args
    names = [arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    return tuple(names) == code.co_varnames[: len(names)] and len(names) == (
        code.co_argcount + code.co_kwonlyargcount
    )


def _definition_of_class(value: type) -> Definition:
    methods = methods_of(value)
    found: dict[str, Definition] = {}
    for page in _pages_of_class(value, methods):
        nodes = page.definitions.get(value.__qualname__, [])
        certain = page.is_cell and _CELL_OF.get(value) == "".join(page.lines)
        fitting = [node for node in nodes if is_made_by(value, node, page, methods)]
        if not fitting and certain and len(nodes) == 1:
            fitting = nodes  # a metaclass or decorator gave it other members
        if fitting:
            node = fitting[-1]  # the last one of a cell is the one that stayed
            text = page.text_of(node)
            future = _has_future(value, node, page, methods)
            found.setdefault(
                text, Definition(value.__qualname__, node, page, text, future)
            )
            if certain:
                break
    if len(found) == 1:
        return next(iter(found.values()))
    raise SourceError(_no_class(value, several=bool(found)))


def _no_class(value: type, *, several: bool) -> str:
    why = "more than one cell could have defined it" if several else "no cell fits it"
    return (
        f"The source of class {value.__qualname__} cannot be told for certain: {why}. "
        "Run its cell again after kit is imported; if it was made by a call "
        "(namedtuple, make_dataclass, type, exec), write it as a class statement."
    )


def _pages_of_class(value: type, methods: list[types.FunctionType]) -> Iterator[Page]:
    """Yield the pages that can hold a class, the most certain kind only."""
    names = dict.fromkeys(method.__code__.co_filename for method in methods)
    pages = [page for page in map(page_of, names) if page is not None]
    pages += timed_pages() if TIMED in names else []
    pages = [page for page in pages if value.__qualname__ in page.definitions]
    if pages:
        yield from pages
        return
    noted = _CELL_OF.get(value)
    if noted is not None:
        yield timed_body(page_text(noted)) or page_text(noted)
        return
    module = sys.modules.get(value.__module__)
    filename = getattr(module, "__file__", None)
    if filename is not None:
        page = page_of(inspect.getsourcefile(module) or filename)  # type: ignore[arg-type]
        yield from [page] if page is not None else []
    if filename is None or value.__module__ == "__main__":
        yield from cells().defining(
            value.__qualname__
        )  # also those typed after a script has run


def _has_future(
    value: type, node: DefinitionNode, page: Page, methods: list[types.FunctionType]
) -> bool:
    """Tell whether the annotations of a class were left as text by a future import."""
    if methods:
        return any(method.__code__.co_flags & _ANNOTATIONS for method in methods)
    written = {
        statement.target.id: statement.annotation
        for statement in node.body
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
    }
    kept = vars(value).get("__annotations__", {})
    return any(
        isinstance(kept.get(name), str) and not isinstance(annotation, ast.Constant)
        for name, annotation in written.items()
    ) or "from __future__ import annotations" in "".join(page.lines)
