"""Rows with rows in them: unions, lists, dicts and objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from kit.display.escape import html_text
from kit.display.value import value_text
from kit.forms.field import Field
from kit.forms.nested_field import NestedField
from kit.forms.rows_field import DictField, RowsField
from kit.forms.union_field import UnionField
from kit.widgets.form.plain_rows import TextRow
from kit.widgets.form.row import Row, Shared, label_text
from kit.widgets.looks import named

__all__ = ["NestedRow", "RowsRow", "UnionRow"]

MakeRow = Callable[[Field, str, Shared], Row]


class UnionRow(Row):
    """A list of types to choose from, and the row of the chosen one."""

    def __init__(
        self, field: UnionField, label: str, shared: Shared, make: MakeRow
    ) -> None:
        super().__init__(field, label, shared)
        self._union, self._make = field, make
        names = [(label_text(name), i) for i, name in enumerate(field.names)]
        self._control = ipywidgets.Dropdown(
            options=names,
            value=field.position,
            description=label_text(label),
            **shared.looks.choice,
        )
        self._control.observe(shared.handler(self._choose), names="value")
        self._draw()

    def _choose(self, change: Any) -> None:
        self._union.choose(change["new"])
        self._draw()

    def _draw(self) -> None:
        chosen = self._union.chosen
        if chosen is None:
            self.put(self._control)
            return
        name = f"{self._union.label} as {self._union.names[self._union.position]}"
        row = self._make(chosen, name, self.shared)
        self.put(self._control, row.box, inner=[row])


class NestedRow(Row):
    """The rows of an object, or its JSON.

    A value that was given is shown as one until its reader edits it: most defaults are
    not, and each widget takes its time.
    """

    classes = ("kit-nested",)

    def __init__(
        self, field: NestedField, label: str, shared: Shared, make: MakeRow
    ) -> None:
        super().__init__(field, label, shared)
        self._nested, self._make = field, make
        self._is_open = field.is_edited
        self.draw()

    def draw(self) -> None:
        """Show its value, its fields, or its JSON, anew."""
        if not self._is_open:
            value = f"<code>{html_text(value_text(self._nested.read().value))}</code>"
            self.put(self._head([self._button("Edit", self._open)], value))
            return
        json = self._nested.json
        if json is not None:
            row: Row = TextRow(json, f"{self.label} as JSON", self.shared)
            rows, tools = [row], [self._button("As fields", self._use_fields)]
        else:
            rows, tools = self._rows(), self._tools()
        body = ipywidgets.Box(
            tuple(self._body(row) for row in rows),
            **self.shared.looks.box,
            **named("kit-fields", "kit-nested-body"),
        )
        self.put(self._head(tools), body, inner=self._inner_rows(rows))

    def _rows(self) -> list[Row]:
        return [
            self._make(part, f"{self._nested.label}.{step}", self.shared)
            for step, part in self._nested.parts()
        ]

    def _tools(self) -> list[Any]:
        return [self._button("As JSON", self._use_json)]

    def _head(self, tools: list[Any], value: str = "") -> Any:
        looks = self.shared.looks
        label = f"<b>{html_text(label_text(self.label))}</b> {value}"
        title = ipywidgets.HTML(label, **looks.html)
        names = named("kit-nested-head")
        return ipywidgets.Box((title, *tools), **looks.box, **names)

    def _inner_rows(self, rows: list[Row]) -> list[Row]:
        return rows

    def _body(self, row: Row) -> Any:
        return row.box

    def _button(self, text: str, act: Callable[[], None]) -> Any:
        tooltip = f"{text}: {self._nested.label}"
        button = ipywidgets.Button(
            description=text, tooltip=tooltip, **self.shared.looks.button
        )

        def clicked(_button: Any) -> None:
            act()

        button.on_click(self.shared.handler(clicked))
        return button

    def _open(self) -> None:
        self._is_open = True
        self.draw()

    def _use_json(self) -> None:
        self._nested.use_json()
        self.draw()

    def _use_fields(self) -> None:
        if self._nested.use_fields().ok:
            self.draw()


class RowsRow(NestedRow):
    """Rows that can be added and removed."""

    def __init__(
        self, field: RowsField, label: str, shared: Shared, make: MakeRow
    ) -> None:
        self._many = field
        self._keys: dict[int, Row] = {}
        super().__init__(field, label, shared, make)

    def _rows(self) -> list[Row]:
        self._keys = {}
        rows = []
        keys = self._many.keys if isinstance(self._many, DictField) else []
        for number, part in enumerate(self._many.rows, 1):
            row = self._make(part, f"{self._many.label} {number}", self.shared)
            if keys:
                name = f"{self._many.label} key {number}"
                key = TextRow(keys[number - 1], name, self.shared)
                self._keys[id(row)] = key
            rows.append(row)
        return rows

    def _inner_rows(self, rows: list[Row]) -> list[Row]:
        return [*self._keys.values(), *rows]

    def _tools(self) -> list[Any]:
        add = self._button("Add", self._add)
        add.disabled = self._many.is_full
        return [add, *super()._tools()]

    def _body(self, row: Row) -> Any:
        if row.field not in self._many.rows:
            return row.box  # it is the JSON
        remove = self._button("Remove", lambda: self._remove(row.field))
        remove.tooltip = f"Remove {row.label}"
        key = self._keys.get(id(row))
        parts = (row.box, remove) if key is None else (key.box, row.box, remove)
        return ipywidgets.Box(parts, **self.shared.looks.box, **named("kit-entry"))

    def _add(self) -> None:
        self._many.add()
        self.draw()

    def _remove(self, part: Field) -> None:
        self._many.remove(part)
        self.draw()
