"""Literals of two runs compared: values, files, tables."""

from __future__ import annotations

import filecmp
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.literals_pb2 import StructuredDataset as DatasetLiteral
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import KitError
from kit.running.disagreement import (
    normal_text,
    short,
)
from kit.storage.urls import is_remote, local_path
from kit.types.datasets import StructuredDataset

Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Differing:
    """A place, and what is there on both sides, in a few words.

    Attributes:
        steps: Names and positions from the output down.
        first: What the first side has.
        second: What the second has.
    """

    steps: Steps
    first: str
    second: str


_ABSENT = "nothing"
_FRAMES = (("pyarrow", "Table"), ("pandas", "DataFrame"))


def differing_places(first: str, second: str, steps: Steps) -> Iterator[Differing]:
    """Compare two files or folders by content; remote ones by their names only."""
    if is_remote(first) or is_remote(second):
        if first != second:
            yield Differing(steps, first, second)
        return
    yield from _differing_paths(
        Path(local_path(first)), Path(local_path(second)), steps
    )


def _differing_paths(first: Path, second: Path, steps: Steps) -> Iterator[Differing]:
    if first.is_dir() and second.is_dir():
        names = {path.name for folder in (first, second) for path in folder.iterdir()}
        for name in sorted(names):
            yield from _differing_paths(first / name, second / name, (*steps, name))
    elif not _same_file(first, second):
        yield Differing(steps, _file_text(first), _file_text(second))


def _same_file(first: Path, second: Path) -> bool:
    if not (first.is_file() and second.is_file()):
        return first.exists() == second.exists() and first.is_dir() == second.is_dir()
    return filecmp.cmp(first, second, shallow=False)


def _file_text(path: Path) -> str:
    if not path.is_file():
        return "a folder" if path.is_dir() else _ABSENT
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return f"{path.stat().st_size:,} bytes, SHA-256 {digest.hexdigest()[:8]}…"


def differing_datasets(
    first: DatasetLiteral, second: DatasetLiteral, steps: Steps
) -> Iterator[Differing]:
    """Compare two tables by columns and rows; by their files if none reads them here.

    The files themselves differ with the version of what wrote them.
    """
    ours, theirs = _columns(first), _columns(second)
    if ours is None or theirs is None:
        yield from differing_places(first.uri, second.uri, steps)
        return
    for name in dict.fromkeys((*ours, *theirs)):
        place = (*steps, name)
        yield from _differing_columns(ours.get(name), theirs.get(name), place)


def _columns(literal: DatasetLiteral) -> dict[str, Any] | None:
    """Read a table's columns with what there is; None if nothing reads it."""
    for package, name in _FRAMES:
        try:
            kind = getattr(import_module(package), name)
            frame = StructuredDataset.from_literal(literal).open(kind).all()
        except (ImportError, KitError):
            continue
        names = getattr(frame, "column_names", None) or frame.columns
        return {str(name): frame[name] for name in names}
    return None


def _differing_columns(first: Any, second: Any, steps: Steps) -> Iterator[Differing]:
    if first is None or second is None:
        yield Differing(steps, _column_text(first), _column_text(second))
    elif _dtype(first) != _dtype(second):
        yield Differing(steps, _dtype(first), _dtype(second))
    elif len(first) != len(second):
        yield Differing(steps, f"{len(first):,} rows", f"{len(second):,} rows")
    elif not first.equals(second):
        yield from _first_differing_row(_listed(first), _listed(second), steps)


def _first_differing_row(
    first: list[Any], second: list[Any], steps: Steps
) -> Iterator[Differing]:
    """Find the first row that differs; none does where both are not a number."""
    for row, (one, other) in enumerate(zip(first, second, strict=True)):
        texts = repr(one), repr(other)
        if texts[0] != texts[1]:
            yield Differing((*steps, row), short(texts[0]), short(texts[1]))
            return


def _listed(column: Any) -> list[Any]:
    convert = getattr(column, "to_pylist", None) or column.tolist
    return list(convert())


