"""``%%executor_module``: write a cell to a module, import it and bind its names."""

from __future__ import annotations

import argparse
import ast
import contextlib
import functools
import hashlib
import importlib
import importlib.util
import keyword
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.magic import no_var_expand

from kit.errors import AuthoringError, KitError
from kit.source.shipping import EXECUTOR_MODULE
from kit.storage import write_bytes

_USAGE = "%%executor_module FILE [--overwrite]"
_HELP = f"""Write this cell to a module, import it, and bind its public names.

    {_USAGE}

Executors in it ship as module: a template names them by their dotted name, and the
image must have the file.

    %%executor_module scale.py
    import kit

    class Scale(kit.ShimTaskExecutor):
        def execute_from_model(self, tt, n):
            return n * 2

The file is in the notebook's folder; `steps/scale.py` is the module `steps.scale`,
and an absolute path may lead elsewhere. It is written when the cell has changed, and
imported again when it, or a module of another such cell that it imports, has changed.
Classes of the former import stay as they were: run the cells that use them again.

A file that a person wrote or changed is not replaced without `--overwrite`.
"""


@functools.cache
def module_flags() -> FlagParser:
    """Return the parser of the line."""
    usage = _USAGE.replace("%", "%%")  # argparse formats it
    parser = FlagParser(usage=usage, add_help=False, allow_abbrev=False)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--overwrite", action="store_true")
    return parser


class ExecutorModuleMagic:
    """The magic of one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    @no_var_expand  # a path with a brace is a mistake to be shown as it was written
    def executor_module(self, line: str, cell: str) -> None:
        """Write and import a module."""
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

    executor_module.__doc__ = _HELP


def _defined_in(module: ModuleType) -> dict[str, Any]:
    """Return the classes and functions that a module defines."""
    return {
        name: value
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__
    }


class FlagParser(argparse.ArgumentParser):
    """A parser that raises where a program would exit."""

    def parse_text(self, text: str) -> argparse.Namespace:
        """Read flags as a shell would split them.

        Raises:
            UsageError: A quote is open, or a flag or its value is not known.
        """
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise UsageError(f"{text!r} cannot be read: {error}.") from error
        return self.parse_args(words)

    def error(self, message: str) -> NoReturn:
        """Report what is wrong, with the usage."""
        raise UsageError(f"{message}. Expected {_USAGE}.")


_WRITTEN = re.compile(rb"# Written by %%executor_module \(sha256 ([0-9a-f]{16})\)")


@dataclass(frozen=True)
class ModuleFile:
    """A module's file.

    Attributes:
        name: The module's dotted name.
        path: Where the file is.
        root: The folder that Python has to look into.
    """

    name: str
    path: Path
    root: Path

    def check_may_replace(self, *, overwrite: bool) -> None:
        """Refuse to lose what a person wrote.

        Args:
            overwrite: Whether it may be replaced.

        Raises:
            UsageError: The file is not the magic's, or was changed since.
        """
        if self.path.is_dir():
            raise UsageError(f"{self.path} is a folder. Choose another name.")
        if overwrite or not self.path.exists():
            return
        first, _, body = self.path.read_bytes().partition(b"\n")
        written = _WRITTEN.match(first)
        if written is None:
            msg = (
                f"{self.path} was not written by %%executor_module. Choose another "
                "name, or pass --overwrite to replace it."
            )
            raise UsageError(msg)
        if written[1] != _digest(body):
            msg = (
                f"{self.path} was changed since %%executor_module wrote it. Bring the "
                "changes into the cell, then pass --overwrite."
            )
            raise UsageError(msg)

    def write(self, data: bytes) -> None:
        """Write the file atomically, unless it has that content."""
        if self.path.exists() and self.path.read_bytes() == data:
            return
        write_bytes(str(self.path), data)
        self._forget_compiled()

    def _forget_compiled(self) -> None:
        """Drop compiled forms: Python knows them by second and size, no better."""
        compiled = Path(importlib.util.cache_from_source(str(self.path)))
        for old in compiled.parent.glob(f"{self.path.stem}.*.pyc"):
            old.unlink(missing_ok=True)


def module_bytes(cell: str) -> bytes:
    """Return the content of the file: a comment replaces the line of the magic.

    So line numbers are those of the cell.

    Raises:
        UsageError: The cell has characters that no file can hold.
    """
    try:
        body = cell.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"The cell cannot be written: {error}.") from error
    head = f"# Written by %%executor_module (sha256 {_digest(body).decode()}): "
    return f"{head}edit the cell.\n".encode() + body


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:16].encode()


def module_file(word: str, folder: Path) -> ModuleFile:
    """Return the file that a magic names, if a module may be there.

    Args:
        word: ``name.py`` or ``package/name.py`` in the folder, or an absolute path,
            whose module is ``name``.
        folder: The notebook's.

    Raises:
        UsageError: It names no module, leaves the folder, or would hide a module.
    """
    path = Path(word).expanduser()
    parts: tuple[str, ...]
    if path.suffix != ".py":
        raise UsageError(f"{word!r} is not a module's file: expected name.py.")
    if path.is_absolute():
        root, parts = path.parent.resolve(), (path.stem,)
        if not root.is_dir():
            raise UsageError(f"No folder {str(root)!r}. Create it first.")
    else:
        root, parts = folder.resolve(), path.with_suffix("").parts
    _check_names(word, parts)
    place = root.joinpath(*parts).with_suffix(".py")
    if place.resolve() != place:
        msg = f"{word!r} is a link to {place.resolve()}. Give that path instead."
        raise UsageError(msg)
    _check_hides_nothing(parts, root)
    return ModuleFile(".".join(parts), place, root)


def _check_names(word: str, parts: tuple[str, ...]) -> None:
    if ".." in parts:
        msg = (
            f"{word!r} leaves the notebook's folder: give an absolute path if that is "
            "what you want."
        )
        raise UsageError(msg)
    for part in parts:
        if not part.isidentifier() or keyword.iskeyword(part):
            msg = f"{word!r} cannot be imported: {part!r} is not a Python name."
            raise UsageError(msg)
    if parts[-1].startswith("__"):
        raise UsageError(f"{word!r} has a meaning of its own: choose another name.")


def _check_hides_nothing(parts: tuple[str, ...], root: Path) -> None:
    """Refuse the name of another module: one of the two could not be imported."""
    folder = root / parts[0]
    file = folder.with_suffix(".py") if len(parts) == 1 else folder / "__init__.py"
    other = _other_module(parts[0], {folder, file})
    if other is not None:
        msg = (
            f"The module {parts[0]!r} exists already ({other}), and only one of the "
            "two could be imported. Choose another name."
        )
        raise UsageError(msg)


def _other_module(top: str, own: set[Path]) -> str | None:
    """Return where a module of that name is, if it is not the notebook's own."""
    if top in sys.stdlib_module_names:
        return "Python's own"
    importlib.invalidate_caches()
    try:
        spec = importlib.util.find_spec(top)
    except ValueError:  # it has no file
        return "made in this process"
    if spec is None:
        return None
    places = [spec.origin, *(spec.submodule_search_locations or ())]
    others = (place for place in places if place and Path(place).resolve() not in own)
    return next(others, None)


