"""The bodies of ``%%time`` cells, which IPython compiles without keeping their text."""

from __future__ import annotations
import __future__

import ast
import sys
import types
from collections.abc import Iterator

from kit.source.cells import cells
from kit.source.pages import Page

__all__ = ["TIMED", "timed_body", "timed_page_of", "timed_pages"]

TIMED = "<timed exec>"
"""What IPython calls the file of such a body."""

_BODIES: dict[str, Page] = {}


def timed_page_of(code: types.CodeType) -> Page | None:
    """Return the body that compiles to some function's very code, if a cell has one."""
    for page in timed_pages():
        for flags in (0, __future__.annotations.compiler_flag):
            body = compile(page.tree, TIMED, "exec", flags, dont_inherit=True)
            if code in _codes(body):
                return page
    return None


def timed_pages() -> Iterator[Page]:
    """Yield the bodies of the ``%%time`` cells that were run, the latest first."""
    for page in cells().pages:
        body = timed_body(page)
        if body is not None:
            yield body


def timed_body(page: Page) -> Page | None:
    """Return the body of a cell that is timed; None for other cells."""
    if not page.lines or "run_cell_magic('time'" not in page.lines[0]:
        return None
    match page.tree.body:
        case [ast.Expr(value=ast.Call(args=[_, _, ast.Constant(value=str(text))]))]:
            return _python_of(text)
    return None


def _python_of(text: str) -> Page | None:
    """Return the body as Python, with magics and shell lines turned into calls."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None:
        return None
    if text not in _BODIES:
        lines = shell.transform_cell(text).splitlines(keepends=True)
        _BODIES[text] = Page(TIMED, tuple(lines), is_cell=True)
    return _BODIES[text]


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)
