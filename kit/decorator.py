"""``@kit.container_task``: a task written as one plain function."""

from __future__ import annotations

import datetime as dt
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType
from typing import Any, NoReturn

from kit.definition.accelerators import BaseAccelerator
from kit.definition.interface import Interface
from kit.definition.metadata import (
    DEFAULT_DECK_FIELDS,
    DeckField,
    Documentation,
    TaskMetadata,
)
from kit.definition.resources import Resources
from kit.definition.security import Secret
from kit.definition.settings import Runtime, SerializationSettings
from kit.definition.shipment import Ship
from kit.errors import AuthoringError, DefinitionError, InterfaceError, nearest
from kit.inline import function_executor
from kit.task.arguments import interface_of, workflow_name
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, runtime_of

_TEMPLATE = "tt"


def check_function(executor: Any) -> FunctionType:
    """Return the function that a container is to run.

    Args:
        executor: The function, or a class that has it as a static method.

    Raises:
        AuthoringError: It is no plain function that ``def`` made.
        InterfaceError: Its first parameter is not ``tt``.
    """
    from kit.source.executors import check_executor

    function = executor
    if isinstance(executor, type):
        method = inspect.getattr_static(executor, "execute_from_model", None)
        if not isinstance(method, staticmethod):
            raise AuthoringError(_no_static_method(executor))
        function = method.__func__
    check_executor(function)
    plain: FunctionType = function
    first = next(iter(inspect.signature(plain).parameters.values()), None)
    if first is None or first.name != _TEMPLATE or not _is_positional(first):
        found = "no parameter" if first is None else f"{first.name!r} first"
        msg = (
            f"{function.__qualname__} must take the template as its first parameter, "
            f"named tt, and has {found}: write def {function.__name__}(tt, ...)."
        )
        raise InterfaceError(msg)
    return plain


def _note_caller(function: FunctionType) -> None:
    from kit.source.executors import note_caller

    note_caller(function)


def _no_static_method(executor: type) -> str:
    return (
        f"container_task makes a task of a function, not of the class "
        f"{executor.__qualname__}, unless that has a static method "
        "execute_from_model(tt, ...). Pass an executor's class to "
        "PythonCustomizedContainerTask as executor_type."
    )


def _is_positional(parameter: inspect.Parameter) -> bool:
    return parameter.kind in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    )


def interface_of_task(function: Callable[..., Any]) -> Interface:
    """Read an interface from a function's annotations, without its ``tt``.

    Raises:
        InterfaceError: An annotation is missing, or a parameter is no input.
    """
    return interface_of(function, without=(_TEMPLATE,))


Custom = Mapping[str, Any] | Callable[[SerializationSettings], Mapping[str, Any]]


class FunctionTask(PythonCustomizedContainerTask[None]):
    """A task whose executor is a function of the template and the inputs."""

    def __init__(
        self,
        executor: FunctionType | type[Any],
        name: str,
        custom: Custom | None,
        **facts: Any,
    ) -> None:
        function = check_function(executor)
        is_class = isinstance(executor, type)
        made: Any = executor if is_class else function_executor(function)
        super().__init__(
            name,
            None,
            facts.pop("image"),
            made,
            interface=interface_of_task(function),
            **facts,
        )
        self._written_executor = executor
        self._function = function
        self._custom = _check_custom(name, custom)
        self.__doc__ = function.__doc__
        signature = inspect.signature(function)
        parameters = list(signature.parameters.values())[1:]
        self.__signature__ = signature.replace(parameters=parameters)

    @property
    def function(self) -> FunctionType:
        """The function, as it was written: of ``tt`` and the inputs."""
        return self._function

    @property
    def written_executor(self) -> FunctionType | type[Any]:
        """The function, or the class that has it."""
        return self._written_executor

    @property
    def custom(self) -> Custom | None:
        """What the decorator was given: ``tt.custom``, or a function that makes it."""
        return self._custom

    def get_custom(self, settings: SerializationSettings) -> dict[str, Any]:
        """Return the decorator's ``custom``, or what it returns for the settings."""
        custom = self._custom
        made: Any = custom(settings) if callable(custom) else custom
        if made is None or isinstance(made, Mapping):
            return dict(made or {})
        msg = (
            f"custom of task {self.name!r} returned {made!r}: it must return a "
            "dictionary of JSON values."
        )
        raise DefinitionError(msg)

    def _shipped_object(
        self, settings: SerializationSettings | None
    ) -> tuple[Callable[..., Any], str, str | None]:
        written = self._written_executor
        location = f"{written.__module__}.{written.__qualname__}"
        held = getattr(sys.modules.get(written.__module__), written.__name__, self)
        unreachable = None
        if held is written and isinstance(written, type):
            return written, location, None
        if held is not self:
            unreachable = f"its module holds another {written.__name__}"
        elif runtime_of(self.runtime, settings or LOCAL_SETTINGS) == "flytekit":
            unreachable = "flytekit loads classes of a module, and this is a task"
        return written, f"{location}.executor_type", unreachable


