"""One run as Flyte's engine sees it: files in, files out, and a verdict.

Success is outputs.pb, failure is error.pb, and there is never both: outputs.pb is
written whole and last.  Only a task that raises IgnoreOutputs ends well with neither.
"""

from __future__ import annotations

import argparse
import contextlib
import enum
import faulthandler
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flyteidl.core import literals_pb2

from kit.errors import KitError, OutputError
from kit.escape import shorten
from kit.resolver import load_object
from kit.shim.context import (
    ExecutionContext,
    from_environment,
    publish_decks,
    use_context,
)
from kit.shim.inputs import parse_literal_map
from kit.shim.offloading import OffloadLimits, offload
from kit.shim.telemetry import REPORT_VARIABLE, Telemetry, loaded, use_telemetry
from kit.storage import Storage, is_remote, use_storage, write_bytes
from kit.storage.urls import kept_environ

if TYPE_CHECKING:
    from types import FrameType

KIT_RESOLVER = "kit.resolver.default_task_template_resolver"
_FLYTEKIT_RESOLVER = (
    "flytekit.core.python_customized_container_task.default_task_template_resolver"
)


class ExecutionResult(enum.Enum):
    """How a run ended, as far as this process could write it down."""

    SUCCEEDED = "outputs.pb was written"
    IGNORED = "the task asked for its outputs to be ignored"
    FAILED = "error.pb was written"
    UNWRITTEN = "the task failed, and error.pb could not be written"


