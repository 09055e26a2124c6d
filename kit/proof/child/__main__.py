"""Carry out a container's command and note each step.

``NOTES`` is the file for the notes.  ``MODE`` is ``load``, which ends the process when
the executor is made, or ``run``.  ``MODULES`` are those that the shipped code imports,
with commas between them.  ``COMMAND`` is the container's, with its arguments.
"""

from __future__ import annotations

import sys
from types import ModuleType

_PACKAGE = "kit.proof.child"


def _be_importable() -> None:
    """Make this folder a package by its own name, without loading those around it.

    The import system asks for a module's package and not for the packages around that
    one; kit itself is loaded only if the command does so.
    """
    folder = sys.path.pop(0)  # no container has it
    package = ModuleType(_PACKAGE)
    package.__path__ = [folder]
    sys.modules[_PACKAGE] = package


def main() -> None:
    """Do what the process's arguments say."""
    from kit.proof.child.notes import Notes
    from kit.proof.child.runtimes import load_runtime
    from kit.proof.child.watch import Watch

    path, mode, modules, command, *arguments = sys.argv[1:]
    notes = Notes(path)
    version = ".".join(map(str, sys.version_info[:3]))
    notes.done("interpreter", version=version, executable=sys.executable)
    imported = [name for name in modules.split(",") if name]
    watch = Watch(notes, runs=mode == "run", modules=imported)
    try:
        function, facts = load_runtime(command, watch)
    except BaseException as error:
        notes.failed(error)
        raise
    notes.done("runtime", **facts)
    sys.argv = [command, *arguments]
    try:
        sys.exit(function())
    except KeyboardInterrupt as error:
        notes.failed(error)
        raise
    finally:
        watch.finish()


if __name__ == "__main__":
    _be_importable()
    main()
