"""What a Python says of itself: run here as a module, and in a base image as text.

It runs in whatever Python an image has, and imports the standard library only.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import sys
import sysconfig
from importlib import metadata  # noqa: TID253 - a script of its own, run by path


def python_facts() -> dict[str, object]:
    """Return what decides which packages fit this Python, as JSON has it."""
    name, version = platform.libc_ver()
    if not name and "musl" in str(sysconfig.get_config_var("SOABI")):
        name, version = "musl", "1.2"  # of 2020, the oldest that is still around
    found = [one for one in metadata.distributions() if "Name" in one.metadata]
    return {
        "executable": sys.executable,
        "version": platform.python_version(),
        "implementation": sys.implementation.name,
        "is_free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "machine": platform.machine(),
        "libc": [name, version],
        "bytecode": importlib.util.MAGIC_NUMBER.hex(),
        "tag": sys.implementation.cache_tag,
        "markers": {
            "os_name": os.name,
            "sys_platform": sys.platform,
            "platform_system": platform.system(),
            "platform_release": platform.release(),
            "platform_version": platform.version(),
        },
        "distributions": {one.metadata["Name"]: one.version for one in reversed(found)},
    }


if __name__ == "__main__":
    print(json.dumps(python_facts()))  # noqa: T201 - its answer