def _dtype(column: Any) -> str:
    """Name the type of a column; which offsets Arrow has for it is no matter."""
    kind = column.dtype if hasattr(column, "dtype") else column.type
    return str(kind).replace("large_", "")


def _column_text(column: Any) -> str:
    return "no such column" if column is None else f"a column of {_dtype(column)}"


_TIMES = (Timestamp, Duration)
_TABLES = ("structured_dataset", "schema")


def kind_of(literal: Literal) -> str:
    """Name what a literal is: ``collection``, ``blob``, ``primitive``, ….

    >>> kind_of(Literal())
    'nothing'
    """
    kind = literal.WhichOneof("value")
    if kind == "scalar":
        kind = literal.scalar.WhichOneof("value")
    return str(kind or _ABSENT)


def literal_text(literal: Literal) -> str:
    """Say what a literal holds."""
    kind = kind_of(literal)
    if kind in ("collection", "map"):
        return elements(getattr(literal, kind).literals)
    if kind == "union":
        return literal_text(literal.scalar.union.value)
    if kind == "blob":
        return f"the file {literal.scalar.blob.uri.rpartition('/')[2]}"
    return "a table" if kind in _TABLES else value_text(plain_value(literal))


def elements(of: Sized) -> str:
    """Count the elements of something."""
    return f"{len(of):,} element{'s' if len(of) != 1 else ''}"


def value_text(value: Any) -> str:
    """Write a plain value in short."""
    return short(normal_text(repr(value)))


def plain_value(literal: Literal) -> Any:
    """Return what a scalar without a place of its own holds, as Python has it."""
    kind, scalar = kind_of(literal), literal.scalar
    if kind == "primitive":
        field = scalar.primitive.WhichOneof("value")
        value = None if field is None else getattr(scalar.primitive, field)
        return value.ToJsonString() if isinstance(value, _TIMES) else value
    if kind == "binary":
        return _unpacked(literal)
    if kind == "generic":
        from google.protobuf.json_format import MessageToDict

        return MessageToDict(scalar.generic)
    return None if kind == "none_type" else str(literal)


def _unpacked(literal: Literal) -> Any:
    from kit.types.packed import unpack

    try:
        return unpack(literal)
    except KitError:  # of another kind: its bytes are all that is known
        return literal.scalar.binary.value


Way = Callable[[Literal, Literal, Steps], Iterator[Differing]]

_PARQUET = "parquet"
_LONGEST_PATH = 4_096


