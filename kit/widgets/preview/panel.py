"""The widget of a preview: head, tools, fields, and the sections of the view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import ipywidgets

from kit.display.escape import html_text
from kit.display.html import heading_html
from kit.display.stylesheet import forget_stylesheet
from kit.display.summary import Code
from kit.widgets.closing import close_tree
from kit.widgets.finder import finder
from kit.widgets.looks import Looks, named
from kit.widgets.preview.form import Form
from kit.widgets.preview.panes import Pane, Panes, panes_of
from kit.widgets.preview.run_tab import RunTab
from kit.widgets.preview.tools import Tools
from kit.widgets.preview.view import CHANGES
from kit.widgets.style import live_box

if TYPE_CHECKING:
    from kit.widgets.preview.preview import Preview

__all__ = ["Panel"]


class Panel:
    """Draws a preview, and draws again only what says something else.

    Args:
        preview: What is drawn; it is told of what its reader does.

    Attributes:
        root: The widget of all of it.
    """

    def __init__(self, preview: Preview) -> None:
        self._preview = preview
        self._looks = looks = Looks()
        self._head = self._html("kit-preview-head")
        self._tools = Tools(preview, looks)
        self._form = Form(preview.edits, preview.edit, looks)
        self._panes = Panes(looks)
        self._run_tab = RunTab(preview, looks)
        self._fixed = (
            self._head,
            self._tools.widget,
            *finder(looks),
            *self._group("Edit the task", "task", is_open=True),
            *self._group("Edit the settings", "settings", is_open=False),
            *self._run_tab.widgets,
        )
        self.root = live_box(looks)
        self._rules = self.root.children
        self.draw()

    def draw(self) -> None:
        """Draw what the preview shows now."""
        preview = self._preview
        summary = preview.summary
        self._head.value = "".join(heading_html(summary)) + _status(preview)
        self._tools.draw()
        self._form.draw(disabled=preview.is_past)
        self._run_tab.draw()
        changes, *rest = _with_changes(list(panes_of(summary)))
        gone = self._panes.draw([changes, _code_pane(preview.code), *rest])
        children = (*self._rules, *self._fixed, *self._panes.widgets)
        if self.root.children != children:
            self.root.children = children
        for widget in gone:
            widget.close()

    def close(self) -> None:
        """Close every widget; outputs that come later bring the stylesheet again."""
        self._run_tab.close()
        close_tree(self.root)
        forget_stylesheet()

    def _group(self, title: str, group: str, *, is_open: bool) -> Iterator[Any]:
        """Yield the head and the fields of a group."""
        opened = ' open=""' if is_open else ""
        yield self._html(
            "kit-pane-head",
            f"<details{opened}><summary><b>{html_text(title)}</b></summary></details>",
        )
        boxes = self._form.boxes(group)
        yield ipywidgets.Box(boxes, **self._looks.box, **named("kit-fields"))

    def _html(self, name: str, value: str = "") -> Any:
        return ipywidgets.HTML(value, **self._looks.html, **named(name))


def _with_changes(panes: list[Pane]) -> list[Pane]:
    """Return panes that begin with that of the changes, be there any or not."""
    if panes and panes[0].title == CHANGES:
        return panes
    return [Pane(CHANGES, ()), *panes]


def _code_pane(code: str) -> Pane:
    items = (Code(code, "python"),) if code else ()
    return Pane("As Python", items)


def _status(preview: Preview) -> str:
    """Tell in a line what the view shows, for eyes and for screen readers."""
    held, errors = preview.edits.held, preview.edits.errors
    count = len(preview.definitions)
    parts = []
    if preview.is_past:
        parts.append(f"definition {preview.position} of {count}: the past, as it was")
    elif held:
        parts.append(f"edited here: {', '.join(held)}; the task is as it was")
    elif count > 1:
        parts.append(f"definition {count} of this session")
    if errors:
        parts.append(f"does not hold: {', '.join(errors)}")
    text = html_text("; ".join(parts))
    return f'<p role="status" class="kit-status">{text}</p>'
