# ruff: noqa: T201 - printing is what is tested
from __future__ import annotations

import sys
import threading

from kit.runners.log import LogLine, capture_output


def test_prints_become_lines():
    """Both streams are captured, and a last line without end too."""
    lines: list[LogLine] = []
    with capture_output(lines.append):
        print("out")
        print("err", file=sys.stderr)
        sys.stdout.write("no end")
    assert lines == [
        LogLine("stdout", "out"),
        LogLine("stderr", "err"),
        LogLine("stdout", "no end"),
    ]


def test_the_streams_are_put_back(capsys):
    """After the last capture the standard streams are the ones from before."""
    before = sys.stdout, sys.stderr
    with capture_output(lambda _: None), capture_output(lambda _: None):
        assert sys.stdout is not before[0]
    assert (sys.stdout, sys.stderr) == before
    print("seen")
    assert capsys.readouterr().out == "seen\n"


def test_other_threads_print_as_before(capsys):
    """Only what the capturing context prints is captured."""
    lines: list[LogLine] = []
    with capture_output(lines.append):
        thread = threading.Thread(target=print, args=["elsewhere"])
        thread.start()
        thread.join()
        print("here")
    assert lines == [LogLine("stdout", "here")]
    assert capsys.readouterr().out == "elsewhere\n"


def test_runs_in_threads_do_not_mix():
    """Captures that overlap in time each get their own lines."""
    got: dict[int, list[str]] = {number: [] for number in range(4)}
    barrier = threading.Barrier(4)

    def work(number: int) -> None:
        with capture_output(lambda line: got[number].append(line.text)):
            barrier.wait(10)
            for _ in range(50):
                print(number)
            barrier.wait(10)

    threads = [threading.Thread(target=work, args=[number]) for number in got]
    before = sys.stdout
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert got == {number: [str(number)] * 50 for number in range(4)}
    assert sys.stdout is before


def test_bytes_become_lines(capsysbinary):
    """What is written below the text layer belongs to the run, and to no other."""
    lines: list[LogLine] = []
    with capture_output(lines.append):
        print("text")
        sys.stdout.buffer.write(b"\xff bytes\n")
    sys.stdout.buffer.write(b"after")
    sys.stdout.flush()
    assert lines == [LogLine("stdout", "text"), LogLine("stdout", "\ufffd bytes")]
    assert capsysbinary.readouterr().out == b"after"


def test_what_takes_the_lines_may_print(capsys):
    """It is not captured itself."""
    with capture_output(print):
        print("once")
    assert capsys.readouterr().out == "once\n"
