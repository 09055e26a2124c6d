"""The type engine: which transformer owns a type, and what it makes of it.

Looking a transformer up, converting, and the wire form are three things: this module
does the first, each transformer the other two.  Encoders and decoders are built once
per type and kept, so that converting costs no look-ups.
"""

from __future__ import annotations

import datetime as dt
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import (
    ConversionError,
    GuessError,
    KitError,
    RegistrationError,
    UnsupportedTypeError,
)
from kit.types.annotated import (
    annotations_of,
    hash_method,
    merge_annotation,
    underlying,
)
from kit.types.conversion_errors import format_message, shorten, value_error
from kit.types.flyte_classes import kit_type, kit_value

Encoder = Callable[[Any, literals_pb2.Literal], None]
"""Writes a value into an empty literal, or raises ``ConversionError``."""

Decoder = Callable[[literals_pb2.Literal], Any]
"""Reads a literal, or raises ``ConversionError``."""


class Transformer(ABC):
    """One family of Python types and their literal type.

    A transformer keeps no state and is handed the engine, so that it can ask for the
    types it contains.  The engine builds an encoder and a decoder once per type: work
    that depends on the type alone belongs there, not into what they return.

    Around transformers that are registered the engine refuses ``None`` and tuples, and
    makes a ``ConversionError`` of the exceptions with which values do not fit.

    Example:
        >>> import ipaddress
        >>> from flyteidl.core import types_pb2
        >>> from kit.types import TypeEngine
        >>> from kit.types.containers import ListTransformer
        >>> from kit.types.simple import StrTransformer
        >>> class AddressTransformer(Transformer):
        ...     name = "ip address"
        ...
        ...     def handles(self, python_type):
        ...         return python_type is ipaddress.IPv4Address
        ...
        ...     def literal_type(self, python_type, engine):
        ...         return types_pb2.LiteralType(simple=types_pb2.STRING)
        ...
        ...     def encoder(self, python_type, engine):
        ...         write = engine.encoder(str)
        ...         return lambda value, out: write(str(value), out)
        ...
        ...     def decoder(self, python_type, engine):
        ...         read = engine.decoder(str)
        ...         return lambda literal: python_type(read(literal))
        >>> engine = TypeEngine([StrTransformer(), ListTransformer()])
        >>> engine.register(AddressTransformer())
        >>> hosts = list[ipaddress.IPv4Address]
        >>> literal = engine.to_literal([ipaddress.IPv4Address("10.0.0.1")], hosts)
        >>> engine.to_python(literal, hosts)
        [IPv4Address('10.0.0.1')]

        In your own code it is ``kit.types.default_engine`` that it is registered with.
    """

    name: str
    """Its name, and the tag of its types inside a union."""

    @abstractmethod
    def handles(self, python_type: Any) -> bool:
        """Say whether a type belongs to this family."""

    @abstractmethod
    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        """Make the literal type of a type, a fresh message each time."""

    @abstractmethod
    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        """Make the function that writes values of a type."""

    @abstractmethod
    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        """Make the function that reads values of a type."""

    def guess(  # noqa: B027 - most types of users are read as what they are stored as
        self, literal_type: types_pb2.LiteralType, engine: TypeEngine
    ) -> Any | None:
        """Tell a Python type from a literal type, or ``None`` if it is not its own.

        This is what executors meet, which know literal types only.
        """


_CONVERSION_FAILURES = (
    TypeError,
    ValueError,
    AssertionError,
    AttributeError,
    LookupError,
)


def wrap_encoder(
    encode: Encoder, python_type: Any, literal_type: types_pb2.LiteralType
) -> Encoder:
    """Refuse ``None`` and tuples, and tell what went wrong as a ``ConversionError``.

    ``None`` is left to unions, whose variant it is, and Flyte has no tuples.
    """

    def write(value: Any, out: literals_pb2.Literal) -> None:
        if value is None or isinstance(value, tuple):
            raise value_error(value, python_type, literal_type)
        try:
            encode(value, out)
        except KitError:
            raise
        except _CONVERSION_FAILURES as error:
            msg = (
                f"{shorten(value)} cannot be written as {python_type}: {_reason(error)}"
            )
            raise ConversionError(msg) from error

    return write


def wrap_decoder(decode: Decoder, python_type: Any) -> Decoder:
    """Tell what went wrong as a ``ConversionError``."""

    def read(literal: literals_pb2.Literal) -> Any:
        try:
            return decode(literal)
        except KitError:
            raise
        except _CONVERSION_FAILURES as error:
            msg = f"A literal cannot be read as {python_type}: {_reason(error)}"
            raise ConversionError(msg) from error

    return read


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


