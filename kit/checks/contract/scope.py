"""The names of one call of a function, while its source is followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kit.checks.contract.values import UNKNOWN, Values

__all__ = ["Frame"]


class Frame:
    """One call: what its names stand for now, and all that they ever stood for.

    Args:
        names: Those that belong to it; others are looked up outside.
        outer: The call that the function was made in.
        where: The function's name.
        owner: The class of a method.
        is_inner: Whether it is a comprehension's or a class's own scope.
    """

    def __init__(
        self,
        names: Iterable[str],
        outer: Frame | None = None,
        *,
        where: str = "",
        owner: str = "",
        is_inner: bool = False,
    ) -> None:
        self.names = set(names)
        self.outer = outer
        self.where = where
        self.owner = owner
        self.is_inner = is_inner
        self.nonlocals: set[str] = set()
        self.globals: set[str] = set()
        self.returned: Values = frozenset()
        self.env: dict[str, Values] = {}
        self._ever: dict[str, Values] = {}
        self._ended = False

    def holder(self, name: str) -> Frame | None:
        """Return the call that a name belongs to, None if it is the module's."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.globals:
                return None
            if name in frame.names and name not in frame.nonlocals:
                return frame
            frame = frame.outer
        return None

    def get(self, name: str) -> Values:
        """Return what one of its names stands for."""
        if self._ended:
            return self._ever.get(name, UNKNOWN)
        return self.env.get(name, UNKNOWN)

    def set(self, name: str, values: Values, *, replace: bool) -> None:
        """Let one of its names stand for something, besides or instead of the old."""
        ever = self._ever.get(name, frozenset())
        self._ever[name] = ever | values
        self.env[name] = values if replace else self.env.get(name, frozenset()) | values

    def end(self) -> None:
        """Note that the call is over: what it made sees its names at any time."""
        self._ended = True

    def join(self, other: Mapping[str, Values]) -> None:
        """Let names stand for what they stand for in another branch, too."""
        for name, values in other.items():
            self.env[name] = self.env.get(name, frozenset()) | values
