"""Looking transformers up, registering them, and converting named values."""

from __future__ import annotations

import threading
from typing import Annotated, Any, Union

import pytest
from flyteidl.core import literals_pb2, types_pb2

from kit.errors import (
    GuessError,
    RegistrationError,
    UnsupportedTypeError,
)
from kit.types import Decoder, Encoder, Transformer, TypeEngine, default_engine
from kit.types.simple import IntTransformer, StrTransformer


class Celsius:  # a type of a user's own
    def __init__(self, degrees: float) -> None:
        self.degrees = degrees


class CelsiusTransformer(Transformer):
    name = "celsius"

    def handles(self, python_type: Any) -> bool:
        return python_type is Celsius

    def literal_type(
        self, _python_type: Any, _engine: TypeEngine
    ) -> types_pb2.LiteralType:
        return types_pb2.LiteralType(simple=types_pb2.FLOAT)

    def encoder(self, _python_type: Any, engine: TypeEngine) -> Encoder:
        encode = engine.encoder(float)
        return lambda value, out: encode(value.degrees, out)

    def decoder(self, _python_type: Any, engine: TypeEngine) -> Decoder:
        decode = engine.decoder(float)
        return lambda literal: Celsius(decode(literal))

    def guess(self, *_: Any) -> None:
        return None


@pytest.fixture
def engine() -> TypeEngine:
    """Make an engine that knows two types."""
    return TypeEngine([IntTransformer(), StrTransformer()])


def test_a_registered_transformer_converts_its_type_in_lists_too() -> None:
    """A user's type works wherever a built-in one does."""
    from kit.types.containers import ListTransformer
    from kit.types.simple import FloatTransformer

    engine = TypeEngine([FloatTransformer(), ListTransformer()])
    engine.register(CelsiusTransformer())

    literal = engine.to_literal([Celsius(1.5)], list[Celsius])

    assert engine.to_python(literal, list[Celsius])[0].degrees == 1.5
    assert engine.to_python(literal, list[float]) == [1.5]


def test_registering_a_taken_name_is_refused(engine: TypeEngine) -> None:
    """No transformer replaces another one silently."""
    with pytest.raises(RegistrationError, match=r"'int' is registered.*override=True"):
        engine.register(IntTransformer())


def test_override_replaces_what_was_built_before(engine: TypeEngine) -> None:
    """After an override nothing converts with the old transformer."""

    class Doubling(IntTransformer):
        def write(self, primitive: literals_pb2.Primitive, value: Any) -> None:
            primitive.integer = value * 2

    assert engine.to_literal(2, int).scalar.primitive.integer == 2
    engine.register(Doubling(), override=True)
    assert engine.to_literal(2, int).scalar.primitive.integer == 4


def test_two_engines_do_not_share_what_is_registered(engine: TypeEngine) -> None:
    """An engine is an instance: what is registered in one stays there."""
    engine.register(CelsiusTransformer())
    with pytest.raises(UnsupportedTypeError):
        default_engine.literal_type(Celsius)


def test_a_transformer_in_an_annotation_wins(engine: TypeEngine) -> None:
    """`Annotated[T, transformer]` converts with that transformer."""
    engine.register(CelsiusTransformer())

    class Kelvin(CelsiusTransformer):
        name = "kelvin"

        def literal_type(self, *_: Any) -> types_pb2.LiteralType:
            return types_pb2.LiteralType(simple=types_pb2.INTEGER)

    declared = Annotated[Celsius, Kelvin()]
    assert engine.literal_type(declared).simple == types_pb2.INTEGER


@pytest.mark.parametrize("python_type", [bytes, set, Any, object, complex, "int"])
def test_an_unsupported_type_is_named_with_the_way_out(python_type: Any) -> None:
    """Kit never pickles: the error says what to use instead."""
    with pytest.raises(UnsupportedTypeError) as caught:
        default_engine.literal_type(python_type)
    assert repr(python_type) in str(caught.value)
    assert len(str(caught.value)) > len(repr(python_type)) + 40


def test_equal_unions_in_other_orders_keep_their_order() -> None:
    """`Union[int, str] == Union[str, int]`, but their literal types differ."""
    assert Union[int, str] == Union[str, int]  # noqa: UP007
    first, second = Union[int, str], Union[str, int]  # noqa: UP007
    tags = [
        [v.structure.tag for v in default_engine.literal_type(t).union_type.variants]
        for t in (first, second)
    ]
    assert tags == [["int", "str"], ["str", "int"]]


def test_literal_types_are_fresh_messages() -> None:
    """What one caller does to a literal type no other caller sees."""
    default_engine.literal_type(list[int]).collection_type.simple = types_pb2.STRING
    made = default_engine.literal_type(list[int])
    assert made.collection_type.simple == types_pb2.INTEGER


def test_many_types_are_built_in_bounded_memory(engine: TypeEngine) -> None:
    """Types written anew each time don't pile up in the engine."""
    for _ in range(5000):
        engine.encoder(Annotated[int, object()])
    assert len(engine._encoders._kept) <= 4096


def test_threads_share_an_engine() -> None:
    """Encoders built by several threads at once convert the same."""
    engine = default_engine
    results: list[Any] = []

    def convert() -> None:
        for _ in range(200):
            declared = dict[str, list[int]]
            literal = engine.to_literal({"a": [1, 2]}, declared)
            results.append(engine.to_python(literal, declared))

    threads = [threading.Thread(target=convert) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [{"a": [1, 2]}] * 800


def test_literal_types_nested_too_deep_are_refused() -> None:
    """The deepest type that protobuf parses neither crashes nor hangs."""
    literal_type = types_pb2.LiteralType(simple=types_pb2.INTEGER)
    for _ in range(95):
        literal_type = types_pb2.LiteralType(collection_type=literal_type)
    parsed = types_pb2.LiteralType.FromString(literal_type.SerializeToString())
    with pytest.raises(GuessError):
        default_engine.guess_type(parsed)
