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
from kit.runners.docker.diagnosis import other_kit
from kit.runners.docker.engine import Engine
from kit.runners.log import LogLine
from kit.template.view import parse_template

_SECONDS = 120.0
_TEMPLATE = "/kit-smoke-test/template.pb"
_PATH_MACRO = "{{.taskTemplatePath}}"
_SMOKE_TEST_LINES = 12
_SOURCE = """
import importlib, importlib.util, shutil, sys
program, resolver, modules, *loader = sys.argv[1:]
if shutil.which(program) is None:
    sys.exit(f"There is no {program!r} on the PATH.")
missing = [name for name in modules.split() if importlib.util.find_spec(name) is None]
if missing:
    sys.exit(f"Modules that the task imports are missing: {', '.join(missing)}.")
module, _, name = resolver.rpartition(".")
getattr(importlib.import_module(module), name).load_task(loader)
"""


_OWNERS = """
from importlib import metadata
for found in metadata.distributions():
    if any(str(file) == "kit/__init__.py" for file in found.files or ()):
        print(found.metadata["Name"])
"""
"""Lists the distributions that have a package ``kit``."""


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
    """Load a task in a container of an image that was just built.

    Args:
        engine: Where the image is.
        image: Its id.
        template: The serialized TaskTemplate, whose arguments are kit's or flytekit's.
        platform: As in ``linux/arm64``, of an image that is for several.

    Raises:
        ImageBuildError: It cannot be loaded there; with the last lines.
        EngineError: The engine fails.
    """
    problem = loading_problem(engine, image, template, platform)
    if problem:
        msg = (
            "The image was built, but the task cannot be loaded in it, so it was "
            f"removed. Its last lines:\n{problem}\nName what is missing in packages, "
            "or choose a base image that has it."
        )
        raise ImageBuildError(msg)


def loading_problem(
    engine: Engine,
    image: str,
    template: bytes,
    platform: str | None,
    modules: Sequence[str] = (),
) -> str:
    """Load a task in a container, without running it; return why it does not load.

    Args:
        engine: Where the image is.
        image: Its name or id.
        template: The serialized TaskTemplate, whose arguments are kit's or flytekit's.
        platform: As in ``linux/arm64``, of an image that is for several.
        modules: Top-level modules that have to be there, too.

    Returns:
        The last lines that it wrote; empty if it loads, and for a container whose
        command is the author's own.

    Raises:
        EngineError: The engine fails.
    """
    container = parse_template(template, "the task's template").container
    words = list(container.args)
    if "--resolver" not in words or "--" not in words:
        return ""
    resolver = words[words.index("--resolver") + 1]
    loader = [
        _TEMPLATE if word == _PATH_MACRO else word
        for word in words[words.index("--") + 1 :]
    ]
    script = ("python3", "-c", _SOURCE)
    try:
        answer = ask(
            engine,
            image,
            (*script, words[0], resolver, " ".join(modules), *loader),
            files={_TEMPLATE: template},
            environment={pair.key: pair.value for pair in container.env},
            platform=platform,
        )
    except NotStartedError as error:
        return f"The image's python3 does not start: {error}"
    if not answer.status:
        return ""
    lines = answer.text("stdout", "stderr").splitlines()[-_SMOKE_TEST_LINES:]
    text = "\n".join(lines) or f"It ended with the exit status {answer.status}."
    owners = ask(engine, image, ("python3", "-c", _OWNERS), platform=platform)
    other = other_kit(text, owners.text("stdout").split())
    return f"{text}\n{other}." if other else text


def _archive(files: Mapping[str, bytes]) -> IO[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, data in files.items():
            info = tarfile.TarInfo(path.lstrip("/"))
            info.mode, info.size = 0o644, len(data)
            tar.addfile(info, io.BytesIO(data))
    buffer.seek(0)
    return buffer
