"""Files on their way into an image."""

from __future__ import annotations

import importlib.util
import marshal
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Layer"]

_UNCHECKED = (1).to_bytes(4, "little")
"""Flags of compiled files that are valid whatever their source's time is (PEP 552)."""
_HEADER = 16


@dataclass
class Layer:
    """Some files, by their paths in the image, relative to where it puts them.

    Attributes:
        files: Files of this machine.
        texts: Contents that are made here, of files to be executed.
    """

    files: dict[str, Path] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)

    def add_tree(self, name: str, source: Path) -> None:
        """Add a file, or all files of a folder but hidden and compiled ones."""
        if source.is_file():
            self.files[name] = source
            return
        for path in sorted(source.rglob("*")):
            steps = path.relative_to(source).parts
            if any(step.startswith(".") or step == "__pycache__" for step in steps):
                continue
            if path.is_file():
                self.files["/".join((name, *steps))] = path

    def contents(self, tag: str | None) -> Iterator[tuple[str, bytes, bool]]:
        """Yield each file's path, its bytes and whether it is to be executed.

        Args:
            tag: What the names of compiled files have in them, as in ``cpython-311``;
                None leaves them out.
        """
        for name, path in sorted(self.files.items()):
            data = path.read_bytes()
            yield name, data, bool(path.stat().st_mode & stat.S_IXUSR)
            if tag is not None and name.endswith(".py"):
                compiled = _compiled(path, data)
                folder, _, file = name.rpartition("/")
                if compiled is not None:
                    yield f"{folder}/__pycache__/{file[:-3]}.{tag}.pyc", compiled, False
        for name, data in sorted(self.texts.items()):
            yield name, data, True


def _compiled(path: Path, source: bytes) -> bytes | None:
    """Return a compiled file, without which each start of a container compiles anew.

    What Python left beside the source is taken if it is of this very source.
    """
    head = importlib.util.MAGIC_NUMBER + _UNCHECKED + importlib.util.source_hash(source)
    return_code = _left_behind(path)
    if return_code is None:
        try:
            code = compile(source, str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return None  # as pip does: some packages hold templates of code
        return_code = marshal.dumps(code)
    return head + return_code


def _left_behind(path: Path) -> bytes | None:
    try:
        data = Path(importlib.util.cache_from_source(str(path))).read_bytes()
        facts = path.stat()
    except (OSError, NotImplementedError):
        return None
    expected = importlib.util.MAGIC_NUMBER + bytes(4)
    for number in (int(facts.st_mtime), facts.st_size):
        expected += (number & 0xFFFFFFFF).to_bytes(4, "little")
    return data[_HEADER:] if data[:_HEADER] == expected else None
