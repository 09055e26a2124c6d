"""The decks' fields that kit draws itself, as escaped HTML."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

__all__ = ["dependencies", "source_code", "timeline", "values_table"]

_ROWS = 20  # of a DataFrame


def values_table(values: Mapping[str, Any]) -> str:
    """Draw named values with their types."""
    rows = (
        f"<tr><th>{escape(str(name))}</th><td>{escape(type(value).__name__)}</td>"
        f"<td>{_drawn(value)}</td></tr>"
        for name, value in values.items()
    )
    return _table(("Name", "Type", "Value"), rows)


def timeline(times: Iterable[tuple[str, float, float]]) -> str:
    """Draw the steps of a run with their wall and process seconds."""
    rows = (
        f'<tr><th>{escape(step)}</th><td class="number">{wall:.6f}</td>'
        f'<td class="number">{process:.6f}</td></tr>'
        for step, wall, process in times
    )
    return _table(("Step", "Wall time (s)", "Process time (s)"), rows)


def source_code(executor_type: type) -> str:
    """Draw the executor's source as this process has it."""
    import inspect

    try:
        source = inspect.getsource(executor_type)
    except (OSError, TypeError):
        source = f"The source of {executor_type.__qualname__} is not in this image."
    return f'<pre class="kit">{escape(source)}</pre>'


def dependencies() -> str:
    """Draw the distributions that are installed here, by name."""
    from importlib.metadata import distributions

    found = {dist.metadata["Name"] or "?": dist.version for dist in distributions()}
    rows = (
        f"<tr><td>{escape(name)}</td><td>{escape(found[name])}</td></tr>"
        for name in sorted(found, key=str.casefold)
    )
    return _table(("Distribution", "Version"), rows)


def _table(heads: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    return f'<table class="kit"><tr>{head}</tr>{"".join(rows)}</table>'


def _drawn(value: Any) -> str:
    """Draw one value: a table as its first rows, anything else by its repr."""
    package = type(value).__module__.partition(".")[0]
    if package == "pandas" and hasattr(value, "to_html"):
        return str(value.head(_ROWS).to_html(escape=True, notebook=True))
    return f"<code>{escape(_short(value))}</code>"


class _Shortener(reprlib.Repr):
    """Shortens what is Python's own; reprlib would take other classes by their name."""

    def repr1(self, x: Any, level: int) -> str:
        if type(x).__module__ == "builtins":
            return super().repr1(x, level)
        return self.repr_instance(x, level)


def _short(value: Any) -> str:
    shortener = _Shortener()
    shortener.maxstring = shortener.maxother = 1000
    shortener.maxlist = shortener.maxdict = shortener.maxtuple = 50
    return shortener.repr(value)
