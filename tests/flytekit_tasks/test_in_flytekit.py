"""A task of kit's in flytekit: its workflows, its translator and its package."""

from __future__ import annotations

from collections import OrderedDict

import pytest
from flytekit.configuration import Image, ImageConfig, SerializationSettings
from flytekit.tools.translator import get_serializable

import kit

THEIRS = SerializationSettings(
    project="lab",
    domain="staging",
    version="v7",
    image_config=ImageConfig.create_from(Image("default", "ghcr.io/birds/base", "2")),
    env={"STAGE": "x"},
)
OURS = kit.SerializationSettings(
    project="lab",
    domain="staging",
    version="v7",
    image_config=kit.ImageConfig.from_images("ghcr.io/birds/base:2"),
    env={"STAGE": "x"},
)


def test_what_flytekit_registers_is_kits_template(tasks):
    """Byte for byte, with kit's runtime, secrets, cache and resources."""
    theirs = get_serializable(OrderedDict(), THEIRS, tasks.double.to_flytekit())
    assert theirs.to_flyte_idl() == kit.task_spec(tasks.double, OURS)
    assert theirs.to_flyte_idl().template.metadata.runtime.flavor == "kit"


def test_it_is_the_same_task_each_time(tasks):
    """So that it is registered once; a task of flytekit's is itself."""
    assert tasks.double.to_flytekit() is tasks.double.to_flytekit()
    assert kit.from_flytekit(tasks.weigh).to_flytekit() is tasks.weigh


def test_a_workflow_of_flytekits_runs_it_here(tasks, monkeypatch):
    """With its own defaults, or values."""
    monkeypatch.setenv("FLYTE_LOCAL_CACHE_ENABLED", "false")
    assert tasks.flow() == "6 g"
    assert tasks.flow(grams=10) == "20 g"
    assert tasks.double(grams=4) == 8


def test_a_workflow_of_flytekits_is_translated_with_it(tasks):
    """As a node; its template is among those that are registered."""
    made: OrderedDict = OrderedDict()
    workflow = get_serializable(made, THEIRS, tasks.flow).to_flyte_idl()
    nodes = workflow.template.nodes
    assert [n.task_node.reference_id.name for n in nodes] == [
        "birds.double",
        "bridged_tasks.plain",
    ]
    specs = [spec.to_flyte_idl() for spec in made.values() if hasattr(spec, "template")]
    assert kit.task_spec(tasks.double, OURS) in specs


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (list[int], [1, 2], [1, 2, 1, 2]),
        (dict[str, float], {"a": 1.5}, None),
        (str, "ab", "abab"),
    ],
)
def test_values_of_other_types_pass(kind, value, expected):
    """Into a node of a local workflow and out of it."""
    from flytekit import workflow

    task = kit.PythonCustomizedContainerTask
    made = type("Made", (task,), {"get_custom": lambda self, settings: {}})(
        name="birds.twice",
        task_config=None,
        container_image="ghcr.io/birds/double:1.0",
        executor_type=Twice,
        interface=kit.Interface({"x": kind}, {"o": kind}),
    )

    def flow(x):
        return made(x=x)

    flow.__annotations__ = {"x": kind, "return": kind}
    assert workflow(flow)(x=value) == (expected or value)


class Twice(kit.ShimTaskExecutor):
    """Returns its input twice."""

    def execute_from_model(self, tt, x):
        """Return it twice, if that is possible."""
        return x if isinstance(x, dict) else x + x
