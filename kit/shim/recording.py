"""The recorder that keeps what it is told, and makes a run's report of it."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from kit.errors import OutputError
from kit.shim.outputs import named_outputs
from kit.shim.recorder import Recorder, Step
from kit.shim.run_report import RunReport
from kit.shim.run_surroundings import (
    names_in_code,
    peak_memory,
    user_name,
    versions,
)
from kit.shim.value_type import value_type

__all__ = ["Recording"]

_MOST = 200
_RETURNED = "(returned)"


class Recording(Recorder):
    """Follows one run, from its making on."""

    def __init__(self) -> None:
        self._began = time.time()
        self._since = time.perf_counter()
        self._step: Step | None = None
        self._seconds: dict[str, float] = {}
        self._inputs: dict[str, str] = {}
        self._outputs: dict[str, str] = {}
        self._executor_type: type = object
        self._is_lost = False

    def enter(self, step: Step | None) -> None:
        """Begin a step; None ends the last."""
        now = time.perf_counter()
        if self._step is not None:
            spent = self._seconds.get(self._step, 0.0) + now - self._since
            self._seconds[self._step] = spent
        self._step, self._since = step, now

    def called(self, executor_type: type, inputs: Mapping[str, Any]) -> None:
        """Note the types of the inputs, before the executor can change them."""
        self._executor_type = executor_type
        with self._looking():
            self._inputs = _types(inputs)

    def returned(
        self, value: Any, declared: Mapping[str, Any], order: Sequence[str]
    ) -> None:
        """Note the types of the outputs, or of what cannot be them."""
        try:
            named = named_outputs(value, declared, order)
        except OutputError:
            named = {_RETURNED: value}
        with self._looking():
            self._outputs = _types(named)

    def write(self, path: str) -> None:
        """Write the report; a run is not lost for it."""
        self.enter(None)
        with self._looking():
            data = self._report().to_bytes()
        if not self._is_lost:
            with contextlib.suppress(OSError):  # it is missing then, as runners allow
                Path(path).write_bytes(data)

    @contextlib.contextmanager
    def _looking(self) -> Iterator[None]:
        """Lose the report, and not the run, where a task's own objects raise."""
        try:
            yield
        except Exception:  # noqa: BLE001 - whatever they raise when they are looked at
            self._is_lost = True

    def _report(self) -> RunReport:
        executor_type = self._executor_type
        module = sys.modules.get(executor_type.__module__) or ModuleType("")
        imported, texts = names_in_code(executor_type, module)
        variables = sorted(os.environ)[:_MOST]
        machine = os.uname().machine if hasattr(os, "uname") else ""
        return RunReport(
            began=self._began,
            seconds=self._seconds,
            inputs=self._inputs,
            outputs=self._outputs,
            python=".".join(map(str, sys.version_info[:3])),
            platform=f"{sys.platform} {machine}".strip(),
            packages=versions(module, imported),
            variables=tuple(variables),
            named_variables=tuple(name for name in sorted(os.environ) if name in texts),
            directory=_working_directory(),
            user=user_name(),
            peak_memory=peak_memory(),
        )


def _types(values: Mapping[str, Any]) -> dict[str, str]:
    shown = list(values.items())[:_MOST]
    return {str(name)[:_MOST]: value_type(value) for name, value in shown}


def _working_directory() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was removed
        return ""
