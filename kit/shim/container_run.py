"""One run as Flyte's engine sees it: files in, files out, and a verdict.

Success is outputs.pb, failure is error.pb, and there is never both: outputs.pb is
written whole and last.  Only a task that raises IgnoreOutputs ends well with neither.
"""

from __future__ import annotations

import contextlib
import enum
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flyteidl.core import literals_pb2

from kit.errors import KitError, OutputError
from kit.resolver import load_object
from kit.shim.context import ExecutionContext, from_environment, use_context
from kit.shim.decks import write_decks
from kit.shim.inputs import parse_literal_map
from kit.shim.offload import OffloadLimits, offload
from kit.shim.recorder import Recorder, use_recorder
from kit.storage import Storage, use_storage, write_bytes

__all__ = ["ContainerRun", "Verdict"]

KIT_RESOLVER = "kit.resolver.default_task_template_resolver"
_FLYTEKIT_RESOLVER = (
    "flytekit.core.python_customized_container_task.default_task_template_resolver"
)


class Verdict(enum.Enum):
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
        report: The file for a :class:`~kit.shim.run_report.RunReport`, if one is
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

    def execute(self) -> Verdict:
        """Run the task and write what it came to.

        Every exception ends in error.pb, SystemExit and MemoryError too.

        Raises:
            KeyboardInterrupt: Someone stopped the run; nothing is written then.
        """
        with self._recorder() as recorder:
            try:
                self._run(recorder)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - all of them are the verdict
                return self._failed(error)
            return Verdict.SUCCEEDED

    def load_resolver(self) -> Any:
        """Import the resolver.

        Raises:
            ExecutorError: It cannot be imported.
        """
        location = self.resolver
        if location == _FLYTEKIT_RESOLVER:
            location = KIT_RESOLVER
        return load_object(location, "resolver")

    def _context(self, folder: str, raw: str) -> ExecutionContext:
        checkpoints = None
        if self.checkpoint_path is not None:
            from kit.shim.checkpoint import Checkpoint

            checkpoints = Checkpoint(self.checkpoint_path, self.prev_checkpoint)
        return from_environment(
            self.environ,
            working_directory=folder,
            raw_output_prefix=raw,
            output_metadata_prefix=self.output_prefix,
            checkpoints=checkpoints,
        )

    @contextlib.contextmanager
    def _recorder(self) -> Iterator[Recorder]:
        """Give who follows the run, and let it write what it has seen."""
        if self.report is None:
            yield Recorder()
            return
        from kit.shim.recording import Recording

        recording = Recording()
        try:
            with use_recorder(recording):
                yield recording
        finally:
            recording.write(self.report)

    def _run(self, recorder: Recorder) -> None:
        raw = self.raw_output_prefix or self._path("raw")
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="kit-", ignore_cleanup_errors=True)
            )
            storage = Storage(raw_output_prefix=raw, working_dir=folder)
            stack.enter_context(use_storage(storage))
            context = self._context(folder, raw)
            stack.enter_context(use_context(context, process_wide=True))
            files = self._run_task(context, storage, recorder)
            for name, message in files.items():
                storage.write_bytes(self._path(name), message.SerializeToString())

    def _run_task(
        self, context: ExecutionContext, storage: Storage, recorder: Recorder
    ) -> dict[str, literals_pb2.LiteralMap | literals_pb2.Literal]:
        """Return the files to write by name, outputs.pb last."""
        recorder.enter("load")
        task = self.load_resolver().load_task(loader_args=list(self.loader_args))
        recorder.enter("inputs")
        data = storage.read_bytes(self.inputs)
        inputs = parse_literal_map(data, self.inputs)
        template = task.task_template.to_flyte_idl()
        try:
            outputs = task.dispatch_execute(context, inputs)
        finally:
            if template.metadata.generates_deck.value:
                recorder.enter("decks")
                self._write_decks(context)
        recorder.enter("outputs")
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
            write_decks(context, self._path("deck.html"))
        except (KitError, OSError) as error:
            say(f"deck.html could not be written: {error}")

    def _failed(self, error: BaseException) -> Verdict:
        from kit.shim.error_document import is_ignore_outputs

        if is_ignore_outputs(error):
            say(f"the task asked for its outputs to be ignored: {error}")
            return Verdict.IGNORED
        if self.on_error is not None:
            self.on_error(error)
        return self._write_error(error)

    def _write_error(self, error: BaseException) -> Verdict:
        from kit.shim.error_document import error_document, error_file_name

        document = error_document(error, self.environ)
        say(f"the task failed with {document.error.code}\n{document.error.message}")
        path = self._path(error_file_name(self.environ))
        try:
            write_bytes(path, document.SerializeToString())
        except (KitError, OSError) as failure:
            say(f"{path} could not be written: {failure}")
            return Verdict.UNWRITTEN
        return Verdict.FAILED

    def _path(self, name: str) -> str:
        return f"{self.output_prefix.rstrip('/')}/{name}"


def say(text: str) -> None:
    """Write a line of kit's own to standard error, told apart from a task's."""
    print(f"kit-execute: {text}", file=sys.stderr, flush=True)  # noqa: T201 - the log
