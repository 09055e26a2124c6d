"""What a run tells of itself: each part waits until it is known."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flyteidl.core.literals_pb2 import LiteralMap

from kit.runners.failure import Failure
from kit.runners.outcome import Outcome, Timings
from kit.running.outputs import Outputs
from kit.shown import Shown

if TYPE_CHECKING:
    from kit.shim.deck_file import Decks
    from kit.shim.run_report import RunReport

__all__ = ["RunResults"]


class RunResults(Shown, ABC):
    """The facts of a run.

    Attributes:
        task: Name of the task.
        standing: How it stands now, without waiting.
    """

    task: str
    standing: Outcome

    @abstractmethod
    def wait(self, timeout: float | None = None) -> RunResults:
        """Wait until it has ended; what its runner raises is raised."""

    @abstractmethod
    def _wait_quietly(self) -> None:
        """Wait until it has ended, whatever its runner raised."""

    @abstractmethod
    def _started(self) -> Outcome:
        """Wait until it was started, or ended without; return how it stands."""

    # --- what came of it --------------------------------------------------------------

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        return self.wait().standing

    @property
    def succeeded(self) -> bool:
        """Whether the task ended with its outputs."""
        return self.outcome.succeeded

    @property
    def outputs(self) -> Outputs:
        """Python values by name, converted with the declared types."""
        made = self.outcome.outputs
        return made if isinstance(made, Outputs) else Outputs(made, task=self.task)

    @property
    def literals(self) -> LiteralMap | None:
        """The outputs as the wire has them; None if it did not succeed."""
        return self.outcome.literals

    @property
    def error(self) -> Failure | None:
        """Why it did not succeed; None if it did."""
        self._wait_quietly()
        return self.standing.error

    @property
    def exception(self) -> BaseException | None:
        """The executor's own exception, where it ran in this process."""
        return self.outcome.exception

    @property
    def exit_status(self) -> int | None:
        """Of the process; minus the signal's number if one killed it."""
        return self.outcome.exit_status

    @property
    def timings(self) -> Timings:
        """Seconds that its parts took."""
        return self.outcome.timings

    @property
    def report(self) -> RunReport | None:
        """What was seen from inside: types, versions, memory; None if not told."""
        return self.outcome.report

    @property
    def deck(self) -> Path | None:
        """The deck.html that it wrote; None if it wrote none."""
        return self.outcome.deck

    @property
    def decks(self) -> Decks:
        """The decks of its deck.html, read each time; empty if it wrote none.

        Raises:
            StorageError: The file is gone.
        """
        return self.outcome.decks

    # --- known once it was started ----------------------------------------------------

    @property
    def directory(self) -> Path | None:
        """Its folder, with inputs.pb, task.pb, outputs and raw data.

        That of a good run is removed at its end unless it was to be kept: None then. If
        outputs or decks are in it, it stays until this process ends.
        """
        return self._started().directory

    @property
    def published(self) -> Decks:
        """The decks that it has published by now; waits for nothing."""
        from kit.running.published import published_decks

        return published_decks(self.standing)

    @property
    def argv(self) -> tuple[str, ...]:
        """The program and arguments; empty if there is no process."""
        return self._started().argv

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that are set for it beyond the inherited ones."""
        return self._started().environment
