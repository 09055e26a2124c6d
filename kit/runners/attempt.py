"""What every runner does around the one step that is its own."""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import shutil
import site
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from flyteidl.core.literals_pb2 import Literal, LiteralMap, Scalar
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import (
    ExecutorError,
    KitError,
    SecretNotFoundError,
    StorageError,
    TemplateError,
)
from kit.runners.log import Log, LogLine
from kit.runners.process import Exit
from kit.runners.runner import Outcome, Phase, RunRequest, Timings, Verdict, judge
from kit.shim.recorder import REPORT_VARIABLE
from kit.shim.report import STEPS, RunReport, read_report
from kit.shim.secrets import SecretsManager
from kit.source.literals import exported_folders
from kit.storage.settings import is_local_file, is_local_folder, is_remote, local_path
from kit.template.macros import RenderContext, render_args
from kit.template.view import parse_template

__all__ = [
    "DECK_FILE",
    "Attempt",
    "LoaderCall",
    "Workspace",
    "container_command",
    "engine_variables",
    "inherited_environment",
    "input_paths",
    "isolated_environment",
    "loader_call",
    "local_command",
    "new_execution_id",
    "python_path",
    "refuse_main",
    "secret_variables",
    "with_moved_files",
]


DECK_FILE = "deck.html"
"""Where the decks are, in the folder of outputs."""


@dataclass(frozen=True)
class Workspace:
    """Where a run's files are.

    Attributes:
        directory: The folder itself, absolute.
        is_temporary: Whether it was made for this run alone.
    """

    directory: Path
    is_temporary: bool = False

    @classmethod
    def create(
        cls, directory: Path | None, *, template: bytes, inputs: bytes
    ) -> Workspace:
        """Make the folder and write what a run starts from.

        Args:
            directory: The folder, made if missing; None makes a new temporary one.
            template: The serialized TaskTemplate.
            inputs: The serialized LiteralMap.

        Raises:
            StorageError: The folder cannot be made or written, or holds a run already.
        """
        try:
            workspace = cls._placed(directory)
            workspace.fill(template, inputs)
        except OSError as error:
            msg = f"The folder of the run cannot be written: {error}."
            raise StorageError(msg) from error
        return workspace

    def discard(self) -> None:
        """Remove the folder if it was made for this run, which did not begin."""
        if self.is_temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def inputs(self) -> Path:
        """The inputs, as ``{{.input}}`` names them."""
        return self.directory / "inputs.pb"

    @property
    def template(self) -> Path:
        """The task's template, as ``{{.taskTemplatePath}}`` names it."""
        return self.directory / "task.pb"

    @property
    def outputs(self) -> Path:
        """The folder for outputs.pb, error.pb and deck.html."""
        return self.directory / "outputs"

    @property
    def raw(self) -> Path:
        """The folder for files and tables that outputs refer to."""
        return self.directory / "raw"

    @property
    def work(self) -> Path:
        """The folder the process starts in."""
        return self.directory / "work"

    @property
    def home(self) -> Path:
        """The home folder of a process that has none of its caller's."""
        return self.directory / "home"

    @property
    def log(self) -> Path:
        """All lines that the run wrote, each after the name of its stream."""
        return self.directory / "log.txt"

    @property
    def report(self) -> Path:
        """What the run tells of itself from inside, where it does."""
        return self.directory / "report.json"

    @property
    def deck(self) -> Path | None:
        """The deck.html the run wrote, None if it wrote none."""
        path = self.outputs / DECK_FILE
        return path if path.is_file() else None

    def render_context(self) -> RenderContext:
        """Say what the macros of the container's arguments stand for."""
        return RenderContext(
            input=_literal(self.inputs),
            input_prefix=_literal(self.directory),
            output_prefix=_literal(self.outputs),
            raw_output_data_prefix=_literal(self.raw),
            checkpoint_output_prefix=_literal(self.raw / "_flytecheckpoints"),
            generated_name="local-n0-0",
            namespace="local",
            task_template_path=_literal(self.template),
        )

    @classmethod
    def _placed(cls, directory: Path | None) -> Workspace:
        if directory is not None:
            return cls(directory.absolute())
        made = Path(tempfile.mkdtemp(prefix="kit-run-"))
        return cls(made.absolute(), is_temporary=True)

    def fill(self, template: bytes, inputs: bytes) -> None:
        """Make its folders and write what a run starts from, or discard it.

        Raises:
            StorageError: It holds a run already.
            OSError: It cannot be written.
        """
        try:
            self.work.mkdir(parents=True, exist_ok=True)
            self._refuse_leftovers()
            self.outputs.mkdir(exist_ok=True)
            self.raw.mkdir(exist_ok=True)
            self.template.write_bytes(template)
            self.inputs.write_bytes(inputs)
        except OSError:
            self.discard()
            raise

    def _refuse_leftovers(self) -> None:
        """An earlier run's verdict must not be taken for this one's."""
        if self.outputs.is_dir() and any(self.outputs.iterdir()):
            msg = (
                f"The folder {self.directory} holds the outputs of another run. "
                "Give a new or empty folder."
            )
            raise StorageError(msg)


