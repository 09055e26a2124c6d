"""What a task writes, however much and whatever it is."""

from __future__ import annotations

import itertools
import re
import time
import tracemalloc
from pathlib import Path

import pytest
from places import EVERYWHERE, KIT, KIT_PROCESSES, SUBPROCESS_FLYTEKIT, Place, on

from kit.runners import LogLine
from kit.runners.log import MAX_LINE
from kit.running.run import Run

MB = 1_000_000


def texts(run: Run) -> list[str]:
    """What the task wrote to its standard output."""
    return [line.text for line in run.logs if line.stream == "stdout"]


@on(*KIT)
def test_a_hundred_megabytes(place: Place, tmp_path: Path):
    """The file has all of it, and memory only what the log may hold."""
    tracemalloc.start()
    done = place.run("flood", 100, directory=tmp_path / "run")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.succeeded
    assert peak < 40 * MB
    assert len(done.logs) + done.logs.dropped == 100_000
    assert done.logs.path == tmp_path / "run" / "log.txt"
    with done.logs.path.open("rb") as lines:
        written = {line: len(list(same)) for line, same in itertools.groupby(lines)}
    assert written == {b"stdout\t" + b"x" * 999 + b"\n": 100_000}


@on(*EVERYWHERE)
def test_many_lines(place: Place):
    """They come in order, each of them once, and not much later."""
    seen: list[str] = []
    moments: list[float] = []

    def on_log(line: LogLine) -> None:
        if line.text.isdigit():
            seen.append(line.text)
            moments.append(time.thread_time())

    done = place.run("many_lines", 100_000, on_log=on_log)
    assert done.succeeded
    assert seen == [str(number) for number in range(100_000)]
    assert moments[-1] - moments[0] < 2  # 50,000 a second; it takes about 0.3
    assert len(done.logs) <= 10_000
    assert str(done.logs.tail(1)[0]) == "99999"


@on(*KIT, SUBPROCESS_FLYTEKIT)
def test_output_without_a_line_end(place: Place):
    """It is a line when the task has ended."""
    assert texts(place.run("no_newline"))[-1] == "no end"


@on(*KIT, SUBPROCESS_FLYTEKIT)
def test_output_that_is_no_text(place: Place):
    """Bytes become replacement characters, in the file too."""
    done = place.run("odd_bytes", keep=True)
    expected = ["\ufffd\ufffd ok", "\x00nul", "no end"]
    assert texts(done)[-3:] == expected
    lines = done.logs.path.read_text("utf-8").splitlines()
    assert [f"stdout\t{text}" for text in expected] == lines[-3:]


@on(*KIT, SUBPROCESS_FLYTEKIT)
def test_a_very_long_line(place: Place):
    """It comes in pieces, all of it."""
    done = place.run("long_line", 5)
    pieces = [text for text in texts(done) if re.fullmatch("x+", text)]
    assert sum(map(len, pieces)) == 5 * MB
    assert max(map(len, pieces)) <= MAX_LINE


@on(*KIT_PROCESSES)
def test_output_from_below_python(place: Place):
    """What a library in C writes is a line like any other."""
    assert texts(place.run("below_python"))[-1] == "from C"


@on(*KIT_PROCESSES)
def test_a_task_that_closes_its_streams(place: Place):
    """It is waited for all the same."""
    assert place.run("closing").outputs["text"] == "quiet"


@on(*KIT)
def test_a_callback_that_fails(place: Place):
    """What ``on_log`` raises comes out of the call, and nothing goes on."""

    def explode(line: LogLine) -> None:
        raise BrokenPipeError(line.text)

    with pytest.raises(BrokenPipeError, match=r"(out|err) 2"):  # whichever came first
        place.run("ok", on_log=explode)
