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
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flyteidl.core import identifier_pb2

from kit.errors import CheckpointError, ContextAttributeError
from kit.notebook import Shown
from kit.shim import flytekit_bridge
from kit.shim.checkpoints import Checkpoint
from kit.shim.deck_page import deck_page
from kit.shim.secrets import SecretsManager
from kit.storage import current_storage, process_storage

if TYPE_CHECKING:
    import logging


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


_DECK_FILES = ("deck.html",)


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
        deck_files: What the engine calls deck.html.
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
    deck_files: tuple[str, ...] = field(default=_DECK_FILES, repr=False)

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


_FLYTE_2 = "_U_RUN_BASE"  # Flyte 2 sets it in every container, and Flyte 1 in none


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
        deck_files=(*_DECK_FILES, "report.html")
        if _FLYTE_2 in environ
        else _DECK_FILES,
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


class Deck(Shown):
    r"""A named piece of HTML for deck.html.

    At the end of a cell it is a frame of its own, out of which its HTML cannot act.

    Args:
        name: Title of the deck.
        html: Its HTML, shown as it is: escape what is not yours.
        auto_add_to_deck: Whether to add it to the current run's decks.

    Example:
        >>> deck = Deck("plot", "<b>42</b>", auto_add_to_deck=False)
        >>> deck.append("<i>more</i>").html
        '<b>42</b>\n<i>more</i>'
    """

    def __init__(
        self,
        name: str,
        html: str = "",  # the field's name for it
        auto_add_to_deck: bool = True,  # noqa: FBT001, FBT002 - flytekit's signature
    ) -> None:
        self._name = name
        self._html = html
        if auto_add_to_deck:
            current_context().decks.append(self)

    def __repr__(self) -> str:
        return f"Deck({self._name!r}, {len(self._html)} characters)"

    @property
    def name(self) -> str:
        """Title of the deck."""
        return self._name

    @property
    def html(self) -> str:
        """HTML of the deck."""
        return self._html

    def append(self, html: str) -> Deck:
        """Add HTML on a new line and return the deck."""
        self._html = f"{self._html}\n{html}"
        return self

    @staticmethod
    def publish() -> None:
        """Write deck.html now, with what the decks hold so far.

        It does nothing in a task that was not given ``enable_deck=True``, nor where
        there is no place for the file.
        """
        context = current_context()
        if context.enable_deck and context.output_metadata_prefix:
            publish_decks(context)


def publish_decks(context: ExecutionContext) -> None:
    """Write a run's decks where its engine looks for them.

    Raises:
        StorageError: They cannot be written.
    """
    prefix = (context.output_metadata_prefix or "").rstrip("/")
    for name in context.deck_files:
        write_decks(context, f"{prefix}/{name}")


def write_decks(context: ExecutionContext, path: str) -> str:
    """Write a run's decks as one page and return its path.

    Args:
        context: The run, with its decks.
        path: Where to write: a local path or URL that ends in deck.html.

    Raises:
        StorageError: It cannot be written.
    """
    title = context.task_id.name or "Task"
    page = deck_page(title, [(deck.name, deck.html) for deck in context.decks])
    current_storage().write_bytes(path, page.encode())
    return path
