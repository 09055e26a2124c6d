"""Checks of what a task is made with: each returns the value, or refuses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from kit.definition.images import check_image_reference
from kit.definition.interface import Interface
from kit.definition.metadata import TaskMetadata
from kit.definition.resources import Resources, ResourceSpec
from kit.errors import (
    DefinitionError,
    ImageError,
    InterfaceError,
    MissingInterfaceError,
    ResourcesError,
)
from kit.resolver import TaskTemplateResolver

if TYPE_CHECKING:
    from kit.definition.interface import Docstring
    from kit.definition.metadata import Documentation
    from kit.definition.security import SecurityContext

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
