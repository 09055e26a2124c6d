"""Descriptions of a task and its variables, read from a docstring."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import docstring_parser

__all__ = ["Docstring"]


class Docstring:
    """A docstring in Google's, NumPy's, reST's or Epydoc's style.

    It is read when a description is first asked for.

    Args:
        docstring: The text.
        callable_: Where the text is taken from when there is none.

    Example:
        >>> Docstring("Scores rows.").short_description
        'Scores rows.'
    """

    def __init__(
        self,
        docstring: str | None = None,
        callable_: Callable[..., Any] | None = None,
    ) -> None:
        if docstring is None and callable_ is not None:
            docstring = callable_.__doc__
        self.text = docstring or ""

    @cached_property
    def _parsed(self) -> docstring_parser.Docstring:
        from docstring_parser import parse

        return parse(self.text)

    @property
    def input_descriptions(self) -> dict[str, str | None]:
        """What the docstring says of each argument."""
        return {param.arg_name: param.description for param in self._parsed.params}

    @property
    def output_descriptions(self) -> dict[str | None, str | None]:
        """What the docstring says of each returned value; unnamed ones are ``None``."""
        returns = self._parsed.many_returns
        return {entry.return_name: entry.description for entry in returns}

    @property
    def short_description(self) -> str | None:
        """The first paragraph."""
        return self._parsed.short_description

    @property
    def long_description(self) -> str | None:
        """What follows the first paragraph."""
        return self._parsed.long_description

    def __repr__(self) -> str:
        return f"Docstring({self.text!r})"
