"""Whatever a template holds, checking it reports and never raises."""

from __future__ import annotations

import random
import time

import pytest
from checks.templates import good_template
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.message import DecodeError, Message

import kit
from kit.checks.rule import Problem, Subject, error

TEXTS = (
    *("", "\0", "x" * 5_000, "{{.input}}", "{{.inputs.}}", "{{", "-1", "1e999", "NaN"),
    *("é", "\U0001d54f\u202e", "__main__.X", "a/b", "=", "$(A)", "sh", "-c", "9" * 40),
)


def _fill(message: Message, chance: random.Random, depth: int) -> None:
    """Set random fields to random values."""
    for field in message.DESCRIPTOR.fields:
        if chance.random() < 0.6 or depth > 5:
            continue
        _fill_field(message, field, chance, depth)


def _fill_field(message, field, chance, depth):
    value = getattr(message, field.name)
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        inner = entry.fields_by_name["value"]
        key = chance.choice(TEXTS)
        if inner.message_type is not None:
            _fill(value[key], chance, depth + 1)
        else:
            value[key] = chance.choice(TEXTS)
    elif hasattr(value, "add"):
        _fill(value.add(), chance, depth + 1)
    elif hasattr(value, "append"):
        value.extend(chance.choices(TEXTS, k=3))
    elif isinstance(value, Message):
        value.SetInParent()
        _fill(value, chance, depth + 1)
    elif isinstance(value, str):
        setattr(message, field.name, chance.choice(TEXTS))
    elif isinstance(value, bytes):
        setattr(message, field.name, b"\xff")
    elif isinstance(value, bool):
        setattr(message, field.name, True)
    elif isinstance(value, float):
        setattr(message, field.name, chance.choice([0.0, float("nan"), 1e308]))
    else:
        setattr(message, field.name, chance.choice([0, 1, 7, 99]))


def could_not_be_applied(report):
    """Return the findings of rules that met what they did not expect."""
    return [f for f in report.findings if "could not be applied" in f.message]


@pytest.mark.parametrize("seed", range(8))
def test_random_messages_are_reported(seed):
    """Unknown numbers, odd texts, parts that contradict each other."""
    chance = random.Random(seed)  # noqa: S311 - the same on each run
    for _ in range(25):
        template = TaskTemplate()
        _fill(template, chance, 0)
        report = kit.check(template, platform=kit.Platform.flyte_core())
        assert could_not_be_applied(report) == []
        assert repr(report)


def test_random_bytes_are_reported():
    """A byte of a good template is changed."""
    chance = random.Random(1)  # noqa: S311 - the same on each run
    data = good_template().SerializeToString()
    for _ in range(300):
        changed = bytearray(data)
        changed[chance.randrange(len(data))] = chance.randrange(256)
        template = TaskTemplate()
        try:
            template.ParseFromString(bytes(changed))
        except DecodeError:
            continue
        assert could_not_be_applied(kit.check(template)) == []


def test_a_rule_that_cannot_be_applied_says_so():
    """As a note: the others hold."""

    @error("X001", "run")
    def broken(subject):
        yield Problem("type", "Something.")
        raise LookupError("odd")

    found = list(broken.findings(Subject(template=good_template())))
    assert [f.rule for f in found] == ["X001", "X001"]
    assert found[1].message == "This rule could not be applied: LookupError: odd"


PIECES = ["{{", "$(", "a.", "{{.inputs.", "9e", "A/", "9", "-", " "]


def seconds_to_check(piece, size):
    """Return how long it takes to check a template with long texts everywhere."""
    text = piece * (size // len(piece))
    template = good_template()
    template.container.args.append(text)
    template.container.image = text
    template.container.env.add(key=text, value=text)
    template.container.resources.requests.add(name=1, value=f"{text}x")
    template.extended_resources.shared_memory.size_limit = f"{text}x"
    template.metadata.metadata.labels[text] = text
    template.security_context.secrets.add(group=text, key=text, env_var=text)
    template.id.name = template.id.version = text
    start = time.perf_counter()
    report = kit.check(template)
    taken = time.perf_counter() - start
    assert report.findings
    assert all(len(str(finding)) < 5_000 for finding in report.findings)
    assert could_not_be_applied(report) == []
    return taken


@pytest.mark.parametrize("piece", PIECES)
def test_long_texts_are_checked_in_time_that_grows_with_their_size(piece):
    """A megabyte takes no more than a few times what its parts would take."""
    part = min(seconds_to_check(piece, 2**15) for _ in range(3))
    assert seconds_to_check(piece, 2**20) < 5 * 2**5 * part
