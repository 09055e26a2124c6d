"""The IPython extension: ``%load_ext kit``."""

from __future__ import annotations

from typing import Any

from kit.difference.history import follow, unfollow
from kit.source.noted_cells import install


def load_ipython_extension(ip: Any) -> None:
    """Register kit's cell magic, and track from now on which cell defines a class.

    The definitions of tasks are recorded after each cell, for ``kit.history``, and the
    inputs of tasks are completed.
    Called by ``%load_ext kit``; calling it again changes nothing.
    """
    from kit.display.notebook import register
    from kit.magics.completion import complete_inputs_in
    from kit.magics.executor_module import ExecutorModuleMagic

    install(ip)
    complete_inputs_in(ip)
    follow(ip)
    register(ip)
    ip.register_magic_function(ExecutorModuleMagic(ip).executor_module, "cell")


def unload_ipython_extension(ip: Any) -> None:
    """Remove kit's magic; what it defined stays usable."""
    from kit.display.notebook import unregister
    from kit.magics.completion import complete_no_inputs_in

    complete_no_inputs_in(ip)
    unregister(ip)
    unfollow(ip)
    ip.magics_manager.magics["cell"].pop("executor_module", None)
