"""What some source needs, by reading it."""

from __future__ import annotations

import sys

import pytest

from kit.definition.shipment import module_shipment
from kit.source.requirements import ImportedModules, shipped_modules


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Write modules into a folder on the path."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(**texts):
        for name, text in texts.items():
            path = tmp_path / f"{name.replace('_in_', '/')}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    return write


def followed(module):
    """Follow one module."""
    reached = ImportedModules()
    reached.follow(module)
    return reached


def test_imports_are_followed_through_own_modules(own, tmp_path):
    """Also those inside of functions; the standard library needs nothing."""
    own(
        walked_lab=(
            "import os.path, walked_lab_two as two\ndef f():\n    import msgpack"
        ),
        walked_lab_two="from yaml import safe_load",
    )
    reached = followed("walked_lab.Executor")
    assert reached.installed == {"msgpack", "yaml"}
    assert reached.missing == set()
    assert reached.own == {
        "walked_lab": tmp_path / "walked_lab.py",
        "walked_lab_two": tmp_path / "walked_lab_two.py",
    }
    assert "walked_lab" not in sys.modules


def test_only_what_is_reached_of_a_package_counts(own, tmp_path):
    """Its other modules may need anything."""
    own(
        walked_pack_in___init__="",
        walked_pack_in_executors="from . import rows\nfrom .deep import x",
        walked_pack_in_rows="import fsspec",
        walked_pack_in_deep="from walked_pack import rows",
        walked_pack_in_tasks="import kit, pandas",
    )
    reached = followed("walked_pack.executors.Executor")
    assert reached.installed == {"fsspec"}
    assert reached.own == {"walked_pack": tmp_path / "walked_pack"}


def test_what_is_not_there_is_said(own):
    """An optional import is no error."""
    own(walked_lab_three="try:\n    import no_such_module\nexcept ImportError: pass")
    assert followed("walked_lab_three").missing == {"no_such_module"}


def test_kit_is_installed_wherever_it_is():
    """An editable install is one, too."""
    assert followed("kit.inline.InlineExecutor").installed == {"kit"}


def test_modules_that_the_source_can_do_without_are_not_required(own):
    """Nor those that only type checkers import."""
    own(
        walked_lab_four="""
from typing import TYPE_CHECKING
import yaml
if TYPE_CHECKING:
    import no_type
else:
    import msgpack
try:
    import no_such_module
except (KeyError, ImportError):
    import fsspec
class A:
    def f(self):
        async def g():
            from numpy.linalg import norm
""",
    )
    reached = followed("walked_lab_four")
    assert reached.required == ("fsspec", "msgpack", "numpy", "walked_lab_four", "yaml")
    assert reached.missing == {"no_such_module"}


def test_the_module_of_an_installed_executor_is_read_itself():
    """And no other module of its package, which its distribution answers for."""
    shipped = module_shipment("mashumaro.mixins.yaml.DataClassYAMLMixin", "it is there")
    assert shipped_modules(shipped).required == (
        "mashumaro",
        "typing_extensions",
        "yaml",
    )
