"""Random dataclasses and models, each with a task that is annotated with it.

Everything follows from a seed, so that an executor in another process or container
knows which value it must receive.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import random
import re
import types
import typing
from typing import Any, NamedTuple

import kit

try:
    from pydantic import BaseModel, create_model
except ImportError:  # an image without it runs those that are dataclasses
    BaseModel = create_model = None  # type: ignore[assignment,misc] # not installed


class Colour(enum.Enum):
    """Text on the wire."""

    RED = "red"
    BLUE = "blue"


class Place(NamedTuple):
    """A tuple in a class."""

    x: int
    y: float


_LEAVES = (int, float, str, bool, Colour, Place, dt.datetime, dt.timedelta)
_MOST_DEPTH = 2
_UTC = dt.timezone.utc


class Maker:
    """Makes a type and a value of it, of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._rng = random.Random(seed)  # noqa: S311 - which values is no secret
        self._made = 0
        self.has_model = False
        self.declared = self._rng.choice(
            [
                lambda kind: kind,
                lambda kind: list[kind],
                lambda kind: dict[str, kind],
                lambda kind: kind | None,
                lambda kind: list[kind | None],
                lambda kind: kind | int,
            ]
        )(self._class(0))

    def value(self) -> Any:
        """Make a value of the declared type, always the same."""
        self._rng = random.Random(-self._seed)  # noqa: S311 - as above
        return self._value(self.declared)

    def _type(self, depth: int) -> Any:
        kind = self._rng.choice(["leaf", "leaf", "list", "dict", "optional", "class"])
        if depth > _MOST_DEPTH or kind == "leaf":
            return self._rng.choice(_LEAVES)
        if kind == "class":
            return self._class(depth + 1)
        inner = self._type(depth + 1)
        if kind == "list":
            return list[inner]
        return dict[str, inner] if kind == "dict" else inner | None

    def _class(self, depth: int) -> Any:
        count = self._rng.randint(1, 4)
        fields = {f"f{i}": self._type(depth) for i in range(count)}
        self._made += 1
        name = f"Made{self._seed}x{self._made}"
        if depth == 0 and self._rng.random() < 0.5:
            self.has_model = True
            if create_model is None:
                return dict
            made: Any = create_model(
                name, __module__=__name__, **{n: (t, ...) for n, t in fields.items()}
            )
        else:
            made = dataclasses.make_dataclass(name, list(fields.items()))
            made.__module__ = __name__
        globals()[name] = made
        return made

    def _value(self, kind: Any) -> Any:
        rng, origin, inner = self._rng, typing.get_origin(kind), typing.get_args(kind)
        if origin is list:
            return [self._value(inner[0]) for _ in range(rng.randint(0, 3))]
        if origin is dict:
            size = rng.randint(0, 3)
            return {f"k{i}": self._value(inner[1]) for i in range(size)}
        if origin in (typing.Union, types.UnionType):
            return self._value(rng.choice(inner))
        if kind is type(None):
            return None
        return self._leaf(kind)

    def _leaf(self, kind: Any) -> Any:
        rng = self._rng
        leaves = {
            int: rng.randint(-(2**40), 2**40),
            float: rng.choice([0.5, -1e300, 3.0]),
            str: rng.choice(["", "a", "€"]),
            bool: rng.random() < 0.5,
            Colour: rng.choice(list(Colour)),
            Place: Place(rng.randint(0, 9), 0.25),
            dt.datetime: dt.datetime(
                2026, 1, rng.randint(1, 28), tzinfo=dt.timezone.utc
            ),
            dt.timedelta: dt.timedelta(seconds=rng.randint(-9, 10**6), microseconds=5),
        }
        if kind in leaves:
            return leaves[kind]
        if dataclasses.is_dataclass(kind):
            fields = typing.get_type_hints(kind)
        else:
            fields = {n: f.annotation for n, f in kind.model_fields.items()}
        return kind(**{name: self._value(each) for name, each in fields.items()})


class Received(NamedTuple):
    """What an executor says of what it got."""

    same: bool
    text: str


def shown(value: Any) -> str:
    """Write a value with the classes in it; pydantic's UTC is called otherwise."""
    return re.sub(r"TzInfo\(\w+\)", repr(_UTC), repr(value))


def _annotated(seed: int) -> Any:
    """Make the task of a seed."""
    declared = MAKERS[seed].declared

    def body(tt, seed, x):
        expected = MAKERS[seed].value()
        return Received(x == expected and shown(x) == shown(expected), shown(x))

    body.__annotations__ = {"seed": int, "x": declared, "return": Received}
    body.__module__ = __name__
    body.__qualname__ = body.__name__ = f"received_{seed}"
    return kit.container_task(image="i:1", name=f"random.received_{seed}")(body)


SEEDS = range(80)
MAKERS = {seed: Maker(seed) for seed in SEEDS}
TASKS = {seed: _annotated(seed) for seed in SEEDS}
globals().update({f"received_{seed}": task for seed, task in TASKS.items()})
