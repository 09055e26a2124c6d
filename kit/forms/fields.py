"""Fields of a form: values that are typed, chosen, or paths of files."""

from __future__ import annotations

import atexit
import copy
import datetime as dt
import json
import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from google.protobuf.struct_pb2 import Struct

from kit.definition.json_values import as_text, to_json
from kit.definition.parsing import Parser, parser_for
from kit.definition.times import parse_timedelta, write_timedelta
from kit.errors import CustomError, DefinitionError, KitError, MetadataError
from kit.template.custom import fill_struct
from kit.types import FlyteDirectory, FlyteFile, StructuredDataset
from kit.types.annotated import annotations_of, is_class, underlying
from kit.types.frames import is_frame_type

if TYPE_CHECKING:
    from typing_extensions import Self


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


_NOTHING: Any = object()


@dataclass(frozen=True, eq=False)
class Problem:
    """Why a field's content is no value.

    Attributes:
        field: The field.
        text: What is wrong, and what was expected.
        is_missing: Whether nothing was filled in yet.
    """

    field: Field
    text: str
    is_missing: bool = False


@dataclass(frozen=True)
class Reading:
    """What a field holds: a value, or problems.

    Attributes:
        value: The value, meaningless if there are problems.
        problems: Why there is none.
    """

    value: Any = None
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return not self.problems


