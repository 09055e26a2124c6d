"""Templates and inputs arrive as on the live Flyte that was recorded."""

from __future__ import annotations

import base64

import pytest
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from conformance.platforms import pods
from kit.forecast.arrival import arriving_bytes, arriving_inputs, arriving_template

ARRIVED = {
    case["name"]: (case, platform)
    for case, platform in pods()
    if "arrived_template_b64" in case
}


@pytest.mark.parametrize("name", ARRIVED)
def test_a_template_arrives_as_recorded(name):
    """As a message and as bytes, on the platform it was launched on."""
    case, platform = ARRIVED[name]
    registered = base64.b64decode(case["template_b64"])
    expected = TaskTemplate.FromString(base64.b64decode(case["arrived_template_b64"]))
    template = TaskTemplate.FromString(registered)
    assert arriving_template(template, platform) == expected
    arrived = TaskTemplate.FromString(arriving_bytes(registered, platform))
    assert arrived == expected
    assert template == TaskTemplate.FromString(registered), "the argument was changed"


@pytest.mark.parametrize("name", ARRIVED)
def test_inputs_arrive_as_recorded(name):
    """To the bit: a message is not equal to another one with the same NaN."""
    case, _ = ARRIVED[name]
    sent = LiteralMap.FromString(base64.b64decode(case["inputs_b64"]))
    expected = LiteralMap.FromString(
        base64.b64decode(case.get("inputs_arrived_b64", case["inputs_b64"]))
    )
    arrived = arriving_inputs(sent).SerializeToString(deterministic=True)
    assert arrived == expected.SerializeToString(deterministic=True)
