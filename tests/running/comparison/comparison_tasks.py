"""Tasks that do another thing in another place; imported by fresh processes too."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from kit import FlyteDirectory, FlyteFile, container_task, current_context

IMAGE = "acme/nowhere:1"


@dataclass
class Point:
    """A record."""

    x: int
    y: float


@container_task(image=IMAGE, name="total", ship="inline")
def total(tt, rows: list[dict[str, float]]) -> float:
    """Add what is the same everywhere."""
    return sum(value for row in rows for value in row.values())


@container_task(image=IMAGE, name="region", ship="inline")
def region(tt) -> dict[str, str]:
    """Read a variable that only some runs have."""
    return {"region": os.environ.get("BIRDS_REGION", "unknown"), "same": "yes"}


@container_task(image=IMAGE, name="lines", ship="inline")
def lines(tt, name: str) -> int:
    """Rely on the folder it was started in."""
    return len(Path(name).read_text().splitlines())


@container_task(image=IMAGE, name="files", ship="inline")
def files(tt, text: str) -> tuple[FlyteFile, FlyteDirectory]:
    """Write a file and a folder, which lie elsewhere in each run."""
    folder = Path(current_context().working_directory)
    path, made = folder / "file.txt", folder / "made"
    made.mkdir()
    path.write_text(text)
    (made / "part.txt").write_text(os.environ.get("BIRDS_REGION", text))
    return FlyteFile(str(path)), FlyteDirectory(str(made))


@container_task(image=IMAGE, name="points", ship="inline")
def points(tt, count: int) -> list[Point]:
    """Make many records, one of which depends on the place."""
    made = [Point(number, number / 2) for number in range(count)]
    if "BIRDS_REGION" in os.environ:
        made[3].y = -1.0
    return made


@container_task(image=IMAGE, name="numbers", ship="inline")
def numbers(tt, count: int) -> list[int]:
    """Make many numbers."""
    return list(range(count))


@container_task(image=IMAGE, name="failing", ship="inline")
def failing(tt, n: int) -> int:
    """Fail alike, but for where it is and where an object lies."""
    raise ValueError(f"{object()!r} in {current_context().raw_output_prefix}")


@container_task(image=IMAGE, name="decked", enable_deck=True, ship="inline")
def decked(tt) -> int:
    """Draw the default decks."""
    return 1
