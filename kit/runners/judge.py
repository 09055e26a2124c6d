"""Judgement of a run that has ended, by its files and its exit status."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.message import DecodeError

from kit.errors import StorageError
from kit.forecast.ending import ContainerEnd, EndForecast, forecast_end
from kit.forecast.platform import UNKNOWN, Platform
from kit.runners.outcome import Failure, Phase
from kit.runners.process import Exit
from kit.shim.error_document import parse_error_document

if TYPE_CHECKING:
    from kit.forecast.launch import LaunchForecast

_SHELL_SIGNAL_BASE = 128
_INTERRUPTED = 130  # as kit-execute and shells have it
_SIGKILL_HINT = (
    "kit did not send it; the kernel does when memory runs out, so look at how much "
    "the task needs"
)


@dataclass(frozen=True)
class PhaseInfo:
    """A final phase with its outputs or its error: flyteplugins' ``core.PhaseInfo``.

    Attributes:
        phase: The phase.
        literals: The outputs; None if the run did not succeed.
        error: Why it did not; None if it did.
        on_flyte: How Flyte ends an execution whose container ends like this; None if
            that is not known.
    """

    phase: Phase
    literals: LiteralMap | None = None
    error: Failure | None = None
    on_flyte: EndForecast | None = None


def judge(
    directory: Path,
    end: Exit,
    *,
    declared: tuple[str, ...] = (),
    timeout: float | None = None,
) -> PhaseInfo:
    """Judge a run that has ended.

    Args:
        directory: The folder of its output prefix.
        end: How its process ended.
        declared: Names of the outputs its interface declares.
        timeout: The seconds it was given, for the text of a timeout.
    """
    if end.stopped == "timed out":
        text = "the run was stopped at its timeout"
        text = text if timeout is None else f"{text} of {timeout:g} seconds"
        return PhaseInfo(Phase.TIMED_OUT, error=Failure("TimedOut", text))
    if end.stopped == "cancelled":
        error = Failure("Cancelled", "the run was stopped by its user")
        return PhaseInfo(Phase.ABORTED, error=error)
    document = _error_file(directory)
    if document is not None:
        return PhaseInfo(Phase.FAILED, error=_read_document(document))
    if end.status != 0:
        return _crashed(*_death(end))
    return _read_outputs(directory / "outputs.pb", declared)


def forecast_of(
    template: TaskTemplate,
    directory: Path,
    end: Exit,
    *,
    out_of_memory: bool = False,
    platform: Platform = UNKNOWN,
) -> EndForecast | None:
    """Foretell how Flyte ends an execution whose container ends like this.

    None for a run that was stopped from here: Flyte knows no timeout of a task that is
    launched by itself, and nobody knows how it would have ended.

    Args:
        template: The task.
        directory: The folder of the run's output prefix.
        end: How its process ended.
        out_of_memory: Whether the kernel killed it for its use of memory.
        platform: Where it would run.
    """
    if end.stopped is not None:
        return None
    return forecast_end(
        template,
        ContainerEnd(
            exit_status=end.status,
            outputs=_content(directory / "outputs.pb"),
            error=_content(_error_file(directory)),
            out_of_memory=out_of_memory,
            seconds=end.seconds,
        ),
        platform,
    )


def refused(launch: LaunchForecast) -> str:
    """Say why Flyte would not take a launch, in its words, and what to do."""
    first = launch.refusals[0]
    text = f"Flyte would refuse this launch: {first.code}, {first.words}."
    return f"{text} {first.fix}".rstrip()


def with_pods(error: Failure | None, on_flyte: EndForecast | None) -> Failure | None:
    """Let the error of a run without an error document say what Flyte makes of it."""
    if error is None or error.code or on_flyte is None or on_flyte.pods == 1:
        return error
    text = f"On Flyte it is tried again: {on_flyte.pods} pods, then {on_flyte.code}"
    return dataclasses.replace(error, message=f"{error.message}. {text}")


def _error_file(directory: Path) -> Path | None:
    return next(iter(sorted(directory.glob("error*.pb"))), None)


def _content(path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes()
    except OSError:
        return None


def _crashed(kind: str, text: str) -> PhaseInfo:
    return PhaseInfo(Phase.FAILED, error=Failure(kind, text, origin="SYSTEM"))


def _death(end: Exit) -> tuple[str, str]:
    """Name what ended a process that left no verdict of its own."""
    name = end.signal_name or _signal_of_status(end.status)
    if name is None:
        text = f"the process ended with status {end.status} and left no error document"
        return "ExitStatus", text
    if end.status == _INTERRUPTED:
        text = (
            "the process ended with a KeyboardInterrupt, which its executor raised or "
            "a SIGINT from outside of kit caused"
        )
        return name, text
    text = f"the process was killed by {name}"
    return name, f"{text}: {_SIGKILL_HINT}" if name == "SIGKILL" else text


def _signal_of_status(status: int) -> str | None:
    """Read the status with which a shell reports a signal, as in 137 for SIGKILL."""
    if status <= _SHELL_SIGNAL_BASE:
        return None
    name = Exit(_SHELL_SIGNAL_BASE - status, None, 0.0).signal_name
    return name if name is not None and name.startswith("SIG") else None


def _read_document(path: Path) -> Failure:
    try:
        document = parse_error_document(path.read_bytes(), str(path))
    except (StorageError, OSError) as error:
        return Failure("UnreadableError", str(error), origin="SYSTEM")
    return Failure.from_document(document)


def _read_outputs(path: Path, declared: tuple[str, ...]) -> PhaseInfo:
    literals = LiteralMap()
    try:
        literals.ParseFromString(path.read_bytes())
    except FileNotFoundError:
        if not declared:  # as on Flyte, which looks for error.pb only
            return PhaseInfo(Phase.SUCCEEDED, literals=literals)
        return _crashed(
            "NoOutputs",
            "the process ended with status 0 without outputs.pb and error.pb: its "
            "executor ended the process itself, or raised IgnoreOutputs",
        )
    except (OSError, DecodeError) as error:
        return _crashed("UnreadableOutputs", f"{path} cannot be read: {error}")
    missing = [name for name in declared if name not in literals.literals]
    if missing:
        text = f"outputs.pb lacks declared outputs: {', '.join(missing)}"
        return _crashed("MissingOutputs", text)
    return PhaseInfo(Phase.SUCCEEDED, literals=literals)
