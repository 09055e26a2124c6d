"""What importing a module has no business to change, before and after."""

from __future__ import annotations

import signal
import site
import sys
import sysconfig
import threading
from os import environ
from pathlib import Path

_MAX_NAMES = 20
_LIBRARIES = {"site-packages", "dist-packages"}


class Environment:
    """The environment of the process, as it was when this was made."""

    def __init__(self) -> None:
        self._modules = set(sys.modules)
        self._folder = _working_directory()
        self._files = _files(self._folder)
        self._variables = dict(environ)
        self._threads = threading.active_count()
        self._handlers = _handlers()

    def changes(self) -> list[str]:
        """Say what is not as it was, as halves of sentences."""
        changed = {name for name, _ in self._variables.items() ^ environ.items()}
        found = [
            *_named("wrote the file", _files(self._folder) - self._files),
            *_named("changed the environment variable", changed),
        ]
        if _working_directory() != self._folder:
            found.append("changed the working directory")
        if threading.active_count() > self._threads:
            found.append("started a thread")
        if _handlers() != self._handlers:
            found.append("changed what signals do")
        return found

    def local_modules(self) -> dict[str, str]:
        """Return the files of new modules outside the folders of installed packages."""
        new = {name.partition(".")[0] for name in set(sys.modules) - self._modules}
        found = {}
        for top in sorted(new - self._modules - set(sys.stdlib_module_names)):
            file = getattr(sys.modules.get(top), "__file__", None)
            if isinstance(file, str) and Path(file).is_file() and not _installed(file):
                found[top] = file
        return dict(list(found.items())[:_MAX_NAMES])


def _working_directory() -> Path | None:
    try:
        return Path.cwd()
    except FileNotFoundError:  # it was deleted
        return None


def _files(folder: Path | None) -> set[str]:
    if folder is None or not folder.is_dir():
        return set()
    return {path.name for path in folder.iterdir()}


def _handlers() -> list[object]:
    return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


def _named(what: str, names: set[str]) -> list[str]:
    return [f"{what} {name}" for name in sorted(names)[:_MAX_NAMES]]


def _installed(file: str) -> bool:
    folders = [*sysconfig.get_paths().values(), *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    real = Path(file).resolve()
    if not _LIBRARIES.isdisjoint(real.parts):  # of another environment on the path
        return True
    return any(real.is_relative_to(Path(folder).resolve()) for folder in folders)
