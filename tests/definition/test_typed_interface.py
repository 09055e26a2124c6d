"""Flyte's side of an interface."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Optional

import pytest
from flyteidl.core import types_pb2

from kit.definition.artifacts import Artifact, ArtifactInputs
from kit.definition.interface import (
    Docstring,
    Interface,
    is_optional,
    parameter_map,
    typed_interface,
)
from kit.errors import ConversionError, InterfaceError, UnsupportedTypeError

MODEL = Artifact(name="model", partition_keys=["region"])
TIMED = Artifact(name="timed", time_partitioned=True)


def test_both_sides_are_there_even_when_empty():
    """An interface without variables still has two maps."""
    message = typed_interface(Interface())

    assert message.HasField("inputs")
    assert message.HasField("outputs")


def test_a_variable_is_described_by_its_name():
    """Without a docstring there is nothing better, and defaults are left out."""
    message = typed_interface(Interface({"a": (int, 5)}, {"o": list[str]}))

    assert message.inputs.variables["a"].description == "a"
    assert message.inputs.variables["a"].type.simple == types_pb2.INTEGER
    output = message.outputs.variables["o"]
    assert output.type.collection_type.simple == types_pb2.STRING
    assert not output.HasField("artifact_partial_id")


def descriptions(variables):
    """List the descriptions of variables by name."""
    return {name: variables[name].description for name in sorted(variables)}


def test_a_docstring_describes_variables():
    """One return description is shared by all outputs."""
    docstring = Docstring(
        "S.\n\nArgs:\n    x: the x\n        goes on\n    y:\n\nReturns:\n    both\n"
    )
    interface = Interface(
        {"x": int, "y": int, "z": int}, {"a": int, "b": int}, docstring=docstring
    )

    message = typed_interface(interface)

    assert descriptions(message.inputs.variables) == {
        "x": "the x\ngoes on",
        "y": "",
        "z": "z",
    }
    assert descriptions(message.outputs.variables) == {"a": "both", "b": "both"}


def test_several_return_descriptions_go_by_name():
    """An output that none of them names keeps its own name."""
    docstring = Docstring(
        "S.\n\nReturns\n-------\na : int\n    first\nb : int\n    second\n"
    )
    interface = Interface(None, {"b": int, "c": int}, docstring=docstring)

    message = typed_interface(interface)

    assert descriptions(message.outputs.variables) == {"b": "second", "c": "c"}


def test_an_artifact_in_an_annotation():
    """An output says which artifact it becomes, and so may an input."""
    interface = Interface(
        {"where": Annotated[str, MODEL]},
        {"o": Annotated[int, "note", MODEL(region=ArtifactInputs.where)]},
    )

    message = typed_interface(interface)

    binding = message.outputs.variables["o"].artifact_partial_id.partitions.value
    assert binding["region"].input_binding.var == "where"
    assert message.inputs.variables["where"].HasField("artifact_partial_id")


def test_what_a_workflow_may_not_leave_open():
    """Only a task can say a partition's value when it runs."""
    interface = Interface(None, {"o": Annotated[int, MODEL]})
    typed_interface(interface)

    with pytest.raises(InterfaceError) as error:
        typed_interface(interface, allow_partial_artifacts=False)

    flytekit = (
        "Binding a partition region's value dynamically is not allowed for workflows"
    )
    assert flytekit in str(error.value)


def test_an_open_time_in_a_workflow():
    """The same holds for time."""
    interface = Interface(None, {"o": Annotated[int, TIMED]})

    with pytest.raises(InterfaceError) as error:
        typed_interface(interface, allow_partial_artifacts=False)

    flytekit = (
        "Binding a time partition's value dynamically is not allowed for workflows"
    )
    assert flytekit in str(error.value)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (
            Annotated[int, MODEL(region=ArtifactInputs.were)],
            (
                "USER:ValidationError: error=Output partition o is bound to input were "
                "which does not exist in the interface"
            ),
        ),
        (
            Annotated[int, TIMED(time_partition=ArtifactInputs.were)],
            (
                "Output time partition is bound to input were which does not exist "
                "in the interface"
            ),
        ),
    ],
)
def test_an_artifact_bound_to_no_input(output, message):
    """The nearest input is suggested."""
    with pytest.raises(InterfaceError) as error:
        typed_interface(Interface({"where": str}, {"o": output}))

    assert message in str(error.value)
    assert "Did you mean 'where'?" in str(error.value)
    assert isinstance(error.value, AssertionError)


@pytest.mark.parametrize(
    ("interface", "place"),
    [
        (Interface({"conn": object}), "inputs.conn"),
        (Interface(None, {"conn": dict[str, list[object]]}), "outputs.conn"),
    ],
)
def test_an_unsupported_type_names_its_variable(interface, place):
    """The error says where the type stands, and what to use instead."""
    with pytest.raises(UnsupportedTypeError) as error:
        typed_interface(interface)

    assert f"at {place}" in str(error.value)
    assert "object" in str(error.value)
    assert error.value.path[:2] == tuple(place.split("."))


@pytest.mark.parametrize(
    ("python_type", "optional"),
    [
        (Optional[int], True),  # noqa: UP045 - the old spelling is another class
        (int | None, True),
        (Annotated[int | None, "x"], True),
        (int | str, False),
        (int, False),
        (list[None], False),
        (None, False),
    ],
)
def test_what_may_be_none(python_type, optional):
    """Only a union that holds None."""
    assert is_optional(python_type) is optional


def test_parameters_carry_defaults():
    """Zero is a default, an Optional needs none, and the rest is required."""
    interface = Interface({"a": (int, 0), "b": str, "c": int | None})

    parameters = parameter_map(interface).parameters

    assert parameters["a"].default.scalar.primitive.integer == 0
    assert parameters["a"].WhichOneof("behavior") == "default"
    assert parameters["b"].required
    assert parameters["c"].default.scalar.HasField("none_type")
    assert parameters["b"].var.type.simple == types_pb2.STRING


def test_artifacts_as_defaults():
    """A version is an id, and everything else a query."""
    noon = dt.datetime(2024, 5, 1, 12, tzinfo=dt.timezone.utc)
    interface = Interface(
        {
            "a": (int, Artifact("p", "d", "a", "7")),
            "b": (int, MODEL.query(region="eu")),
            "c": (int, Artifact(name="model", partitions={"region": "eu"})),
            "d": (int, TIMED.query(time_partition=noon)),
        }
    )

    parameters = parameter_map(interface).parameters

    kinds = {name: parameters[name].WhichOneof("behavior") for name in "abcd"}
    assert kinds == {
        "a": "artifact_id",
        "b": "artifact_query",
        "c": "artifact_query",
        "d": "artifact_query",
    }
    assert not parameters["a"].required


def test_a_default_that_does_not_fit():
    """The error names the input."""
    with pytest.raises(ConversionError) as error:
        parameter_map(Interface({"a": (int, "x")}))

    assert error.value.path == ("inputs", "a")


def test_a_default_artifact_that_is_not_known():
    """An artifact with open partitions is no default."""
    with pytest.raises(InterfaceError) as error:
        parameter_map(Interface({"a": (int, MODEL)}))

    assert "Cannot use default query with artifact model" in str(error.value)
