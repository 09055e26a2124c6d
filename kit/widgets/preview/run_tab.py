"""The run panel of a preview, which is made when its reader asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from kit.task.customized_container import PythonCustomizedContainerTask
from kit.widgets.closing import close_parts
from kit.widgets.looks import Looks, named
from kit.widgets.run_panel.cells import stop_when_interrupted
from kit.widgets.run_panel.panel import Panel as RunPanel

if TYPE_CHECKING:
    from kit.widgets.preview.preview import Preview

__all__ = ["RunTab"]


class RunTab:
    """A section that runs the task with the edits.

    Args:
        preview: What is run.
        looks: What all widgets of the view share.

    Attributes:
        widgets: Its head and its body; none for what cannot be run.
    """

    def __init__(self, preview: Preview, looks: Looks) -> None:
        self._preview = preview
        self._panel: RunPanel | None = None
        self.widgets: tuple[Any, ...] = ()
        if not isinstance(preview.task, PythonCustomizedContainerTask):
            return
        head = "<details><summary><b>Run</b></summary></details>"
        self._open = ipywidgets.Button(
            description="Open the run panel",
            tooltip="Fill in the inputs and run the task with the edits",
            **looks.button,
        )
        self._open.on_click(lambda _button: self._show())
        self._body = ipywidgets.Box(
            (self._open,), **looks.box, **named("kit-stack", "kit-run-tab")
        )
        self.widgets = (
            ipywidgets.HTML(head, **looks.html, **named("kit-pane-head")),
            self._body,
        )

    def draw(self) -> None:
        """Let the panel run the task as it is edited now."""
        if self._panel is not None and not self._preview.is_past:
            draft = self._preview.edits.draft
            self._panel.settings = draft.settings
            self._panel.follow(draft.task)

    def close(self) -> None:
        """Close the panel with all its parts."""
        if self._panel is not None:
            self._panel.close()

    def _show(self) -> None:
        draft = self._preview.edits.draft
        panel = RunPanel(draft.task, draft.settings, {})
        self._panel = panel
        stop_when_interrupted(panel)
        self._body.children = (panel.opened().root,)
        close_parts(self._open)
