"""The tasks that every runner runs; imported by fresh processes and containers too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from endings import Endings
from runner_tasks import LabTask

from kit.definition.executor import ShimTaskExecutor
from kit.definition.interface import Interface
from kit.errors import RecoverableError
from kit.shim.context import current_context
from kit.types import FlyteDirectory, FlyteFile

INPUTS = {"mode": str, "n": (int, 2), "payload": (str, "")}
ONE_TEXT = Interface(INPUTS, {"text": str})
TWO = Interface(INPUTS, {"text": str, "double": int})
TEXTS = Interface(INPUTS, {"texts": list[str]})
FILES = Interface(
    {"file": FlyteFile, "folder": FlyteDirectory},
    {"file": FlyteFile, "folder": FlyteDirectory},
)


class ContractExecutor(Endings, ShimTaskExecutor):
    """Ends as the input ``mode`` says."""

    RECOVERABLE = RecoverableError

    def execute_from_model(self, tt: Any, mode: str, n: int, payload: str) -> Any:
        """Do what the mode is called."""
        return self.act(mode, n, payload)


class LackingExecutor(ShimTaskExecutor):
    """Returns one output of two."""

    def execute_from_model(self, tt: Any, mode: str, n: int, payload: str) -> Any:
        """Leave one out."""
        return {"text": "alone"}


class CopyExecutor(ShimTaskExecutor):
    """Copies a file and a folder."""

    def execute_from_model(
        self, tt: Any, file: FlyteFile, folder: FlyteDirectory
    ) -> Any:
        """Write new ones of what was read."""
        texts = [path.read_text() for path in sorted(Path(folder).iterdir())]
        copy = Path(current_context().working_directory, "Kopie ü.txt")
        copy.write_text(Path(file).read_text() + "".join(texts))
        made = Path(current_context().working_directory, "made", "below")
        made.mkdir(parents=True)
        (made / "größe.txt").write_text("✓")
        return {
            "file": FlyteFile(str(copy)),
            "folder": FlyteDirectory(str(made.parent)),
        }


def contract_task(executor: type = ContractExecutor, **kwargs: Any) -> LabTask:
    """Make a task of these tests."""
    kwargs.setdefault("interface", ONE_TEXT)
    image = kwargs.pop("image", "acme/lab:1")
    return LabTask("lab.contract", None, image, executor, **kwargs)
