"""The type engine: which transformer owns a type, and what it makes of it.

Looking a transformer up, converting, and the wire form are three things: this module
does the first, each transformer the other two.  Encoders and decoders are built once
per type and kept, so that converting costs no look-ups.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from flyteidl.core import interface_pb2, literals_pb2, types_pb2

from kit.errors import (
    ConversionError,
    GuessError,
    KitError,
    RegistrationError,
    UnsupportedTypeError,
    nearest,
)
from kit.types.annotated import (
    annotations_of,
    hash_method,
    merge_annotation,
    underlying,
)
from kit.types.describe import describe
from kit.types.transformer import Decoder, Encoder, Transformer

__all__ = ["TypeEngine"]

_Built = TypeVar("_Built")
_MOST_KEPT = 4096  # types; builtin generics are a new object each time they are written


class _PerType:
    """What was built for each type, found by the type's identity.

    Identity, not equality: ``Union[int, str] == Union[str, int]``, whose literal types
    differ, and annotations need not be hashable.  The types are kept alive, so that an
    identity never comes to mean another type.
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Any, Any]] = {}
        self._lock = threading.Lock()

    def get(self, python_type: Any, build: Callable[[Any], _Built]) -> _Built:
        found = self._kept.get(id(python_type))
        if found is not None:
            built: _Built = found[1]
            return built
        built = build(python_type)
        with self._lock:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[id(python_type)] = (python_type, built)
        return built

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


