"""Names and environment variables that Flyte or Kubernetes could not take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kit.errors import DefinitionError

__all__ = ["check_environment", "check_task_name"]

# An index row of the database that holds name and version has 2704 bytes.
_MAX_NAME_BYTES = 2600


def check_task_name(name: object) -> None:
    """Refuse a name that no Flyte could register; ``None`` means it is given later.

    Raises:
        DefinitionError: The name is empty, too long, no text, or has a NUL in it.
    """
    if name is None:
        return
    if not isinstance(name, str):
        msg = f"A task's name must be text, got {name!r} of type {type(name).__name__}."
        raise DefinitionError(msg)
    if not name:
        msg = "A task needs a name: usually its module and function, 'etl.load'."
        raise DefinitionError(msg)
    if "\0" in name:
        msg = f"Task name {name!r} has a NUL character, which Flyte's database refuses."
        raise DefinitionError(msg)
    size = len(name.encode("utf-8", "surrogatepass"))
    if size > _MAX_NAME_BYTES:
        msg = (
            f"Task name {name[:40]!r}… has {size} bytes; Flyte's database takes about "
            f"{_MAX_NAME_BYTES} for name and version together. Shorten it."
        )
        raise DefinitionError(msg)


def check_environment(environment: Any) -> dict[str, str]:
    """Return a task's environment as a dict.

    A value of ``None`` is kept: on the wire it is the empty text.

    Raises:
        DefinitionError: It is no mapping, a name is none that Kubernetes takes, or a
            value is no text.
    """
    if environment is None:
        return {}
    if not isinstance(environment, Mapping):
        msg = f"environment must map names to texts, got {environment!r}."
        raise DefinitionError(msg)
    for name, value in environment.items():
        _check_variable(name)
        if value is not None and not isinstance(value, str):
            msg = (
                f"Environment variable {name} must be text, got {value!r} of type "
                f"{type(value).__name__}. Write {str(value)!r}."
            )
            raise DefinitionError(msg)
        if value is not None and "\0" in value:
            msg = f"Environment variable {name} has a NUL character in its value."
            raise DefinitionError(msg)
    return dict(environment)


def _check_variable(name: object) -> None:
    """Refuse what Kubernetes does: all but printable ASCII without ``=``."""
    text = name if isinstance(name, str) else ""
    if not text or "=" in text or not text.isascii() or not text.isprintable():
        msg = (
            f"Environment variable name {name!r} is not one: use letters, digits and "
            f"underscores."
        )
        raise DefinitionError(msg)
