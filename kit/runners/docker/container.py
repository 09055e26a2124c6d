"""A container from its making to its removal: files in, lines, the end, files out."""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import os
import re
import signal
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from flyteidl.core.security_pb2 import Secret
from flyteidl.core.tasks_pb2 import ExtendedResources, Resources, TaskTemplate

from kit.definition.resources import parse_quantity
from kit.errors import EngineError, SecretNotFoundError
from kit.runners.docker.engine import LABEL, Engine, engine_errors, own_session
from kit.runners.log import Lines, LogLine
from kit.runners.process import Stoppable, held_back
from kit.shim.secrets import SecretsManager

__all__ = [
    "Container",
    "ContainerSpec",
    "Limits",
    "NotStartedError",
    "SecretLayout",
    "State",
    "container_limits",
    "ending_signal",
    "lay_out_secrets",
]


_SHARED_MEMORY_PATH = "/dev/shm"  # noqa: S108 - of the container, not a temporary file
_NANO = 10**9
_LEAST_CPU = _NANO // 100
_LEAST_MEMORY = 6 * 2**20
_NAMES = Resources.ResourceName


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a container may take; None leaves it to the engine.

    Attributes:
        nano_cpus: CPU time, in billionths of a core.
        memory: Bytes, without swap on top.
        gpus: Number of devices.
        shared_memory: Bytes of ``/dev/shm``.
        tmpfs: Bytes by path, of shared memory that is mounted elsewhere.
    """

    nano_cpus: int | None = None
    memory: int | None = None
    gpus: int | None = None
    shared_memory: int | None = None
    tmpfs: tuple[tuple[str, int | None], ...] = ()

    def create_arguments(self) -> dict[str, Any]:
        """Return the Docker SDK's arguments for them."""
        from docker.types import DeviceRequest

        arguments: dict[str, Any] = {
            "nano_cpus": self.nano_cpus,
            "mem_limit": self.memory,
            "memswap_limit": self.memory,  # or the engine adds as much swap
            "shm_size": self.shared_memory,
            "tmpfs": {path: _tmpfs(size) for path, size in self.tmpfs},
        }
        if self.gpus:
            request = DeviceRequest(count=self.gpus, capabilities=[["gpu"]])
            arguments["device_requests"] = [request]
        return {name: value for name, value in arguments.items() if value}

    def options(self) -> list[str]:
        """Return the command line's options for them."""
        words: list[str] = []
        if self.nano_cpus:
            words += ["--cpus", f"{self.nano_cpus / _NANO:g}"]
        if self.memory:
            words += ["--memory", str(self.memory), "--memory-swap", str(self.memory)]
        if self.shared_memory:
            words += ["--shm-size", str(self.shared_memory)]
        for path, size in self.tmpfs:
            words += ["--tmpfs", f"{path}:{_tmpfs(size)}"]
        if self.gpus:
            words += ["--gpus", str(self.gpus)]
        return words


def container_limits(template: TaskTemplate, cores: Callable[[], int]) -> Limits:
    """Return what a template's container is held to.

    As on the cluster, a limit that is missing is the request.  What no engine takes is
    brought to what it does: more cores than there are, less memory than 6 MiB.

    Args:
        template: The task.
        cores: Says how many cores the engine has; called if the task asks for any.

    Raises:
        ResourcesError: An amount is no Kubernetes quantity.
    """
    resources = template.container.resources
    amounts = {**_amounts(resources.requests), **_amounts(resources.limits)}
    cpu = amounts.get(_NAMES.CPU)
    memory = amounts.get(_NAMES.MEMORY)
    memory = max(memory, _LEAST_MEMORY * _NANO) // _NANO if memory else None
    gpu = amounts.get(_NAMES.GPU)
    limits = Limits(
        nano_cpus=min(max(cpu, _LEAST_CPU), cores() * _NANO) if cpu else None,
        memory=memory,
        gpus=gpu // _NANO if gpu else None,
    )
    return _with_shared_memory(limits, template.extended_resources)


def _with_shared_memory(limits: Limits, extended: ExtendedResources) -> Limits:
    if not extended.HasField("shared_memory"):
        return limits
    shared = extended.shared_memory
    text = shared.size_limit
    size = _nano(text) // _NANO if text else limits.memory
    if shared.mount_path in ("", _SHARED_MEMORY_PATH):
        return replace(limits, shared_memory=size)
    return replace(limits, tmpfs=((shared.mount_path, size),))


