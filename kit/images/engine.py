"""Let the engine build an image, and hear what it does."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import marshal
import re
import secrets
import stat
import tarfile
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from kit.errors import CallError, ImageBuildError
from kit.runners.docker.container import Container, NotStartedError
from kit.runners.docker.container_spec import ContainerSpec
from kit.runners.docker.engine import Engine, engine_errors
from kit.runners.log import LogLine
from kit.template.view import parse_template

HOME = "/opt/kit"
LABEL = "kit.image"

_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_USER = r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?"


def containerfile_text(
    task: str, base: str, folders: Iterable[str], user: str | None
) -> str:
    """Return the text of a Containerfile.

    It runs nothing: any builder can carry it out, without a network, on any base that
    has Python.

    Args:
        task: The task's name.
        base: The base image.
        folders: What is copied, the one that changes least first.
        user: Who runs in it; None leaves it to the base image.
    """
    lines = [
        f"# An image for the task {_line(task)}, written by kit.",
        f"FROM {base}",
        f'LABEL {LABEL}="true"',
        f'ENV PATH="{HOME}/bin:${{PATH:-{_DEFAULT_PATH}}}"',
        f'ENV PYTHONPATH="{HOME}/site${{PYTHONPATH:+:$PYTHONPATH}}"',
        "# What changes least comes first, so that engines need not copy it again.",
        *(f"COPY {folder}/ {HOME}/" for folder in folders),
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


_UNCHECKED = (1).to_bytes(4, "little")
"""Flags of compiled files that are valid whatever their source's time is (PEP 552)."""
_HEADER = 16


@dataclass
class Layer:
    """Some files, by their paths in the image, relative to where it puts them.

    Attributes:
        files: Files of this machine.
        texts: Contents that are made here, of files to be executed.
    """

    files: dict[str, Path] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)

    def add_tree(self, name: str, source: Path) -> None:
        """Add a file, or all files of a folder but hidden and compiled ones."""
        if source.is_file():
            self.files[name] = source
            return
        for path in sorted(source.rglob("*")):
            steps = path.relative_to(source).parts
            if any(step.startswith(".") or step == "__pycache__" for step in steps):
                continue
            if path.is_file():
                self.files["/".join((name, *steps))] = path

    def contents(self, tag: str | None) -> Iterator[tuple[str, bytes, bool]]:
        """Yield each file's path, its bytes and whether it is to be executed.

        Args:
            tag: What the names of compiled files have in them, as in ``cpython-311``;
                None leaves them out.
        """
        for name, path in sorted(self.files.items()):
            data = path.read_bytes()
            yield name, data, bool(path.stat().st_mode & stat.S_IXUSR)
            if tag is not None and name.endswith(".py"):
                compiled = _compiled(path, data)
                folder, _, file = name.rpartition("/")
                if compiled is not None:
                    yield f"{folder}/__pycache__/{file[:-3]}.{tag}.pyc", compiled, False
        for name, data in sorted(self.texts.items()):
            yield name, data, True


