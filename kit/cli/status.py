"""Exit statuses of the command ``kit``.

== ======================================================================
0   it worked
1   the task failed or crashed, or a file could not be read or written
2   the command line is wrong: an option, a value, a missing input
3   the task could not be loaded or defined, or its template not be made
124 the run was stopped at its timeout (as ``timeout`` has it)
130 Ctrl-C (128 + SIGINT, as shells have it)
143 the command was asked to end by SIGTERM
== ======================================================================
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kit.runners.outcome import Outcome

__all__ = ["EPILOG", "ExitStatus", "Terminated", "status_of"]


class ExitStatus(IntEnum):
    """What ``kit`` tells the shell."""

    OK = 0
    FAILED = 1
    USAGE = 2
    DEFINITION = 3
    TIMED_OUT = 124
    CANCELLED = 130
    TERMINATED = 143


class Terminated(BaseException):
    """The command was asked to end by SIGTERM; no ``except`` for errors stops it."""


EPILOG = (
    "Exit status: 0 it worked; 1 the task failed, or a file could not be read or "
    "written; 2 wrong command line; 3 the task could not be loaded or defined; "
    "124 timeout; 130 Ctrl-C; 143 SIGTERM."
)


def status_of(run: Outcome) -> ExitStatus:
    """Return the exit status for a run that has ended."""
    named = {
        "SUCCEEDED": ExitStatus.OK,
        "TIMED_OUT": ExitStatus.TIMED_OUT,
        "ABORTED": ExitStatus.CANCELLED,
    }
    return named.get(run.phase.value, ExitStatus.FAILED)