def _amounts(entries: Iterable[Resources.ResourceEntry]) -> dict[int, int]:
    """Return amounts in billionths by resource; 0 counts as not said."""
    amounts = {int(entry.name): _nano(entry.value) for entry in entries if entry.value}
    return {name: amount for name, amount in amounts.items() if amount > 0}


def _nano(text: str) -> int:
    return int(parse_quantity(text).amount * _NANO)


def _tmpfs(size: int | None) -> str:
    return "" if size is None else f"size={size}"


@dataclass(frozen=True, kw_only=True)
class ContainerSpec:
    """A container to be made.

    Attributes:
        name: Its unique name.
        image: Name of its image.
        command: What takes the place of the image's entrypoint, if anything.
        arguments: What follows it.
        environment: Its variables, without secrets.
        secrets: Variables that hold secrets; in no repr and no command.
        unshown: Other variables that are in no command.
        network: ``none``, ``bridge``, ``host`` or the name of a network.
        platform: As in ``linux/arm64``; None takes the image as it is.
        limits: How much it may take.
        written: Folders and files of this machine that it writes, mounted with the
            paths they have here.
        read: Others that it only reads.
    """

    name: str
    image: str
    command: tuple[str, ...]
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    unshown: Mapping[str, str] = field(default_factory=dict)
    network: str = "none"
    platform: str | None = None
    limits: Limits = field(default_factory=Limits)
    written: tuple[Path, ...] = ()
    read: tuple[Path, ...] = ()

    def create_arguments(self) -> dict[str, Any]:
        """Return the Docker SDK's arguments for it.

        The engine keeps no log of its own, since its lines are read as they come.
        """
        from docker.types import LogConfig, Mount

        return {
            "image": self.image,
            "name": self.name,
            "entrypoint": list(self.command) or None,
            "command": list(self.arguments),
            "environment": {**self.secrets, **self.environment, **self.unshown},
            "network_mode": self.network,
            "platform": self.platform,
            "labels": {LABEL: own_session()},
            "log_config": LogConfig(type="none"),
            "mounts": [
                Mount(str(path), str(path), type="bind", read_only=path in self.read)
                for path in (*self.written, *self.read)
            ],
            **self.limits.create_arguments(),
        }

    def words(self, program: str, mounts: Iterable[Path]) -> list[str]:
        """Return a command line that does the same with the run's files mounted.

        It takes the variables from its own environment.

        Args:
            program: ``docker`` or ``podman``.
            mounts: Folders and files that keep their paths.
        """
        words = [program, "run", "--rm", "--network", self.network]
        for path in mounts:
            words += ["--mount", f"type=bind,source={path},target={path}"]
        for name in self.environment:
            words += ["--env", name]
        if self.platform:
            words += ["--platform", self.platform]
        words += self.limits.options()
        if self.command:
            words += ["--entrypoint", self.command[0]]
        return [*words, self.image, *self.command[1:], *self.arguments]


_POLITE = (signal.SIGINT, signal.SIGTERM)
_MASK = re.compile(r"^(SigIgn|SigCgt):\s*([0-9a-f]+)$", re.MULTILINE)


def ending_signal(
    container: str, pid: int, processes: Path = Path("/proc")
) -> signal.Signals:
    """Return what asks a container to end: SIGINT, else SIGTERM, else SIGKILL.

    SIGINT is first since Python runs ``finally`` blocks then.  It is also the answer
    where nothing is known, as of an engine on another machine, and for a process that
    ignores both, for that may end by itself.

    Args:
        container: The container's id.
        pid: Of its first process, as the engine has it.
        processes: Where this machine tells of its processes.
    """
    try:
        is_it = container in (processes / str(pid) / "cgroup").read_text()
        status = (processes / str(pid) / "status").read_text()
    except OSError:
        return signal.SIGINT
    masks = {name: int(mask, 16) for name, mask in _MASK.findall(status)}
    if not is_it or len(masks) < 2:  # noqa: PLR2004 - both of the pattern
        return signal.SIGINT
    heard = [number for number in _POLITE if _has(masks["SigCgt"], number)]
    ignored = [number for number in _POLITE if _has(masks["SigIgn"], number)]
    return heard[0] if heard else signal.SIGINT if ignored else signal.SIGKILL


