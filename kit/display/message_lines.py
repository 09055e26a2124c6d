"""A message as lines of YAML, JSON or protobuf text, each with the place it is of.

They read as the file that would be written, with the fields in the order of the
message. What is known of each (where its
value comes from, which field makes it, what it was before) is found by its place.
"""

from __future__ import annotations

import difflib
import functools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.display.html import macros_html
from kit.display.text import attribute, html_text
from kit.errors import KitError
from kit.escape import one_line, shorten
from kit.template.files import encode_template

FORMS = {"yaml": "YAML", "json": "JSON", "pbtxt": "text"}
"""The forms of a message, and what a reader calls them."""
MOST_LINES = 2_000
_LONGEST = 2_000  # characters of a line
_LONGEST_WAS = 60
_KEYED = {"config", "tags", "labels", "annotations"}
_NAMED = {"requests": "name", "limits": "name", "env": "key"}
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class MessageLine:
    """A line of a message.

    Attributes:
        text: As it is in the file.
        path: Of the value that begins on it, as ``container.env[TZ].value``; empty if
            none does.
        was: What stood there before, if that is another text.
        is_new: Whether nothing was there before.
        is_gone: Whether it is not there any more.
        source: Where its value comes from, if the line itself says so.
    """

    text: str
    path: str = ""
    was: str = ""
    is_new: bool = False
    is_gone: bool = False
    source: str = ""

    @property
    def is_marked(self) -> bool:
        """Whether it differs from before."""
        return self.is_new or self.is_gone or bool(self.was)


Lines = tuple[MessageLine, ...]


def message_lines(template: TaskTemplate, form: str) -> Lines:
    """Return the lines of a template in a form, one of :data:`FORMS`.

    Raises:
        KitError: The form has no way to write a number of it.
    """
    if form == "pbtxt":
        text = encode_template(template, form).decode("utf-8", "replace")
        return tuple(map(MessageLine, text.splitlines()))
    from google.protobuf import json_format

    try:
        tree = json_format.MessageToDict(template, preserving_proto_field_name=True)
    except (json_format.SerializeToJsonError, ValueError) as error:
        encode_template(template, form)  # says it in kit's words
        msg = f"It has no {FORMS[form]}: {error}"
        raise KitError(msg) from error
    ordered = _ordered(tree, template.DESCRIPTOR)
    return _of_yaml(ordered) if form == "yaml" else _of_json(ordered)


