"""Menus and a field of text that narrow down what a view shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ipywidgets

from kit.widgets.looks import Looks, named

__all__ = ["Choices"]


class Choices:
    """A row of menus, each with "all", and a field of text.

    Args:
        menus: The options of each menu, by its label.
        changed: Called when the reader has chosen otherwise, in any thread.
        looks: What all widgets of the view share.

    Attributes:
        widget: The row.
    """

    def __init__(
        self,
        menus: Mapping[str, Iterable[str]],
        changed: Callable[[], None],
        looks: Looks,
    ) -> None:
        self._menus = {
            label: ipywidgets.Dropdown(
                options=[("all", ""), *((word, word) for word in words)],
                value="",
                description=label,
                **looks.choice,
            )
            for label, words in menus.items()
        }
        self._text = ipywidgets.Text(
            description="text",
            placeholder="any text",
            continuous_update=True,
            **looks.text,
        )
        for control in (*self._menus.values(), self._text):
            control.observe(lambda _change: changed(), "value")
        controls = (*self._menus.values(), self._text)
        self.widget: Any = ipywidgets.Box(controls, **looks.box, **named("kit-choices"))

    def admits(self, words: Mapping[str, Iterable[str]], text: str) -> bool:
        """Tell whether something is to be shown.

        Args:
            words: What it is, by the label of each menu.
            text: What it says.
        """
        for label, menu in self._menus.items():
            if menu.value and menu.value not in words[label]:
                return False
        return self._text.value.strip().casefold() in text.casefold()
