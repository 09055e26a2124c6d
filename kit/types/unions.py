"""Unions and optionals: a value travels with the variant it was written as."""

from __future__ import annotations

import types
import typing
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, KitError, UnsupportedTypeError
from kit.types.annotated import underlying
from kit.types.compatibility import is_compatible
from kit.types.conversion_errors import shorten, value_error
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.packed import is_packed, unpack
from kit.types.simple import NoneTransformer, ScalarTransformer, python_scalar

_MOST_REASONS = 5


class _Variant:
    """One variant: its type, how it is converted, and its tagged literal type."""

    def __init__(self, python_type: Any, engine: TypeEngine) -> None:
        transformer = engine.transformer_for(python_type)
        self.python_type = python_type
        self.bare = underlying(python_type)
        self.name = transformer.name
        self.exact = _exact_type(transformer)
        self.encode = engine.encoder(python_type)
        self.decode = engine.decoder(python_type)
        self.expected = engine.literal_type(python_type)
        self.stored = tagged(
            transformer.literal_type(python_type, engine), transformer.name
        )

    @property
    def is_struct(self) -> bool:
        """Whether it is a dataclass or model."""
        return self.expected.HasField("structure")

    @property
    def title(self) -> str:
        """The name in the schema of a dataclass or model; empty for other types."""
        return _title(self.stored)

    @property
    def fields(self) -> set[str]:
        """The names of the fields of a dataclass or model."""
        return set(self.expected.structure.dataclass_type)

    def may_take(self, value: Any) -> bool:
        """Say whether trying to write a value is worth it."""
        return self.exact is None or type(value) is self.exact

    def fits(self, stored: types_pb2.LiteralType) -> bool:
        """Say whether values that were written as a type can be read as this one."""
        return stored == self.stored or is_compatible(stored, self.expected)

    def write(self, value: Any, out: literals_pb2.Literal) -> None:
        """Write a value as this variant, without the hash of its own that it has."""
        self.encode(value, out.scalar.union.value)
        out.scalar.union.value.ClearField("hash")
        out.scalar.union.type.CopyFrom(self.stored)


def _exact_type(transformer: Transformer) -> type | None:
    """Return the one type that values of a scalar have."""
    if isinstance(transformer, NoneTransformer):
        return type(None)
    return transformer.exact if isinstance(transformer, ScalarTransformer) else None


def tagged(literal_type: types_pb2.LiteralType, tag: str) -> types_pb2.LiteralType:
    """Put a transformer's name into a literal type, in place of its structure."""
    literal_type.structure.Clear()
    literal_type.structure.tag = tag
    return literal_type


def is_union(python_type: Any) -> bool:
    """Say whether a type is a union, written in one of the two ways."""
    return typing.get_origin(python_type) in (typing.Union, types.UnionType)


def variants_of(python_type: Any) -> tuple[Any, ...]:
    """Return the types of a union."""
    return typing.get_args(underlying(python_type))


