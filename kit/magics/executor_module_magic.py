"""``%%executor_module``: a cell that is an importable module."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from IPython.core.magic import no_var_expand

from kit.magics.flag_parser import FlagParser
from kit.magics.made_modules import import_module_of, public_names
from kit.magics.module_file import module_bytes, module_file
from kit.magics.plain_errors import errors_of_cell

__all__ = ["ExecutorModuleMagic", "module_flags"]

_HELP = """Write this cell into a module, import it, and bind its public names.

Executors in it ship as module: a template names them by their dotted name, and the
image must have the file.

    %%executor_module scale.py
    import kit

    class Scale(kit.ShimTaskExecutor):
        def execute_from_model(self, tt, n):
            return n * 2

The file lies in the notebook's folder; `steps/scale.py` is the module `steps.scale`,
and an absolute path may lead elsewhere. It is written when the cell has changed, and
imported again when it, or a module of another such cell that it imports, has changed.
Classes of the former import stay as they were: run the cells that use them again.

A file that a person wrote or changed is not replaced without `--overwrite`.

"""


@functools.cache
def module_flags() -> FlagParser:
    """Return the parser of the line."""
    parser = FlagParser("%%executor_module FILE [--overwrite]")
    parser.add_argument("file", metavar="FILE", help="name.py, or package/name.py")
    lose = "replace a file even if a person wrote it"
    parser.add_argument("--overwrite", action="store_true", help=lose)
    return parser


class ExecutorModuleMagic:
    """The magic of one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    @no_var_expand  # a path with a brace is a mistake to be shown as it was written
    def executor_module(self, line: str, cell: str) -> None:
        """Write and import a module; its help is that of the flags."""
        flags = module_flags().parse_text(line)
        file = module_file(flags.file, Path.cwd())
        data = module_bytes(cell)
        with errors_of_cell(self._shell, str(file.path)):
            compile(data, file.path, "exec", dont_inherit=True)  # before it is written
            file.check_may_replace(overwrite=flags.overwrite)
            file.write(data)
            former = sys.modules.get(file.name)
            stale = {} if former is None else _defined_in(former)
            module = import_module_of(file, data)
        self._shell.drop_by_id(stale)
        self._shell.push(public_names(module))

    executor_module.__doc__ = _HELP + module_flags().format_help()


def _defined_in(module: ModuleType) -> dict[str, Any]:
    """Return the classes and functions that a module defines."""
    return {
        name: value
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__
    }
