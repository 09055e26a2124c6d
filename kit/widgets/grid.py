"""A table of a live view, of which the page has the rows that are seen."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

from kit.display.outputs.tables import Column, Order, Rows
from kit.display.text import attribute, html_text
from kit.errors import DisplayError
from kit.escape import bounded, label

SIZES = (20, 50, 100, 500)
"""How many rows a page may have."""
Mask = Callable[[str], str]


@dataclass(frozen=True)
class Grid:
    """A page of rows, in an order.

    Attributes:
        key: Its name in the view.
        title: What the table is.
        rows: All rows.
        mask: Removes from a text what is not to be shown.
        start: The number of the first row that is seen, from 0.
        size: How many are seen at most.
        order: What they are sorted by; as they are by default.
        cells: Those that are seen.
        problem: Why they cannot be read.
    """

    key: str
    title: str
    rows: Rows
    mask: Mask = str
    start: int = 0
    size: int = SIZES[0]
    order: Order | None = None
    cells: tuple[tuple[str, ...], ...] = ()
    problem: str = ""

    @property
    def last(self) -> int:
        """The number of the first row of the last page."""
        return max(math.ceil(self.rows.count / self.size) - 1, 0) * self.size

    def seen(self) -> Grid:
        """Return it with its cells read."""
        try:
            cells = self.rows.page(self.start, self.start + self.size, self.order)
        except Exception as error:  # noqa: BLE001 - what a task's objects raise
            text = self.mask(f"{type(error).__name__}: {error}")
            return dataclasses.replace(self, cells=(), problem=text)
        masked = tuple(tuple(map(self.mask, row)) for row in cells)
        return dataclasses.replace(self, cells=masked, problem="")

    def turned(self, step: str) -> Grid:
        """Return another page: ``first``, ``previous``, ``next``, ``last`` or a number.

        Raises:
            DisplayError: It is none of these.
        """
        steps = {
            "first": 0,
            "previous": self.start - self.size,
            "next": self.start + self.size,
            "last": self.last,
        }
        start = (
            steps[step] if step in steps else (_number(step, "page") - 1) * self.size
        )
        start = min(max(start, 0), self.last)
        return dataclasses.replace(self, start=start).seen()

    def resized(self, size: str) -> Grid:
        """Return it with more or fewer rows on a page.

        Raises:
            DisplayError: A page may not have so many.
        """
        rows = _number(size, "number of rows")
        if rows not in SIZES:
            msg = f"expected {', '.join(map(str, SIZES))} rows on a page, got {rows}."
            raise DisplayError(msg)
        start = self.start // rows * rows
        return dataclasses.replace(self, size=rows, start=start).seen()

    def sorted_by(self, column: str) -> Grid:
        """Return it sorted by a column: up, then down, then as it was.

        Raises:
            DisplayError: The table cannot be sorted by it.
        """
        at = _number(column, "column")
        if at >= len(self.rows.columns) or not self.rows.columns[at].is_sortable:
            msg = f"The table cannot be sorted by its column {at}."
            raise DisplayError(msg)
        order: Order | None = Order(at)
        if self.order is not None and self.order.column == at:
            order = None if self.order.descending else Order(at, descending=True)
        return dataclasses.replace(self, order=order, start=0).seen()

    def html(self) -> str:
        """Draw the page that is seen, with what turns it."""
        title, caption = attribute(label(self.title)), html_text(label(self.title))
        head = "".join(map(self._head, range(len(self.rows.columns))))
        body = "".join(map(self._row, self.cells))
        problem = f'<p role="alert">{html_text(bounded(self.problem))}</p>'
        return (
            f'<div class="kit-grid"><p class="kit-caption">{caption}</p>'
            f'<div class="kit-scroll" role="region" tabindex="0" '
            f'aria-label="{title}"><table class="kit-table"><thead><tr>{head}</tr>'
            f"</thead><tbody>{body}</tbody></table></div>"
            f"{problem if self.problem else ''}{self._tools()}</div>"
        )

    def _head(self, at: int) -> str:
        column = self.rows.columns[at]
        name = label(self.mask(column.name))
        kind = ' class="kit-number"' if column.is_number else ""
        told = f' title="{attribute(label(column.kind))}"' if column.kind else ""
        if not column.is_sortable:
            return f'<th scope="col"{kind}{told}>{html_text(name)}</th>'
        way, mark = self._way(at)
        title = attribute(f"Sort by {name or 'position'}")
        shown = f"{html_text(name or '#')}{mark}"
        return (
            f'<th scope="col" aria-sort="{way}"{kind}{told}><button type="button" '
            f'class="kit-link" data-kit-action="grid.sort" aria-label="{title}" '
            f'data-kit-value="{attribute(self.key)}:{at}">{shown}</button></th>'
        )

    def _way(self, at: int) -> tuple[str, str]:
        if self.order is None or self.order.column != at:
            return "none", ""
        return ("descending", " ↓") if self.order.descending else ("ascending", " ↑")

    def _row(self, row: tuple[str, ...]) -> str:
        cells = "".join(
            f"<td{_kind(column)}>{html_text(bounded(cell))}</td>"
            for cell, column in zip(row, self.rows.columns, strict=True)
        )
        return f"<tr>{cells}</tr>"

    def _tools(self) -> str:
        if self.rows.count <= SIZES[0]:
            return ""
        key = attribute(self.key)
        is_first, is_last = self.start == 0, self.start >= self.last
        page = self.start // self.size + 1
        pages = self.last // self.size + 1
        sizes = "".join(
            f'<option value="{size}"{" selected" if size == self.size else ""}>'
            f"{size} rows</option>"
            for size in SIZES
        )
        end = self.start + len(self.cells)
        return (
            '<p class="kit-grid-tools">'
            f"{_turn(key, 'first', 'First', is_off=is_first)}"
            f"{_turn(key, 'previous', 'Previous', is_off=is_first)}"
            f'<input type="number" min="1" max="{pages}" value="{page}" '
            f'aria-label="Page" data-kit-field="grid.page:{key}">'
            f"{_turn(key, 'next', 'Next', is_off=is_last)}"
            f"{_turn(key, 'last', 'Last', is_off=is_last)}"
            f'<select aria-label="Rows on a page" data-kit-field="grid.size:{key}">'
            f'{sizes}</select><span role="status">{self.start + 1:,} to {end:,} of '
            f"{self.rows.count:,}</span></p>"
        )


def _kind(column: Column) -> str:
    return ' class="kit-number"' if column.is_number else ""


def _turn(key: str, step: str, text: str, *, is_off: bool) -> str:
    disabled = " disabled" if is_off else ""
    return (
        f'<button type="button" data-kit-action="grid.turn" '
        f'data-kit-value="{key}:{step}"{disabled}>{text}</button>'
    )


def _number(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):  # noqa: PLR2004
        msg = f"expected the number of a {what}, got {text!r:.40}."
        raise DisplayError(msg)
    return int(text)
