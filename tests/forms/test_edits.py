"""Edits of a task and its settings."""

from __future__ import annotations

import pytest
from preview_tasks import SETTINGS, heaviest, query_task

from kit.errors import DefinitionError
from kit.forms.task_fields import FIELDS, Edits
from kit.template.serialize import LOCAL_SETTINGS, task_template, template_bytes

TEXTS = {
    "project": "lab",
    "domain": "production",
    "version": "v9",
    "default_image": "acme/other:3",
    "settings_env": "REGION=eu",
    "image": "acme/own:4",
    "cpu": "500m",
    "cpu_limit": "2",
    "mem": "1Gi",
    "mem_limit": "2Gi",
    "gpu": "1",
    "gpu_limit": "1",
    "disk": "10Gi",
    "disk_limit": "20Gi",
    "retries": "5",
    "timeout": "1h30m",
    "cache": "7",
    "env": "MODE=fast",
    "custom": '{"query": "SELECT 2"}',
    "runtime": "flytekit",
}


def template_of(edits: Edits):
    """Return the template with the edits."""
    return task_template(edits.draft.task, edits.draft.settings)


def test_every_field_is_tried_here():
    """So that no field is forgotten below."""
    assert set(TEXTS) == {field.key for field in FIELDS}


@pytest.mark.parametrize("key", TEXTS)
def test_an_edit_changes_the_template_and_not_the_task(key):
    """Nor the settings; and to undo it gives the same bytes again."""
    task = query_task()
    before = template_bytes(task, SETTINGS)
    edits = Edits.of(task, SETTINGS)
    edits = edits.edit(key, TEXTS[key])
    assert (edits.held, edits.errors) == ({key: TEXTS[key]}, {})
    changed = template_of(edits).SerializeToString(deterministic=True)
    assert changed != before
    assert template_bytes(task, SETTINGS) == before
    edits = edits.undo()
    assert template_of(edits).SerializeToString(deterministic=True) == before
    assert (edits.held, edits.can_undo, edits.can_redo) == ({}, False, True)
    edits = edits.redo()
    assert template_of(edits).SerializeToString(deterministic=True) == changed


def test_all_edits_together_arrive():
    """Each at its place in the message."""
    edits = Edits.of(query_task(), SETTINGS)
    for key, text in TEXTS.items():
        edits = edits.edit(key, text)
    assert edits.held == TEXTS
    template = template_of(edits)
    place = template.id
    assert (place.project, place.domain, place.version) == ("lab", "production", "v9")
    container = template.container
    assert container.image == "acme/own:4"
    assert {pair.key: pair.value for pair in container.env} == {
        "REGION": "eu",
        "MODE": "fast",
    }
    assert {entry.value for entry in container.resources.requests} == {
        *("500m", "1Gi", "1", "10Gi")
    }
    assert {entry.value for entry in container.resources.limits} == {
        *("2", "2Gi", "1", "20Gi")
    }
    metadata = template.metadata
    assert metadata.retries.retries == 5
    assert metadata.timeout.seconds == 5_400
    assert (metadata.discoverable, metadata.discovery_version) == (True, "7")
    assert metadata.runtime.flavor == "python"
    assert dict(template.custom.items()) == {"query": "SELECT 2"}


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("cpu", "2x", "got '2x'"),
        ("mem", "-1Gi", "is negative"),
        ("gpu", "1.5", "whole number"),
        ("retries", "often", "retries must be a whole number from 0 up, got 'often'"),
        ("timeout", "soon", "'soon' is no duration"),
        ("env", "TZ", "write NAME=value"),
        ("env", "=2", "''"),
        ("custom", "{", "no JSON"),
        ("image", "{{.image.other}}", "name other not found"),
        ("default_image", "acme/base", "missing tag or digest"),
        ("project", "a\0b", "NUL"),
    ],
)
def test_a_text_that_does_not_hold_is_kept_beside_its_error(key, text, words):
    """And the last one that did hold stays in force."""
    edits = Edits.of(query_task(), SETTINGS)
    edits = edits.edit(key, TEXTS[key])
    good = template_of(edits)
    edits = edits.edit(key, text)
    assert edits.text(key) == text
    assert words in edits.errors[key]
    assert template_of(edits) == good
    edits = edits.edit("version", "v2")  # others can be edited meanwhile
    assert template_of(edits).id.version == "v2"
    assert key in edits.errors
    edits = edits.edit(key, TEXTS[key])
    assert edits.errors == {}


