"""Values of a definition as the expressions that make them again.

Constants are written as :mod:`kit.source` writes them; here are the objects that
definitions are made of: classes, resources, secrets, interfaces.
"""

from __future__ import annotations

import builtins
import contextlib
import dataclasses
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from kit.decorator import FunctionTask, container_task
from kit.definition import accelerators
from kit.definition.executor import TrackedInstance
from kit.definition.interface import Docstring, Interface
from kit.definition.metadata import documentation_of
from kit.definition.resources import Resources
from kit.errors import CaptureError
from kit.source.constants import construction
from kit.source.executors import namespace_of
from kit.source.literals import NotPlainError, literal
from kit.task.task import PythonCustomizedContainerTask
from kit.types import FlyteAnnotation, FlyteDirectory, FlyteFile, FlyteSchema

Task = PythonCustomizedContainerTask[Any]

_WIDTH = 80
_LINE_WIDTH = 88
_ALWAYS = ("name", "image")
_METADATA = (
    *("cache", "cache_version", "cache_serialize", "cache_ignore_input_vars"),
    *("retries", "timeout", "interruptible"),
)


class Expressions:
    """Writes values as source, and keeps the names that the source needs.

    Args:
        namespace: Names that are taken, and what by.

    Attributes:
        names: What each name that was used stands for.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.names: dict[str, Any] = {}
        self._namespace = namespace

    def call(
        self,
        callee: Any,
        args: Iterable[Any],
        kwargs: Mapping[str, Any],
        about: str,
        *,
        room: int = _WIDTH,
    ) -> str:
        """Return a call, one argument to a line when it is long.

        Args:
            callee: A class or function.
            args: Arguments by position.
            kwargs: Arguments by name.
            about: What is called, for errors.
            room: The longest line that it may stand on.

        Raises:
            CaptureError: No expression makes one of the arguments.
        """
        items = []
        for position, value in enumerate(args, 1):
            with _explained(f"argument {position} of {about}"):
                items.append(self.write(value))
        for key, value in kwargs.items():
            with _explained(f"{key} of {about}"):
                items.append(f"{key}={self.write(value)}")
        return laid_out(self.refer(callee), items, room=room)

    def expression(self, value: Any, about: str) -> str:
        """Return the expression that makes a value.

        Raises:
            CaptureError: There is none.
        """
        with _explained(about):
            return self.write(value)

    def write(self, value: Any) -> str:
        """Return the expression that makes a value.

        Raises:
            NotPlainError: There is none.
        """
        return literal(value, self.refer, self._write_object)

    def refer(self, value: Any) -> str:
        """Return the name of a class, function or module; it may have dots in it."""
        own = getattr(value, "__qualname__", None)
        if own is None:
            return self._bind(str(value.__name__).rpartition(".")[2], value)
        formatted = self._formatted(value)
        if formatted is not None:
            return formatted
        if "<" in own:
            raise NotPlainError(f"{own} was made inside a function, or is a lambda")
        outer, _, last = own.rpartition(".")
        if outer:
            return f"{self.refer(_found(value.__module__, outer))}.{last}"
        if getattr(builtins, own, None) is value and own not in self._namespace:
            return str(own)
        if _is_public(own, value):
            return f"{self._bind('kit', sys.modules['kit'])}.{own}"
        return self._bind(value.__name__, value)

    def _formatted(self, value: Any) -> str | None:
        """Write a file's class with its format, or a schema's with its columns."""
        if not isinstance(value, type):
            return None
        for base in (FlyteFile, FlyteDirectory):
            is_made = issubclass(value, base) and value is not base
            if is_made and value.__qualname__ == base.__qualname__:
                extension = value.extension()  # type: ignore[attr-defined]
                return f"{self.refer(base)}[{extension!r}]"
        if issubclass(value, FlyteSchema) and value.columns():
            return f"{self.refer(FlyteSchema)}[{self.write(value.columns())}]"
        return None

    def _bind(self, name: str, value: Any) -> str:
        """Return a name for an object: its own, unless that is taken."""
        known: dict[str, Any] = {**self._namespace, **self.names}
        free, number = name, 1
        while known.get(free, value) is not value:
            number += 1
            free = f"{name}_{number}"
        self.names[free] = value
        return free

    def _write_object(self, value: Any, indent: int) -> str:
        if isinstance(value, type | FunctionType):
            return self.refer(value)
        if isinstance(value, accelerators.BaseAccelerator):
            return self._accelerator(value)
        facts = _facts(value)
        if facts is None:
            return construction(value, self)
        args, kwargs = facts
        items = [self.write(item) for item in args]
        items += [f"{key}={self.write(item)}" for key, item in kwargs.items()]
        return laid_out(self.refer(type(value)), items, indent)

    def _accelerator(self, value: accelerators.BaseAccelerator[Any]) -> str:
        for name, constant in vars(accelerators).items():
            if constant is value:
                return self._bind(name, value)
        if type(value) is accelerators.GPUAccelerator:
            return f"{self.refer(type(value))}({value.to_flyte_idl().device!r})"
        raise NotPlainError(
            f"{value!r} is not a constant of kit.definition.accelerators"
        )


def laid_out(
    name: str, items: list[str], indent: int = 0, *, room: int = _WIDTH
) -> str:
    """Return a call with these arguments, one to a line when it is long."""
    line = f"{name}({', '.join(items)})"
    if indent + len(line) <= room and "\n" not in line:
        return line
    pad = " " * (indent + 4)
    lines = (f"{pad}{indented(item, indent + 4)},\n" for item in items)
    return f"{name}(\n{''.join(lines)}{' ' * indent})"


def indented(text: str, indent: int = 4) -> str:
    """Indent the lines below the first; no text in an expression has a line end."""
    return text.replace("\n", "\n" + " " * indent)


@contextlib.contextmanager
def _explained(about: str) -> Iterator[None]:
    try:
        yield
    except NotPlainError as why:
        msg = (
            f"The {about} cannot be exported as source, because {why}. Use plain "
            "values, and classes and functions of a cell or module."
        )
        raise CaptureError(msg) from why


def _is_public(name: str, value: Any) -> bool:
    """Tell whether an object is what kit has under a public name."""
    kit = sys.modules["kit"]
    return name in kit.__all__ and getattr(kit, name) is value


def _found(module: str, qualname: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    if found is None:
        raise NotPlainError(f"{module}.{qualname} is not there any more")
    return found


def _facts(value: Any) -> tuple[Iterable[Any], Mapping[str, Any]] | None:
    """Return the arguments that make an object of a definition; None for others."""
    if isinstance(value, Docstring):
        return (value.text,), {}
    if isinstance(value, FlyteAnnotation):
        return (value.data,), {}
    if isinstance(value, Interface):
        return (), _interface(value)
    of_a_run = type(value).__module__.startswith("kit.types.")  # files and tables
    if dataclasses.is_dataclass(value) and not of_a_run:
        return (), _fields(value)
    if isinstance(value, TrackedInstance):
        return value.made_with
    return None


def _interface(interface: Interface) -> dict[str, Any]:
    inputs = {
        name: kind if default is None else (kind, default)
        for name, (kind, default) in interface.inputs_with_defaults.items()
    }
    facts = {
        "inputs": inputs or None,
        "outputs": interface.outputs or None,
        "output_tuple_name": interface.output_tuple_name,
        "docstring": interface.docstring,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _fields(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that differ from their defaults."""
    found = {}
    for entry in dataclasses.fields(value):
        held = getattr(value, entry.name)
        default = entry.default
        if entry.default_factory is not dataclasses.MISSING:
            default = entry.default_factory()
        if entry.init and (type(held) is not type(default) or held != default):
            found[entry.name] = held
    return found


