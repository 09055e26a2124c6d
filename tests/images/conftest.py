"""Distributions as pip leaves them, and a base image that is this environment."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from kit.images.base import BaseImage, this_python
from kit.images.containers import Answer
from kit.runners.log import LogLine


@pytest.fixture
def make_distribution(tmp_path):
    """Write a distribution and return it."""

    def make(name, version="1.0", *, requires=(), tag="py3-none-any", **files):
        folder = tmp_path / "installed"
        info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        lines = [f"Name: {name}", f"Version: {version}", "Metadata-Version: 2.1"]
        lines += [f"Requires-Dist: {text}" for text in requires]
        lines += [f"{k}: {v}" for k, v in files.pop("facts", {}).items()]
        (info / "METADATA").write_text("\n".join(lines))
        (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tag}\n")
        record = [f"{info.name}/{file}" for file in ("METADATA", "WHEEL", "RECORD")]
        for path, text in files.pop("files", {}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
            record.append(path)
        for file, text in files.items():
            (info / file.replace("__", ".")).write_text(text)
            record.append(f"{info.name}/{file.replace('__', '.')}")
        (info / "RECORD").write_text("".join(f"{path},,\n" for path in record))
        return Distribution.at(info)

    return make


class EmptyPython(BaseImage):
    """This Python without its packages, as a base image: pip runs in it as in one."""

    def ask(self, *words, files):
        """Run it with files below a folder of its own."""
        root = Path(self.name)
        for path, data in files.items():
            place = root / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        places = [word.replace("/kit-plan", f"{root}/kit-plan") for word in words]
        command = [sys.executable, "-I", "-S", *places]
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        streams = {"stdout": done.stdout, "stderr": done.stderr}
        lines = [
            LogLine(stream, line)
            for stream, text in streams.items()
            for line in text.splitlines()
        ]
        return Answer(done.returncode, tuple(lines))


@pytest.fixture
def base(tmp_path) -> BaseImage:
    """A base image with this Python, and no packages."""
    return EmptyPython(None, str(tmp_path / "base"), None, this_python())
