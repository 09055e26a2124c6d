"""The walk through a message that views, differences and redaction share."""

from __future__ import annotations

from flyteidl.core.tasks_pb2 import Container, Resources, TaskTemplate

from kit.messages import parts_of, readable, unknown_fields


def test_parts_are_single_values_entries_and_items():
    """Maps by sorted keys, lists by positions, fields in their order."""
    template = TaskTemplate(type="t", config={"b": "2", "a": "1"})
    template.container.args.extend(["x", "y"])
    parts = [(p.name, p.key) for p in parts_of(template)]
    assert parts == [
        ("type", None),
        ("container", None),
        ("config", "a"),
        ("config", "b"),
    ]
    words = [(p.key, p.value) for p in parts_of(template.container)]
    assert words == [(0, "x"), (1, "y")]


def test_enums_are_read_by_name_and_unknown_numbers_stay():
    """A later Flyte may have given them a meaning."""
    field = Resources.ResourceEntry.DESCRIPTOR.fields_by_name["name"]
    assert readable(field, Resources.CPU) == "CPU"
    assert readable(field, 99) == 99
    assert readable(Container.DESCRIPTOR.fields_by_name["image"], "a:1") == "a:1"


def test_unknown_fields_are_found():
    """Field 99 of a template, a varint."""
    template = TaskTemplate.FromString(b"\x98\x06\x05")
    [field] = unknown_fields(template)
    assert (field.field_number, field.data) == (99, 5)
    assert list(parts_of(template)) == []
