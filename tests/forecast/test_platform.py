"""A platform: presets, files, and what is none."""

from __future__ import annotations

import json

import pytest

import kit
from kit.errors import PlatformError, StorageError


def test_presets_have_the_values_they_come_with():
    """The sandbox has no limits, flyte-core's chart has some."""
    sandbox, core = kit.Platform.sandbox(), kit.Platform.flyte_core()
    assert sandbox.limits == kit.Resources()
    assert sandbox.defaults == kit.Resources(cpu="500m", mem="1Gi")
    assert core.limits == kit.Resources(cpu="2", mem="1Gi", gpu="1")
    assert core.domains == ("development", "staging", "production")
    assert (core.message_limit, core.object_limit) == (4 * 2**20, 3 * 2**19)


@pytest.mark.parametrize("name", ["ours.yaml", "ours.json"])
def test_a_file_has_the_attributes(tmp_path, name):
    """In YAML, which JSON is."""
    facts = {"limits": {"cpu": "4"}, "projects": ["lab"], "message_limit": 1024}
    path = tmp_path / name
    path.write_text(json.dumps(facts))
    platform = kit.Platform.from_file(path)
    assert platform.name == str(path)
    assert platform.limits == kit.Resources(cpu="4")
    assert platform.projects == ("lab",)
    assert platform.message_limit == 1024


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"limit": {}}, "Did you mean 'limits'"),
        ({"limits": {"cpu": "4GB"}}, "Did you mean '4G'"),
        ({"limits": {"ram": "4G"}}, "mem"),
        ({"limits": "4"}, "must be kit.Resources"),
        ({"projects": "lab"}, "must be a list of texts, got 'lab'"),
        ({"environment": None}, "must be a list of texts, got None"),
        ({"image_pull_policy": "always"}, "must be one of '', 'Always'"),
        ({"message_limit": True}, "must be a positive number"),
        ({"name": 3}, "must be text, got 3"),
    ],
)
def test_what_is_no_platform_is_refused(facts, told):
    """With the value, and what was expected."""
    with pytest.raises(PlatformError, match=told):
        kit.Platform.from_dict(facts)


@pytest.mark.parametrize(
    "text", ["- a", "limits: [", "!!python/object:os.system {}", ""]
)
def test_files_that_hold_something_else_are_refused(tmp_path, text):
    """Nothing in them is carried out."""
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(PlatformError):
        kit.Platform.from_file(path)
    with pytest.raises(StorageError):
        kit.Platform.from_file(tmp_path / "none.yaml")
