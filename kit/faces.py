"""The faces that kit registers for its objects: each is loaded by its first use."""

from __future__ import annotations

import contextlib
import threading
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from kit.notebook import (
    Bundle,
    Faces,
    has_live_page,
    interactive_shell,
    use_faces,
)

if TYPE_CHECKING:
    from kit.readiness.climb import Climb
    from kit.running.run import Run


def register_faces() -> None:
    """Let everything that shows itself be drawn by kit's displays and widgets."""
    use_faces(Faces(_static, _live, _saved, _progress, _error))
    if has_live_page():
        _load_after_cell(interactive_shell())


def _load_after_cell(shell: Any) -> None:
    """Load the live views in a thread when the cell that imports kit has ended.

    The widgets take most of a second, and the first view is to open as fast as others.
    """

    def after(*_: object) -> None:
        shell.events.unregister("post_run_cell", after)
        threading.Thread(target=_load, name="kit-loads-views", daemon=True).start()

    shell.events.register("post_run_cell", after)


def _load() -> None:
    with contextlib.suppress(ImportError):  # the first view says what is missing
        from kit.widgets.preview import rehearse

        rehearse()


def _static(thing: object) -> Bundle:
    from kit.display.notebook import mimebundle

    return mimebundle(thing)


def _live(thing: object) -> Bundle:
    from kit.widgets.live_face import live_face

    return live_face(thing)


def _saved(thing: object) -> Bundle:
    from kit.display.notebook import saved_face

    return saved_face(thing)


def _progress(thing: Run | Climb) -> AbstractContextManager[None]:
    from kit.readiness.climb import Climb

    if isinstance(thing, Climb):
        from kit.display.ladder import climb_progress

        return climb_progress(thing)
    from kit.display.console import run_progress

    return run_progress(thing)


def _error(error: BaseException) -> list[str]:
    from kit.display.notebook import render_error

    return render_error(error)
