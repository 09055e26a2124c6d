"""Tasks whose executors are in an image of their own: a folder on its ``PYTHONPATH``.

Their modules behave differently there than in the process that defines the task, as
modules do that a notebook has loaded and an image lacks something for.
"""

from __future__ import annotations

import importlib
import itertools
import textwrap
from pathlib import Path

import kit

MODULE = """
import os
import kit

class Ex(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, n):
        return n + 1

class Shouting(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, n):
        return "no number"

if "IMAGE" in os.environ:
{there}
"""

_numbers = itertools.count()


class ImageTask(kit.PythonCustomizedContainerTask):
    """A task without custom."""

    def get_custom(self, settings):
        """Return nothing."""
        return {}


class Image:
    """A folder of modules that a container has and a notebook may have, too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def module(self, there: str = "pass", text: str = MODULE) -> str:
        """Write a module that does something in the container only."""
        name = f"proof_lab_{next(_numbers)}"
        body = textwrap.indent(textwrap.dedent(there).strip(), "    ")
        code = text.format(there=body)
        (self.folder / f"{name}.py").write_text(code, encoding="utf-8")
        return name

    def task(self, there: str = "pass", *, executor: str = "Ex", **facts):
        """Make a task of an executor in a new module."""
        environment = {"IMAGE": "1", "PYTHONPATH": str(self.folder)}
        facts.setdefault("environment", environment)
        module = importlib.import_module(self.module(there))
        interface = kit.Interface({"n": (int, 1)}, {"o0": int})
        return ImageTask(
            "lab",
            None,
            "acme/lab:1",
            getattr(module, executor),
            interface=interface,
            **facts,
        )
