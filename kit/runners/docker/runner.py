"""Run a template's own container message in an engine on this machine.

The image, the command, the variables, the limits and the secrets are those the cluster
would use; only the network is left out unless it is asked for.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import re
import secrets
import shutil
import stat
import tarfile
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from kit.errors import CallError, EngineError, StorageError, TemplateError
from kit.runners.attempt import Attempt, refuse_main
from kit.runners.docker.container import (
    Container,
    ContainerSpec,
    NotStartedError,
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
from kit.runners.outcome import Outcome
from kit.runners.process import GRACE_SECONDS, Exit
from kit.runners.runner import RunRequest
from kit.runners.workspace import DECK_FILE, Workspace, input_paths
from kit.storage import write_bytes
from kit.template.serialize import is_placeholder

__all__ = [
    "Copied",
    "DockerRunner",
    "Exchange",
    "Mounted",
    "archive_in",
    "can_mount",
    "deck_followed",
    "extract_out",
    "first_file",
    "inside",
    "make_harmless",
    "nanoseconds",
]


_IN_MEMORY = 8 * 2**20


def archive_in(
    files: Mapping[str, bytes], inputs: Iterable[Path], folders: Iterable[Path] = ()
) -> IO[bytes]:
    """Return a tar file of what a container starts from, relative to ``/``.

    Args:
        files: Contents by absolute path.
        inputs: Files and folders of this machine.
        folders: Folders that are made, for anyone to write.
    """
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller's
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in inputs:
            tar.add(path, arcname=_name(path), filter=_readable)
        for folder in folders:
            info = tarfile.TarInfo(_name(folder))
            info.type, info.mode = tarfile.DIRTYPE, 0o777
            tar.addfile(info)
        for name, content in files.items():
            _add_file(tar, name, content)
    file.seek(0)
    return file


def _add_file(tar: tarfile.TarFile, path: str, content: bytes) -> None:
    info = tarfile.TarInfo(path.lstrip("/"))
    info.mode, info.size = 0o644, len(content)
    tar.addfile(info, io.BytesIO(content))


def _readable(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Let the image's user read what the caller may read."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode |= 0o755 if info.isdir() else 0o444
    return info


def _name(path: Path) -> str:
    return str(path).lstrip("/")


def extract_out(chunks: Iterable[bytes], target: Path, wanted: tuple[str, ...]) -> None:
    """Extract some of what is in a container's copy of the run's folder.

    Names and links come from the task: nothing is written outside ``target``.

    Args:
        chunks: A tar file whose one top folder stands for ``target``.
        target: The run's folder here.
        wanted: Which folders and files in it.

    Raises:
        EngineError: The archive is cut off, or holds what would not stay inside.
    """
    stream = io.BufferedReader(_Chunks(iter(chunks)), _IN_MEMORY)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                steps = member.name.rstrip("/").split("/")[1:]
                if steps and steps[0] in wanted:
                    _extract(tar, member, target, steps)
    except tarfile.TarError as error:
        raise _cut_off(error) from error


def first_file(chunks: Iterable[bytes], most: int) -> bytes | None:
    """Return the content of an archive's first member, if it is a file and not larger.

    Args:
        chunks: A tar file.
        most: The largest size, in bytes.

    Raises:
        EngineError: The archive is cut off.
    """
    stream = io.BufferedReader(_Chunks(iter(chunks)), _IN_MEMORY)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            member = tar.next()
            if member is None or not member.isreg() or member.size > most:
                return None
            file = tar.extractfile(member)
            return None if file is None else file.read()
    except tarfile.TarError as error:
        raise _cut_off(error) from error


def _cut_off(error: tarfile.TarError) -> EngineError:
    return EngineError(
        f"What the engine copied out of the container is cut off: {error}."
    )


def _extract(
    tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, steps: list[str]
) -> None:
    path = inside(target, target.joinpath(*steps), member.name)
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
    elif member.issym():
        inside(target, path.parent / member.linkname, member.name)
        path.symlink_to(member.linkname)
    elif member.islnk():
        original = target.joinpath(*member.linkname.split("/")[1:])
        shutil.copyfile(inside(target, original, member.name), path)
    else:
        source = tar.extractfile(member)
        if source is not None:  # None: a device or a pipe
            with source:
                _write(source, path)


def _write(source: IO[bytes], path: Path) -> None:
    """Write a file, whole or not at all."""
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(source, file)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def inside(target: Path, path: Path, name: str) -> Path:
    """Return the path if it stays in the folder, symbolic links followed."""
    resolved = Path(os.path.realpath(path))
    if not resolved.is_relative_to(os.path.realpath(target)):
        msg = (
            f"The container's file {name!r} leads outside the folder of the run, and "
            "was not copied. Let the task write files there instead of links."
        )
        raise EngineError(msg)
    return path


class _Chunks(io.RawIOBase):
    """Reads pieces of bytes as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


_PAUSE = 1.5  # seconds; the engine takes up to a tenth of one to look
_LARGEST = 64_000_000  # bytes


