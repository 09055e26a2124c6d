"""Print the workflow specs that flytekit makes, as JSON: run in a fresh process."""

from __future__ import annotations

import base64
import json
from collections import OrderedDict
from types import SimpleNamespace

from flows_of_both import define
from flytekit import Resources, WorkflowFailurePolicy, workflow
from flytekit.configuration import Image, ImageConfig, SerializationSettings
from flytekit.core.base_task import TaskMetadata
from flytekit.core.interface import Interface
from flytekit.core.python_customized_container_task import PythonCustomizedContainerTask
from flytekit.core.shim_task import ShimTaskExecutor
from flytekit.core.workflow import ImperativeWorkflow
from flytekit.extras.accelerators import GPUAccelerator
from flytekit.tools.translator import get_serializable


class Steps(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        return None


class StepTask(PythonCustomizedContainerTask):
    def get_custom(self, settings):
        return {"step": self.task_config}


def step(name, inputs, outputs, **options):
    """Define a task of one step."""
    interface = Interface(inputs, outputs)
    image = "ghcr.io/acme/flows:1"
    return StepTask(f"flows.{name}", name, image, Steps, interface=interface, **options)


def main() -> None:
    """Define the workflows, and print what is registered of each."""
    image = Image(name="default", fqn="ghcr.io/acme/base", tag="1")
    settings = SerializationSettings(
        project="p",
        domain="d",
        version="v",
        env={},
        image_config=ImageConfig(default_image=image, images=[image]),
    )
    flytekit = SimpleNamespace(
        step=step,
        workflow=workflow,
        imperative=ImperativeWorkflow,
        Resources=Resources,
        TaskMetadata=TaskMetadata,
        GPUAccelerator=GPUAccelerator,
        WorkflowFailurePolicy=WorkflowFailurePolicy,
    )
    specs = {}
    for name, flow in define(flytekit).items():
        spec = get_serializable(OrderedDict(), settings, flow).to_flyte_idl()
        specs[name] = base64.b64encode(spec.SerializeToString()).decode()
    print(json.dumps(specs))  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main()
