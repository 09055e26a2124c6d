"""Environment variables of a run: the engine's, and the inherited ones."""

from __future__ import annotations

import os
import secrets
import site
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.source.imports import exported_folders

_OF_THE_INTERPRETER = ("DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PYTHONHOME")
"""What an interpreter may need to start at all."""
_KERNEL_ONLY = ("JPY_PARENT_PID", "JPY_SESSION_NAME")
_INLINE_BACKEND = "module://matplotlib_inline"


def engine_variables(template: TaskTemplate, *, execution_id: str) -> dict[str, str]:
    """Return a template's own variables and those the engine adds after them.

    Their names are those of flyteplugins' ``flytek8s/k8s_resource_adds.go``.
    ``PYTHONUNBUFFERED`` comes on top, so that lines arrive when they are written.
    """
    task = template.id
    own = {pair.key: pair.value for pair in template.container.env}
    return {
        "PYTHONUNBUFFERED": "1",
        **own,
        "FLYTE_INTERNAL_EXECUTION_WORKFLOW": f"local:local:{task.name}",
        "FLYTE_INTERNAL_EXECUTION_ID": execution_id,
        "FLYTE_INTERNAL_EXECUTION_PROJECT": task.project or "local",
        "FLYTE_INTERNAL_EXECUTION_DOMAIN": task.domain or "local",
        "FLYTE_ATTEMPT_NUMBER": "0",
        "FLYTE_INTERNAL_TASK_PROJECT": task.project,
        "FLYTE_INTERNAL_TASK_DOMAIN": task.domain,
        "FLYTE_INTERNAL_TASK_NAME": task.name,
        "FLYTE_INTERNAL_TASK_VERSION": task.version,
    }


def new_execution_id() -> str:
    """Return a name for an execution, of the form Flyte allows, that no other has."""
    return f"local-{secrets.token_hex(5)}"


def inherited_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the parent's variables without those that only mean its Jupyter kernel."""
    kept = {name: value for name, value in environ.items() if name not in _KERNEL_ONLY}
    if kept.get("MPLBACKEND", "").startswith(_INLINE_BACKEND):
        del kept["MPLBACKEND"]  # draws into a notebook that the child does not have
    return kept


def isolated_environment(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return the variables that the official images of Python have, and no others.

    The programs of this interpreter come first, and packages that its user installed
    count as installed.

    Args:
        environ: The parent's variables, for what the interpreter needs to start.
        home: A folder without anything of the user's.
    """
    kept = {name: environ[name] for name in _OF_THE_INTERPRETER if name in environ}
    programs = (str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin")
    if site.ENABLE_USER_SITE:
        kept["PYTHONUSERBASE"] = site.getuserbase()
    path = os.pathsep.join(programs)
    return {**kept, "PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}


def python_path() -> str:
    """Return a ``PYTHONPATH`` that finds what this process can import.

    Modules that it has exported are among that. The folders of the installation itself
    are left out: the same interpreter has them, and named here they would come before
    the standard library.
    """
    installed = _installation()
    entries = (*exported_folders(), *sys.path)
    folders = (Path(entry).absolute() for entry in entries)
    own = (str(path) for path in folders if path.resolve() not in installed)
    return os.pathsep.join(dict.fromkeys(own))


def _installation() -> frozenset[Path]:
    library = Path(sysconfig.get_path("stdlib")).resolve()
    version = "".join(map(str, sys.version_info[:2]))
    named = sysconfig.get_paths().values()
    places = [*named, *site.getsitepackages(), site.getusersitepackages()]
    resolved = (Path(place).resolve() for place in places)
    zipped = library.parent / f"python{version}.zip"
    return frozenset({*resolved, library / "lib-dynload", zipped})
