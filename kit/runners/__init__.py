"""Runners: where the container-shaped call happens."""

from __future__ import annotations

from kit.runners.cancellation import Cancellation
from kit.runners.failure import Failure
from kit.runners.in_process import InProcessRunner
from kit.runners.log import Log
from kit.runners.log_line import LogLine
from kit.runners.mock import MockRunner
from kit.runners.outcome import Outcome, Phase, Timings
from kit.runners.request import Runner, RunRequest
from kit.runners.subprocess import SubprocessRunner

__all__ = [
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
]
