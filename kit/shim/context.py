"""What a running task can ask about its run.

The attributes have the names that ``flytekit.current_context()`` gives them, so that an
executor reads the same things in either.  There is always a context: outside a run it
is a local one, with every identifier ``local``, a private folder to work in, and
secrets that are also found without the prefix of their variables.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from flyteidl.core import identifier_pb2

from kit.errors import CheckpointError, ContextAttributeError, StorageError
from kit.shim import flytekit_bridge
from kit.shim.secrets import SecretsManager
from kit.storage import current_storage, process_storage

if TYPE_CHECKING:
    import logging

    from kit.shim.decks import Deck

__all__ = [
    "Checkpoint",
    "ExecutionContext",
    "current_context",
    "from_environment",
    "local_context",
    "use_context",
]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


@dataclass(frozen=True, kw_only=True, eq=False)
class ExecutionContext:
    """One run of one task.

    Attributes:
        execution_id: The workflow execution: ``project``, ``domain``, ``name``.
        task_id: The registered task: ``project``, ``domain``, ``name``, ``version``.
        execution_date: When the run began, with a time zone.
        working_directory: A folder of this run only, absolute.
        raw_output_prefix: Where large outputs go: a folder or URL.
        output_metadata_prefix: Where outputs.pb and deck.html go; None outside a
            container.
        secrets: The secrets of this run.
        decks: What is drawn into deck.html at the end; append to it.
        enable_deck: Whether deck.html will be written.
        is_local: Whether this is not a container's run.
        attributes: What a task type gives its executors, by upper-cased name.
    """

    execution_id: identifier_pb2.WorkflowExecutionIdentifier
    task_id: identifier_pb2.Identifier
    working_directory: str
    raw_output_prefix: str
    execution_date: dt.datetime = field(default_factory=_now)
    output_metadata_prefix: str | None = None
    secrets: SecretsManager = field(default_factory=SecretsManager)
    decks: list[Deck] = field(default_factory=list)
    enable_deck: bool = False
    is_local: bool = True
    attributes: Mapping[str, Any] = field(default_factory=dict)
    checkpoints: Checkpoint | None = field(default=None, repr=False)

    @property
    def logging(self) -> logging.Logger:
        """The logger for a task's own lines, ``kit.task`` of the standard library.

        In a container its lines go to standard error from INFO on; elsewhere they go
        wherever the process sends its logging, and kit touches no handler.
        """
        return _task_logger(to_stderr=not self.is_local)

    @property
    def checkpoint(self) -> Checkpoint:
        """Where to save progress, and what an earlier attempt saved.

        Raises:
            CheckpointError: The run was given no place for checkpoints.
        """
        if self.checkpoints is None:
            msg = (
                "Checkpointing is not available, please check the version of the "
                "platform. This run was started without --checkpoint-path: a task "
                "that wants one overrides get_command and adds '--checkpoint-path', "
                "'{{.checkpointOutputPrefix}}', '--prev-checkpoint' and "
                "'{{.prevCheckpointPrefix}}'."
            )
            raise CheckpointError(msg)
        return self.checkpoints

    @property
    def default_deck(self) -> Deck:
        """The deck named ``default``, added to the decks when it is first asked for."""
        from kit.shim.decks import Deck

        for deck in self.decks:
            if deck.name == "default":
                return deck
        deck = Deck("default", auto_add_to_deck=False)
        self.decks.append(deck)
        return deck

    @property
    def user_space_params(self) -> ExecutionContext:
        """The context itself, for code that walks flytekit's two levels."""
        return self

    def changed(self, **changes: Any) -> ExecutionContext:
        """Return the context with other values of some fields.

        Every run makes two, and ``dataclasses.replace`` is ten times slower.
        """
        context = object.__new__(type(self))
        context.__dict__.update(self.__dict__, **changes)
        return context

    def with_attributes(self, **attributes: Any) -> ExecutionContext:
        """Return the context with more of what a task type gives its executors."""
        named = {name.upper(): value for name, value in attributes.items()}
        return self.changed(attributes={**self.attributes, **named})

    def has_attr(self, attr_name: str) -> bool:
        """Say whether the task type gave its executors something of this name."""
        return attr_name.upper() in self.attributes

    def get(self, key: str) -> Any:
        """Return what the task type gave its executors under this name.

        Raises:
            ContextAttributeError: It gave nothing of this name.
        """
        if self.has_attr(key):
            return self.attributes[key.upper()]
        msg = (
            f"{key.upper()} not available as a parameter in Flyte context - are you "
            f"in right task-type? The context of this run has no {key!r}."
        )
        raise ContextAttributeError(msg)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.get(name)