def _has(mask: int, number: signal.Signals) -> bool:
    return bool(mask >> (number - 1) & 1)


_CHUNK = 2**20
_BOTH_STREAMS = {"stdout": 1, "stderr": 1, "stream": 1}


@dataclass(frozen=True)
class State:
    """What the engine says of a container that has ended.

    Attributes:
        status: Exit status of its first process.
        out_of_memory: Whether the kernel killed any of its processes for memory.
    """

    status: int
    out_of_memory: bool


class NotStartedError(EngineError):
    """The engine made a container but could not start its command."""


class Container(Stoppable):
    """A container of its own, removed at the end of the ``with`` block.

    Args:
        engine: Where it is made.
        spec: What it is.
        on_line: Called with each line as it is written, always from one thread.

    Raises:
        EngineError: The engine refuses it.
    """

    def __init__(
        self, engine: Engine, spec: ContainerSpec, on_line: Callable[[LogLine], None]
    ) -> None:
        super().__init__(on_line)
        self._api = engine.client.api
        self._name = spec.name
        self._runs = False
        self._state: State | None = None
        _live.add(self)
        try:
            with held_back(), engine_errors("make the container"):
                engine.client.containers.create(**spec.create_arguments())
        except BaseException:
            self._remove()
            raise

    def put(self, files: IO[bytes]) -> None:
        """Copy files in.

        Args:
            files: A tar file, relative to ``/``.

        Raises:
            EngineError: The engine cannot.
        """
        with held_back(), engine_errors("copy files into the container"):
            self._api.put_archive(self._name, "/", files)

    def start(self) -> None:
        """Start it.

        Raises:
            NotStartedError: Its command cannot be started; in the engine's words.
            EngineError: The engine cannot do the rest.
        """
        with held_back(), engine_errors("start the container"):
            output = self._begin()
            with self._lock:
                self._runs = True
            threading.Thread(
                target=self._pump, name=self._name, args=(output,), daemon=True
            ).start()

    def _begin(self) -> Any:
        """Start its command and return the socket that its output comes from.

        Docker says at the start that there is no such command, Podman when attached.
        """
        from docker.errors import APIError

        output = None
        try:
            output = self._api.attach_socket(self._name, _BOTH_STREAMS)
            self._api.start(self._name)
        except APIError as error:
            if output is not None:
                _close(output)
            raise NotStartedError(error.explanation or str(error)) from error
        return output

    @property
    def state(self) -> State | None:
        """How it ended, in the engine's words; None before."""
        return self._state

    @contextlib.contextmanager
    def read_out(self, directory: Path) -> Iterator[Iterator[bytes]]:
        """Give the pieces of a tar file of one of its folders.

        What was not read by the end of the block is not read at all: the engine locks
        the container for as long as it waits for a reader.

        Raises:
            EngineError: The engine cannot read it.
        """
        params = {"path": str(directory)}
        with (
            engine_errors(f"copy {directory} out of the container"),
            self._api.get(self._archive(), params=params, stream=True) as response,
        ):
            self._api._raise_for_status(response)  # noqa: SLF001 - as its methods do
            yield response.iter_content(_CHUNK)

    def has(self, path: str) -> bool:
        """Say whether there is a file of that absolute path in it."""
        return self.described(path) is not None

    def described(self, path: str) -> dict[str, Any] | None:
        """Return what the engine says of an absolute path in it, if it is there.

        Its keys are ``name``, ``size``, ``mode`` and ``mtime``.
        """
        with engine_errors("look into the container"):
            answer = self._api.head(self._archive(), params={"path": path})
        if not answer.ok:
            return None
        facts = base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"])
        return dict(json.loads(facts))

    def _archive(self) -> str:
        """Return where the engine serves its files; the SDK cannot stop reading."""
        version, name = self._api.api_version, self._name
        return f"{self._api.base_url}/v{version}/containers/{name}/archive"

    def __enter__(self) -> Container:  # noqa: PYI034 - Python 3.10 has no Self
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop it if it still runs, then remove it."""
        try:
            if self._runs:
                super().__exit__(*exception)
        finally:
            failed = any(exception)  # the first error says more than a second one
            with contextlib.suppress(*(EngineError,) * failed):
                self._remove()

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to its first process; SIGKILL ends all of them.

        Another one takes the place of SIGINT where the process would not hear that.
        """
        from requests import RequestException

        with self._lock:
            if not self._runs or self._exit is not None:
                return
        with contextlib.suppress(RequestException):  # it ended, or the engine did
            if number is signal.SIGINT:
                facts = self._api.inspect_container(self._name)
                number = ending_signal(facts["Id"], facts["State"]["Pid"])
            self._api.kill(self._name, number.name)

    def _pump(self, output: Any) -> None:
        """Read its lines until it has ended, then its state."""
        try:
            with engine_errors("run the container"):
                self._read(output)
                self._api.wait(self._name, timeout=None)
                self._note_state(self._api.inspect_container(self._name)["State"])
        except BaseException as error:  # noqa: BLE001 - raised again where one waits
            self._failure = self._failure or error
        finally:
            _close(output)
            self._ended()

    def _read(self, output: Any) -> None:
        from docker.utils.socket import frames_iter

        lines = {1: Lines("stdout", self._emit), 2: Lines("stderr", self._emit)}
        for stream, data in frames_iter(output, tty=False):
            lines[stream].feed(data)
        for rest in lines.values():
            rest.feed(b"", final=True)

    def _note_state(self, facts: dict[str, Any]) -> None:
        with self._lock:
            self._state = State(facts["ExitCode"], bool(facts.get("OOMKilled")))
            self._note_exit(self._state.status)

    def _remove(self) -> None:
        from docker.errors import NotFound

        _live.discard(self)
        with engine_errors("remove the container"), contextlib.suppress(NotFound):
            self._api.remove_container(self._name, force=True, v=True)

    def __repr__(self) -> str:
        state = "made" if not self._runs else "running"
        state = state if self._exit is None else f"ended {self._exit.status}"
        return f"Container({self._name}, {state})"


