"""A proof that failed, as the facts that tell why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kit.authoring.proof.notes import Note, Raised
from kit.definition.shipment import Shipment
from kit.runners.outcome import Outcome

__all__ = ["Case"]


@dataclass(frozen=True)
class Case:
    """What is known of the step that failed.

    Attributes:
        step: Its name.
        note: What the process noted of it, if it began.
        run: How the process ended.
        shipment: How the executor ships.
        home: The executor's module in this process.
        folder: The working directory of the caller, as a notebook's.
    """

    step: str
    note: Note
    run: Outcome
    shipment: Shipment
    home: str
    folder: Path

    def raised(self, *kinds: str) -> Iterator[Raised]:
        """Yield the exceptions of these classes, the last consequence first."""
        return (error for error in self.note.raised if error.is_a(*kinds))

    @property
    def module(self) -> str:
        """The executor's module, as the fresh process has it."""
        if self.shipment.inline is not None:
            return self.shipment.inline["module"]
        return self.home

    @property
    def executor(self) -> str:
        """The executor's name in its module."""
        if self.shipment.inline is not None:
            return self.shipment.inline["executor"]
        return self.shipment.location.removeprefix(f"{self.home}.")

    @property
    def doing(self) -> str:
        """Say what the process was doing, as the subject of a sentence."""
        return {
            "runtime": "the container's command",
            "resolver": "the resolver",
            "read": "reading the template",
            "source": "reading the source in the template",
            "module": f"importing {self.module}",
            "executor": f"looking for {self.executor}",
            "instance": f"making {self.executor}()",
            "run": "the executor",
        }.get(self.step, "the interpreter")