class Field(ABC):
    """One value of a form.

    A value that was given, such as a default, is kept as it is until it is edited: it
    may say more than a field can show.

    Args:
        label: Its name for a reader.
        python_type: The type of its value.
        description: What its author says of it.

    Attributes:
        variable: Name of the variable whose value it holds; empty if it holds none.
        number: Of a row, among all that its list or dict ever had.
    """

    number = 0

    def __init__(self, label: str, python_type: Any, description: str = "") -> None:
        self.label = label
        self.python_type = python_type
        self.description = description
        self.variable = ""
        self._given: Any = _NOTHING

    def give(self, value: Any) -> None:
        """Show a value, and hold just this one until it is edited."""
        self.show(value)
        self._given, self.variable = value, ""

    def use(self, variable: str, value: Any) -> None:
        """Hold the value of a variable, until something else is typed."""
        self.give(value)
        self.variable = variable

    def edited(self) -> None:
        """Hold what was typed from now on, and no longer the value that was given."""
        self._given, self.variable = _NOTHING, ""

    def read(self) -> Reading:
        """Return the value, or what is wrong with it."""
        if self._given is not _NOTHING and not self._is_typed_over:
            return Reading(self._given)
        return self._read()

    @property
    def given(self) -> Any:
        """The value that it holds because it was given; None if something was typed."""
        is_given = self._given is not _NOTHING and not self._is_typed_over
        return self._given if is_given else None

    @property
    def is_edited(self) -> bool:
        """Whether a value was typed or chosen since one was given, in it or below."""
        return bool(self.variable) or self._is_typed_over

    @property
    def _is_typed_over(self) -> bool:
        parts = self.parts()
        return self._given is _NOTHING or any(part.is_edited for _, part in parts)

    def copied(self) -> Self:
        """Return a copy that can be typed into while this one stays as it is."""
        return copy.copy(self)

    def inner(self, step: str) -> Field | None:
        """Return the field below it that a step of a key names; None if there is none.

        Args:
            step: Of a key, as :mod:`kit.forms.events` writes them.
        """
        del step
        return None

    def parts(self) -> Sequence[tuple[str | int, Field]]:
        """Return the fields that it is made of, each with its step in a path."""
        return ()

    def at(self, path: Sequence[str | int]) -> Field:
        """Return the field of a place in the value, or the nearest one above it."""
        for step, part in self.parts():
            if path and step == path[0]:
                return part.at(path[1:])
        return self

    def leaves(self) -> Iterator[Field]:
        """Yield the fields below it that have no parts, or itself."""
        parts = self.parts()
        if not parts:
            yield self
        for _, part in parts:
            yield from part.leaves()

    def problem(self, text: str) -> Reading:
        """Say what is wrong with this field."""
        return Reading(problems=(Problem(self, text),))

    def missing(self, what: str) -> Reading:
        """Say that nothing was filled in."""
        return Reading(problems=(Problem(self, f"Needed: {what}.", is_missing=True),))

    @abstractmethod
    def show(self, value: Any) -> None:
        """Fill it with a value."""

    @abstractmethod
    def _read(self) -> Reading:
        """Make a value of what was typed."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label!r})"


def merged(readings: Sequence[Reading]) -> Reading:
    """Return the values of several readings as a list, or all their problems."""
    problems = tuple(problem for one in readings for problem in one.problems)
    return Reading([one.value for one in readings], problems)


_LINES = ("TEXT", "JSON")


class TextField(Field):
    """A field of text, read as a flag of the command line is.

    Nothing was typed into a new field: that is no empty text, which one gets by
    emptying it.

    Args:
        label: Its name.
        python_type: The type of its value.
        description: What its author says of it.
        parser: How its text is read; by its type's way by default.
        hint: What kind of text it takes; what its parser takes by default.

    Attributes:
        has_lines: Whether its text may have several lines.
        lines: How many lines it shows at least.
        text: What it shows.
    """

    def __init__(
        self,
        label: str,
        python_type: Any,
        description: str = "",
        parser: Parser | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(label, python_type, description)
        self.parser = parser or parser_for(python_type)
        metavar = self.parser.metavar
        self.hint = _HINTS.get(metavar, metavar) if hint is None else hint
        self.has_lines = metavar in _LINES
        self.lines = 1
        self.text = ""
        self._is_typed = False

    def type(self, text: str) -> None:
        """Put a text into it."""
        if text != self.text or not self._is_typed:
            self.text = text
            self._is_typed = True
            self.edited()

    def show(self, value: Any) -> None:
        """Write a value as one would type it."""
        self._is_typed = True
        self.text = _pretty(value) if self.parser.metavar == "JSON" else as_text(value)

    def _read(self) -> Reading:
        if not self._is_typed or (not self.text.strip() and not self._takes_nothing):
            return self.missing(self.hint)
        try:
            return Reading(self.parser.parse(self.text))
        except (
            ValueError,
            KitError,
        ) as error:  # of packages that miss, too
            return self.problem(str(error))

    @property
    def _takes_nothing(self) -> bool:
        return self.parser.metavar == "TEXT"


def _pretty(value: Any) -> str:
    return json.dumps(to_json(value), indent=2, ensure_ascii=False)


_HINTS = {
    "INTEGER": "a whole number",
    "FLOAT": "a number",
    "TEXT": "text",
    "TIME": "a time, as in 2024-05-01T10:00:00Z",
    "DATE": "a date, as in 2024-05-01",
    "DURATION": "a duration, as in 1h30m, or seconds",
    "PATH": "a path or URL",
    "URI": "where a table is stored: a path or URL",
}


class ChoiceField(Field):
    """One of some words.

    Args:
        label: Its name.
        python_type: The type of its value.
        description: What its author says of it.
        options: The words, by what a reader sees; those of the type by default.

    Attributes:
        options: What there is to choose from, by what a reader sees.
        chosen: The word, None while nothing is chosen.
    """

    def __init__(
        self,
        label: str,
        python_type: Any,
        description: str = "",
        options: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(label, python_type, description)
        self._parser = parser_for(python_type)
        words = [(word, word) for word in self._parser.choices]
        self.options: tuple[tuple[str, str | None], ...]
        self.options = tuple(options) if options else (("choose…", None), *words)
        self.chosen: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """What there is to choose from."""
        return tuple(word for _, word in self.options if word is not None)

    def choose(self, word: str | None) -> None:
        """Choose a word."""
        if word != self.chosen:
            self.chosen = word
            self.edited()

    def show(self, value: Any) -> None:
        """Choose the word for a value; one that has none is held all the same."""
        self.chosen = next((w for w in self.words if self._means(w, value)), None)

    def _means(self, word: str, value: Any) -> bool:
        return word == as_text(value) or bool(self._parser.parse(word) == value)

    def _read(self) -> Reading:
        if self.chosen is None:
            return self.missing("choose one")
        return Reading(self._parser.parse(self.chosen))


class SwitchField(Field):
    """Yes or no.

    Attributes:
        is_on: Whether it is yes; no at first.
    """

    is_on = False

    def switch(self, *, on: bool) -> None:
        """Say yes or no."""
        if on != self.is_on:
            self.is_on = on
            self.edited()

    def show(self, value: Any) -> None:
        """Show a value."""
        self.is_on = bool(value)

    def _read(self) -> Reading:
        return Reading(self.is_on)


def description_of(python_type: Any) -> str:
    """Return the text among the annotations of a type, or what describes it there.

    >>> from typing import Annotated
    >>> description_of(Annotated[int, "how many"])
    'how many'
    """
    for annotation in annotations_of(python_type):
        for name in ("documentation", "description"):  # of Doc, and of pydantic's Field
            text = getattr(annotation, name, None)
            if isinstance(text, str):
                return text
        if isinstance(annotation, str):
            return annotation
    return ""


MOST_UPLOADED = 10_000_000
"""Bytes: what a notebook's server takes in one message, with room for its form."""
_TABLES = ".csv,.parquet"


