"""Random nested types, side by side with flytekit."""

from __future__ import annotations

import datetime as dt
import enum
import random
import typing
from typing import Any

import pytest
from flyteidl.core import literals_pb2, types_pb2

from kit.errors import KitError
from kit.types import default_engine

pytestmark = pytest.mark.flytekit


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


class Size(str, enum.Enum):
    SMALL = "s"


_ZONE = dt.timezone(dt.timedelta(hours=5))
_SCALARS: dict[Any, list[Any]] = {
    int: [0, 1, -5, 2**40],
    float: [0.0, -0.0, 1.5, 1e300, float("inf")],
    bool: [True, False],
    str: ["", "a", "red", "grüße"],
    dt.datetime: [
        dt.datetime(2020, 1, 2, 3, 4, 5, 6),  # noqa: DTZ001 - a naive one is meant
        dt.datetime(1960, 1, 2, tzinfo=_ZONE),
    ],
    dt.date: [dt.date(2020, 2, 3)],
    dt.timedelta: [dt.timedelta(days=-1, microseconds=3), dt.timedelta(0)],
    type(None): [None],
    Color: [Color.RED, "green"],
    Size: [Size.SMALL, "s"],
    dict: [{}, {"a": 1, "b": [1, None, 2.5]}, {"x": {"y": True}}],
}
_CONVERSION_FAILURES = [None, 1, 1.5, True, "x", [], {}, (1,), [1], {"a": 1}, Color.RED]


def random_type(rng: random.Random, depth: int = 0) -> Any:
    """Make a type of lists, maps, unions and scalars."""
    kind = rng.random()
    if depth == 3 or kind < 0.4:
        return rng.choice(list(_SCALARS))
    if kind < 0.6:
        return list[random_type(rng, depth + 1)]
    if kind < 0.8:
        return dict[str, random_type(rng, depth + 1)]
    inner = [random_type(rng, depth + 1) for _ in range(rng.randint(2, 3))]
    return typing.Union[tuple(inner)]  # noqa: UP007 - made at run time


def random_value(rng: random.Random, python_type: Any) -> Any:
    """Make a value of a type, with something wrong in it now and then."""
    if rng.random() < 0.03:
        return rng.choice(_CONVERSION_FAILURES)
    if python_type in _SCALARS:
        return rng.choice(_SCALARS[python_type])
    arguments = typing.get_args(python_type)
    count = rng.randint(0, 3)
    if typing.get_origin(python_type) is list:
        return [random_value(rng, arguments[0]) for _ in range(count)]
    if typing.get_origin(python_type) is dict:
        return {f"k{i}": random_value(rng, arguments[1]) for i in range(count)}
    return random_value(rng, rng.choice(arguments))


def outcome(call: Any, *arguments: Any) -> Any:
    """Return what a call returns or raises."""
    try:
        return call(*arguments)
    except KitError as error:
        return error
    except Exception as error:  # noqa: BLE001 - whatever flytekit raises
        return error


class Flytekit:
    """flytekit's engine, on messages."""

    def __init__(self) -> None:
        pytest.importorskip("flytekit")
        from flytekit.core.context_manager import FlyteContextManager
        from flytekit.core.type_engine import TypeEngine

        self.engine = TypeEngine
        self.context = FlyteContextManager.current_context()

    def literal_type(self, python_type: Any) -> Any:
        return self.engine.to_literal_type(python_type).to_flyte_idl()

    def to_literal(self, value: Any, python_type: Any) -> Any:
        self.engine._LITERAL_CACHE.clear()  # or a value's own past would count
        declared = self.engine.to_literal_type(python_type)
        literal = self.engine.to_literal(self.context, value, python_type, declared)
        return literal.to_flyte_idl()

    def to_python(self, literal: literals_pb2.Literal, python_type: Any) -> Any:
        from flytekit.models.literals import Literal

        model = Literal.from_flyte_idl(literal)
        return self.engine.to_python_value(self.context, model, python_type)

    def guess_type(self, literal_type: types_pb2.LiteralType) -> Any:
        from flytekit.models.types import LiteralType

        return self.engine.guess_python_type(LiteralType.from_flyte_idl(literal_type))


def same(ours: Any, theirs: Any) -> bool:
    """Compare values, with enums that were made on the way by their values."""
    if isinstance(theirs, BaseException):
        # flytekit refuses values whose tag no guessed variant has; kit reads them.
        return isinstance(ours, KitError) or "using tag" in str(theirs)
    if isinstance(theirs, enum.Enum):
        return isinstance(ours, enum.Enum) and ours.value == theirs.value
    if type(ours) is not type(theirs):
        return False
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(
            same(ours[key], value) for key, value in theirs.items()
        )
    return bool(ours == theirs)


@pytest.mark.parametrize("seed", range(8))
def test_random_types_and_values_are_written_and_read_as_flytekit_does(
    seed: int,
) -> None:
    """Literal types, literals, what is refused, and what an executor receives."""
    rng = random.Random(seed)  # noqa: S311 - which values is no secret
    flytekit = Flytekit()
    for _ in range(12):
        declared, other = random_type(rng), random_type(rng)
        literal_type = default_engine.literal_type(declared)
        assert literal_type == flytekit.literal_type(declared)
        value = random_value(rng, declared)
        literal = outcome(default_engine.to_literal, value, declared)
        expected = outcome(flytekit.to_literal, value, declared)
        assert same(literal, expected), (declared, value, literal, expected)
        if isinstance(literal, KitError):
            continue
        guessed = default_engine.guess_type(literal_type)
        readings = [
            (declared, declared),
            (other, other),
            (guessed, flytekit.guess_type(literal_type)),
        ]
        for ours, theirs in readings:
            read = outcome(default_engine.to_python, literal, ours)
            meant = outcome(flytekit.to_python, literal, theirs)
            assert same(read, meant), (declared, value, ours, read, meant)
