"""Wrap the functions of a container's runtime so that they note the steps they are."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kit.proof.child.notes import Notes
from kit.proof.child.surroundings import Surroundings

INLINE_EXECUTOR = "kit.inline.InlineExecutor"
"""The executor that stands for the one whose source is in the template."""
_VIEW = "kit.template.view.TaskTemplateView"


class Watch:
    """Watches one process.

    Args:
        notes: Where the steps are noted.
        runs: Whether the process is to go on when the executor is made.
        modules: What the shipped code imports, the imports in functions included.
    """

    def __init__(self, notes: Notes, *, runs: bool, modules: Sequence[str]) -> None:
        self.notes = notes
        self._runs = runs
        self._modules = modules
        self._before = Surroundings()

    def wrap(
        self,
        holder: Any,
        name: str,
        steps: tuple[str, str],
        facts: Callable[..., dict[str, Any] | None],
        *,
        then: str | None = None,
    ) -> None:
        """Begin the first step when a function is called, and end the second after it.

        Args:
            holder: What has the function.
            name: The function's name.
            steps: The step that begins, and the one that ends.
            facts: Makes what is noted from the value and the arguments; ``None`` leaves
                the step open.
            then: The step that begins then.
        """
        original = getattr(holder, name)
        begins, ends = steps

        @functools.wraps(original)
        def watched(*args: Any, **kwargs: Any) -> Any:
            if begins == "module":
                self._before = Surroundings()
            self.notes.begin(begins)
            value = original(*args, **kwargs)
            found = facts(value, *args)
            if found is not None:
                self.notes.end(ends, **found)
                if then is not None:
                    self.notes.begin(then)
            return value

        setattr(holder, name, watched)

    def module_facts(self, module: Any) -> dict[str, Any]:
        """Say of a module where it is from, and what importing it changed."""
        return {
            "module": module.__name__,
            "file": getattr(module, "__file__", None),
            "changes": self._before.changes(),
            "local": self._before.local_modules(),
        }

    def resolver(self, location: str, load: Callable[[], Any]) -> Any:
        """Load the resolver as the runtime does, and watch what it loads."""
        with self.notes.step("resolver"):
            resolver = load()
            self.notes.end("resolver", resolver=location)
        return _WatchedResolver(resolver, self)

    def loaded(self, task: Any) -> Any:
        """Go on with the task that was loaded, or end here."""
        executor = getattr(task, "executor", None)
        if location_of(type(executor)) == INLINE_EXECUTOR and not self._runs:
            _make_inner_executor(task)
        else:
            self.notes.end("instance", executor=location_of(type(executor)))
        self.notes.end_open()
        self.notes.begin("imports")
        _find(self._modules)
        self.notes.end("imports", found=list(self._modules))
        if not self._runs:
            _end_process()
        self._watch_execution(task)
        return task

    def inline(self) -> None:
        """Watch how an executor is loaded from the source in its template."""
        inline: Any = importlib.import_module("kit.inline")
        self.wrap(inline, "_document", ("source", "source"), _source_facts)
        self.wrap(
            inline,
            "_load",
            ("module", "module"),
            lambda module, *_: self.module_facts(module),
            then="executor",
        )
        self.wrap(
            inline,
            "unpack",
            ("source", "executor"),
            lambda found, *_: {"executor": location_of(found[1])},
            then="instance",
        )
        self.wrap(
            inline,
            "make_executor",
            ("instance", "instance"),
            lambda executor, *_: {"executor": location_of(type(executor))},
        )

    def _watch_execution(self, task: Any) -> None:
        execute = task.dispatch_execute

        trace = _trace_custom(task)

        def watched(*args: Any, **kwargs: Any) -> Any:
            with self.notes.step("run"):
                try:
                    value = execute(*args, **kwargs)
                finally:
                    if trace is not None:
                        self.notes.end("custom", **_sorted(trace))
                self.notes.end_open()
                return value

        task.dispatch_execute = watched


class _WatchedResolver:
    """Stands for a resolver, and notes what it does when it loads the task."""

    def __init__(self, resolver: Any, watch: Watch) -> None:
        self._resolver = resolver
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._resolver, name)

    def load_task(self, loader_args: Sequence[str]) -> Any:
        """Load the task; the process ends then if it is not to run."""
        with self._watch.notes.step("read"):
            task = self._resolver.load_task(loader_args=loader_args)
            return self._watch.loaded(task)


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


def _make_inner_executor(task: Any) -> None:
    """Do what kit's executor of flytekit's tasks does first when it is called."""
    inline = sys.modules["kit.inline"]
    inline.make_executor(inline.unpack(task.task_template)[1])


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


def _source_facts(document: Any, *_: Any) -> dict[str, Any]:
    return {"bytes": len(document["source"].encode()), "sha256": document["sha256"]}


def _end_process() -> None:
    """End here and now: nothing after this belongs to the proof."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
