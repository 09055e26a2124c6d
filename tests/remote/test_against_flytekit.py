"""The real FlyteRemote and kit on the same server: the same requests."""

from __future__ import annotations

import pytest

import kit

flytekit = pytest.importorskip("flytekit")
pytestmark = pytest.mark.flytekit

SETTINGS = kit.SerializationSettings(runtime="flytekit")
DEFINITIONS = {
    "plain": {"custom": {"word": "hello"}},
    "no custom": {"custom": {}},
    "nested custom": {"custom": {"a": {"b": [1, 2.5, None, "x"]}, "c": True}},
    "defaults": {"custom": {}, "inputs": {"name": str, "n": (int, 1)}},
    "retries": {"custom": {}, "retries": 3},
    "environment": {"custom": {}, "environment": {"A": "1", "B": ""}},
    "resources": {"custom": {}, "requests": {"cpu": "1", "mem": "200Mi"}},
    "type": {"custom": {}, "task_type": "greet"},
}


class Greet(kit.ShimTaskExecutor):
    """Greets."""

    def execute_from_model(self, tt, **kwargs):
        """Return the greeting."""
        return "hello"


def kit_task(name, facts):
    """Make a task of kit's."""

    class Task(kit.PythonCustomizedContainerTask):
        def get_custom(self, settings):
            return facts["custom"]

    named = {"interface": kit.Interface(inputs(facts), {"o": str})}
    if "retries" in facts:
        named["metadata"] = kit.TaskMetadata(retries=facts["retries"])
    if "requests" in facts:
        named["requests"] = kit.Resources(**facts["requests"])
    for key in ("environment", "task_type"):
        if key in facts:
            named[key] = facts[key]
    return Task(name, None, "ghcr.io/acme/greet:1", Greet, **named)


def flytekit_task(name, facts):
    """Make the same task of flytekit's."""
    from flytekit.core.base_task import TaskMetadata
    from flytekit.core.interface import Interface
    from flytekit.core.python_customized_container_task import (
        PythonCustomizedContainerTask,
    )

    class Task(PythonCustomizedContainerTask[dict]):
        def get_custom(self, settings):
            return facts["custom"]

    named = {"interface": Interface(inputs(facts), {"o": str})}
    if "retries" in facts:
        named["metadata"] = TaskMetadata(retries=facts["retries"])
    if "requests" in facts:
        named["requests"] = flytekit.Resources(**facts["requests"])
    for key in ("environment", "task_type"):
        if key in facts:
            named[key] = facts[key]
    return Task(
        name=name,
        task_config=None,
        container_image="ghcr.io/acme/greet:1",
        executor_type=Greet,
        **named,
    )


def inputs(facts):
    """Return the inputs of a definition."""
    return facts.get("inputs", {"name": str})


@pytest.fixture
def flyte_remote(double):
    """Connect the real FlyteRemote to the double."""
    from flytekit.configuration import Config, PlatformConfig
    from flytekit.remote import FlyteRemote

    platform = PlatformConfig(endpoint=double.address, insecure=True)
    return FlyteRemote(
        Config(platform=platform),
        default_project="flytesnacks",
        default_domain="development",
    )


def sent(double, method):
    """Return the requests of a method as bytes, with their maps in order."""
    return [
        request.SerializeToString(deterministic=True)
        for name, request in double.calls
        if name == method
    ]


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_task_is_registered_by_the_same_bytes(double, flyte_remote, remote, name):
    """Of the flytekit runtime: CreateTask of both, in the same order of fields."""
    from flytekit.configuration import ImageConfig, SerializationSettings

    facts = DEFINITIONS[name]
    theirs = SerializationSettings(
        project="flytesnacks",
        domain="development",
        version="v1",
        image_config=ImageConfig.auto(),
        env={},
    )
    task = flytekit_task("same", facts)
    flyte_remote.register_task(task, serialization_settings=theirs, version="v1")
    report = kit.register(
        kit_task("same", facts), "v1", remote=remote, settings=SETTINGS
    )
    (entry,) = report
    assert (entry.foretold, entry.outcome) == ("identical", "identical")
    first, second = sent(double, "CreateTask")
    assert first == second
    calls = [method for method, _ in double.calls]
    assert calls == ["CreateTask", "GetTask", "GetTask", "CreateTask"]


def test_what_kit_registered_flytekit_fetches(double, flyte_remote, remote):
    """With its template and interface."""
    kit.register(kit_task("same", DEFINITIONS["defaults"]), "v1", remote=remote)
    fetched = flyte_remote.fetch_task(name="same", version="v1")
    assert fetched.id.name == "same"
    assert set(fetched.interface.inputs) == {"name", "n"}


def test_the_same_again_is_one_call_each_for_kit(double, flyte_remote, remote):
    """Flytekit sends what exists four times."""
    from flytekit.configuration import ImageConfig, SerializationSettings

    theirs = SerializationSettings(image_config=ImageConfig.auto(), version="v1")
    task = flytekit_task("same", DEFINITIONS["plain"])
    ours = kit_task("same", DEFINITIONS["plain"])
    kit.register(ours, "v1", remote=remote, settings=SETTINGS)
    double.calls.clear()
    kit.register(ours, "v1", remote=remote, settings=SETTINGS)
    assert double.count("CreateTask") == 1
    double.calls.clear()
    flyte_remote.register_task(task, serialization_settings=theirs, version="v1")
    assert double.count("CreateTask") == 4
