"""A build by the engine: its log, and what it leaves behind."""

from __future__ import annotations

import contextlib
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import IO, Any

from kit.errors import ImageBuildError
from kit.runners.docker.engine import Engine, engine_errors

CONTAINERFILE = "Containerfile"
LABEL = "kit.image"
_LAST_LINES = 8
_PATIENCE, _LAST_STEP, _PAUSE = 10.0, 2.0, 0.1
_LAYER = re.compile(r"^ ?--+> ([0-9a-f]{11,64})$")  # Docker, and Podman
_NOISE = re.compile(
    r"^ ---> (Running in|Using cache)|^--> Using cache|^Removing intermediate container"
    r"|^Successfully (built|tagged)|^COMMIT$|^[0-9a-f]{64}$"
)
_STAGE = re.compile(r"^(\[[\d/]+\] )?STEP \d+/\d+ ?: FROM ", re.IGNORECASE)
_BUILT = re.compile(r"(?:^Successfully built |^sha256:)([0-9a-f]{12,64})$")


def build(
    engine: Engine,
    context: IO[bytes],
    *,
    platform: str | None,
    on_line: Callable[[str], None],
) -> str:
    """Build an image without a network, and return its id.

    A build that fails or is interrupted leaves no container and no image behind.

    Args:
        engine: Who builds.
        context: A tar file with a Containerfile.
        platform: As in ``linux/arm64``; None leaves it to the base image.
        on_line: Called with each line that the engine says.

    Raises:
        ImageBuildError: In the engine's words, after its last lines.
        EngineError: It stopped answering.
    """
    log = _BuildLog(on_line)
    try:
        with engine_errors("build the image"):
            events = engine.client.api.build(
                fileobj=context,
                custom_context=True,
                dockerfile=CONTAINERFILE,
                rm=True,
                forcerm=True,
                network_mode="none",
                platform=platform,
                decode=True,
            )
            with contextlib.closing(events):
                for event in events:
                    log.read(event)
        return log.image()
    except ImageBuildError:
        remove_untagged(engine, log.layer)
        raise
    except BaseException:
        remove_untagged(engine, _last_layer(engine, log.layer))
        raise
    finally:
        for stage in log.stages:
            remove_untagged(engine, stage)


def give_tag(engine: Engine, image: str, tag: str) -> None:
    """Give an image its name; an older one of kit's that loses it by that is removed.

    Raises:
        EngineError: The engine refuses the name.
    """
    from docker.errors import ImageNotFound
    from docker.utils import parse_repository_tag

    api = engine.client.api
    repository, version = parse_repository_tag(tag)
    old = None
    with engine_errors("name the image"):
        with contextlib.suppress(ImageNotFound):
            old = api.inspect_image(tag)
        api.tag(image, repository, version or "latest")
    if old is not None and LABEL in ((old.get("Config") or {}).get("Labels") or {}):
        remove_untagged(engine, old["Id"])


def remove_untagged(engine: Engine, image: str) -> None:
    """Remove an image and the layers that only it has, unless it is in use or named.

    A build that was interrupted may still have a container of it for a moment.
    """
    from docker.errors import APIError, DockerException
    from requests import RequestException

    deadline = time.monotonic() + _PATIENCE
    with contextlib.suppress(DockerException, RequestException):
        while not engine.client.api.inspect_image(image)["RepoTags"]:
            try:
                engine.client.api.remove_image(image)
            except APIError as error:  # noqa: PERF203 - few
                is_used = "container" in (error.explanation or "")
                if not is_used or time.monotonic() > deadline:
                    return
                time.sleep(_PAUSE)


class _BuildLog:
    """What an engine has printed so far.

    Attributes:
        layer: The id of the last layer.
        stages: The ids of the last layers of earlier stages.
    """

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)
        self.layer = ""
        self.stages: list[str] = []
        self._built: str | None = None

    def image(self) -> str:
        """Return the id of the image that was built.

        Raises:
            ImageBuildError: There is none.
        """
        if self._built is None:
            raise self.failure("it named no image at the end")
        return self._built

    def read(self, event: dict[str, Any]) -> None:
        """Read the next of its messages.

        Raises:
            ImageBuildError: It says that it failed.
        """
        if "error" in event:
            raise self.failure(str(event["error"]).strip())
        text = event.get("stream") or event.get("status") or ""
        for line in _lines(text + "\n" + str((event.get("aux") or {}).get("ID", ""))):
            layer, built = _LAYER.search(line), _BUILT.search(line)
            if _STAGE.search(line) and self.layer:
                self.stages.append(self.layer)
            if layer is not None:
                self.layer = layer[1]
            elif built is not None:
                self._built = self.layer = built[1]
            elif not _NOISE.search(line):
                self._lines.append(line)
                self._on_line(line)

    def failure(self, words: str) -> ImageBuildError:
        """Say that it failed, after its last lines."""
        before = [line for line in self._lines if line != words]
        tail = "".join(f"\n  {line}" for line in before)
        return ImageBuildError(f"The engine could not build the image: {words}{tail}")


def _lines(text: str) -> Iterator[str]:
    return (line.rstrip() for line in text.splitlines() if line.strip())


def _last_layer(engine: Engine, layer: str) -> str:
    """Return the layer that an engine still makes on top of one, if it does so soon.

    It ends the step that it is in, although nobody listens any more.
    """
    from docker.errors import DockerException
    from requests import RequestException

    api = engine.client.api
    deadline = time.monotonic() + _LAST_STEP
    with contextlib.suppress(DockerException, RequestException):
        below = api.inspect_image(layer)["Id"]
        while time.monotonic() < deadline:
            unnamed = {"label": LABEL, "dangling": True}
            for one in api.images(filters=unnamed, quiet=True):
                if api.inspect_image(one)["Parent"] == below:
                    return str(one)
            time.sleep(_PAUSE)
    return layer
