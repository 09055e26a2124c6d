"""One thing that is not the same in all places where a task ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["About", "Disagreement", "contrast", "places"]

About = Literal[
    "phase",
    "error",
    "outputs",
    "inputs",
    "decks",
    "types",
    "python",
    "packages",
    "variables",
    "directory",
    "user",
]
"""What can be another; from ``types`` on it is around the result, not in it."""


@dataclass(frozen=True)
class Disagreement:
    """Something that is not the same everywhere.

    Attributes:
        about: What it is.
        path: Where, as in ``outputs.rows[3].x`` or ``packages.pandas``.
        values: What it is in each place, in a few words, by the label of the run.
        message: The same as a sentence.
        advice: What to do about it; empty if it speaks for itself.
    """

    about: About
    path: str
    values: Mapping[str, str]
    message: str
    advice: str = ""


def contrast(values: Mapping[str, str]) -> str:
    """Say what is where, equal ones together.

    >>> contrast({"in-process": "3", "subprocess": "3", "docker": "4"})
    '3 in-process and in subprocess, 4 in docker'
    """
    groups: dict[str, list[str]] = {}
    for label, value in values.items():
        groups.setdefault(value, []).append(label)
    return ", ".join(f"{value} {places(labels)}" for value, labels in groups.items())


def places(labels: list[str]) -> str:
    """Name places in a sentence."""
    words = [word if word.startswith("in-") else f"in {word}" for word in labels]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
