"""The source of a module that holds an executor and all that it needs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kit.source.closure import Closure
from kit.source.layout import import_lines, module_text, requirements_of
from kit.source.left_out import left_out
from kit.source.root import check_executor, namespace_of, root_definition
from kit.source.second_opinion import check_module
from kit.source.secret_values import SecretValues

__all__ = ["ModuleSource", "self_contained"]


@dataclass(frozen=True)
class ModuleSource:
    """A module that needs nothing of the notebook it was written in.

    Attributes:
        name: What to call the module: the executor's name and a hash of the text.
        text: The module's source, ending in a newline.
        executor: The name of the executor's class, or function, in the module.
        imports: Its import statements, in their order.
        requirements: The top-level third-party modules it imports, sorted.
        notes: What a reader should know: lines that were left out, globals that start
            anew in each container.
    """

    name: str
    text: str
    executor: str
    imports: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def self_contained(
    executor: type[Any] | Callable[..., Any],
    *,
    namespace: Mapping[str, Any] | None = None,
    forbidden: Iterable[str] = (),
) -> ModuleSource:
    """Return the source of a module that holds an executor and all that it needs.

    The executor's own decorators travel with it, but for the one of kit's that makes a
    task of it and those above that one.

    Args:
        executor: A class or a function, defined in a cell, a script or a module.
        namespace: Where its names are looked up: the globals of its module by default.
        forbidden: Values, such as secrets', that must not stand in the source.

    Raises:
        SourceError: The source of something it needs cannot be had for certain.
        UndefinedNameError: It uses a name that does not exist.
        CaptureError: It uses an object that no source makes anew.
        SecretInSourceError: A constant is the value of a secret.
        AuthoringError: Something else keeps it from travelling, as the text says.
    """
    check_executor(executor)
    secrets = SecretValues(forbidden)
    definition = root_definition(executor)
    if namespace is None:
        namespace = namespace_of(executor)
    closure = Closure(secrets.quote)
    name = closure.add_executor(definition, executor, namespace)
    for part_name, part in closure.parts.items():
        secrets.check(part.text, part_name)
    text = module_text(
        closure, [name], f"{name}, with all that it needs; written by kit."
    )
    secrets.check(text, name)
    check_module(text, name)
    imports = import_lines(closure)
    return ModuleSource(
        name=f"{name}_{hashlib.sha256(text.encode()).hexdigest()[:12]}",
        text=text,
        executor=name,
        imports=imports,
        requirements=requirements_of(imports),
        notes=(*closure.notes, *left_out(closure)),
    )
