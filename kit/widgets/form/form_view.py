"""A form as a widget: a row for each input, with what is wrong beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import ipywidgets

from kit.forms.field import Problem, Reading
from kit.forms.form import Form, Input
from kit.widgets.closing import close_parts
from kit.widgets.form.make_row import make_row
from kit.widgets.form.row import Shared
from kit.widgets.looks import Looks, named

__all__ = ["FormView"]

_AT_ONCE = 60
"""Inputs that are shown at first: each is several messages to the browser."""


class FormView:
    """Draws a form, and puts into it what its reader does.

    Args:
        form: The form.
        looks: What all widgets of the view share.
        lock: Held while a handler works: they run in any thread.
        changed: Called after each change.

    Attributes:
        root: The widget.
    """

    def __init__(
        self,
        form: Form,
        looks: Looks,
        lock: AbstractContextManager[Any],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._looks, self._lock, self._changed = looks, lock, changed
        self.root = ipywidgets.Box(**looks.box, **named("kit-fields", "kit-inputs"))
        self._more: Any = None
        self._views: list[_InputView] = []
        self._waiting: list[Input] = []
        self.show(form)

    def show(self, form: Form) -> None:
        """Show another form in the place of the one that was shown."""
        self._waiting = list(form.inputs.values())
        self._views = []
        before = [child for child in self.root.children if child is not self._more]
        self.reveal(_AT_ONCE)
        for widget in before:
            close_parts(widget)

    def reveal(self, count: int | None = None) -> None:
        """Show so many more inputs, or all of them."""
        more = len(self._waiting) if count is None else count
        shown, self._waiting = self._waiting[:more], self._waiting[more:]
        self._views += [self._view(entry) for entry in shown]
        boxes = [view.row.box for view in self._views]
        self.root.children = (*boxes, *self._rest())

    def _rest(self) -> tuple[Any, ...]:
        """Return the button that shows the others, if there are any."""
        if self._more is None and self._waiting:
            self._more = ipywidgets.Button(**self._looks.button)
            self._more.on_click(self._click_more)
        if self._waiting:
            self._more.description = f"Show {len(self._waiting)} more inputs"
            return (self._more,)
        if self._more is not None:
            self._more.close()
        return ()

    def tell(self, readings: Mapping[str, Reading]) -> None:
        """Show what is wrong with inputs beside their fields, and with no others."""
        waiting = {entry.name for entry in self._waiting}
        if any(name in waiting for name, reading in readings.items() if not reading.ok):
            self.reveal()
        for view in self._views:
            view.tell(readings.get(view.name, Reading()).problems)

    def _click_more(self, _button: Any) -> None:
        with self._lock:
            self.reveal()

    def _view(self, entry: Input) -> _InputView:
        return _InputView(entry, self._looks, self._lock, self._changed)


class _InputView:
    """The row of an input, checked whenever something in it has changed."""

    def __init__(
        self,
        entry: Input,
        looks: Looks,
        lock: AbstractContextManager[Any],
        changed: Callable[[], None],
    ) -> None:
        self.name = entry.name
        self._entry = entry
        self._changed = changed
        self._shared = Shared(looks, lock, self._check)
        label = f"{entry.name}*" if entry.is_required else entry.name
        self.row = make_row(entry.field, label, self._shared)

    def tell(self, problems: Sequence[Problem]) -> None:
        """Show problems of this input, each beside its field or the whole of it."""
        texts: dict[int, str] = {}
        for problem in problems:
            row = self._shared.rows.get(id(problem.field), self.row)
            texts.setdefault(id(row), problem.text)
        for row in list(self._shared.rows.values()):
            row.tell(texts.get(id(row), ""))

    def _check(self) -> None:
        problems = self._entry.read().problems
        self.tell([problem for problem in problems if not problem.is_missing])
        self._changed()
