"""Tasks and executors that the tests of this folder share."""

from __future__ import annotations

from typing import Any

from kit.definition.executor import ShimTaskExecutor
from kit.definition.interface import Interface
from kit.task.task import PythonCustomizedContainerTask


class Body(ShimTaskExecutor):
    """Calls whatever :func:`lab_task` was given as the body."""

    body: Any = None

    def execute_from_model(self, tt, **kwargs):
        """Call the body with the template and the inputs."""
        return type(self).body(tt, kwargs)


class LabTask(PythonCustomizedContainerTask):
    """Its ``task_config`` is what get_custom returns."""

    def get_custom(self, settings):
        """Return the task's configuration."""
        return self.task_config


def lab_task(body=None, *, inputs=None, outputs=None, custom=None, **arguments):
    """Make a task that calls a function of the test."""
    Body.body = staticmethod(body or (lambda _tt, _kwargs: None))
    return LabTask(
        **{
            "name": "lab.task",
            "task_config": custom or {},
            "container_image": "ghcr.io/acme/lab:1",
            "executor_type": Body,
            "interface": Interface(inputs, outputs),
            **arguments,
        }
    )
