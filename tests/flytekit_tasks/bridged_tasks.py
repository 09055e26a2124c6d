"""flytekit's own tasks, as their users write them; imported by fresh processes too."""

from __future__ import annotations

import os

import flytekit
from flytekit import ImageSpec, Resources, kwtypes, task, workflow
from flytekit.core.interface import Interface
from flytekit.core.python_customized_container_task import (
    PythonCustomizedContainerTask,
)
from flytekit.core.shim_task import ShimTaskExecutor
from flytekit.extras.sqlite3.task import SQLite3Config, SQLite3Task
from flytekit.models.security import Secret
from flytekit.types.schema import FlyteSchema
from flytekitplugins.openai import OpenAIFileConfig, UploadJSONLFileTask
from flytekitplugins.sqlalchemy import SQLAlchemyConfig, SQLAlchemyTask

import kit

DATABASE = os.environ.get("BIRDS", "birds.db")
BIRDS = FlyteSchema[kwtypes(name=str, grams=int)]
QUERY = "select name, grams from birds where grams >= {{.inputs.least}} order by name"

lite = SQLite3Task(
    name="birds.lite",
    query_template=QUERY,
    inputs=kwtypes(least=int),
    output_schema_type=BIRDS,
    task_config=SQLite3Config(uri=DATABASE),
)
alchemy = SQLAlchemyTask(
    name="birds.alchemy",
    query_template=QUERY,
    inputs=kwtypes(least=int),
    output_schema_type=BIRDS,
    task_config=SQLAlchemyConfig(uri=f"sqlite:///{DATABASE}"),
)
served = SQLAlchemyTask(
    name="birds.served",
    query_template=QUERY,
    inputs=kwtypes(least=int),
    output_schema_type=BIRDS,
    task_config=SQLAlchemyConfig(
        uri=os.environ.get("BIRDS_SERVER", "postgresql+psycopg2://birds@127.0.0.1/x"),
        secret_connect_args={
            "password": Secret(
                group="birds", key="password", mount_requirement=Secret.MountType.ANY
            )
        },
    ),
    secret_requests=[Secret(group="birds", key="password")],
)
upload = UploadJSONLFileTask(
    name="birds.upload",
    task_config=OpenAIFileConfig(
        secret=Secret(group="openai", key="token"), openai_organization="birds"
    ),
)


class WeighExecutor(ShimTaskExecutor):
    """Adds what custom says."""

    def execute_from_model(self, tt, grams):
        """Return the weight with the bag's."""
        if grams < 0:
            msg = f"no bird weighs {grams} grams"
            raise ValueError(msg)
        return grams + int(tt.custom["bag"])


class WeighTask(PythonCustomizedContainerTask[int]):
    """Somebody's own task."""

    def get_custom(self, settings):
        """Return the weight of the bag."""
        return {"bag": self.task_config}


weigh = WeighTask(
    name="birds.weigh",
    task_config=20,
    container_image="ghcr.io/birds/weigh:1.0",
    executor_type=WeighExecutor,
    interface=Interface(inputs={"grams": (int, 5)}, outputs={"total": int}),
    requests=Resources(cpu="1", mem="200Mi"),
    environment={"UNIT": "g"},
    metadata=flytekit.TaskMetadata(retries=2),
)


@task(retries=3, requests=Resources(cpu="500m"))
def plain(grams: int) -> str:
    """Write a weight."""
    return f"{grams} g"


# Images that somebody builds


@task(
    container_image=ImageSpec(name="birds", packages=["pandas"], registry="ghcr.io/b")
)
def built(grams: int) -> int:
    """Run in an image that somebody would have to build."""
    return grams


class DoubleExecutor(kit.ShimTaskExecutor):
    """Doubles."""

    def execute_from_model(self, tt, grams: int) -> int:
        """Return twice the weight."""
        return 2 * grams


class OwnTask(kit.PythonCustomizedContainerTask[None]):
    """A task of kit's."""

    def get_custom(self, settings):
        """Return a number."""
        return {"factor": 2}


double = OwnTask(
    name="birds.double",
    task_config=None,
    container_image="ghcr.io/birds/double:1.0",
    executor_type=DoubleExecutor,
    interface=kit.Interface({"grams": int}, {"o": int}),
    requests=kit.Resources(cpu="1"),
    secret_requests=[kit.Secret(group="birds", key="password")],
    metadata=kit.TaskMetadata(retries=1, cache=True, cache_version="3"),
    environment={"UNIT": "g"},
)


@workflow
def flow(grams: int = 3) -> str:
    """Double a weight, and write it."""
    return plain(grams=double(grams=grams))
