"""What is noted of an executor while its source is followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from kit.checks.contract.values import Path

__all__ = ["Contract", "Read", "Use", "UseKind", "begins"]


@dataclass(frozen=True)
class Read:
    """One place that reads a key.

    Attributes:
        path: Which.
        where: The function it stands in.
        needed: Whether it is sure to fail without the key.
        asked: Whether it takes a missing key, as ``get`` and ``in`` do.
        sure: Whether each run gets there.
        guarded: Whether what fails there is caught.
    """

    path: Path
    where: str
    needed: bool = False
    asked: bool = False
    sure: bool = False
    guarded: bool = False


class UseKind(Enum):
    """What is made of a value."""

    CAST = "int() makes it an integer"
    BREAKS = "a float fails"
    OTHER = "anything else"


@dataclass(frozen=True)
class Use:
    """One use of a value.

    Attributes:
        path: Which value.
        kind: What becomes of a float there.
        what: The place, as a noun: ``an argument of range()``.
        where: The function it stands in.
    """

    path: Path
    kind: UseKind
    what: str = ""
    where: str = ""


@dataclass
class Contract:
    """What an executor does with ``tt.custom``, as far as its source tells.

    Attributes:
        reads: Its places that read a key.
        whole: Paths of which everything may be read, and why.
        changed: Paths that the executor may change.
        uses: What becomes of values.
    """

    reads: dict[Read, None] = field(default_factory=dict)
    whole: dict[Path, str] = field(default_factory=dict)
    changed: set[Path] = field(default_factory=set)
    uses: dict[Use, None] = field(default_factory=dict)

    @classmethod
    def unknown(cls, why: str) -> Contract:
        """Return what can be said when nothing is known: everything may be read."""
        return cls(whole={(): why}, changed={()})

    @property
    def why_unknown(self) -> str:
        """Why not even the keys that are read can be told; empty if they can."""
        return self.whole.get((), "")

    def may_read(self, path: Path) -> bool:
        """Tell whether a key may be read, or something below it."""
        if any(begins(path, whole) for whole in self.whole):
            return True
        return any(begins(read.path, path) for read in self.reads)

    def may_change(self, path: Path) -> bool:
        """Tell whether the executor may put something there, or take it away."""
        return any(begins(path, changed) for changed in self.changed)

    def note_change(self, path: Path) -> None:
        """Note that the executor may put something there, or take it away."""
        if not self.may_change(path):
            self.changed.add(path)

    def tests(self, path: Path) -> bool:
        """Tell whether the executor asks somewhere whether the key is there."""
        return any(read.asked and read.path == path for read in self.reads)

    def needs(self) -> Iterator[Read]:
        """Yield the reads that fail without their key and catch nothing."""
        for read in self.reads:
            if read.needed and not read.guarded and (read.sure or self._is_bare(read)):
                yield read

    def _is_bare(self, read: Read) -> bool:
        return not any(
            self.tests(read.path[: end + 1]) for end in range(len(read.path))
        )

    def uses_of(self, path: Path) -> Iterator[Use]:
        """Yield what becomes of the value at a path."""
        for use in self.uses:
            if len(use.path) == len(path) and begins(path, use.path):
                yield use


def begins(path: Path, front: Path) -> bool:
    """Tell whether a path may begin with another one.

    Keys that aren't texts may be any, for a list's items are all alike.

    >>> begins(("a", 0, "b"), ("a", 1)), begins(("a",), ("a", "b"))
    (True, False)
    """
    return len(front) <= len(path) and all(
        not isinstance(one, str) or not isinstance(other, str) or one == other
        for one, other in zip(path, front, strict=False)
    )
