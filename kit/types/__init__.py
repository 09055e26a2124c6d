"""Python values and Flyte's literals, both ways, and the guess back from a type."""

from __future__ import annotations

from kit.types.annotated import FlyteAnnotation, HashMethod
from kit.types.arrays import ArrayTransformer
from kit.types.choices import ChoiceTransformer
from kit.types.datasets import DatasetTransformer
from kit.types.describe import describe
from kit.types.dicts import DictTransformer
from kit.types.directories import DirectoryTransformer, FlyteDirectory
from kit.types.engine import TypeEngine
from kit.types.enums import EnumTransformer
from kit.types.files import FileTransformer, FlyteFile
from kit.types.lists import IteratorTransformer, ListTransformer
from kit.types.messages import MessageTransformer
from kit.types.models import PydanticTransformer
from kit.types.schema import FlyteSchema, SchemaTransformer
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
from kit.types.streams import BinaryStreamTransformer, TextStreamTransformer
from kit.types.structs import DataclassTransformer
from kit.types.structured_dataset import StructuredDataset
from kit.types.transformer import Decoder, Encoder, Transformer
from kit.types.tuples import TupleTransformer
from kit.types.unions import UnionTransformer

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
        TextStreamTransformer(),
        BinaryStreamTransformer(),
        MessageTransformer(),
        PydanticTransformer(),
        FileTransformer(),
        DirectoryTransformer(),
        DatasetTransformer(),
        SchemaTransformer(),
        ArrayTransformer(),
        DataclassTransformer(),
    ]
)
