"""Protobuf messages, as the Struct of their JSON."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from flyteidl.core import literals_pb2, types_pb2
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import ListValue, Struct

from kit.errors import ConversionError, GuessError
from kit.types.annotated import is_class, underlying
from kit.types.conversion_errors import literal_error, value_error
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine

_KEY = "pb_type"


class MessageTransformer(Transformer):
    """Classes of protobuf messages."""

    name = "Protobuf-Transformer"

    def __repr__(self) -> str:
        return "MessageTransformer()"

    def handles(self, python_type: Any) -> bool:
        return is_class(python_type) and issubclass(python_type, Message)

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        bare = underlying(python_type)
        made = types_pb2.LiteralType(simple=types_pb2.STRUCT)
        made.metadata.update({_KEY: f"{bare.__module__}.{bare.__name__}"})
        return made

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        bare, literal_type = underlying(python_type), engine.literal_type(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if not isinstance(value, bare):
                raise value_error(value, python_type, literal_type)
            if isinstance(value, ListValue):
                out.collection.SetInParent()
                for item in value:
                    engine.encoder(type(item))(item, out.collection.literals.add())
                return
            out.scalar.generic.CopyFrom(_as_struct(value))

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        bare = underlying(python_type)

        def decode(literal: literals_pb2.Literal) -> Any:
            if literal.scalar.WhichOneof("value") != "generic":
                raise literal_error(literal, python_type)
            return _from_struct(literal.scalar.generic, bare)

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        if literal_type.simple != types_pb2.STRUCT or (
            _KEY not in literal_type.metadata.fields
        ):
            return None
        return _load(literal_type.metadata.fields[_KEY].string_value)


def _as_struct(message: Message) -> Struct:
    from google.protobuf import json_format

    made = Struct()
    try:
        made.update(json_format.MessageToDict(message))
    except (TypeError, ValueError, AttributeError) as error:
        msg = (
            f"Failed to convert to generic protobuf struct: {type(message)} is "
            f"{type(error).__name__}: {error}. Its JSON has to be an object; put it "
            "into a message with fields."
        )
        raise ConversionError(msg) from error
    return made


def _from_struct(struct: Struct, made: Any) -> Any:
    from google.protobuf import json_format

    try:
        return json_format.ParseDict(json_format.MessageToDict(struct), made())
    except json_format.ParseError as error:
        msg = f"A Struct cannot be read as {made}: {error}"
        raise ConversionError(msg) from error


def _load(tag: str) -> type[Message]:
    """Return the class of messages that a literal type names.

    The name comes from a template, so that only a module is imported for it that is
    generated code by its name, and only a class of messages is taken.
    """
    module_name, _, name = tag.rpartition(".")
    module = sys.modules.get(module_name)
    if module is None and module_name.endswith("_pb2"):
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            msg = (
                f"The protobuf class {tag!r:.200} cannot be imported: {error}. Its "
                "generated module has to be installed in the container."
            )
            raise GuessError(msg) from error
    found = getattr(module, name, None)
    if not (is_class(found) and issubclass(found, Message)):
        msg = (
            f"{tag!r:.200} is no class of protobuf messages that can be loaded here: "
            "its module has to be imported already, or be generated (its name ends "
            "in _pb2)."
        )
        raise GuessError(msg)
    return found
