from __future__ import annotations

import os

import pytest
from flyteidl.core import literals_pb2

import kit
from kit.definition.interface import Interface
from kit.errors import CallError, ConversionError, OutputError
from kit.task.call import (
    complete_inputs,
    input_literals,
    name_arguments,
    native_outputs,
)
from kit.types import default_engine

INTERFACE = Interface(
    {"rows": int, "name": (str, "x"), "note": str | None},
    {"o": int, "p": str},
)


def _named(*args, **kwargs):
    return name_arguments("lab.t", INTERFACE, args, kwargs)


def test_positions_get_the_names_of_the_inputs():
    """In the order of the interface, beside what has a name already."""
    assert _named(1, "a") == {"rows": 1, "name": "a"}
    assert _named(1, note="n") == {"rows": 1, "note": "n"}


def test_an_unknown_name_is_refused_with_the_nearest():
    """In flytekit's words, with what is there."""
    with pytest.raises(CallError) as caught:
        _named(rwos=1)
    text = str(caught.value)
    assert "Received unexpected keyword argument 'rwos' in function 'lab.t'" in text
    assert "Did you mean 'rows'?" in text
    assert "rows: int" in text


def test_too_many_and_doubled_arguments_are_refused():
    """In flytekit's words."""
    with pytest.raises(CallError, match="more arguments than expected in function"):
        _named(1, 2, 3, 4)
    with pytest.raises(AssertionError, match="multiple values for argument 'rows'"):
        _named(1, rows=2)


def test_defaults_complete_the_inputs():
    """An Optional without default is None, as when a workflow is compiled."""
    assert complete_inputs("lab.t", INTERFACE, {"rows": 1}) == {
        "rows": 1,
        "name": "x",
        "note": None,
    }


def test_a_missing_input_is_refused():
    """flytekit would call the executor without it."""  # noqa: D403 - a name
    with pytest.raises(CallError, match="Input rows of type <class 'int'> was not"):
        complete_inputs("lab.t", INTERFACE, {})


def test_inputs_are_converted_with_their_declared_types():
    """The error names the task, the input and the place in its value."""
    interface = Interface({"grid": list[list[int]]})
    literals = input_literals("lab.t", interface, {"grid": [[1]]}, default_engine)
    row = literals.literals["grid"].collection.literals[0]
    assert row.collection.literals[0].scalar.primitive.integer == 1
    with pytest.raises(ConversionError) as caught:
        input_literals("lab.t", interface, {"grid": [[1], [2, "x"]]}, default_engine)
    assert caught.value.path == ("inputs", "grid", 1, 1)
    assert "Failed to convert inputs of task 'lab.t':\n  Failed argument 'grid'" in str(
        caught.value
    )


def _literals(**values):
    literals = literals_pb2.LiteralMap()
    for name, value in values.items():
        literals.literals[name].CopyFrom(default_engine.to_literal(value, type(value)))
    return literals


def test_several_outputs_come_as_the_interfaces_named_tuple():
    """In the order of the declaration, whatever the map's."""
    result = native_outputs(INTERFACE, _literals(p="a", o=1), default_engine)
    assert result == (1, "a")
    assert result.p == "a"
    assert type(result).__name__ == "DefaultNamedTupleOutput"


def test_a_single_output_comes_as_itself():
    """Unless its author named the tuple."""
    one = Interface(outputs={"o": int})
    assert native_outputs(one, _literals(o=1), default_engine) == 1
    named = Interface(outputs={"o": int}, output_tuple_name="NT")
    result = native_outputs(named, _literals(o=1), default_engine)
    assert (type(result).__name__, result.o) == ("NT", 1)
    assert native_outputs(Interface(), _literals(), default_engine) is None


def test_outputs_of_another_number_or_name_are_refused():
    """In flytekit's words, where it has some."""
    with pytest.raises(OutputError, match=r"made 1 outputs \(o\), expected the 2"):
        native_outputs(INTERFACE, _literals(o=1), default_engine)
    with pytest.raises(OutputError, match="made no output 'p'"):
        native_outputs(INTERFACE, _literals(o=1, q=2), default_engine)


@pytest.mark.parametrize(("name", "position"), [("score", "score"), ("o0", "0")])
def test_an_output_of_another_type_is_refused(name, position):
    """A numbered output is called by its position, as in flytekit."""
    interface = Interface(outputs={name: int})
    with pytest.raises(TypeError, match="Failed to convert output in") as caught:
        native_outputs(interface, _literals(**{name: "x"}), default_engine)
    assert f"in position {position} of value" in str(caught.value)
    assert caught.value.path == ("outputs", name)


class Variables(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, names):
        seen = [os.environ.get(name, "not set") for name in names]
        os.environ["REGION"] = "changed"
        return seen


class VariablesTask(kit.PythonCustomizedContainerTask):
    def get_custom(self, settings):
        return {}


@pytest.mark.parametrize("how", ["call", "in-process"])
def test_the_container_s_variables_are_set_for_a_call(how, monkeypatch):
    """The template's variables and its secrets' are there, and gone again after it."""
    monkeypatch.setenv("DB_PASSWORD", "told")
    monkeypatch.setenv("ZONE", "mine")
    monkeypatch.delenv("REGION", raising=False)
    secret = kit.Secret(
        group="db",
        key="password",
        mount_requirement=kit.Secret.MountType.ENV_VAR,
        env_var="DB_TOKEN",
    )
    task = VariablesTask(
        "variables",
        None,
        "acme/a:1",
        Variables,
        environment={"REGION": "north", "ZONE": "b"},
        secret_requests=[secret],
        interface=kit.Interface({"names": list[str]}, {"o0": list[str]}),
    )
    names = ["REGION", "ZONE", "_FSEC_DB_PASSWORD", "DB_TOKEN"]
    if how == "call":
        seen = task(names=names)
    else:
        seen = kit.run(task, names=names, runner=how).outputs.o0
    assert seen == ["north", "b", "told", "told"]
    assert [os.environ.get(name) for name in names] == [None, "mine", None, None]
