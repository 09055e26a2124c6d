# ruff: noqa: T201 - executors print
"""Tasks that look at their container, or end in ways that only a container shows."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

from runner_tasks import LabTask

from kit.definition.executor import ShimTaskExecutor
from kit.definition.interface import Interface
from kit.shim.context import Deck, current_context

IMAGE = "kit-test/kit:latest"


class ContainerExecutor(ShimTaskExecutor):
    """Does as the input ``mode`` says and returns what it found."""

    def execute_from_model(self, tt, mode: str, n: int) -> Any:
        """Do what the mode is called."""
        return {"text": str(getattr(self, mode)(n)), "double": 2 * n}

    def patient(self, n):
        """Sleep, and clean up when asked to end."""
        try:
            print("started", flush=True)
            time.sleep(60)
        finally:
            print("cleaned up", flush=True)

    def publish(self, n):
        """Publish a deck, and then more of it."""
        deck = Deck("early", "first")
        deck.publish()
        time.sleep(2)
        deck.append("later")
        deck.publish()
        time.sleep(60)

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


INTERFACE = Interface({"mode": str, "n": (int, 2)}, {"text": str, "double": int})


def container_task(executor: type = ContainerExecutor, **kwargs: Any) -> LabTask:
    """Make a task that runs in the slim image."""
    kwargs.setdefault("interface", INTERFACE)
    image = kwargs.pop("image", IMAGE)
    return LabTask("lab.container", None, image, executor, **kwargs)
