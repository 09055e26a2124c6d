"""The engine with kit's own transformers, of which large families load when needed.

To add a type: write its transformer in a file of this folder, and name it here.
"""

from __future__ import annotations

import os
import sys
import typing
from collections.abc import Collection
from importlib import import_module
from typing import Any

from flyteidl.core import types_pb2

from kit.types.containers import DictTransformer, IteratorTransformer, ListTransformer
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.messages import MessageTransformer
from kit.types.simple import (
    BoolTransformer,
    ChoiceTransformer,
    DatetimeTransformer,
    DateTransformer,
    EnumTransformer,
    FloatTransformer,
    IntTransformer,
    NoneTransformer,
    StrTransformer,
    TimedeltaTransformer,
    TupleTransformer,
)
from kit.types.unions import UnionTransformer


class LazyTransformer(Transformer):
    """The place of a transformer whose module is not loaded before it is needed.

    A type of a class that nothing has loaded yet cannot come along: most families are
    known by the modules that hold their classes.

    Args:
        name: The transformer's own name.
        home: Its module and class, ``package.module:Class``.
        classes_in: Modules of which one has to be loaded for a type to be its own.
        types: Types that may be its own whatever is loaded.
        guesses: The kinds of literal types that it may know, as the fields of
            ``LiteralType`` are named; ``STRUCT`` for those simple ones.
    """

    def __init__(
        self,
        name: str,
        home: str,
        *,
        classes_in: Collection[str] = (),
        types: Collection[Any] = (),
        guesses: str | None = None,
    ) -> None:
        self.name = name
        self._home = home
        self._classes_in = classes_in
        self._types = types
        self._guesses = guesses
        self._loaded: Transformer | None = None

    def __repr__(self) -> str:
        return f"{self._home.partition(':')[2]}()"

    def load(self) -> Transformer:
        """Return the transformer itself."""
        if self._loaded is None:
            module, _, name = self._home.partition(":")
            self._loaded = getattr(import_module(module), name)()
        return self._loaded

    def handles(self, python_type: Any) -> bool:
        """Ask the family, if the type can be its own."""
        known = any(python_type is own for own in self._types)
        possible = known or not sys.modules.keys().isdisjoint(self._classes_in)
        return possible and self.load().handles(python_type)

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        """Ask the family."""
        return self.load().literal_type(python_type, engine)

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        """Ask the family."""
        return self.load().encoder(python_type, engine)

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        """Ask the family."""
        return self.load().decoder(python_type, engine)

    def guess(
        self, literal_type: types_pb2.LiteralType, engine: TypeEngine
    ) -> Any | None:
        """Ask the family, if it knows literal types of this kind."""
        kind = literal_type.WhichOneof("type")
        if kind == "simple" and literal_type.simple == types_pb2.STRUCT:
            kind = "STRUCT"
        if self._guesses is None or kind != self._guesses:
            return None
        return self.load().guess(literal_type, engine)


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
            "kit.types.files:TextStreamTransformer",
            types=[typing.TextIO],
        ),
        LazyTransformer(
            "BinaryIO",
            "kit.types.files:BinaryStreamTransformer",
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
                "kit.types.datasets",
                "kit.types.frames",
                "pandas",
                "pyarrow",
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
