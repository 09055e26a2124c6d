# ruff: noqa: T201 - executors print
"""Tasks that end in every way a task can end; imported by fresh processes too."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from kit.definition.executor import ShimTaskExecutor
from kit.definition.interface import Docstring, Interface
from kit.definition.security import Secret
from kit.errors import IgnoreOutputs
from kit.shim.context import Deck, current_context
from kit.task.task import PythonCustomizedContainerTask

SLEEP = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN);"
SLEEP += "time.sleep(60)"


class LabExecutor(ShimTaskExecutor):
    """Ends as the input ``mode`` says."""

    def execute_from_model(self, tt, mode: str, n: int) -> Any:
        """Do what the mode is called."""
        result = getattr(self, mode)(tt, n)
        return {"text": str(result), "double": 2 * n}

    def ok(self, tt, n):
        """Print on both streams and succeed."""
        print(f"out {n}")
        print(f"err {n}", file=sys.stderr)
        return tt.custom["greeting"]

    def fail(self, tt, n):
        """Raise."""
        print("about to fail")
        raise ValueError(f"n is {n}")

    def ignore(self, tt, n):
        """End without outputs."""
        raise IgnoreOutputs("none")

    def killed(self, tt, n):
        """Die by a signal."""
        print("last words", flush=True)
        os.kill(os.getpid(), n)

    def environment(self, tt, n):
        """Tell some variables."""
        names = ("MODE", "FLYTE_INTERNAL_TASK_NAME", "PYTHONUNBUFFERED")
        return " ".join(os.environ.get(name, "-") for name in names)

    def secret(self, tt, n):
        """Tell a secret."""
        return current_context().secrets.get("grp", "pw")

    def sleep(self, tt, n):
        """Start a child that ignores SIGINT, tell its id, and sleep."""
        child = subprocess.Popen([sys.executable, "-S", "-c", SLEEP])
        time.sleep(0.3)
        try:
            print(child.pid, flush=True)
            time.sleep(60)
        finally:
            print("cleaned up", flush=True)

    def deck(self, tt, n):
        """Make a deck."""
        Deck("mine", "<b>bold</b>")
        return "decked"

    def published(self, tt, n):
        """Make a deck, publish it, and tell what is in the file by then."""
        Deck("early", "<i>so far</i>")
        Deck.publish()
        prefix = current_context().output_metadata_prefix
        return Path(prefix, "deck.html").read_text("utf-8").count("<i>so far</i>")

    def broken_deck(self, tt, n):
        """Make a deck and fail."""
        current_context().default_deck.append("<b>before</b>")
        raise ValueError("after")


class HelloExecutor(ShimTaskExecutor):
    """Greets, with the one output that flytekit's shim can return."""

    def execute_from_model(self, tt, name: str) -> Any:
        """Return a greeting."""
        return f"{tt.custom['greeting']} {name}"


class LabTask(PythonCustomizedContainerTask[None]):
    """A task of the laboratory."""

    def get_custom(self, settings):
        """Say how to greet."""
        return {"greeting": "hello"}


INTERFACE = Interface(
    inputs={"mode": str, "n": (int, 2)},
    outputs={"text": str, "double": int},
    docstring=Docstring("Do it.\n\nArgs:\n    mode: What to do.\n    n: How much.\n"),
)


def lab_task(name: str = "lab.task", **kwargs: Any) -> LabTask:
    """Make a task of the laboratory."""
    kwargs.setdefault("environment", {"MODE": "task"})
    return LabTask(name, None, "acme/lab:1", LabExecutor, interface=INTERFACE, **kwargs)


lab = lab_task()
decked = lab_task("lab.decked", enable_deck=True)
secretive = lab_task("lab.secretive", secret_requests=[Secret(group="grp", key="pw")])
flytekit_hello = LabTask(
    "lab.hello",
    None,
    "acme/lab:1",
    HelloExecutor,
    interface=Interface(inputs={"name": str}, outputs={"text": str}),
    runtime="flytekit",
)
