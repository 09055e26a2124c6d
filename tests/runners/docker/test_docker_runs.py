"""Runs of real tasks in real containers: every way in which one can end."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest
from container_tasks import (
    container_task,
)
from flyteidl.core.literals_pb2 import LiteralMap
from runner_tasks import LabExecutor

from kit.definition.resources import Resources
from kit.definition.security import Secret
from kit.errors import CallError
from kit.runners.docker import DockerRunner
from kit.running.run import Run
from kit.running.start import run

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("slim")]

QUICK = DockerRunner(grace=0.5)


def in_container(mode: str, n: int = 2, **options) -> Run:
    """Run a task that does what the mode says."""
    task = options.pop("task", None) or container_task()
    return run(task, mode=mode, n=n, **{"runner": QUICK, **options})


def in_lab(mode: str, n: int = 2, **options) -> Run:
    """Run the task that all runners are tested with."""
    task = container_task(LabExecutor, environment={"MODE": "task"})
    return in_container(mode, n, task=task, **options)


def test_there_is_no_network_unless_asked():
    """Alone with its loopback, or with what the network of that name has."""
    assert in_container("network").outputs["text"] == "lo"
    host = in_container("network", runner=DockerRunner(network="host"))
    assert set(host.outputs["text"].split(",")) > {"lo"}


def test_an_image_with_a_user_of_its_own(tiny, slim):
    """It has its own home and can write its outputs."""
    image = tiny({}, "USER lab", "WORKDIR /home/lab", base=slim)
    done = in_container("identity", task=container_task(image=image), keep=True)
    assert done.outputs["text"].split()[:2] == ["1000", "/home/lab"]
    assert (done.directory / "outputs" / "outputs.pb").stat().st_uid == 0


def test_shared_memory_is_the_templates():
    """Its size is asked for in the extended resources."""
    task = container_task(
        shared_memory="32Mi", requests=Resources(cpu="100", mem="128Mi")
    )
    assert in_container("identity", task=task).outputs["text"].split()[2] == str(2**25)


SECRETS = [
    Secret("db", "password"),
    Secret("api", "token", mount_requirement=Secret.MountType.ENV_VAR),
]


def test_secrets_lie_where_the_cluster_puts_them(monkeypatch):
    """The executor finds them; nothing that is shown has their values."""
    monkeypatch.setenv("_FSEC_DB_PASSWORD", "swordfish-1")
    monkeypatch.setenv("_FSEC_API_TOKEN", "swordfish-2")
    task = container_task(secret_requests=SECRETS)
    done = in_container("secrets", task=task, keep=True)
    done.raise_for_error()
    values = "swordfish-1 swordfish-2 swordfish-2"
    assert done.outputs["text"] == f"{values} /etc/flyte/secrets/db/password"
    shown = f"{done!r}{done.command}{done.environment}{done.logs.text()}"
    assert "swordfish" not in shown
    (done.directory / "outputs" / "outputs.pb").unlink()
    files = [path for path in done.directory.rglob("*") if path.is_file()]
    assert files
    assert not any(b"swordfish" in path.read_bytes() for path in files)


def test_the_command_does_the_same_again(engine, tmp_path):
    """What the run says it did is a line for a shell."""
    done = in_lab("ok", 5, keep=True)
    assert done.command.startswith("env PYTHONUNBUFFERED=1 MODE=task FLYTE_INTERNAL")
    if shutil.which(engine.program) is None:
        pytest.skip(f"{engine.program} has no command line here")
    outputs = done.directory / "outputs" / "outputs.pb"
    outputs.unlink()
    subprocess.run(shlex.split(done.command), check=True, capture_output=True)
    assert LiteralMap.FromString(outputs.read_bytes()) == done.literals


@pytest.mark.parametrize(
    ("options", "words"),
    [({"pull": "sometimes"}, "pull must be one of"), ({"network": ""}, "network must")],
)
def test_options_that_are_none(options, words):
    """They are refused when the runner is made."""
    with pytest.raises(CallError, match=words):
        DockerRunner(**options)
