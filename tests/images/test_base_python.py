"""What fits a Python."""

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


def test_the_tags_of_this_python_are_those_that_pip_takes():
    """The same tags, computed from facts, as packaging finds by looking around."""
    expected = {str(tag) for tag in packaging.tags.sys_tags()}
    assert {str(tag) for tag in this_python().tags} == expected


def test_another_interpreter_tells_the_same_of_itself():
    """The text of the probe is a whole program."""
    source = Path(probe.__file__).read_text("utf-8")
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, check=True, text=True
    )
    found = BasePython.from_facts(json.loads(done.stdout))
    assert "protobuf" in found.distributions
    assert dataclasses.replace(found, distributions={}) == this_python()


def test_markers_are_evaluated_for_the_other_python(another_python):
    """And not for this one."""
    from packaging.markers import Marker

    wanted = f"python_version == '{'.'.join(map(str, another_python.minor))}'"
    marker = Marker(f"{wanted} and platform_machine == 'aarch64'")
    assert marker.evaluate(another_python.environment)
    assert not marker.evaluate(this_python().environment)


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


def test_what_is_compiled_here_loads_on_a_newer_system_only():
    """The C library is compatible forwards."""
    here = dataclasses.replace(this_python(), libc=("glibc", "2.36"))
    assert dataclasses.replace(here, libc=("glibc", "2.41")).can_load_from(here)
    assert not dataclasses.replace(here, libc=("glibc", "2.31")).can_load_from(here)
    assert not dataclasses.replace(here, libc=("musl", "1.2")).can_load_from(here)
