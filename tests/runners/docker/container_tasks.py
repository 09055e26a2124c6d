# ruff: noqa: T201 - executors print
"""Tasks that look at their container, or end in ways that only a container shows."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from runner_tasks import LabTask

from kit.definition.executor import ShimTaskExecutor
from kit.definition.interface import Interface
from kit.shim.context import current_context
from kit.types import FlyteDirectory, FlyteFile

IMAGE = "kit-test/kit:latest"


class ContainerExecutor(ShimTaskExecutor):
    """Does as the input ``mode`` says and returns what it found."""

    def execute_from_model(self, tt, mode: str, n: int) -> Any:
        """Do what the mode is called."""
        return {"text": str(getattr(self, mode)(n)), "double": 2 * n}

    def segfault(self, n):
        """Read where nothing is."""
        ctypes.string_at(0)

    def memory(self, n):
        """Hold n MiB."""
        held = bytearray(n * 2**20)
        held[:: 2**12] = b"x" * len(held[:: 2**12])
        return len(held)

    def stubborn(self, n):
        """Ignore the signals that ask for an end."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("started", flush=True)
        time.sleep(60)

    def patient(self, n):
        """Sleep, and clean up when asked to end."""
        try:
            print("started", flush=True)
            time.sleep(60)
        finally:
            print("cleaned up", flush=True)

    def closing(self, n):
        """Close both streams and go on."""
        os.close(1)
        os.close(2)
        time.sleep(1)
        return "quiet"

    def megabytes(self, n):
        """Write n MB in lines of 100 characters."""
        block = ("x" * 99 + "\n") * 1000
        for _ in range(n * 10):
            sys.stdout.write(block)

    def odd_bytes(self, n):
        """Write what is no text, and no line end."""
        sys.stdout.buffer.write(b"\xff\xfe ok\n\x00nul\nno end")
        sys.stdout.buffer.flush()

    def network(self, n):
        """Name the interfaces."""
        return ",".join(sorted(name for _, name in socket.if_nameindex()))

    def identity(self, n):
        """Tell who runs, at home where, and what the limits are."""
        shared = os.statvfs("/dev/shm")  # noqa: S108 - the container's
        return f"{os.getuid()} {Path.home()} {shared.f_frsize * shared.f_blocks}"

    def variables(self, n):
        """Name the variables."""
        return " ".join(sorted(os.environ))

    def secrets(self, n):
        """Find two secrets as executors do, and where they lie."""
        secrets = current_context().secrets
        folder = Path("/etc/flyte/secrets")
        files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
        values = (secrets.get("db", "password"), secrets.get("api", "token"))
        return " ".join([*values, os.environ["_FSEC_API_TOKEN"], *files])


class CopyExecutor(ShimTaskExecutor):
    """Copies a file and a folder."""

    def execute_from_model(self, tt, file: FlyteFile, folder: FlyteDirectory) -> Any:
        """Write new ones from what was read."""
        texts = [path.read_text() for path in sorted(Path(folder).iterdir())]
        copy = Path(current_context().working_directory, "copy.txt")
        copy.write_text(Path(file).read_text() + "".join(texts))
        made = Path(current_context().working_directory, "made", "below")
        made.mkdir(parents=True)
        (made / "größe.txt").write_text("✓")
        return {
            "file": FlyteFile(str(copy)),
            "folder": FlyteDirectory(str(made.parent)),
        }


class LooseExecutor(ShimTaskExecutor):
    """Returns something else than the interface declares."""

    def execute_from_model(self, tt, mode: str, n: int) -> Any:
        """Return too little, or the wrong type."""
        return {"text": "alone"} if mode == "missing" else {"text": n, "double": "no"}


INTERFACE = Interface({"mode": str, "n": (int, 2)}, {"text": str, "double": int})
FILES = Interface(
    {"file": FlyteFile, "folder": FlyteDirectory},
    {"file": FlyteFile, "folder": FlyteDirectory},
)


def container_task(executor: type = ContainerExecutor, **kwargs: Any) -> LabTask:
    """Make a task that runs in the slim image."""
    kwargs.setdefault("interface", INTERFACE)
    image = kwargs.pop("image", IMAGE)
    return LabTask("lab.container", None, image, executor, **kwargs)
