"""Where following a source stands: the names, how sure a place is, what is noted."""

from __future__ import annotations

import ast
import builtins
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator

from kit.checks.contract.module import ModuleNames
from kit.checks.contract.record import Contract, Read, Use, UseKind
from kit.checks.contract.scope import Frame
from kit.checks.contract.values import (
    EVERY,
    UNKNOWN,
    Bound,
    Code,
    Key,
    Marker,
    Path,
    Provided,
    Several,
    Value,
    Values,
    draw,
)

__all__ = ["State", "TooMuchError"]

_MOST_STEPS = 20_000
_DEEPEST = 16
_MOST_VALUES = 16


class TooMuchError(Exception):
    """The source is too much to follow; what it reads stays unknown."""


class State(ABC):
    """Follows a source, with what all parts of that share."""

    def __init__(self, module: ModuleNames) -> None:
        self.module = module
        self.contract = Contract()
        self.frame = Frame(())
        self.sure = True
        self.guarded = False
        self.deferred: dict[Code, None] = {}
        self._steps = 0

    @abstractmethod
    def value(self, node: ast.expr) -> Values:
        """Follow an expression and return what it may stand for."""

    def count_step(self) -> None:
        """Give up on what takes too long to follow."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise TooMuchError

    # Names

    def look_up(self, name: str) -> Values:
        """Return what a name stands for where the source stands."""
        holder = self.frame.holder(name)
        return self.module.value(name) if holder is None else holder.get(name)

    def is_builtin(self, name: str) -> bool:
        """Tell whether a name is Python's own here."""
        shadowed = self.frame.holder(name) is not None or name in self.module.names
        return not shadowed and hasattr(builtins, name)

    def assign(self, name: str, values: Values, scope: Frame | None = None) -> None:
        """Let a name stand for a value, as seen from this scope or another one."""
        holder = (scope or self.frame).holder(name)
        if holder is None:
            self.escape(values, f"the global {name}")
        elif len(values) > _MOST_VALUES:
            self.escape(values, f"{name}, which may be too much else")
            holder.set(name, UNKNOWN, replace=holder is self.frame)
        else:
            holder.set(name, values, replace=holder is self.frame)

    # How sure a place is

    @contextlib.contextmanager
    def unsure(self, *, guarded: bool = False) -> Iterator[None]:
        """Follow what not every run gets to, or whose failure is caught."""
        before = self.sure, self.guarded
        self.sure, self.guarded = False, self.guarded or guarded
        try:
            yield
        finally:
            self.sure, self.guarded = before

    @contextlib.contextmanager
    def inside(self, frame: Frame) -> Iterator[Frame]:
        """Follow what stands in another scope."""
        before, self.frame = self.frame, frame
        try:
            yield frame
        finally:
            frame.end()
            self.frame = before

    # What is noted

    def read(
        self, path: Path, key: Key, *, needed: bool, known: bool = True
    ) -> Provided:
        """Note that a key is read, and return what it holds.

        Args:
            path: Where the dictionary or list stands.
            key: Its key.
            needed: Whether it fails without it.
            known: Whether it is this dictionary and this key for certain.
        """
        self.count_step()
        below = (*path, key)
        if len(below) > _DEEPEST:
            raise TooMuchError
        known = known and not self.contract.may_change(below)
        read = Read(
            below,
            self.frame.where,
            needed=needed and known,
            asked=not needed,
            sure=self.sure,
            guarded=self.guarded,
        )
        self.contract.reads[read] = None
        return Provided(below)

    def use(self, values: Values, kind: UseKind, what: str = "") -> None:
        """Note what becomes of a value."""
        for value in values:
            if isinstance(value, Provided):
                use = Use(value.path, kind, what, self.frame.where)
                self.contract.uses[use] = None

    def consume(self, values: Values, what: str = "an expression") -> None:
        """Note that all of a value is read, and nothing keeps it."""
        self._let_go(values, what, is_kept=False)
        self.use(values, UseKind.OTHER)

    def escape(self, values: Values, what: str) -> None:
        """Note that a value goes where it may be read and changed."""
        self._let_go(values, what, is_kept=True)
        self.use(values, UseKind.OTHER)

    def _let_go(self, values: Values, what: str, *, is_kept: bool) -> None:
        for value in values:
            if isinstance(value, Provided | Bound):
                self._note_whole(value.path, what, is_kept=is_kept)
            elif value is Marker.TEMPLATE:
                self._note_whole((), what, is_kept=is_kept, name="tt")
            elif isinstance(value, Several):
                for item in value.items:
                    self._let_go(item, what, is_kept=is_kept)
            elif isinstance(value, Code) and value.frame is not None:
                self.deferred[value] = None

    def _note_whole(
        self, path: Path, what: str, *, is_kept: bool, name: str = ""
    ) -> None:
        why = f"{self.frame.where} hands {name or draw(path)} to {what}"
        self.contract.whole.setdefault(path, why)
        if is_kept:
            self.contract.note_change(path)

    def elements(self, values: Values) -> Values:
        """Return what iterating gives; each key of a dictionary counts as read."""
        found: set[Value] = set()
        for value in values:
            if isinstance(value, Provided):
                found.add(self.read(value.path, EVERY, needed=False))
            elif isinstance(value, Several):
                found.update(*value.items)
            else:
                self.escape(frozenset({value}), "a loop")
                found.update(UNKNOWN)
        return frozenset(found)
