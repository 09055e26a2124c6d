"""What the docker runner adds to ``docker run`` of the same image."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RUNNERS = Path(__file__).parents[1] / "tests" / "runners"
IMAGE = "kit-test/kit"
sys.path[:0] = [str(RUNNERS / name) for name in ("", "contract", "docker")]


def why_no_engine() -> str | None:
    """Say why no container can be measured here; None if one can."""
    from daemon import why_not

    if shutil.which("docker") is None:
        return "the docker command is not installed"
    return why_not()


class BrokenEngineError(Exception):
    """An engine that cannot be started, or that starts no container."""


def overhead_of_the_runner(repeats: int) -> float:
    """Return the milliseconds that a run takes longer than its own command line.

    The two alternate, and both run the same task on the same files.

    Raises:
        BrokenEngineError: The engine of this machine runs no container at all.
    """
    with _engine_with_image() as task, tempfile.TemporaryDirectory() as folder:
        pairs = [_pair(task, Path(folder, str(n))) for n in range(repeats + 1)]
    runs, commands = zip(*pairs[1:], strict=True)  # the first one warms up
    return 1000 * (statistics.median(runs) - statistics.median(commands))


def _pair(task: Any, folder: Path) -> tuple[float, float]:
    """Return the seconds of a run, and of the command that it says does the same."""
    from kit.running.start import run

    start = time.perf_counter()
    done = run(task, mode="ok", runner="docker", directory=folder)
    run_seconds = time.perf_counter() - start
    command = shlex.split(done.raise_for_error().command)
    for path in (folder / "outputs").iterdir():
        path.unlink()
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    command_seconds = time.perf_counter() - start
    assert (folder / "outputs" / "outputs.pb").is_file()
    return run_seconds, command_seconds


@contextlib.contextmanager
def _engine_with_image() -> Iterator[Any]:
    """Give a task whose image is in an engine, that of the tests or a new one."""
    from contract_tasks import contract_task
    from daemon import shared_engine
    from local_images import PROGRAMS, SITE, kit_image

    from kit.runners.docker.engine import connected

    before = os.environ.get("DOCKER_HOST")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        try:
            host = stack.enter_context(shared_engine(Path(folder)))
        except RuntimeError as error:  # with the engine's log
            raise BrokenEngineError(str(error).partition("\n")[0]) from error
        if host is not None:
            os.environ["DOCKER_HOST"] = host
        try:
            with connected() as engine:
                engine.client.api.import_image_from_data(
                    kit_image(),
                    repository=IMAGE,
                    tag="latest",
                    changes=[f"ENV PATH={PROGRAMS}", f"ENV PYTHONPATH={SITE}"],
                )
            _try_a_container()
            yield contract_task(image=f"{IMAGE}:latest")
        finally:
            os.environ.pop("DOCKER_HOST", None)
            if before is not None:
                os.environ["DOCKER_HOST"] = before


def _try_a_container() -> None:
    """Run nothing in a container, without kit."""
    command = ["docker", "run", "--rm", "--network=none", f"{IMAGE}:latest"]
    done = subprocess.run(
        [*command, "kit-execute", "--help"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BrokenEngineError(done.stderr.strip().splitlines()[-1])