@dataclass(frozen=True, kw_only=True)
class ContainerRun:
    """What a container was started with.

    Attributes:
        inputs: Path or URL of inputs.pb.
        output_prefix: Folder or URL for outputs.pb, error.pb and deck.html.
        loader_args: What the resolver makes the task from.
        environ: The container's variables.
        resolver: Dotted name of the resolver; flytekit's own is served by kit's.
        raw_output_prefix: Folder or URL for files and datasets; beside the outputs by
            default.
        checkpoint_path: Where to save checkpoints, if anywhere.
        prev_checkpoint: Where an earlier attempt saved its own.
        on_error: Told of the exception behind error.pb, for a caller in this process.
        report: The file for a :class:`~kit.shim.report.RunReport`, if one is
            wanted.
    """

    inputs: str
    output_prefix: str
    loader_args: Sequence[str]
    environ: Mapping[str, str]
    resolver: str = KIT_RESOLVER
    raw_output_prefix: str | None = None
    checkpoint_path: str | None = None
    prev_checkpoint: str | None = None
    on_error: Callable[[BaseException], None] | None = None
    report: str | None = None

    def execute(self) -> ExecutionResult:
        """Run the task and write what it came to.

        Every exception ends in error.pb, SystemExit and MemoryError too, and a
        KeyboardInterrupt that the executor raises by itself.

        Raises:
            KeyboardInterrupt: Someone stopped the run; nothing is written then.
        """
        with self._telemetry() as telemetry, _noted_interrupts() as interrupts:
            try:
                self._run(telemetry)
            except KeyboardInterrupt as error:
                from kit.shim.executable import is_authors

                if is_authors(error) and not interrupts:
                    return self._failed(error)
                loaded("failure", error)
                raise
            except BaseException as error:  # noqa: BLE001 - all of them are the verdict
                return self._failed(error)
            return ExecutionResult.SUCCEEDED

    def load_resolver(self) -> Any:
        """Import the resolver.

        Raises:
            ExecutorError: It cannot be imported.
        """
        location = self.resolver
        if location == _FLYTEKIT_RESOLVER:
            location = KIT_RESOLVER
            say(
                "this template is for flytekit's runtime, and kit's runs it here: how "
                "outputs and errors are converted is not flytekit's"
            )
        return load_object(location, "resolver")

    def _context(self, folder: str, raw: str) -> ExecutionContext:
        checkpoints = None
        if self.checkpoint_path is not None:
            from kit.shim.checkpoints import Checkpoint

            checkpoints = Checkpoint(self.checkpoint_path, self.prev_checkpoint)
        return from_environment(
            self.environ,
            working_directory=folder,
            raw_output_prefix=raw,
            output_metadata_prefix=self.output_prefix,
            checkpoints=checkpoints,
        )

    @contextlib.contextmanager
    def _telemetry(self) -> Iterator[Telemetry]:
        """Give who follows the run, and let it write what it has seen."""
        if self.report is None:
            yield Telemetry()
            return
        from kit.shim.report import RunTelemetry

        telemetry = RunTelemetry()
        try:
            with use_telemetry(telemetry):
                yield telemetry
        finally:
            telemetry.write(self.report)

    def _run(self, telemetry: Telemetry) -> None:
        raw = self.raw_output_prefix or self._path("raw")
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="kit-", ignore_cleanup_errors=True)
            )
            storage = Storage(raw_output_prefix=raw, working_dir=folder)
            stack.enter_context(use_storage(storage))
            context = self._context(folder, raw)
            stack.enter_context(use_context(context, process_wide=True))
            files = self._run_task(context, storage, telemetry)
            for name, message in files.items():
                storage.write_bytes(self._path(name), message.SerializeToString())

    def _run_task(
        self, context: ExecutionContext, storage: Storage, telemetry: Telemetry
    ) -> dict[str, literals_pb2.LiteralMap | literals_pb2.Literal]:
        """Return the files to write by name, outputs.pb last."""
        telemetry.enter("load")
        resolver = self.load_resolver()
        loaded("resolver", self.resolver)
        task = resolver.load_task(loader_args=list(self.loader_args))
        loaded("instance", task)
        telemetry.enter("inputs")
        data = storage.read_bytes(self.inputs)
        inputs = parse_literal_map(data, self.inputs)
        template = task.task_template.to_flyte_idl()
        try:
            with _forks_end():
                outputs = task.dispatch_execute(context, inputs)
        finally:
            for streams in _of_the_start:
                streams.restore()
            if template.metadata.generates_deck.value:
                telemetry.enter("decks")
                self._write_decks(context)
        telemetry.enter("outputs")
        if not isinstance(outputs, literals_pb2.LiteralMap):
            msg = f"Type of output received not handled {type(outputs)}."
            raise OutputError(msg)
        large = offload(
            outputs,
            template.interface.outputs.variables,
            prefix=self.output_prefix,
            limits=OffloadLimits.from_environment(self.environ),
        )
        return {**large, "outputs.pb": outputs}

    def _write_decks(self, context: ExecutionContext) -> None:
        """Write deck.html; a run is not lost for it."""
        try:
            publish_decks(context)
        except (KitError, OSError) as error:
            say(f"deck.html could not be written: {error}")

    def _failed(self, error: BaseException) -> ExecutionResult:
        from kit.shim.error_document import is_ignore_outputs

        if is_ignore_outputs(error):
            say(f"the task asked for its outputs to be ignored: {error}")
            return ExecutionResult.IGNORED
        loaded("failure", error)
        if self.on_error is not None:
            self.on_error(error)
        return self._write_error(error)

    def _write_error(self, error: BaseException) -> ExecutionResult:
        from kit.shim.error_document import error_document, error_file_name

        document = error_document(error, self.environ)
        text = shorten(document.error.message, _LONGEST_LOGGED)
        say(f"the task failed with {document.error.code}\n{text}")
        path = self._path(error_file_name(self.environ))
        try:
            write_bytes(path, document.SerializeToString())
        except (KitError, OSError) as failure:
            say(f"{path} could not be written: {failure}")
            return ExecutionResult.UNWRITTEN
        return ExecutionResult.FAILED

    def _path(self, name: str) -> str:
        return f"{self.output_prefix.rstrip('/')}/{name}"


@contextlib.contextmanager
def _forks_end() -> Iterator[None]:
    """End a process that the executor forked, which would write the run's outputs too.

    Its parent alone speaks for the run.
    """
    own = os.getpid()
    try:
        yield
    except SystemExit as error:
        if os.getpid() != own:
            os._exit(error.code if isinstance(error.code, int) else bool(error.code))
        raise
    except BaseException as error:
        if os.getpid() != own:
            told = f"{type(error).__name__}: {error}"
            say(f"a process that the task forked failed: {told}")
            os._exit(1)
        raise
    if os.getpid() != own:
        os._exit(0)