@contextlib.contextmanager
def deck_followed(container: Container, deck: Path) -> Iterator[None]:
    """Copy a container's deck.html out of it whenever it was published anew.

    Args:
        container: It runs.
        deck: The file, there as well as here.
    """
    done = threading.Event()
    thread = threading.Thread(
        target=_follow, args=(container, deck, done), name="kit-deck", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _follow(container: Container, deck: Path, done: threading.Event) -> None:
    """Look again and again; what fails now is copied at the end, or fails there."""
    known: tuple[object, object] | None = None
    while not done.wait(_PAUSE):
        with contextlib.suppress(EngineError, StorageError):
            facts = container.described(str(deck))
            if facts is None or not 0 < facts["size"] <= _LARGEST:
                continue
            state = (facts["mtime"], facts["size"])
            if state != known:
                _copy(container, deck)
                known = state


def _copy(container: Container, deck: Path) -> None:
    with container.read_out(deck) as chunks:
        data = first_file(chunks, _LARGEST)
    if data is not None:
        write_bytes(str(deck), data)


_ROOT = ("", "0", "root")
_MOMENT = re.compile(r"([\dT:-]+)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")
_OTHERWISE = ("name=userns", "name=selinux")
"""Security options under which root in a container may not, or is somebody else."""


def can_mount(engine: Engine, image: LocalImage) -> bool:
    """Say whether what a container writes to a mounted folder belongs to this user.

    It does if root runs in the image, and the engine runs as this user and makes
    nobody else of root.  Podman does not say what it mounts before the start, so that
    nobody could see whether it has the same files.
    """
    is_root = image.user.partition(":")[0] in _ROOT
    if not is_root or engine.socket is None or engine.program == "podman":
        return False
    if Path(engine.socket).stat().st_uid != os.geteuid():
        return False
    options = engine.security_options()
    return not any(option.startswith(_OTHERWISE) for option in options)


@dataclass(frozen=True)
class Exchange(ABC):
    """The files of one run.

    Attributes:
        workspace: Its folder.
        secrets: Contents by absolute path.
        inputs: Files and folders of this machine that its inputs name.
    """

    workspace: Workspace
    secrets: Mapping[str, bytes]
    inputs: tuple[Path, ...]

    @property
    def written(self) -> tuple[Path, ...]:
        """What the container writes."""
        workspace = self.workspace
        return (workspace.outputs, workspace.raw, workspace.report)

    @property
    def read(self) -> tuple[Path, ...]:
        """What of the run's folder it starts from."""
        return (self.workspace.template, self.workspace.inputs)

    @abstractmethod
    def archive(self) -> IO[bytes] | None:
        """Return a tar file of what has to be copied in; None if nothing has."""

    def followed(self, container: Container) -> AbstractContextManager[None]:  # noqa: ARG002 - what is mounted is here
        """See that decks are here as a running container publishes them."""
        return contextlib.nullcontext()

    @abstractmethod
    def take_back(self, container: Container) -> None:
        """See that what an ended container wrote is here, and harmless.

        Raises:
            EngineError: It is not to be had, or leads outside the run's folder.
            OSError: It cannot be written here.
        """


class Copied(Exchange):
    """All of it is copied in before the start, and out after the end."""

    def archive(self) -> IO[bytes]:
        """Return a tar file of all that the container starts from."""
        workspace = self.workspace
        own = {str(path): path.read_bytes() for path in self.read}
        folders = (workspace.directory, workspace.outputs, workspace.raw)
        return archive_in({**own, **self.secrets}, self.inputs, folders)

    def followed(self, container: Container) -> AbstractContextManager[None]:
        """Copy each deck.html that is published while this lasts."""
        return deck_followed(container, self.workspace.outputs / DECK_FILE)

    def take_back(self, container: Container) -> None:
        """Copy what the container wrote."""
        directory = self.workspace.directory
        with container.read_out(directory) as chunks:
            extract_out(chunks, directory, tuple(path.name for path in self.written))


class Mounted(Exchange):
    """What is written and read is mounted; secrets and inputs are still copies."""

    def archive(self) -> IO[bytes] | None:
        """Return a tar file of the inputs' files and of secrets, if there are any."""
        if not self.secrets and not self.inputs:
            return None
        return archive_in(self.secrets, self.inputs)

    def is_seen_by(self, container: Container) -> bool:
        """Say whether a container has the very files that are mounted.

        Another machine's engine may have other files under the same paths.
        """
        here = self.workspace.template.stat()
        there = container.described(str(self.workspace.template))
        if there is None or there["size"] != here.st_size:
            return False
        return nanoseconds(there["mtime"]) == here.st_mtime_ns

    def take_back(self, container: Container) -> None:  # noqa: ARG002 - it is here
        """Leave nothing of what the container wrote that leads outside."""
        report = self.workspace.report
        if not report.stat().st_size:
            report.unlink()  # it was made to be mounted
        for folder in (self.workspace.outputs, self.workspace.raw):
            make_harmless(self.workspace.directory, folder)


def nanoseconds(moment: str) -> int | None:
    """Return a time as Go writes it, in nanoseconds since the epoch."""
    parts = _MOMENT.fullmatch(moment)
    if parts is None:
        return None
    second, fraction, zone = parts.groups(default="")
    zone = "+00:00" if zone == "Z" else zone
    whole = int(datetime.fromisoformat(f"{second}{zone}").timestamp())
    return whole * 10**9 + int(f"{fraction:0<9.9}")


def make_harmless(target: Path, folder: Path) -> None:
    """Do to files that a container wrote what copying them would have done.

    Links that lead outside are an error, pipes and devices go, and no program runs as
    its owner.
    """
    for path in folder.rglob("*"):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            _check_link(target, path)
        elif stat.S_ISREG(mode):
            path.chmod(stat.S_IMODE(mode) & 0o777)
        elif not stat.S_ISDIR(mode):
            path.unlink()


def _check_link(target: Path, path: Path) -> None:
    try:
        inside(target, path, str(path.relative_to(target)))
    except EngineError:
        path.unlink()
        raise


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
        with Attempt(request, self.name) as attempt:
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
        verdict = diagnosis.ended(attempt.judge(end), container.state, attempt.log)
        timings = attempt.timings(started, ended)
        return attempt.outcome(
            verdict, argv=argv, exit_status=end.status, timings=timings
        )

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
