"""What arrives otherwise than it was written, compared with a real arrival."""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum, IntEnum
from typing import NamedTuple

import pytest
from flyteidl.core.tasks_pb2 import TaskTemplate

import kit
from kit.checks.custom.usage import CustomUsage
from kit.checks.report import Severity
from kit.checks.rule import Subject
from kit.checks.rules.custom import custom_findings, custom_is_the_same
from kit.forecast.arrival import arriving_template
from kit.template.serialize import LOCAL_SETTINGS, task_template
from kit.template.view import TaskTemplateView


class Point(NamedTuple):
    """A pair with names."""

    x: float
    y: float


class Color(str, Enum):
    """A text with a name."""

    RED = "red"


class Level(IntEnum):
    """A number with a name."""

    LOW = 1


class Nothing(kit.ShimTaskExecutor):
    """Does nothing."""

    def execute_from_model(self, tt, **kwargs):
        """Return nothing."""


class Given(kit.PythonCustomizedContainerTask):
    """Has the custom that it is made with."""

    def get_custom(self, settings):
        """Return it."""
        return self.task_config


def task_of(custom):
    """Return a task with this custom."""
    return Given("t", custom, "a/a:1", Nothing, interface=kit.Interface())


def found(custom):
    """Return what changes on the way of a dictionary through a real template."""
    subject = Subject(template=TaskTemplate(), task=task_of(custom))
    usage = CustomUsage.unknown("it may read everything")
    vars(subject).update(custom_usage=usage)
    template = arriving_template(task_template(task_of(custom), LOCAL_SETTINGS))
    assert subject.custom.after == TaskTemplateView(template).custom
    return list(custom_is_the_same.findings(subject))


CHANGES = {
    "int": ({"a": 1}, "NOTE", "The int 1 arrives as the float 1.0."),
    "tuple": ({"a": ("b",)}, "NOTE", "A tuple arrives as a list."),
    "named tuple": ({"a": Point(0.5, 1.5)}, "WARNING", "fields have no names"),
    "enum": ({"a": Color.RED}, "NOTE", "A Color arrives as a plain str"),
    "int enum": ({"a": Level.LOW}, "NOTE", "The int 1 arrives as the float 1.0."),
    "nan": ({"a": float("nan")}, "WARNING", "The float nan arrives as the text 'NaN'."),
    "infinity": ({"a": [-float("inf")]}, "WARNING", "arrives as the text '-Infinity'"),
    "key": ({"a": {1: "x"}}, "WARNING", "The key 1 is int, and keys arrive as text."),
    "dict": ({"a": OrderedDict(x="y")}, "NOTE", "A OrderedDict arrives as a plain"),
    "order": ({"b": "x", "a": "y"}, "NOTE", "The keys arrive sorted"),
}


@pytest.mark.filterwarnings("ignore::kit.errors.CustomWarning")
@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_told_with_its_types(kind):
    """Each kind of change is one finding."""
    custom, severity, message = CHANGES[kind]
    (finding,) = found(custom)
    assert finding.rule == "custom.changes"
    assert finding.severity.name == severity
    assert message in finding.message


def test_what_arrives_as_it_was_is_not_told():
    """Text, floats, booleans, None, lists and dictionaries stay what they are."""
    assert found({"a": "x", "b": 0.5, "c": True, "d": None, "e": [{"f": []}]}) == []


@pytest.mark.filterwarnings("ignore::kit.errors.CustomWarning")
def test_digits_that_are_lost_are_a_warning():
    """An integer that no double holds arrives as another one."""
    (finding,) = found({"a": 2**53 + 1})
    assert finding.severity is Severity.WARNING
    assert "9007199254740993 arrives as 9007199254740992" in finding.message
    assert found({"a": 2**60})[0].severity is Severity.NOTE


def test_items_that_change_alike_are_told_once():
    """A list of thousands of numbers is one finding."""
    (finding,) = found({"a": [{"n": n} for n in range(5000)]})
    assert finding.path == "custom.a[0].n"
    assert "(And 4,999 more like it.)" in finding.message


@pytest.mark.parametrize(
    ("custom", "path"),
    [
        ({"a": {"b": object()}}, "custom.a.b"),
        ({"a": {(1, 2): 3}}, "custom.a['(1, 2)']"),
    ],
)
def test_what_does_not_arrive_is_an_error(custom, path):
    """What a template does not take has its path."""
    (finding,) = custom_findings(task_of(custom), LOCAL_SETTINGS)
    assert finding.severity is Severity.ERROR
    assert (finding.rule, finding.path) == ("custom.changes", path)
    assert finding.words
