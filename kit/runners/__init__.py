"""Runners: where the container-shaped call happens."""

from __future__ import annotations

from collections.abc import Callable

from kit.errors import CallError, nearest
from kit.runners.in_process import InProcessRunner
from kit.runners.log import Log, LogLine
from kit.runners.mock import MockRunner
from kit.runners.process import Cancellation
from kit.runners.runner import Failure, Outcome, Phase, Runner, RunRequest, Timings
from kit.runners.subprocess import SubprocessRunner

__all__ = [
    "RUNNERS",
    "Cancellation",
    "Failure",
    "InProcessRunner",
    "Log",
    "LogLine",
    "MockRunner",
    "Outcome",
    "Phase",
    "RunRequest",
    "Runner",
    "SubprocessRunner",
    "Timings",
    "make_runner",
]


def _docker_runner() -> Runner:
    from kit.runners.docker import DockerRunner

    return DockerRunner()


RUNNERS: dict[str, Callable[[], Runner]] = {
    "subprocess": SubprocessRunner,
    "in-process": InProcessRunner,
    "docker": _docker_runner,
}
"""How each is made."""


def make_runner(runner: str | Runner) -> Runner:
    """Return the runner of that name, or the runner itself.

    Raises:
        CallError: No runner has that name, or it is none.
    """
    if not isinstance(runner, str):
        if isinstance(runner, type) or not callable(getattr(runner, "run", None)):
            names = ", ".join(map(repr, RUNNERS))
            msg = f"A runner is one of {names} or has a method run, got {runner!r}."
            raise CallError(msg)
        return runner
    if runner not in RUNNERS:
        msg = f"There is no runner {runner!r}: take {' or '.join(map(repr, RUNNERS))}."
        raise CallError(msg + nearest(runner, RUNNERS))
    return RUNNERS[runner]()
