"""What a task is made with: its signature, and checks of each argument."""

from __future__ import annotations

import ast
import inspect
import types
import typing
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

from kit.annotations import own_annotations, type_hints
from kit.definition.executor import importable_name
from kit.definition.images import check_image_reference
from kit.definition.interface import Docstring, Interface
from kit.definition.metadata import TaskMetadata
from kit.definition.resources import Resources, ResourceSpec
from kit.errors import (
    CallError,
    DefinitionError,
    ImageError,
    InterfaceError,
    MissingInterfaceError,
    ResourcesError,
)
from kit.resolver import TaskTemplateResolver
from kit.task.promises import VoidPromise

if TYPE_CHECKING:
    from kit.definition.metadata import Documentation
    from kit.definition.security import SecurityContext


_BY_NAME = (
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)


def interface_of(
    function: Callable[..., Any], *, without: Container[str] = ()
) -> Interface:
    """Read an interface from a function's annotations, defaults and docstring.

    A named tuple names the outputs; else they are ``o0``, ``o1``, as in flytekit.

    Args:
        function: The function.
        without: Parameters that are no inputs.

    Raises:
        InterfaceError: An annotation is missing or cannot be read, or a parameter
            takes any number of arguments.

    Example:
        >>> def scale(rows: int, by: float = 2.0) -> tuple[int, float]: ...
        >>> interface_of(scale)
        Interface((rows: int, by: float = 2.0) -> (o0: int, o1: float))
    """
    hints = _hints(function)
    parameters = inspect.signature(function).parameters.values()
    inputs = {
        p.name: _input(function, p, hints) for p in parameters if p.name not in without
    }
    returned = hints.get("return")
    return Interface(
        inputs,
        _outputs(function, returned),
        returned.__name__ if _is_named_tuple(returned) else None,
        Docstring(function.__doc__ or ""),
    )


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return type_hints(_with_tuple(function))
    except NameError as error:
        msg = (
            f"An annotation of {function.__qualname__} cannot be read: {error}. Its "
            "types must be known at module level, or the module must not use `from "
            "__future__ import annotations`."
        )
        raise InterfaceError(msg) from error


def _with_tuple(function: Callable[..., Any]) -> Any:
    """Return what has a function's annotations, with ``-> (int, str)`` as a tuple.

    flytekit takes this annotation too, and Python's own reader of annotations does not.
    """
    bare: Any = inspect.unwrap(function)
    annotations = own_annotations(bare)
    returned = annotations.get("return")
    if isinstance(returned, tuple):
        returned = types.GenericAlias(tuple, returned)
    elif isinstance(returned, str) and _is_bare_tuple(returned):
        returned = f"tuple[{returned.strip()[1:-1]}]"
    else:
        return function
    return types.SimpleNamespace(
        __annotations__={**annotations, "return": returned},
        __globals__=bare.__globals__,
        __type_params__=getattr(bare, "__type_params__", ()),
    )


def _is_bare_tuple(annotation: str) -> bool:
    try:
        node = ast.parse(annotation.strip(), mode="eval").body
    except SyntaxError:
        return False
    return isinstance(node, ast.Tuple) and annotation.strip().startswith("(")


def _input(
    function: Callable[..., Any], parameter: inspect.Parameter, hints: dict[str, Any]
) -> tuple[Any, Any]:
    name = parameter.name
    if parameter.kind not in _BY_NAME:
        msg = (
            f"Parameter {str(parameter)!r} of {function.__qualname__} cannot be an "
            "input: an input has one name, which may be used to pass it."
        )
        raise InterfaceError(msg)
    if name not in hints:
        msg = (
            f"Input {name!r} of {function.__qualname__} has no type annotation: write "
            f"{name}: int, say."
        )
        raise InterfaceError(msg)
    given = parameter.default is not inspect.Parameter.empty
    return hints[name], parameter.default if given else None


def _outputs(function: Callable[..., Any], returned: Any) -> dict[str, Any]:
    if returned is None or returned is type(None):
        return {}
    if _is_named_tuple(returned):
        return type_hints(returned)
    if typing.get_origin(returned) is not tuple:
        return {"o0": returned}
    members = typing.get_args(returned)
    if len(members) == 1 or ... in members:
        msg = (
            f"Tuples should be used to indicate multiple return values: "
            f"{function.__qualname__} returns {returned}. For one output write its "
            "type, for any number of values list[T]."
        )
        raise InterfaceError(msg)
    return {f"o{index}": python_type for index, python_type in enumerate(members)}


