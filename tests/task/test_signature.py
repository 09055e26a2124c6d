# ruff: noqa: D103 - the functions of these workflows are what is tested
"""What a workflow's function says of inputs and outputs."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import pytest
from task.workflows import make, say, split

import kit
from kit.errors import CallError, InterfaceError
from kit.task.arguments import interface_of


class Only(NamedTuple):
    value: int


def test_a_named_tuple_of_one_stays_a_tuple() -> None:
    """The name says that the author wants one."""

    @kit.workflow
    def flow(n: int) -> Only:
        return Only(split(n=n).half)

    assert flow(n=4) == (2,)
    assert flow(n=4).value == 2


def test_what_has_no_outputs_returns_nothing() -> None:
    """Also when it returns what a task without outputs did."""

    @kit.workflow
    def flow() -> None:
        return say(text="x")

    assert flow() is None


def two_of_one(n: int) -> tuple[int, int]:
    return split(n=n).half


def one_of_two(n: int) -> int:
    halves = split(n=n)
    return halves, halves


def one_of_none(n: int) -> None:
    return make(n=n)


def none_of_one(n: int) -> int:
    make(n=n)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (two_of_one, r"declares 2 outputs \(o0, o1\) but returned"),
        (one_of_two, "Output 'o0' of workflow"),
        (one_of_none, r"declares 0 outputs \(\) but returned Promise"),
        (none_of_one, "Output 'o0' of workflow"),
    ],
)
def test_a_function_returns_what_it_declares(function, words: str) -> None:
    """Too few or too many outputs are an error of the definition."""
    with pytest.raises((CallError, ValueError), match=words):
        kit.workflow(function)


def no_type(n):
    del n


def any_number(*n: int) -> None:
    del n


def by_position(n: int, /) -> None:
    del n


def tuple_of_one() -> tuple[int]:
    return (1,)


def tuple_of_many() -> tuple[int, ...]:
    return (1,)


def unknown_type(n: Nowhere) -> None:  # noqa: F821 - that is the point
    del n


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (no_type, "'n' of no_type has no type annotation"),
        (any_number, "of any_number cannot be an input"),
        (by_position, "cannot be an input"),
        (tuple_of_one, "indicate multiple return values"),
        (tuple_of_many, "indicate multiple return values"),
        (unknown_type, "annotation of unknown_type cannot be read: name 'Nowhere'"),
    ],
)
def test_annotations_that_cannot_be_are_refused(function, words: str) -> None:
    """The function, the parameter and the way out are named."""
    with pytest.raises(InterfaceError, match=words):
        interface_of(function)


def test_a_notebooks_workflow_is_named_by_its_function(monkeypatch) -> None:
    """Its module is of no other process; a script's is."""

    def flow(n: int) -> int:
        return n

    flow.__module__ = "__main__"
    main: Any = type(sys)("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert kit.workflow(flow).name == "flow"
    main.__file__ = "/somewhere/etl.py"
    assert kit.workflow(flow).name == "etl.flow"
