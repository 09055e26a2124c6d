"""What a fresh interpreter does with an export: a script, run by its path.

It reads a plan from standard input, imports the executors, with kit hidden if they are
to need none, then the tasks, and writes the template of each to a file.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any


def _hide_kit(plan: dict[str, Any]) -> None:
    """Import the executors without kit, and forget it all again."""
    sys.modules["kit"] = None  # type: ignore[assignment] # makes its import fail
    importlib.import_module(plan["executors"])
    for name in list(sys.modules):
        if name.partition(".")[0] in {"kit", plan["top"]}:
            del sys.modules[name]


def _templates(plan: dict[str, Any]) -> dict[str, str]:
    module = importlib.import_module(plan["tasks"])
    from kit.template.serialize import LOCAL_SETTINGS, template_bytes

    return {
        name: template_bytes(getattr(module, name), LOCAL_SETTINGS).hex()
        for name in plan["names"]
    }


def _main() -> None:
    plan = json.load(sys.stdin)
    sys.path[0] = plan["folder"]  # in place of this script's folder
    sys.path.append(plan["kit"])
    if plan["without_kit"]:
        _hide_kit(plan)
    Path(plan["answer"]).write_text(json.dumps(_templates(plan)), encoding="utf-8")


if __name__ == "__main__":
    _main()
