"""Runners: where the container-shaped call happens.

A runner is an object with a ``name`` and a method ``run``; those in :data:`RUNNERS` can
be asked for by name, in Python, on the command line and in the panel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kit.errors import CallError, KitError, MissingPackageError, nearest
from kit.runners.in_process import InProcessRunner
from kit.runners.log import Log, LogLine
from kit.runners.mock import MockRunner
from kit.runners.outcome import Failure, Outcome, Phase, Timings
from kit.runners.process import Cancellation
from kit.runners.runner import Runner, RunRequest
from kit.runners.subprocess import SubprocessRunner

__all__ = [
    "RUNNERS",
    "Cancellation",
    "Failure",
    "InProcessRunner",
    "Log",
    "LogLine",
    "MockRunner",
    "NamedRunner",
    "Outcome",
    "Phase",
    "RunRequest",
    "Runner",
    "SubprocessRunner",
    "Timings",
    "local_runners",
    "make_runner",
]


def _docker_runner() -> Runner:
    from kit.runners.docker import DockerRunner

    return DockerRunner()


def _engine_problem() -> str:
    from kit.runners.docker.engine import connected

    try:
        with connected():
            return ""
    except KitError as error:
        return str(error)


def _flyte_runner() -> Runner:
    from kit.runners.flyte import FlyteRunner

    return FlyteRunner()


def _flyte_problem() -> str:
    from importlib.util import find_spec

    from kit.remote.endpoint import configured

    if find_spec("grpc") is None:
        return str(MissingPackageError("grpcio", extra="remote"))
    try:
        configured()
    except KitError as error:
        return str(error)
    return ""


def _no_problem() -> str:
    return ""


@dataclass(frozen=True)
class NamedRunner:
    """A runner that can be asked for by its name.

    Attributes:
        make: Makes one with its defaults.
        summary: What it is, in one line, for menus and help.
        problem: Returns why it cannot be used here, empty if it can; may take seconds.
        is_here: Whether it runs on this machine. Others are taken only when named.
    """

    make: Callable[[], Runner]
    summary: str
    problem: Callable[[], str] = _no_problem
    is_here: bool = True


RUNNERS: dict[str, NamedRunner] = {
    "in-process": NamedRunner(
        InProcessRunner,
        "This process: it blocks until the run ends, and only an interrupt stops it.",
    ),
    "subprocess": NamedRunner(SubprocessRunner, "A fresh process on this machine."),
    "docker": NamedRunner(
        _docker_runner, "A container of the task's own image.", _engine_problem
    ),
    "flyte": NamedRunner(
        _flyte_runner,
        "A live Flyte: the task is registered, launched and watched there.",
        _flyte_problem,
        is_here=False,
    ),
}
"""The runners by name; every face that offers a choice of runners reads it."""


def local_runners() -> tuple[str, ...]:
    """Return the names of the runners of this machine."""
    return tuple(name for name, runner in RUNNERS.items() if runner.is_here)


def make_runner(runner: str | Runner) -> Runner:
    """Return the runner of that name, or the runner itself.

    Raises:
        CallError: No runner has that name, or it is none.
    """
    names = " or ".join(map(repr, RUNNERS))
    if not isinstance(runner, str):
        if isinstance(runner, type) or not callable(getattr(runner, "run", None)):
            msg = f"Expected {names}, or an object with a method run, got {runner!r}."
            raise CallError(msg)
        return runner
    if runner not in RUNNERS:
        msg = f"There is no runner {runner!r}: expected {names}."
        raise CallError(msg + nearest(runner, RUNNERS))
    return RUNNERS[runner].make()
