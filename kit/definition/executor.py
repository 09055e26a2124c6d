"""Executors, the author's logic in the container, and the names they are found by."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from kit.errors import ExecutorError, TrackingError

if TYPE_CHECKING:
    from typing_extensions import Self

_MAIN = "__main__"
_PROMPT = "_pyrepl.__main__"  # from Python 3.13 on, what is typed at >>>
_TYPING_FRAMES = 2  # Class[int](…) puts typing's own frames in between


_FLYTEKIT_SHIM = "flytekit.core.shim_task"
_host: Callable[[Any], None] | None = None


def use_host(host: Callable[[Any], None]) -> None:
    """Set what is called with each executor that flytekit's shim makes.

    ``import kit`` does, with :func:`kit.shim.hosting.host`.
    """
    global _host  # noqa: PLW0603 - one for each process
    _host = host


class TrackedInstance:
    """An object that can say under which dotted name a container finds it again.

    The module that called the constructor is noted when the object is made. The
    variable is looked for only when it is asked for, among the modules that are loaded:
    nothing is imported, and ``sys.path`` stays as it is.
    """

    _made_in: str | None = None
    _made_with: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})
    _found: tuple[str, str] | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Note which module makes the object, and with which arguments."""
        self = super().__new__(cls)
        self._made_in = _calling_module()
        self._made_with = args, kwargs
        if self._made_in == _FLYTEKIT_SHIM and _host is not None:
            _host(self)
        return self

    @property
    def instantiated_in(self) -> str | None:
        """The module that holds the object, or else the one it was made in.

        A script's module is named as an import would name it; in a notebook there is
        no such module, and the answer is ``None``.
        """
        found = self._find()
        return importable_name(found[0] if found else self._made_in)

    @property
    def made_with(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of the constructor that was called: of the object's class."""
        return self._made_with

    @property
    def lhs(self) -> str:
        """The variable that holds the object; see :meth:`find_lhs`."""
        return self.find_lhs()

    @property
    def location(self) -> str:
        """The dotted name ``module.variable``.

        Raises:
            TrackingError: No module that could be imported holds the object.
        """
        module = self.instantiated_in
        if module is None:
            msg = (
                f"Unable to determine module of {self!r}: it was made in a notebook or "
                f"an interactive session, which no container can import. Move it to a "
                f"module (a .py file) and import it from there."
            )
            raise TrackingError(msg)
        return f"{module}.{self.find_lhs()}"

    def find_lhs(self) -> str:
        """Return the module-level variable that holds the object.

        Raises:
            TrackingError: No loaded module holds it under a name of its own.
        """
        found = self._find()
        if found is None:
            msg = (
                f"Error looking for LHS in {self._made_in}: no variable of a loaded "
                f"module holds {self!r}. Assign it to a name at module level."
            )
            raise TrackingError(msg)
        return found[1]

    def _find(self) -> tuple[str, str] | None:
        if self._found is None or not _holds(*self._found, self):
            self._found = next(_holders(self, self._made_in), None)
        return self._found


def _calling_module() -> str | None:
    for depth in range(2, 3 + _TYPING_FRAMES):
        name = sys._getframe(depth).f_globals.get("__name__")  # noqa: SLF001 - one look up, no walk
        if name != "typing":
            return str(name) if name is not None else None
    return None


def _holders(target: object, preferred: str | None) -> Iterator[tuple[str, str]]:
    first = [preferred] if preferred in sys.modules else []
    for name in (*first, *list(sys.modules)):
        for variable in _variables(sys.modules.get(name), target):
            yield name, variable


def _variables(module: ModuleType | None, target: object) -> list[str]:
    """List a module's variables that hold the target, without running its code."""
    names = [
        name
        for name, value in list(getattr(module, "__dict__", {}).items())
        if value is target and not _is_history(name)
    ]
    return sorted(names)


def _is_history(name: str) -> bool:
    """Say whether IPython keeps earlier results and inputs under this name."""
    number = name.strip("_i")
    return name.startswith("_") and (not number or number.isdigit())


def _holds(module: str, variable: str, target: object) -> bool:
    loaded = sys.modules.get(module)
    return getattr(loaded, "__dict__", {}).get(variable) is target


def importable_name(module: str | None) -> str | None:
    """Name a module as another process would import it, or ``None`` if none could."""
    if module != _MAIN:
        return module
    main = sys.modules[_MAIN]
    spec = getattr(main, "__spec__", None)
    if spec is not None:  # python -m package.module
        return None if spec.name == _PROMPT else str(spec.name)
    file = getattr(main, "__file__", None)
    return _script_name(file) if file is not None else None


def _script_name(file: str) -> str | None:
    """Name a script's file from the working directory, or from the script's own."""
    from pathlib import Path

    path = Path(file).resolve().with_suffix("")
    here = Path.cwd()
    parts = path.relative_to(here).parts if path.is_relative_to(here) else (path.name,)
    return ".".join(parts) if all(part.isidentifier() for part in parts) else None


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
        msg = (
            f"executor_type must be a class, got {executor_type!r}. Pass the class "
            "itself, not an instance or its name."
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
            f"Executor {name} is an abstract class without {missing}: override the "
            "abstract methods, or pass a subclass that does."
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
            f"Executor {checked.__name__} cannot be made without arguments, as the "
            f"container makes it: {error}. Put what it needs into the template's "
            "custom."
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
