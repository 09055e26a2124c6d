"""Make a task again from what stands in its container's arguments.

The dotted path of :data:`default_task_template_resolver` is written into templates:
it is a wire contract and stays where it is.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from kit.definition.executor import ShimTaskExecutor, TrackedInstance
from kit.definition.shipment import INLINE_EXECUTOR
from kit.errors import (
    ExecutorError,
    ExecutorModuleError,
    ExecutorNameError,
    LoaderArgsError,
    nearest,
)
from kit.shim.executable import ExecutableTemplateShimTask, call_author
from kit.shim.telemetry import loaded
from kit.storage import current_storage
from kit.template.flyte2 import unpack_url
from kit.template.view import MAX_TEMPLATE_BYTES, TaskTemplateView, parse_template

if TYPE_CHECKING:
    from kit.definition.settings import SerializationSettings

__all__ = ["TaskTemplateResolver", "default_task_template_resolver", "load_object"]

_LOADER_ARGS = 2


class TaskTemplateResolver(TrackedInstance):
    """Loads any task whose template says everything about it.

    The loader arguments are the place of the template, which Flyte fills in, and the
    dotted name of the executor's class.  What is loaded is always an
    :class:`~kit.shim.executable.ExecutableTemplateShimTask`.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def name(self) -> str:
        """Return the resolver's name, in flytekit's words."""
        return "task template resolver"

    def task_name(self, _t: object) -> None:
        """Return no name: a task keeps the one it was given."""
        return

    def get_all_tasks(self) -> list[Any]:
        """Return no tasks: the resolver keeps none."""
        return []

    def loader_args(self, settings: SerializationSettings | None, t: Any) -> list[str]:
        """Return the arguments that :meth:`load_task` will get in the container.

        Args:
            settings: What the template is made with.
            t: A task that says how its executor ships, or one of flytekit's with an
                ``executor_type``.

        Raises:
            ExecutorError: The executor lives where no container can have it from.
        """
        if hasattr(t, "shipment"):
            return ["{{.taskTemplatePath}}", t.shipment(settings).location]
        executor: type = t.executor_type
        location = f"{executor.__module__}.{executor.__qualname__}"
        if "<" in location:
            msg = (
                f"The executor {location} lives inside a function, where no container "
                "can import it from. Move the class to the top level of its module."
            )
            raise ExecutorError(msg)
        return ["{{.taskTemplatePath}}", location]

    def load_task(self, loader_args: Sequence[str]) -> ExecutableTemplateShimTask:
        """Load a task from ``[place of the template, dotted name of the executor]``.

        Args:
            loader_args: The template's local path, its URL, or the template itself as
                a base64 ``data:`` URL (on Flyte 2); and ``package.module.Class``
                (``package.module.Outer.Inner`` for a class inside a class).

        Raises:
            LoaderArgsError: There are fewer than two arguments.
            StorageError: The template cannot be read.
            TemplateError: What is there is no TaskTemplate.
            ExecutorError: The executor cannot be imported, or is none.
        """
        if len(loader_args) < _LOADER_ARGS:
            msg = (
                f"Got the loader arguments {list(loader_args)!r}, expected two: the "
                "template's path and the executor's dotted name."
            )
            raise LoaderArgsError(msg)
        path, location = loader_args[:_LOADER_ARGS]
        data = unpack_url(path)
        if data is None:
            data = current_storage().read_bytes(path, limit=MAX_TEMPLATE_BYTES)
            return self.load_from_bytes(data, location, source=path)
        return self.load_from_bytes(data, location)

    def load_from_bytes(
        self, template: bytes, location: str, *, source: str = "the template"
    ) -> ExecutableTemplateShimTask:
        """Load a task from a template's bytes, for runs in this process.

        Args:
            template: The serialized TaskTemplate.
            location: Dotted name of the executor's class; that of
                :data:`~kit.definition.shipment.INLINE_EXECUTOR` stands for the one
                whose source is in the template.
            source: Where the bytes come from, for errors.

        Raises:
            TemplateError: The bytes are no TaskTemplate.
            ExecutorError: The executor cannot be imported, or is none.
        """
        view = TaskTemplateView.from_flyte_idl(parse_template(template, source))
        loaded("read", len(template))
        if location == INLINE_EXECUTOR:
            from kit.inline import unpack  # most executors come from a module

            return ExecutableTemplateShimTask(*unpack(view))
        return ExecutableTemplateShimTask(view, _executor_type(location))


def load_object(location: str, role: str = "executor") -> Any:
    """Import what a dotted name stands for; it may be inside a class.

    Args:
        location: Such as ``package.module.Class`` or ``package.module.Outer.Inner``.
        role: What it is to be, for errors.

    Raises:
        ExecutorModuleError: No module of that name is there.
        ExecutorNameError: The module has nothing of that name.
    """
    parts = location.split(".")
    if len(parts) < _LOADER_ARGS or not all(parts):
        msg = (
            f"{location!r} is not a dotted name of the {role}. Write "
            "package.module.Class."
        )
        raise ExecutorModuleError(msg)
    found, rest, missing = _import_longest(parts)
    if role == "executor" and found is not None:
        loaded("module", found)
    *outer, last = rest
    for name in outer:
        found = getattr(found, name, None)  # a class around the class
    if found is None:
        msg = (
            f"The {role} {location} cannot be imported here: {missing}. Is its module "
            "in the image, and its folder on PYTHONPATH or the working directory?"
        )
        raise ExecutorModuleError(msg) from missing
    if not hasattr(found, last):
        raise _no_such_name(found, last, location)
    return getattr(found, last)


def _import_longest(
    parts: Sequence[str],
) -> tuple[ModuleType | None, Sequence[str], ModuleNotFoundError | None]:
    """Import the longest front part that is a module; the rest are attributes.

    A module that is there but cannot be imported, because of an error of its own or a
    dependency that is missing, raises that error.

    Returns:
        The module, if there is one; the parts behind it; and the first error, if the
        module is not the longest part that could be one.
    """
    first: ModuleNotFoundError | None = None
    for end in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:end])
        loaded = sys.modules.get(module)
        if loaded is not None and hasattr(loaded, parts[end]):
            return loaded, parts[end:], first
        around = sys.modules.get(".".join(parts[: end - 1]))
        if loaded is None and around and not hasattr(around, "__path__"):
            continue  # no package: there is no module in it to be looked for
        try:
            return call_author(importlib.import_module, module), parts[end:], first
        except ModuleNotFoundError as error:
            missing = error.name or ""
            if module != missing and not module.startswith(f"{missing}."):
                raise
            first = first or error
    return None, parts, first


def _no_such_name(found: Any, name: str, location: str) -> ExecutorNameError:
    kind = "class" if isinstance(found, type) else "module"
    msg = (
        f"{location!r} cannot be loaded: {kind} {found.__name__!r} has no {name!r}."
        + nearest(name, [n for n in dir(found) if not n.startswith("_")])
    )
    if found.__name__ == "__main__":
        msg += " It was defined in a notebook or script, which is not in this process."
    return ExecutorNameError(msg)


def _executor_type(location: str) -> type[ShimTaskExecutor[Any]]:
    executor = load_object(location)
    if isinstance(executor, type):
        loaded("executor", executor)
        return executor
    msg = (
        f"{location!r} is {re.sub(' at 0x[0-9a-f]+', '', repr(executor)):.200}, "
        "expected the class of an executor. Write package.module.Class."
    )
    raise ExecutorError(msg)


default_task_template_resolver = TaskTemplateResolver()
"""The resolver that every task uses that has none of its own."""
