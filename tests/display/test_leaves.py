"""The leaves of a message: none is left out, none is made up."""

from __future__ import annotations

from display_tasks import SETTINGS, full_task
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from kit.display.leaves import leaves
from kit.template.serialize import task_template


def leaves_of(message) -> dict[str, str]:
    """Return the leaves by path."""
    return dict(leaves(message))


def test_paths_name_keys_and_resources():
    """Lists of named things are told by name, others by place."""
    told = leaves_of(task_template(full_task(), SETTINGS))
    assert told["container.env[TZ]"] == "UTC"
    assert told["container.resources.requests[CPU]"] == "500m"
    assert told["container.args[0]"] == "kit-execute"
    assert told["security_context.secrets[0].mount_requirement"] == "ENV_VAR"
    assert told["interface.inputs.limit.type"] == "INTEGER"
    assert told["config[link_type]"] == "logs"
    assert told["metadata.timeout"] == "seconds: 600"
    assert told["custom.engines"].startswith("1 entry, ")
    assert told["custom.dry"] == "False"


def fields_of(message: Message) -> int:
    """Count the set fields that are no messages, as protobuf itself has them."""
    count = 0
    for field, value in message.ListFields():
        if field.message_type is None:
            count += len(value) if hasattr(value, "append") else 1
        elif field.message_type.GetOptions().map_entry:
            plain = field.message_type.fields_by_name["value"].message_type is None
            count += len(value) if plain else sum(map(fields_of, value.values()))
        else:
            many = value if hasattr(value, "add") else [value]
            count += sum(map(fields_of, many))
    return count + len(UnknownFieldSet(message))


def test_every_set_field_is_a_leaf():
    """As many as protobuf counts, where no leaf stands for several."""
    template = task_template(full_task(), SETTINGS)
    for field in ("custom", "interface", "container"):
        template.ClearField(field)
    template.container.args.extend(["a", "b"])
    template.container.ports.add(container_port=1, name="p")
    template.metadata.ClearField("generates_deck")
    assert len(leaves_of(template)) == fields_of(template)


def test_unknown_fields_are_leaves_in_every_depth():
    """Of the message, and of one inside it."""
    container = bytes([0xFA, 0x07, 2]) + b"hi"
    data = TaskTemplate(type="t").SerializeToString()
    data += bytes([0x32, len(container)]) + container
    told = leaves_of(TaskTemplate.FromString(data))
    assert told["container.#127"] == "unknown field: b'hi'"


def test_what_is_present_and_empty_is_a_leaf():
    """A message without fields differs from none."""
    template = TaskTemplate()
    template.container.SetInParent()
    assert leaves_of(template) == {"container": "(present, empty)"}


def test_a_long_value_is_cut():
    """A megabyte is told by its start and its size."""
    told = leaves_of(TaskTemplate(type="x" * 1_000_000))["type"]
    assert len(told) == 200
    assert told.endswith("(1,000,000 characters)")


def test_reading_changes_nothing():
    """A map of messages makes an entry of each name that it is asked for."""
    template = task_template(full_task(), SETTINGS)
    before = template.SerializeToString(deterministic=True)
    list(leaves(template))
    assert template.SerializeToString(deterministic=True) == before


def test_literals_have_leaves():
    """Of any message."""
    literals = LiteralMap()
    literals.literals["n"].scalar.primitive.integer = 3
    assert leaves_of(literals) == {"literals[n].scalar.primitive.integer": "3"}
