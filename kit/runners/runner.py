"""What a runner is given, and the interface that all runners have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.settings import check_environment
from kit.errors import DefinitionError
from kit.forecast.arrival import arriving_bytes
from kit.forecast.platform import UNKNOWN, Platform
from kit.runners.log import Log, LogLine
from kit.runners.outcome import Outcome
from kit.runners.process import Cancellation


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """A template, its inputs, and how to run them.

    Attributes:
        template: A serialized ``flyteidl.core.TaskTemplate``; its container's arguments
            hold the resolver and the loader arguments.
        inputs: A serialized ``flyteidl.core.LiteralMap``.
        timeout: Seconds until the run is stopped; None takes the template's, if any.
        environment: Variables that win over the template's.
        directory: Where the run's files go, made if missing; None makes a new one that
            stays until it is deleted by hand or by the system.
        on_log: Called with each line of output as it is written, from one thread.
        on_start: Called when the task starts, with what is known of it by then.
        log: What gets the lines; a new one by default.
        cancellation: Stops the run from another thread.
        under: A Python program (a script, or a folder with a ``__main__``) and its
            arguments, which is given the container's command as further arguments and
            carries it out, in the interpreter that would have run it; empty runs the
            command by itself.
        platform: The deployment that the run stands for: it settles the template's
            resources, and what Flyte makes of the run is foretold for it.

    Raises:
        DefinitionError: ``environment`` has what no container can have.
    """

    template: bytes
    inputs: bytes = b""
    timeout: float | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    on_log: Callable[[LogLine], None] | None = None
    on_start: Callable[[Outcome], None] | None = None
    log: Log | None = None
    cancellation: Cancellation = field(default_factory=Cancellation)
    under: tuple[str, ...] = ()
    platform: Platform = UNKNOWN

    def __post_init__(self) -> None:
        variables: Mapping[str, object] = check_environment(self.environment)
        for name, value in variables.items():
            if value is None:
                msg = f"Environment variable {name} of a run must be text, got None."
                raise DefinitionError(msg)

    @property
    def arriving_template(self) -> bytes:
        """The template as its container reads it."""
        return arriving_bytes(self.template, self.platform)

    def timeout_for(self, template: TaskTemplate) -> float | None:
        """Return the seconds that a run of the template may take, None for any time."""
        if self.timeout is not None:
            return self.timeout
        own = template.metadata.timeout
        seconds = own.seconds + own.nanos / 1e9
        return seconds if seconds > 0 else None


class Runner(Protocol):
    """A place where the container-shaped call happens.

    Implementations report what happened to the *task* in the returned run and raise
    only for what is wrong with the request or with the runner itself.
    """

    @property
    def name(self) -> str:
        """What the runner is called, as in ``subprocess``."""

    def run(self, request: RunRequest) -> Outcome:
        """Run one task to its end."""