class TypeEngine:
    """Converts between Python values and literals, by transformers.

    Args:
        transformers: In the order in which they are asked, both for a type and for the
            guess back from a literal type.

    Example:
        >>> from kit.types import default_engine
        >>> default_engine.literal_type(list[int])
        collection_type {
          simple: INTEGER
        }
        <BLANKLINE>
        >>> literal = default_engine.to_literal([1, 2], list[int])
        >>> default_engine.to_python(literal, list[int])
        [1, 2]
    """

    def __init__(self, transformers: Iterable[Transformer] = ()) -> None:
        self._own: list[Transformer] = []
        self._users: list[Transformer] = []
        self._transformers, self._encoders = _PerType(), _PerType()
        self._decoders, self._literal_types = _PerType(), _PerType()
        for transformer in transformers:
            self._check_name(transformer)
            self._own.append(transformer)

    def __repr__(self) -> str:
        return f"TypeEngine({len(self._own)} built in, {len(self._users)} registered)"

    def register(self, transformer: Transformer, *, override: bool = False) -> None:
        """Add a transformer; it is asked before the built-in ones.

        Args:
            transformer: The new one.
            override: Let it replace the registered transformer of the same name.

        Raises:
            RegistrationError: There is one of that name, and ``override`` is not set.
        """
        if not override:
            self._check_name(transformer)
        self._own = [t for t in self._own if t.name != transformer.name]
        self._users = [t for t in self._users if t.name != transformer.name]
        self._users.append(transformer)
        for kept in (
            self._transformers,
            self._encoders,
            self._decoders,
            self._literal_types,
        ):
            kept.clear()

    def _check_name(self, transformer: Transformer) -> None:
        for other in (*self._users, *self._own):
            if other.name == transformer.name:
                msg = (
                    f"A transformer named {transformer.name!r} is registered already: "
                    f"{other!r}. Pass override=True to replace it."
                )
                raise RegistrationError(msg)

    def transformer_for(self, python_type: Any) -> Transformer:
        """Return the transformer that owns a type.

        Raises:
            UnsupportedTypeError: None does.
        """
        return self._transformers.get(python_type, self._find)

    def _find(self, python_type: Any) -> Transformer:
        for annotation in annotations_of(python_type):
            if isinstance(annotation, Transformer):
                return annotation
        bare = underlying(python_type)
        for transformer in (*self._users, *self._own):
            if transformer.handles(bare):
                return transformer
        msg = (
            f"Flyte has no literal type for {python_type!r}, and kit does not pickle. "
            "Use a type it has (int, float, bool, str, datetime, timedelta, list, "
            "dict, Optional, Enum, a dataclass or pydantic model, FlyteFile, "
            "FlyteDirectory, StructuredDataset …), write the value to a FlyteFile "
            "yourself, or register a transformer: kit.default_engine.register(...)."
        )
        raise UnsupportedTypeError(msg)

    def literal_type(self, python_type: Any) -> types_pb2.LiteralType:
        """Make the literal type of a Python type, a fresh message each time.

        Raises:
            UnsupportedTypeError: The type, or one inside it, has none.
        """
        kept: types_pb2.LiteralType = self._literal_types.get(
            python_type, self._make_literal_type
        )
        made = types_pb2.LiteralType()
        made.CopyFrom(kept)
        return made

    def _make_literal_type(self, python_type: Any) -> types_pb2.LiteralType:
        made = self.transformer_for(python_type).literal_type(python_type, self)
        merge_annotation(made, python_type)
        return made

    def encoder(self, python_type: Any) -> Encoder:
        """Return what writes values of a type into empty literals."""
        return self._encoders.get(python_type, self._make_encoder)

    def _make_encoder(self, python_type: Any) -> Encoder:
        encode = self.transformer_for(python_type).encoder(python_type, self)
        method = hash_method(python_type)
        if method is None:
            return encode

        def encode_and_hash(value: Any, out: literals_pb2.Literal) -> None:
            encode(value, out)
            out.hash = method.calculate(value)

        return encode_and_hash

    def decoder(self, python_type: Any) -> Decoder:
        """Return what reads literals as values of a type."""
        return self._decoders.get(python_type, self._make_decoder)

    def _make_decoder(self, python_type: Any) -> Decoder:
        return self.transformer_for(python_type).decoder(python_type, self)

    def to_literal(self, value: Any, python_type: Any) -> literals_pb2.Literal:
        """Convert a value to a literal.

        Raises:
            ConversionError: It does not fit the type; its path says where.
            UnsupportedTypeError: The type has no literal type.
        """
        literal = literals_pb2.Literal()
        self.encoder(python_type)(value, literal)
        return literal

    def to_python(self, literal: literals_pb2.Literal, python_type: Any) -> Any:
        """Convert a literal to a value of a type.

        Raises:
            ConversionError: It cannot be read as the type; its path says where.
            UnsupportedTypeError: The type has no literal type.
        """
        return self.decoder(python_type)(literal)

    def to_literal_map(
        self, values: Mapping[str, Any], types: Mapping[str, Any]
    ) -> literals_pb2.LiteralMap:
        """Convert named values, each with its declared type.

        Raises:
            ConversionError: One has no type, or does not fit it.
        """
        literals = literals_pb2.LiteralMap()
        for name, value in values.items():
            if name not in types:
                msg = f"There is no variable {name!r}.{nearest(name, types)}"
                raise ConversionError(msg)
            try:
                self.encoder(types[name])(value, literals.literals[name])
            except ConversionError as error:
                # The words before the colon are those of flytekit's calls.
                error.message = f"Failed argument '{name}': {error.message}"
                error.path = (name, *error.path) if error.path else ()
                raise
        return literals

    def to_python_values(
        self, literals: literals_pb2.LiteralMap, types: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Convert named literals, each with its declared type, in the types' order.

        Raises:
            ConversionError: One has no type, or cannot be read as it.
        """
        given = literals.literals
        if len(given) > len(types):
            unknown = sorted(set(given) - set(types))
            msg = (
                f"Received more input values {len(given)} than allowed by the input "
                f"spec {len(types)}: there is no {', '.join(unknown)}."
            )
            raise ConversionError(msg)
        for name in given:
            if name not in types:
                msg = f"There is no variable {name!r}.{nearest(name, types)}"
                raise ConversionError(msg)
        return {
            name: self._named_value(name, given[name], python_type)
            for name, python_type in types.items()
            if name in given
        }

    def _named_value(
        self, name: str, literal: literals_pb2.Literal, python_type: Any
    ) -> Any:
        try:
            return self.decoder(python_type)(literal)
        except KitError as error:
            msg = (
                f"Error converting input '{name}':\nLiteral value: {literal!r}\n"
                f"Expected Python type: {python_type!r}\nException: {error}"
            )
            raise ConversionError(msg) from error

    def guess_type(self, literal_type: types_pb2.LiteralType) -> Any:
        """Tell the Python type that an executor meets for a literal type.

        The interface in a template says less than the author's annotations did: an
        enum class, say, is known by its values only.

        Raises:
            GuessError: No transformer knows the literal type.
        """
        for transformer in (*self._users, *self._own):
            guessed = transformer.guess(literal_type, self)
            if guessed is not None:
                return guessed
        msg = (
            f"No transformers could reverse Flyte literal type {describe(literal_type)}"
        )
        raise GuessError(msg)

    def guess_types(
        self, variables: Mapping[str, interface_pb2.Variable]
    ) -> dict[str, Any]:
        """Tell the Python types of an interface's variables, by name.

        Raises:
            GuessError: For one of them it cannot be told; the message names it.
        """
        return {
            name: self._guess_named(name, variable.type)
            for name, variable in variables.items()
        }

    def _guess_named(self, name: str, literal_type: types_pb2.LiteralType) -> Any:
        try:
            return self.guess_type(literal_type)
        except GuessError as error:
            msg = f"Variable {name!r}: {error}"
            raise GuessError(msg) from error
