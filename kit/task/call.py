"""Calling a task: its arguments by name, as literals, and the outputs back again."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import inspect
import keyword
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar, Token
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from flyteidl.core import literals_pb2
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.interface import Interface, is_optional
from kit.errors import CallError, ConversionError, OutputError, nearest
from kit.resolver import TaskTemplateResolver
from kit.shim.checkpoints import Checkpoint
from kit.shim.context import ExecutionContext, current_context, local_context
from kit.shim.secrets import secret_variables
from kit.storage import current_storage
from kit.types import TypeEngine, format_message


def name_arguments(
    task: str, interface: Interface, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Give positional arguments the names of the inputs, in their order.

    Args:
        task: The task's name, for errors.
        interface: The inputs.
        args: Arguments by position.
        kwargs: Arguments by name.

    Raises:
        CallError: A name is no input, one is given twice, or there are too many.
    """
    names = interface.inputs_with_defaults
    for name in kwargs:
        if name not in names:
            msg = f"Received unexpected keyword argument '{name}' in function '{task}'."
            raise CallError(msg + nearest(name, names) + _expected(interface))
    if len(args) > len(names):
        msg = (
            f"Received more arguments than expected in function '{task}'. Expected "
            f"{len(names)} but got {len(args)}."
        )
        raise CallError(msg + _expected(interface))
    values = dict(kwargs)
    for name, value in zip(names, args, strict=False):
        if name in kwargs:
            msg = (
                f"Got multiple values for argument '{name}' in function '{task}': by "
                f"position and by name. Leave one out."
            )
            raise CallError(msg)
        values[name] = value
    return values


def call_signature(interface: Interface) -> inspect.Signature:
    """Return how a task with this interface is called, for those who complete names.

    >>> call_signature(Interface({"n": (int, 3), "name": str}))
    <Signature (*, n: int = 3, name: str)>
    """
    made = [
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=inspect.Parameter.empty if default is None else default,
            annotation=python_type,
        )
        for name, (python_type, default) in interface.inputs_with_defaults.items()
        if name.isidentifier() and not keyword.iskeyword(name)
    ]
    try:
        return inspect.Signature(made)
    except ValueError:  # an input with a default comes before one without
        named = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in made]
        return inspect.Signature(named)


def _expected(interface: Interface) -> str:
    return f" Its inputs are {interface}."


