"""Tasks to preview."""

from __future__ import annotations

import kit

SETTINGS = kit.SerializationSettings(
    project="birds",
    domain="development",
    version="v1",
    image_config=kit.ImageConfig.from_images("ghcr.io/acme/base:2"),
)


class Executor(kit.ShimTaskExecutor):
    """Does nothing."""

    def execute_from_model(self, tt, **kwargs):
        """Return nothing."""


class QueryTask(kit.PythonCustomizedContainerTask):
    """A task whose custom is its own."""

    def get_custom(self, settings):
        """Return what the executor needs."""
        return {"query": self.task_config}


def query_task(text: str = "SELECT 1", **facts):
    """Make a task of a class."""
    chosen = {"name": "lab.query", "container_image": "", **facts}
    chosen.setdefault("interface", kit.Interface({"n": int}, {"m": float}))
    return QueryTask(task_config=text, executor_type=Executor, **chosen)


@kit.container_task(
    image="ghcr.io/acme/sql:1.4",
    custom={"table": "penguins"},
    requests=kit.Resources(cpu="1", mem="512Mi"),
    environment={"TZ": "UTC"},
    cache=True,
    cache_version="3",
    retries=2,
)
def heaviest(tt, species: str, limit: int = 3) -> list[dict[str, float]]:
    """The heaviest penguins of a species."""
    return [{"mass": limit}]
