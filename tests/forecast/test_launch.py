"""What a launch is answered, with the way out, and what becomes of it."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from datetime import date, timedelta
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import ExecutionCreateRequest
from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
from flyteidl.core import literals_pb2
from flyteidl.core.identifier_pb2 import ResourceType
from forecast.literals import inputs, literal, template
from google.protobuf import json_format

import kit
from kit.forecast.launch import (
    LaunchForecast,
    forecast_launch,
    literal_bytes,
    map_bytes,
)
from kit.forecast.launch_request import expected_inputs, forecast_request


class Colour(enum.Enum):
    """An enum."""

    RED = "red"


@dataclasses.dataclass
class Bird:
    """A dataclass."""

    grams: int


def test_a_launch_plan_expects_what_it_does_not_fix():
    """With its defaults; those of Python are not in it."""
    interface = template(fixed=int, given=int, default=int).interface
    plan = LaunchPlanSpec(fixed_inputs=inputs(fixed=1))
    parameter = plan.default_inputs.parameters["default"]
    parameter.var.CopyFrom(interface.inputs.variables["default"])
    parameter.default.CopyFrom(literal(2))
    expected = expected_inputs(interface, plan)
    assert sorted(expected.parameters) == ["default", "given"]
    request = ExecutionCreateRequest(project="p", domain="d", inputs=inputs(given=1))
    target = request.spec.launch_plan
    target.resource_type = ResourceType.LAUNCH_PLAN
    target.project, target.domain, target.name, target.version = "p", "d", "w", "1"
    assert forecast_request(request, expected).accepted
    request.inputs.CopyFrom(inputs(given=1, fixed=2))
    assert forecast_request(request, expected).words == "invalid input fixed"
    request.inputs.CopyFrom(inputs(default=2))
    told = refusal(forecast_request(request, expected))
    assert told.words == "expected_inputs given missing"


OWN_VALUES = [
    (int | None, None),
    (list[int | str], [1, "a", 2]),
    (dict[str, int | None], {"a": None, "b": 1}),
    (list[Colour], [Colour.RED]),
    (list[Bird], [Bird(1), Bird(2)]),
    (Bird | None, Bird(1)),
    (dict[str, list[Bird | int]], {"a": [Bird(1), 2], "b": []}),
    (date, date(2024, 1, 1)),
]


@pytest.mark.parametrize(("python_type", "value"), OWN_VALUES)
def test_what_kit_makes_of_a_value_is_taken_for_its_type(python_type, value):
    """A forecast gives no false alarm."""
    given = inputs(x=literal(value, python_type))
    forecast = forecast_launch(template(x=python_type), given)
    assert forecast.accepted, forecast.words


def refusal(forecast: LaunchForecast) -> Any:
    """Return the only refusal of a forecast."""
    (only,) = forecast.refusals
    return only


def test_a_launch_that_fits_is_accepted():
    """With all inputs, and without any for a task that has none."""
    forecast = forecast_launch(template(x=int), inputs(x=1))
    assert (forecast.accepted, forecast.code, forecast.words) == (True, "OK", "")
    assert forecast_launch(template(), inputs()).accepted


def test_defaults_do_not_travel():
    """An input that is left out is refused, an Optional one too."""
    told = refusal(forecast_launch(template(x=int | None), inputs()))
    assert told.words == "expected_inputs x missing"
    assert told.input == "x"
    assert "do not travel" in told.fix


@pytest.mark.parametrize(
    ("python_type", "value"),
    [
        (dict[str, dict[str, int]], {"a": {"k": 1}, "b": {}}),
        (list[dict[str, int]], [{}, {"a": 1}]),
        (dict[str, list[dict[str, int]]], {"b": [{"z": 1}], "": [{}]}),
    ],
)
def test_an_empty_dictionary_among_full_ones_is_refused(python_type, value):
    """Flyte takes the items for a union; as a dict it goes, and alone it does."""
    launched = template(x=python_type)
    told = refusal(forecast_launch(launched, inputs(x=literal(value, python_type))))
    assert told.code == "INVALID_ARGUMENT"
    assert "union_type" in told.words
    assert "empty dictionaries" in told.fix
    as_struct = inputs(x=literal({"x": value}, dict))
    assert forecast_launch(template(x=dict), as_struct).accepted
    alone = inputs(x=literal(type(value)(), python_type))
    assert forecast_launch(launched, alone).accepted


@pytest.mark.parametrize(
    ("python_type", "value"),
    [
        (list[list[int]], [[], [1]]),
        (dict[str, list[int]], {"a": [], "b": [1]}),
        (list[int | None], [None, 1]),
        (int | list[str], ["a"]),
        (dict[str, int] | None, {}),
    ],
)
def test_other_empty_values_are_taken(python_type, value):
    """Empty lists beside full ones, None in lists, unions."""
    given = inputs(x=literal(value, python_type))
    assert forecast_launch(template(x=python_type), given).accepted


@pytest.mark.parametrize("days", [106_751, -106_751])
def test_a_duration_of_nearly_292_years_is_taken(days):
    """It is the limit of nanoseconds in 64 bits."""
    given = inputs(x=literal(timedelta(days=days)))
    assert forecast_launch(template(x=timedelta), given).accepted


def test_a_longer_duration_stops_the_engine():
    """In a list as well, and as the timeout of the task."""
    item = literals_pb2.Literal()
    item.scalar.primitive.duration.seconds = 12_960_000_000
    listed = literals_pb2.Literal()
    listed.collection.literals.append(item)
    told = refusal(forecast_launch(template(x=list[timedelta]), inputs(x=listed)))
    assert told.code == "INTERNAL"
    assert told.words == (
        "failed to create workflow in propeller bad Duration: time: invalid duration "
        '"12960000000s"'
    )
    assert told.input == "x"
    assert "stops the engine" in told.fix
    slow = template(x=int)
    slow.metadata.timeout.seconds = 12_960_000_000
    assert "timeout" in refusal(forecast_launch(slow, inputs(x=1))).fix


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (list(range(35_000)), ""),
        (list(range(40_000)), "etcdserver: request is too large"),
        (list(range(100_000)), "Request entity too large: limit is 3145728"),
        ("x" * 1_468_006, ""),
        ("x" * 1_625_292, "etcdserver: request is too large"),
        ("x" * 2_621_440, "trying to send message larger than max (262"),
        ("x" * 5_242_880, "grpc: received message larger than max (52"),
    ],
)
def test_inputs_are_bounded(value, words):
    """As they were on a live Flyte; the way out is a file or a table."""
    python_type = list[int] if isinstance(value, list) else str
    given = inputs(x=literal(value, python_type))
    forecast = forecast_launch(template(x=python_type), given)
    assert words in forecast.words
    assert forecast.accepted == (not words)
    assert all(each.input == "x" for each in forecast.refusals)
    assert all("FlyteFile" in each.fix for each in forecast.refusals)


def test_template_and_inputs_count_together():
    """Each alone fits, both do not; a file of a platform may be larger."""
    large, small = template(x=str), template(x=str)
    large.custom.update({"source": "x" * 900_000})
    given = inputs(x="x" * 900_000)
    assert forecast_launch(large, inputs(x="x")).accepted
    assert forecast_launch(small, given).accepted
    assert "etcdserver" in forecast_launch(large, given).words
    large.custom.update({"source": "x" * 2**21})
    told = refusal(forecast_launch(large, inputs(x="x")))
    assert "LIMIT_EXCEEDED" in told.words
    assert "custom" in told.fix


@pytest.mark.parametrize("name", ["größe", "a b", "x-y", "ñame"])
def test_names_of_inputs_are_ascii_words(name):
    """The refusal names the input."""
    told = refusal(forecast_launch(template(**{name: int}), inputs(**{name: 1})))
    assert told.input == name
    assert f"[{name}]" in told.words
    assert told.fix.startswith(f"Rename {name!r}")


def test_a_task_needs_a_letter_in_its_name():
    """The node has no id otherwise."""
    told = refusal(forecast_launch(template("..__.."), inputs()))
    assert "Value required [Id]" in told.words
    assert "name" in told.fix


def test_an_execution_is_named_as_kubernetes_wants():
    """Admin looks at the lower case only; Kubernetes sees the capitals."""
    request = ExecutionCreateRequest(project="p", domain="d", name="Upper")
    launched = template()
    request.spec.launch_plan.CopyFrom(launched.id)
    told = refusal(forecast_request(request, launched))
    assert told.code == "INTERNAL"
    assert "lower-case" in told.fix
    assert forecast_request(request, None).code == "NOT_FOUND"


def test_what_is_accepted_and_fails_is_noted():
    """A name beyond ASCII, a cache that is not there, numbers that change."""
    launched = template("größe", x=float)
    launched.metadata.discoverable = launched.metadata.cache_serializable = True
    launched.custom.update({"a": math.nan})
    platform = kit.Platform(catalog=False)
    forecast = forecast_launch(launched, inputs(x=-0.0), platform)
    assert forecast.accepted
    effects = [(note.effect, note.input) for note in forecast.notes]
    expected = [("fails", ""), ("waits", ""), ("changes", "x"), ("changes", "")]
    assert effects == expected
    plain = template(x=float)
    assert forecast_launch(plain, inputs(x=math.nan)).notes == ()


def test_sizes_are_those_of_the_json():
    """Computed without writing it."""
    given = inputs(
        i=-12,
        s='a"\\\n\x01é<&>',
        f=1.5,
        l=literal([1, 22], list[int]),
        m=literal({"k": "v"}, dict[str, str]),
        u=literal(3, int | str),
        n=literal(None, type(None)),
        d=literal({"a": 1}, dict),
        t=literal(timedelta(seconds=1)),
        b=literal(True),
    )
    for name, each in given.literals.items():
        commas = 1 if name in ("l", "m") else 0  # one after the last item, too
        assert literal_bytes(each) - go_json(each) in (0, commas), name
    total = map_bytes(given.literals) - go_json(given)
    assert 0 <= total <= 3


def go_json(message: Any) -> int:
    """Return the size of a message as Go's JSON, which escapes more."""
    tree = json_format.MessageToDict(message)
    text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode()) + 5 * sum(map(text.count, "<>&"))
