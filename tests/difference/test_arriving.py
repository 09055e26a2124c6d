"""The arriving template, with what was dropped, settled or rewritten on its way."""

from __future__ import annotations

import dataclasses
import enum

import pytest
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.types_pb2 import LiteralType

import kit
from kit.difference.arriving import arrival
from kit.display.console import plain_text
from kit.display.html import fragment
from kit.display.notebook import summarize
from kit.errors import TemplateError
from kit.forecast.arrival import arriving_template


@dataclasses.dataclass
class Inner:
    """In a list of the other."""

    a: int


@dataclasses.dataclass
class Outer:
    """With another in it."""

    inner: Inner
    more: list[Inner]


class Colour(enum.Enum):
    """Text on the wire."""

    RED = "red"


@kit.container_task(
    image="i:1",
    name="arriving",
    requests=kit.Resources(cpu="1"),
    custom={"most": float("inf"), "rate": {"r": [1.0, -0.0]}},
)
def arriving(
    tt, x: Outer, y: dict[str, Inner] | int | None = None, c: Colour = Colour.RED
) -> list[Outer]:
    """Do.

    Args:
        tt: The template.
        x: The <b>x</b> of it.
        y: Optional.
        c: A colour.
    """
    return [x]


def clean(template: TaskTemplate, arrived: TaskTemplate, paths: list[str]) -> None:
    """Undo in a copy of the registered template what the marks name."""
    for path in paths:
        steps = path.replace("[", ".[").split(".")
        where, source = template, arrived
        for step in steps[:-1]:
            where, source = step_into(where, step), step_into(source, step)
        where.ClearField(steps[-1])
        if source.HasField(steps[-1]):
            getattr(where, steps[-1]).CopyFrom(getattr(source, steps[-1]))


def step_into(message, step):
    """Return the part of a message that a step of a path names."""
    if step.startswith("["):
        return message[int(step[1:-1])]
    if isinstance(message, LiteralType.__mro__[0]) and step == "structure":
        return message.structure.dataclass_type
    if hasattr(message, "variables"):
        return message.variables[step]
    return message[step] if hasattr(message, "keys") else getattr(message, step)


def test_marks_are_all_that_differs_in_an_interface():
    """Taking away what is marked makes the interface that arrives."""
    template = kit.arrives(arriving).registered
    found = arrival(template)
    paths = [m.path for m in found.marks if m.path.startswith("interface")]
    undescribed = [path for path in paths if not path.endswith(".description")]
    assert len(undescribed) >= 6
    copy = TaskTemplate.FromString(template.SerializeToString())
    clean(copy, found.template, undescribed)
    for side in (copy.interface.inputs, copy.interface.outputs):
        for name, variable in side.variables.items():
            assert any(name in path for path in paths if path.endswith("description"))
            variable.description = ""
    assert copy.interface == found.template.interface
    assert found.template == arriving_template(template)


def test_a_mark_says_what_was_and_what_arrives():
    """With the platform's amounts, JSON's texts and no secret."""
    found = kit.arrives(arriving, platform=kit.Platform.flyte_core())
    marks = {mark.path: (mark.what, mark.before, mark.after) for mark in found.marks}
    assert marks["container.resources.limits.MEMORY"] == ("settled", None, "500Mi")
    assert marks["interface.inputs.x.description"] == (
        *("dropped", "The <b>x</b> of it.", None),
    )
    assert marks["custom.most"] == ("rewritten", "inf", "Infinity")
    assert marks["custom.rate.r[1]"][0] == "rewritten"
    assert all(mark.why.endswith(".") for mark in found.marks)


def test_a_template_that_arrives_as_it_is():
    """Has no marks, and says so."""
    template = kit.arrives(arriving).template
    found = kit.arrives(template)
    assert found.marks == ()
    assert "arrives as it is registered" in plain_text(summarize(found))


def test_faces_tell_the_same():
    """The marks, each with its place, in text and in escaped HTML."""
    found = kit.arrives(arriving, platform=kit.Platform.sandbox())
    summary = summarize(found)
    text, html = plain_text(summary), fragment(summary)
    assert "Changed on the way" in text
    assert "Changed on the way" in html
    assert "sandbox" in text
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert "<b>x</b>" not in html
    assert repr(found).startswith("Arrival('arriving': ")


def test_something_else_is_refused():
    """With what is expected."""
    with pytest.raises(TemplateError, match="takes a task or a TaskTemplate, got 5"):
        kit.arrives(5)  # type: ignore[arg-type]
