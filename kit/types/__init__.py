"""Python values and Flyte's literals, both ways, and the guess back from a type."""

from __future__ import annotations

import os
import typing
from importlib import import_module

from kit.types.annotated import FlyteAnnotation, HashMethod
from kit.types.choices import ChoiceTransformer
from kit.types.describe import describe
from kit.types.dicts import DictTransformer
from kit.types.engine import TypeEngine
from kit.types.enums import EnumTransformer
from kit.types.lazy import LazyTransformer
from kit.types.lists import IteratorTransformer, ListTransformer
from kit.types.messages import MessageTransformer
from kit.types.simple import (
    BoolTransformer,
    DatetimeTransformer,
    DateTransformer,
    FloatTransformer,
    IntTransformer,
    NoneTransformer,
    StrTransformer,
    TimedeltaTransformer,
)
from kit.types.transformer import Decoder, Encoder, Transformer
from kit.types.tuples import TupleTransformer
from kit.types.unions import UnionTransformer

if typing.TYPE_CHECKING:
    from kit.types.directories import FlyteDirectory
    from kit.types.files import FlyteFile
    from kit.types.schema import FlyteSchema
    from kit.types.structured_dataset import StructuredDataset

__all__ = [
    "Decoder",
    "Encoder",
    "FlyteAnnotation",
    "FlyteDirectory",
    "FlyteFile",
    "FlyteSchema",
    "HashMethod",
    "StructuredDataset",
    "Transformer",
    "TypeEngine",
    "default_engine",
    "describe",
]

# The order is flytekit's registry's: the first that knows a literal type guesses it.
default_engine = TypeEngine(
    [
        IntTransformer(),
        FloatTransformer(),
        StrTransformer(),
        DatetimeTransformer(),
        DateTransformer(),
        TimedeltaTransformer(),
        BoolTransformer(),
        NoneTransformer(),
        ListTransformer(),
        UnionTransformer(),
        DictTransformer(),
        EnumTransformer(),
        ChoiceTransformer(),
        TupleTransformer(),
        IteratorTransformer(),
        LazyTransformer(
            "TextIO",
            "kit.types.streams:TextStreamTransformer",
            types=[typing.TextIO],
        ),
        LazyTransformer(
            "BinaryIO",
            "kit.types.streams:BinaryStreamTransformer",
            types=[typing.BinaryIO],
        ),
        MessageTransformer(),
        LazyTransformer(
            "Pydantic Transformer",
            "kit.types.models:PydanticTransformer",
            classes_in=["pydantic"],
        ),
        LazyTransformer(
            "FlyteFilePath",
            "kit.types.files:FileTransformer",
            classes_in=["kit.types.files"],
            types=[os.PathLike],
            guesses="blob",
        ),
        LazyTransformer(
            "FlyteDirectory",
            "kit.types.directories:DirectoryTransformer",
            classes_in=["kit.types.directories"],
            guesses="blob",
        ),
        LazyTransformer(
            "StructuredDataset Transformer",
            "kit.types.datasets:DatasetTransformer",
            classes_in=[
                *("kit.types.structured_dataset", "kit.types.frames"),
                *("pandas", "pyarrow"),
            ],
            guesses="structured_dataset_type",
        ),
        LazyTransformer(
            "FlyteSchema Transformer",
            "kit.types.schema:SchemaTransformer",
            classes_in=["kit.types.schema"],
            guesses="schema",
        ),
        LazyTransformer(
            "Numpy Array",
            "kit.types.arrays:ArrayTransformer",
            classes_in=["numpy"],
        ),
        LazyTransformer(
            "Object-Dataclass-Transformer",
            "kit.types.structs:DataclassTransformer",
            classes_in=["dataclasses"],
            guesses="STRUCT",
        ),
    ]
)

# Where the classes of families live that are loaded when something needs them.
_HOMES = {
    "FlyteDirectory": "kit.types.directories",
    "FlyteFile": "kit.types.files",
    "FlyteSchema": "kit.types.schema",
    "StructuredDataset": "kit.types.structured_dataset",
}


def __getattr__(name: str) -> object:
    """Load a public class from its home, the first time it is asked for."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Show the public names, also those not loaded yet."""
    return sorted({*globals(), *__all__})