def _literal(path: Path) -> str:
    """Write a path so that the engine's renderer, which expands ``$``, keeps it."""
    return str(path).replace("$", "$$")


_ENTRYPOINTS = {
    "kit-execute": ("kit.entrypoint",),
    "pyflyte-execute": ("flytekit.bin.entrypoint", "pyflyte-execute"),
}


@dataclass(frozen=True)
class LoaderCall:
    """How a container's arguments say to load the task.

    Attributes:
        resolver: Dotted location of the resolver.
        arguments: Its loader arguments.
    """

    resolver: str
    arguments: tuple[str, ...]


def container_command(
    template: TaskTemplate, workspace: Workspace, inputs: LiteralMap
) -> list[str]:
    """Render a container's command and arguments for a run in this workspace.

    Raises:
        TemplateError: The template has no container, or one without a command.
        MacroError: A macro cannot be rendered.
    """
    container = template.container
    words = [*container.command, *container.args]
    if not words:
        msg = (
            f"The template of {template.id.name!r} has no container command to run: "
            "make it from a task, or give its container args."
        )
        raise TemplateError(msg)
    return render_args(words, workspace.render_context(), inputs)


def local_command(command: list[str]) -> list[str]:
    """Exchange an entrypoint for this interpreter running the same module.

    Whatever is installed in the environment of this interpreter is used then, not what
    comes first on the PATH.  Any other program stays as it is.
    """
    entrypoint = _ENTRYPOINTS.get(command[0])
    if entrypoint is None:
        return command
    return [sys.executable, "-m", *entrypoint, *command[1:]]


def loader_call(template_name: str, command: list[str]) -> LoaderCall:
    """Find the resolver and the loader arguments in a rendered command.

    Raises:
        TemplateError: The command does not name them as ``kit-execute`` takes them.
    """
    try:
        resolver = command[command.index("--resolver") + 1]
        arguments = command[command.index("--") + 1 :]
    except (ValueError, IndexError) as error:
        msg = (
            f"The command of {template_name!r} names no resolver with its arguments "
            f"('--resolver LOCATION -- ARGUMENTS'): {command!r}. Such a task "
            "cannot run in-process; take the subprocess runner."
        )
        raise TemplateError(msg) from error
    return LoaderCall(resolver, tuple(arguments))


def refuse_main(template_name: str, command: list[str]) -> None:
    """Refuse an executor that another process would look for in its own ``__main__``.

    Raises:
        ExecutorError: Saying what to do about it.
    """
    for word in command:
        if word.startswith("__main__."):
            msg = (
                f"The executor {word} of {template_name!r} lives in a notebook or "
                "script, which no other process can import. Move it to a module, or "
                "run it here with runner='in-process'."
            )
            raise ExecutorError(msg)


_OF_THE_INTERPRETER = ("DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PYTHONHOME")
"""What an interpreter may need to start at all."""
_KERNEL_ONLY = ("JPY_PARENT_PID", "JPY_SESSION_NAME")
_INLINE_BACKEND = "module://matplotlib_inline"


def engine_variables(template: TaskTemplate, *, execution_id: str) -> dict[str, str]:
    """Return a template's own variables and those the engine adds after them.

    Their names are those of flyteplugins' ``flytek8s/k8s_resource_adds.go``.
    ``PYTHONUNBUFFERED`` comes on top, so that lines arrive when they are written.
    """
    task = template.id
    own = {pair.key: pair.value for pair in template.container.env}
    return {
        "PYTHONUNBUFFERED": "1",
        **own,
        "FLYTE_INTERNAL_EXECUTION_WORKFLOW": f"local:local:{task.name}",
        "FLYTE_INTERNAL_EXECUTION_ID": execution_id,
        "FLYTE_INTERNAL_EXECUTION_PROJECT": task.project or "local",
        "FLYTE_INTERNAL_EXECUTION_DOMAIN": task.domain or "local",
        "FLYTE_ATTEMPT_NUMBER": "0",
        "FLYTE_INTERNAL_TASK_PROJECT": task.project,
        "FLYTE_INTERNAL_TASK_DOMAIN": task.domain,
        "FLYTE_INTERNAL_TASK_NAME": task.name,
        "FLYTE_INTERNAL_TASK_VERSION": task.version,
    }


def new_execution_id() -> str:
    """Return a name for an execution, of the form Flyte allows, that no other has."""
    return f"local-{secrets.token_hex(5)}"


