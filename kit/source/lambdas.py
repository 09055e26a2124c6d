"""The source of a lambda that has a name: ``key = lambda row: row.mass``."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator

from kit.source.cell_source import Definition, has_parameters, page_of_function
from kit.source.pages import Page

__all__ = ["lambda_definition"]


def lambda_definition(name: str, function: types.FunctionType) -> Definition | None:
    """Return the assignment at the top level of a page that made a lambda.

    Args:
        name: The name it goes by; where a line holds several lambdas it tells them
            apart.
        function: The lambda.

    Returns:
        None when its line does not tell for certain which lambda it is.
    """
    page = page_of_function(function)
    if page is None:
        return None
    found = dict(_on_line(page, function.__code__))
    own = name if name in found else next(iter(found), name)
    if own not in found or (own != name and len({*found.values()}) > 1):
        return None
    segment = page.segment(found[own])
    expression = f"({segment})" if "\n" in segment else segment
    return Definition(own, found[own], page, f"{own} = {expression}\n", future=False)


def _on_line(page: Page, code: types.CodeType) -> Iterator[tuple[str, ast.Lambda]]:
    """Yield the lambdas that are named on the line where some code begins."""
    for statement in page.tree.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        value = statement.value
        targets = getattr(statement, "targets", None) or [statement.target]  # type: ignore[union-attr]
        if (
            isinstance(value, ast.Lambda)
            and value.lineno == code.co_firstlineno
            and has_parameters(value, code)
        ):
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, value