def _ordered(value: Any, descriptor: Any) -> Any:
    """Return a message with its fields in their order, and the keys of maps sorted."""
    if isinstance(value, list):
        return [_ordered(item, descriptor) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(descriptor, _Map):
        return {key: _ordered(value[key], descriptor.of) for key in sorted(value)}
    fields = getattr(descriptor, "fields_by_name", {})
    if descriptor is None or any(key not in fields for key in value):
        return {key: _ordered(value[key], None) for key in sorted(value)}
    numbered = sorted(value, key=lambda key: int(fields[key].number))
    return {key: _ordered(value[key], _type_of(fields[key])) for key in numbered}


def _type_of(field: Any) -> Any:
    """Return what is known of the entries of a field: of maps, of their values."""
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        return _Map(kind.fields_by_name["value"].message_type)
    return kind


class _Map:
    """Stands for the fields of a map, whose names are its keys."""

    def __init__(self, of: Any) -> None:
        self.of = of


def _of_json(tree: Any) -> Lines:
    """Write JSON as ``json.dumps`` does with two spaces, line by line."""
    lines: list[MessageLine] = []

    def write(value: Any, place: Place, head: str, tail: str, indent: str) -> None:
        path = path_of(place, tree)
        if not value or not isinstance(value, dict | list):
            text = json.dumps(value, ensure_ascii=False)
            lines.append(MessageLine(f"{indent}{head}{text}{tail}", path))
            return
        is_map = isinstance(value, dict)
        opened, closed = "{}" if is_map else "[]"
        lines.append(MessageLine(f"{indent}{head}{opened}", path))
        items = value.items() if isinstance(value, dict) else enumerate(value)
        last = len(value) - 1
        for number, (key, item) in enumerate(items):
            name = f"{json.dumps(key, ensure_ascii=False)}: " if is_map else ""
            comma = "," if number < last else ""
            write(item, (*place, key), name, comma, f"{indent}  ")
        lines.append(MessageLine(f"{indent}{closed}{tail}"))

    write(tree, (), "", "", "")
    return tuple(lines)


def _of_yaml(tree: Any) -> Lines:
    """Write YAML, and ask the parser what is where."""
    import yaml

    text = yaml.dump(tree, Dumper=_dumper(), sort_keys=False, allow_unicode=True)
    root = yaml.compose(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    found: dict[int, Place] = {}
    if root is not None:
        _note(root, (), found)
    places = {line: path_of(place, tree) for line, place in found.items()}
    shown = text.splitlines()
    return tuple(MessageLine(line, places.get(at, "")) for at, line in enumerate(shown))


@functools.cache
def _dumper() -> Any:
    """Return what writes YAML, texts of several lines as they are."""
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(base):  # type: ignore[misc]
        """Writes source so that it can be read."""

    def text(dumper: Any, value: str) -> Any:
        style = "|" if "\n" in value.rstrip("\n") else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return Dumper


def _note(node: Any, place: Place, found: dict[int, Place]) -> None:
    """Note the place that begins on each line, the deepest of those that do."""
    if node.id == "mapping":
        for key, value in node.value:
            here = (*place, key.value)
            found[key.start_mark.line] = here
            _note(value, here, found)
    elif node.id == "sequence":
        for index, item in enumerate(node.value):
            found[item.start_mark.line] = (*place, index)
            _note(item, (*place, index), found)


def path_of(place: Place, tree: Any) -> str:
    """Return a place as :func:`kit.display.leaves.leaves` writes it.

    >>> tree = {"container": {"env": [{"key": "TZ", "value": "UTC"}]}}
    >>> path_of(("container", "env", 0, "value"), tree)
    'container.env[TZ].value'
    """
    path, value, above = "", tree, ""
    for step in place:
        value = value[step]
        if isinstance(step, int):
            name = _NAMED.get(above)
            told = value.get(name, step) if name and isinstance(value, dict) else step
            path += f"[{told}]"
        elif above in _KEYED:
            path += f"[{step}]"
        elif step != "variables" or not path.startswith("interface"):
            path += f".{step}" if path else step
        above = step if isinstance(step, str) else ""
    return path


def compared(now: Lines, before: Lines) -> Lines:
    """Return lines with what differs from before marked, and what is gone between.

    >>> old, new = (MessageLine(f"retries: {n}", "retries") for n in (2, 3))
    >>> compared((new,), (old,))[0].was
    '2'
    """
    old_keys, new_keys = (
        [(line.path, "" if line.path else line.text.strip()) for line in lines]
        for lines in (before, now)
    )
    matcher = difflib.SequenceMatcher(None, old_keys, new_keys, autojunk=False)
    marked: list[MessageLine] = []
    for kind, old, old_end, new, new_end in matcher.get_opcodes():
        if kind == "equal":
            pairs = zip(before[old:old_end], now[new:new_end], strict=True)
            marked += [_marked(*pair) for pair in pairs]
            continue
        marked += [replace(line, is_gone=True) for line in before[old:old_end]]
        marked += [replace(line, is_new=True) for line in now[new:new_end]]
    return tuple(marked)


def _marked(old: MessageLine, new: MessageLine) -> MessageLine:
    if old.text.rstrip(",") == new.text.rstrip(","):
        return new
    return replace(new, was=_value_of(old.text) or "empty")


_KEY = re.compile(r'^(\s*(?:- )*)("(?:[^"\\]|\\.)*"|[\w.$@/-]+)(:)( |$)')


def _value_of(text: str) -> str:
    """Return what stands behind the key of a line."""
    match = _KEY.match(text)
    rest = text[match.end() :] if match else text.strip().removeprefix("- ")
    return shorten(one_line(rest.rstrip(",")), _LONGEST_WAS)


@dataclass(frozen=True)
class Known:
    """What is known of the places of a message.

    Attributes:
        source: Tells where the value at a path comes from.
        field: Names the field that makes it.
    """

    source: Callable[[str], str] = lambda _path: ""
    field: Callable[[str], str] = lambda _path: ""


def message_html(lines: Sequence[MessageLine], known: Known, label: str) -> str:
    """Return lines as a list, of which the arrow keys choose one.

    Args:
        lines: The lines; of those beyond :data:`MOST_LINES` there is the number.
        known: What is known of their places.
        label: What they are, for screen readers.
    """
    rows = "".join(_rows(lines[:MOST_LINES], known))
    more = len(lines) - MOST_LINES
    if more > 0:
        rows += f"<li><i>{more:,} more lines are not shown</i></li>"
    name = attribute(label)
    return f'<ol class="kit-message" data-kit-roving aria-label="{name}">{rows}</ol>'


def _rows(lines: Sequence[MessageLine], known: Known) -> Iterator[str]:
    path = ""
    number = 0
    for at, line in enumerate(lines):
        path = line.path or path
        number += not line.is_gone
        yield _row(line, path, number, known, is_first=at == 0)


def _row(
    line: MessageLine, path: str, number: int, known: Known, *, is_first: bool
) -> str:
    about = known.field(path) if path else ""
    facts = f' data-kit-about="{attribute(about)}"' if about else ""
    marks = [name for name in ("new", "gone") if getattr(line, f"is_{name}")]
    marks += ["changed"] if line.was else []
    classes = "".join(f" kit-line-{mark}" for mark in marks)
    told = ""
    if line.was:
        told = f' <small class="kit-was">was {html_text(line.was)}</small>'
    elif marks:
        word = {"new": "new", "gone": "gone"}[marks[0]]
        told = f' <small class="kit-was">{word}</small>'
    source = line.source or known.source(path)
    if source:
        told += f' <small class="kit-from">{html_text(shorten(source, 80))}</small>'
    shown, copied = ("", "") if line.is_gone else (str(number), " data-kit-line")
    return (
        f'<li class="kit-msg{classes}" tabindex="{0 if is_first else -1}"{facts}>'
        f'<span class="kit-no" data-n="{shown}"></span>'
        f"<code{copied}>{line_html(line.text)}</code>"
        f'<span data-kit-unsearched="">{told}</span></li>'
    )


@functools.lru_cache(maxsize=4096)
def line_html(text: str) -> str:
    """Return a line with its key, its value and the engine's macros coloured."""
    text = shorten(text, _LONGEST)
    match = _KEY.match(text)
    if match is None:
        return _value_html(text)
    head = html_text(match[1])
    rest = text[match.end(3) :]
    return f"{head}<b>{html_text(match[2])}</b>:{_value_html(rest)}"


_PLAIN = re.compile(
    r"\s*(?:-\s+)?(?:-?[\d.]+(?:e[+-]?\d+)?|true|false|null|\{\}|\[\]),?\Z"
)


def _value_html(text: str) -> str:
    if not text.strip() or text.strip() in ("{", "}", "[", "]", "},", "],"):
        return html_text(text)
    kind = "plain" if _PLAIN.match(text) else "str"
    return f'<span class="kit-{kind}">{macros_html(text)}</span>'
