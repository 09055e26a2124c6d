from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from footprint import is_alive
from waiting import until

from kit.runners.log import MAX_LINE, LogLine
from kit.runners.process import Process

FAST = 0.3


def python(source: str, **kwargs) -> Process:
    """Start Python on a piece of source."""
    code = textwrap.dedent(source)
    return Process([sys.executable, "-S", "-u", "-c", code], **kwargs)


def collect(source: str) -> tuple[list[LogLine], int]:
    """Run a piece of source to its end: its lines and its exit status."""
    lines: list[LogLine] = []
    end = python(source, on_line=lines.append).wait()
    return lines, end.status


def test_lines_arrive_with_their_stream():
    """Both streams are read, and each line says which one it came from."""
    lines, status = collect(
        """
        import sys
        print("out")
        print("err", file=sys.stderr)
        """
    )
    assert status == 0
    assert sorted(lines, key=str) == [
        LogLine("stderr", "err"),
        LogLine("stdout", "out"),
    ]


def test_lines_arrive_while_the_process_runs():
    """A line is passed on when it is written, not when the process ends."""
    seen = threading.Event()
    process = python(
        "print('now'); import time; time.sleep(60)", on_line=lambda _: seen.set()
    )
    assert seen.wait(10)
    process.kill()
    assert process.wait().signal_name == "SIGKILL"


def test_a_last_line_without_end_is_kept():
    """Text after the last line end is a line too."""
    lines, _ = collect("import sys; sys.stdout.write('a\\nb')")
    assert [line.text for line in lines] == ["a", "b"]


def test_carriage_returns_end_lines():
    """Windows line ends are line ends; after a bare one, the line is overwritten."""
    lines, _ = collect("import sys; sys.stdout.write('\\r1%\\r2%\\r\\ndone\\n')")
    assert lines == [
        LogLine("stdout", "1%", is_overwritten=True),
        LogLine("stdout", "2%"),
        LogLine("stdout", "done"),
    ]


def test_bytes_that_are_not_text_are_replaced():
    """Output that is no UTF-8 is shown with replacement characters, never an error."""
    lines, _ = collect("import os; os.write(1, b'a\\xff\\xc3\\n'); os.write(1, b'z')")
    assert [line.text for line in lines] == ["a\ufffd\ufffd", "z"]


def test_characters_split_between_writes_stay_whole():
    """A multi-byte character whose bytes come in two pieces is one character."""
    lines, _ = collect(
        """
        import os, time
        os.write(1, b'\\xc3'); time.sleep(0.2); os.write(1, b'\\xa9\\n')
        """
    )
    assert [line.text for line in lines] == ["é"]


def test_endless_lines_are_passed_on_in_pieces():
    """Ten million characters without a line end never gather in memory."""
    sizes: list[int] = []
    process = python(
        "import sys; sys.stdout.write('x' * 10_000_000)",
        on_line=lambda line: sizes.append(len(line.text)),
    )
    assert process.wait().status == 0
    assert sum(sizes) == 10_000_000
    assert max(sizes) <= MAX_LINE


def test_many_lines_all_arrive():
    """Nothing is lost at the end of a process that writes a lot and exits."""
    lines, _ = collect("for n in range(50_000): print(n) if n % 1000 else print('k')")
    assert len(lines) == 50_000
    assert lines[-1].text == "49999"


def test_exit_status_is_reported():
    """The status is the process's own."""
    end = python("import os; os._exit(7)").wait()
    assert (end.status, end.stopped, end.signal_name) == (7, None, None)
    assert end.seconds > 0


def test_death_by_signal_names_it():
    """A process killed by somebody else says by which signal."""
    end = python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)").wait()
    assert end.signal_name == "SIGSEGV"
    assert end.stopped is None


def test_a_missing_program_is_an_oserror():
    """Starting what is not there fails at once, in the caller."""
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        Process(["no-such-program"])


def test_environment_and_directory_are_as_given(tmp_path: Path):
    """The child sees exactly the environment and directory it was given."""
    lines: list[LogLine] = []
    process = python(
        "import os; print(os.getcwd(), os.environ.get('K'), 'HOME' in os.environ)",
        cwd=tmp_path,
        env={"K": "v"},
        on_line=lines.append,
    )
    process.wait()
    assert [line.text for line in lines] == [f"{tmp_path.resolve()} v False"]


