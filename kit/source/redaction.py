"""The values of secrets, which must not be written into source or messages."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable

from kit.errors import SecretInSourceError


class SecretValues:
    """The values that must not be written anywhere.

    Args:
        forbidden: What the caller knows to be secret; the values that Flyte put into
            this process's environment are added.
    """

    def __init__(self, forbidden: Iterable[str]) -> None:
        prefix = os.environ.get("FLYTE_SECRETS_ENV_PREFIX", "_FSEC_")
        found = {value for key, value in os.environ.items() if key.startswith(prefix)}
        self._values = {value for value in {*found, *forbidden} if value.strip()}

    def quote(self, line: str) -> str:
        """Return a line of source without secrets in it."""
        for value in sorted(self._values, key=len, reverse=True):
            if len(value) >= _LONG or value in _constants(line):
                line = line.replace(value, "***")
        return line

    def check(self, text: str, name: str) -> None:
        """Refuse source that holds a secret; the value is never printed.

        Raises:
            SecretInSourceError: One of its constants is, or holds, a secret.
        """
        if not self._values:
            return
        constants = _constants(text)
        for value in self._values:
            inside = len(value) >= _LONG and (
                value in text or any(value in constant for constant in constants)
            )
            if inside or value in constants:
                raise SecretInSourceError(
                    f"The source of {name!r} holds the value of a secret, which would "
                    "be stored with the task. Ask for it where it is used: request it "
                    "with secret_requests, and read it from "
                    "kit.current_context().secrets."
                )


def _constants(text: str) -> set[str]:
    """Return the constants of some source as text; none when it is no whole source."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set()
    return {
        item.value.decode("latin-1")
        if isinstance(item.value, bytes)
        else str(item.value)
        for item in ast.walk(tree)
        if isinstance(item, ast.Constant) and not isinstance(item.value, bool)
    }


_LONG = 6
"""From this length on a secret is also looked for inside of other text."""
