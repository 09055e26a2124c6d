"""A matrix of small tasks and inputs, and what Flyte makes of each.

What Flyte makes of an ending was seen on a live Flyte 1.16.8; what it makes of values
follows from the literals, which the conformance tests hold against recorded launches.
"""

from __future__ import annotations

import datetime as dt
import enum
import os
import signal
import sys
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kit
from kit.runners import Phase


class Colour(enum.Enum):
    """Text on the wire."""

    RED = "red"
    BLUE = "blue"


@dataclass
class Bird:
    """A struct with a default and a list."""

    name: str
    grams: int = 5000
    seen: list[float] = field(default_factory=list)


@dataclass
class Flock:
    """A struct of structs."""

    birds: list[Bird]
    leader: Bird | None = None


class Pair(typing.NamedTuple):
    """Two outputs."""

    first: int
    second: str


@dataclass(frozen=True)
class Row:
    """One task with its inputs.

    Attributes:
        name: What it is about.
        task: The task.
        inputs: Its inputs.
        phase: How it ends here.
        code: The code of Flyte's error, empty for a success.
        pods: How many pods Flyte makes.
        launch: What CreateExecution answers: a code of gRPC.
    """

    name: str
    task: Any
    inputs: dict[str, Any]
    phase: Phase = Phase.SUCCEEDED
    code: str = ""
    pods: int = 1
    launch: str = "OK"


UTC = dt.timezone.utc
VALUES: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (int, (0, 1, -1, 7, 2**31, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63))),
    (float, (0.0, 1.5, -1.5, 1e300, 5e-324, 1e16, float("inf"), float("-inf"))),
    (bool, (True, False)),
    (str, ("", "a", "größe ✓", "a\nb\t", "\0", "'\"$(x) {{.input}}", "x" * 5_000)),
    (dt.timedelta, (dt.timedelta(0), dt.timedelta(days=-1), dt.timedelta(0, 1, 2))),
    (
        dt.datetime,
        (
            dt.datetime(1, 1, 1, tzinfo=UTC),
            dt.datetime(2026, 2, 28, 12, 30, 1, 5, tzinfo=UTC),
            dt.datetime(9999, 12, 31, tzinfo=UTC),
        ),
    ),
    (dt.date, (dt.date(2009, 11, 30), dt.date(1970, 1, 1))),
    (Colour, tuple(Colour)),
    (typing.Literal["a", "b"], ("a", "b")),
    (int | None, (None, 3)),
    (str | None, (None, "")),
    (int | str, (1, "1")),
    (bool | None, (None, False)),
    (float | str | None, (None, 1.5, "x")),
    (list[int], ([], [1], [1, -2, 3], list(range(300)))),
    (list[str], ([], [""], ["a", "ü"])),
    (list[bool], ([True, False],)),
    (list[float], ([0.5, 1e-3],)),
    (list[list[int]], ([], [[]], [[1], []], [[1, 2], [3]])),
    (list[int | None], ([None], [1, None, 2])),
    (list[Colour], ([Colour.RED, Colour.BLUE],)),
    (list[dt.date], ([dt.date(2020, 2, 29)],)),
    (dict[str, int], ({}, {"a": 1}, {"b": 2, "a": 1}, {"": 0, "ü": 3})),
    (dict[str, str], ({"k": "v"}, {"a b": "", "c": "d"})),
    (dict[str, list[int]], ({}, {"a": []}, {"a": [1], "b": [2, 3]})),
    (dict[str, dict[str, int]], ({}, {"a": {"k": 1}}, {"a": {"k": 1}, "b": {"l": 2}})),
    (dict[int, str], ({}, {1: "a", -2: "b"})),
    (dict, ({}, {"a": [1, {"b": None}], "c": 1.5})),
    (list[dict], ([], [{"a": 1}, {"b": []}])),
    (Bird, (Bird("Tux"), Bird("Pingu", 1, [0.5]))),
    (list[Bird], ([], [Bird("a"), Bird("b", 2)])),
    (dict[str, Bird], ({}, {"x": Bird("a", 3, [1.0, 2.0])})),
    (Bird | None, (None, Bird("a"))),
    (Flock, (Flock([]), Flock([Bird("a")], Bird("b")))),
    (list[Flock], ([Flock([Bird("a")])],)),
    (Bird | int, (Bird("a"), 5)),
    (Bird | Flock, (Bird("a"), Flock([Bird("b")]))),
)


def identity(kind: Any, number: int) -> Any:
    """Make a task that returns what it is given, and says of which type that is."""

    def body(tt, x):
        return {"same": x, "type": type(x).__name__}

    body.__annotations__ = {
        "x": kind,
        "return": typing.NamedTuple("Same", [("same", kind), ("type", str)]),
    }
    body.__module__ = __name__
    body.__qualname__ = body.__name__ = f"same_{number}"
    made = kit.container_task(image="i:1", name=f"matrix.same_{number}")(body)
    globals()[f"same_{number}"] = made
    return made


