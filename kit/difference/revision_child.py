"""The process that imports a module of a git revision and writes what its task is.

Started as ``python -m kit.difference.revision_child ROOT WORKING_TREE MODULE TASK`` in
a folder that has ``settings``; it leaves ``spec.pb`` there.
"""

from __future__ import annotations

import importlib
import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from kit.errors import KitError, RevisionError, nearest
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import task_spec


def main(root: str, working_tree: str, module: str, task: str) -> int:
    """Write the spec of a task; return the exit status."""
    settings = pickle.loads(Path("settings").read_bytes())  # noqa: S301 - our parent's
    place = Path(working_tree).resolve()
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != place]
    sys.path.insert(0, root)
    try:
        spec = task_spec(_find(_import(module, root), task), settings)
    except KitError as error:
        print(error, file=sys.stderr)  # noqa: T201 - read by our parent
        return 1
    Path("spec.pb").write_bytes(spec.SerializeToString(deterministic=True))
    return 0


def _import(name: str, root: str) -> ModuleType:
    module = importlib.import_module(name)
    origin = Path(module.__file__ or "").resolve()
    if Path(root).resolve() not in origin.parents:
        msg = (
            f"The name {name!r} is taken by {origin}, which is not of the revision. "
            "Compare with a template file made there instead."
        )
        raise RevisionError(msg)
    return module


def _find(module: ModuleType, name: str) -> Any:
    tasks = {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, PythonCustomizedContainerTask)
    }
    if name in tasks:
        return tasks[name]
    if not name and len(tasks) == 1:
        return next(iter(tasks.values()))
    asked = f"no task {name!r}" if name else f"{len(tasks)} tasks; say which"
    offered = f" Its tasks: {', '.join(sorted(tasks))}." if tasks else ""
    raise RevisionError(
        f"{module.__name__} has {asked}.{nearest(name, tasks)}{offered}"
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
