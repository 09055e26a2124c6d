"""Template files: binary, JSON, YAML, protobuf's text, and packages.

The same template is written as the same bytes by every process.  A file may hold a
TaskTemplate, or the TaskSpec around one, which is what Flyte registers.
"""

from __future__ import annotations

import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, NoReturn

from flyteidl.admin import task_pb2
from flyteidl.core import tasks_pb2
from google.protobuf.message import DecodeError

from kit.errors import TargetError, TemplateError, nearest
from kit.storage import read_bytes, write_bytes
from kit.template.view import MAX_TEMPLATE_BYTES, check_template, parse_template

TemplateMessage = tasks_pb2.TaskTemplate | task_pb2.TaskSpec


def read_template(path: str | os.PathLike[str]) -> tasks_pb2.TaskTemplate:
    """Read a template from a file, or from any URL that fsspec knows.

    Raises:
        StorageError: There is no such file, or it cannot be read.
        TemplateError: Its ending is unknown, or it holds no template.
    """
    given: Any = path
    if not isinstance(given, (str, os.PathLike)):
        msg = f"A template is read from a path or a URL, got {path!r:.80}."
        raise TemplateError(msg)
    source = os.fspath(path)
    form = form_of(source)
    return decode_template(read_bytes(source, limit=MAX_TEMPLATE_BYTES), form, source)


def write_template(message: TemplateMessage, path: str | os.PathLike[str]) -> None:
    """Write a template, or a TaskSpec, to a file: whole or not at all.

    Raises:
        StorageError: The file cannot be written.
        TemplateError: Its ending is unknown, or the form has no way to write a number.
    """
    target = os.fspath(path)
    write_bytes(target, encode_template(message, form_of(target)))


def encode_template(message: TemplateMessage, form: str) -> bytes:
    """Write a message in a form, one of :data:`FORMATS`; always the same bytes.

    Raises:
        TemplateError: ``custom`` has a NaN or infinity, which JSON and YAML lack.
    """
    return _WRITERS[_known(form)](message)


def decode_template(data: bytes, form: str, source: str) -> tasks_pb2.TaskTemplate:
    """Read a template in a form, one of :data:`FORMATS`.

    Args:
        data: The bytes, which may be anything.
        form: The form they should have.
        source: Where they come from, for the error.

    Raises:
        TemplateError: They hold no template.
    """
    return template_of(decode_message(data, form, source))