def _task(function: Any) -> Any:
    return kit.container_task(image="i:1", name=f"matrix.{function.__name__}")(function)


@_task
def ends(tt, how: str) -> int:
    """End in the way that is asked for."""
    return _end(how)


@_task
def ends_without_outputs(tt, how: str) -> None:
    """The same, of a task that declares none."""
    _end(how)


@_task
def pairs(tt, how: str) -> Pair:
    """Return two outputs."""
    wrong: dict[str, Any] = {
        "tuple": (1, "a"),
        "named": Pair(1, "a"),
        "dict": {"second": "a", "first": 1},
        "missing": {"first": 1},
        "three": (1, "a", 2),
        "type": ("a", 1),
        "none": None,
    }
    return wrong[how]


def _end(how: str) -> int:  # noqa: C901 - one line for each way
    kind, _, number = how.partition(" ")
    if kind == "exit":
        os._exit(int(number))
    if kind == "signal":
        os.kill(os.getpid(), getattr(signal, number))
    if kind == "raise":
        raise _ERRORS[number]
    if kind == "sys.exit":
        sys.exit(int(number))
    if kind == "type":
        return "text"  # type: ignore[return-value] # it is what is tried
    if kind == "none":
        return None  # type: ignore[return-value] # idem
    if kind == "environ":
        os.environ.clear()
    if kind == "chdir":
        os.chdir("/")
    if kind == "close":
        os.close(1)
    if kind == "print":
        print("a line\n" * int(number))  # noqa: T201 - it is what is tried
    return 1


_ERRORS: dict[str, BaseException] = {
    "ValueError": ValueError("no"),
    "KeyError": KeyError("k"),
    "empty": ValueError(),
    "surrogate": ValueError("\ud800"),
    "long": ValueError("x" * 300_000),
    "SystemExit": SystemExit(3),
    "MemoryError": MemoryError(),
    "RecoverableError": kit.RecoverableError("later"),
    "IgnoreOutputs": kit.IgnoreOutputs("not me"),
    "GeneratorExit": GeneratorExit(),
    "AssertionError": AssertionError("a"),
    "OSError": FileNotFoundError(2, "No such file", "x"),
}

FAILED = Phase.FAILED
_LOST = "RetriesExhausted|Interrupted"
ENDINGS: tuple[tuple[Any, str, Phase, str, int], ...] = (
    (ends, "return", Phase.SUCCEEDED, "", 1),
    (ends, "environ", Phase.SUCCEEDED, "", 1),
    (ends, "chdir", Phase.SUCCEEDED, "", 1),
    (ends, "print 3", Phase.SUCCEEDED, "", 1),
    (ends, "print 3000", Phase.SUCCEEDED, "", 1),
    (ends, "exit 1", FAILED, _LOST, 4),
    (ends, "exit 7", FAILED, _LOST, 4),
    (ends, "exit 139", FAILED, _LOST, 4),
    (ends, "signal SIGKILL", FAILED, _LOST, 4),
    (ends, "signal SIGSEGV", FAILED, _LOST, 4),
    (ends, "exit 0", FAILED, "RetriesExhausted|OutputsNotFound", 1),
    (ends, "raise IgnoreOutputs", FAILED, "RetriesExhausted|OutputsNotFound", 1),
    (ends, "raise ValueError", FAILED, "USER:ValueError", 1),
    (ends, "raise KeyError", FAILED, "USER:KeyError", 1),
    (ends, "raise empty", FAILED, "USER:ValueError", 1),
    (ends, "raise surrogate", FAILED, "USER:ValueError", 1),
    (ends, "raise long", FAILED, "USER:ValueError", 1),
    (ends, "raise SystemExit", FAILED, "USER:SystemExit", 1),
    (ends, "sys.exit 0", FAILED, "USER:SystemExit", 1),
    (ends, "sys.exit 3", FAILED, "USER:SystemExit", 1),
    (ends, "raise MemoryError", FAILED, "USER:MemoryError", 1),
    (ends, "raise GeneratorExit", FAILED, "USER:GeneratorExit", 1),
    (ends, "raise AssertionError", FAILED, "USER:AssertionError", 1),
    (ends, "raise OSError", FAILED, "USER:FileNotFoundError", 1),
    (
        *(ends, "raise RecoverableError", FAILED),
        *("RetriesExhausted|USER:RecoverableError", 1),
    ),
    (ends, "type", FAILED, "USER:OutputError", 1),
    (ends_without_outputs, "return", Phase.SUCCEEDED, "", 1),
    (ends_without_outputs, "exit 0", Phase.SUCCEEDED, "", 1),
    (ends_without_outputs, "exit 7", FAILED, _LOST, 4),
    (ends_without_outputs, "raise IgnoreOutputs", Phase.SUCCEEDED, "", 1),
    (ends_without_outputs, "raise ValueError", FAILED, "USER:ValueError", 1),
    (pairs, "tuple", Phase.SUCCEEDED, "", 1),
    (pairs, "named", Phase.SUCCEEDED, "", 1),
    (pairs, "dict", Phase.SUCCEEDED, "", 1),
    (pairs, "missing", FAILED, "USER:OutputCountError", 1),
    (pairs, "three", FAILED, "USER:OutputCountError", 1),
    (pairs, "type", FAILED, "USER:OutputError", 1),
    (pairs, "none", FAILED, "USER:OutputError", 1),
)


