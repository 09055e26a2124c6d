"""Find the container engine of this machine, or say what is wrong with each place."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from kit.errors import (
    CallError,
    EngineError,
    EngineNotFoundError,
    EngineTooOldError,
    ImageNotFoundError,
    MissingPackageError,
    nearest,
)
from kit.runners.session import session_is_dead

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
        socket: The path of its socket, None if it is reached in another way.
    """

    client: Any
    architecture: str
    program: str
    socket: str | None = None

    def cores(self) -> int:
        """Return how many cores it has for all of its containers."""
        with engine_errors("tell its cores"):
            return int(self.client.info()["NCPU"])

    def security_options(self) -> tuple[str, ...]:
        """Return what it does to containers, as in ``name=rootless``."""
        with engine_errors("tell its security options"):
            return tuple(self.client.info().get("SecurityOptions") or ())


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
    options, version = _first_that_answers(os.environ if environ is None else environ)
    _check_age(version)
    client = _client(options, version["ApiVersion"], timeout=_CALL_SECONDS)
    names = " ".join(part["Name"] for part in version.get("Components") or ())
    program = "podman" if "Podman" in names else "docker"
    try:
        yield Engine(client, version["Arch"], program, _socket_path(options))
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


def _first_that_answers(
    environ: Mapping[str, str],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return how to connect to an engine, and what it says of itself."""
    try:
        from docker.errors import DockerException
        from requests import RequestException
    except ImportError as error:
        raise MissingPackageError("docker", extra="docker") from error
    tried: list[str] = []
    for place, make_options in _places(environ):
        try:
            options = make_options()
            return options, _version(options)
        except (DockerException, RequestException, OSError) as error:  # noqa: PERF203 - few
            tried.append(f"\n  {place}: {_reason(error)}")
    msg = f"No container engine answers on this machine.{''.join(tried)}\n{_WHAT_TO_DO}"
    raise EngineNotFoundError(msg)


def _version(options: dict[str, Any]) -> dict[str, Any]:
    """Ask an engine what it is, whatever version of the interface it speaks."""
    path = _socket_path(options)
    if path is not None:  # the SDK would leave its socket open
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_HANDSHAKE_SECONDS)
            probe.connect(path)
    oldest = ".".join(map(str, _OLDEST_API))
    client = _client(options, oldest, timeout=_HANDSHAKE_SECONDS)
    try:
        return dict(client.api.version(api_version=False))
    finally:
        client.close()


def _socket_path(options: Mapping[str, Any]) -> str | None:
    scheme, _, path = str(options.get("base_url", "")).partition("://")
    return path if scheme in ("unix", "http+unix") else None


def _client(options: dict[str, Any], version: str, *, timeout: float) -> Any:
    import docker

    return docker.DockerClient(version=version, timeout=timeout, **options)


def _check_age(version: dict[str, Any]) -> None:
    spoken = version["ApiVersion"]
    if tuple(map(int, spoken.split("."))) < _OLDEST_API:
        oldest = ".".join(map(str, _OLDEST_API))
        msg = (
            f"The engine {version.get('Version', '')} is too old: it speaks version "
            f"{spoken} of Docker's API, and {oldest} is needed. Take Docker 19.03 or "
            "newer, or Podman 3 or newer."
        )
        raise EngineTooOldError(msg)


def _places(
    environ: Mapping[str, str],
) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
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
    yield usual, functools.partial(dict, base_url=usual)
    context, options = _context(environ)
    if options:
        yield f"{options['base_url']} (the Docker CLI's {context})", options.copy
    for path in _podman_sockets(environ):
        if Path(path).exists():
            url = f"unix://{path}"
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
    if context is None or context.Name == "default" or not context.Host:
        return "", {}
    options = {"base_url": context.Host, "use_ssh_client": True}
    if context.TLSConfig:
        options["tls"] = context.TLSConfig
    return f"context {context.Name!r}", options


def _podman_sockets(environ: Mapping[str, str]) -> Iterator[str]:
    if "XDG_RUNTIME_DIR" in environ:
        yield f"{environ['XDG_RUNTIME_DIR']}/podman/podman.sock"
    yield "/run/podman/podman.sock"


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


LABEL = "kit.session"


def reap_leftovers(engine: Engine) -> int:
    """Remove the containers whose process was killed before it could; return how many.

    Raises:
        EngineError: The engine cannot list them.
    """
    from docker.errors import APIError

    api = engine.client.api
    reaped = 0
    with engine_errors("list its containers"):
        for container in api.containers(all=True, filters={"label": LABEL}):
            if session_is_dead(container["Labels"].get(LABEL, "")):
                try:
                    api.remove_container(container["Id"], force=True, v=True)
                except APIError:  # another process reaps it right now
                    continue
                reaped += 1
    return reaped


Pull = Literal["never", "missing", "always"]

_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def check_pull(pull: object) -> None:
    """Refuse what does not say when to pull.

    Raises:
        CallError: With what does.
    """
    if pull not in get_args(Pull):
        words = ", ".join(map(repr, get_args(Pull)))
        raise CallError(f"pull must be one of {words}, got {pull!r}.")


@dataclass(frozen=True)
class LocalImage:
    """An image that the engine has.

    Attributes:
        name: The name it was asked for by.
        architecture: What it was built for, as in ``amd64``.
        entrypoint: Its own command, before which the container's arguments come.
        path: Its ``PATH``.
        user: Who runs in it, as a name or a number; root if it is empty.
    """

    name: str
    architecture: str
    entrypoint: tuple[str, ...] = ()
    path: str = _DEFAULT_PATH
    user: str = ""

    def is_for(self, platform: str | None) -> bool:
        """Say whether it was built for a platform such as ``linux/arm64``."""
        return platform is None or self.architecture in platform.split("/")


def find_image(
    engine: Engine, name: str, *, pull: Pull = "never", platform: str | None = None
) -> LocalImage:
    """Return an image, pulled if that was allowed.

    Raises:
        ImageNotFoundError: The engine does not have it, or not for that platform, or
            no registry does.
    """
    if pull == "always":
        _pull(engine, name, platform)
    image = _look_up(engine, name)
    if pull == "missing" and not (image and image.is_for(platform)):
        _pull(engine, name, platform)
        image = _look_up(engine, name)
    if image is None:
        raise _missing(engine, name)
    if not image.is_for(platform):
        msg = (
            f"The engine has the image {name!r} for {image.architecture}, not for "
            f"{platform}. Pull that: {engine.program} pull --platform {platform} {name}"
        )
        raise ImageNotFoundError(msg)
    return image


def _look_up(engine: Engine, name: str) -> LocalImage | None:
    from docker.errors import ImageNotFound

    with engine_errors("look up the image"):
        try:
            return _described(name, engine.client.api.inspect_image(name))
        except ImageNotFound:
            return None


def _described(name: str, facts: Mapping[str, Any]) -> LocalImage:
    config = facts.get("Config") or {}
    variables = dict(
        pair.split("=", 1) for pair in config.get("Env") or () if "=" in pair
    )
    return LocalImage(
        name=name,
        architecture=facts.get("Architecture") or "",
        entrypoint=tuple(config.get("Entrypoint") or ()),
        path=variables.get("PATH", _DEFAULT_PATH),
        user=config.get("User") or "",
    )


def _pull(engine: Engine, name: str, platform: str | None) -> None:
    from docker.errors import APIError
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(name)
    with engine_errors("pull the image"):
        try:
            for line in engine.client.api.pull(
                repository,
                tag=tag or "latest",
                platform=platform,
                stream=True,
                decode=True,
            ):
                if "error" in line:
                    raise _not_pulled(engine, name, line["error"])
        except APIError as error:
            words = error.explanation or str(error)
            raise _not_pulled(engine, name, words) from error


def _not_pulled(engine: Engine, name: str, words: str) -> EngineError:
    return ImageNotFoundError(
        f"The image {name!r} cannot be pulled: {words}. Check its name and log in to "
        f"its registry ({engine.program} login), or build it here."
    )


def _missing(engine: Engine, name: str) -> EngineError:
    known = [
        tag for image in engine.client.api.images() for tag in image["RepoTags"] or ()
    ]
    program = engine.program
    return ImageNotFoundError(
        f"The engine has no image {name!r}.{nearest(name, known)} Pull it ({program} "
        f"pull {name}, or DockerRunner(pull='missing')), or build it ({program} build "
        f"-t {name} FOLDER)."
    )
