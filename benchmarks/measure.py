"""Measuring: alternating repeats in this process, and fresh processes.

Repeats of the two sides alternate, so that what slows the machine down slows both; the
ratio is that of the medians.
"""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Work = Callable[[int], Any]
"""What is measured; it is given a number that is new each time."""

_NEVER_THE_SAME = iter(range(1, 2**62))


@dataclass(frozen=True)
class Sample:
    """What one repeat took: seconds, and for a process its peak memory in MiB."""

    seconds: float
    mebibytes: float = 0.0


def alternate(repeats: int, *sides: Callable[[], Sample]) -> list[Sample]:
    """Run the sides in turn, and return the median of each."""
    turns = [[side() for side in sides] for _ in range(repeats)]
    return [_median(list(samples)) for samples in zip(*turns, strict=True)]


def _median(samples: list[Sample]) -> Sample:
    return Sample(
        statistics.median(sample.seconds for sample in samples),
        statistics.median(sample.mebibytes for sample in samples),
    )


def timed(work: Work, *, loops: int = 1) -> Callable[[], Sample]:
    """Make a side that does the work in this process; seconds are those of one loop."""

    def side() -> Sample:
        gc.collect()
        start = time.perf_counter()
        for _ in range(loops):
            work(next(_NEVER_THE_SAME))
        return Sample((time.perf_counter() - start) / loops)

    return side


_IMPORT = """
import time
start = time.perf_counter()
{statement}
seconds = time.perf_counter() - start
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(seconds, status["VmHWM"].split()[0])
"""


def importing(statement: str) -> Callable[[], Sample]:
    """Make a side that runs an import in a fresh process.

    Seconds are those of the statement; memory is the process's peak, Python included,
    from Linux's /proc: getrusage would say the parent's when that is larger.
    """

    def side() -> Sample:
        command = [sys.executable, "-c", _IMPORT.format(statement=statement)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds, peak = done.stdout.split()[-2:]
        return Sample(float(seconds), float(peak) / 1024)

    return side


def process(command: Sequence[str], **environment: str) -> Callable[[], Sample]:
    """Make a side that runs a whole process, from its start to its end."""

    def side() -> Sample:
        start = time.perf_counter()
        subprocess.run(
            command, check=True, capture_output=True, env={**os.environ, **environment}
        )
        return Sample(time.perf_counter() - start)

    return side
