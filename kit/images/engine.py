"""Let the engine build an image, and hear what it does."""

from __future__ import annotations

import contextlib
import io
import json
import re
import secrets
import stat
import tarfile
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from kit.errors import CallError, ImageBuildError
from kit.runners.docker.container import Container, NotStartedError
from kit.runners.docker.container_spec import ContainerSpec
from kit.runners.docker.engine import Engine, engine_errors
from kit.runners.log import LogLine
from kit.template.view import parse_template

SITE = "/opt/kit/site"
LABEL = "kit.image"
_WHEELS = "/opt/kit/wheels"
_EPOCH = 315_532_800
"""1980, for files that do not differ from build to build."""
_COMPILE = (
    "import compileall, py_compile as p; compileall.compile_dir('.', quiet=2, "
    "invalidation_mode=p.PycInvalidationMode.UNCHECKED_HASH)"
)
"""Compiled files without times in them, so that an engine reuses an equal layer."""

_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_USER = r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?"


def containerfile_text(task: str, base: str, user: str | None) -> str:
    """Return the text of a Containerfile.

    Its context has the folder ``wheels``, with pip and a list of what it installs, and
    the folder ``task`` with modules of one's own.  Nothing in it needs a network, a
    shell or the pip of the base image.

    Args:
        task: The task's name.
        base: The base image.
        user: Who runs in it; None leaves it to the base image.
    """
    install = ["python3", f"{_WHEELS}/pip.whl/pip", "install", "--isolated"]
    install += ["--no-index", "--no-deps", "--no-compile", "--target=."]
    install += [f"--find-links={_WHEELS}", f"--requirement={_WHEELS}/requirements.txt"]
    lines = [
        f"# An image for the task {_line(task)}, written by kit.",
        f"FROM {base} AS packages",
        f'LABEL {LABEL}="packages"',
        "USER 0",
        f"WORKDIR {SITE}",
        f"COPY wheels/ {_WHEELS}/",
        f"RUN {json.dumps(install)}",
        f"RUN {json.dumps(['python3', '-c', _COMPILE])}",
        "",
        f"FROM {base}",
        f'LABEL {LABEL}="true"',
        f'ENV PATH="{SITE}/bin:${{PATH:-{_DEFAULT_PATH}}}"',
        f'ENV PYTHONPATH="{SITE}${{PYTHONPATH:+:$PYTHONPATH}}"',
        f"COPY --from=packages {SITE}/ {SITE}/",
        f"COPY task/ {SITE}/",
        f"LABEL kit.task={_quoted(task)}",
        *([f"USER {user}"] if user else []),
    ]
    return "\n".join(lines) + "\n"


def check_user(user: object) -> None:
    """Refuse what is no user's name or number.

    Raises:
        CallError: Saying what one is.
    """
    if user is None or (isinstance(user, str) and re.fullmatch(_USER, user)):
        return
    msg = f"user must be a name or number such as '1000' or '1000:1000', got {user!r}."
    raise CallError(msg)


def _line(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


def _quoted(text: str) -> str:
    return '"' + re.sub(r'([\\"$])', r"\\\1", _line(text)) + '"'


CONTAINERFILE = "Containerfile"

_IN_MEMORY = 32 * 2**20


def tree_files(name: str, source: Path) -> dict[str, Path]:
    """Return a file, or all files of a folder but hidden and compiled ones.

    Args:
        name: Its path in a build's context.
        source: The file or folder.
    """
    if source.is_file():
        return {name: source}
    files = {}
    for path in sorted(source.rglob("*")):
        steps = path.relative_to(source).parts
        is_hidden = any(s.startswith(".") or s == "__pycache__" for s in steps)
        if path.is_file() and not is_hidden:
            files["/".join((name, *steps))] = path
    return files


def context_archive(text: str, files: Mapping[str, Path | bytes]) -> IO[bytes]:
    """Return the tar file of a build; all in it is root's, and for everyone to read.

    Args:
        text: The Containerfile.
        files: The other files, by their paths in the context.
    """
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller's
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder in _folders(files):
            info = tarfile.TarInfo(folder)
            info.type, info.mode, info.mtime = tarfile.DIRTYPE, 0o755, _EPOCH
            tar.addfile(info)
        for name, source in {CONTAINERFILE: text.encode(), **files}.items():
            data = source if isinstance(source, bytes) else source.read_bytes()
            info = tarfile.TarInfo(name)
            info.mode = 0o755 if _is_program(source) else 0o644
            info.size, info.mtime = len(data), _EPOCH
            tar.addfile(info, io.BytesIO(data))
    file.seek(0)
    return file


def _folders(files: Iterable[str]) -> list[str]:
    """Return the folders of a context, which have modes of their own."""
    parents = {str(folder) for name in files for folder in PurePosixPath(name).parents}
    return sorted({"wheels", "task", *parents} - {"."})


def _is_program(source: Path | bytes) -> bool:
    return isinstance(source, Path) and bool(source.stat().st_mode & stat.S_IXUSR)


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