def _compiled(path: Path, source: bytes) -> bytes | None:
    """Return a compiled file, without which each start of a container compiles anew.

    What Python left beside the source is taken if it is of this very source.
    """
    head = importlib.util.MAGIC_NUMBER + _UNCHECKED + importlib.util.source_hash(source)
    return_code = _left_behind(path)
    if return_code is None:
        try:
            code = compile(source, str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return None  # as pip does: some packages hold templates of code
        return_code = marshal.dumps(code)
    return head + return_code


def _left_behind(path: Path) -> bytes | None:
    try:
        data = Path(importlib.util.cache_from_source(str(path))).read_bytes()
        facts = path.stat()
    except (OSError, NotImplementedError):
        return None
    expected = importlib.util.MAGIC_NUMBER + bytes(4)
    for number in (int(facts.st_mtime), facts.st_size):
        expected += (number & 0xFFFFFFFF).to_bytes(4, "little")
    return data[_HEADER:] if data[:_HEADER] == expected else None


CONTAINERFILE = "Containerfile"

_IN_MEMORY = 32 * 2**20
_TIME = 315_532_800  # 1980, the first that zip files know


def context_archive(
    text: str, layers: Mapping[str, Layer], tag: str | None
) -> IO[bytes]:
    """Return the tar file; all in it is root's, and for everyone to read.

    Args:
        text: The Containerfile.
        layers: Files by the name of their folder.
        tag: What the names of compiled files have in them; None leaves them out.
    """
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller's
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add_file(tar, CONTAINERFILE, text.encode(), is_program=False)
        for folder, layer in layers.items():
            known: set[str] = set()
            _add_folders(tar, f"{folder}/", known)
            for name, data, is_program in layer.contents(tag):
                _add_folders(tar, f"{folder}/{name}", known)
                _add_file(tar, f"{folder}/{name}", data, is_program=is_program)
    file.seek(0)
    return file


def _add_folders(tar: tarfile.TarFile, name: str, known: set[str]) -> None:
    """Add the folders above a file, which have modes of their own."""
    steps = name.split("/")[:-1]
    for end in range(1, len(steps) + 1):
        folder = "/".join(steps[:end])
        if folder not in known:
            known.add(folder)
            info = tarfile.TarInfo(folder)
            info.type, info.mode, info.mtime = tarfile.DIRTYPE, 0o755, _TIME
            tar.addfile(info)


def _add_file(
    tar: tarfile.TarFile, name: str, data: bytes, *, is_program: bool
) -> None:
    info = tarfile.TarInfo(name)
    info.mode = 0o755 if is_program else 0o644
    info.size, info.mtime = len(data), _TIME
    tar.addfile(info, io.BytesIO(data))


_LAST_LINES = 8
_PATIENCE, _LAST_STEP, _PAUSE = 10.0, 2.0, 0.1
_LAYER = re.compile(r"^ ?--+> ([0-9a-f]{11,64})$")  # Docker, and Podman
_NOISE = re.compile(
    r"^ ---> (Running in|Using cache)|^--> Using cache|^Removing intermediate container"
    r"|^Successfully (built|tagged)|^COMMIT$|^[0-9a-f]{64}$"
)
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
    told = _Told(on_line)
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
                    told.hear(event)
        return told.image()
    except ImageBuildError:
        remove_untagged(engine, told.layer)
        raise
    except BaseException:
        remove_untagged(engine, _last_layer(engine, told.layer))
        raise


class _Told:
    """What an engine has said so far."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)
        self.layer = ""
        self._built: str | None = None

    def image(self) -> str:
        """Return the id of the image that was built.

        Raises:
            ImageBuildError: There is none.
        """
        if self._built is None:
            raise self.failure("it named no image at the end")
        return self._built

    def hear(self, event: dict[str, Any]) -> None:
        """Take the next of its messages.

        Raises:
            ImageBuildError: It says that it failed.
        """
        if "error" in event:
            raise self.failure(str(event["error"]).strip())
        text = event.get("stream") or event.get("status") or ""
        for line in _lines(text + "\n" + str((event.get("aux") or {}).get("ID", ""))):
            layer, built = _LAYER.search(line), _BUILT.search(line)
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


_TEMPLATE = "/kit-trial/template.pb"
_PATH_MACRO = "{{.taskTemplatePath}}"
_LAST_LINES_of_trial = 12
_SOURCE = """
import importlib, shutil, sys
if shutil.which(sys.argv[1]) is None:
    sys.exit(f"There is no {sys.argv[1]!r} on the PATH.")
module, _, name = sys.argv[2].rpartition(".")
getattr(importlib.import_module(module), name).load_task(sys.argv[3:])
"""


def check_loads(
    engine: Engine, image: str, python: str, template: bytes, platform: str | None
) -> None:
    """Load a task in a container, without running it.

    Args:
        engine: Where the image is.
        image: Its id.
        python: The path of its Python.
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
            (python, "-c", _SOURCE, words[0], resolver, *loader),
            files={_TEMPLATE: template},
            environment={pair.key: pair.value for pair in container.env},
            platform=platform,
        )
    except NotStartedError as error:
        raise ImageBuildError(f"The image's Python does not start: {error}") from error
    if answer.status:
        lines = answer.text("stdout", "stderr").splitlines()[-_LAST_LINES_of_trial:]
        tail = "\n".join(lines)
        msg = (
            "The image was built, but the task cannot be loaded in it, so it was "
            f"removed. Its last lines:\n{tail}\nName what is missing in packages, or "
            "choose a base image that has it."
        )
        raise ImageBuildError(msg)
