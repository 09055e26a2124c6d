"""What is installed where a task runs, in decks."""

from __future__ import annotations

from html import escape

from kit.renderers.table import table

__all__ = ["PythonDependencyRenderer"]


class PythonDependencyRenderer:
    """Draws the distributions that this process can import, by name.

    Args:
        title: A heading above them; none if it is empty.
    """

    def __init__(self, title: str = "") -> None:
        self._title = title

    def to_html(self) -> str:
        """Return a table of names and versions."""
        from importlib.metadata import distributions

        found = {dist.metadata["Name"] or "?": dist.version for dist in distributions()}
        rows = (
            f"<tr><td>{escape(name)}</td><td>{escape(found[name])}</td></tr>"
            for name in sorted(found, key=str.casefold)
        )
        heading = f"<h3>{escape(self._title)}</h3>" if self._title else ""
        return heading + table(("Distribution", "Version"), rows)
