"""Errors of a cell without the frames of the magic that ran it."""

from __future__ import annotations

import argparse
import contextlib
import shlex
from collections.abc import Iterator
from types import TracebackType
from typing import Any, NoReturn

from IPython.core.error import UsageError

from kit.errors import AuthoringError, KitError, nearest

__all__ = ["FlagParser", "errors_of_cell"]


class FlagParser(argparse.ArgumentParser):
    """A parser that raises where a program would end."""

    def __init__(self, usage: str) -> None:
        usage = usage.replace("%", "%%")  # argparse fills it in
        super().__init__(usage=usage, add_help=False, allow_abbrev=False)

    def parse_text(self, text: str) -> argparse.Namespace:
        """Read flags as a shell would split them.

        Raises:
            UsageError: A quote is open, or a flag or its value is not known.
        """
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise UsageError(f"{text!r} cannot be read: {error}.") from error
        return self.parse_args(words)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, with the nearest flag."""
        _, _, unknown = message.partition("unrecognized arguments: ")
        near = nearest(unknown.split()[0], self.flags()) if unknown else ""
        raise UsageError(f"{message}.{near}")

    def flags(self) -> list[str]:
        """Return the flags, in the order of the help."""
        return [flag for action in self._actions for flag in action.option_strings]

    def values_of(self, flag: str) -> list[str]:
        """Return the values that a flag may have, if they are few."""
        action = self._option_string_actions.get(flag)
        return list(action.choices or ()) if action is not None else []


@contextlib.contextmanager
def errors_of_cell(shell: Any, filename: str) -> Iterator[None]:
    """Show what goes wrong meanwhile as if the cell were plain Python.

    IPython asks an error for ``_render_traceback_`` before it draws one itself.

    Args:
        shell: The shell that draws tracebacks.
        filename: What the cell's code was compiled as.

    Raises:
        AuthoringError: The cell is no Python; a ``SyntaxError`` would be drawn with
            every frame of IPython's.
    """
    try:
        yield
    except SyntaxError as error:
        if error.filename != filename:
            raise
        lines = shell.SyntaxTB.structured_traceback(type(error), error, [])
        refused = AuthoringError(f"The cell is no Python: {error}.")
        raise _shown_as(refused, lines) from error
    except KitError as error:
        _shown_as(error, [f"{type(error).__name__}: {error}"])
        raise
    except Exception as error:
        frames = _frames_of(error.__traceback__, filename)
        if frames is not None:
            draw = shell.InteractiveTB.structured_traceback
            _shown_as(error, draw(type(error), error, frames, tb_offset=0))
        raise


def _frames_of(traceback: TracebackType | None, filename: str) -> TracebackType | None:
    """Return the traceback from the first frame of the cell on, if it has one."""
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            return traceback
        traceback = traceback.tb_next
    return None


def _shown_as(error: Exception, lines: list[str]) -> Any:
    error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]
    return error