_context: contextvars.ContextVar[ExecutionContext] = contextvars.ContextVar("context")
_process: list[ExecutionContext] = []  # of the container's one run, for its threads


def current_context() -> ExecutionContext:
    """Return the context of the run that this code is part of.

    Under flytekit's own entrypoint it is a view of flytekit's context, so that an
    executor written for kit finds there what it finds here.
    """
    context = _context.get(None)
    if context is not None:
        return context
    if _process:
        return _process[-1]
    params = flytekit_bridge.running_parameters()
    if params is not None:
        return _from_flytekit(params)
    return local_context()


class use_context:  # noqa: N801 - used as a function in a with statement
    """Make a context the current one.

    Args:
        context: The context.
        process_wide: Also for threads that are started meanwhile, which begin with
            empty context variables.  For a process that runs one task.
    """

    def __init__(
        self, context: ExecutionContext, *, process_wide: bool = False
    ) -> None:
        self._new = context
        self._process_wide = process_wide

    def __enter__(self) -> ExecutionContext:
        """Return the context, which is now the current one."""
        self._token = _context.set(self._new)
        if self._process_wide:
            _process.append(self._new)
        return self._new

    def __exit__(self, *_: object) -> None:
        """Make the one before the current one again."""
        if self._process_wide:
            _process.remove(self._new)
        _context.reset(self._token)


@functools.cache
def local_context() -> ExecutionContext:
    """Return the context of code that no run has called, one per process."""
    storage = process_storage()
    return ExecutionContext(
        execution_id=identifier_pb2.WorkflowExecutionIdentifier(
            project="local", domain="local", name="local"
        ),
        task_id=identifier_pb2.Identifier(
            resource_type=identifier_pb2.TASK,
            project="local",
            domain="local",
            name="local",
            version="local",
        ),
        working_directory=storage.working_dir,
        raw_output_prefix=storage.raw_output_prefix,
        checkpoints=Checkpoint(f"{storage.working_dir}/__cp"),
    )


def from_environment(
    environ: Mapping[str, str],
    *,
    working_directory: str,
    raw_output_prefix: str,
    output_metadata_prefix: str,
    checkpoints: Checkpoint | None = None,
) -> ExecutionContext:
    """Make the context of a container from the variables that Flyte gives it.

    The names are those of flyteplugins' ``flytek8s/k8s_resource_adds.go``, and the
    short ones that flytekit reads beside them.
    """

    def value(long: str, short: str) -> str:
        return environ.get(f"FLYTE_INTERNAL_{long}", environ.get(f"_F_{short}", ""))

    return ExecutionContext(
        execution_id=identifier_pb2.WorkflowExecutionIdentifier(
            project=value("EXECUTION_PROJECT", "PRJ"),
            domain=value("EXECUTION_DOMAIN", "DM"),
            name=value("EXECUTION_ID", "NM"),
        ),
        task_id=identifier_pb2.Identifier(
            resource_type=identifier_pb2.TASK,
            project=value("TASK_PROJECT", "TK_PRJ"),
            domain=value("TASK_DOMAIN", "TK_DM"),
            name=value("TASK_NAME", "TK_NM"),
            version=value("TASK_VERSION", "TK_V"),
        ),
        working_directory=working_directory,
        raw_output_prefix=raw_output_prefix,
        output_metadata_prefix=output_metadata_prefix,
        secrets=SecretsManager(local=False, environ=environ),
        is_local=False,
        checkpoints=checkpoints,
    )


