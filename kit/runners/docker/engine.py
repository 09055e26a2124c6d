"""Find the container engine of this machine, or say what is wrong with each place."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.errors import (
    EngineError,
    EngineNotFoundError,
    EngineTooOldError,
    MissingPackageError,
)

__all__ = ["Engine", "connected", "engine_errors"]

_HANDSHAKE_SECONDS = 10
_CALL_SECONDS = 120
_OLDEST_API = (1, 40)
"""The first with device requests: Docker 19.03 of 2019, Podman 3."""

_WHAT_TO_DO = (
    "Start Docker (sudo systemctl start docker, or Docker Desktop) or Podman "
    "(systemctl --user start podman.socket), or name the engine in DOCKER_HOST. "
    "Without one, take runner='subprocess'."
)
_NOT_PERMITTED = (
    "you are not permitted to use it: join its group (sudo usermod -aG docker $USER) "
    "and log in again"
)
_MEANINGS: tuple[tuple[type[BaseException], str], ...] = (
    (FileNotFoundError, "there is no such socket"),
    (ConnectionRefusedError, "nothing listens there"),
    (PermissionError, _NOT_PERMITTED),
    (TimeoutError, f"it did not answer in {_HANDSHAKE_SECONDS} seconds"),
)


@dataclass(frozen=True)
class Engine:
    """An engine that answers.

    Attributes:
        client: A ``docker.DockerClient``.
        architecture: What it runs without emulation, as in ``amd64``.
        program: The command line program that talks to it: ``docker`` or ``podman``.
    """

    client: Any
    architecture: str
    program: str

    @functools.cached_property
    def cores(self) -> int:
        """How many cores it has for all of its containers."""
        with engine_errors("tell its cores"):
            return int(self.client.info()["NCPU"])


@contextlib.contextmanager
def connected(environ: Mapping[str, str] | None = None) -> Iterator[Engine]:
    """Give the first engine that answers, for the time of the block.

    What ``DOCKER_HOST`` names is the only one asked if it is set.  Else it is the
    usual socket of Docker, then the one of the Docker CLI's context, then Podman's.

    Raises:
        MissingPackageError: The Docker SDK is not installed.
        EngineNotFoundError: None answers; the text says why, place by place.
        EngineTooOldError: The one that answers lacks what is needed here.
    """
    client = _first_client(os.environ if environ is None else environ)
    try:
        with engine_errors("answer"):
            engine = _described(client)
        client.api.timeout = _CALL_SECONDS
        yield engine
    finally:
        client.close()


@contextlib.contextmanager
def engine_errors(action: str) -> Iterator[None]:
    """Raise what goes wrong with the engine in the block as an error of its own.

    Raises:
        EngineError: In the engine's words.
    """
    import docker
    import requests
    import urllib3

    try:
        yield
    except docker.errors.APIError as error:
        words = error.explanation or str(error)
        raise EngineError(f"The engine could not {action}: {words}.") from error
    except (
        docker.errors.DockerException,
        requests.RequestException,
        urllib3.exceptions.HTTPError,
    ) as error:
        msg = f"The engine stopped answering when asked to {action}: {_reason(error)}."
        raise EngineError(msg) from error


def _first_client(environ: Mapping[str, str]) -> Any:
    try:
        import docker
    except ImportError as error:
        raise MissingPackageError("docker", extra="docker") from error
    tried: list[str] = []
    for place, options in _places(environ):
        try:
            return docker.DockerClient(timeout=_HANDSHAKE_SECONDS, **options())
        except (docker.errors.DockerException, OSError) as error:  # noqa: PERF203 - few
            tried.append(f"\n  {place}: {_reason(error)}")
    msg = f"No container engine answers on this machine.{''.join(tried)}\n{_WHAT_TO_DO}"
    raise EngineNotFoundError(msg)


_Options = Callable[[], "dict[str, Any]"]


def _places(environ: Mapping[str, str]) -> Iterator[tuple[str, _Options]]:
    """Yield where an engine may be, and how the SDK connects there."""
    from docker.constants import DEFAULT_UNIX_SOCKET
    from docker.utils import kwargs_from_env

    host = environ.get("DOCKER_HOST")
    if host:
        yield (
            f"{host} (DOCKER_HOST)",
            lambda: {**kwargs_from_env(environment=environ), "use_ssh_client": True},
        )
        return
    usual = DEFAULT_UNIX_SOCKET.replace("http+unix://", "unix://")
    yield usual, dict
    context, options = _context(environ)
    if options.get("base_url") not in (None, usual, DEFAULT_UNIX_SOCKET):
        yield f"{options['base_url']} (the Docker CLI's {context})", options.copy
    for socket in _podman_sockets(environ):
        if os.path.exists(socket):  # noqa: PTH110 - a Path would be made for nothing
            url = f"unix://{socket}"
            yield url, functools.partial(dict, base_url=url)


def _context(environ: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Return the name of the Docker CLI's context, and how the SDK connects to it."""
    from docker.context import ContextAPI
    from docker.errors import DockerException

    name = environ.get("DOCKER_CONTEXT")
    try:
        context = ContextAPI.get_context(name)
    except (DockerException, OSError):  # its files are not the CLI's
        context = None
    if context is None or not context.Host:
        return "", {}
    options = {"base_url": context.Host, "use_ssh_client": True}
    if context.TLSConfig:
        options["tls"] = context.TLSConfig
    return f"context {context.Name!r}", options


def _podman_sockets(environ: Mapping[str, str]) -> Iterator[str]:
    if "XDG_RUNTIME_DIR" in environ:
        yield f"{environ['XDG_RUNTIME_DIR']}/podman/podman.sock"
    yield "/run/podman/podman.sock"


def _described(client: Any) -> Engine:
    version = client.version()
    api = tuple(int(part) for part in version["ApiVersion"].split("."))
    names = " ".join(part["Name"] for part in version.get("Components") or ())
    if api < _OLDEST_API:
        oldest = ".".join(map(str, _OLDEST_API))
        msg = (
            f"The engine at {client.api.base_url} is too old: it speaks version "
            f"{version['ApiVersion']} of Docker's API, and {oldest} is needed. Take "
            "Docker 19.03 or newer, or Podman 3 or newer."
        )
        raise EngineTooOldError(msg)
    program = "podman" if "Podman" in names else "docker"
    return Engine(client, version["Arch"], program)


def _reason(error: BaseException) -> str:
    """Find what really happened under the layers of the SDK's libraries."""
    layer: BaseException | None = error
    while layer is not None:
        inner = (layer, *(arg for arg in layer.args if isinstance(arg, Exception)))
        for kind, meaning in _MEANINGS:
            if any(isinstance(one, kind) for one in inner):
                return meaning
        layer = layer.__cause__ or layer.__context__
    return str(error)
