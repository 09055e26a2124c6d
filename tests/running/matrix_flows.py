"""Small workflows and their inputs, for each kind of value and each kind of binding."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any

import matrix
from matrix import VALUES, Pair, identity

import kit


@dataclass(frozen=True)
class Flow:
    """A workflow with its inputs.

    Attributes:
        name: What it is about.
        flow: The workflow.
        inputs: Its inputs.
        returned: What a call returns; ``None`` if a node of it fails.
    """

    name: str
    flow: Any
    inputs: dict[str, Any]
    returned: Any


def _task(function: Any) -> Any:
    name = f"flows.{function.__name__}"
    return kit.container_task(image="i:1", name=name)(function)


@_task
def two(tt, n: int) -> Pair:
    """Return two outputs."""
    return Pair(n, str(n))


@_task
def total(tt, xs: list[int]) -> int:
    """Sum."""
    return sum(xs)


@_task
def joined(tt, xs: dict[str, int]) -> str:
    """Join."""
    return ",".join(f"{key}={xs[key]}" for key in sorted(xs))


@_task
def numbers(tt, n: int) -> dict[str, list[int]]:
    """Make lists in a dictionary."""
    return {"a": list(range(n)), "b": []}


@_task
def hatch(tt, name: str) -> matrix.Bird:
    """Make a dataclass."""
    return matrix.Bird(name, seen=[0.5])


@_task
def read(tt, bird: matrix.Bird) -> str:
    """Read a dataclass."""
    return f"{bird.name} {bird.grams} {bird.seen}"


@_task
def maybe(tt, n: int | None = None) -> str:
    """Read an optional."""
    return repr(n)


@_task
def breaks(tt, n: int) -> int:
    """Fail."""
    msg = f"told to fail with {n}"
    raise ValueError(msg)


def chain(number: int, kind: Any) -> Any:
    """Make a workflow that passes a value through two tasks."""
    first = identity(kind, 1_000 + 2 * number)
    second = identity(kind, 1_001 + 2 * number)

    def body(x):
        return second(x=first(x=x).same).same

    body.__annotations__ = {"x": kind, "return": kind}
    body.__name__ = body.__qualname__ = f"chain_{number}"
    body.__module__ = __name__
    return kit.workflow(body)


@kit.workflow
def attributes(n: int) -> int:
    """Take an output by its name, and bind a list of promises and a constant."""
    made = two(n=n)
    return total(xs=[made.first, n, 7])


@kit.workflow
def keys(n: int) -> int:
    """Reach into a dictionary and a list."""
    made = numbers(n=n)
    return total(xs=[made["a"][1], 3])


@kit.workflow
def whole(n: int) -> int:
    """Bind a value of a dictionary."""
    return total(xs=numbers(n=n)["a"])


@kit.workflow
def dictionaries(n: int) -> str:
    """Bind a dictionary of promises and constants."""
    return joined(xs={"n": n, "first": two(n=n).first, "c": 9})


@kit.workflow
def fields(name: str) -> str:
    """Pass a dataclass and a field of one."""
    bird = hatch(name=name)
    return read(bird=hatch(name=bird.name))


@kit.workflow
def optionals(n: int) -> str:
    """Pass a value for an optional one."""
    return maybe(n=two(n=n).first)


@kit.workflow
def nothing() -> str:
    """Leave an optional input out."""
    return maybe()


@kit.workflow
def several(n: int) -> Pair:
    """Return two outputs."""
    made = two(n=n)
    return made.first, made.second  # type: ignore[return-value] # promises


@kit.workflow
def fails(n: int) -> int:
    """Fail in the second node."""
    return total(xs=[breaks(n=two(n=n).first)])


@kit.workflow
def defaults(n: int = 4) -> int:
    """Have a default, which a launch plan takes along."""
    return total(xs=[n])


def _chains() -> typing.Iterator[Flow]:
    for number, (kind, values) in enumerate(VALUES):
        value = values[-1]
        yield Flow(f"chain {kind}", chain(number, kind), {"x": value}, value)


FLOWS = (
    *_chains(),
    Flow("attributes", attributes, {"n": 2}, 11),
    Flow("keys", keys, {"n": 3}, 4),
    Flow("whole", whole, {"n": 4}, 6),
    Flow("dictionaries", dictionaries, {"n": 1}, "c=9,first=1,n=1"),
    Flow("fields", fields, {"name": "Tux"}, "Tux 5000 [0.5]"),
    Flow("optionals", optionals, {"n": 1}, "1"),
    Flow("nothing", nothing, {}, "None"),
    Flow("several", several, {"n": 5}, (5, "5")),
    Flow("defaults", defaults, {}, 4),
    Flow("fails", fails, {"n": 1}, None),
)
