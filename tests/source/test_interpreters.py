"""The corpus comes out the same on every other Python that is installed."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict

import pytest

from tests.source.corpus import NOTEBOOKS
from tests.source.interpreters import VERSIONS, environment
from tests.source.shells import run_notebooks
from tests.source.verdict import complaint

FACTS = (
    "import IPython, json, sys\n"
    "print(json.dumps([*sys.version_info[:2], IPython.version_info[0]]))"
)


@pytest.mark.parametrize(
    ("version", "hook"), [*((each, True) for each in VERSIONS), (VERSIONS[-1], False)]
)
def test_each_notebook_comes_out_as_expected(version, hook, tmp_path, pytestconfig):
    """Every module does what its notebook does, in a bare Python of that version."""
    try:
        python = environment(version, pytestconfig.cache.mkdir("pythons"))
    except LookupError as reason:
        pytest.skip(str(reason))
    asked = subprocess.run([python, "-c", FACTS], capture_output=True, check=True)
    major, minor, shell = json.loads(asked.stdout)
    chosen = [
        each
        for each in NOTEBOOKS
        if (major, minor) >= each.python and (hook or not each.needs_hook)
    ]
    cells, modules = run_notebooks(
        map(asdict, chosen), tmp_path / "modules", hook=hook, python=python
    )
    wrong = {each.name: complaint(each, cells, modules) for each in chosen}
    wrong = {name: why for name, why in wrong.items() if why is not None}
    assert wrong == {}, f"Python {major}.{minor}, IPython {shell}"