def test_timeout_stops_with_sigint():
    """At the timeout the process gets the chance to clean up."""
    lines: list[LogLine] = []
    process = python(
        """
        import time
        try:
            print("ready"); time.sleep(60)
        finally:
            print("cleaned up")
        """,
        on_line=lines.append,
    )
    end = process.wait(timeout=1.0)
    assert end.stopped == "timed out"
    assert "cleaned up" in [line.text for line in lines]
    assert end.seconds < 4.0


def test_a_process_that_ignores_sigint_is_killed_after_the_grace():
    """SIGKILL follows when the polite way does not work."""
    ready = threading.Event()
    process = python(
        """
        import signal, time
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("ready"); time.sleep(60)
        """,
        on_line=lambda _: ready.set(),
    )
    assert ready.wait(10)
    process.stop("cancelled", grace=FAST)
    end = process.wait()
    assert (end.signal_name, end.stopped) == ("SIGKILL", "cancelled")


def test_stopping_twice_keeps_the_first_reason():
    """Stop is idempotent, and does nothing to a process that has ended."""
    process = python("import time; time.sleep(60)")
    process.stop("cancelled", grace=FAST)
    process.stop("timed out", grace=FAST)
    assert process.wait().stopped == "cancelled"
    process.stop("timed out")
    process.kill()
    assert process.wait().stopped == "cancelled"


def test_grandchildren_are_stopped_too():
    """A cancel reaches everything the process started."""
    pids: list[int] = []
    process = python(
        """
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-S", "-c",
            "import signal, time; signal.signal(2, signal.SIG_IGN); time.sleep(60)"])
        time.sleep(0.3)
        print(child.pid)
        time.sleep(60)
        """,
        on_line=lambda line: pids.append(int(line.text)) if not pids else None,
    )
    assert until(lambda: pids)
    process.stop("cancelled", grace=FAST)
    process.wait()
    assert until(lambda: not is_alive(pids[0]))


def test_leftovers_of_a_finished_process_are_killed():
    """A process that ends without its children does not leave them behind."""
    lines: list[LogLine] = []
    started = time.monotonic()
    end = python(
        """
        import subprocess, sys
        sleep = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
        child = subprocess.Popen(sleep)
        print(child.pid)
        """,
        on_line=lines.append,
    ).wait()
    assert end.status == 0
    assert time.monotonic() - started < 10
    assert until(lambda: not is_alive(int(lines[0].text)))


def test_an_escaped_grandchild_does_not_block_the_end():
    """A daemon that left the session and holds the pipes is not waited for."""
    lines: list[LogLine] = []
    started = time.monotonic()
    end = python(
        """
        import subprocess, sys
        sleep = [sys.executable, "-S", "-c", "import time; time.sleep(20)"]
        child = subprocess.Popen(sleep, start_new_session=True)
        print(child.pid)
        """,
        on_line=lines.append,
    ).wait()
    os.kill(int(lines[0].text), signal.SIGKILL)
    assert end.status == 0
    assert time.monotonic() - started < 10


def test_a_failing_callback_stops_the_process():
    """An exception in ``on_line`` is raised where one waits, and nothing goes on."""

    def explode(line: LogLine) -> None:
        raise BrokenPipeError(line.text)

    process = python("print('first'); import time; time.sleep(60)", on_line=explode)
    with pytest.raises(BrokenPipeError, match="first"):
        process.wait()
    assert not is_alive(process.pid)


def test_leaving_the_context_leaves_nothing_running():
    """An exception before anybody waits still ends the process."""
    with (
        pytest.raises(ZeroDivisionError),
        python("import time; time.sleep(60)") as process,
    ):
        raise ZeroDivisionError
    assert not is_alive(process.pid)


