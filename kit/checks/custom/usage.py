"""What is known of how an executor uses ``tt.custom``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum


class Every(Enum):
    """A key that is not known: it may be any."""

    KEY = "*"


EVERY = Every.KEY
Key = str | int | Every
Path = tuple[Key, ...]
Position = tuple[int, int]


@dataclass(frozen=True)
class Read:
    """One place that reads a key.

    Attributes:
        path: The key, after those of the dictionaries around it.
        where: The function that reads it.
        needed: Whether it fails without the key.
        asked: Whether it accepts a missing key, as ``get`` and ``in`` do.
        sure: Whether each run gets there.
        guarded: Whether what fails there is caught, or may never run.
        at: Line and column in the executor; in a helper, those of its call.
    """

    path: Path
    where: str
    needed: bool = False
    asked: bool = False
    sure: bool = False
    guarded: bool = False
    at: Position = (0, 0)


class UseKind(Enum):
    """What is done with a value."""

    CAST = "int() makes it an integer"
    BREAKS = "a float fails"
    RETURNED = "it is an output"
    OTHER = "anything else"


@dataclass(frozen=True)
class Use:
    """One use of a value.

    Attributes:
        path: Which value.
        kind: What happens to a float there.
        what: The place, as a noun: ``an argument of range()``.
        where: The function it is in.
    """

    path: Path
    kind: UseKind
    what: str = ""
    where: str = ""


@dataclass
class CustomUsage:
    """What an executor does with ``tt.custom``, as far as its source says.

    Attributes:
        reads: The places that read a key.
        whole: Paths of which everything may be read, and why.
        changed: Paths that the executor may set or remove, and where it first does.
        uses: What is done with values.
    """

    reads: dict[Read, None] = field(default_factory=dict)
    whole: dict[Path, str] = field(default_factory=dict)
    changed: dict[Path, Position] = field(default_factory=dict)
    uses: dict[Use, None] = field(default_factory=dict)

    @classmethod
    def unknown(cls, why: str) -> CustomUsage:
        """Return the usage of an executor that may read everything."""
        return cls(whole={(): why}, changed={(EVERY,): (0, 0)})

    @property
    def why_unknown(self) -> str:
        """Why the keys that are read are not all known; empty if they are."""
        return self.whole.get((), "")

    def may_read(self, path: Path) -> bool:
        """Tell whether a key may be read, or something below it."""
        if any(begins(path, whole) for whole in self.whole):
            return True
        return any(begins(read.path, path) for read in self.reads)

    def note_change(self, path: Path, at: Position) -> None:
        """Note that the executor may set a key, or remove it."""
        self.changed[path] = min(at, self.changed.get(path, at))

    def may_change(self, path: Path, *, before: Position) -> bool:
        """Tell whether the executor may have set or removed a key before a place."""
        fronts = (front for front, at in self.changed.items() if at <= before)
        return any(begins(path, front) for front in fronts)

    def needs(self) -> Iterator[Read]:
        """Yield the reads that fail without their key and catch nothing."""
        for read in self.reads:
            caught = read.guarded or self.may_change(read.path, before=read.at)
            if read.needed and not caught and (read.sure or self._is_bare(read)):
                yield read

    def _is_bare(self, read: Read) -> bool:
        """Tell whether nothing asks for the key, or for one that it is in."""
        asked = {other.path for other in self.reads if other.asked}
        ends = range(1, len(read.path) + 1)
        return not any(read.path[:end] in asked for end in ends)

    def uses_of(self, path: Path) -> Iterator[Use]:
        """Yield what is done with the value at a path."""
        for use in self.uses:
            if len(use.path) == len(path) and begins(path, use.path):
                yield use


def begins(path: Path, front: Path) -> bool:
    """Tell whether a path may begin with another one.

    Keys that are not text may be any, because the items of a list are alike.

    >>> begins(("a", 0, "b"), ("a", 1)), begins(("a",), ("a", "b"))
    (True, False)
    """
    return len(front) <= len(path) and all(
        not isinstance(one, str) or not isinstance(other, str) or one == other
        for one, other in zip(path, front, strict=False)
    )


def draw(path: Iterable[Key]) -> str:
    """Write a path as Python reads it.

    >>> draw(("limits", 0, EVERY))
    "tt.custom['limits'][0][…]"
    """
    steps = ("…" if key is EVERY else repr(key) for key in path)
    return "tt.custom" + "".join(f"[{step}]" for step in steps)
