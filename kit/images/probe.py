"""What a Python says of itself: run here as a module, and in a base image as text.

It runs in whatever Python an image has, and imports the standard library only.
"""

from __future__ import annotations

import json
import platform
import sys
import sysconfig


def python_facts() -> dict[str, object]:
    """Return what decides which packages fit this Python, as JSON has it."""
    name, version = platform.libc_ver()
    if not name and "musl" in str(sysconfig.get_config_var("SOABI")):
        name, version = "musl", "1.2"  # of 2020, the oldest that is still in use
    return {
        "version": platform.python_version(),
        "implementation": sys.implementation.name,
        "is_free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "machine": platform.machine(),
        "libc": [name, version],
    }


if __name__ == "__main__":
    print(json.dumps(python_facts()))  # noqa: T201 - its answer
