# ruff: noqa: T201 - tasks print
"""Tasks of the running tests; imported by fresh processes too."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from kit import Deck, FlyteFile, container_task, current_context


@dataclass
class Order:
    """A record with a file in it."""

    file: FlyteFile
    count: int = 1


@container_task(image="acme/a:1", name="double")
def double(tt, n: int) -> int:
    """Twice as much."""
    print(f"n is {n}")
    return 2 * n


@container_task(image="acme/a:1", name="patient")
def patient(tt, seconds: float) -> int:
    """Sleep, and say so before."""
    print("started", flush=True)
    time.sleep(seconds)
    return 1


@container_task(image="acme/a:1", name="divide")
def divide(tt, a: int, b: int) -> int:
    """Raise where b is 0."""
    print("dividing")
    return a // b


@container_task(image="acme/a:1", name="shout")
def shout(tt, file: FlyteFile) -> FlyteFile:
    """Write a file in capitals."""
    Path("shouted.txt").write_text(Path(file).read_text().upper())
    return FlyteFile("shouted.txt")


@container_task(image="acme/a:1", name="count_in")
def count_in(tt, order: Order) -> int:
    """Read a file that is a field of a record."""
    return len(Path(order.file).read_text())


@container_task(image="acme/a:1", name="decked", enable_deck=True)
def decked(tt, n: int) -> int:
    """Write a deck."""
    current_context().decks.append(Deck("mine", f"<b>{n}</b>"))
    return n
