"""Artifacts and their partitions."""

from __future__ import annotations

import datetime as dt

import pytest
from flyteidl.core.artifact_id_pb2 import ArtifactID

from kit.definition.artifacts import (
    Artifact,
    ArtifactInputs,
    Granularity,
    TimePartition,
)
from kit.errors import InterfaceError

PLAIN = Artifact(name="model")
PARTS = Artifact(name="parts", partition_keys=["region", "day"])
TIMED = Artifact(
    name="timed",
    time_partitioned=True,
    time_partition_granularity=Granularity.HOUR,
    partition_keys=["k"],
)
NOON = dt.datetime(2024, 5, 1, 12, tzinfo=dt.timezone.utc)


def kinds(artifact: ArtifactID) -> dict[str, str | None]:
    """Say of each partition where its value comes from."""
    values = artifact.partitions.value
    return {key: values[key].WhichOneof("value") for key in sorted(values)}


def test_a_plain_artifact_is_its_name():
    """Nothing but the key is set."""
    message = PLAIN().to_partial_artifact_id()

    assert message == ArtifactID(artifact_key=PLAIN.key())
    assert message.artifact_key.name == "model"


def test_partitions_are_bound_to_texts_and_inputs():
    """What is not bound is said when the task runs."""
    message = PARTS(region=ArtifactInputs.where).to_partial_artifact_id()

    assert kinds(message) == {"day": "runtime_binding", "region": "input_binding"}
    assert message.partitions.value["region"].input_binding.var == "where"


def test_binding_again_adds_to_what_is_bound():
    """A specification may be called again, and is not changed by it."""
    first = PARTS(region="eu")
    second = first(day="1")

    assert kinds(second.to_partial_artifact_id()) == {
        "day": "static_value",
        "region": "static_value",
    }
    assert kinds(first.to_partial_artifact_id())["day"] == "runtime_binding"


def test_time_is_bound_to_an_input():
    """The granularity is the artifact's."""
    time = (
        TIMED(time_partition=ArtifactInputs.when)
        .to_partial_artifact_id()
        .time_partition
    )

    assert time.value.input_binding.var == "when"
    assert time.granularity == Granularity.HOUR


def test_time_is_bound_to_a_moment():
    """A datetime becomes a timestamp."""
    time = TIMED(time_partition=NOON).to_partial_artifact_id().time_partition

    assert time.value.time_value.ToDatetime(dt.timezone.utc) == NOON


def test_unbound_time_is_said_at_run_time_for_a_day():
    """Flytekit writes a day whatever the artifact's granularity is."""
    time = TIMED(k="v").to_partial_artifact_id().time_partition

    assert time.value.WhichOneof("value") == "runtime_binding"
    assert time.granularity == Granularity.DAY


@pytest.mark.parametrize(
    ("bind", "message"),
    [
        (lambda: PARTS("eu"), "Cannot set partition values by position"),
        (
            lambda: PARTS(reigon="eu"),
            (
                "Partition key reigon not found in ['region', 'day']. "
                "Did you mean 'region'?"
            ),
        ),
        (lambda: PLAIN(region="eu"), "Partition key region not found in []"),
        (
            lambda: PARTS(region=3),
            (
                "Partition key region needs to be input binding data or static string, "
                "not 3"
            ),
        ),
        (
            lambda: PARTS(time_partition=NOON),
            "Cannot bind time partition to non-time partitioned artifact",
        ),
        (
            lambda: TIMED(time_partition="noon"),
            "Time partition needs to be input binding data or static string, not noon",
        ),
        (Artifact, "Can't instantiate an Artifact without a name."),
        (
            lambda: Artifact(name="a", partition_keys=list("abcdefghijk")),
            "There is a hard limit of 10 partition keys per artifact currently.",
        ),
        (
            lambda: TimePartition("noon"),
            "value to a time partition shouldn't be a str noon",
        ),
        (lambda: PLAIN.time_partition, "Artifact model is not time partitioned"),
        (
            lambda: PLAIN.concrete_artifact_id,
            "Cannot create artifact id without name, project, domain, version",
        ),
        (
            lambda: PARTS.query(partitions={"day": "1"}, region="eu"),
            "Please either specify kwargs or a partitions object not both",
        ),
        (
            lambda: Artifact(name="a", partition_keys=["tag", "k"]).query(),
            "There are conflicting partition key names ['tag']",
        ),
    ],
)
def test_what_cannot_be_bound(bind, message):
    """The error is raised where the binding is written."""
    with pytest.raises(InterfaceError) as error:
        bind()

    assert message in str(error.value)
    assert isinstance(error.value, ValueError)


def test_one_version_of_an_artifact():
    """With project, domain and version it is concrete."""
    artifact = Artifact("p", "d", "a", "7", partitions={"region": "eu"})

    message = artifact.concrete_artifact_id

    assert (message.version, message.artifact_key.project) == ("7", "p")
    assert message.partitions.value["region"].static_value == "eu"
    assert repr(artifact) == (
        "Artifact(project='p', domain='d', name='a', version='7')"
    )


def test_unbound_partitions_of_an_artifact_are_empty_texts():
    """So flytekit writes an artifact that is no output."""
    message = TIMED.to_id_idl()

    assert message.partitions.value["k"].WhichOneof("value") == "static_value"
    assert not message.time_partition.HasField("value")
    assert message.time_partition.granularity == Granularity.HOUR


@pytest.mark.parametrize(
    ("query", "bound"),
    [
        (PLAIN.query(), True),
        (PARTS.query(), False),
        (PARTS.query(region="eu"), False),
        (PARTS.query(region="eu", day=ArtifactInputs.day), True),
        (PARTS.query(partitions={"region": "eu", "day": "1"}), True),
        (TIMED.query(k="v"), False),
        (TIMED.query(k="v", time_partition=NOON), True),
        (TIMED.query(k="v", time_partition=TimePartition(NOON)), True),
    ],
)
def test_a_query_is_bound_when_every_partition_is(query, bound):
    """Only then can Flyte answer it."""
    assert query.bound is bound


def test_a_query_on_the_wire():
    """It is an artifact's id with what is known."""
    query = PARTS.query(project="p", region=ArtifactInputs.where, day="1")

    message = query.to_flyte_idl().artifact_id

    assert (message.artifact_key.project, message.artifact_key.name) == ("p", "parts")
    assert kinds(message) == {"day": "static_value", "region": "input_binding"}


def test_inputs_have_no_magic_attributes():
    """Tools that look for Python's own names find nothing."""
    assert ArtifactInputs.region.var == "region"
    assert not hasattr(ArtifactInputs, "__wrapped__")