def complete_inputs(
    task: str, interface: Interface, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return every input: the one given, or its default, or ``None`` if it may be.

    Raises:
        CallError: An input was not given and has no default.
    """
    complete = dict(values)
    for name, (python_type, default) in interface.inputs_with_defaults.items():
        if name in complete:
            continue
        if default is None and not is_optional(python_type):
            msg = (
                f"Input {name} of type {python_type} was not specified for function "
                f"{task}: pass {name}=…, or give it a default in the interface."
            )
            raise CallError(msg)
        complete[name] = default
    return complete


def input_literals(
    task: str, interface: Interface, values: Mapping[str, Any], engine: TypeEngine
) -> literals_pb2.LiteralMap:
    """Convert inputs with their declared types.

    Raises:
        ConversionError: A value does not fit; the path says where in it.
        CallError: A name is no input.
    """
    types = interface.inputs
    literals = literals_pb2.LiteralMap()
    for name, value in values.items():
        if name not in types:
            name_arguments(task, interface, (), {name: value})
        try:
            engine.encoder(types[name])(value, literals.literals[name])
        except ConversionError as error:
            msg = (
                f"Failed to convert inputs of task '{task}':\n"
                f"  Failed argument '{name}': {error.message}"
            )
            raise ConversionError(msg, path=["inputs", name, *error.path]) from error
    return literals


def native_outputs(
    interface: Interface, literals: literals_pb2.LiteralMap, engine: TypeEngine
) -> Any:
    """Convert outputs with their declared types.

    Returns:
        ``None`` for no outputs, the value of a single one, and else the interface's
        named tuple; also for a single one whose tuple the author named.

    Raises:
        OutputError: An output is missing, or its literal is of another type.
    """
    types = interface.outputs
    found = literals.literals
    if len(types) != len(found):
        msg = (
            f"The run made {len(found)} outputs "
            f"({', '.join(sorted(found)) or 'none'}), expected the {len(types)} of the "
            f"interface ({', '.join(types) or 'none'})."
        )
        raise OutputError(msg)
    values = {
        name: _native(index, name, found, python_type, engine)
        for index, (name, python_type) in enumerate(types.items())
    }
    if len(values) > 1 or (values and interface.output_tuple_name):
        return interface.output_tuple(**values)
    return next(iter(values.values()), None)


def _native(
    index: int,
    name: str,
    literals: Mapping[str, literals_pb2.Literal],
    python_type: Any,
    engine: TypeEngine,
) -> Any:
    if name not in literals:
        msg = f"The run made no output {name!r}: it made {', '.join(sorted(literals))}."
        raise OutputError(msg + nearest(name, literals), path=["outputs"])
    try:
        return engine.decoder(python_type)(literals[name])
    except ConversionError as error:
        position = index if name == f"o{index}" else name
        value = _value_text(literals[name])
        msg = (
            f"Failed to convert output in position {position} of value {value}, "
            f"expected type {python_type}. {error.message}"
        )
        raise OutputError(msg, path=["outputs", name, *error.path]) from error


def _value_text(literal: literals_pb2.Literal) -> str:
    """Return the text of a plain value; packed bytes would tell nobody much."""
    if literal.scalar.WhichOneof("value") in ("primitive", "none_type"):
        return format_message(literal)
    return f"{literal.ByteSize():,} bytes"


_TEMPLATE_PATH = "{{.taskTemplatePath}}"


def load_from_template(
    resolver: Any, loader_args: list[str], template: bytes, *, source: str
) -> Any:
    """Load a task the way the container does, without a file if the resolver can.

    Args:
        resolver: The task's resolver.
        loader_args: What it wrote into the template.
        template: The template's bytes.
        source: What they are, for errors.

    Returns:
        What the resolver loads: an ExecutableTemplateShimTask, or like one.
    """
    if getattr(type(resolver), "load_task", None) is TaskTemplateResolver.load_task:
        _, location, *_ = loader_args
        return resolver.load_from_bytes(template, location, source=source)
    path = current_storage().new_local_path("task_template.pb")
    Path(path).write_bytes(template)
    return resolver.load_task([a.replace(_TEMPLATE_PATH, path) for a in loader_args])


class ExecutionMode(str, Enum):
    """Where a task runs; the names are flytekit's ``ExecutionState.Mode``."""

    TASK_EXECUTION = "TASK_EXECUTION"
    LOCAL_WORKFLOW_EXECUTION = "LOCAL_WORKFLOW_EXECUTION"
    LOCAL_TASK_EXECUTION = "LOCAL_TASK_EXECUTION"


def variables_set(variables: Mapping[str, str]) -> AbstractContextManager[None]:
    """Set environment variables of this process, and put back what they were."""
    return _variables_set(variables) if variables else _NO_VARIABLES


_NO_VARIABLES = contextlib.nullcontext()


@contextlib.contextmanager
def _variables_set(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def container_variables(template: TaskTemplate) -> Mapping[str, str]:
    """Return the variables that a template's container has: its own, and secrets."""
    own = {pair.key: pair.value for pair in template.container.env}
    if template.HasField("security_context"):
        own |= secret_variables(template, os.environ)
    return own


_making = threading.Lock()


def sandboxed(context: ExecutionContext | None) -> ExecutionContext:
    """Return the context of a new local run, with checkpoints and decks of its own.

    Args:
        context: What to start from; ``None`` for the current context.
    """
    base = current_context() if context is None else context
    storage = current_storage()
    outside = base is local_context()  # no run has called: its storage is the caller's
    run = object.__new__(_LocalRun)
    facts = run.__dict__
    facts.update(
        base.__dict__,
        execution_date=dt.datetime.now(dt.timezone.utc),
        raw_output_prefix=(
            storage.raw_output_prefix if outside else base.raw_output_prefix
        ),
        decks=[],
        place=_Place(storage.working_dir),
    )
    facts.pop("working_directory", None)
    facts.pop("checkpoints", None)
    return run


class _Place:
    """A directory with a new name, made when somebody asks where it is."""

    def __init__(self, parent: str) -> None:
        self._parent = parent
        self._made: str | None = None

    @property
    def directory(self) -> str:
        with _making:  # threads of one run ask for one directory
            if self._made is None:
                directory = Path(self._parent, os.urandom(16).hex())
                directory.mkdir(parents=True)
                self._made = str(directory)
            return self._made


class _LocalRun(ExecutionContext):
    """A run that makes its directory late: that is the slowest step of a small call.

    Contexts that are made of it by ``changed`` have the same place.
    """

    place: _Place

    @functools.cached_property
    def working_directory(self) -> str:
        return self.place.directory

    @functools.cached_property
    def checkpoints(self) -> Checkpoint:
        return Checkpoint(f"{self.place.directory}/__cp")


_LONGEST = 63
_HASH_LENGTH = 10


def dnsify(name: str) -> str:
    """Make a DNS label of a name, as flytekit does: lower case, dashes, 63 at most.

    >>> dnsify("My_Special.Node")
    'my-special-node'
    """
    if len(name) >= _LONGEST:
        import hashlib  # few names are that long

        digest = hashlib.sha224(name.encode()).hexdigest()[:_HASH_LENGTH]
        name = f"{digest}-{name[-(_LONGEST - _HASH_LENGTH - 1) :]}"
    label = ""
    for character in name:
        dash = label != "" and len(label) < _LONGEST - 1
        if character in "_-.":
            label += "-" if dash else ""
        elif character.islower() or character.isdigit():
            label += character
        elif character.isalnum():
            label += "-" if dash and label[-1] != "-" else ""
            label += character.lower()
    return label.removesuffix("-")


class Compilation(Protocol):
    """What is being defined: calls of tasks add nodes to it."""

    @property
    def nodes(self) -> list[Any]:
        """The nodes so far, in the order of the calls."""


_current: ContextVar[Compilation | None] = ContextVar("kit_workflow", default=None)


def current_compilation() -> Compilation | None:
    """Return the workflow that is being defined in this thread or task, if one is."""
    return _current.get()


def begin_compilation(workflow: Compilation) -> Token[Compilation | None]:
    """Let calls of tasks make nodes of a workflow from here on.

    Raises:
        CallError: A workflow is being defined already.
    """
    outer = _current.get()
    if outer is not None:
        msg = (
            f"{workflow!r} is defined inside {outer!r}, and a workflow in a workflow "
            "is not supported. Call its tasks instead."
        )
        raise CallError(msg)
    return _current.set(workflow)


def end_compilation(token: Token[Compilation | None]) -> None:
    """Let calls of tasks run them again."""
    _current.reset(token)
