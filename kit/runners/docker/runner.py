"""Run a template's own container message in an engine on this machine.

The image, the command, the variables, the limits and the secrets are those the cluster
would use; only the network is left out unless it is asked for.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import time
from dataclasses import dataclass
from typing import ClassVar

from kit.errors import CallError, EngineError, StorageError, TemplateError
from kit.evidence import Rung
from kit.runners.attempt import Attempt, refuse_main
from kit.runners.docker.container import Container, NotStartedError
from kit.runners.docker.container_spec import (
    ContainerSpec,
    container_limits,
    lay_out_secrets,
)
from kit.runners.docker.diagnosis import Diagnosis
from kit.runners.docker.engine import (
    Engine,
    LocalImage,
    Pull,
    check_pull,
    connected,
    find_image,
    reap_leftovers,
)
from kit.runners.docker.file_transfer import Copied, Exchange, Mounted, can_mount
from kit.runners.judge import PhaseInfo
from kit.runners.outcome import Outcome
from kit.runners.process import GRACE_SECONDS, Exit
from kit.runners.runner import RunRequest
from kit.shim.local_files import confined, input_paths
from kit.template.serialize import is_placeholder

_NEVER_STARTED = Exit(0, "cancelled", 0.0)


@dataclass(frozen=True, kw_only=True)
class DockerRunner:
    """Runs tasks in their own images, by Docker or Podman.

    Attributes:
        rung: What its runs are evidence of.
        network: ``"none"``, ``"bridge"``, ``"host"`` or the name of a network.
        pull: Whether to pull the image: ``"never"``, if it is ``"missing"``, or
            ``"always"``.
        platform: What to run of an image that is for several, as in ``"linux/arm64"``.
        grace: Seconds between SIGINT and SIGKILL when a run is stopped.

    Raises:
        CallError: ``pull`` is none of these, or the network has no name.
    """

    rung: ClassVar[Rung] = Rung.CONTAINER
    network: str = "none"
    pull: Pull = "never"
    platform: str | None = None
    grace: float = GRACE_SECONDS

    def __post_init__(self) -> None:
        check_pull(self.pull)
        if not self.network or not isinstance(self.network, str):
            msg = (
                "network must be 'none', 'bridge', 'host' or the name of a network, "
                f"got {self.network!r}."
            )
            raise CallError(msg)

    @property
    def name(self) -> str:
        """``docker``."""
        return "docker"

    def run(self, request: RunRequest) -> Outcome:
        """Run one task to its end, or to its timeout.

        A KeyboardInterrupt meanwhile stops the container and is raised again.

        Raises:
            EngineError: No engine answers, or it has no such image, or fails.
            MissingPackageError: The Docker SDK is not installed.
            CallError: The request needs a process of this machine.
            TemplateError: The template or its command cannot be run.
            ExecutorError: The executor lives in this process only.
            StorageError: The folder of the run cannot be written.
        """
        if request.under:
            msg = "This needs a process here: take runner=kit.SubprocessRunner()."
            raise CallError(msg)
        with Attempt(request, self.name, copies_inputs=False) as attempt:
            return _DockerRun(attempt, self).run()


class _DockerRun:
    """One run: the state between its steps."""

    def __init__(self, attempt: Attempt, runner: DockerRunner) -> None:
        self._runner = runner
        self._attempt = attempt
        self._template = self._attempt.template
        self._check_image(self._template.container.image)
        refuse_main(self._attempt.name, self._attempt.words)
        self._files = tuple(input_paths(self._attempt.inputs))
        self._secrets = lay_out_secrets(self._template, os.environ)

    def _check_image(self, image: str) -> None:
        if not image:
            msg = f"The template of {self._attempt.name!r} names no image to run."
            raise TemplateError(msg)
        if is_placeholder(image):
            msg = (
                f"The task {self._attempt.name!r} takes its image from the settings, "
                "and these say none. Give them: settings=kit.SerializationSettings("
                "image_config=kit.ImageConfig(…))."
            )
            raise TemplateError(msg)

    def run(self) -> Outcome:
        attempt = self._attempt
        with connected() as engine:
            reap_leftovers(engine)
            image = self._find_image(engine)
            spec = self._make_spec(engine)
            mounts = (attempt.workspace.directory, *self._files)
            argv = tuple(spec.words(engine.program, mounts))
            if attempt.request.cancellation.is_cancelled:
                return attempt.outcome(attempt.judge(_NEVER_STARTED), argv=argv)
            container, exchange = self._make(engine, image, spec)
            with container:
                words = (*image.entrypoint[: not spec.command], *attempt.words)
                diagnosis = Diagnosis(engine, image, spec.limits, words, container)
                return self._run_in(container, exchange, diagnosis, argv)

    def _make(
        self, engine: Engine, image: LocalImage, spec: ContainerSpec
    ) -> tuple[Container, Exchange]:
        """Make the container, with the run's files mounted where that is right."""
        attempt = self._attempt
        files = (attempt.workspace, self._secrets.files, self._files)
        if can_mount(engine, image):
            mounted = Mounted(*files)
            attempt.workspace.report.touch()
            with_files = dataclasses.replace(
                spec, written=mounted.written, read=mounted.read
            )
            with contextlib.suppress(EngineError), contextlib.ExitStack() as stack:
                # It fails where the engine has no such files.
                made = Container(engine, with_files, attempt.on_line)
                container = stack.enter_context(made)
                if mounted.is_seen_by(container):
                    stack.pop_all()
                    return container, mounted
            attempt.workspace.report.unlink()
        return Container(engine, spec, attempt.on_line), Copied(*files)

    def _find_image(self, engine: Engine) -> LocalImage:
        name = self._template.container.image
        runner = self._runner
        return find_image(engine, name, pull=runner.pull, platform=runner.platform)

    def _make_spec(self, engine: Engine) -> ContainerSpec:
        container = self._template.container
        words, split = self._attempt.words, len(container.command)
        return ContainerSpec(
            name=f"kit-{secrets.token_hex(6)}",
            image=container.image,
            command=tuple(words[:split]),
            arguments=tuple(words[split:]),
            environment=self._attempt.environment,
            secrets=self._secrets.variables,
            unshown=self._attempt.report_variables,
            network=self._runner.network,
            platform=self._runner.platform,
            limits=container_limits(self._template, cores=engine.cores),
        )

    def _run_in(
        self,
        container: Container,
        exchange: Exchange,
        diagnosis: Diagnosis,
        argv: tuple[str, ...],
    ) -> Outcome:
        attempt = self._attempt
        archive = exchange.archive()
        if archive is not None:
            with archive:
                container.put(archive)
        started = time.monotonic()
        try:
            container.start()
        except NotStartedError as error:
            return attempt.outcome(diagnosis.not_started(str(error)), argv=argv)
        attempt.note_start(argv=argv)
        has_decks = self._template.metadata.generates_deck.value
        with exchange.followed(container) if has_decks else contextlib.nullcontext():
            end = self._wait(container)
        ended = time.monotonic()
        self._take_back(exchange, container)
        judged = self._judged(container, end)
        info = diagnosis.ended(judged, container.state, attempt.log)
        timings = attempt.timings(started, ended)
        return attempt.outcome(info, argv=argv, exit_status=end.status, timings=timings)

    def _judged(self, container: Container, end: Exit) -> PhaseInfo:
        """Judge by the files, of which none may name another file of this machine."""
        state = container.state
        is_out = state is not None and state.out_of_memory
        info = self._attempt.judge(end, out_of_memory=is_out)
        if info.literals is None:
            return info
        own = (self._attempt.workspace.directory, *self._files)
        return dataclasses.replace(info, literals=confined(info.literals, own))

    def _wait(self, container: Container) -> Exit:
        attempt, grace = self._attempt, self._runner.grace
        attempt.request.cancellation.on_cancel(
            lambda: container.stop("cancelled", grace=grace)
        )
        return container.wait(attempt.timeout, grace=grace)

    def _take_back(self, exchange: Exchange, container: Container) -> None:
        try:
            exchange.take_back(container)
        except OSError as error:
            directory = self._attempt.workspace.directory
            msg = f"What the run wrote cannot be written to {directory}: {error}."
            raise StorageError(msg) from error
