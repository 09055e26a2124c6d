"""What stands for a value that is not there yet."""

from __future__ import annotations

import copy

import pytest
from task.workflows import make, say, split

import kit
from kit.errors import CallError
from kit.task.promises import Promise


def test_a_promise_is_reached_into() -> None:
    """Names and positions follow each other; the promise itself stays as it is."""
    promise = Promise("p")
    inner = promise.corners[0]["x y"].label
    assert inner.attr_path == ("corners", 0, "x y", "label")
    assert promise.attr_path == ()
    assert repr(inner) == "Promise(inputs.p['corners'][0]['x y']['label'])"
    steps = [step.WhichOneof("value") for step in inner.ref.attr_path]
    assert steps == ["string_value", "int_value", "string_value", "string_value"]


def test_private_names_are_no_fields() -> None:
    """Notebooks, copy and pickle look for them; a field of that name goes by key."""
    promise = Promise("p")
    assert not hasattr(promise, "_repr_html_")
    assert copy.copy(promise).var == "p"
    assert promise["_x"].attr_path == ("_x",)


@pytest.mark.parametrize("key", [-1, True, 1.5, slice(1), None, ("a",)])
def test_a_key_is_a_name_or_a_position(key) -> None:
    """The engine counts from the front, and takes one at a time."""
    with pytest.raises(CallError, match="by a name or a position from 0 up"):
        Promise("p")[key]


def test_an_untyped_dictionary_is_not_reached_into() -> None:
    """As in flytekit, its fields have no types."""
    flow = kit.workflow("w", inputs={"d": dict})
    with pytest.raises(CallError, match="is a struct of unknown fields"):
        flow.d["key"]


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (bool, "is neither true nor false"),
        (lambda promise: promise and 1, "is neither true nor false"),
        (list, "cannot be iterated over"),
        (lambda promise: promise & promise, "cannot be combined by AND"),
        (lambda promise: promise | promise, "cannot be combined by OR"),
        (len, "has no value"),
        (lambda promise: promise == 1, "has no value"),
        (lambda promise: promise != 1, "has no value"),
        (lambda promise: promise > 1, "has no value"),
        (lambda promise: promise + 1, "has no value"),
        (lambda promise: 1 + promise, "has no value"),
        (lambda promise: -promise, "has no value"),
        (lambda promise: 1 in promise, "has no value"),
        (lambda promise: promise.is_true(), "has no value"),
        (lambda promise: f"{promise}", "has no value"),
    ],
)
def test_a_promise_is_no_value(use, words: str) -> None:
    """What needs a value fails where it is written, not in a container."""
    with pytest.raises(CallError, match=words):
        use(Promise("x"))


@pytest.mark.parametrize(
    "use",
    [bool, list, lambda void: void == None, lambda void: f"{void}"],  # noqa: E711
)
def test_a_task_without_outputs_promises_nothing(use) -> None:
    """The words are flytekit's."""
    with kit.workflow("w"):
        void = say(text="x")
    assert repr(void) == "VoidPromise(n0: flows.say)"
    with pytest.raises(CallError, match=r"Task 'flows\.say' has no outputs"):
        use(void)


def test_a_promise_is_found_in_a_set() -> None:
    """Promises are told apart by identity."""
    first, second = Promise("x"), Promise("x")
    assert len({first, second, first}) == 2


def test_nodes_promises_and_tuples_are_ordered_alike() -> None:
    """`>>` takes each of them on both sides, and may be chained."""
    with kit.workflow("w") as flow:
        void, halves, xs = say(text="a"), split(n=1), make(n=1)
        last = flow.add_entity(say, text="z")
        void >> halves >> xs >> last
        void.runs_before(last)
        void.runs_before(last)
    ids = [[other.id for other in node.upstream] for node in flow.nodes]
    assert ids == [[], ["n0"], ["n1"], ["n2", "n0"]]


@pytest.mark.parametrize("other", [Promise("n"), 1, None, ()])
def test_only_nodes_are_ordered(other) -> None:
    """A workflow's input is there from the start."""
    with (
        kit.workflow("w", inputs={"n": int}),
        pytest.raises(CallError, match="is no node"),
    ):
        say(text="a") >> other
