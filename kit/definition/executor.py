"""The base of executors: the author's logic that runs inside the container."""

from __future__ import annotations

import sys
from typing import Any, Generic, TypeVar

from kit.definition.tracking import TrackedInstance
from kit.errors import ExecutorError

__all__ = [
    "ShimTaskExecutor",
    "check_executor_importable",
    "check_executor_type",
    "executor_path",
    "make_executor",
]

T = TypeVar("T")


class ShimTaskExecutor(TrackedInstance, Generic[T]):
    """The logic of a task type: it sees the template and the inputs, nothing else.

    Subclass it, override :meth:`execute_from_model`, and pass the class to a task as
    ``executor_type``. It is made without arguments, here and in the container. ``T`` is
    the type of the task template it reads.
    """

    def execute_from_model(self, tt: T, **kwargs: Any) -> Any:
        """Run the task that the template describes.

        Args:
            tt: The task template, with ``tt.custom`` as a plain dict.
            **kwargs: The inputs by name.

        Returns:
            The output; for several, a dict or a tuple in the interface's order.
        """
        raise NotImplementedError


def check_executor_type(executor_type: object) -> type[ShimTaskExecutor[Any]]:
    """Return the type if a task can run with it; one written for flytekit will do.

    Raises:
        ExecutorError: It is no class, has no ``execute_from_model`` of its own, is
            abstract, or its constructor needs arguments.
    """
    if not isinstance(executor_type, type):
        kind = type(executor_type).__name__
        msg = (
            f"executor_type must be a class, got {executor_type!r}: "
            f"{kind!r} object is not callable as one. Pass the class itself."
        )
        raise ExecutorError(msg)
    name = executor_type.__name__
    method = getattr(executor_type, "execute_from_model", None)
    if not callable(method) or method is ShimTaskExecutor.execute_from_model:
        msg = f"Executor {name} has no execute_from_model(self, tt, **kwargs): add one."
        raise ExecutorError(msg)
    abstract = getattr(executor_type, "__abstractmethods__", None)
    if abstract:
        missing = ", ".join(sorted(abstract))
        msg = (
            f"Can't instantiate abstract class {name} with abstract methods {missing}: "
            f"override them, or pass a subclass that does."
        )
        raise ExecutorError(msg)
    return executor_type


def make_executor(executor_type: type[ShimTaskExecutor[Any]]) -> ShimTaskExecutor[Any]:
    """Make the executor the way the container does: without arguments.

    Raises:
        ExecutorError: The type is no executor, or its constructor does not take that.
    """
    checked = check_executor_type(executor_type)
    try:
        return checked()
    except TypeError as error:
        msg = (
            f"{error}. Executor {checked.__name__} is made without arguments, as in "
            f"the container: put what it needs into the template's custom."
        )
        raise ExecutorError(msg) from error


def executor_path(executor_type: type) -> str:
    """Return the ``module.Name`` that stands in the template's arguments."""
    return f"{executor_type.__module__}.{executor_type.__name__}"


def check_executor_importable(executor_type: type) -> None:
    """Refuse an executor that another process could not import by its path.

    Raises:
        ExecutorError: It lives in a notebook or script, inside a function or class, or
            its module does not hold it under its name.
    """
    name, module = executor_type.__qualname__, executor_type.__module__
    if module == "__main__":
        msg = (
            f"Executor {name} lives in __main__, a notebook or script that no "
            f"container can import. Move it to a module and import it from there."
        )
        raise ExecutorError(msg)
    if "." in name:
        msg = (
            f"Executor {name} of {module} is inside a function or class, where no "
            f"import reaches it. Move it to the top level of its module."
        )
        raise ExecutorError(msg)
    if executor_type.__name__ not in vars(sys.modules.get(module, object)):
        msg = (
            f"Executor {name} says it lives in {module}, which has no such name at "
            f"its top level. Define it there with a class statement."
        )
        raise ExecutorError(msg)
