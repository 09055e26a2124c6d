"""The executor whose source travels in the template: nothing of it is in the image.

The template's ``custom`` holds it under the key ``kit.inline``, a wire contract:
``module`` (a name with a hash of the source), ``executor`` (a class or function in it),
``source`` and ``sha256`` (of the source in UTF-8).  The executor itself sees
``custom`` without that key.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from types import FunctionType, ModuleType
from typing import Any

from kit.definition.executor import ShimTaskExecutor, make_executor
from kit.definition.shipment import INLINE_KEY
from kit.errors import InlineError
from kit.shim import flytekit_bridge
from kit.shim.executable import call_author
from kit.shim.inline_modules import fresh_module
from kit.shim.telemetry import loaded

__all__ = ["InlineExecutor", "function_executor", "inline_document", "unpack"]

_FIELDS = ("module", "executor", "source", "sha256")


class InlineExecutor(ShimTaskExecutor[Any]):
    """Loads the executor that is in the template, and runs it.

    ``kit-execute`` calls :func:`unpack` itself and this class's method never;
    flytekit's ``pyflyte-execute`` calls the method. There the outputs are converted by
    kit and handed out by name, because flytekit's shim takes several of them in the
    order of a map, which has none; and an error of the executor is a user's error.
    """

    def execute_from_model(self, tt: Any, **kwargs: Any) -> Any:
        """Run the executor in the template with the inputs.

        Raises:
            InlineError: The template holds none that can be loaded.
        """
        view, executor_type = unpack(tt)
        executor = call_author(make_executor, executor_type)
        loaded("inline", executor)
        if not flytekit_bridge.is_in_container():
            value = call_author(executor.execute_from_model, view, **kwargs)
            return _in_order_of(list(tt.interface.outputs), value)
        from kit.shim.hosting import hosted_outputs

        return hosted_outputs(executor.execute_from_model, tt, view, kwargs)


def inline_document(module: str, executor: str, source: str) -> dict[str, str]:
    """Return what stands in ``custom`` for an executor that goes inline."""
    return {
        "module": module,
        "executor": executor,
        "source": source,
        "sha256": _sha256(source),
    }


def unpack(tt: Any) -> tuple[Any, type[ShimTaskExecutor[Any]]]:
    """Load the executor of a template that holds its source.

    Args:
        tt: kit's view of the template, or flytekit's ``TaskTemplate``.

    Returns:
        The same kind of template without the source, as its author knows it; and the
        executor's class.

    Raises:
        InlineError: There is no source, it is not the one that was sent, or this Python
            does not understand it.
    """
    document = _document(tt.id.name, tt.custom)
    loaded("source", document)
    module = _load(tt.id.name, document)
    loaded("module", module)
    found = getattr(module, document["executor"], None)
    if isinstance(found, FunctionType):
        found = function_executor(found)
    if not isinstance(found, type):
        msg = (
            f"The source in the template of {tt.id.name!r} has no class or function "
            f"{document['executor']!r}. Make the template again from its task."
        )
        raise InlineError(msg)
    loaded("executor", found)
    message = tt.to_flyte_idl()
    del message.custom.fields[INLINE_KEY]
    return type(tt).from_flyte_idl(message), found


def function_executor(function: FunctionType) -> type[ShimTaskExecutor[Any]]:
    """Make an executor's class whose logic is a function of ``tt`` and the inputs."""
    members = {
        "__module__": function.__module__,
        "__qualname__": function.__qualname__,
        "__doc__": function.__doc__,
        "execute_from_model": staticmethod(function),
    }
    return type(function.__name__, (ShimTaskExecutor,), members)


def _document(task: str, custom: Mapping[str, Any]) -> Mapping[str, str]:
    document = custom.get(INLINE_KEY)
    if not isinstance(document, Mapping):
        msg = (
            f"The template of {task!r} names kit.inline.InlineExecutor, but its custom "
            f"has no {INLINE_KEY!r}: it has {sorted(custom)}. Make the template again "
            "from its task; get_custom need not add anything."
        )
        raise InlineError(msg)
    missing = [key for key in _FIELDS if not isinstance(document.get(key), str)]
    if missing:
        msg = (
            f"custom[{INLINE_KEY!r}] of {task!r} has no text under "
            f"{', '.join(missing)}. Make the template again from its task."
        )
        raise InlineError(msg)
    _check_hash(task, document["source"], document["sha256"])
    return document


def _check_hash(task: str, source: str, expected: str) -> None:
    actual = _sha256(source)
    if actual != expected:
        msg = (
            f"The source in the template of {task!r} is not the one that was sent: its "
            f"SHA-256 is {actual}, and the template says {expected}. It was changed on "
            "the way. Make the template again from its task."
        )
        raise InlineError(msg)


def _load(task: str, document: Mapping[str, str]) -> ModuleType:
    name, source = document["module"], document["source"]
    try:
        code = compile(source, f"<{name}>", "exec", dont_inherit=True)
    except SyntaxError as error:
        raise _newer_syntax(document, error) from error
    return fresh_module(name, source, code, owner=(task, document["executor"]))


def _newer_syntax(document: Mapping[str, str], error: SyntaxError) -> InlineError:
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    line = (error.text or "").strip()
    return InlineError(
        f"Python {here} does not understand line {error.lineno} of {document['module']}"
        f", {line!r}: {error.msg}. It was written in a newer Python: take an image "
        "with the notebook's Python, or write the line without newer syntax."
    )


def _in_order_of(names: list[str], value: Any) -> Any:
    """Order several outputs as flytekit reads them: by position, as its map has them.

    Outputs of a named tuple have their names, and those of a tuple the names ``o0``,
    ``o1``; of others flytekit's order is the only one there is.
    """
    if not isinstance(value, tuple) or len(names) < 2 or len(value) != len(names):  # noqa: PLR2004 - several
        return value
    fields = getattr(value, "_fields", [f"o{index}" for index in range(len(value))])
    by_name: Callable[[str], Any] = dict(zip(fields, value, strict=True)).__getitem__
    return tuple(map(by_name, names)) if set(names) == set(fields) else value


def _sha256(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()
