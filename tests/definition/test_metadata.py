"""Task metadata and its checks."""

from __future__ import annotations

import datetime as dt

import pytest

from kit.definition.metadata import TaskMetadata
from kit.errors import MetadataError


def test_what_is_always_present():
    """Retries, deck and Kubernetes metadata are written even when empty."""
    message = TaskMetadata().to_message("kit", "1.2")

    assert message.runtime.type == message.runtime.FLYTE_SDK
    assert (message.runtime.version, message.runtime.flavor) == ("1.2", "kit")
    assert message.HasField("retries")
    assert message.HasField("generates_deck")
    assert not message.generates_deck.value
    assert message.HasField("metadata")
    assert not message.HasField("timeout")
    assert message.WhichOneof("interruptible_value") is None


def test_everything_given():
    """Each attribute has its field."""
    message = TaskMetadata(
        cache=True,
        cache_serialize=True,
        cache_version="7",
        cache_ignore_input_vars=["b", "a"],
        interruptible=False,
        deprecated="use other",
        retries=3,
        timeout=dt.timedelta(seconds=1, microseconds=5),
        pod_template_name="gpu",
        generates_deck=True,
        is_eager=True,
        labels={"team": "ml"},
        annotations={"note": "keep"},
    ).to_message("python", "1.16.31")

    assert message.discoverable
    assert message.cache_serializable
    assert message.discovery_version == "7"
    assert list(message.cache_ignore_input_vars) == ["b", "a"]
    assert message.WhichOneof("interruptible_value") == "interruptible"
    assert message.deprecated_error_message == "use other"
    assert message.retries.retries == 3
    assert (message.timeout.seconds, message.timeout.nanos) == (1, 5000)
    assert message.pod_template_name == "gpu"
    assert message.generates_deck.value
    assert message.is_eager
    assert message.metadata.labels == {"team": "ml"}
    assert message.metadata.annotations == {"note": "keep"}


@pytest.mark.parametrize(("timeout", "seconds"), [(60, 60), (-5, -5), (True, 1)])
def test_a_whole_number_is_seconds(timeout, seconds):
    """A timeout may be given in seconds, and is a timedelta from then on."""
    metadata = TaskMetadata(timeout=timeout)

    assert metadata.timeout == dt.timedelta(seconds=seconds)
    assert metadata.to_message("kit", "1").timeout.seconds == seconds


def test_a_timeout_of_zero_is_none():
    """Zero is left out on the wire."""
    assert not TaskMetadata(timeout=0).to_message("kit", "1").HasField("timeout")


def test_a_version_without_cache_is_kept():
    """The version stands on the wire whether or not the cache is on."""
    message = TaskMetadata(cache_version="3").to_message("kit", "1")

    assert message.discovery_version == "3"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"cache": True},
            "Caching is enabled ``cache=True`` but ``cache_version`` is not set.",
        ),
        (
            {"cache_serialize": True},
            (
                "Cache serialize is enabled ``cache_serialize=True`` but ``cache`` "
                "is not enabled."
            ),
        ),
        (
            {"cache_ignore_input_vars": ["q"]},
            (
                "Cache ignore input vars are specified "
                "``cache_ignore_input_vars=('q',)`` but ``cache`` is not enabled."
            ),
        ),
        ({"cache_ignore_input_vars": "rows"}, "takes several names, got the text"),
        ({"cache_version": 1}, "cache_version must be text, got 1 of type int"),
        ({"deprecated": 1}, "deprecated must be text"),
        ({"pod_template_name": 1}, "pod_template_name must be text"),
        (
            {"timeout": 1.5},
            (
                "timeout should be duration represented as either a "
                "datetime.timedelta or int seconds"
            ),
        ),
        ({"timeout": 10**12}, "timeout=1000000000000 is too long"),
        ({"timeout": 9_223_372_037}, "expected at most 2**63 nanoseconds"),
        ({"timeout": dt.timedelta(days=150_000)}, "stops the engine of Flyte"),
        ({"timeout": dt.timedelta.max}, "is too long"),
        ({"retries": -1}, "retries must be a whole number from 0 up, got -1"),
        ({"retries": "3"}, "retries must be a whole number from 0 up, got '3'"),
        ({"retries": 2**32}, "retries must be a whole number"),
        ({"retries": True}, "retries must be a whole number from 0 up, got True"),
        ({"is_eager": 1.0}, "is_eager must be True or False, got 1.0"),
        ({"interruptible": "yes"}, "interruptible must be True or False, got 'yes'"),
        ({"labels": {"a": 1}}, "labels must be a mapping of text to text"),
        ({"labels": ["a"]}, "labels must be a mapping of text to text"),
        ({"annotations": {"": "x"}}, "annotations must be a mapping of text to text"),
    ],
)
def test_metadata_that_contradicts_itself(values, message):
    """The error is raised where the metadata is written."""
    with pytest.raises(MetadataError) as error:
        TaskMetadata(**values)

    assert message in str(error.value)
    assert isinstance(error.value, ValueError)
    assert isinstance(error.value, TypeError)


def test_metadata_keeps_copies():
    """Changing a dict afterwards changes nothing."""
    labels = {"team": "ml"}
    metadata = TaskMetadata(labels=labels)

    labels["team"] = "ops"

    assert metadata.labels == {"team": "ml"}