@dataclass(frozen=True)
class _Import:
    """What a module was imported from.

    Attributes:
        data: Its file's content.
        used: The other modules of cells that it imports, as they were.
    """

    data: bytes
    used: Mapping[str, ModuleType]


def import_module_of(file: ModuleFile, data: bytes) -> ModuleType:
    """Return the module of a file, imported again if it or what it uses has changed.

    When the import fails, the former module stays.
    """
    former = sys.modules.get(file.name)
    if former is not None and _is_current(former, data):
        return former
    if str(file.root) not in sys.path:
        sys.path.insert(0, str(file.root))  # also after a change of folder
    importlib.invalidate_caches()
    sys.modules.pop(file.name, None)
    try:
        module = importlib.import_module(file.name)
    except BaseException:
        if former is not None:
            sys.modules[file.name] = former
        raise
    setattr(module, EXECUTOR_MODULE, _Import(data, dict(_used(module, data))))
    return module


def _is_current(module: ModuleType, data: bytes) -> bool:
    made = getattr(module, EXECUTOR_MODULE, None)
    return (
        isinstance(made, _Import)
        and made.data == data
        and all(sys.modules.get(name) is used for name, used in made.used.items())
    )


def _used(module: ModuleType, data: bytes) -> Iterator[tuple[str, ModuleType]]:
    """Yield the other modules of cells that a module imports."""
    for name in _imported(ast.parse(data), module.__package__ or ""):
        used = sys.modules.get(name)
        if used is not None and hasattr(used, EXECUTOR_MODULE):
            yield name, used


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            dotted = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(dotted, package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def public_names(module: ModuleType) -> dict[str, Any]:
    """Return what ``from module import *`` binds."""
    known: dict[str, Any] = {}
    exec(f"from {module.__name__} import *", {}, known)  # noqa: S102 - checked names
    return known


@contextlib.contextmanager
def errors_of_cell(shell: Any, filename: str) -> Iterator[None]:
    """Show what goes wrong meanwhile as if the cell were plain Python.

    IPython asks an error for ``_render_traceback_`` before it draws one itself.

    Args:
        shell: The shell that draws tracebacks.
        filename: What the cell's code was compiled as.

    Raises:
        AuthoringError: The cell is not Python; a ``SyntaxError`` would be drawn with
            every frame of IPython's.
    """
    try:
        yield
    except SyntaxError as error:
        if error.filename != filename:
            raise
        lines = shell.SyntaxTB.structured_traceback(type(error), error, [])
        refused = AuthoringError(f"The cell is not Python: {error}.")
        raise _shown_as(refused, lines) from error
    except KitError as error:
        _shown_as(error, [f"{type(error).__name__}: {error}"])
        raise
    except Exception as error:
        frames = _frames_of(error.__traceback__, filename)
        if frames is not None:
            draw = shell.InteractiveTB.structured_traceback
            _shown_as(error, draw(type(error), error, frames, tb_offset=0))
        raise


def _frames_of(traceback: TracebackType | None, filename: str) -> TracebackType | None:
    """Return the traceback from the first frame of the cell on, if it has one."""
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            return traceback
        traceback = traceback.tb_next
    return None


def _shown_as(error: Exception, lines: list[str]) -> Any:
    error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]
    return error
