"""DataFrames in decks."""

from __future__ import annotations

from typing import Any

from kit.renderers.expected import refusal

__all__ = ["TopFrameRenderer"]


class TopFrameRenderer:
    """Draws the first and last rows and columns of a pandas DataFrame.

    Args:
        max_rows: How many rows at most.
        max_cols: How many columns at most.
    """

    def __init__(self, max_rows: int = 10, max_cols: int = 100) -> None:
        self._max_rows = max_rows
        self._max_cols = max_cols

    def to_html(self, df: Any) -> str:
        """Return the frame as a table of HTML.

        Raises:
            DeckError: It is no DataFrame.
        """
        if not is_frame(df):
            raise refusal(self, df, "a pandas.DataFrame")
        drawn = df.to_html(
            max_rows=self._max_rows,
            max_cols=self._max_cols,
            escape=True,
            border=0,
            classes="kit",
            show_dimensions=True,
        )
        return str(drawn)


def is_frame(value: Any) -> bool:
    """Tell a pandas DataFrame, without loading pandas for anything else."""
    return any(
        kind.__name__ == "DataFrame" and kind.__module__.partition(".")[0] == "pandas"
        for kind in type(value).__mro__
    )
