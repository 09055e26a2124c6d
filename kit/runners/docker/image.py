"""The image of a task: in the engine, pulled, or an error that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from kit.errors import CallError, EngineError, ImageNotFoundError, nearest
from kit.runners.docker.engine import Engine, engine_errors

__all__ = ["LocalImage", "Pull", "check_pull", "find_image"]

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
