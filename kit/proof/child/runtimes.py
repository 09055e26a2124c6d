"""The two container runtimes: the functions behind their commands, being watched."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

from kit.proof.child.watch import INLINE_EXECUTOR, Watch, location_of

_COMMANDS = {
    "kit-execute": ("kit.entrypoint", "main"),
    "pyflyte-execute": ("flytekit.bin.entrypoint", "execute_task_cmd"),
}
"""The function that each command calls, as the packages' entry points have it."""

Runtime = tuple[Callable[[], Any], dict[str, Any]]


def load_runtime(command: str, watch: Watch) -> Runtime:
    """Return the function behind a command, watched, and whose it is.

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
    if taken == "kit-execute":
        _watch_kit(watch)
    else:
        _watch_flytekit(watch)
    package: Any = importlib.import_module(module.partition(".")[0])
    version = str(getattr(package, "__version__", ""))
    facts = {"command": taken, "wanted": command, "package": package.__name__}
    return function, {**facts, "version": version, "file": package.__file__}


def _watch_kit(watch: Watch) -> None:
    importlib.import_module("kit.shim.container")
    container: Any = importlib.import_module("kit.shim.container")
    load_resolver = container.ContainerRun.load_resolver

    def watched(run: Any) -> Any:
        resolver = watch.resolver(run.resolver, lambda: load_resolver(run))
        _watch_kits_loading(watch, inline=INLINE_EXECUTOR in run.loader_args)
        return resolver

    container.ContainerRun.load_resolver = watched


def _watch_kits_loading(watch: Watch, *, inline: bool) -> None:
    kit: Any = importlib.import_module("kit.resolver")
    watch.wrap(
        kit,
        "parse_template",
        ("read", "read"),
        lambda _, data, *__: {"bytes": len(data)},
    )
    if inline:
        watch.inline()
        return
    watch.wrap(
        kit,
        "_import_longest",
        ("module", "module"),
        lambda found, *_: None if found[0] is None else watch.module_facts(found[0]),
        then="executor",
    )
    watch.wrap(
        kit,
        "load_object",
        ("module", "executor"),
        lambda found, *_: {"executor": location_of(found)},
        then="instance",
    )


def _watch_flytekit(watch: Watch) -> None:
    entrypoint: Any = importlib.import_module("flytekit.bin.entrypoint")
    home = "flytekit.core.python_customized_container_task"
    loading: Any = importlib.import_module(home)
    load_object = entrypoint.load_object_from_module

    def load_executor(location: str) -> Any:
        """Import the module by itself, so that its step ends before the next one."""
        module = importlib.import_module(location.rpartition(".")[0])
        watch.notes.end("module", **watch.module_facts(module))
        watch.notes.begin("executor")
        if location == INLINE_EXECUTOR:
            watch.inline()
        return load_object(location)

    entrypoint.load_object_from_module = lambda location: watch.resolver(
        location, lambda: load_object(location)
    )
    loading.load_object_from_module = load_executor
    watch.wrap(
        loading,
        "load_proto_from_file",
        ("read", "read"),
        lambda message, *_: {"bytes": message.ByteSize()},
    )
    watch.wrap(
        loading,
        "load_object_from_module",
        ("module", "executor"),
        lambda found, *_: {"executor": location_of(found)},
        then="instance",
    )
