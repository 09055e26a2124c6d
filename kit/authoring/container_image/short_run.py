"""Ask something of an image: a short command in a container of it."""

from __future__ import annotations

import io
import secrets
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from kit.runners.docker.container import Container
from kit.runners.docker.container_spec import ContainerSpec
from kit.runners.docker.engine import Engine
from kit.runners.log_line import LogLine

__all__ = ["Answer", "ask"]

_SECONDS = 120.0


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


def _archive(files: Mapping[str, bytes]) -> IO[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, data in files.items():
            info = tarfile.TarInfo(path.lstrip("/"))
            info.mode, info.size = 0o644, len(data)
            tar.addfile(info, io.BytesIO(data))
    buffer.seek(0)
    return buffer
