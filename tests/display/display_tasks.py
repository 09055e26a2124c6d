"""Tasks that have something of everything, for what is shown of them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum

import kit
from kit.definition.interface import Docstring


@dataclasses.dataclass
class Query:
    """A dataclass, which a cluster turns into a dict."""

    table: str
    limit: int = 3


class Size(enum.Enum):
    """An enum, whose class no template carries."""

    SMALL = "small"
    LARGE = "large"


class Executor(kit.ShimTaskExecutor):
    """Does nothing."""

    def execute_from_model(self, tt, **kwargs):
        """Return nothing."""


class FullTask(kit.PythonCustomizedContainerTask):
    """A task with a custom and a config of its own."""

    def get_custom(self, settings):
        """Return values of every kind."""
        return {
            "query": "SELECT 1",
            "engines": [{"name": "duckdb", "threads": 4}],
            "dry": False,
            "nothing": None,
            "prompt": "line one\nline two",
        }

    def get_config(self, settings):
        """Return an entry that makes the engine append a variable."""
        return {"link_type": "logs"}


class PlainTask(kit.PythonCustomizedContainerTask):
    """A task that needs nothing."""

    def get_custom(self, settings):
        """Return nothing."""
        return {}


DOCSTRING = Docstring(
    """The heaviest penguins.

    Args:
        species: One of Adelie, Chinstrap, Gentoo.
        query: What to ask.
    """
)
INTERFACE = kit.Interface(
    {
        "species": str,
        "query": Query,
        "size": (Size, Size.SMALL),
        "limit": (int, 3),
        "since": dt.date | None,
        "prices": dict[str, float],
        "data": kit.FlyteFile["csv"],
    },
    {"rows": list[dict], "count": int},
    docstring=DOCSTRING,
)
SETTINGS = kit.SerializationSettings(
    project="flytesnacks",
    domain="development",
    version="v7",
    env={"REGION": "eu"},
    image_config=kit.ImageConfig.from_images("ghcr.io/acme/sql:1.4"),
)
FACTS = {
    "task_type": "acme-sql",
    "task_type_version": 2,
    "requests": kit.Resources(cpu="500m", mem="1024Mi"),
    "limits": kit.Resources(cpu="1", mem="2Gi", ephemeral_storage="10Gi"),
    "environment": {"TZ": "UTC", "FLYTE_ATTEMPT_NUMBER": "7", "LOG": "{{.input}}"},
    "secret_requests": [
        kit.Secret(
            "db",
            "password",
            mount_requirement=kit.Secret.MountType.ENV_VAR,
            env_var="DB_PASSWORD",
        ),
        kit.Secret("Cloud", "Token", group_version="2", env_var="TOKEN_FILE"),
    ],
    "interface": INTERFACE,
    "metadata": kit.TaskMetadata(
        cache=True,
        cache_version="v3",
        retries=2,
        timeout=dt.timedelta(minutes=10),
        labels={"team": "birds"},
    ),
    "enable_deck": True,
    "accelerator": kit.GPUAccelerator("nvidia-tesla-t4"),
    "shared_memory": "1Gi",
}
IMAGE = "{{.image.default.fqn}}:{{.image.default.version}}"


def full_task(kind=FullTask, **facts):
    """Make the full task, or one that differs from it in these facts."""
    chosen = {"name": "acme.heaviest", "container_image": IMAGE, **FACTS, **facts}
    return kind(task_config=None, executor_type=Executor, **chosen)


def plain_task(**facts):
    """Make a task of few facts."""
    chosen = {"name": "acme.plain", "container_image": "acme/plain:1", **facts}
    chosen.setdefault("interface", kit.Interface({"n": int}, {"m": float}))
    return PlainTask(task_config=None, executor_type=Executor, **chosen)
