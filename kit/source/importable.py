"""Tell which modules a container can import, and which only this folder has."""

from __future__ import annotations

import functools
import subprocess
import sys
import sysconfig
from pathlib import Path

__all__ = ["is_importable", "is_third_party"]

_LIBRARIES = tuple(
    str(Path(sysconfig.get_path(kind)).resolve()) for kind in ("purelib", "platlib")
)
_ASK = "import sys; from importlib.util import find_spec; sys.exit(not find_spec({!r}))"


def is_importable(module: str) -> bool:
    """Tell whether a fresh interpreter in another folder can import a module.

    Modules of the standard library and of ``site-packages`` are known to be; any other
    is looked for once by an interpreter that sees installed packages only.
    """
    top = module.partition(".")[0]
    if top == "__main__":
        return False
    if top in sys.stdlib_module_names or top == "kit":
        return True
    loaded = sys.modules.get(top)
    folders = [getattr(loaded, "__file__", None), *getattr(loaded, "__path__", ())]
    if any(folder and str(folder).startswith(_LIBRARIES) for folder in folders):
        return True
    return _is_found(top)


def is_third_party(module: str) -> bool:
    """Tell whether a module comes neither with Python nor from a shell or script."""
    top = module.partition(".")[0]
    return top != "__main__" and top not in sys.stdlib_module_names


@functools.lru_cache(maxsize=256)
def _is_found(top: str) -> bool:
    command = [sys.executable, "-I", "-c", _ASK.format(top)]
    done = subprocess.run(command, capture_output=True, check=False, cwd="/")  # noqa: S603 - our own command
    return done.returncode == 0
