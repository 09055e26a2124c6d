"""The same workflow in flytekit and here: the messages are equal."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flyteidl.admin import workflow_pb2
from task.workflows import make, split, total

import kit

ORACLE = """
import base64, typing
from collections import OrderedDict
from flytekit import workflow, Resources
from flytekit.configuration import Image, ImageConfig, SerializationSettings
from flytekit.core.base_task import TaskMetadata
from flytekit.core.interface import Interface
from flytekit.core.python_customized_container_task import PythonCustomizedContainerTask
from flytekit.core.shim_task import ShimTaskExecutor
from flytekit.tools.translator import get_serializable

class Steps(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        return None

class StepTask(PythonCustomizedContainerTask):
    def get_custom(self, settings):
        return {"step": self.task_config}

def step(name, inputs, outputs, **options):
    return StepTask(f"flows.{name}", name, "ghcr.io/acme/flows:1", Steps,
                    interface=Interface(inputs, outputs), **options)

make = step("make", {"n": int}, {"xs": typing.List[int]},
            metadata=TaskMetadata(retries=2, timeout=60, interruptible=True))
total = step("total", {"xs": typing.List[int], "scale": (float, 1.0),
             "note": typing.Optional[str]}, {"total": int})
split = step("split", {"n": int}, {"half": int, "rest": int})

class Both(typing.NamedTuple):
    low: int
    high: int

@workflow
def flow(n: int, scale: float = 2.0) -> Both:
    \"\"\"Add up.

    Args:
        n: How many.
        scale: By what to multiply.
    \"\"\"
    xs = make(n=n)
    halves = split(n=n)
    a = total(xs=[xs[1], n, halves.half], scale=scale)
    b = total(xs=xs, note="hi").with_overrides(
        node_name="My_Node", requests=Resources(cpu="2"), limits=Resources(cpu="2"),
        retries=5, timeout=30, interruptible=False, name="pretty")
    a.ref.node >> b.ref.node
    return Both(low=a, high=halves.rest)

image = Image(name="default", fqn="ghcr.io/acme/base", tag="1")
settings = SerializationSettings(project="p", domain="d", version="v", env={},
    image_config=ImageConfig(default_image=image, images=[image]))
spec = get_serializable(OrderedDict(), settings, flow).to_flyte_idl()
print(base64.b64encode(spec.SerializeToString()).decode())
"""


@pytest.mark.flytekit
def test_a_workflow_is_what_flytekit_makes(tmp_path: Path) -> None:
    """Template, documentation and all: equal, but for the name of the module."""
    from typing import NamedTuple

    class Both(NamedTuple):
        low: int
        high: int

    def flow(n: int, scale: float = 2.0) -> Both:
        """Add up.

        Args:
            n: How many.
            scale: By what to multiply.
        """
        xs = make(n=n)
        halves = split(n=n)
        a = total(xs=[xs[1], n, halves.half], scale=scale)
        b = total(xs=xs, note="hi").with_overrides(
            node_name="My_Node",
            requests=kit.Resources(cpu="2"),
            limits=kit.Resources(cpu="2"),
            retries=5,
            timeout=30,
            interruptible=False,
            name="pretty",
        )
        a >> b
        return Both(low=a, high=halves.rest)

    flow.__annotations__ = {"n": int, "scale": float, "return": Both}
    script = tmp_path / "flows.py"
    script.write_text(ORACLE)
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "FLYTE_SDK_RICH_TRACEBACKS": "0"},
    )
    assert done.returncode == 0, done.stderr
    theirs = workflow_pb2.WorkflowSpec.FromString(
        base64.b64decode(done.stdout.splitlines()[-1])
    )
    settings = kit.SerializationSettings(project="p", domain="d", version="v")
    ours = kit.workflow_spec(kit.workflow(flow), settings)

    theirs.template.id.name = ours.template.id.name
    for node in theirs.template.nodes:
        node.upstream_node_ids[:] = sorted(node.upstream_node_ids)
    assert ours == theirs