class UnionTransformer(Transformer):
    """``Union[A, B]``, ``A | B`` and ``Optional[A]``."""

    name = "Typed Union"

    def __repr__(self) -> str:
        return "UnionTransformer()"

    def handles(self, python_type: Any) -> bool:
        return is_union(python_type)

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        made = types_pb2.LiteralType()
        made.union_type.SetInParent()
        try:
            for variant in variants_of(python_type):
                name = engine.transformer_for(variant).name
                made.union_type.variants.append(
                    tagged(engine.literal_type(variant), name)
                )
        except UnsupportedTypeError as error:
            error.message = (
                f"Type of Generic Union type is not supported, {error.message}"
            )
            raise
        return made

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        variants = [_Variant(v, engine) for v in variants_of(python_type)]
        literal_type = engine.literal_type(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if isinstance(value, tuple):
                raise value_error(value, python_type, literal_type)
            value = python_scalar(value)
            same = [v for v in variants if v.is_struct and v.bare is type(value)]
            candidates = same or [v for v in variants if v.may_take(value)]
            if len(candidates) != 1:
                out.CopyFrom(_write_the_match(value, python_type, candidates))
                return
            try:
                candidates[0].write(value, out)
            except KitError as error:
                reasons = [(candidates[0], error)]
                raise _no_variant(value, python_type, reasons) from error

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        variants = [_Variant(v, engine) for v in variants_of(python_type)]

        def decode(literal: literals_pb2.Literal) -> Any:
            union = literal.scalar.union
            if not union.type.HasField("structure"):  # also if it is no union
                return _read_the_match(literal, python_type, variants, tag=None)
            exact = next((v for v in variants if v.stored == union.type), None)
            if exact is not None:
                return exact.decode(union.value)
            tag = union.type.structure.tag
            # A type that was guessed has not always its author's transformer: values
            # of a date, a Literal, an array or a model are tagged by others.
            named = [v for v in variants if v.name == tag] or variants
            fitting = [v for v in named if v.fits(union.type)]
            if len(fitting) > 1:
                fitting = _by_structure(union, fitting)
            return _read_the_match(union.value, python_type, fitting, tag=tag)

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        if literal_type.WhichOneof("type") != "union_type":
            return None
        variants = literal_type.union_type.variants
        if not variants:
            return None
        guessed = tuple(engine.guess_type(v) for v in variants)
        union: Any = typing.Union.__getitem__(guessed)
        if is_union(union):
            return union
        return typing.Annotated[union, OneGuessTransformer(literal_type)]


class OneGuessTransformer(Transformer):
    """A union whose variants are all guessed as one type.

    Two dataclasses without their schemas are both a ``dict``. It is an annotation of
    that type, because a union of one type does not exist in Python.

    Args:
        literal_type: The union.
    """

    name = "Typed Union of one guess"

    def __init__(self, literal_type: types_pb2.LiteralType) -> None:
        self._literal_type = literal_type

    def __repr__(self) -> str:
        return "a union"

    def handles(self, python_type: Any) -> bool:
        return False  # it is known by the annotation

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        made = types_pb2.LiteralType()
        made.CopyFrom(self._literal_type)
        return made

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        encode = engine.encoder(underlying(python_type))
        first = self._literal_type.union_type.variants[0]

        def encode_variant(value: Any, out: literals_pb2.Literal) -> None:
            encode(value, out.scalar.union.value)
            out.scalar.union.type.CopyFrom(first)

        return encode_variant

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        decode = engine.decoder(underlying(python_type))

        def decode_variant(literal: literals_pb2.Literal) -> Any:
            is_union_value = literal.scalar.WhichOneof("value") == "union"
            if not is_union_value:
                return decode(literal)
            union = literal.scalar.union
            if union.type.HasField("metadata"):  # it knows more than this type
                return engine.decoder(engine.guess_type(union.type))(union.value)
            return decode(union.value)

        return decode_variant


def _title(literal_type: types_pb2.LiteralType) -> str:
    fields = literal_type.metadata.fields  # which asking for a key would add to it
    return str(fields["title"].string_value) if "title" in fields else ""


def _by_structure(
    union: literals_pb2.Union, variants: list[_Variant]
) -> list[_Variant]:
    """Return the variants whose name or fields are those of a struct's value."""
    title = _title(union.type)
    if title:
        titled = [v for v in variants if v.title == title]
        variants = titled or variants
    if len(variants) > 1 and is_packed(union.value):
        names = unpack(union.value)
        if isinstance(names, dict):
            return [v for v in variants if v.fields == names.keys()] or variants
    return variants


def _write_the_match(
    value: Any, python_type: Any, candidates: list[_Variant]
) -> literals_pb2.Literal:
    """Write a value as the one variant that takes it."""
    matches: list[tuple[_Variant, literals_pb2.Literal]] = []
    reasons: list[tuple[_Variant, KitError]] = []
    for variant in candidates:
        literal = literals_pb2.Literal()
        try:
            variant.write(value, literal)
        except KitError as error:
            reasons.append((variant, error))
        else:
            matches.append((variant, literal))
    if len(matches) > 1 and type(value) is str:
        # A text that names an enum's member is a text.
        matches = [m for m in matches if m[0].python_type is str] or matches
    if len(matches) > 1:
        own = [m for m in matches if _is_of(value, m[0].bare)]
        matches = own if len(own) == 1 else matches
    if not matches:
        raise _no_variant(value, python_type, reasons)
    if len(matches) > 1:
        msg = (
            "Ambiguous choice of variant for union type.\n"
            f"Potential types: {[variant.python_type for variant, _ in matches]}\n"
            "These types are structurally the same, because it's attributes have the "
            "same names and associated types."
        )
        raise ConversionError(msg)
    return matches[0][1]


def _is_of(value: Any, python_type: Any) -> bool:
    """Say whether a value is of a type, and not only of one that looks like it."""
    bare = underlying(python_type)
    origin, arguments = typing.get_origin(bare), typing.get_args(bare)
    if is_union(bare):
        return any(_is_of(value, variant) for variant in arguments)
    if origin is list:
        return type(value) is list and all(_is_of(v, arguments[0]) for v in value)
    if origin is dict:
        is_dict = type(value) is dict
        return is_dict and all(_is_of(v, arguments[1]) for v in value.values())
    return type(value) is bare


def _no_variant(
    value: Any, python_type: Any, reasons: list[tuple[_Variant, KitError]]
) -> ConversionError:
    msg = (
        f"Value {shorten(value)} is not of type {python_type}: "
        f"Cannot convert from {shorten(value)} to {python_type}"
    )
    return ConversionError("\n".join([msg, *_reasons(reasons)]))


def _reasons(reasons: list[tuple[_Variant, KitError]]) -> list[str]:
    """Say why each variant was none, a line and its indented rest each."""
    import textwrap  # only errors need it

    return [
        f"- {variant.python_type}: {textwrap.indent(str(error), '  ').lstrip()}"
        for variant, error in reasons[:_MOST_REASONS]
    ]


def _read_the_match(
    literal: literals_pb2.Literal,
    python_type: Any,
    variants: list[_Variant],
    *,
    tag: str | None,
) -> Any:
    """Read a literal as the one variant that it can be read as."""
    matches: list[tuple[str, Any]] = []
    reasons: list[tuple[_Variant, KitError]] = []
    for variant in variants:
        try:
            matches.append((variant.name, variant.decode(literal)))
        except KitError as error:
            reasons.append((variant, error))
        if len(matches) > 1:
            msg = (
                "Ambiguous choice of variant for union type. "
                f"Both {matches[0][0]} and {matches[1][0]} transformers match"
            )
            raise ConversionError(msg)
    if not matches:
        msg = (
            f"Cannot convert from {shorten(literal)} to {python_type} (using tag {tag})"
        )
        raise ConversionError("\n".join([msg, *_reasons(reasons)]))
    return matches[0][1]