def decode_message(data: bytes, form: str, source: str) -> TemplateMessage:
    """Read a template, or the TaskSpec around one, as which of them it was written.

    Raises:
        TemplateError: The bytes hold neither.
    """
    if form == "pb":
        return _from_binary(data, source)
    if len(data) > MAX_TEMPLATE_BYTES:
        _refuse(source, f"it has more than {MAX_TEMPLATE_BYTES:,} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(source, f"it is no UTF-8 text: {error}", error)
    if not text.strip():
        _refuse(source, "it is an empty file")
    message = _READERS[_known(form)](text, source)
    check_template(template_of(message), source)
    return message


def form_of(path: str) -> str:
    """Return the form that the ending of a file's name says, one of :data:`FORMATS`.

    Raises:
        TemplateError: It says none.
    """
    ending = PurePosixPath(path.partition("?")[0]).suffix.lower().removeprefix(".")
    return _known(ending, path)


def _known(form: str, path: str = "") -> str:
    form = "yaml" if form == "yml" else form
    if form in FORMATS:
        return form
    endings = ", ".join(f".{name}" for name in FORMATS)
    where = f"{path!r} has" if path else "There is"
    msg = f"{where} no known template form {form!r}: use {endings}."
    raise TemplateError(msg + nearest(form, FORMATS))


def _refuse(source: str, why: str, cause: BaseException | None = None) -> NoReturn:
    msg = f"{source} is no task template: {why}."
    raise TemplateError(msg) from cause


def template_of(message: TemplateMessage) -> tasks_pb2.TaskTemplate:
    """Return the template in a TaskSpec, or the template that it is given."""
    return message.template if isinstance(message, task_pb2.TaskSpec) else message


def _from_binary(data: bytes, source: str) -> TemplateMessage:
    try:
        return parse_template(data, source)
    except TemplateError as error:
        spec = task_pb2.TaskSpec()
        try:
            spec.ParseFromString(data)
            check_template(spec.template, source)
        except (DecodeError, TemplateError):
            raise error from None
        return spec


def _to_binary(message: TemplateMessage) -> bytes:
    return message.SerializeToString(deterministic=True)


def _to_tree(message: TemplateMessage) -> dict[str, Any]:
    from google.protobuf import json_format

    try:
        return json_format.MessageToDict(message, preserving_proto_field_name=True)
    except json_format.SerializeToJsonError as error:
        msg = (
            f"The template cannot be written as JSON or YAML: {error}. Use .pb or "
            f".pbtxt, or None in place of the number."
        )
        raise TemplateError(msg) from error


def _from_tree(tree: Any, source: str) -> TemplateMessage:
    from google.protobuf import json_format

    if not isinstance(tree, dict):
        _refuse(source, f"its top level is no mapping but {type(tree).__name__}")
    try:
        if "template" in tree:
            return json_format.ParseDict(tree, task_pb2.TaskSpec())
        return json_format.ParseDict(tree, tasks_pb2.TaskTemplate())
    except (json_format.ParseError, ValueError, TypeError, AttributeError) as error:
        _refuse(source, f"{error}", error)
    except RecursionError as error:
        _refuse(source, "it is nested too deep", error)


def _to_json(message: TemplateMessage) -> bytes:
    text = json.dumps(_to_tree(message), indent=2, sort_keys=True, ensure_ascii=False)
    return (text + "\n").encode()


def _from_json(text: str, source: str) -> TemplateMessage:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        _refuse(source, f"it is no JSON: {error}", error)
    return _from_tree(tree, source)


def _to_yaml(message: TemplateMessage) -> bytes:
    import yaml

    text = yaml.safe_dump(_to_tree(message), sort_keys=True, allow_unicode=True)
    return str(text).encode()


def _from_yaml(text: str, source: str) -> TemplateMessage:
    import yaml

    try:
        tree = yaml.load(text, Loader=_plain_loader())  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        _refuse(source, f"it is no YAML of plain values: {error}", error)
    return _from_tree(tree, source)


def _plain_loader() -> Any:
    """Return a safe loader without aliases, which can blow a page up to gigabytes.

    Dates stay text, as in JSON.
    """
    import yaml

    class PlainLoader(yaml.SafeLoader):
        yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own attribute
            first: [pair for pair in pairs if not pair[0].endswith(":timestamp")]
            for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML's
                msg = "aliases (*name) are not read: write the value out"
                raise yaml.composer.ComposerError(None, None, msg, event.start_mark)
            return super().compose_node(parent, index)

    return PlainLoader


def _to_text(message: TemplateMessage) -> bytes:
    from google.protobuf import text_format

    return text_format.MessageToString(message, as_utf8=True).encode()


def _from_text(text: str, source: str) -> TemplateMessage:
    from google.protobuf import text_format

    try:
        return text_format.Parse(text, tasks_pb2.TaskTemplate())
    except (text_format.ParseError, ValueError, RecursionError) as error:
        spec = task_pb2.TaskSpec()
        try:
            return text_format.Parse(text, spec)
        except (text_format.ParseError, ValueError, RecursionError):
            _refuse(source, f"it is no protobuf text of one: {error}", error)


_WRITERS: dict[str, Callable[[TemplateMessage], bytes]] = {
    "pb": _to_binary,
    "json": _to_json,
    "yaml": _to_yaml,
    "pbtxt": _to_text,
}
_READERS: dict[str, Callable[[str, str], TemplateMessage]] = {
    "json": _from_json,
    "yaml": _from_yaml,
    "pbtxt": _from_text,
}
FORMATS = tuple(_WRITERS)
"""The forms of template files, which are also the endings of their names."""


_ENDINGS = (".tgz", ".tar.gz", ".tar")
_TASK = "_1.pb"
_OTHER_ENTITY = re.compile(r"_[23]\.pb$")
_GZIP = b"\x1f\x8b"
_MOST_BYTES = 256 * 2**20
"""Of an archive, and of what is in it: more is not read."""


def is_package(path: str) -> bool:
    """Tell whether a path names a package by its ending."""
    return path.lower().endswith(_ENDINGS)


def read_package_task(path: str, name: str = "") -> TemplateMessage:
    """Read a task out of a package.

    Args:
        path: The archive: a path, or any URL that fsspec knows.
        name: The task's name; not needed if there is only one task.

    Raises:
        StorageError: The archive cannot be read.
        TargetError: It has no such task, or several and none is named.
        TemplateError: It is no archive, or holds more than is read.
    """
    tasks = read_package(path)
    if name in tasks:
        return tasks[name]
    if not name and len(tasks) == 1:
        return next(iter(tasks.values()))
    offered = ", ".join(f"{path}::{task}" for task in sorted(tasks))
    if not tasks:
        msg = f"{path} has no tasks in it: a task is a member that ends in _1.pb."
    elif name:
        msg = f"{path} has no task {name!r}.{nearest(name, tasks)} It has: {offered}."
    else:
        msg = f"{path} has {len(tasks)} tasks; say which: {offered}."
    raise TargetError(msg)


def read_package(path: str) -> dict[str, TemplateMessage]:
    """Read all tasks of a package, by their names, in its order.

    Workflows and launch plans in it are passed over, and so is what is no message of
    Flyte's: files beside them, folders, links.

    Args:
        path: The archive: a path, or any URL that fsspec knows.

    Raises:
        StorageError: The archive cannot be read.
        TemplateError: It is no archive, holds more than is read, has a damaged task, or
            two tasks of one name that differ.
    """
    tasks: dict[str, TemplateMessage] = {}
    for member, data in _members(path):
        try:
            message = decode_message(data, "pb", f"{member} in {path}")
        except TemplateError:
            if member.endswith(_TASK):
                raise
            continue  # something else, which only ends like a message
        name = template_of(message).id.name
        if tasks.setdefault(name, message) != message:
            msg = f"{path} has two tasks named {name!r}, which differ."
            raise TemplateError(msg)
    return tasks


def _members(path: str) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of what may be tasks; nothing is written anywhere."""
    data = _unzipped(read_bytes(path, limit=_MOST_BYTES), path)
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for member in archive:
                file = archive.extractfile(member) if _may_be_task(member) else None
                if file is not None:
                    yield member.name, file.read(MAX_TEMPLATE_BYTES + 1)
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        msg = f"{path} is no package: {error}."
        raise TemplateError(msg) from error


def _unzipped(data: bytes, path: str) -> bytes:
    """Return an archive without gzip around it, and never more than is allowed."""
    if not data.startswith(_GZIP):
        return data
    unzip = zlib.decompressobj(wbits=31)
    try:
        plain = unzip.decompress(data, _MOST_BYTES)
    except zlib.error as error:
        msg = f"{path} is no package: it is damaged: {error}."
        raise TemplateError(msg) from error
    if not unzip.eof:
        why = "holds too much" if unzip.unconsumed_tail else "is cut off"
        msg = f"{path} is no package: it {why} ({len(plain):,} bytes were read)."
        raise TemplateError(msg)
    return plain


def _may_be_task(member: tarfile.TarInfo) -> bool:
    name = PurePosixPath(member.name).name
    return member.isfile() and name.endswith(".pb") and not _OTHER_ENTITY.search(name)
