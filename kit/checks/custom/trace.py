"""Which keys of ``tt.custom`` an executor reads while it runs."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kit.definition.settings import SerializationSettings
from kit.errors import CallError
from kit.running.start import input_bytes
from kit.shim.executable import ExecutableTemplateShimTask
from kit.task.call import load_from_template, native_outputs, sandboxed
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, template_bytes
from kit.template.view import TaskTemplateView
from kit.types import default_engine

Steps = tuple[str | int, ...]


@dataclass
class Trace:
    """What was read of a dictionary, by paths of keys and indices.

    Attributes:
        read: The keys that were asked for, there or not.
        missing: Those that were not there, where that is a KeyError.
        iterated: Dictionaries of which everything was asked for; the one itself has
            the empty path.
    """

    read: set[Steps] = field(default_factory=set)
    missing: set[Steps] = field(default_factory=set)
    iterated: set[Steps] = field(default_factory=set)

    def has_read(self, path: Steps) -> bool:
        """Tell whether a key was asked for, by itself or with all others."""
        return path in self.read or path[:-1] in self.iterated


def traced(custom: dict[str, Any]) -> tuple[TracedDict, Trace]:
    """Return a dictionary with the same content, and the trace that it will leave.

    Dictionaries in it are traced, too, those in lists as well.

    >>> custom, trace = traced({"a": {"b": 1, "c": 2}})
    >>> custom["a"].get("b"), trace.read == {("a",), ("a", "b")}
    (1, True)
    """
    trace = Trace()
    return TracedDict(custom, (), trace), trace


def _noting_all(name: str) -> Any:
    """Return a method of dictionaries that notes that everything was asked for."""
    method = getattr(dict, name)

    @functools.wraps(method)
    def noting(self: TracedDict, *arguments: Any) -> Any:
        if name not in {"__eq__", "__ne__"} or isinstance(arguments[0], dict):
            self._trace.iterated.add(self._path)
        return method(self, *arguments)

    return noting


class TracedDict(dict[str, Any]):
    """A dictionary that notes which of its keys are read.

    What is asked without a look at its keys, as by ``len``, is not noted.
    """

    __slots__ = ("_path", "_trace")

    def __init__(self, content: dict[str, Any], path: Steps, trace: Trace) -> None:
        self._path = path
        self._trace = trace
        super().__init__(
            {key: _below(item, (*path, key), trace) for key, item in content.items()}
        )

    def _note(self, key: Any, *, needed: bool = False) -> None:
        if isinstance(key, str | int):
            self._trace.read.add((*self._path, key))
            if needed and not dict.__contains__(self, key):
                self._trace.missing.add((*self._path, key))

    def __getitem__(self, key: Any) -> Any:
        self._note(key, needed=True)
        return super().__getitem__(key)

    def __delitem__(self, key: Any) -> None:
        self._note(key, needed=True)
        super().__delitem__(key)

    def __contains__(self, key: object) -> bool:
        self._note(key)
        return super().__contains__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of a key, or the default."""
        self._note(key)
        return super().get(key, default)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the value of a key, which is the default if it had none."""
        self._note(key)
        return super().setdefault(key, default)

    def pop(self, key: Any, *default: Any) -> Any:
        """Take a key out and return what it held, or the default."""
        self._note(key, needed=not default)
        return super().pop(key, *default)

    __eq__, __ne__ = map(_noting_all, ("__eq__", "__ne__"))
    __or__, __ror__ = map(_noting_all, ("__or__", "__ror__"))
    __iter__, __reversed__ = map(_noting_all, ("__iter__", "__reversed__"))
    keys, values, items = map(_noting_all, ("keys", "values", "items"))
    popitem, copy = map(_noting_all, ("popitem", "copy"))
    __repr__ = _noting_all("__repr__")
    __hash__ = None

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self.copy(),)


def _below(item: Any, path: Steps, trace: Trace) -> Any:
    if isinstance(item, dict):
        return TracedDict(item, path, trace)
    if isinstance(item, list):
        return [_below(one, (*path, index), trace) for index, one in enumerate(item)]
    return item


@dataclass(frozen=True)
class TracedRun:
    """What came of a traced run.

    Attributes:
        trace: What was read of ``tt.custom``.
        outputs: What the task returned, as a call returns it; None if it raised.
        exception: What the executor raised, if it did.
    """

    trace: Trace
    outputs: Any = None
    exception: Exception | None = None


def trace_run(
    task: PythonCustomizedContainerTask[Any],
    /,
    *,
    settings: SerializationSettings = LOCAL_SETTINGS,
    inputs: Mapping[str, Any] | None = None,
    **named_inputs: Any,
) -> TracedRun:
    """Run a task as a call of it does, and note what its executor reads.

    The executor is made from the template's bytes, once more than in a call.

    Args:
        task: The task.
        settings: What its template is made with.
        inputs: Inputs whose names are taken by the parameters above.
        **named_inputs: The inputs.

    Raises:
        CallError: An input is missing or unknown, or the task's resolver loads what
            cannot be traced.
        ConversionError: An input does not fit its declared type.
        DefinitionError: The task's template cannot be made.
    """
    from flyteidl.core.literals_pb2 import LiteralMap

    data = input_bytes(task, {**(inputs or {}), **named_inputs})
    loaded = _loaded(task, settings)
    custom, trace = traced(loaded.task_template.custom)
    view = TaskTemplateView(loaded.task_template.to_flyte_idl(), custom)
    watched = ExecutableTemplateShimTask(view, loaded.executor_type)
    try:
        literals = watched.dispatch_execute(
            sandboxed(None), LiteralMap.FromString(data)
        )
    except Exception as error:  # noqa: BLE001 - the author's; it is what came of it
        return TracedRun(trace, exception=error)
    outputs = native_outputs(task.python_interface, literals, default_engine)
    return TracedRun(trace, outputs)


def _loaded(
    task: PythonCustomizedContainerTask[Any], settings: SerializationSettings
) -> ExecutableTemplateShimTask:
    settings = settings.for_one_template()
    arguments = task.task_resolver.loader_args(settings, task)
    template = template_bytes(task, settings)
    source = f"the template of {task.name}"
    loaded = load_from_template(task.task_resolver, arguments, template, source=source)
    if isinstance(loaded, ExecutableTemplateShimTask):
        return loaded
    kind = type(loaded).__name__
    msg = (
        f"The resolver of {task.name!r} loads a {kind}, and only what "
        "kit.TaskTemplateResolver loads can be traced."
    )
    raise CallError(msg)
