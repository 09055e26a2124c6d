"""The faces that kit registers for its objects: each is loaded by its first use."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from kit.notebook import Bundle, Faces, use_faces

if TYPE_CHECKING:
    from kit.readiness.climb import Climb
    from kit.running.run import Run


def register_faces() -> None:
    """Let everything that shows itself be drawn by kit's displays and widgets."""
    use_faces(Faces(_static, _live, _saved, _progress, _error))


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