def _is_named_tuple(python_type: Any) -> TypeGuard[type[Any]]:
    return (
        isinstance(python_type, type)
        and issubclass(python_type, tuple)
        and hasattr(python_type, "_fields")
    )


def workflow_name(function: Callable[..., Any]) -> str:
    """Name a workflow by its function and module; a notebook's cells are of none."""
    module = importable_name(function.__module__)
    return f"{module}.{function.__name__}" if module else function.__name__


def outputs_by_name(name: str, interface: Interface, returned: Any) -> dict[str, Any]:
    """Give what a workflow's function returned the names of its outputs.

    Args:
        name: The workflow's name, for errors.
        interface: The outputs.
        returned: A promise or value, or a tuple of them.

    Raises:
        CallError: There are more, or fewer, than the interface declares.
    """
    names = list(interface.outputs)
    if not names and (returned is None or isinstance(returned, VoidPromise)):
        return {}
    is_tuple = isinstance(returned, tuple)
    if len(names) == 1 and not (interface.output_tuple_name and is_tuple):
        return {names[0]: returned}
    if names and is_tuple and len(returned) == len(names):
        return dict(zip(names, returned, strict=True))
    msg = (
        f"Workflow {name} declares {len(names)} outputs ({', '.join(names)}) but "
        f"returned {returned!r}: its return annotation says what comes out."
    )
    raise CallError(msg)


T = TypeVar("T")

NO_METADATA = TaskMetadata()
NO_RESOURCES = ResourceSpec()


def checked(name: str, value: T | None, default: T, *, kind: Any = None) -> T:
    """Return a value of the default's type, or the default for ``None``.

    Raises:
        DefinitionError: The value is something else.
    """
    expected = kind or type(default)
    if value is None:
        return default
    if not isinstance(value, expected):
        msg = f"{name} must be of type {expected.__name__}, got {value!r}."
        raise DefinitionError(msg)
    return value


def checked_image(image: Any) -> str:
    """Return the image's text; macros are rendered later, with the settings.

    Raises:
        ImageError: It is no text, or no container engine would take it.
    """
    if image is None or image == "":
        return ""
    if not isinstance(image, str):
        msg = (
            f"container_image must be a text such as 'ghcr.io/acme/app:1.0', got "
            f"{image!r} of type {type(image).__name__}."
        )
        raise ImageError(msg)
    if "{{" not in image:
        check_image_reference(image)
    return image


def checked_type(task_type: Any) -> str:
    """Return the task's type, which Flyte refuses to be empty.

    Raises:
        DefinitionError: It is empty or no text.
    """
    if isinstance(task_type, str) and task_type:
        return task_type
    msg = f"task_type must be a text such as 'python-task', got {task_type!r}."
    raise DefinitionError(msg)


def checked_version(version: Any) -> int:
    """Return the version of the task's type.

    Raises:
        DefinitionError: It is no whole number that fits into 31 bits.
    """
    if isinstance(version, int) and 0 <= version < 2**31:
        return version
    msg = f"task_type_version must be a whole number from 0 up, got {version!r}."
    raise DefinitionError(msg)


def checked_resolver(
    resolver: TaskTemplateResolver | None, default: TaskTemplateResolver
) -> TaskTemplateResolver:
    """Return the resolver, or the default for ``None``.

    Raises:
        DefinitionError: It cannot say its location or its loader arguments.
    """
    if resolver is None:
        return default
    if not hasattr(resolver, "location") or not hasattr(resolver, "loader_args"):
        msg = (
            f"task_resolver must be a resolver, such as kit.resolver."
            f"default_task_template_resolver, got {resolver!r} of type "
            f"{type(resolver).__name__}."
        )
        raise DefinitionError(msg)
    return resolver


