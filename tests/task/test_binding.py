"""What inputs are bound to: values, promises, and both mixed."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from task.workflows import Point, make, say, split, step, total

import kit
from kit.errors import CallError, ConversionError
from kit.types import Transformer, TypeEngine, default_engine

kinds = step(
    "kinds",
    {
        "m": (dict[str, int] | None, None),
        "o": (list[int] | None, None),
        "u": (int | list[str] | dict[str, int], 0),
        "d": (dict | None, None),
        "p": (Point | None, None),
    },
    {},
)


def bound(task: Any, **inputs: Any) -> dict[str, Any]:
    """Return the bindings of a node as plain data."""
    flow = kit.workflow("w")
    node = flow.add_entity(task, **inputs)
    return {b.var: MessageToDict(b.binding) for b in node.bindings}


def test_bindings_are_sorted_and_complete() -> None:
    """Defaults are bound, and None where an optional input was left out."""
    found = bound(total, xs=[1])
    assert list(found) == ["note", "scale", "xs"]
    assert found["scale"] == {"scalar": {"primitive": {"floatValue": 1.0}}}
    assert found["note"]["scalar"]["union"]["value"] == {"scalar": {"noneType": {}}}


def test_promises_stand_in_lists_and_maps() -> None:
    """Each element is a value or a promise."""
    with kit.workflow("w", inputs={"n": int}) as flow:
        xs = make(n=1)
        total(xs=[1, flow.n, xs[0]])
        kinds(m={"a": 1, "b": flow.n}, o=[flow.n])
    _, sums, mixed = flow.nodes
    first, second, third = sums.bindings[2].binding.collection.bindings
    assert first.scalar.primitive.integer == 1
    assert (second.promise.node_id, second.promise.var) == ("", "n")
    assert third.promise.attr_path[0].int_value == 0
    assert sums.upstream == [flow.nodes[0]]
    found = {b.var: b.binding for b in mixed.bindings}
    assert found["m"].map.bindings["b"].promise.var == "n"
    assert found["o"].collection.bindings[0].promise.var == "n"


def test_a_container_takes_the_first_variant_that_fits() -> None:
    """A scalar keeps its union, a container stands for itself, as in flytekit."""
    assert "collection" in bound(kinds, u=["a"])["u"]
    assert "map" in bound(kinds, u={"a": 1})["u"]
    assert "union" in bound(kinds, u=1)["u"]["scalar"]
    with pytest.raises(ConversionError, match="fits no member of"):
        bound(kinds, u=[1.5])


@pytest.mark.parametrize(
    ("task", "inputs", "words"),
    [
        (total, {"xs": [1, "a"]}, "Input 'xs' of task"),
        (kinds, {"m": {1: 2}}, "keys of a map must be str"),
        (make, {"n": [1]}, "Input 'n' of task"),
        (make, {"n": None}, "Input 'n' of task"),
        (kinds, {"p": {"x": 1}}, "Input 'p' of task"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(task, inputs: dict, words: str) -> None:
    """The words are flytekit's."""
    with pytest.raises(ConversionError, match=words):
        bound(task, **inputs)


def test_an_error_says_where_in_the_value() -> None:
    """The path leads to the element."""
    with pytest.raises(ConversionError) as caught:
        bound(total, xs=[1, "a"])
    assert caught.value.path == ("inputs", "xs", 1)


def test_a_packed_value_has_no_room_for_promises() -> None:
    """An untyped dictionary is packed whole when the workflow is defined."""
    packed = step("packed", {"d": dict}, {})
    flow = kit.workflow("w", inputs={"n": int})
    with pytest.raises(ConversionError, match="is inside a value of"):
        flow.add_entity(packed, d={"deep": [flow.n]})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (total, r"Input xs of type .* was not specified for function"),
        (lambda: total(xs=[1], scal=2.0), "Did you mean 'scale'"),
        (lambda: make(1, 2), "Received more arguments than expected"),
        (lambda: make(1, n=2), "Got multiple values for argument 'n'"),
        (lambda: total(xs=say(text="x")), "has no outputs to pass"),
        (lambda: make(n=split(n=1)), "cannot be the tuple"),
    ],
)
def test_arguments_that_cannot_be_are_refused(call, words: str) -> None:
    """As in a call outside of a workflow."""
    with kit.workflow("w"), pytest.raises(CallError, match=words):
        call()


def test_a_default_that_may_change_is_refused() -> None:
    """A list is no default of a node, in flytekit's words."""
    task = step("listed", {"xs": (list[int], [1])}, {})
    with pytest.raises(CallError, match="has the mutable default"):
        bound(task)
    assert "collection" in bound(task, xs=[2])["xs"]


def test_outside_of_a_workflow_there_are_no_nodes() -> None:
    """`compile` needs a workflow to compile for."""
    with pytest.raises(CallError, match="no workflow is being defined"):
        make.compile(None, n=1)


class Celsius(float):
    """A number of the user's own, written as a list."""


class CelsiusTransformer(Transformer):
    name = "celsius"

    def handles(self, python_type):
        return python_type is Celsius

    def literal_type(self, _python_type, engine):
        return engine.literal_type(list[float])

    def encoder(self, _python_type, engine):
        encode = engine.encoder(list[float])
        return lambda value, literal: encode([float(value)], literal)

    def decoder(self, _python_type, engine):
        decode = engine.decoder(list[float])
        return lambda literal: Celsius(decode(literal)[0])

    def guess(self, _literal_type, _engine):
        return None


def test_a_type_of_the_users_own_may_be_a_list_on_the_wire() -> None:
    """Its literal becomes a binding, whatever its form."""
    from kit.task.promises import bind, binding_message

    engine = TypeEngine([*default_engine._own])
    engine.register(CelsiusTransformer())
    value = bind(Celsius(1.5), Celsius, engine.literal_type(Celsius), engine)
    data = binding_message("c", value).binding
    assert data.collection.bindings[0].scalar.primitive.float_value == 1.5
