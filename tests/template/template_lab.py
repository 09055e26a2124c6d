from __future__ import annotations

from kit.definition.executor import ShimTaskExecutor
from kit.task.task import PythonCustomizedContainerTask


class Echo(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        return kwargs


class LabTask(PythonCustomizedContainerTask):
    """Its ``task_config`` is what get_custom returns."""

    def get_custom(self, settings):
        return self.task_config
