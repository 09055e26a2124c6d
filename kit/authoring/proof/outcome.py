"""What came of a proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kit.authoring.proof.custom_use import CustomUse
from kit.errors import ProofError
from kit.runners.log import Log
from kit.runners.outcome import Outcome
from kit.shown import Shown

__all__ = ["Obstacle", "Proof", "Step", "StepStatus"]

StepStatus = Literal["done", "failed", "skipped"]

_TAIL_LINES = 10


@dataclass(frozen=True)
class Step:
    """One step on the way from a task to its executor in another process.

    Attributes:
        name: What it is about: ``template``, ``interpreter``, ``runtime``,
            ``resolver``, ``read`` (the template), ``source`` (of an inline executor),
            ``module``, ``executor``, ``instance`` or ``run``.
        status: ``done``, ``failed``, or ``skipped`` because an earlier one failed.
        detail: What was found.
        here: What of it is so on this machine: versions and places; not part of the
            repr.
        seconds: How long it took; not part of the repr.
    """

    name: str
    status: StepStatus
    detail: str = ""
    here: str = field(default="", repr=False, compare=False)
    seconds: float | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Obstacle:
    """Why a task's shipped form does not stand alone.

    Attributes:
        step: The step that failed.
        missing: What is missing there, or wrong.
        repair: What to do about it.
        traceback: The traceback in the fresh process, without the frames of the
            runtime; empty if there was none.
    """

    step: str
    missing: str
    repair: str
    traceback: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.missing}. {self.repair}".strip()


@dataclass(frozen=True, kw_only=True)
class Proof(Shown):
    """What a fresh interpreter did with the form in which a task ships.

    Attributes:
        task: Name of the task.
        steps: What was done, in order.
        failure: What stood in the way; None if nothing did.
        notes: What the author should know all the same.
        run: How the task ran; None if it was not to run, or could not be started.
        log: What was written to standard output and error, while importing too.
        custom: What was read of ``tt.custom``; None if it was not run, or by another
            runtime than kit's.
    """

    task: str
    steps: tuple[Step, ...]
    failure: Obstacle | None = None
    notes: tuple[str, ...] = ()
    run: Outcome | None = None
    log: Log = field(default_factory=Log)
    custom: CustomUse | None = None

    @property
    def ok(self) -> bool:
        """Whether the shipped form stands alone."""
        return self.failure is None

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The outputs by name; empty if it was not run, or did not succeed."""
        return {} if self.run is None else self.run.outputs

    def raise_for_error(self) -> Proof:
        """Return the proof if it holds, so that calls can be chained.

        Raises:
            ProofError: It does not; the text says why, and what to do.
        """
        if self.failure is None:
            return self
        where = f"{self.task!r} does not stand alone, it fails at {self.failure.step!r}"
        text = f"{where}: {self.failure.missing}."
        if self.failure.repair:
            text = f"{text}\n{self.failure.repair}"
        raise ProofError(text + self._traceback_or_last_lines())

    def _traceback_or_last_lines(self) -> str:
        if self.failure is not None and self.failure.traceback:
            return f"\n{self.failure.traceback.rstrip()}"
        tail = self.log.tail(_TAIL_LINES)
        lines = "".join(f"\n  {line.stream}: {line.text}" for line in tail)
        return f"\nThe last lines it wrote:{lines}" if lines else ""

    def __repr__(self) -> str:
        if self.failure is None:
            return f"Proof({self.task!r}, proven)"
        return f"Proof({self.task!r}, fails at {self.failure.step!r})"
