"""What a Python says of itself, and what pip downloads for it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import packaging.tags
import pytest

from kit.images import probe
from kit.images.base import BasePython, this_python


def test_another_interpreter_tells_the_same_of_itself():
    """The text of the probe is a whole program."""
    source = Path(probe.__file__).read_text("utf-8")
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, check=True, text=True
    )
    assert BasePython.from_facts(json.loads(done.stdout)) == this_python()


def test_the_platforms_of_this_python_are_those_that_pip_takes():
    """The same, from facts, as packaging finds by looking around."""
    expected = {tag.platform for tag in packaging.tags.sys_tags()} - {"any"}
    assert expected <= set(this_python().platforms())


@pytest.mark.parametrize(
    ("libc", "first", "last"),
    [
        (("musl", "1.2"), "musllinux_1_2_x86_64", "linux_x86_64"),
        (("glibc", "2.17"), "manylinux_2_17_x86_64", "linux_x86_64"),
        (("", ""), "linux_x86_64", "linux_x86_64"),
    ],
)
def test_platforms_follow_from_the_c_library(libc, first, last):
    """Newest first; a system without either takes what was built for it only."""
    python = dataclasses.replace(this_python(), libc=libc, machine="x86_64")
    platforms = list(python.platforms())
    assert (platforms[0], platforms[-1]) == (first, last)
    assert ("manylinux2014_x86_64" in platforms) is (libc[0] == "glibc")


def test_pip_is_told_the_python_that_it_downloads_for():
    """Also one without the interpreter lock."""
    python = BasePython("3.13.1", "cpython", True, "aarch64", ("glibc", "2.36"))
    options = list(python.pip_options())
    assert options[:3] == [
        "--python-version=3.13",
        "--implementation=cp",
        "--abi=cp313t",
    ]
    assert options[-1] == "--platform=linux_aarch64"
    assert str(python) == "Python 3.13t on aarch64 with glibc 2.36"