def container_task(  # noqa: PLR0913 - the facts of a task
    function: Callable[..., Any] | None = None,
    /,
    *,
    image: str | None = None,
    custom: Custom | None = None,
    name: str | None = None,
    task_type: str = "python-task",
    requests: Resources | None = None,
    limits: Resources | None = None,
    environment: Mapping[str, str] | None = None,
    secret_requests: Iterable[Secret] | None = None,
    runtime: Runtime | None = None,
    enable_deck: bool | None = None,
    deck_fields: Iterable[DeckField | str] | None = DEFAULT_DECK_FIELDS,
    cache: bool = False,
    cache_version: str = "",
    cache_serialize: bool = False,
    cache_ignore_input_vars: Iterable[str] = (),
    retries: int = 0,
    timeout: dt.timedelta | int | None = None,
    interruptible: bool | None = None,
    docs: Documentation | None = None,
    accelerator: BaseAccelerator[Any] | None = None,
    shared_memory: bool | str | None = None,
    ship: Ship | None = None,
    inline_limit: int | None = None,
    **unknown: Any,
) -> Callable[[Callable[..., Any]], FunctionTask]:
    """Make a task of a function whose first parameter is ``tt``, the template.

    Its other parameters and its return annotation are the interface; its docstring is
    the documentation. In the container it sees ``tt`` and the inputs, nothing else.
    A class may stand for it that has it as the static method ``execute_from_model``.

    Args:
        function: Not to be given: the decorator is called, with an image.
        image: The image to run in, or a macro; ``""`` for the settings' default.
        custom: What ``tt.custom`` holds: JSON values, or a function of the settings.
        name: The task's name; the function's, after its module, by default.
        task_type: The task's type on the wire.
        requests: Resources to ask for.
        limits: Resources to take at most.
        environment: Environment variables of the container.
        secret_requests: Secrets to mount.
        runtime: ``"kit"``, ``"flytekit"``, or ``None`` to leave it to the settings.
        enable_deck: Whether the task writes a ``deck.html``.
        deck_fields: What the deck shows, when there is one.
        cache: Whether outputs may be taken from an earlier run with equal inputs.
        cache_version: Part of the cache's key.
        cache_serialize: Whether equal runs wait for each other.
        cache_ignore_input_vars: Inputs that are left out of the cache's key.
        retries: How often Flyte tries again.
        timeout: Seconds that one attempt may take, or a timedelta.
        interruptible: Whether the task may run on nodes that can vanish.
        docs: What is written about the task; the docstring wins over it.
        accelerator: A GPU or TPU by name.
        shared_memory: ``True``, or the size of ``/dev/shm``.
        ship: How the function reaches the container: ``"module"``, ``"inline"``,
            ``"export"``, or ``None`` to let kit choose.
        inline_limit: Bytes of source that the template may hold.
        **unknown: Refused, with the nearest name.

    Raises:
        DefinitionError: Something that cannot work; its subclasses say what.

    Example:
        >>> @container_task(image="acme/a:1", custom={"greeting": "Hello"}, name="g")
        ... def greet(tt, name: str) -> str:
        ...     return f"{tt.custom['greeting']}, {name}!"
        >>> greet
        FunctionTask('g', greet)
    """
    facts = {**locals()}
    for key in ("function", "unknown", "custom", "name"):
        del facts[key]
    if unknown:
        _refuse(next(iter(unknown)), facts)
    if image is None:
        raise DefinitionError(_no_image(function))
    if function is not None:
        msg = f"container_task takes keywords only, got {function!r} before them."
        raise DefinitionError(msg)
    metadata = TaskMetadata(
        **{key: facts.pop(key) for key in _METADATA},
    )

    def decorate(decorated: Any) -> FunctionTask:
        _note_caller(check_function(decorated))
        task_name = workflow_name(decorated) if name is None else name
        return FunctionTask(decorated, task_name, custom, metadata=metadata, **facts)

    return decorate


_METADATA = (
    "cache",
    "cache_version",
    "cache_serialize",
    "cache_ignore_input_vars",
    "retries",
    "timeout",
    "interruptible",
)


def _check_custom(name: str, custom: Any) -> Custom | None:
    """Return what the decorator was given as ``custom``, if that can be it."""
    if custom is None or isinstance(custom, Mapping):
        return custom
    try:
        inspect.signature(custom).bind("settings")
    except ValueError:
        pass  # a builtin that does not say what it takes
    except TypeError as error:
        got = getattr(custom, "__qualname__", repr(custom))
        msg = (
            f"custom of task {name!r} must be a dictionary of JSON values, or a "
            f"function of the settings that returns one, got {got}: {error}."
        )
        raise DefinitionError(msg) from error
    made: Custom = custom
    return made


def _refuse(name: str, facts: Mapping[str, Any]) -> NoReturn:
    msg = f"container_task got an unexpected keyword argument {name!r}."
    raise DefinitionError(msg + nearest(name, ["custom", "name", *facts]))


def _no_image(function: Any) -> str:
    where = getattr(function, "__name__", "...")
    return (
        "container_task needs an image: write "
        f'@kit.container_task(image="ghcr.io/acme/app:1.0") above {where}, or '
        'image="" for the default image of the settings.'
    )