def _from_flytekit(params: Any) -> ExecutionContext:
    """View flytekit's ``ExecutionParameters``; decks go into its own list."""
    execution, task = params.execution_id, params.task_id
    return ExecutionContext(
        execution_id=identifier_pb2.WorkflowExecutionIdentifier(
            project=execution.project, domain=execution.domain, name=execution.name
        ),
        task_id=identifier_pb2.Identifier(
            resource_type=identifier_pb2.TASK,
            project=task.project,
            domain=task.domain,
            name=task.name,
            version=task.version,
        ),
        execution_date=params.execution_date,
        working_directory=str(params.working_directory),
        raw_output_prefix=params.raw_output_prefix,
        output_metadata_prefix=params.output_metadata_prefix,
        secrets=params.secrets,
        decks=params.decks,
        enable_deck=params.enable_deck,
        is_local=flytekit_bridge.is_local(),
        checkpoints=flytekit_bridge.checkpoint_of(params),
    )


def _task_logger(*, to_stderr: bool) -> logging.Logger:
    import logging

    logger = logging.getLogger("kit.task")
    if to_stderr and not logger.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    return logger


_WRITTEN = "_dst_cp"  # the name under which flytekit writes bytes, too
_RESTORED = "prev_cp"


class Checkpoint:
    """Where this attempt saves its progress, and what the one before it saved.

    The wire format is flytekit's: a folder of files, where bytes that are written
    directly are the file ``_dst_cp``; either can go on with the other's checkpoint.

    Args:
        destination: Folder or URL that this attempt saves to.
        source: Folder or URL that the attempt before saved to, if there was one.
    """

    def __init__(self, destination: str, source: str | None = None) -> None:
        self._destination = destination.rstrip("/") or destination
        self._source = source or None
        self._restored: Path | None = None

    def __repr__(self) -> str:
        return f"Checkpoint({self._destination!r}, source={self._source!r})"

    def prev_exists(self) -> bool:
        """Say whether an earlier attempt had a place for checkpoints."""
        return self._source is not None

    def restore(self, path: str | os.PathLike[str] | None = None) -> Path | None:
        """Fetch the earlier checkpoint into a folder, once, and return the folder.

        Args:
            path: An existing folder; by default one in the working directory.

        Returns:
            The folder, or None when there is no earlier attempt.

        Raises:
            StorageError: ``path`` is no folder, or the checkpoint cannot be read.
        """
        if self._source is None or self._restored is not None:
            return self._restored
        storage = current_storage()
        folder = Path(path if path is not None else storage.new_local_path(_RESTORED))
        if path is None:
            folder.mkdir(parents=True, exist_ok=True)
        if not folder.is_dir():
            msg = (
                f"Checkpoints can be restored to a directory only. "
                f"{str(folder)!r} is no existing folder."
            )
            raise StorageError(msg)
        if storage.exists(self._source):
            storage.download(self._source, str(folder), recursive=True)
        self._restored = folder
        return folder

    def save(self, cp: str | os.PathLike[str] | IO[bytes]) -> None:
        """Save a file, a folder, or what an open binary file holds.

        Raises:
            StorageError: It is none of them, or the destination cannot be written.
        """
        storage = current_storage()
        if isinstance(cp, (str, os.PathLike)):
            local = Path(cp)
            if local.is_dir():
                storage.upload(str(local), self._destination, recursive=True)
            else:
                storage.upload(str(local), f"{self._destination}/{local.name}")
        elif hasattr(cp, "read"):
            storage.write_bytes(f"{self._destination}/{_WRITTEN}", cp.read())
        else:
            msg = (
                "Only a valid path or IOBase type (reader) should be provided, "
                f"received {type(cp)}"
            )
            raise StorageError(msg)

    def exists(self) -> bool:
        """Say whether there is something to read from an earlier attempt."""
        return self._source is not None and bool(self._files())

    def read(self) -> bytes | None:
        """Return the one file of the earlier checkpoint.

        Returns:
            Its bytes, or None when no earlier attempt saved anything.

        Raises:
            StorageError: The earlier attempt saved several files: use ``restore``.
        """
        files = self._files()
        if not files:
            return None
        if len(files) > 1:
            names = ", ".join(sorted(file.name for file in files))
            msg = (
                f"Expected exactly one checkpoint - found {len(files)} ({names}). "
                "Use restore() to get the folder with all of them."
            )
            raise StorageError(msg)
        return files[0].read_bytes()

    def write(self, b: bytes) -> None:
        """Save bytes in place of what this attempt wrote before."""
        current_storage().write_bytes(f"{self._destination}/{_WRITTEN}", b)

    def _files(self) -> list[Path]:
        folder = self.restore()
        return [] if folder is None else list(folder.iterdir())
