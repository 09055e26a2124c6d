"""What one family of Python types has to say about its literal type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flyteidl.core import literals_pb2, types_pb2

if TYPE_CHECKING:
    from kit.types.engine import TypeEngine

__all__ = ["Decoder", "Encoder", "Transformer"]

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
        >>> from kit.types.lists import ListTransformer
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