@dataclass(frozen=True)
class LiteralComparer:
    """Compares literals of two runs.

    Attributes:
        first: The folder of the first run, whose name in texts is no difference.
        second: That of the second.
    """

    first: Path | None = None
    second: Path | None = None

    def differing(
        self, one: Literal, other: Literal, steps: Steps = ()
    ) -> Iterator[Differing]:
        """Yield the places that differ, in order."""
        if _bytes(one) == _bytes(other):
            return
        kind = kind_of(one)
        if kind != kind_of(other):
            yield Differing(steps, literal_text(one), literal_text(other))
        else:
            yield from self._way_of(kind)(one, other, steps)

    def _way_of(self, kind: str) -> Way:
        ways: dict[str, Way] = {
            "collection": self._collection,
            "map": self._map,
            "union": self._union,
            "blob": self._blob,
            "structured_dataset": self._structured_dataset,
            "schema": self._schema,
        }
        return ways.get(kind, self._values)

    def _values(
        self, one: Literal, other: Literal, steps: Steps
    ) -> Iterator[Differing]:
        yield from self._plain(plain_value(one), plain_value(other), steps)

    def _collection(
        self, one: Literal, other: Literal, steps: Steps
    ) -> Iterator[Differing]:
        ours, theirs = one.collection.literals, other.collection.literals
        if len(ours) != len(theirs):
            yield _lengths(ours, theirs, steps)
        for index, pair in enumerate(zip(ours, theirs, strict=False)):
            yield from self.differing(*pair, (*steps, index))

    def _map(self, one: Literal, other: Literal, steps: Steps) -> Iterator[Differing]:
        ours, theirs = one.map.literals, other.map.literals
        for name in sorted({*ours, *theirs}):
            place = (*steps, name)
            if name in ours and name in theirs:
                yield from self.differing(ours[name], theirs[name], place)
            else:
                there = literal_text((ours if name in ours else theirs)[name])
                pair = (there, _ABSENT) if name in ours else (_ABSENT, there)
                yield Differing(place, *pair)

    def _union(self, one: Literal, other: Literal, steps: Steps) -> Iterator[Differing]:
        ours, theirs = one.scalar.union, other.scalar.union
        tags = ours.type.structure.tag, theirs.type.structure.tag
        if tags[0] != tags[1]:
            texts = (literal_text(union.value) for union in (ours, theirs))
            named = (f"{text} ({tag})" for text, tag in zip(texts, tags, strict=True))
            yield Differing(steps, *named)
        else:
            yield from self.differing(ours.value, theirs.value, steps)

    def _blob(self, one: Literal, other: Literal, steps: Steps) -> Iterator[Differing]:
        ours, theirs = one.scalar.blob, other.scalar.blob
        if _bytes(ours.metadata) != _bytes(theirs.metadata):
            formats = (blob.metadata.type.format for blob in (ours, theirs))
            yield Differing(steps, *(f"a file of format {name!r}" for name in formats))
        else:
            yield from differing_places(ours.uri, theirs.uri, steps)

    def _structured_dataset(
        self, one: Literal, other: Literal, steps: Steps
    ) -> Iterator[Differing]:
        ours, theirs = one.scalar.structured_dataset, other.scalar.structured_dataset
        yield from differing_datasets(ours, theirs, steps)

    def _schema(
        self, one: Literal, other: Literal, steps: Steps
    ) -> Iterator[Differing]:
        pair = [DatasetLiteral(uri=side.scalar.schema.uri) for side in (one, other)]
        for dataset in pair:
            dataset.metadata.structured_dataset_type.format = _PARQUET
        yield from differing_datasets(pair[0], pair[1], steps)

    def _plain(self, one: Any, other: Any, steps: Steps) -> Iterator[Differing]:
        """Compare what msgpack, a Struct or a primitive holds."""
        if type(one) is not type(other):
            yield Differing(steps, value_text(one), value_text(other))
        elif isinstance(one, Mapping):
            for name in sorted({*one, *other}, key=str):
                place = (*steps, name if isinstance(name, (str, int)) else str(name))
                if name in one and name in other:
                    yield from self._plain(one[name], other[name], place)
                else:
                    there = value_text((one if name in one else other)[name])
                    pair = (there, _ABSENT) if name in one else (_ABSENT, there)
                    yield Differing(place, *pair)
        elif isinstance(one, list):
            if len(one) != len(other):
                yield _lengths(one, other, steps)
            for index, pair in enumerate(zip(one, other, strict=False)):
                yield from self._plain(*pair, (*steps, index))
        elif isinstance(one, str):
            yield from self._texts(one, other, steps)
        elif repr(one) != repr(other):  # which tells that two are not a number
            yield Differing(steps, value_text(one), value_text(other))

    def _texts(self, one: str, other: str, steps: Steps) -> Iterator[Differing]:
        if one == other:
            return
        if self._is_own(one, self.first) and self._is_own(other, self.second):
            yield from differing_places(one, other, steps)
        elif normal_text(one, self.first) != normal_text(other, self.second):
            yield Differing(steps, value_text(one), value_text(other))

    @staticmethod
    def _is_own(text: str, directory: Path | None) -> bool:
        """Say whether a text names a file that the run has written."""
        if directory is None or "\0" in text or len(text) > _LONGEST_PATH:
            return False
        path = Path(text.removeprefix("file://"))
        return path.is_relative_to(directory) and path.exists()


def _lengths(one: Sequence[Any], other: Sequence[Any], steps: Steps) -> Differing:
    return Differing(steps, elements(one), elements(other))


def _bytes(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)