def inherited_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the parent's variables without those that only mean its Jupyter kernel."""
    kept = {name: value for name, value in environ.items() if name not in _KERNEL_ONLY}
    if kept.get("MPLBACKEND", "").startswith(_INLINE_BACKEND):
        del kept["MPLBACKEND"]  # draws into a notebook that the child does not have
    return kept


def isolated_environment(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return the variables that the official images of Python have, and no others.

    The programs of this interpreter come first, and packages that its user installed
    count as installed.

    Args:
        environ: The parent's variables, for what the interpreter needs to start.
        home: A folder without anything of the user's.
    """
    kept = {name: environ[name] for name in _OF_THE_INTERPRETER if name in environ}
    programs = (str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin")
    if site.ENABLE_USER_SITE:
        kept["PYTHONUSERBASE"] = site.getuserbase()
    path = os.pathsep.join(programs)
    return {**kept, "PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}


def python_path() -> str:
    """Return a ``PYTHONPATH`` that finds what this process can import.

    Modules that it has exported are among that. The folders of the installation itself
    are left out: the same interpreter has them, and named here they would come before
    the standard library.
    """
    installed = _installation()
    entries = (*exported_folders(), *sys.path)
    folders = (Path(entry).absolute() for entry in entries)
    own = (str(path) for path in folders if path.resolve() not in installed)
    return os.pathsep.join(dict.fromkeys(own))


def _installation() -> frozenset[Path]:
    library = Path(sysconfig.get_path("stdlib")).resolve()
    version = "".join(map(str, sys.version_info[:2]))
    named = sysconfig.get_paths().values()
    places = [*named, *site.getsitepackages(), site.getusersitepackages()]
    resolved = (Path(place).resolve() for place in places)
    zipped = library.parent / f"python{version}.zip"
    return frozenset({*resolved, library / "lib-dynload", zipped})


_ENTRYPOINTS_of_attempt = ("kit-execute", "kit.entrypoint")


class Attempt:
    """One try at a request: its files, its command, its log, and its end.

    At the end of the ``with`` block its log is finished; the folder that was made for
    what never started is gone then.

    Args:
        request: What to run.
        runner: Name of the runner.

    Raises:
        TemplateError: The template or its command cannot be run.
        StorageError: The folder of the run cannot be written.
    """

    def __init__(self, request: RunRequest, runner: str) -> None:
        self._began = time.monotonic()
        self._clock = time.time() - self._began
        self._runner = runner
        self.request = request
        self.template = parse_template(request.template, "the run's template")
        self.workspace = Workspace.create(
            request.directory, template=request.template, inputs=request.inputs
        )
        self.log = Log() if request.log is None else request.log
        self.log.write_to(self.workspace.log)
        self.inputs = LiteralMap.FromString(request.inputs)
        self._has_started = False
        self.words = self._rendered()
        self.timeout = request.timeout_for(self.template)
        self.environment = {
            **engine_variables(self.template, execution_id=new_execution_id()),
            **request.environment,
        }

    def __enter__(self) -> Attempt:  # noqa: PYI034 - Python 3.10 has no Self
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish the log; if something was raised, that says more than its error."""
        errors = () if exception_type is None else (StorageError,)
        with contextlib.suppress(*errors):
            self.log.close()
        if exception_type is not None and not self._has_started:
            self.workspace.discard()

    @property
    def name(self) -> str:
        """Name of the task."""
        return self.template.id.name

    def note_start(self, **facts: Any) -> None:
        """Tell that the task starts; ``facts`` are fields of the outcome so far."""
        self._has_started = True
        if self.request.on_start is not None:
            self.request.on_start(self._standing(Phase.RUNNING, **facts))

    def on_line(self, line: LogLine) -> None:
        """Keep a line that the task wrote, and pass it on."""
        self.log.append(line)
        if self.request.on_log is not None:
            self.request.on_log(line)

    def judge(self, end: Exit) -> Verdict:
        """Judge by the files of the run and how its process ended."""
        return judge(
            self.workspace.outputs,
            end,
            declared=tuple(self.template.interface.outputs.variables),
            timeout=self.timeout,
        )

    @property
    def report_variables(self) -> dict[str, str]:
        """The variable that asks kit's entrypoint for a report; in no shown command."""
        if any(name in word for word in self.words for name in _ENTRYPOINTS_of_attempt):
            return {REPORT_VARIABLE: str(self.workspace.report)}
        return {}

    @functools.cached_property
    def report(self) -> RunReport | None:
        """What the run, which has ended, told of itself from inside."""
        return read_report(self.workspace.report)

    def timings(self, started: float, ended: float) -> Timings:
        """Tell the parts that are seen from outside, and those that the run reports.

        Args:
            started: When the process was started, by ``time.monotonic``.
            ended: When it had ended.
        """
        stage, whole = started - self._began, ended - started
        steps = {} if self.report is None else self._steps(self.report, started, whole)
        if not steps:
            now = time.monotonic()
            return Timings(stage=stage, execute=whole, collect=now - ended)
        collect = time.monotonic() - started - sum(steps.values())
        return Timings(stage=stage, collect=collect, **steps)

    def _steps(
        self, report: RunReport, started: float, whole: float
    ) -> dict[str, float]:
        """Return the seconds of a report, unless they cannot be true."""
        steps = {name: report.seconds[name] for name in STEPS if name in report.seconds}
        inside = sum(steps.values())
        start = report.began - self._clock - started
        if 0 <= start <= whole:  # else another machine's clock
            steps["start"] = start
        return steps if inside <= whole else {}

    def outcome(self, verdict: Verdict, **facts: Any) -> Outcome:
        """Say how it ended; ``facts`` are further fields of the outcome."""
        self.log.close()
        return self._standing(
            verdict.phase,
            literals=verdict.literals,
            error=verdict.error,
            report=self.report,
            deck=self.workspace.deck,
            **facts,
        )

    def _rendered(self) -> list[str]:
        try:
            return container_command(self.template, self.workspace, self.inputs)
        except KitError:
            self.workspace.discard()
            raise

    def _standing(self, phase: Phase, **facts: Any) -> Outcome:
        return Outcome(
            task=self.name,
            runner=self._runner,
            phase=phase,
            logs=self.log,
            environment=self.environment,
            directory=self.workspace.directory,
            **facts,
        )


_MSGPACK = "msgpack"
_LOCATIONS = ("path", "uri")  # of files and frames that are fields of a dataclass

Move = Callable[[str], str]


def input_paths(inputs: LiteralMap) -> list[Path]:
    """Return the absolute local files and folders that literals refer to, each once.

    What is not here is left to the task, as on the cluster.
    """
    named: dict[str, None] = {}

    def note(uri: str) -> str:
        named[uri] = None
        return uri

    with_moved_files(inputs, note)
    paths = (Path(local_path(uri)) for uri in named if not is_remote(uri))
    return [
        path
        for path in paths
        if path.is_absolute()
        and (is_local_file(str(path)) or is_local_folder(str(path)))
    ]


def with_moved_files(inputs: LiteralMap, move: Move) -> LiteralMap:
    """Return literals that name their files as ``move`` says, from the old names."""
    moved = LiteralMap()
    moved.CopyFrom(inputs)
    _move_all(moved.literals.values(), move)
    return moved


def _move_all(literals: Iterable[Literal], move: Move) -> None:
    for literal in literals:
        kind = literal.WhichOneof("value")
        if kind == "collection":
            _move_all(literal.collection.literals, move)
        elif kind == "map":
            _move_all(literal.map.literals.values(), move)
        elif kind == "offloaded_metadata":
            _move(literal.offloaded_metadata, move)
        elif kind == "scalar":
            _move_scalar(literal.scalar, move)


def _move_scalar(scalar: Scalar, move: Move) -> None:
    kind = scalar.WhichOneof("value")
    if kind in ("blob", "schema", "structured_dataset"):
        _move(getattr(scalar, kind), move)
    elif kind == "union":
        _move_all([scalar.union.value], move)
    elif kind == "binary" and scalar.binary.tag == _MSGPACK:
        import msgpack

        before = msgpack.unpackb(scalar.binary.value, strict_map_key=False)
        after = _move_plain(before, move)
        if after != before:
            scalar.binary.value = msgpack.packb(after)


def _move(message: Any, move: Move) -> None:
    uri = move(message.uri)
    if uri != message.uri:
        message.uri = uri


def _move_plain(value: Any, move: Move) -> Any:
    if isinstance(value, list):
        return [_move_plain(item, move) for item in value]
    if isinstance(value, dict):
        return {
            key: move(item)
            if key in _LOCATIONS and isinstance(item, str)
            else _move_plain(item, move)
            for key, item in value.items()
        }
    return value


def secret_variables(
    template: TaskTemplate, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables in which a container finds the secrets it asks for.

    Here a secret may be in a variable without Flyte's prefix (``GROUP_KEY``), as for a
    task that is called directly.  One that is nowhere is left out: the task says so if
    it asks for it.

    Args:
        template: The task, with the secrets it requests.
        environ: Where to look.
    """
    manager = SecretsManager(local=True, environ=environ)
    found: dict[str, str] = {}
    for secret in template.security_context.secrets:
        names = (secret.group, secret.key, secret.group_version)
        try:
            found[manager.get_secrets_env_var(*names)] = manager.get(*names)
        except SecretNotFoundError:
            continue
    return found
