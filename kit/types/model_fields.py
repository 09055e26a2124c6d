"""Flyte's classes as fields of pydantic models.

pydantic asks a class how it is read, written and described; these are the answers, as
flytekit's classes give them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kit.errors import ConversionError

__all__ = ["PATH", "field_schema", "object_schema"]

PATH: dict[str, Any] = {
    "anyOf": [{"type": "string"}, {"type": "string", "format": "path"}],
    "default": None,
}
"""The schema of a path; ``path`` is flytekit's word for paths of another type."""


def field_schema(
    python_class: type,
    taken: type,
    read: Callable[[Any, type], Any],
    write: Callable[[Any], dict[str, Any]],
    *,
    title: str,
) -> Any:
    """Make pydantic's core schema of a class.

    Args:
        python_class: The class.
        taken: The class whose instances are taken as they are.
        read: From plain values to an instance.
        write: From an instance to plain values.
        title: Its name in JSON schemas.
    """
    from pydantic_core import core_schema

    def validate(value: Any) -> Any:
        if isinstance(value, taken):
            return value
        try:
            return read(value, python_class)
        except ConversionError as error:
            raise ValueError(error.message) from error

    return core_schema.no_info_plain_validator_function(
        validate,
        ref=f"{python_class.__module__}.{title}:{id(python_class)}",
        metadata={"kit_title": title},
        serialization=core_schema.plain_serializer_function_ser_schema(
            write, when_used="json"
        ),
    )


def object_schema(core_schema: Any, **properties: dict[str, Any]) -> dict[str, Any]:
    """Make the JSON schema of a class.

    Args:
        core_schema: What :func:`field_schema` made.
        properties: The schemas of its fields, to which titles are added.
    """
    titled = {
        name: {**schema, "title": name.replace("_", " ").title()}
        for name, schema in properties.items()
    }
    title = core_schema["metadata"]["kit_title"]
    return {"properties": titled, "title": title, "type": "object"}
