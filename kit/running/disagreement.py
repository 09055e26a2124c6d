"""One thing that is not the same in all places where a task ran."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kit.runners.outcome import Outcome

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


_LONGEST = 80
_FOLDER = re.compile(r"/[\w./-]*?/kit-(?:run-)?\w{8}(?![\w-])")
"""A temporary folder of kit's: of a run, or of what goes on inside."""
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")


def normal_text(text: str, directory: Path | None = None) -> str:
    """Return a text in which the run's own folders and addresses in memory are alike.

    >>> normal_text("<a at 0x7f12ab34cd> in /tmp/kit-run-abcd1234/raw")
    '<a at 0x…> in <run>/raw'
    """
    if directory is not None:
        text = text.replace(str(directory), "<run>")
    return _ADDRESS.sub("0x…", _FOLDER.sub("<run>", text))


def short(text: str) -> str:
    """Cut a text to what fits into a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


_NOT_INSTALLED = (
    "Put the package into the image, or run where it is installed: what is only "
    "installed here is not there on the cluster."
)
_NOT_THERE = (
    "Pass files as inputs of type FlyteFile or FlyteDirectory: a path of this machine "
    "is not there on the cluster."
)
_MEMORY = (
    "Only a container is held to the memory that the template says: give it more with "
    "limits=kit.Resources(mem=…), or let the executor hold less at a time."
)
_BY_TYPE = {
    "ModuleNotFoundError": _NOT_INSTALLED,
    "ImportError": _NOT_INSTALLED,
    "ExecutorModuleError": _NOT_INSTALLED,
    "FileNotFoundError": _NOT_THERE,
    "OutOfMemory": _MEMORY,
    "MemoryError": _MEMORY,
    "TimedOut": (
        "Look at comparison.measured for the seconds of each run, and at the log for "
        "how far it came; a container may have less CPU, or no network."
    ),
}

OUTPUT_ADVICE = (
    "See below what differs around the runs. If nothing does, compare the first runner "
    "with itself: a result that depends on time, order or chance differs there, too."
)
DECKS_ADVICE = (
    "Decks come from what the executor did, and from packages that draw them: see "
    "which way it took with comparison.runs[…].decks, and what differs around the runs."
)


def failure_advice(outcomes: Mapping[str, Outcome]) -> str:
    """Say what may help, or where the rest of an error is.

    Args:
        outcomes: How the runs ended, by label; one at least did not succeed.
    """
    failed = {label: one.error for label, one in outcomes.items() if one.error}
    known = sorted(error.type for error in failed.values() if error.type in _BY_TYPE)
    if known:
        return _BY_TYPE[known[0]]
    label, error = next(iter(failed.items()))
    has = "traceback" if error.traceback else "last lines"
    where = "raise_for_error()" if error.traceback else "logs"
    return f"comparison.runs[{label!r}].{where} shows its {has}."
