"""The files of distributions, and whether they fit."""

from __future__ import annotations

import importlib.metadata
import json

import pytest

from kit.errors import ImageBuildError
from kit.images.base import this_python
from kit.images.engine import Layer
from kit.images.packages import add_distribution, add_programs, misfit


def test_files_come_from_the_record(make_distribution):
    """Without what is of this machine only."""
    files = {"one/__init__.py": "", "one/a.pyc": "", "one/b.pyi": "", "../bin/one": ""}
    one = make_distribution("one", files=files, direct_url__json="{}", INSTALLER="pip")
    layer = Layer()
    add_distribution(layer, "one", one)
    assert sorted(layer.files) == [
        "site/one-1.0.dist-info/METADATA",
        "site/one-1.0.dist-info/WHEEL",
        "site/one/__init__.py",
    ]


def test_programs_are_written_for_the_python_of_the_image(make_distribution):
    """An attribute may be inside of another one."""
    text = "[console_scripts]\none = one.cli:App.main [extra]\n[gui_scripts]\nx = y:z\n"
    layer = Layer()
    add_programs(layer, make_distribution("one", entry_points__txt=text), "/py/python3")
    assert layer.texts == {
        "bin/one": b"#!/py/python3\nimport sys\nfrom one.cli import App\n"
        b"sys.exit(App.main())\n"
    }


def test_kit_may_be_an_editable_install():
    """Its package is copied from where it is, and its metadata."""
    layer = Layer()
    own = importlib.metadata.distribution("flyte-task-kit")
    add_distribution(layer, "flyte-task-kit", own)
    assert {"site/kit/entrypoint.py", "site/kit/display/static/kit.css"} <= set(
        layer.files
    )
    assert any(name.endswith(".dist-info/entry_points.txt") for name in layer.files)
    assert not any("__pycache__" in name for name in layer.files)


def test_kit_may_be_installed_from_a_wheel(make_distribution):
    """Then its files are those of its record."""
    files = {"kit/__init__.py": "", "kit/entrypoint.py": ""}
    own = make_distribution("flyte-task-kit", files=files)
    layer = Layer()
    add_distribution(layer, "flyte-task-kit", own)
    names = {name for name in layer.files if "dist-info" not in name}
    assert names == {f"site/{name}" for name in files}


def test_other_editable_installs_are_refused(make_distribution):
    """The error says what to give in their place."""
    origin = json.dumps({"url": "file:///x", "dir_info": {"editable": True}})
    one = make_distribution("one", direct_url__json=origin)
    with pytest.raises(ImageBuildError, match=r"one is an editable install here.*whl"):
        add_distribution(Layer(), "one", one)


def test_compiled_files_fit_their_own_python_only(make_distribution, another_python):
    """What is not compiled fits any that its author says."""
    here = this_python()
    tag = f"{here.abi}-{here.abi}-manylinux_2_17_{here.machine}"
    compiled = make_distribution("one", tag=tag)
    assert misfit(compiled, here) is None
    assert misfit(compiled, another_python) == f"is compiled for {tag}"
    assert misfit(make_distribution("two"), another_python) is None
    built = make_distribution("four", tag=f"{here.abi}-{here.abi}-linux_x86_64")
    assert misfit(built, here) is None
    old = make_distribution("three", facts={"Requires-Python": "<3"})
    assert misfit(old, here) == "is for Python <3"
