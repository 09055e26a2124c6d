"""Distributions as pip leaves them, and Pythons that are not this one."""

from __future__ import annotations

import dataclasses
from importlib.metadata import Distribution

import pytest

from kit.images.base import BasePython, this_python


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
        (info / "RECORD").write_text("".join(f"{path},,\n" for path in record))
        return Distribution.at(info)

    return make


@pytest.fixture
def another_python() -> BasePython:
    """A newer Python on another machine."""
    here = this_python()
    major, minor = here.minor
    version = f"{major}.{minor + 1}.0"
    return dataclasses.replace(
        here, version=version, machine="aarch64", libc=("glibc", "2.17"), bytecode="00"
    )
