"""Bytes that claim to be a task template: accepted, or refused with what they seem.

Almost any bytes parse as almost any protobuf message, so that an empty file or the
inputs of a run would load as a template with nothing in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flyteidl.core import tasks_pb2
from google.protobuf.message import DecodeError, Message

from kit.errors import TemplateError

__all__ = ["MAX_TEMPLATE_BYTES", "check_template", "parse_template"]

MAX_TEMPLATE_BYTES = 16 * 2**20
"""More is refused unread: Flyte's messages and etcd's objects are far smaller."""

_SHOWN = 40  # bytes of a text in an error


def parse_template(
    data: bytes, source: str, *, limit: int = MAX_TEMPLATE_BYTES
) -> tasks_pb2.TaskTemplate:
    """Read a binary TaskTemplate, of whatever origin.

    Args:
        data: The bytes, which may be anything.
        source: Where they come from, for the error.
        limit: The most bytes that are looked at.

    Raises:
        TemplateError: They are no TaskTemplate; it says what they seem to be.
    """
    if len(data) > limit:
        msg = (
            f"{source} is no task template: it has {len(data):,} bytes, and more than "
            f"{limit:,} are not read. Put large values into inputs."
        )
        raise TemplateError(msg)
    template = tasks_pb2.TaskTemplate()
    try:
        template.ParseFromString(data)
    except DecodeError as error:
        msg = f"{source} is no task template: it seems to be {_seems(data)} ({error})."
        raise TemplateError(msg) from error
    lacking = _lacking(template)
    if lacking:
        msg = (
            f"{source} is no task template: it has no {' and no '.join(lacking)}. "
            f"It seems to be {_seems(data)}."
        )
        raise TemplateError(msg)
    return template


def check_template(template: tasks_pb2.TaskTemplate, source: str) -> None:
    """Refuse a message without the fields that every template has.

    Raises:
        TemplateError: Naming the fields.
    """
    lacking = _lacking(template)
    if lacking:
        msg = f"{source} is no task template: it has no {' and no '.join(lacking)}."
        raise TemplateError(msg)


def _lacking(template: tasks_pb2.TaskTemplate) -> list[str]:
    fields = [name for name in ("id", "metadata") if not template.HasField(name)]
    return fields if template.type else [*fields, "type"]


def _seems(data: bytes) -> str:
    """Say what bytes are most likely to be."""
    if not data:
        return "an empty file"
    for start, name in _SIGNATURES.items():
        if data.startswith(start):
            return name
    for load, name in _MESSAGES:
        if load(data):
            return name
    text = _printable(data)
    if text is None:
        return "a damaged file or another message"
    if text.lstrip().startswith(("{", "[")):
        return "JSON text: name it .json"
    return f"a text that starts with {text[:_SHOWN]!r}"


_SIGNATURES = {
    b"\x1f\x8b": "a gzip file",
    b"PK\x03\x04": "a zip file",
    b"\x80\x03": "a Python pickle",
    b"\x80\x04": "a Python pickle",
    b"\x80\x05": "a Python pickle",
    b"PAR1": "a Parquet file",
    b"<": "HTML or XML, such as a storage's error page",
}


def _printable(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.replace("\n", "").replace("\t", "").isprintable() else None


def _parsed(kind: type[Message], data: bytes) -> Any:
    """Return the message if it holds these bytes and knows every field of them."""
    message: Any = kind()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    size = message.ByteSize()
    message.DiscardUnknownFields()
    return message if size == message.ByteSize() else None


def _is_task_spec(data: bytes) -> bool:
    from flyteidl.admin import task_pb2

    spec = _parsed(task_pb2.TaskSpec, data)
    return spec is not None and not _lacking(spec.template)


def _is_literal_map(data: bytes) -> bool:
    from flyteidl.core import literals_pb2

    literals = _parsed(literals_pb2.LiteralMap, data)
    return literals is not None and all(
        name and literal.ByteSize() for name, literal in literals.literals.items()
    )


def _is_error_document(data: bytes) -> bool:
    from flyteidl.core import errors_pb2

    document = _parsed(errors_pb2.ErrorDocument, data)
    code = "" if document is None else document.error.code
    return bool(code) and code.isprintable()


def _is_workflow(data: bytes) -> bool:
    from flyteidl.admin import workflow_pb2

    spec = _parsed(workflow_pb2.WorkflowSpec, data)
    return spec is not None and spec.template.id.name != ""


_MESSAGES: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (_is_task_spec, "a TaskSpec: its template field is the TaskTemplate"),
    (_is_literal_map, "a LiteralMap, such as inputs.pb or outputs.pb"),
    (_is_error_document, "an ErrorDocument, such as error.pb"),
    (_is_workflow, "a WorkflowSpec"),
)
