"""Frames in HTML: tabs without a script, or one below the other without the stylesheet.

Each tab is a radio button in its label, so that arrow keys change it.  The form keeps
one output's tabs apart from another's and, being a dialog's, sends nothing anywhere;
JupyterLab is told to leave it its keys.
"""

from __future__ import annotations

from kit.display.deck_frame import frame_element, resizing_script
from kit.display.escape import bounded, html_text, label
from kit.display.summary import Frame, Frames

__all__ = ["frames_html", "resizing_element"]


def frames_html(frames: Frames) -> str:
    """Return frames as an element, the first of them in sight."""
    tabs = "".join(
        _tab(frame, is_first=number == 0) for number, frame in enumerate(frames.rows)
    )
    return f'<form method="dialog" class="kit-tabs">{tabs}</form>'


def resizing_element() -> str:
    """Return the one script that a page with frames has."""
    return f"<script>{resizing_script()}</script>"


def _tab(frame: Frame, *, is_first: bool) -> str:
    checked = ' checked=""' if is_first else ""
    return (
        '<label class="kit-tab"><input type="radio" name="tab" '
        f'data-lm-suppress-shortcuts="true"{checked}> '
        f"<b>{html_text(label(frame.name))}</b> <small>{frame.size_text}</small>"
        f'</label><div class="kit-panel">{_content(frame)}</div>'
    )


def _content(frame: Frame) -> str:
    if frame.html is None:
        return f"<p>{html_text(bounded(frame.note))}</p>"
    return frame_element(frame)