def resource_spec(requests: Any, limits: Any) -> ResourceSpec:
    """Return requests and limits together.

    Raises:
        ResourcesError: One is something else than Resources.
    """
    for name, value in (("requests", requests), ("limits", limits)):
        if value is not None and not isinstance(value, Resources):
            msg = f"{name} must be kit.Resources(cpu=..., mem=...), got {value!r}."
            raise ResourcesError(msg)
    if requests is None and limits is None:
        return NO_RESOURCES
    unsaid = NO_RESOURCES.requests
    return ResourceSpec(requests or unsaid, limits or unsaid)


def security_context(requests: Any) -> SecurityContext | None:
    """Return what a task asks for with its secrets, if it asks for any.

    Raises:
        SecretError: They are no list of secrets.
    """
    if requests is None:
        return None
    from kit.definition.security import SecurityContext, check_secret_requests

    secrets = check_secret_requests(requests)
    return SecurityContext(secrets=secrets) if secrets else None


def documentation(docs: Any, docstring: Docstring | None) -> Documentation | None:
    """Return what is written about a task, here and in its interface's docstring.

    Raises:
        DefinitionError: ``docs`` is something else.
    """
    if docs is None and docstring is None:
        return None
    # Many tasks have none, and do not wait for its messages to load.
    from kit.definition.metadata import Documentation, documentation_of

    given = checked("docs", docs, None, kind=Documentation)
    return documentation_of(given, docstring)


def check_interface(interface: Any) -> None:
    """Refuse what is no interface.

    Raises:
        MissingInterfaceError: It is something else.
    """
    if interface is not None and not isinstance(interface, Interface):
        kind = type(interface).__name__
        msg = (
            f"interface must be kit.Interface(inputs={{...}}, outputs={{...}}), got "
            f"{interface!r} of type {kind}."
        )
        raise MissingInterfaceError(msg)


def no_interface(task: str) -> MissingInterfaceError:
    """Say that a task has no interface, and what to do."""
    msg = (
        f"Task {task!r} has no interface. Pass interface=kit.Interface(inputs={{...}}, "
        f"outputs={{...}}), or kit.Interface() for no inputs and outputs."
    )
    return MissingInterfaceError(msg)


def check_input_names(executor_type: type[Any], interface: Interface) -> None:
    """Refuse inputs whose name the executor's method has for something else.

    It is called with the template by position and the inputs by name.

    Raises:
        InterfaceError: Naming the input.
    """
    taken = _taken_by_position(executor_type)
    for name in interface.inputs:
        if name in taken:
            msg = (
                f"Input {name!r} cannot be passed to {executor_type.__name__}."
                f"execute_from_model, which has a parameter of that name for something "
                f"else. Rename the input."
            )
            raise InterfaceError(msg)


def _taken_by_position(executor_type: type[Any]) -> set[str]:
    """Return the names of the method's parameters that are not given by name."""
    name = "execute_from_model"
    code = getattr(getattr(executor_type, name), "__code__", None)
    if code is None:
        return {"self"}
    method = None
    for base in executor_type.__mro__:
        if name in vars(base):
            method = vars(base)[name]
            break
    by_position = 1 if isinstance(method, staticmethod) else 2  # self and the template
    last = min(by_position, code.co_argcount)
    return {"self", *code.co_varnames[code.co_posonlyargcount : last]}


_IN_METADATA = "It goes into metadata=kit.TaskMetadata(...)."
PLACE_OF = {
    **dict.fromkeys(
        (
            "annotations",
            "cache",
            "cache_ignore_input_vars",
            "cache_serialize",
            "cache_version",
            "deprecated",
            "interruptible",
            "labels",
            "pod_template_name",
            "retries",
            "timeout",
        ),
        _IN_METADATA,
    ),
    "inputs": "Write interface=kit.Interface(inputs=..., outputs=...).",
    "outputs": "Write interface=kit.Interface(inputs=..., outputs=...).",
    "resources": "Write requests=kit.Resources(...) and limits=kit.Resources(...).",
    "secrets": "Write secret_requests=[kit.Secret(...)].",
    "security_ctx": "It is made from secret_requests=[kit.Secret(...)].",
    "env": "Write environment={...}.",
    "custom": "Override get_custom.",
    "config": "Override get_config.",
}
"""Where known facts go that are no argument of a task."""
