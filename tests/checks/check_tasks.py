"""Tasks to be checked."""

from __future__ import annotations

import kit


class Load(kit.ShimTaskExecutor):
    """Says which table it has."""

    def execute_from_model(self, tt, **kwargs):
        """Return the table's name."""
        return tt.custom["table"] * kwargs["x"]


class LoadTask(kit.PythonCustomizedContainerTask):
    """Has a table."""

    def get_custom(self, settings):
        """Return the table's name."""
        return {"table": "t"}


INTERFACE = kit.Interface({"x": int}, {"o0": str})
GOOD = {
    "requests": kit.Resources(cpu="1", mem="500Mi"),
    "container_image": "ghcr.io/acme/app:1.0",
    "interface": INTERFACE,
    "executor_type": Load,
    "task_config": None,
    "ship": "inline",
}


def task_of(name="etl.load", kind=LoadTask, **facts):
    """Return a task that nothing is wrong with, or what is in the facts."""
    return kind(name=name, **{**GOOD, **facts})


good = task_of()
bad = task_of(
    "etl.bad",
    requests=kit.Resources(cpu="1100m"),
    limits=kit.Resources(cpu="1"),
    environment={"FLYTE_ATTEMPT_NUMBER": "1", "A": "2"},
)


@kit.container_task(
    image="ghcr.io/acme/app:1.0",
    name="etl.decorated",
    requests=kit.Resources(cpu="2100m", mem="1Gi"),
    cache=True,
    cache_version="1",
    cache_ignore_input_vars=("x", "y"),
    ship="inline",
)
def decorated(tt, x: int) -> int:
    """Return its input."""
    return x
