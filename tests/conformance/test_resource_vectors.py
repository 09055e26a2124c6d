"""kit refuses the resources that the real flyteadmin refuses, in its words."""

from __future__ import annotations

import pytest
from flyteidl.core import identifier_pb2, tasks_pb2

from conformance.vectors import vectors
from kit.forecast.resources import resource_refusals

RESOURCES = {entry["name"]: entry for entry in vectors("resource_vectors.json")}


def entries_of(pairs):
    """Read a list of names and amounts as the entries of a message."""
    number = tasks_pb2.Resources.ResourceName.Value
    made = tasks_pb2.Resources.ResourceEntry
    return [made(name=number(name), value=value) for name, value in pairs]


@pytest.mark.parametrize("name", RESOURCES)
def test_resources_are_compared_as_admin_does(name):
    """The error is among those that admin may report, or there is none."""
    entry = RESOURCES[name]
    refusals = resource_refusals(
        entries_of(entry["requests"]),
        entries_of(entry["limits"]),
        entry["platform_limits"],
        identifier_pb2.Identifier(name="name"),
    )
    words = [refusal.words for refusal in refusals]
    assert entry["error"] in words if entry["error"] else not words
