"""Reads a magic's flags; its mistakes are ``UsageError``, which IPython shows short."""

from __future__ import annotations

import argparse
import shlex
from typing import NoReturn

from IPython.core.error import UsageError

from kit.errors import nearest

__all__ = ["FlagParser"]


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
