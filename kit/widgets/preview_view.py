"""The widget of a preview: head, tools, fields, and the sections of the view."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import ipywidgets

from kit.display.html import heading_html
from kit.display.notebook import forget_stylesheet
from kit.display.summary import Code
from kit.display.text import html_text
from kit.forms.fields import ChoiceField
from kit.forms.task_fields import FIELDS, Edits, TaskField
from kit.widgets.base import Styles, close_parts, close_tree, finder, live_box, named
from kit.widgets.form import ChoiceRow, Shared, TextRow
from kit.widgets.panes import Pane, Panes, panes_of
from kit.widgets.run_panel import Panel
from kit.widgets.view_registry import CHANGES, stop_when_interrupted

if TYPE_CHECKING:
    from kit.widgets.preview import Preview


class EditForm:
    """A row for each field of a task, with what is edited and what does not hold.

    Args:
        edits: What the fields show.
        edit: Called with the key of a field and its new text.
        styles: What all widgets of the view share.
    """

    def __init__(
        self, edits: Edits, edit: Callable[[str, str], None], styles: Styles
    ) -> None:
        self._edits, self._edit, self._styles = edits, edit, styles
        self._rows = {field.key: self._row(field) for field in FIELDS}

    def boxes(self, group: str) -> list[Any]:
        """Return the fields of a group, each in a box."""
        return [self._rows[field.key].box for field in FIELDS if field.group == group]

    def draw(self, *, disabled: bool) -> None:
        """Show the texts in force, what is edited, and what is wrong."""
        held, errors = self._edits.held, self._edits.errors
        for key, row in self._rows.items():
            row.field.description = fixed = self._edits.fixed(key)
            row.draw(self._edits.text(key), disabled=disabled or bool(fixed))
            row.tell(errors.get(key, ""))
            _set_class(row.box, "kit-edited", on=key in held)

    def _row(self, described: TaskField) -> TextRow | ChoiceRow:
        field = described.field()
        field.show(self._edits.text(described.key))

        def changed() -> None:
            self._edit(described.key, row.text)

        classes = (f"kit-field-{described.key}",)
        shared = Shared(self._styles, nullcontext(), changed, classes=classes)
        row: TextRow | ChoiceRow
        if isinstance(field, ChoiceField):
            row = ChoiceRow(field, described.label, shared)
        else:
            row = TextRow(field, described.label, shared)
        return row


def _set_class(widget: Any, name: str, *, on: bool) -> None:
    if on:
        widget.add_class(name)
    else:
        widget.remove_class(name)


class RunTab:
    """A section that runs the task with the edits.

    Args:
        preview: What is run.
        styles: What all widgets of the view share.

    Attributes:
        widgets: Its head and its body; none for what cannot be run.
    """

    def __init__(self, preview: Preview, styles: Styles) -> None:
        self._preview = preview
        self._panel: Panel | None = None
        self.widgets: tuple[Any, ...] = ()
        head = "<details><summary><b>Run</b></summary></details>"
        self._open = ipywidgets.Button(
            description="Open the run panel",
            tooltip="Fill in the inputs and run the task with the edits",
            **styles.button,
        )
        self._open.on_click(lambda _button: self._show())
        self._body = ipywidgets.Box(
            (self._open,), **styles.box, **named("kit-stack", "kit-run-tab")
        )
        self.widgets = (
            ipywidgets.HTML(head, **styles.html, **named("kit-pane-head")),
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
        panel = Panel(draft.task, draft.settings, {})
        self._panel = panel
        stop_when_interrupted(panel)
        self._body.children = (panel.opened().root,)
        close_parts(self._open)


_LEAST = 2  # definitions between which there is something to slide


class Tools:
    """Undo, redo, reset, prove, and the slider over the session's definitions.

    Args:
        preview: What they act on.
        styles: What all widgets of the view share.
    """

    def __init__(self, preview: Preview, styles: Styles) -> None:
        self._preview, self._styles = preview, styles
        self._undo = _button("Undo", "Take the last edit back", styles)
        self._redo = _button("Redo", "Make the edit again", styles)
        self._reset = _button("Reset", "Take all edits back", styles)
        what = "Load what ships in an interpreter that has nothing of this notebook"
        self._prove = _button("Prove", what, styles)
        self._slider: Any = None
        self._undo.on_click(lambda _button: preview.undo())
        self._redo.on_click(lambda _button: preview.redo())
        self._reset.on_click(lambda _button: preview.reset())
        self._prove.on_click(lambda _button: self._run_proof())
        self._buttons = (self._undo, self._redo, self._reset, self._prove)
        self.widget = ipywidgets.Box(self._buttons, **styles.box, **named("kit-tools"))

    def draw(self) -> None:
        """Show what can be done."""
        preview, edits = self._preview, self._preview.edits
        self._undo.disabled = preview.is_past or not edits.can_undo
        self._redo.disabled = preview.is_past or not edits.can_redo
        self._reset.disabled = preview.is_past or not (edits.held or edits.errors)
        self._prove.disabled = preview.is_past
        count = len(preview.definitions)
        if count >= _LEAST:
            self._draw_slider(count, preview.position)

    def _draw_slider(self, count: int, position: int) -> None:
        """Show where a definition is; another number of them gets another slider.

        A page cuts the value of one at the maximum that it knows, sends that back, and
        goes to the first maximum of all when its reader presses the key ``End``.
        """
        before = self._slider
        if before is not None and before.max == count:
            before.value = position
            return
        self._slider = ipywidgets.IntSlider(
            value=position,
            min=1,
            max=count,
            continuous_update=False,  # else the page also sends what it was sent
            description="definition",
            tooltip="Earlier definitions of this session",
            **self._styles.box,
            **named("kit-history"),
        )
        self._slider.observe(self._slide, names="value")
        self.widget.children = (*self._buttons, self._slider)
        if before is not None:
            before.unobserve_all()
            before.style.close()
            before.close()

    def _slide(self, change: Any) -> None:
        self._preview.go_to(change["new"])

    def _run_proof(self) -> None:
        self._prove.description, self._prove.disabled = "Proving…", True
        try:
            self._preview.prove()
        finally:
            self._prove.description, self._prove.disabled = "Prove", False


def _button(text: str, tooltip: str, styles: Styles) -> Any:
    return ipywidgets.Button(description=text, tooltip=tooltip, **styles.button)


class PreviewView:
    """Draws a preview, and draws again only what says something else.

    Args:
        preview: What is drawn; it is told of what its reader does.

    Attributes:
        root: The widget of all of it.
    """

    def __init__(self, preview: Preview) -> None:
        self._preview = preview
        self._styles = styles = Styles()
        self._head = self._html("kit-preview-head")
        self._tools = Tools(preview, styles)
        self._form = EditForm(preview.edits, preview.edit, styles)
        self._panes = Panes(styles)
        self._run_tab = RunTab(preview, styles)
        self._fixed = (
            self._head,
            self._tools.widget,
            *finder(styles),
            *self._group("Edit the task", "task", is_open=True),
            *self._group("Edit the settings", "settings", is_open=False),
            *self._run_tab.widgets,
        )
        self.root = live_box(styles)
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
        yield ipywidgets.Box(boxes, **self._styles.box, **named("kit-fields"))

    def _html(self, name: str, value: str = "") -> Any:
        return ipywidgets.HTML(value, **self._styles.html, **named(name))


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