@dataclass(frozen=True)
class WrittenDefinition:
    """What makes a task.

    Attributes:
        expression: The source.
        namespace: Where its names are looked up.
    """

    expression: str
    namespace: Mapping[str, Any]


def definition_of_task(variable: str, task: Task, executor: str) -> WrittenDefinition:
    """Write the definition of a task.

    Args:
        variable: What holds the task.
        task: The task.
        executor: What its executor's class is called there.

    Raises:
        CaptureError: A fact of it is no value that source makes.
    """
    if isinstance(task, FunctionTask):
        return _of_function(variable, task, executor)
    return _of_class(variable, task, executor)


def _of_function(variable: str, task: FunctionTask, executor: str) -> WrittenDefinition:
    around = {**namespace_of(task.written_executor), executor: task.written_executor}
    write = Expressions(around)
    room = _LINE_WIDTH - len(f"{variable} = ({executor})")
    facts = {**decorator_facts(task), "ship": "module"}
    made = write.call(container_task, (), facts, f"task {variable}", room=room)
    return WrittenDefinition(f"{made}({executor})", {**around, **write.names})


def decorator_facts(task: FunctionTask) -> dict[str, Any]:
    """Return the decorator's arguments that make the task as it is now.

    How it ships is not among them.
    """
    given = task.made_with[1]
    written = documentation_of(None, task.python_interface.docstring)
    context = task.security_context
    facts = {
        "name": task.name,
        "image": task.container_image,
        "custom": task.custom or None,
        "task_type": task.task_type,
        "requests": task.resources.requests,
        "limits": task.resources.limits,
        "environment": task.environment or None,
        "secret_requests": context.secrets if context else None,
        "runtime": task.runtime,
        "enable_deck": task.enable_deck or None,
        "deck_fields": given["deck_fields"],
        **{key: getattr(task.metadata, key) for key in _METADATA},
        "docs": None if task.docs == written else task.docs,
        "accelerator": given["accelerator"],
        "shared_memory": given["shared_memory"],
    }
    parameters = inspect.signature(container_task).parameters
    return {
        name: value
        for name, value in facts.items()
        if name in _ALWAYS or value not in (parameters[name].default, None, Resources())
    }


def _of_class(variable: str, task: Task, executor: str) -> WrittenDefinition:
    kind = type(task)
    around = {**namespace_of(kind), executor: task.written_executor}
    write = Expressions(around)
    args, given = task.made_with
    kwargs = dict(given)
    if "ship" in kwargs or kind.__init__ is PythonCustomizedContainerTask.__init__:
        kwargs["ship"] = "module"
    room = _LINE_WIDTH - len(f"{variable} = ")
    made = write.call(kind, args, kwargs, f"task {variable}", room=room)
    return WrittenDefinition(made, {**around, **write.names})
