"""The Python side of an interface."""

from __future__ import annotations

from collections import OrderedDict

import pytest

from kit.definition.interface import Docstring, Interface, kwtypes
from kit.errors import InterfaceError

DOCSTRING = Docstring("Scores.")
INTERFACE = Interface(
    inputs={"rows": (int, 0), "name": str, "maybe": (str, None)},
    outputs={"score": float, "label": str},
    output_tuple_name="Result",
    docstring=DOCSTRING,
)


def test_keyword_types_keep_their_order():
    """Kwtypes is an OrderedDict of types."""
    assert kwtypes(b=int, a=str) == OrderedDict([("b", int), ("a", str)])


def test_types_and_defaults():
    """A default of zero is one; None is none."""
    assert INTERFACE.inputs == {"rows": int, "name": str, "maybe": str}
    assert INTERFACE.inputs_with_defaults == {
        "rows": (int, 0),
        "name": (str, None),
        "maybe": (str, None),
    }
    assert INTERFACE.default_inputs_as_kwargs == {"rows": 0}
    assert INTERFACE.has_default("rows")
    assert not INTERFACE.has_default("maybe")
    assert INTERFACE.outputs == {"score": float, "label": str}
    assert INTERFACE.docstring is DOCSTRING


def test_outputs_come_as_a_named_tuple():
    """It has the author's name and the outputs' order."""
    outputs = INTERFACE.output_tuple(1.5, label="x")

    assert outputs == (1.5, "x")
    assert repr(outputs) == "Result(score=1.5, label='x')"
    assert INTERFACE.output_tuple_name == "Result"
    assert INTERFACE.output_names == ["score", "label"]
    assert INTERFACE.output_tuple is INTERFACE.output_tuple


def test_an_unnamed_tuple_has_flytekits_name():
    """Printed outputs look as they do there."""
    made = Interface(outputs={"o": int}).output_tuple(1)

    assert repr(made) == "DefaultNamedTupleOutput(o=1)"


def test_an_empty_interface():
    """No inputs, no outputs, no names."""
    interface = Interface()

    assert interface.inputs == {}
    assert interface.outputs == {}
    assert interface.output_names is None
    assert interface.output_tuple() == ()


class Value:
    """An output that stands for a node's."""

    def __init__(self, ref):
        self.ref = ref
        self.overrides = {}

    def with_overrides(self, **overrides):
        self.overrides = overrides


def test_a_tuple_of_outputs_stands_for_its_node():
    """Overrides go to the first output, and its node is the tuple's."""
    outputs = INTERFACE.output_tuple(Value(None), Value("node"))

    assert outputs.with_overrides(retries=1) is outputs
    assert outputs.score.overrides == {"retries": 1}
    assert outputs.ref == "node"
    assert outputs.runs_before(None) is None
    assert (outputs >> "other") == "other"


def test_more_and_fewer_variables():
    """Each change gives a new interface that keeps name and docstring."""
    more = INTERFACE.with_inputs({"extra": (int, 3)}).with_outputs({"o": int})
    fewer = more.remove_inputs(["rows", "unknown"]).remove_inputs(None)

    assert list(fewer.inputs) == ["name", "maybe", "extra"]
    assert fewer.inputs_with_defaults["extra"] == (int, 3)
    assert list(fewer.outputs) == ["score", "label", "o"]
    assert (fewer.docstring, fewer.output_tuple_name) == (DOCSTRING, "Result")
    assert list(INTERFACE.inputs) == ["rows", "name", "maybe"]


def test_dicts_given_out_are_copies():
    """Changing an answer does not change the interface."""
    INTERFACE.inputs.clear()
    INTERFACE.outputs.clear()
    INTERFACE.inputs_with_defaults.clear()

    assert len(INTERFACE.inputs) == 3
    assert len(INTERFACE.outputs) == 2


def test_how_it_looks():
    """Like a signature."""
    expected = "(rows: int = 0, name: str, maybe: str) -> (score: float, label: str)"

    assert str(INTERFACE) == expected
    assert (
        repr(Interface(outputs={"o": list[int]})) == "Interface(() -> (o: list[int]))"
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"inputs": {"a b": int}},
            "Input name must be a valid Python identifier: 'a b'",
        ),
        ({"inputs": {"": int}}, "Input name must be a valid Python identifier: ''"),
        ({"inputs": {1: int}}, "Input name must be a valid Python identifier: 1"),
        ({"inputs": {"a": (int, 1, 2)}}, "Input 'a' must be a type or a pair"),
        (
            {"outputs": {"a b": int}},
            "Type names and field names must be valid identifiers: 'a b'",
        ),
        (
            {"outputs": {"class": int}},
            "Type names and field names cannot be a keyword: 'class'",
        ),
        (
            {"outputs": {"_a": int}},
            "Field names cannot start with an underscore: '_a'",
        ),
        (
            {"outputs": {"a": int}, "output_tuple_name": "a b"},
            "Type names and field names must be valid identifiers: 'a b'",
        ),
    ],
)
def test_names_that_cannot_be(values, message):
    """A variable must have a name that Python can write."""
    with pytest.raises(InterfaceError) as error:
        Interface(**values)

    assert message in str(error.value)
    assert isinstance(error.value, ValueError)


def test_names_that_are_taken():
    """A variable is not replaced silently."""
    with pytest.raises(InterfaceError) as error:
        INTERFACE.with_inputs({"rows": int})
    flytekit = "Input rows cannot be added as it already exists in the interface"
    assert flytekit in str(error.value)

    with pytest.raises(InterfaceError) as error:
        INTERFACE.with_outputs({"score": int})
    flytekit = "Output score cannot be added as it already exists in the interface"
    assert flytekit in str(error.value)
