"""Variables, durations and custom as the text of a field, and back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct

from kit.definition.times import parse_timedelta, write_timedelta
from kit.errors import CustomError, DefinitionError, MetadataError
from kit.template.custom import fill_struct


def environment_text(environment: Mapping[str, str | None] | None) -> str:
    """Write variables as lines of ``NAME=value``, or as JSON where lines would not do.

    >>> environment_text({"TZ": "UTC"})
    'TZ=UTC'
    """
    variables = dict(environment or {})
    if any(value is None or "\n" in value for value in variables.values()):
        return json.dumps(variables, indent=2, ensure_ascii=False)
    return "\n".join(f"{name}={value}" for name, value in variables.items())


def environment_of_text(text: str) -> dict[str, str]:
    """Read what :func:`environment_text` writes.

    Raises:
        DefinitionError: A line has no ``=``, or it is no JSON object.
    """
    if text.lstrip().startswith("{"):
        return _json_object(text, DefinitionError, "The environment")
    found = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, equals, value = line.partition("=")
        if not equals:
            msg = f"{line!r} is no variable: write NAME=value, one to a line."
            raise DefinitionError(msg)
        found[name.strip()] = value
    return found


def duration_text(duration: dt.timedelta | int | None) -> str:
    """Write a duration with its units; none is an empty text."""
    return write_timedelta(duration) if isinstance(duration, dt.timedelta) else ""


def duration_of_text(text: str) -> dt.timedelta | None:
    """Read a duration; an empty text is none.

    Raises:
        MetadataError: It is no duration.
    """
    if not text.strip():
        return None
    try:
        return parse_timedelta(text)
    except ValueError as error:
        raise MetadataError(f"timeout: {error}") from error


def custom_text(custom: Any) -> str:
    """Write custom as JSON; empty if there is none, or if it is not JSON."""
    if not custom:
        return ""
    try:
        return json.dumps(custom, indent=2, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return ""  # the view tells what is wrong with it


def custom_of_text(text: str) -> dict[str, Any]:
    """Read custom; an empty text is none.

    Raises:
        CustomError: It is no JSON object, or nothing that a template holds.
    """
    custom = _json_object(text, CustomError, "custom") if text.strip() else {}
    fill_struct(Struct(), custom)
    return custom


def _json_object(text: str, error_type: type[Exception], what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise error_type(f"{what} is no JSON: {error}.") from error
    if isinstance(value, dict):
        return value
    kind = type(value).__name__
    raise error_type(f"{what} must be a JSON object in braces, got a {kind}.")
