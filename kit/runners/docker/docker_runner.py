"""Run a template's own container message in an engine on this machine.

The image, the command, the variables, the limits and the secrets are those the cluster
would use; only the network is left out unless it is asked for.
"""

from __future__ import annotations

import dataclasses
import os
import secrets
import time
from dataclasses import dataclass

from flyteidl.core.literals_pb2 import LiteralMap

from kit.errors import CallError, StorageError, TemplateError
from kit.runners.command import container_command, refuse_main
from kit.runners.docker.archive import archive_in, extract_out
from kit.runners.docker.container import Container, NotStartedError
from kit.runners.docker.container_spec import ContainerSpec
from kit.runners.docker.diagnosis import Diagnosis
from kit.runners.docker.engine import Engine, connected
from kit.runners.docker.image import LocalImage, Pull, find_image
from kit.runners.docker.input_files import input_paths
from kit.runners.docker.limits import container_limits
from kit.runners.docker.secret_layout import lay_out_secrets
from kit.runners.docker.session import reap_leftovers
from kit.runners.environment import engine_variables, new_execution_id
from kit.runners.log import Log, LogLine
from kit.runners.outcome import Run, Timings
from kit.runners.request import RunRequest
from kit.runners.stoppable import GRACE_SECONDS, Exit
from kit.runners.verdict import Verdict, judge
from kit.runners.workspace import Workspace
from kit.template.parse import parse_template

__all__ = ["DockerRunner"]

_PULLS = ("never", "missing", "always")
_NEVER_STARTED = Exit(0, "cancelled", 0.0)


@dataclass(frozen=True, kw_only=True)
class DockerRunner:
    """Runs tasks in their own images, by Docker or Podman.

    Attributes:
        network: ``"none"``, ``"bridge"``, ``"host"`` or the name of a network.
        pull: Whether to pull the image: ``"never"``, if it is ``"missing"``, or
            ``"always"``.
        platform: What to run of an image that is for several, as in ``"linux/arm64"``.
        grace: Seconds between SIGINT and SIGKILL when a run is stopped.

    Raises:
        CallError: ``pull`` is none of these, or the network has no name.
    """

    network: str = "none"
    pull: Pull = "never"
    platform: str | None = None
    grace: float = GRACE_SECONDS

    def __post_init__(self) -> None:
        if self.pull not in _PULLS:
            words = ", ".join(map(repr, _PULLS))
            raise CallError(f"pull must be one of {words}, got {self.pull!r}.")
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

    def run(self, request: RunRequest) -> Run:
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
        return _DockerRun(request, self).run()


class _DockerRun:
    """One run: the state between its steps."""

    def __init__(self, request: RunRequest, runner: DockerRunner) -> None:
        self._request = request
        self._runner = runner
        self._started = time.monotonic()
        self._log = Log()
        self._template = parse_template(request.template, "the run's template")
        if not self._template.container.image:
            msg = f"The template of {self._template.id.name!r} names no image to run."
            raise TemplateError(msg)
        self._workspace = Workspace.create(
            request.directory, template=request.template, inputs=request.inputs
        )
        inputs = LiteralMap.FromString(request.inputs)
        self._files = input_paths(inputs)
        self._words = container_command(self._template, self._workspace, inputs)
        refuse_main(self._template.id.name, self._words)
        self._timeout = request.timeout_for(self._template)
        self._secrets = lay_out_secrets(self._template, os.environ)
        self._variables = {
            **engine_variables(self._template, execution_id=new_execution_id()),
            **request.environment,
        }

    def run(self) -> Run:
        with connected() as engine:
            reap_leftovers(engine)
            image = self._find_image(engine)
            spec = self._make_spec(engine)
            mounts = (self._workspace.directory, *self._files)
            argv = spec.words(engine.program, mounts)
            if self._request.cancellation.is_cancelled:
                return self._run(argv, self._judge(_NEVER_STARTED))
            with Container(engine, spec, self._on_line) as container:
                words = (*image.entrypoint[: not spec.command], *self._words)
                diagnosis = Diagnosis(engine, image, spec.limits, words, container)
                return self._run_in(container, diagnosis, argv)

    def _find_image(self, engine: Engine) -> LocalImage:
        name = self._template.container.image
        runner = self._runner
        return find_image(engine, name, pull=runner.pull, platform=runner.platform)

    def _make_spec(self, engine: Engine) -> ContainerSpec:
        container = self._template.container
        split = len(container.command)
        return ContainerSpec(
            name=f"kit-{secrets.token_hex(6)}",
            image=container.image,
            command=tuple(self._words[:split]),
            arguments=tuple(self._words[split:]),
            environment=self._variables,
            secrets=self._secrets.variables,
            network=self._runner.network,
            platform=self._runner.platform,
            limits=container_limits(self._template, cores=engine.cores),
        )

    def _run_in(
        self, container: Container, diagnosis: Diagnosis, argv: list[str]
    ) -> Run:
        files = archive_in(self._workspace, self._secrets.files, self._files)
        try:
            with files:
                container.start(files)
        except NotStartedError as error:
            return self._run(argv, diagnosis.not_started(str(error)))
        started = time.monotonic()
        end = self._wait(container)
        ended = time.monotonic()
        self._take_back(container)
        verdict = diagnosis.ended(self._judge(end), container.state, self._log)
        timings = Timings(
            prepare=started - self._started,
            execute=ended - started,
            collect=time.monotonic() - ended,
        )
        run = self._run(argv, verdict, timings)
        return dataclasses.replace(run, exit_status=end.status)

    def _wait(self, container: Container) -> Exit:
        grace = self._runner.grace
        self._request.cancellation.on_cancel(
            lambda: container.stop("cancelled", grace=grace)
        )
        return container.wait(self._timeout, grace=grace)

    def _take_back(self, container: Container) -> None:
        directory = self._workspace.directory
        wanted = (self._workspace.outputs.name, self._workspace.raw.name)
        try:
            extract_out(container.read_out(directory), directory, wanted)
        except OSError as error:
            msg = f"What the run wrote cannot be written to {directory}: {error}."
            raise StorageError(msg) from error

    def _judge(self, end: Exit) -> Verdict:
        return judge(
            self._workspace.outputs,
            end,
            declared=tuple(self._template.interface.outputs.variables),
            timeout=self._timeout,
        )

    def _on_line(self, line: LogLine) -> None:
        self._log.append(line)
        if self._request.on_log is not None:
            self._request.on_log(line)

    def _run(
        self, argv: list[str], verdict: Verdict, timings: Timings | None = None
    ) -> Run:
        return Run(
            task=self._template.id.name,
            runner=self._runner.name,
            phase=verdict.phase,
            literals=verdict.literals,
            error=verdict.error,
            logs=self._log,
            argv=tuple(argv),
            environment=self._variables,
            timings=timings or Timings(),
            directory=self._workspace.directory,
            deck=self._workspace.deck,
        )