def test_waiting_and_stopping_work_from_threads():
    """Several processes can be waited for and cancelled from other threads."""
    processes = [python("import time; time.sleep(60)") for _ in range(4)]
    ends = []
    threads = [
        threading.Thread(target=lambda p=p: ends.append(p.wait())) for p in processes
    ]
    for thread in threads:
        thread.start()
    for process in processes:
        process.stop("cancelled", grace=FAST)
    for thread in threads:
        thread.join(15)
    assert [end.stopped for end in ends] == ["cancelled"] * 4


PARENT = """
import sys, signal, threading
from kit.runners.process import Process
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    child = Process([sys.executable, "-S", "-u", "-c", {code!r}],
                    on_line=lambda line: print(line.text, flush=True))
    child.wait()
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def start_parent(code: str) -> tuple[subprocess.Popen[str], int]:
    """Start a parent that waits for a child, and return it with the child's id."""
    source = PARENT.format(code=code)
    parent = subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, text=True
    )
    return parent, int(parent.stdout.readline())


def test_ctrl_c_in_the_waiting_parent_cancels_the_child():
    """KeyboardInterrupt while waiting ends the child and is raised again."""
    code = "import os, time; print(os.getpid()); time.sleep(60)"
    parent, pid = start_parent(code)
    parent.send_signal(signal.SIGINT)
    out, _ = parent.communicate(timeout=20)
    assert out.endswith("interrupted\n")
    assert not is_alive(pid)


def test_ctrl_c_while_a_process_starts_leaves_none_behind():
    """What started when the interrupt came is killed, for nobody could stop it."""
    source = """
import os, signal, subprocess, sys
from kit.runners import process
from kit.runners.process import Process
plain = subprocess.Popen
def interrupted(*args, **kwargs):
    started = plain(*args, **kwargs)
    if args[0][0] == "sleep":
        print(started.pid, flush=True)
        os.kill(os.getpid(), signal.SIGINT)
    return started
subprocess.Popen = interrupted
try:
    Process(["sleep", "60"])
except KeyboardInterrupt:
    print(list(process._live), flush=True)
"""
    command = [sys.executable, "-c", source]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=20, check=False
    )
    pid, left = done.stdout.split()
    assert left == "[]", done.stderr
    assert not is_alive(int(pid))


def test_a_second_ctrl_c_kills_at_once():
    """Someone who presses Ctrl-C twice does not wait for the grace period."""
    code = (
        "import os, signal, time; signal.signal(2, signal.SIG_IGN);"
        "print(os.getpid()); time.sleep(60)"
    )
    parent, pid = start_parent(code)
    started = time.monotonic()
    parent.send_signal(signal.SIGINT)
    time.sleep(0.5)
    parent.send_signal(signal.SIGINT)
    parent.communicate(timeout=20)
    assert time.monotonic() - started < 2.5
    assert until(lambda: not is_alive(pid))


def test_nothing_is_left_when_the_interpreter_ends():
    """A process nobody waited for is killed when Python exits."""
    source = """
        import sys
        from kit.runners.process import Process
        child = Process([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
        print(child.pid)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        stdout=subprocess.PIPE,
        text=True,
        timeout=30,
        check=True,
    )
    assert until(lambda: not is_alive(int(done.stdout)))


STARTER = """
import sys, time
from kit.runners.process import Process

{before}
process = Process([sys.executable, "-S", "-c", {child!r}])
print(process.pid, flush=True)
{after}
time.sleep(60)
"""
DEAF = (
    "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"
)


@pytest.mark.parametrize("child", ["import time; time.sleep(60)", DEAF])
def test_a_killed_parent_takes_its_processes_along(child):
    """``kill -9`` of a kernel leaves no run, not even one that ignores SIGINT."""
    source = STARTER.format(before="", child=child, after="")
    parent = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE)
    with parent, parent.stdout:
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
    assert until(lambda: not is_alive(pid), seconds=20)


def test_a_fork_has_a_watchdog_of_its_own():
    """A process of a forked child ends with that child, not with its parent."""
    before = "import os\nif os.fork():\n    time.sleep(60)"
    source = STARTER.format(
        before=before,
        child="import time; time.sleep(60)",
        after="os.kill(os.getpid(), 9)",
    )
    parent = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE)
    with parent, parent.stdout:
        pid = int(parent.stdout.readline())
        assert until(lambda: not is_alive(pid), seconds=20)
        parent.kill()
