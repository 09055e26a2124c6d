"""What the engine makes sure of around transformers that users register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, RegistrationError
from kit.types import Decoder, Encoder, Transformer, TypeEngine
from kit.types.containers import ListTransformer
from kit.types.simple import IntTransformer, NoneTransformer, StrTransformer
from kit.types.unions import UnionTransformer


class Version:
    def __init__(self, text: str) -> None:
        self.major, self.minor = map(int, text.split("."))


class VersionTransformer(Transformer):
    name = "version"

    def __init__(self, python_type: Any = Version) -> None:
        self.python_type = python_type

    def handles(self, python_type: Any) -> bool:
        return python_type is self.python_type

    def literal_type(self, *_: Any) -> types_pb2.LiteralType:
        return types_pb2.LiteralType(simple=types_pb2.STRING)

    def encoder(self, _python_type: Any, engine: TypeEngine) -> Encoder:
        write = engine.encoder(str)
        return lambda value, out: write(f"{value.major}.{value.minor}", out)

    def decoder(self, _python_type: Any, engine: TypeEngine) -> Decoder:
        read = engine.decoder(str)
        return lambda literal: Version(read(literal))

    def guess(self, *_: Any) -> None:
        return None


@pytest.fixture
def engine() -> TypeEngine:
    """Make an engine with a user's type."""
    built_in = [IntTransformer, StrTransformer, NoneTransformer]
    engine = TypeEngine(
        [*(make() for make in built_in), ListTransformer(), UnionTransformer()]
    )
    engine.register(VersionTransformer())
    return engine


@pytest.mark.parametrize("python_type", [int, list[int], int | str])
def test_a_type_that_is_taken_is_not_taken_over_silently(
    engine: TypeEngine, python_type: Any
) -> None:
    """A transformer under another name cannot replace one for the same type."""

    class Other(VersionTransformer):
        name = "other"

        def handles(self, given: Any) -> bool:
            return given == self.python_type

    with pytest.raises(RegistrationError, match=r"already registered.*override=True"):
        engine.register(Other(python_type))
    assert engine.transformer_for(python_type).name != "other"


def test_an_override_takes_types_over(engine: TypeEngine) -> None:
    """With override the last one registered is asked first."""

    class Other(VersionTransformer):
        name = "other"

    engine.register(Other(int), override=True)
    assert engine.transformer_for(int).name == "other"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "Python value cannot be None, expected .*Version"),
        ((1, 2), "Tuples are not a supported type"),
        (3, "3 cannot be written as .*Version.*AttributeError"),
    ],
)
def test_values_a_transformer_does_not_expect_are_conversion_errors(
    engine: TypeEngine, value: Any, words: str
) -> None:
    """A transformer need not check: what goes wrong has its place in the value."""
    with pytest.raises(ConversionError, match=f"(?s){words}.* at \\[1\\]$"):
        engine.to_literal([Version("1.2"), value], list[Version])


def test_a_literal_that_a_transformer_cannot_read_is_a_conversion_error(
    engine: TypeEngine,
) -> None:
    """Reading fails with a path as well."""
    literal = engine.to_literal(["1.2", "one"], list[str])
    with pytest.raises(ConversionError, match=r"(?s)cannot be read as.*at \[1\]$"):
        engine.to_python(literal, list[Version])


def test_optional_leaves_none_to_its_variant(engine: TypeEngine) -> None:
    """`None` is refused by a user's type and taken by `None`'s own."""
    literal = engine.to_literal(None, Version | None)
    assert literal.scalar.union.type.structure.tag == "none"
    assert engine.to_python(literal, Version | None) is None


def test_a_users_own_bug_keeps_its_cause(engine: TypeEngine) -> None:
    """The exception that a transformer raised is the cause of the error."""
    with pytest.raises(ConversionError) as caught:
        engine.to_literal(3, Version)
    assert isinstance(caught.value.__cause__, AttributeError)


def test_a_literal_that_was_built_before_registering_is_built_anew(
    engine: TypeEngine,
) -> None:
    """Registering forgets what was kept for a type and for types around it."""

    class Reversed(VersionTransformer):
        name = "version"

        def encoder(self, *_: Any) -> Encoder:
            def write(value: Version, out: literals_pb2.Literal) -> None:
                out.scalar.primitive.string_value = f"{value.minor}.{value.major}"

            return write

    def written() -> str:
        literal = engine.to_literal([Version("1.2")], list[Version])
        return literal.collection.literals[0].scalar.primitive.string_value

    assert written() == "1.2"
    engine.register(Reversed(), override=True)
    assert written() == "2.1"


def test_a_hash_method_returns_text() -> None:
    """A hash that is no text is refused, and says what to return."""
    from typing import Annotated

    from kit.types import HashMethod, default_engine

    number: Callable[[Any], Any] = abs
    with pytest.raises(ConversionError, match="returned 3 of <class 'int'>: return a"):
        default_engine.to_literal(-3, Annotated[int, HashMethod(number)])
