"""The runners that the contract holds for, and what one cannot do by its nature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from contract_tasks import ContractExecutor, contract_task
from runner_tasks import LabTask

from kit.runners import InProcessRunner, SubprocessRunner
from kit.runners.docker import DockerRunner
from kit.runners.runner import Runner
from kit.running.run import Run
from kit.running.start import run

GRACE = 0.5


@dataclass(frozen=True)
class Place:
    """A runner with a runtime.

    Attributes:
        name: Of the runner.
        runtime: ``kit`` or ``flytekit``.
        image: What the tasks' images are called.
        label: What tells it from others of the same name.
    """

    name: str
    runtime: str = "kit"
    image: str = "acme/lab:1"
    label: str = ""

    @property
    def is_own_process(self) -> bool:
        """Whether the task can be stopped, and can die alone."""
        return self.name != "in-process"

    @property
    def runner(self) -> Runner:
        """A runner that kills soon."""
        if self.name == "docker":
            return DockerRunner(grace=GRACE)
        if self.name == "subprocess":
            return SubprocessRunner(grace=GRACE)
        return InProcessRunner()

    def task(self, executor: type | None = None, **kwargs: Any) -> LabTask:
        """Make a task for this place."""
        if self.runtime == "flytekit":
            from flytekit_executor import FlytekitExecutor

            executor = executor or FlytekitExecutor
        return contract_task(
            executor or ContractExecutor,
            image=self.image,
            runtime=self.runtime,
            **kwargs,
        )

    def run(self, mode: str, n: int = 2, **options: Any) -> Run:
        """Run a task that does what the mode is called."""
        task = options.pop("task", None) or self.task()
        options.setdefault("runner", self.runner)
        inputs = {"mode": mode, "n": n, "payload": options.pop("payload", "")}
        return run(task, inputs=inputs, **options)

    def __str__(self) -> str:
        runtime = "" if self.runtime == "kit" else self.runtime
        return "-".join(filter(None, (self.name, runtime, self.label)))


IN_PROCESS = Place("in-process")
SUBPROCESS = Place("subprocess")
DOCKER = Place("docker", image="kit-test/kit:latest")
DOCKER_COPIED = Place("docker", image="kit-test/user:latest", label="copied")
SUBPROCESS_FLYTEKIT = Place("subprocess", "flytekit")
DOCKER_FLYTEKIT = Place("docker", "flytekit", "kit-test/flytekit:latest")

EVERYWHERE = (IN_PROCESS, SUBPROCESS, DOCKER, SUBPROCESS_FLYTEKIT)
OWN_PROCESS = EVERYWHERE[1:]
KIT = EVERYWHERE[:3]
WITH_FILES = (*KIT, DOCKER_COPIED)
KIT_PROCESSES = (SUBPROCESS, DOCKER)


def on(*places: Place) -> pytest.MarkDecorator:
    """Run a test in each of these places."""
    return pytest.mark.parametrize(
        "place",
        [pytest.param(place, id=str(place), marks=_marks(place)) for place in places],
        indirect=True,
    )


def _marks(place: Place) -> list[pytest.MarkDecorator]:
    marks = [pytest.mark.docker] if place.name == "docker" else []
    return marks + [pytest.mark.flytekit] * (place.runtime == "flytekit")
