"""A container from its making to its removal: files in, lines, the end, files out."""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import re
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from kit.errors import EngineError
from kit.runners.docker.container_spec import ContainerSpec
from kit.runners.docker.engine import Engine, engine_errors
from kit.runners.log import Lines, LogLine
from kit.runners.process import Stoppable, held_back

_CHUNK = 2**20
_BOTH_STREAMS = {"stdout": 1, "stderr": 1, "stream": 1}
_POLITE = (signal.SIGINT, signal.SIGTERM)
_MASK = re.compile(r"^(SigIgn|SigCgt):\s*([0-9a-f]+)$", re.MULTILINE)


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