_Built = TypeVar("_Built")
_MOST_KEPT = 4096  # types; builtin generics are a new object each time they are written

DEEPEST = 50
"""How many types may be inside each other.

protobuf reads no message that is nested more than 100 deep, and a list inside a list
takes two: what is nested deeper could be written, but no container could read it.
"""


class Nesting(threading.local):
    """Goes one level down in a ``with`` block, counted for each thread.

    Args:
        error: The class to raise where there is no level left.
    """

    def __init__(self, error: type[KitError]) -> None:
        self._error = error
        self._depth = 0

    def __enter__(self) -> None:
        if self._depth >= DEEPEST:
            msg = (
                f"More than {DEEPEST} types are inside each other; protobuf could not "
                "read the values back. Use a dataclass, or a file."
            )
            raise self._error(msg)
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1


class TypeCache(Generic[_Built]):
    """What was built for each type, found by the type's identity.

    Identity, not equality: ``Union[int, str] == Union[str, int]``, whose literal types
    differ, and annotations need not be hashable.  The types are kept alive, so that an
    identity never comes to mean another type.

    Args:
        build: Makes it, and may ask for the types inside.
        error: The class to raise for types that are nested too deep.
    """

    def __init__(
        self, build: Callable[[Any], _Built], *, error: type[KitError]
    ) -> None:
        self._build = build
        self._error = error
        self._kept: dict[int, tuple[Any, _Built]] = {}
        self._nesting = Nesting(error)
        self._lock = threading.Lock()

    def __call__(self, python_type: Any) -> _Built:
        """Return what was built for a type, building it the first time."""
        kept = self._kept
        found = kept.get(id(python_type))
        if found is not None:
            return found[1]
        with self._nesting:
            built = self._build(python_type)
        with self._lock:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            kept[id(python_type)] = (python_type, built)
        return built

    def forget(self) -> None:
        """Build everything anew, also what another thread is building right now."""
        self._kept = {}


def _foreign_encoder(encode: Encoder) -> Encoder:
    return lambda value, out: encode(kit_value(value), out)


_MOST_GUESSES = 4096
_LONGEST_KEPT = 1024  # bytes of a literal type; a schema can be large