class PathField(TextField):
    """A path or URL, typed, or that of files that are uploaded."""

    _table: tuple[object, Reading] | None = None

    def show(self, value: Any) -> None:
        """Write the path of a value; a table in memory is held without one."""
        self._is_typed = True
        self.text = "" if self._is_in_memory(value) else as_text(value)

    @property
    def holds_table(self) -> bool:
        """Whether it holds a table in memory, which its text cannot show."""
        return self.given is not None and self._is_in_memory(self.given)

    def _is_in_memory(self, value: Any) -> bool:
        if isinstance(value, StructuredDataset):
            return value.uri is None
        return is_frame_type(type(value))

    @property
    def takes_many(self) -> bool:
        """Whether several files are uploaded, as a folder."""
        bare = underlying(self.python_type)
        return is_class(bare) and issubclass(bare, FlyteDirectory)

    @property
    def is_frame(self) -> bool:
        """Whether the table is read, rather than named."""
        return is_frame_type(underlying(self.python_type))

    @property
    def accepts(self) -> str:
        """The extensions that a browser offers, all if it is empty."""
        bare = underlying(self.python_type)
        if self.is_frame or issubclass(bare, StructuredDataset):
            return _TABLES
        extension = getattr(bare, "extension", str)()
        return f".{extension}" if extension and not self.takes_many else ""

    def receive(self, uploads: Sequence[Upload]) -> Reading:
        """Take uploaded files in the place of what is there.

        Returns:
            The value, or why the files are not taken.
        """
        size = sum(len(upload.content) for upload in uploads)
        if size > MOST_UPLOADED:
            text = (
                f"{size:,} bytes are too many to upload: up to {MOST_UPLOADED:,} go "
                "through a notebook. Put the path or URL of the data here."
            )
            return self.problem(text)
        if uploads:
            folder = Path(self.text) if self.takes_many and self.text else None
            first, *_ = store_uploads(uploads, folder)
            self.type(str(first.parent if self.takes_many else first))
        return self.read()

    def _read(self) -> Reading:
        """Read what is typed; a table once for each state of its file."""
        if not self.is_frame:
            return super()._read()
        state = (self.text, _changed_at(self.text))
        if self._table is None or self._table[0] != state:
            self._table = (state, super()._read())
        return self._table[1]


def is_place(python_type: Any) -> bool:
    """Tell whether values of a type are given by a path."""
    if is_frame_type(python_type):
        return True
    kinds = (FlyteFile, FlyteDirectory, StructuredDataset, os.PathLike)
    return is_class(python_type) and issubclass(python_type, kinds)


def _changed_at(path: str) -> float | None:
    try:
        return Path(path).stat().st_mtime
    except (OSError, ValueError):  # it is no path, or of another place
        return None


_LONGEST_NAME = 100
_folders: list[Path] = []


class Upload(NamedTuple):
    """A file that came from a browser."""

    name: str
    content: bytes


def store_uploads(uploads: Sequence[Upload], folder: Path | None = None) -> list[Path]:
    """Write files into a folder, which stays until this process ends.

    A run may read them long after the form is gone, and may be run again.

    Args:
        uploads: The files.
        folder: One of earlier uploads to put them into; by default one of their own.
    """
    if folder not in _folders or folder is None:
        folder = Path(tempfile.mkdtemp(prefix="kit-upload-"))
        if not _folders:
            atexit.register(_remove_all)
        _folders.append(folder)
    paths = [folder / name for name in _safe_names(uploads)]
    for path, upload in zip(paths, uploads, strict=True):
        path.write_bytes(upload.content)
    return paths


def _remove_all() -> None:
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)


def _safe_names(uploads: Sequence[Upload]) -> list[str]:
    """Return a name for each file that no other one has."""
    names: list[str] = []
    for number, upload in enumerate(uploads):
        name = _safe_name(upload.name)
        names.append(f"{number}-{name}" if name in names else name)
    return names


def _safe_name(name: str) -> str:
    """Return the last part of a name, as a file of any system may be called.

    >>> _safe_name("../../a.csv"), _safe_name("..")
    ('a.csv', 'upload')
    """
    last = name.replace("\\", "/").rpartition("/")[2].replace("\0", "")
    last = last.encode(errors="replace")[-_LONGEST_NAME:].decode(errors="ignore")
    return last if last.strip(". ") else "upload"