def _close(output: Any) -> None:
    """Close a socket of the SDK's, with the response that owns it."""
    output._response.close()  # noqa: SLF001 - the SDK gives no other way


_live: weakref.WeakSet[Container] = weakref.WeakSet()


@atexit.register
def _remove_the_living() -> None:
    """Leave no container behind when the interpreter ends while runs are going on."""
    for container in list(_live):
        with contextlib.suppress(EngineError):
            container._remove()  # noqa: SLF001 - this module's own


_FOLDER = "/etc/flyte/secrets"
_ENV_PREFIX = "_FSEC_"


@dataclass(frozen=True)
class SecretLayout:
    """Where a container finds its secrets; values are in no repr.

    Attributes:
        variables: Environment variables, of which some hold values.
        files: Contents by absolute path.
    """

    variables: dict[str, str] = field(default_factory=dict, repr=False)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)


def lay_out_secrets(template: TaskTemplate, environ: Mapping[str, str]) -> SecretLayout:
    """Find a task's secrets on this machine and lay them out for its container.

    ENV_VAR is a variable ``_FSEC_<GROUP>_<KEY>``; FILE and ANY are a file
    ``/etc/flyte/secrets/<group>/<key>``.  The version of a group is in neither.  One
    that is nowhere is left out: the task says so if it asks for it.

    Args:
        template: The task, with the secrets it requests.
        environ: Where to look.
    """
    requests = template.security_context.secrets
    manager = SecretsManager(local=True, requests=requests, environ=environ)
    layout = SecretLayout()
    for request in requests:
        try:
            value = manager.get(
                request.group, request.key, request.group_version, encode_mode="rb"
            )
        except SecretNotFoundError:
            continue
        _add(layout, request, value)
    return layout


def _add(layout: SecretLayout, request: Secret, value: bytes) -> None:
    names = [name for name in (request.group, request.key) if name]
    if request.mount_requirement == Secret.MountType.ENV_VAR:
        shown = os.fsdecode(value)
        variable = _ENV_PREFIX + "_".join(names).upper()
        layout.variables.update({"FLYTE_SECRETS_ENV_PREFIX": _ENV_PREFIX})
        layout.variables[variable] = shown
    else:
        shown = "/".join([_FOLDER, *(name.lower() for name in names)])
        layout.files[shown] = value
        layout.variables.update(
            {"FLYTE_SECRETS_DEFAULT_DIR": _FOLDER, "FLYTE_SECRETS_FILE_PREFIX": ""}
        )
    if request.env_var:
        layout.variables[request.env_var] = shown
