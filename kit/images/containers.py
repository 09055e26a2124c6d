"""Commands in a container of an image: its Python, and a smoke test of its task."""

from __future__ import annotations

import io
import secrets
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from kit.errors import ImageBuildError
from kit.runners.docker.container import Container, NotStartedError
from kit.runners.docker.container_spec import ContainerSpec
from kit.runners.docker.engine import Engine
from kit.runners.log import LogLine
from kit.template.view import parse_template

_SECONDS = 120.0
_TEMPLATE = "/kit-smoke-test/template.pb"
_PATH_MACRO = "{{.taskTemplatePath}}"
_SMOKE_TEST_LINES = 12
_SOURCE = """
import importlib, shutil, sys
if shutil.which(sys.argv[1]) is None:
    sys.exit(f"There is no {sys.argv[1]!r} on the PATH.")
module, _, name = sys.argv[2].rpartition(".")
getattr(importlib.import_module(module), name).load_task(sys.argv[3:])
"""


@dataclass(frozen=True)
class Answer:
    """What a command wrote, and how it ended.

    Attributes:
        status: Its exit status.
        lines: What it wrote.
    """

    status: int
    lines: tuple[LogLine, ...]

    def text(self, *streams: str) -> str:
        """Return what it wrote to some streams."""
        return "\n".join(line.text for line in self.lines if line.stream in streams)


def ask(
    engine: Engine,
    image: str,
    words: Sequence[str],
    *,
    files: Mapping[str, bytes] | None = None,
    environment: Mapping[str, str] | None = None,
    platform: str | None = None,
) -> Answer:
    """Run a command in a container without a network, and take it away again.

    Args:
        engine: Where the image is.
        image: Its name or id.
        words: The command.
        files: What is put into the container first, by absolute path.
        environment: Variables of the container.
        platform: As in ``linux/arm64``, of an image that is for several.

    Raises:
        NotStartedError: There is no such program in it.
        EngineError: The engine fails.
    """
    lines: list[LogLine] = []
    spec = ContainerSpec(
        name=f"kit-{secrets.token_hex(6)}",
        image=image,
        command=tuple(words[:1]),
        arguments=tuple(words[1:]),
        environment=dict(environment or {}),
        platform=platform,
    )
    with Container(engine, spec, lines.append) as container:
        with _archive(files or {}) as archive:
            container.put(archive)
        container.start()
        end = container.wait(_SECONDS)
    return Answer(end.status, tuple(lines))


def check_loads(
    engine: Engine, image: str, template: bytes, platform: str | None
) -> None:
    """Load a task in a container, without running it.

    Args:
        engine: Where the image is.
        image: Its id.
        template: The serialized TaskTemplate, whose arguments are kit's or flytekit's.
        platform: As in ``linux/arm64``, of an image that is for several.

    Raises:
        ImageBuildError: It cannot be loaded there; with the last lines.
        EngineError: The engine fails.
    """
    container = parse_template(template, "the task's template").container
    words = list(container.args)
    if "--resolver" not in words or "--" not in words:
        return  # the command is the author's own
    resolver = words[words.index("--resolver") + 1]
    loader = [
        _TEMPLATE if word == _PATH_MACRO else word
        for word in words[words.index("--") + 1 :]
    ]
    try:
        answer = ask(
            engine,
            image,
            ("python3", "-c", _SOURCE, words[0], resolver, *loader),
            files={_TEMPLATE: template},
            environment={pair.key: pair.value for pair in container.env},
            platform=platform,
        )
    except NotStartedError as error:
        raise ImageBuildError(f"The image's Python does not start: {error}") from error
    if answer.status:
        lines = answer.text("stdout", "stderr").splitlines()[-_SMOKE_TEST_LINES:]
        tail = "\n".join(lines)
        msg = (
            "The image was built, but the task cannot be loaded in it, so it was "
            f"removed. Its last lines:\n{tail}\nName what is missing in packages, or "
            "choose a base image that has it."
        )
        raise ImageBuildError(msg)


def _archive(files: Mapping[str, bytes]) -> IO[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, data in files.items():
            info = tarfile.TarInfo(path.lstrip("/"))
            info.mode, info.size = 0o644, len(data)
            tar.addfile(info, io.BytesIO(data))
    buffer.seek(0)
    return buffer
