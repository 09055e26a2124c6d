"""The magics of a notebook: ``%load_ext kit``."""

from __future__ import annotations

from typing import Any

from kit.difference.history import follow, unfollow
from kit.source.definitions import install

__all__ = ["load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(ip: Any) -> None:
    """Give a shell kit's magics, and note from now on where its classes come from.

    The definitions of tasks are remembered after each cell, for ``kit.history``.
    Called by ``%load_ext kit``; to call it again changes nothing.
    """
    from kit.display.notebook import register
    from kit.magics.container_task import ContainerTaskMagic, complete_flags
    from kit.magics.executor_module import ExecutorModuleMagic

    install(ip)
    follow(ip)
    register(ip)
    task, module = ContainerTaskMagic(ip), ExecutorModuleMagic(ip)
    ip.register_magic_function(task.container_task, "cell")
    ip.register_magic_function(module.executor_module, "cell")
    if complete_flags not in ip.Completer.custom_matchers:
        ip.Completer.custom_matchers.append(complete_flags)


def unload_ipython_extension(ip: Any) -> None:
    """Take kit's magics away; what they defined stays, and goes on working."""
    from kit.display.notebook import unregister
    from kit.magics.container_task import complete_flags

    unregister(ip)
    unfollow(ip)
    for name in ("container_task", "executor_module"):
        ip.magics_manager.magics["cell"].pop(name, None)
    if complete_flags in ip.Completer.custom_matchers:
        ip.Completer.custom_matchers.remove(complete_flags)
