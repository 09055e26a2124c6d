"""Python values and Flyte's literals, both ways, and the guess back from a type."""

from __future__ import annotations

from kit.types.annotated import FlyteAnnotation, HashMethod
from kit.types.choices import ChoiceTransformer
from kit.types.describe import describe
from kit.types.dicts import DictTransformer
from kit.types.directories import DirectoryTransformer, FlyteDirectory
from kit.types.engine import TypeEngine
from kit.types.enums import EnumTransformer
from kit.types.files import FileTransformer, FlyteFile
from kit.types.lists import IteratorTransformer, ListTransformer
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
from kit.types.structs import DataclassTransformer
from kit.types.transformer import Decoder, Encoder, Transformer
from kit.types.tuples import TupleTransformer
from kit.types.unions import UnionTransformer

__all__ = [
    "Decoder",
    "Encoder",
    "FlyteAnnotation",
    "FlyteDirectory",
    "FlyteFile",
    "HashMethod",
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
        FileTransformer(),
        DirectoryTransformer(),
        DataclassTransformer(),
    ]
)
