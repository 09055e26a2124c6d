"""The observer of a task that is loaded and run: it notes each step."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from kit.proof.child.environment import Environment
from kit.proof.child.notes import Notes

INLINE_EXECUTOR = "kit.inline.InlineExecutor"
"""The executor that loads the one whose source is in the template."""
_VIEW = "kit.template.view.TaskTemplateView"


class Watch:
    """Observes the loading and the run of one task.

    Args:
        notes: Where the steps are noted.
        runs: Whether the process is to go on when the executor is made.
        modules: What the shipped code imports, the imports in functions included.
    """

    def __init__(self, notes: Notes, *, runs: bool, modules: Sequence[str]) -> None:
        self.notes = notes
        self._runs = runs
        self._modules = modules
        self._before = Environment()
        self._custom: Any = None
        self._is_made = False
        self._has_read = False

    def observe(self, step: str, found: Any) -> None:
        """Note what a step found, as kit's runtime reports it."""
        if step == "failure":
            self.notes.failed(found)
        elif self._is_made:
            return  # of a task that the executor loads itself
        elif step == "instance":
            self._loaded(found)
        elif step == "inline":
            self._made(found)
        else:
            self._has_read = self._has_read or step == "read"
            self.notes.done(step, **_FACTS[step](self, found))
            self._before = Environment()

    def finish(self) -> None:
        """Note what there is to say at the end of a run."""
        if self._custom is not None:
            self.notes.done("custom", **_sorted(self._custom))
        if self._runs and not self.notes.has_failed:
            self.notes.done("run")

    def module_facts(self, module: Any) -> dict[str, Any]:
        """Return where a module is from, and what importing it changed."""
        return {
            "module": module.__name__,
            "file": getattr(module, "__file__", None),
            "changes": self._before.changes(),
            "local": self._before.local_modules(),
        }

    def _made(self, executor: Any) -> None:
        self._is_made = True
        self.notes.done("instance", executor=location_of(type(executor)))

    def _loaded(self, task: Any) -> None:
        """Go on with the task that was loaded, or end here."""
        if not self._has_read:
            self.notes.done("read")  # by a resolver of one's own
        executor = getattr(task, "executor", None)
        if location_of(type(executor)) != INLINE_EXECUTOR:
            self._made(executor)
        elif not self._runs:
            self._made(_inner_executor(task))
        _find(self._modules)
        self.notes.done("imports", found=list(self._modules))
        if not self._runs:
            _end_process()
        self._custom = _trace_custom(task)


_FACTS: dict[str, Any] = {
    "resolver": lambda _, location: {"resolver": location},
    "read": lambda _, size: {"bytes": size},
    "source": lambda _, document: {
        "bytes": len(document["source"].encode()),
        "sha256": document["sha256"],
    },
    "module": Watch.module_facts,
    "executor": lambda _, found: {"executor": location_of(found)},
}


def location_of(found: Any) -> str:
    """Return the dotted name of a class, or of an object's class."""
    named = found if hasattr(found, "__qualname__") else type(found)
    return f"{named.__module__}.{named.__qualname__}"


def _find(modules: Iterable[str]) -> None:
    """Look for modules without loading them.

    Raises:
        ModuleNotFoundError: Of one that is not there, because of the ones before.
    """
    error: ModuleNotFoundError | None = None
    for name in modules:
        if name not in sys.modules and importlib.util.find_spec(name) is None:
            cause = error
            error = ModuleNotFoundError(f"No module named {name!r}", name=name)
            error.__cause__ = cause
    if error is not None:
        raise error


def _inner_executor(task: Any) -> Any:
    """Do what kit's executor of flytekit's tasks does first when it is called."""
    executor: Any = importlib.import_module("kit.definition.executor")
    found = sys.modules["kit.inline"].unpack(task.task_template)[1]
    return executor.make_executor(found)


def _trace_custom(task: Any) -> Any:
    """Give the executor a ``custom`` that notes what is read; kit's view only."""
    view: Any = getattr(task, "task_template", None)
    if location_of(type(view)) != _VIEW:
        return None
    traced = importlib.import_module("kit.checks.custom.trace").traced
    custom, trace = traced(view.custom)
    task._task_template = type(view)(view.to_flyte_idl(), custom)  # noqa: SLF001 - as loaded
    return trace


def _sorted(trace: Any) -> dict[str, list[list[str | int]]]:
    return {
        name: sorted((list(path) for path in getattr(trace, name)), key=repr)
        for name in ("read", "missing", "iterated")
    }


def _end_process() -> None:
    """End here and now: nothing after this belongs to the proof."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
