"""What a template and inputs lose on their way into a container."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from flyteidl.core import interface_pb2, literals_pb2, tasks_pb2, types_pb2
from google.protobuf.struct_pb2 import Struct

import kit
from kit.forecast.arrival import arriving_bytes, arriving_inputs, arriving_template

INTEGER = types_pb2.LiteralType(simple=types_pb2.INTEGER)


def described(**annotations: Any) -> types_pb2.LiteralType:
    """Return a type with metadata and annotations."""
    made = types_pb2.LiteralType(simple=types_pb2.STRUCT)
    made.metadata.update({"title": "Bird"})
    made.annotation.annotations.update(annotations or {"unit": "kg"})
    return made


def template_with(literal_type: types_pb2.LiteralType) -> tasks_pb2.TaskTemplate:
    """Return a template with one described input of a type."""
    made = tasks_pb2.TaskTemplate()
    variable = interface_pb2.Variable(type=literal_type, description="A bird.")
    made.interface.inputs.variables["x"].CopyFrom(variable)
    return made


def nested(kind: str) -> types_pb2.LiteralType:
    """Return a type with a described one in it."""
    outer = described()
    if kind == "union":
        outer.union_type.variants.append(described())
    elif kind == "dataset":
        columns = outer.structured_dataset_type.columns
        columns.add(name="c").literal_type.CopyFrom(described())
    elif kind == "dataclass":
        outer.structure.dataclass_type["f"].CopyFrom(described())
    else:
        getattr(outer, kind).CopyFrom(described())
    return outer


@pytest.mark.parametrize(
    "kind", ["collection_type", "map_value_type", "union", "dataset", "dataclass"]
)
def test_types_lose_what_describes_them(kind):
    """Metadata and annotations are gone from a type and from the types in it."""
    arrived = arriving_template(template_with(nested(kind)))
    variable = arrived.interface.inputs.variables["x"]
    assert variable.description == ""
    assert "title" not in str(variable)
    assert "unit" not in str(variable)
    assert variable.type.HasField("structure") == (kind == "dataclass")


def test_the_annotation_of_a_cache_key_stays():
    """With its other entries, and with numbers as JSON has them."""
    kept = described(**{"cache-key-metadata": {"a": 1}, "unit": "kg", "n": math.inf})
    arrived = arriving_template(template_with(kept)).interface.inputs.variables["x"]
    annotations = dict(arrived.type.annotation.annotations)
    assert annotations["unit"] == "kg"
    assert annotations["n"] == "Infinity"
    assert not arrived.type.HasField("metadata")


def test_numbers_that_json_lacks_become_text():
    """In custom at any depth; other numbers stay, negative zero loses its sign."""
    made = tasks_pb2.TaskTemplate()
    made.custom.update({"a": [math.nan, {"b": -math.inf}], "c": -0.0, "d": 1.5})
    custom = arriving_template(made).custom
    assert custom["a"][0] == "NaN"
    assert custom["a"][1]["b"] == "-Infinity"
    assert math.copysign(1, custom["c"]) == 1
    assert custom["d"] == 1.5


def resources(requests: dict[str, str], limits: dict[str, str]) -> tasks_pb2.Resources:
    """Return the resources of a container."""
    made, number = tasks_pb2.Resources(), tasks_pb2.Resources.ResourceName.Value
    for name, value in requests.items():
        made.requests.add(name=number(name), value=value)
    for name, value in limits.items():
        made.limits.add(name=number(name), value=value)
    return made


CORE = kit.Platform.flyte_core()
SMALL = {"CPU": "100m", "MEMORY": "500Mi"}


@pytest.mark.parametrize(
    ("platform", "requests", "limits", "settled"),
    [
        (CORE, {}, {}, (SMALL, SMALL)),
        (CORE, {"CPU": "0"}, {}, (SMALL, SMALL)),
        (CORE, {}, {"GPU": "8"}, ({**SMALL, "GPU": "1"}, {**SMALL, "GPU": "1"})),
        (CORE, {"STORAGE": "1Gi", "UNKNOWN": "1"}, {}, (SMALL, SMALL)),
        (kit.Platform(), {}, {}, ({}, {})),
        (kit.Platform(), {"CPU": "0.5"}, {}, ({"CPU": "500m"}, {"CPU": "500m"})),
        (kit.Platform(), {"CPU": "2"}, {"CPU": "1"}, ({"CPU": "1"}, {"CPU": "1"})),
        (
            kit.Platform(defaults=kit.Resources(cpu=0.5, mem="0")),
            {},
            {},
            ({"CPU": "500m", "MEMORY": "0"}, {"CPU": "500m", "MEMORY": "0"}),
        ),
    ],
)
def test_resources_are_settled(platform, requests, limits, settled):
    """By the platform's defaults and limits; what is not known stays unset."""
    made = tasks_pb2.TaskTemplate()
    made.container.resources.CopyFrom(resources(requests, limits))
    arrived = arriving_template(made, platform)
    assert arrived.container.resources == resources(*settled)
    assert arrived.container.HasField("resources")


def test_inputs_lose_the_sign_of_zero_only():
    """In lists, dictionaries and unions; without one the very message is returned."""
    inputs = literals_pb2.LiteralMap()
    items = inputs.literals["x"].collection.literals
    items.add().scalar.primitive.float_value = -0.0
    items.add().scalar.primitive.float_value = math.inf
    union = items.add().map.literals["k"].scalar.union
    union.value.scalar.primitive.float_value = -0.0
    arrived = arriving_inputs(inputs).literals["x"].collection.literals
    assert math.copysign(1, arrived[0].scalar.primitive.float_value) == 1
    assert arrived[1].scalar.primitive.float_value == math.inf
    value = arrived[2].map.literals["k"].scalar.union.value
    assert math.copysign(1, value.scalar.primitive.float_value) == 1
    assert math.copysign(1, items[0].scalar.primitive.float_value) == -1
    plain = literals_pb2.LiteralMap()
    plain.literals["x"].scalar.primitive.integer = 1
    assert arriving_inputs(plain) == plain


def test_numbers_of_a_struct_among_inputs_become_text():
    """As those in custom do."""
    inputs, generic = literals_pb2.LiteralMap(), Struct()
    generic.update({"a": math.nan})
    inputs.literals["x"].scalar.generic.CopyFrom(generic)
    assert arriving_inputs(inputs).literals["x"].scalar.generic["a"] == "NaN"


def test_a_usual_template_arrives_quickly():
    """Within twenty times what it takes to copy it; again, within one copy."""
    template = template_with(INTEGER)
    template.custom.update({"table": "penguins", "limit": 3})
    template.container.resources.CopyFrom(resources({"CPU": "1"}, {}))
    data = template.SerializeToString()
    unit = seconds_of(lambda: tasks_pb2.TaskTemplate.FromString(data))
    assert seconds_of(lambda: arriving_template(template)) < 20 * unit
    assert seconds_of(lambda: arriving_bytes(data)) < unit


def seconds_of(call: Any) -> float:
    """Return the processor time of a call, the best of a few."""
    found = []
    for _ in range(7):
        start = time.process_time()
        for _ in range(500):
            call()
        found.append(time.process_time() - start)
    return min(found)
