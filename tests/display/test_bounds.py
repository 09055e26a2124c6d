"""A text of a megabyte is shown cut, with its size, wherever it stands."""

from __future__ import annotations

import re

import pytest
from display_tasks import SETTINGS, FullTask, full_task
from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.tasks_pb2 import Container, Sql, TaskTemplate

import kit
from kit.display.console import plain_text
from kit.display.html import fragment
from kit.display.notebook import summarize
from kit.display.of_template import summarize_task

LONG = "x" * 1_000_000
SIZE = re.compile(r"\(1,000,0\d\d\s+characters\)")  # some are quoted, or in a line
MOST = 400_000


def drawn(thing):
    """Return both faces of a thing."""
    summary = summarize(thing)
    return fragment(summary), plain_text(summary, details=True)


FILLED = {
    "name": lambda t: t.id.MergeFrom(Identifier(name=LONG)),
    "argument": lambda t: t.container.args.append(LONG),
    "variable": lambda t: t.container.env.add(key="A", value=LONG),
    "name of a variable": lambda t: t.container.env.add(key=LONG, value="a"),
    "image": lambda t: t.container.MergeFrom(Container(image=LONG)),
    "amount": lambda t: t.container.resources.requests.add(name=1, value=LONG),
    "input": lambda t: t.interface.inputs.variables[LONG].SetInParent(),
    "choice": lambda t: choices_of(t).append(LONG),
    "statement": lambda t: t.sql.MergeFrom(Sql(statement=LONG)),
    "entry": lambda t: t.custom.update({"a": LONG}),
    "key": lambda t: t.custom.update({LONG: "a"}),
    "config": lambda t: t.config.update({LONG: LONG}),
    "label": lambda t: t.k8s_pod.metadata.labels.update({LONG: LONG}),
}


def choices_of(template):
    """Return the values of an input that is an enumeration."""
    return template.interface.inputs.variables["a"].type.enum_type.values


@pytest.mark.parametrize("fill", FILLED.values(), ids=FILLED)
def test_texts_of_a_template(fill):
    """Names, values and keys: of the view, the report and the diff."""
    template = TaskTemplate()
    fill(template)
    for face in drawn(template):
        assert SIZE.search(face)
        assert len(face) < MOST
        assert "kit.write_template" in face
    for thing in (kit.check(template), kit.diff(template, against=TaskTemplate())):
        assert all(len(face) < MOST for face in drawn(thing))


class Wordy(FullTask):
    """Fails with many words."""

    def get_custom(self, settings):
        """Raise."""
        raise ValueError("so\n" * 100_000)


def test_a_long_error():
    """Its sentence and its traceback are cut."""
    summary = summarize_task(full_task(Wordy), SETTINGS)
    for face in (fragment(summary), plain_text(summary, details=True)):
        assert "(300,012 characters)" in face
        assert len(face) < MOST


def test_findings_that_are_too_many_are_counted():
    """An executor that reads none of ten thousand keys is told fifty times so."""

    class Many(FullTask):
        """Provides them."""

        def get_custom(self, settings):
            return {f"key{number}": number for number in range(10_000)}

    task = full_task(Many)
    section = summarize_task(task, SETTINGS).section("Custom")
    count = len([f for f in kit.check(task).findings if f.rule == "custom.unused"])
    assert count > 9_000
    assert section.items[-1].message == f"{count - 50:,} more are not shown."
