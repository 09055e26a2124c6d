"""Requests and limits, and how they are written."""

from __future__ import annotations

import pytest
from flyteidl.core import tasks_pb2

from kit.definition.resources import (
    Resources,
    ResourceSpec,
    override_resources,
    resources_message,
)
from kit.errors import ResourcesError


def entries(message):
    """List a message's entries as names and values."""
    name = tasks_pb2.Resources.ResourceName.Name
    return [(name(entry.name), entry.value) for entry in message]


def test_entries_come_in_flytekits_order():
    """Scratch space, CPU, GPU, memory."""
    requests = Resources(cpu="1", mem="2Gi", gpu="1", ephemeral_storage="10Gi")

    message = resources_message(requests, None)

    assert entries(message.requests) == [
        ("EPHEMERAL_STORAGE", "10Gi"),
        ("CPU", "1"),
        ("GPU", "1"),
        ("MEMORY", "2Gi"),
    ]
    assert not message.limits


def test_numbers_become_quantities():
    """Half a core is 500m, and bytes are plain numbers."""
    message = resources_message(Resources(cpu=0.5, mem=1024), Resources(gpu=1))

    assert entries(message.requests) == [("CPU", "500m"), ("MEMORY", "1024")]
    assert entries(message.limits) == [("GPU", "1")]


def test_texts_stay_as_they_are():
    """What the author wrote is not put into another form."""
    requests = Resources(cpu="1e3", mem="0.5Gi")

    assert entries(resources_message(requests, None).requests) == [
        ("CPU", "1e3"),
        ("MEMORY", "0.5Gi"),
    ]


def test_empty_values_are_left_out_but_not_the_text_zero():
    """The number 0 and an empty text say nothing; the text "0" says zero."""
    message = resources_message(Resources(cpu="0", mem=""), Resources(cpu=0, gpu="0"))

    assert entries(message.requests) == [("CPU", "0")]
    assert entries(message.limits) == [("GPU", "0")]


def test_overrides_keep_their_own_order_and_zeros():
    """On a node the entries are CPU, memory, GPU, scratch space, as Python prints."""
    requests = Resources(ephemeral_storage="1Gi", gpu=0, mem="2Gi", cpu=0.5)

    assert entries(override_resources(requests, None).requests) == [
        ("CPU", "0.5"),
        ("MEMORY", "2Gi"),
        ("GPU", "0"),
        ("EPHEMERAL_STORAGE", "1Gi"),
    ]


def test_pairs_are_read_apart_into_requests_and_limits():
    """A pair is a request and a limit; a single value is a request."""
    spec = ResourceSpec.from_multiple_resource(Resources(cpu=("1", "2"), mem=1024))

    assert spec == ResourceSpec(Resources(cpu="1", mem=1024), Resources(cpu="2"))


@pytest.mark.parametrize("pair", [("1", "2"), ["1", "2"]])
@pytest.mark.parametrize("write", [resources_message, override_resources])
def test_pairs_cannot_be_written(pair, write):
    """Requests and limits hold single values."""
    with pytest.raises(ResourcesError) as error:
        write(Resources(cpu=pair), None)

    assert str(error.value).startswith(f"{pair} can not be a list or tuple")
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mem": 1.5}, "1.5 should be of type str, int or a list/tuple of str, int"),
        (
            {"cpu": {}},
            "{} should be of type str, int, float or a list/tuple of str, int, float",
        ),
        ({"cpu": True}, "True should be of type str, int, float or a list/tuple"),
        ({"gpu": ("1", None)}, "('1', None) should be of type str, int or a list"),
        ({"gpu": ("1",)}, "('1',) must be of length 2"),
        ({"cpu": ("1", "2", "3")}, "('1', '2', '3') must be of length 2"),
        ({"cpu": "fast"}, "quantities must match the regular expression"),
        ({"mem": "4GB"}, "Did you mean '4G' or '4Gi'?"),
        ({"mem": ("1Gi", "2GB")}, "got '2GB'"),
        ({"cpu": float("nan")}, "nan is not a quantity"),
        ({"cpu": -1}, "cpu=-1 is negative: Kubernetes refuses"),
        ({"mem": "-1Gi"}, "mem='-1Gi' is negative"),
        ({"gpu": "0.5"}, "gpu must be a whole number, got: '0.5' instead"),
    ],
)
def test_bad_values_are_refused_where_they_are_written(values, message):
    """A value that Kubernetes would refuse is an error at construction."""
    with pytest.raises(ResourcesError) as error:
        Resources(**values)

    assert message in str(error.value)
    assert isinstance(error.value, AssertionError)
    assert isinstance(error.value, ValueError)


def test_resources_cannot_be_changed():
    """They are facts: equal by value, and usable as keys."""
    resources = Resources(cpu="1")

    with pytest.raises(AttributeError):
        resources.cpu = "2"
    assert {resources: 1}[Resources(cpu="1")] == 1