_LONGEST_LOGGED = 20_000
"""Characters of an error in the log; error.pb has up to a megabyte."""


class _Streams:
    """Standard output and error as they are now, whatever a task closes later."""

    def __init__(self) -> None:
        self._error = sys.stderr
        self._copies = {number: os.dup(number) for number in (1, 2) if _is_open(number)}

    def restore(self) -> None:
        """Open what was closed, or else the next file that is opened is its target."""
        for number, copy in self._copies.items():
            if not _is_open(number) and _is_open(copy):
                os.dup2(copy, number)

    def write(self, text: str) -> None:
        """Write to the log; a run is not lost for a line that cannot be written."""
        try:
            self._error.write(text)
            self._error.flush()
        except (AttributeError, OSError, ValueError):  # there is none, or it is closed
            with contextlib.suppress(OSError, KeyError):
                os.write(self._copies[2], text.encode(errors="backslashreplace"))

    def close(self) -> None:
        """Leave the streams open, and nothing else."""
        self.restore()
        for copy in self._copies.values():
            with contextlib.suppress(OSError):  # a task closed this one, too
                os.close(copy)


_of_the_start: list[_Streams] = []


def say(text: str) -> None:
    """Write a line of kit's own to standard error, told apart from a task's."""
    line = f"kit-execute: {text}\n"
    if _of_the_start:
        _of_the_start[-1].write(line)
    else:
        print(line, end="", file=sys.stderr, flush=True)  # noqa: T201 - the log


@contextlib.contextmanager
def _noted_interrupts() -> Iterator[list[int]]:
    """Note each SIGINT that arrives, which ends the run as it would anyway."""
    noted: list[int] = []
    before: Any = signal.getsignal(signal.SIGINT)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or not callable(before):
        yield noted  # no handler can be set, or none would be called
        return

    def note(number: int, frame: FrameType | None) -> None:
        noted.append(number)
        before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        if signal.getsignal(signal.SIGINT) is note:
            signal.signal(signal.SIGINT, before)


_TERMINATED = 128 + signal.SIGTERM
_UNFILLED = ("", '""')  # how the engine writes that there is none


def run_command(argv: Sequence[str] | None = None) -> int:
    """Run one task in this process.

    Args:
        argv: The arguments, without the command's name; the process's own by default.

    Returns:
        The exit status, as :mod:`kit.entrypoint` has it.
    """
    arguments = _parse(sys.argv[1:] if argv is None else list(argv))
    run = _container_run(arguments)
    _see_working_directory()
    with _signals() as received, kept_environ(), _kept_streams():
        try:
            if arguments.test:
                return _test(run)
            _prepare_store(run.output_prefix)
            verdict = run.execute()
        except BaseException:
            if received:  # while the verdict was written
                return _TERMINATED
            raise
    if received and verdict is ExecutionResult.UNWRITTEN:
        return _TERMINATED
    return _status(verdict, run.environ)


def _prepare_store(url: str) -> None:
    """Find the credentials for the outputs, before the task may change variables."""
    if not is_remote(url):
        return
    from kit.storage import converted_errors
    from kit.storage.remote import prepare

    try:
        with converted_errors("reach", url):
            prepare(url)
    except KitError as error:  # it may do when the outputs are written
        say(str(error))


