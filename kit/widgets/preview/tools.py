"""The buttons and the slider of a preview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from kit.widgets.looks import Looks, named

if TYPE_CHECKING:
    from kit.widgets.preview.preview import Preview

__all__ = ["Tools"]

_LEAST = 2  # definitions between which there is something to slide


class Tools:
    """Undo, redo, reset, prove, and the slider over the session's definitions.

    Args:
        preview: What they act on.
        looks: What all widgets of the view share.
    """

    def __init__(self, preview: Preview, looks: Looks) -> None:
        self._preview = preview
        self._undo = _button("Undo", "Take the last edit back", looks)
        self._redo = _button("Redo", "Make the edit again", looks)
        self._reset = _button("Reset", "Take all edits back", looks)
        what = "Load what ships in an interpreter that has nothing of this notebook"
        self._prove = _button("Prove", what, looks)
        self._slider = ipywidgets.IntSlider(
            value=1,
            min=1,
            max=_LEAST,
            description="definition",
            tooltip="Earlier definitions of this session",
            **looks.box,
            **named("kit-history", "kit-nothing"),
        )
        self._undo.on_click(lambda _button: preview.undo())
        self._redo.on_click(lambda _button: preview.redo())
        self._reset.on_click(lambda _button: preview.reset())
        self._prove.on_click(lambda _button: self._run_proof())
        self._slider.observe(lambda change: preview.go_to(change["new"]), names="value")
        self.widget = ipywidgets.Box(
            [self._undo, self._redo, self._reset, self._prove, self._slider],
            **looks.box,
            **named("kit-tools"),
        )

    def draw(self) -> None:
        """Show what can be done."""
        preview, edits = self._preview, self._preview.edits
        self._undo.disabled = preview.is_past or not edits.can_undo
        self._redo.disabled = preview.is_past or not edits.can_redo
        self._reset.disabled = preview.is_past or not (edits.held or edits.errors)
        self._prove.disabled = preview.is_past
        count = len(preview.definitions)
        if count < _LEAST:
            self._slider.add_class("kit-nothing")
            return
        self._slider.remove_class("kit-nothing")
        with self._slider.hold_sync():
            self._slider.max = count
            self._slider.value = preview.position

    def _run_proof(self) -> None:
        self._prove.description, self._prove.disabled = "Proving…", True
        try:
            self._preview.prove()
        finally:
            self._prove.description, self._prove.disabled = "Prove", False


def _button(text: str, tooltip: str, looks: Looks) -> Any:
    return ipywidgets.Button(description=text, tooltip=tooltip, **looks.button)
