"""Images made of this interpreter and packages it has, without any registry.

An image holds the interpreter, the shared libraries it needs (as ``ldd`` names them)
and the installed files of some distributions and of what they depend on, all under the
paths they have here.  It has no shell.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from packaging.requirements import Requirement

import kit

PYTHON = Path(sys.executable).resolve()
SITE = "/opt/site"
PROGRAMS = "/opt/bin"
_USERS = {
    "etc/passwd": "root:x:0:0::/root:/bin/sh\nlab:x:1000:1000::/home/lab:/bin/sh\n",
    "etc/group": "root:x:0:\nlab:x:1000:\n",
}
_SCRIPT = """#!{python}
import sys
from {module} import {function}
sys.exit({function}())
"""
_UNNEEDED = re.compile(
    r"/(site-packages|dist-packages|test|tests|idlelib|tkinter|lib2to3|ensurepip)(/|$)"
    r"|\.a$|\.pyi$|\.opt-[12]\.pyc$|/config-3"
)


class Files:
    """What goes into an image: files of this machine, and texts."""

    def __init__(self) -> None:
        self.paths: dict[str, Path] = {}
        self.texts: dict[str, tuple[str, int]] = {}

    def add_tree(self, source: Path, target: Path | str) -> None:
        """Add the files below a folder."""
        for path in sorted(source.rglob("*")):
            inner = f"/{path.relative_to(source)}"
            if path.is_file() and not _UNNEEDED.search(inner):
                self.paths[f"{target}{inner}"] = path

    def add_interpreter(self) -> None:
        """Add Python and its standard library."""
        self.paths[str(PYTHON)] = PYTHON
        for name in ("stdlib", "platstdlib"):
            folder = Path(sysconfig.get_path(name, vars={"base": sys.base_prefix}))
            self.add_tree(folder, folder)
        shared = sysconfig.get_config_var("INSTSONAME")
        library = Path(sysconfig.get_config_var("LIBDIR") or "/", str(shared))
        if library.is_file() and library.suffix != ".a":
            self.paths[str(library)] = library

    def add_distributions(self, names: Iterable[str]) -> None:
        """Add the files of distributions, beside one another."""
        for name in names:
            for file in importlib.metadata.distribution(name).files or ():
                path = Path(str(file.locate()))
                unneeded = ".." in file.parts or _UNNEEDED.search(f"/{file}")
                if not unneeded and path.is_file():
                    self.paths[f"{SITE}/{file}"] = path

    def add_program(self, name: str, entry_point: str) -> None:
        """Add a program that calls a function, as pip writes them."""
        module, _, function = entry_point.partition(":")
        text = _SCRIPT.format(python=PYTHON, module=module, function=function)
        self.texts[f"{PROGRAMS}/{name}"] = (text, 0o755)

    def add_modules(self, paths: Iterable[str]) -> None:
        """Add modules of these tests."""
        for path in paths:
            source = Path(__file__).parent / path
            self.paths[f"{SITE}/{source.name}"] = source

    def add_libraries(self) -> None:
        """Add the shared libraries that all of these need, and the loader."""
        binaries = [p for p in self.paths.values() if p == PYTHON or ".so" in p.name]
        command = ["ldd", *map(str, binaries)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        for name in set(re.findall(r"(/\S+) \(0x", done.stdout)):
            self.paths.setdefault(name, Path(name).resolve())

    def archive(self) -> bytes:
        """Return all of it as the tar file of a root file system."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for name, mode in (("tmp", 0o1777), ("root", 0o755), ("home/lab", 0o777)):
                folder = tarfile.TarInfo(name)
                folder.type, folder.mode = tarfile.DIRTYPE, mode
                tar.addfile(folder)
            for name, (text, mode) in self.texts.items():
                info = tarfile.TarInfo(name.lstrip("/"))
                info.mode, info.size = mode, len(text.encode())
                tar.addfile(info, io.BytesIO(text.encode()))
            for name, path in self.paths.items():
                info = tar.gettarinfo(str(path.resolve()), name.lstrip("/"))
                info.type, info.uid, info.gid = tarfile.REGTYPE, 0, 0
                info.size = path.stat().st_size
                with path.open("rb") as file:
                    tar.addfile(info, file)
        return buffer.getvalue()


def archive(files: Mapping[str, bytes], mode: int = 0o755) -> bytes:
    """Return a tar file of a few files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(data), mode
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def image_config(layer: bytes, architecture: str) -> bytes:
    """Return the configuration of an image with one layer."""
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
    }
    return json.dumps(config).encode()


def saved_image(name: str, files: Mapping[str, bytes], architecture: str) -> bytes:
    """Return what ``docker load`` makes an image for another machine of."""
    layer = archive(files)
    manifest = {"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}
    parts = {
        "manifest.json": json.dumps([manifest]).encode(),
        "config.json": image_config(layer, architecture),
        "layer.tar": layer,
    }
    return archive(parts)


def digest(data: bytes) -> str:
    """Return how registries name some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def closure(*names: str, without: Iterable[str] = ()) -> set[str]:
    """Return distributions and all that they need, without extras."""
    found = set(without)
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name not in found:
            found.add(name)
            waiting += _needs(name)
    return found - {"flyte-task-kit", *without}


def _needs(name: str) -> Iterator[str]:
    for text in importlib.metadata.distribution(name).requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def _python_files() -> Files:
    files = Files()
    files.add_interpreter()
    files.texts.update({name: (text, 0o644) for name, text in _USERS.items()})
    return files


def python_image() -> bytes:
    """An image with Python, and the libraries that kit's dependencies are linked to."""
    files = _python_files()
    files.paths[f"{PROGRAMS}/python3"] = PYTHON
    linked = _python_files()
    linked.add_distributions(closure("flyte-task-kit"))
    linked.add_libraries()
    for name, path in linked.paths.items():
        if not name.startswith(SITE):
            files.paths.setdefault(name, path)
    return files.archive()


def kit_image() -> bytes:
    """A slim image with kit, for ``kit-execute``."""
    files = _python_files()
    files.add_distributions(closure("flyte-task-kit"))
    files.add_tree(Path(kit.__file__).parent, f"{SITE}/kit")
    files.add_program("kit-execute", "kit.entrypoint:main")
    files.add_modules(_TASKS)
    files.add_libraries()
    return files.archive()


def flytekit_image() -> bytes:
    """An image with the real flytekit, for ``pyflyte-execute``, and without kit."""
    files = _python_files()
    files.add_distributions(closure("flytekit", without=_STORES))
    files.add_program("pyflyte-execute", "flytekit.bin.entrypoint:execute_task_cmd")
    files.add_modules(_FLYTEKIT_TASKS)
    files.add_libraries()
    return files.archive()


_STORES = ("s3fs", "adlfs")  # flytekit loads them for their URLs only
_TASKS = (
    "runner_tasks.py",
    "docker/container_tasks.py",
    "contract/endings.py",
    "contract/contract_tasks.py",
    "contract/slow_to_load.py",
)
_FLYTEKIT_TASKS = (
    "contract/endings.py",
    "contract/flytekit_executor.py",
)