def test_a_text_as_in_the_definition_is_no_edit():
    """Typing it back takes the mark away."""
    edits = Edits.of(heaviest, SETTINGS)
    assert edits.edit("cpu", "1") is edits
    edits = edits.edit("cpu", "2")
    edits = edits.edit("cpu", "1")
    assert edits.held == {}
    edits = edits.undo()
    assert edits.held == {"cpu": "2"}


def test_to_clear_is_an_edit_that_can_be_undone():
    """Errors go too, and come back."""
    edits = Edits.of(heaviest, SETTINGS)
    edits = edits.clear()
    assert not edits.can_undo
    edits = edits.edit("cpu", "2")
    edits = edits.edit("mem", "x")
    edits = edits.clear()
    assert (edits.held, edits.errors, edits.text("mem")) == ({}, {}, "512Mi")
    edits = edits.undo()
    assert edits.held == {"cpu": "2"}
    assert set(edits.errors) == {"mem"}


def test_a_new_edit_forgets_what_was_undone():
    """As everywhere."""
    edits = Edits.of(heaviest, SETTINGS)
    edits = edits.edit("cpu", "2")
    edits = edits.undo()
    edits = edits.edit("retries", "3")
    assert not edits.can_redo


def test_edits_go_over_another_definition():
    """Those that it has by now vanish."""
    edits = Edits.of(query_task(), SETTINGS)
    edits = edits.edit("retries", "5")
    edits = edits.edit("custom", '{"query": "SELECT 2"}')
    newer = query_task("SELECT 9", metadata=None)
    edits = edits.rebased(newer, SETTINGS)
    assert set(edits.held) == {"retries", "custom"}
    edits = edits.edit("custom", edits.text("custom"))
    edits = edits.undo()
    assert set(edits.held) == {"retries"}
    assert edits.text("custom") == '{\n  "query": "SELECT 9"\n}'


def test_fields_that_would_change_nothing_say_why():
    """The task's own word wins over the settings."""
    edits = Edits.of(heaviest, SETTINGS)
    assert edits.fixed("default_image") == "the task names its own image"
    edits = edits.edit("image", "")
    assert edits.fixed("default_image") == ""
    decided = Edits.of(query_task(runtime="flytekit"), SETTINGS)
    assert decided.fixed("runtime") == "the task says flytekit"


def test_a_name_of_no_field_is_an_error():
    """With those there are."""
    with pytest.raises(DefinitionError, match=r"no field 'retry'.*Did you mean"):
        Edits.of(heaviest, SETTINGS).edit("retry", "1")


def test_a_task_of_a_module_goes_on_shipping_as_one():
    """The copy that is edited is not the one that the module holds."""
    edits = Edits.of(heaviest, SETTINGS)
    edits = edits.edit("cpu", "2")
    assert edits.draft.task.shipment(SETTINGS).way == "module"


def test_a_custom_that_raises_leaves_its_field_empty():
    """The view tells of the error; the other fields can be edited."""

    class Failing(type(query_task())):
        def get_custom(self, settings):
            raise RuntimeError("no database")

    task = Failing("failing", None, "i:1", query_task().executor_type)
    edits = Edits.of(task, LOCAL_SETTINGS)
    assert edits.text("custom") == ""
    edits = edits.edit("custom", '{"a": 1}')
    assert edits.draft.task.get_custom(LOCAL_SETTINGS) == {"a": 1}
