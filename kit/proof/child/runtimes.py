"""The two container runtimes: the functions behind their commands, being observed.

kit's runtime reports the steps by itself.  flytekit's does not: its functions are
wrapped.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kit.proof.child.watch import INLINE_EXECUTOR, Watch

_COMMANDS = {
    "kit-execute": ("kit.entrypoint", "main"),
    "pyflyte-execute": ("flytekit.bin.entrypoint", "execute_task_cmd"),
}
"""The function that each command calls, as the packages' entry points have it."""

Runtime = tuple[Callable[[], Any], dict[str, Any]]


def load_runtime(command: str, watch: Watch) -> Runtime:
    """Return the function behind a command, observed, and whose it is.

    kit's stands in for flytekit's where that is not installed: both load the same
    template in the same way.

    Raises:
        LookupError: The command is another one.
    """
    if command not in _COMMANDS:
        msg = f"{command!r} is neither kit-execute nor pyflyte-execute"
        raise LookupError(msg)
    taken = command
    if command == "pyflyte-execute" and importlib.util.find_spec("flytekit") is None:
        taken = "kit-execute"
    module, name = _COMMANDS[taken]
    function = getattr(importlib.import_module(module), name)
    if importlib.util.find_spec("kit") is not None:
        telemetry: Any = importlib.import_module("kit.shim.telemetry")
        telemetry.observe_loading(watch.observe)
    if taken == "pyflyte-execute":
        _watch_flytekit(watch)
    package: Any = importlib.import_module(module.partition(".")[0])
    version = str(getattr(package, "__version__", ""))
    facts = {"command": taken, "wanted": command, "package": package.__name__}
    return function, {**facts, "version": version, "file": package.__file__}


def _watch_flytekit(watch: Watch) -> None:
    entrypoint: Any = importlib.import_module("flytekit.bin.entrypoint")
    home = "flytekit.core.python_customized_container_task"
    loading: Any = importlib.import_module(home)
    load_resolver = entrypoint.load_object_from_module
    load_executor = loading.load_object_from_module
    load_proto = loading.load_proto_from_file

    def watched_resolver(location: str) -> Any:
        with _failures(watch):
            resolver = load_resolver(location)
        watch.observe("resolver", location)
        return _WatchedResolver(resolver, watch)

    def watched_executor(location: str) -> Any:
        """Import the module by itself, so that its step ends before the next one."""
        if location == INLINE_EXECUTOR:
            return load_executor(location)  # which reports its own steps
        watch.observe("module", importlib.import_module(location.rpartition(".")[0]))
        found = load_executor(location)
        watch.observe("executor", found)
        return found

    def watched_proto(*args: Any) -> Any:
        message = load_proto(*args)
        watch.observe("read", message.ByteSize())
        return message

    entrypoint.load_object_from_module = watched_resolver
    loading.load_object_from_module = watched_executor
    loading.load_proto_from_file = watched_proto


class _WatchedResolver:
    """Stands for a resolver, and notes what it does when it loads the task."""

    def __init__(self, resolver: Any, watch: Watch) -> None:
        self._resolver = resolver
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._resolver, name)

    def load_task(self, loader_args: Sequence[str]) -> Any:
        """Load the task; the process ends then if it is not to run."""
        with _failures(self._watch):
            task = self._resolver.load_task(loader_args=loader_args)
            self._watch.observe("instance", task)
        task.dispatch_execute = _watched(task.dispatch_execute, self._watch)
        return task


def _watched(function: Callable[..., Any], watch: Watch) -> Callable[..., Any]:
    @functools.wraps(function)
    def watched(*args: Any, **kwargs: Any) -> Any:
        with _failures(watch):
            return function(*args, **kwargs)

    return watched


@contextlib.contextmanager
def _failures(watch: Watch) -> Iterator[None]:
    """Note what is raised in the block."""
    try:
        yield
    except BaseException as error:
        watch.observe("failure", error)
        raise