_PLAIN_TYPES: tuple[Any, ...] = (
    *(int, float, str, bool, type(None), dt.datetime, dt.date, dt.timedelta),
    *(dict, list[int], dict[str, int], int | str),
)


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
        self._guessing = Nesting(GuessError)
        self._guesses: dict[bytes, Any] = {}
        wrong_type = UnsupportedTypeError
        self._transformers = TypeCache(self._find, error=wrong_type)
        self._literal_types = TypeCache(self._make_literal_type, error=wrong_type)
        self._encoders = TypeCache(self._make_encoder, error=wrong_type)
        self._decoders = TypeCache(self._make_decoder, error=wrong_type)
        for transformer in transformers:
            self._check_name(transformer)
            self._own.append(transformer)

    def __repr__(self) -> str:
        return f"TypeEngine({len(self._own)} built in, {len(self._users)} registered)"

    @property
    def transformers(self) -> tuple[Transformer, ...]:
        """Those it asks, in that order."""
        return (*self._users, *self._own)

    def register(self, transformer: Transformer, *, override: bool = False) -> None:
        """Add a transformer; it is asked before those there are already.

        Args:
            transformer: The new one.
            override: Let it take the place of the one of its name, and types that
                another one has.

        Raises:
            RegistrationError: It would do so, and ``override`` is not set.
        """
        if not override:
            self._check_name(transformer)
            self._check_types(transformer)
        self._own = [t for t in self._own if t.name != transformer.name]
        others = [t for t in self._users if t.name != transformer.name]
        self._users = [transformer, *others]
        for kept in (
            self._transformers,
            self._literal_types,
            self._encoders,
            self._decoders,
        ):
            kept.forget()
        self._guesses = {}

    def _check_name(self, transformer: Transformer) -> None:
        for other in self.transformers:
            if other.name == transformer.name:
                msg = (
                    f"A transformer named {transformer.name!r} is registered already: "
                    f"{other!r}. Pass override=True to replace it."
                )
                raise RegistrationError(msg)

    def _check_types(self, transformer: Transformer) -> None:
        for python_type in filter(transformer.handles, _PLAIN_TYPES):
            for other in self.transformers:
                if other.handles(python_type):
                    msg = (
                        f"Transformer {other.name} for type {python_type} is already "
                        f"registered. Cannot override with {transformer.name}, unless "
                        "you pass override=True."
                    )
                    raise RegistrationError(msg)

    def transformer_for(self, python_type: Any) -> Transformer:
        """Return the transformer that owns a type.

        Raises:
            UnsupportedTypeError: None does.
        """
        return self._transformers(python_type)

    def _owner(self, python_type: Any) -> Transformer | None:
        python_type = kit_type(python_type)
        for annotation in annotations_of(python_type):
            if isinstance(annotation, Transformer):
                return annotation
        bare = underlying(python_type)
        for transformer in self.transformers:
            if transformer.handles(bare):
                return transformer
        return None

    def _find(self, python_type: Any) -> Transformer:
        found = self._owner(python_type)
        if found is not None:
            return found
        from kit.types.unsupported import unsupported_type

        raise unsupported_type(python_type)

    def literal_type(self, python_type: Any) -> types_pb2.LiteralType:
        """Make the literal type of a Python type, a fresh message each time.

        Raises:
            UnsupportedTypeError: The type, or one inside it, has none.
        """
        made = types_pb2.LiteralType()
        made.CopyFrom(self._literal_types(python_type))
        return made

    def _make_literal_type(self, python_type: Any) -> types_pb2.LiteralType:
        python_type = kit_type(python_type)
        made = self.transformer_for(python_type).literal_type(python_type, self)
        merge_annotation(made, python_type)
        return made

    def encoder(self, python_type: Any) -> Encoder:
        """Return what writes values of a type into empty literals.

        Raises:
            UnsupportedTypeError: The type has no literal type.
        """
        return self._encoders(python_type)

    def _make_encoder(self, python_type: Any) -> Encoder:
        own = kit_type(python_type)
        if own is not python_type:
            return _foreign_encoder(self.encoder(own))
        transformer = self.transformer_for(python_type)
        encode = transformer.encoder(python_type, self)
        if transformer not in self._own:
            literal_type = self.literal_type(python_type)
            encode = wrap_encoder(encode, python_type, literal_type)
        method = hash_method(python_type)
        if method is None:
            return encode

        def encode_and_hash(value: Any, out: literals_pb2.Literal) -> None:
            encode(value, out)
            digest: Any = method.calculate(value)
            if not isinstance(digest, str):
                msg = (
                    f"The HashMethod of {python_type} returned {digest!r:.200} of "
                    f"{type(digest)}: return a str."
                )
                raise ConversionError(msg)
            out.hash = digest

        return encode_and_hash

    def decoder(self, python_type: Any) -> Decoder:
        """Return what reads literals as values of a type.

        Raises:
            UnsupportedTypeError: The type has no literal type.
        """
        return self._decoders(python_type)

    def _make_decoder(self, python_type: Any) -> Decoder:
        python_type = kit_type(python_type)
        transformer = self.transformer_for(python_type)
        decode = transformer.decoder(python_type, self)
        if transformer in self._own:
            return decode
        return wrap_decoder(decode, python_type)

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

    def guess_type(self, literal_type: types_pb2.LiteralType) -> Any:
        """Tell the Python type that an executor meets for a literal type.

        The interface in a template says less than the author's annotations did: an
        enum class, say, is known by its values only.

        Raises:
            GuessError: No transformer knows the literal type, or one inside it.
        """
        guesses = self._guesses
        key = literal_type.SerializeToString(deterministic=True)
        if key in guesses:
            return guesses[key]
        guessed = self._guess(literal_type)
        if len(guesses) < _MOST_GUESSES and len(key) <= _LONGEST_KEPT:
            guesses[key] = guessed
        return guessed

    def _guess(self, literal_type: types_pb2.LiteralType) -> Any:
        inner: GuessError | None = None
        with self._guessing:
            for transformer in self.transformers:
                try:
                    guessed = transformer.guess(literal_type, self)
                except GuessError as error:  # of a part; the whole is to be named
                    inner = inner or error
                    continue
                if guessed is not None:
                    return guessed
        text = format_message(literal_type)
        msg = f"No transformers could reverse Flyte literal type {text}"
        if inner is not None and "could reverse" not in str(inner):
            msg = f"{msg}\n{inner}"
        raise GuessError(msg) from inner