@contextlib.contextmanager
def _kept_streams() -> Iterator[None]:
    streams = _Streams()
    _of_the_start.append(streams)
    try:
        yield
    finally:
        _of_the_start.pop()
        streams.close()


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _parse(argv: list[str]) -> argparse.Namespace:
    """Read the arguments; what stands behind ``--`` is the resolver's, as it is."""
    end = argv.index("--") if "--" in argv else len(argv)
    parser = _parser()
    arguments = parser.parse_args(argv[:end])
    arguments.loader_args += argv[end + 1 :]
    if not arguments.loader_args:
        parser.error("the resolver's arguments are missing: write -- TEMPLATE EXECUTOR")
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kit-execute",
        description="Run a Flyte task from its template, as its container does.",
        epilog="Example: kit-execute --inputs inputs.pb --output-prefix out "
        "--raw-output-data-prefix raw -- template.pb package.module.Executor",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--inputs", required=True, metavar="PATH", help="where inputs.pb is")
    add(
        "--output-prefix",
        required=True,
        metavar="FOLDER",
        help="where outputs.pb, error.pb and deck.html go",
    )
    add(
        "--raw-output-data-prefix",
        metavar="FOLDER",
        help="where files and datasets go (default: OUTPUT_PREFIX/raw)",
    )
    add("--checkpoint-path", metavar="FOLDER", help="where checkpoints are saved")
    add(
        "--prev-checkpoint",
        metavar="FOLDER",
        help="where an earlier attempt saved its own",
    )
    add("--test", action="store_true", help="load the resolver, then stop")
    add("--dynamic-addl-distro", metavar="URL", help="accepted and not used")
    add("--dynamic-dest-dir", metavar="FOLDER", help="accepted and not used")
    add("--resolver", default=KIT_RESOLVER, help="what loads the task (default: kit's)")
    add(
        "loader_args",
        nargs="*",
        metavar="-- TEMPLATE EXECUTOR",
        help="path of the task template, dotted name of the executor's class",
    )
    return parser


def _container_run(arguments: argparse.Namespace) -> ContainerRun:
    report = os.environ.pop(REPORT_VARIABLE, None)
    return ContainerRun(
        inputs=_from_here(arguments.inputs),
        output_prefix=_from_here(arguments.output_prefix),
        loader_args=arguments.loader_args,
        environ=dict(os.environ),
        resolver=arguments.resolver,
        raw_output_prefix=_filled(arguments.raw_output_data_prefix),
        checkpoint_path=_filled(arguments.checkpoint_path),
        prev_checkpoint=_filled(arguments.prev_checkpoint),
        report=report,
    )


def _from_here(path: str) -> str:
    """Return a local path from the root: a task may change the working directory."""
    if is_remote(path) or path.lower().startswith("file://"):
        return path
    try:
        return os.path.abspath(path)  # noqa: PTH100 - the path as it is, links too
    except FileNotFoundError:  # there is no working directory
        return path


def _filled(value: str | None) -> str | None:
    """Return a path, or None where an engine left its macro as it was."""
    if value is None or value in _UNFILLED or value.startswith("{{"):
        return None
    return _from_here(value)


def _see_working_directory() -> None:
    """Let modules of the working directory be imported, after all others."""
    with contextlib.suppress(FileNotFoundError):  # a folder that is gone has no modules
        here = str(Path.cwd())
        if all(os.path.realpath(path) != here for path in sys.path):
            sys.path.append(here)
    if "_F_RUNTIME_PACKAGES" in os.environ:
        say("_F_RUNTIME_PACKAGES is ignored: put the packages into the image")


def _test(run: ContainerRun) -> int:
    resolver = run.load_resolver()
    say(f"test: {resolver!r} would load {list(run.loader_args)}")
    return 0


@contextlib.contextmanager
def _signals() -> Iterator[list[int]]:
    """End the run on SIGTERM, and show every thread's stack on SIGUSR1.

    Python as a container's first process would otherwise not see SIGTERM at all.  The
    second one ends the process at once.  SIGINT is heard even if the parent ignored it,
    as a Jupyter kernel does between cells.
    """
    received: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        from kit.shim.error_document import Terminated

        msg = "The run was stopped by SIGTERM."
        raise Terminated(msg)

    if threading.current_thread() is not threading.main_thread():
        yield received  # only the main thread may set handlers
        return
    _dump_stacks_on_request()
    before: Any = signal.signal(signal.SIGTERM, end)
    interrupt: Any = signal.getsignal(signal.SIGINT)
    if interrupt is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, interrupt)


def _dump_stacks_on_request() -> None:
    if hasattr(faulthandler, "register") and sys.__stderr__ is not None:
        faulthandler.register(signal.SIGUSR1, file=sys.__stderr__)


def _status(verdict: ExecutionResult, environ: Mapping[str, str]) -> int:
    if verdict is ExecutionResult.UNWRITTEN:
        return 1
    fail = environ.get("FLYTE_FAIL_ON_ERROR", "").lower() in ("true", "t", "1")
    return 1 if fail and verdict is ExecutionResult.FAILED else 0
