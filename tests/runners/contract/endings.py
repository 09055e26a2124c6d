# ruff: noqa: T201 - executors print
"""What a task of these tests can do: end in every way, write in every way.

It needs neither kit nor flytekit, since executors of both do it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

MIB = 2**20
SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]


class Endings:
    """Does as the input ``mode`` says, and returns a text."""

    RECOVERABLE: type[Exception]

    def act(self, mode: str, n: int, payload: str):
        """Do what the mode is called."""
        return getattr(self, mode)(n, payload)

    # --- ends -------------------------------------------------------------------------

    def ok(self, n, payload):
        """Print on both streams and succeed."""
        print(f"out {n}", flush=True)
        print(f"err {n}", file=sys.stderr, flush=True)
        return f"done {n}{payload}"

    def fail(self, n, payload):
        """Raise."""
        raise ValueError(f"n is {n}")

    def recoverable(self, n, payload):
        """Raise what asks for another attempt."""
        raise self.RECOVERABLE("again")

    def wrong_type(self, n, payload):
        """Return what is not declared."""
        return n

    def sys_exit(self, n, payload):
        """End as a script ends."""
        sys.exit(n)

    def interrupts_itself(self, n, payload):
        """Raise what Ctrl-C raises."""
        raise KeyboardInterrupt

    def os_exit(self, n, payload):
        """End the process without a word."""
        print("last words", flush=True)
        os._exit(n)

    def segfault(self, n, payload):
        """Read where nothing is."""
        print("last words", flush=True)
        ctypes.string_at(0)

    def memory(self, n, payload):
        """Hold n MiB."""
        held = bytearray(n * MIB)
        held[::4096] = b"x" * len(held[::4096])
        return str(len(held))

    def limited_memory(self, n, payload):
        """Hold n MiB where only 512 more are to be had."""
        limits = resource.getrlimit(resource.RLIMIT_AS)
        used = int(Path("/proc/self/statm").read_text().split()[0]) * 4096
        resource.setrlimit(resource.RLIMIT_AS, (used + 512 * MIB, limits[1]))
        try:
            return self.memory(n, payload)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, limits)

    # --- lasts ------------------------------------------------------------------------

    def patient(self, n, payload):
        """Sleep n seconds, and clean up when asked to end."""
        try:
            print("started", flush=True)
            time.sleep(n)
        finally:
            print("cleaned up", flush=True)
        return "rested"

    def deaf_to_sigterm(self, n, payload):
        """Ignore only the signal that kit does not send."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return self.patient(n, payload)

    def stubborn(self, n, payload):
        """Ignore the signals that ask for an end."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("started", flush=True)
        time.sleep(60)

    def slow_outputs(self, n, payload):
        """Return what takes long to convert."""
        return SlowList(["a", "b"])

    # --- writes -----------------------------------------------------------------------

    def flood(self, n, payload):
        """Write n MB in lines of 1,000 bytes."""
        block = ("x" * 999 + "\n") * 100
        for _ in range(n * 10):
            sys.stdout.write(block)
        sys.stdout.flush()
        return "flooded"

    def many_lines(self, n, payload):
        """Write n lines."""
        sys.stdout.write("".join(f"{number}\n" for number in range(n)))
        sys.stdout.flush()
        return "wrote"

    def odd_bytes(self, n, payload):
        """Write what is no text, and no line end."""
        sys.stdout.buffer.write(b"\xff\xfe ok\n\x00nul\nno end")
        sys.stdout.buffer.flush()
        return "odd"

    def no_newline(self, n, payload):
        """Write without a line end."""
        print("no end", end="", flush=True)
        return "endless"

    def long_line(self, n, payload):
        """Write a line of n MB."""
        sys.stdout.write("x" * (n * 1_000_000) + "\n")
        sys.stdout.flush()
        return "long"

    def below_python(self, n, payload):
        """Write as a library in C does."""
        os.write(1, b"from C\n")
        return "written"

    def closing(self, n, payload):
        """Close both streams and go on."""
        os.close(1)
        os.close(2)
        time.sleep(0.3)
        return "quiet"

    # --- looks around -----------------------------------------------------------------

    def echo(self, n, payload):
        """Return the input."""
        return payload

    def large(self, n, payload):
        """Return n MB."""
        return "x" * (n * 1_000_000)

    def folder(self, n, payload):
        """Tell the working directory."""
        return str(Path.cwd())

    def family(self, n, payload):
        """Leave a child that sleeps, and tell its id."""
        child = subprocess.Popen(SLEEP)
        print(child.pid, flush=True)
        child.returncode = 0  # it is left on purpose
        return str(child.pid)

    def daemon(self, n, payload):
        """Leave a child that leads a session of its own, and tell its id."""
        child = subprocess.Popen(SLEEP, start_new_session=True)
        child.returncode = 0  # idem
        return str(child.pid)

    def busy_family(self, n, payload):
        """Start a child that starts a child, each deaf to SIGINT, and wait."""
        deaf = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        deaf += "import subprocess, time; {}; print('deaf', flush=True); time.sleep(60)"
        inner = [sys.executable, "-S", "-c", deaf.format("pass")]
        outer = deaf.format(f"subprocess.Popen({inner!r})")
        subprocess.run([sys.executable, "-S", "-c", outer], check=False)


class SlowList(list):
    """Says when it is looked into, and takes long."""

    def __iter__(self):
        """Sleep before the first."""
        print("converting", flush=True)
        time.sleep(60)
        return super().__iter__()