def value_rows() -> Iterator[Row]:
    """Yield a row for each value, by itself and in containers of its type."""
    number = 0
    for kind, values in VALUES:
        shapes = ((kind, lambda v: v),)
        if kind is not dict and typing.get_origin(kind) is not dict:
            shapes += (
                (list[kind], lambda v: [v, v]),
                (dict[str, kind], lambda v: {"k": v}),
                (list[list[kind]], lambda v: [[], [v]]),
            )
        for shape, wrap in shapes:
            task = identity(shape, number)
            number += 1
            for value in values:
                yield Row(f"{shape} {value!r:.40}", task, {"x": wrap(value)})


VALUE_ROWS = tuple(value_rows())
ENDING_ROWS = tuple(
    Row(f"{task.name} {how}", task, {"how": how}, phase, code, pods)
    for task, how, phase, code, pods in ENDINGS
)


class Counts(kit.ShimTaskExecutor[Any]):
    """Counts its inputs, whatever their names are."""

    def execute_from_model(self, tt, **inputs):
        return len(inputs)


class CountingTask(kit.PythonCustomizedContainerTask[None]):
    """A task of that executor."""

    def get_custom(self, settings):
        return {}


def counting(number: int, name: str, kind: Any) -> Any:
    """Make a task that counts what it is given, under a name of its own."""
    interface = kit.Interface({name: kind}, {"o0": int})
    name = f"matrix.count_{number}"
    return CountingTask(name, None, "i:1", Counts, interface=interface)


MIB = 2**20
NESTED = dict[str, dict[str, int]]
_INVALID, _INTERNAL = "INVALID_ARGUMENT", "INTERNAL"
LAUNCHES: tuple[tuple[Any, str, Any, str], ...] = (
    (NESTED, "x", {"a": {"k": 1}, "b": {}}, _INVALID),
    (NESTED, "x", {"a": {}, "b": {}}, "OK"),
    (NESTED, "x", {"a": {"k": 1}, "b": {"k": 2}}, "OK"),
    (list[dict[str, int]], "x", [{}, {"a": 1}], _INVALID),
    (list[dict[str, int]], "x", [{}, {}], "OK"),
    (dict[str, list[dict[str, int]]], "x", {"b": [{"z": 1}], "": [{}]}, _INVALID),
    (list[list[int]], "x", [[], [1]], "OK"),
    (dict[str, list[int]], "x", {"a": [], "b": [1]}, "OK"),
    (list[list[list[int]]], "x", [[[]], [[]]], "OK"),
    (list[int], "x", list(range(35_000)), "OK"),
    (list[int], "x", list(range(40_000)), _INTERNAL),
    (list[int], "x", list(range(100_000)), _INTERNAL),
    (str, "x", "x" * (14 * MIB // 10), "OK"),
    (str, "x", "x" * (155 * MIB // 100), _INTERNAL),
    (str, "x", "x" * (5 * MIB // 2), _INTERNAL),
    (str, "x", "x" * (5 * MIB), "RESOURCE_EXHAUSTED"),
    (int, "größe", 1, _INVALID),
    (int, "数量", 1, _INVALID),
    (int, "x_1", 1, "OK"),
    (int, "X", 1, "OK"),
)
LAUNCH_ROWS = tuple(
    Row(
        f"launch {kind} {name} {value!r:.30}",
        counting(number, name, kind),
        {name: value},
        launch=code,
    )
    for number, (kind, name, value, code) in enumerate(LAUNCHES)
)
ROWS = (*VALUE_ROWS, *ENDING_ROWS, *LAUNCH_ROWS)
IN_THIS_PROCESS = ("return", "raise", "sys.exit", "type", "tuple", "named", "dict")
"""How a run may end that is to be seen in process, too: the process stays."""


def folder() -> str:
    """Return where this module can be imported from."""
    return str(Path(__file__).parent)
