"""What a node changes of its task."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

import pytest
from flyteidl.core import tasks_pb2
from task.workflows import make, say, split

import kit
from kit.errors import CallError, KitError

SETTINGS = kit.SerializationSettings(project="p", domain="d", version="v1")


def test_overrides_change_one_node() -> None:
    """The task, and its other nodes, stay as they are."""
    with kit.workflow("w") as flow:
        xs = make(n=1)
        assert xs.with_overrides(retries=5, name="pretty", timeout=30) is xs
        make(n=1)
    changed, other = kit.workflow_template(flow, SETTINGS).nodes
    assert (changed.metadata.retries.retries, changed.metadata.name) == (5, "pretty")
    assert changed.metadata.timeout.seconds == 30
    assert (other.metadata.retries.retries, other.metadata.name) == (2, "make")
    assert other.metadata.timeout.seconds == 60
    assert other.task_node.HasField("overrides")
    assert not other.task_node.overrides.ListFields()


def test_a_renamed_node_is_renamed_for_those_after_it() -> None:
    """Promises that were passed on before know the name too."""
    with kit.workflow("w") as flow:
        halves = split(n=1)
        last = make(n=halves.half)
        halves.with_overrides(node_name="My_Special.Node")
        flow.add_output("xs", last)
    template = kit.workflow_template(flow, SETTINGS)
    assert [node.id for node in template.nodes] == ["my-special-node", "n1"]
    assert list(template.nodes[1].upstream_node_ids) == ["my-special-node"]
    promise = template.nodes[1].inputs[0].binding.promise
    assert promise.node_id == "my-special-node"
    assert flow() == []


def test_no_timeout_is_not_the_same_as_nothing_said() -> None:
    """`None` takes the task's timeout away."""
    with kit.workflow("w") as flow:
        make(n=1).with_overrides(timeout=None)
        make(n=1).with_overrides(timeout=dt.timedelta(milliseconds=1500))
        make(n=1).with_overrides(retries=1)
    none, some, kept = (node.metadata for node in flow.nodes)
    assert not none.HasField("timeout")
    assert some.timeout.ToTimedelta() == dt.timedelta(seconds=1.5)
    assert kept.timeout.seconds == 60


def test_a_timeout_that_stops_the_engine_is_refused() -> None:
    """As are constants and defaults of that length: Flyte has them in one object."""
    long = dt.timedelta(days=150_000)

    @kit.container_task(image="a:1", ship="inline")
    def waiting(tt: Any, how: dt.timedelta = dt.timedelta(days=150_000)) -> int:
        return 1

    with pytest.raises(KitError, match="stops the engine"), kit.workflow("w"):
        make(n=1).with_overrides(timeout=long)
    with pytest.raises(KitError, match="stops the engine"), kit.workflow("w"):
        waiting(how=long)
    with pytest.raises(KitError, match="stops the engine"):
        waiting(how=long)
    with pytest.raises(KitError, match="stops the engine"):
        waiting()


def test_a_configuration_goes_into_the_template() -> None:
    """The task itself keeps its own; nodes of one task must agree."""
    with kit.workflow("w") as flow:
        make(n=1).with_overrides(task_config="split")
    closure = kit.workflow_closure(flow, SETTINGS)
    assert dict(closure.tasks[0].custom.items()) == {"step": "split"}
    assert make.task_config == "make"
    flow.add_entity(make, n=2)
    with pytest.raises(CallError, match="templates differ"):
        kit.workflow_closure(flow, SETTINGS)


def test_a_pod_is_passed_as_flytes_message() -> None:
    """There is no model of Kubernetes here."""
    pod = tasks_pb2.K8sPod(primary_container_name="main")
    with kit.workflow("w") as flow:
        make(n=1).with_overrides(pod_template=pod)
    node = kit.workflow_template(flow, SETTINGS).nodes[0]
    assert node.task_node.overrides.pod_template == pod


def test_requests_without_limits_are_warned_of(caplog) -> None:
    """The engine keeps to the limits of the task."""
    with caplog.at_level(logging.WARNING), kit.workflow("w"):
        make(n=1).with_overrides(requests=kit.Resources(cpu="2"))
    assert "clamped" in caplog.text


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"cache": True}, "Pass cache_version"),
        ({"retries": -1}, "from 0 up"),
        ({"retries": "2"}, "from 0 up"),
        ({"requests": {"cpu": "1"}}, "requests must be kit.Resources"),
        ({"limits": 1}, "limits must be kit.Resources"),
        (
            {"resources": kit.Resources(cpu="1"), "limits": kit.Resources(cpu="1")},
            "Pass only resources=",
        ),
        ({"requests": kit.Resources(cpu=("1", "2"))}, "can not be a list or tuple"),
        ({"timeout": "soon"}, "timeout should be duration"),
        ({"aliases": ["a"]}, "aliases must map outputs"),
        ({"task_config": 7}, "task_config of task"),
        ({"interruptible": "yes"}, "interruptible cannot be 'yes'"),
        ({"container_image": 7}, "container_image cannot be 7"),
        ({"pod_template": {"a": 1}}, "must be a flyteidl K8sPod"),
        ({"retrys": 1}, "Did you mean 'retries'"),
    ],
)
def test_overrides_that_cannot_be_are_refused(overrides: dict, words: str) -> None:
    """Each mistake has its own words, flytekit's where it has any."""
    with kit.workflow("w"):
        node = make(n=1)
        with pytest.raises(KitError, match=words):
            node.with_overrides(**overrides)


@pytest.mark.parametrize("name", ["retries", "node_name", "timeout", "cache", "name"])
def test_a_promise_is_no_override(name: str) -> None:
    """A node's settings are known before the workflow runs."""
    with kit.workflow("w", inputs={"n": int}) as flow:
        node = make(n=1)
        for promise in (flow.n, say(text="x")):
            with pytest.raises(CallError, match=f"{name} cannot be"):
                node.with_overrides(**{name: promise})


def test_an_input_has_no_node_to_override() -> None:
    """It is not a task's."""
    flow = kit.workflow("w", inputs={"n": int})
    with pytest.raises(CallError, match="is no node"):
        flow.n.with_overrides(retries=1)
