"""Compare the outputs of two runs as the wire has them, down to where they differ.

Where a run has put its files is no difference: they are compared by content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flyteidl.core.literals_pb2 import Literal, StructuredDataset
from google.protobuf.message import Message

from kit.running.comparison.contents import differing_datasets, differing_places
from kit.running.comparison.differing import Differing, Steps
from kit.running.comparison.literal_text import (
    elements,
    kind_of,
    literal_text,
    plain_value,
    value_text,
)
from kit.running.comparison.texts import normal_text

__all__ = ["LiteralComparer"]

Way = Callable[[Literal, Literal, Steps], Iterator[Differing]]

_PARQUET = "parquet"
_LONGEST_PATH = 4_096


class _Absent:
    """Stands for an element that one side lacks."""

    def __repr__(self) -> str:
        return "nothing"


_ABSENT = _Absent()


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
                absent = repr(_ABSENT)
                pair = (there, absent) if name in ours else (absent, there)
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
        pair = [StructuredDataset(uri=side.scalar.schema.uri) for side in (one, other)]
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
                pair = one.get(name, _ABSENT), other.get(name, _ABSENT)
                yield from self._plain(*pair, place)
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
