"""Flyte's side of an interface: variables with literal types and descriptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from flyteidl.core import interface_pb2
from flyteidl.core.artifact_id_pb2 import ArtifactID, LabelValue

from kit.definition.artifact import Artifact, ArtifactIDSpecification, ArtifactQuery
from kit.definition.interface import Interface
from kit.errors import ConversionError, InterfaceError, UnsupportedTypeError, nearest
from kit.types import TypeEngine, default_engine

__all__ = ["is_optional", "parameter_map", "typed_interface"]

_FLYTEKIT = "USER:ValidationError: error="  # how flytekit's own message starts


def typed_interface(
    interface: Interface,
    engine: TypeEngine = default_engine,
    *,
    allow_partial_artifacts: bool = True,
) -> interface_pb2.TypedInterface:
    """Write an interface as Flyte's message; the interface stays as it is.

    A variable's description is the docstring's, or else its own name; a docstring that
    describes one return value describes all outputs. Defaults are not part of it.

    Args:
        interface: The inputs and outputs.
        engine: What knows the literal types.
        allow_partial_artifacts: Whether a partition may be left for the run, which a
            task may do and a workflow may not.

    Raises:
        UnsupportedTypeError: A type has no literal type; the path names its variable.
        InterfaceError: An artifact's partition is bound to an input that is not there.
    """
    message = interface_pb2.TypedInterface()
    inputs, outputs = _descriptions(interface)
    _fill(message.inputs, "inputs", interface.inputs, inputs, engine)
    _fill(message.outputs, "outputs", interface.outputs, outputs, engine)
    for name in message.outputs.variables:
        variable = message.outputs.variables[name]
        if not variable.HasField("artifact_partial_id"):
            continue
        for label, value in _labels(variable.artifact_partial_id):
            _check_label(
                name, label, value, interface, allow_partial=allow_partial_artifacts
            )
    return message


def parameter_map(
    interface: Interface, engine: TypeEngine = default_engine
) -> interface_pb2.ParameterMap:
    """Write a workflow's inputs as Flyte's message: variables with their defaults.

    An input that is ``Optional`` and has no default gets nothing; one without a default
    is required. The default may be an artifact, or a question for one.

    Raises:
        UnsupportedTypeError: A type has no literal type; the path names its variable.
        ConversionError: A default does not fit its type.
        InterfaceError: A default artifact's partitions are not all known.
    """
    message = interface_pb2.ParameterMap()
    variables = interface_pb2.VariableMap()
    descriptions, _ = _descriptions(interface)
    _fill(variables, "inputs", interface.inputs, descriptions, engine)
    for name, (python_type, default) in interface.inputs_with_defaults.items():
        parameter = message.parameters[name]
        parameter.var.CopyFrom(variables.variables[name])
        try:
            _fill_default(parameter, python_type, default, engine)
        except (UnsupportedTypeError, ConversionError) as error:
            raise error.below("inputs", name) from error.__cause__
    return message


def is_optional(python_type: Any) -> bool:
    """Say whether ``None`` is one of a union's types."""
    if get_origin(python_type) is Annotated:
        return is_optional(get_args(python_type)[0])
    is_union = get_origin(python_type) in (Union, UnionType)
    return is_union and type(None) in get_args(python_type)


def _descriptions(
    interface: Interface,
) -> tuple[Mapping[str, str | None], Mapping[str, str | None]]:
    docstring = interface.docstring
    if docstring is None:
        return {}, {}
    returned = docstring.output_descriptions
    if len(returned) == 1:
        shared = next(iter(returned.values()))
        return docstring.input_descriptions, dict.fromkeys(interface.outputs, shared)
    named = {name: text for name, text in returned.items() if name is not None}
    return docstring.input_descriptions, named


def _fill(
    message: interface_pb2.VariableMap,
    side: str,
    types: Mapping[str, Any],
    descriptions: Mapping[str, str | None],
    engine: TypeEngine,
) -> None:
    message.SetInParent()
    for name, python_type in types.items():
        variable = message.variables[name]
        try:
            variable.type.CopyFrom(engine.literal_type(python_type))
        except (UnsupportedTypeError, ConversionError) as error:
            raise error.below(side, name) from error.__cause__
        description = descriptions.get(name, name)
        if description is not None:
            variable.description = description
        artifact = _artifact(python_type)
        if artifact is not None:
            variable.artifact_partial_id.CopyFrom(artifact)


def _artifact(python_type: Any) -> ArtifactID | None:
    if isinstance(python_type, type) or get_origin(python_type) is not Annotated:
        return None
    for entry in get_args(python_type)[1:]:
        if isinstance(entry, Artifact):
            return entry().to_partial_artifact_id()
        if isinstance(entry, ArtifactIDSpecification):
            return entry.to_partial_artifact_id()
    return None


def _labels(artifact: ArtifactID) -> Iterator[tuple[str, LabelValue]]:
    yield from artifact.partitions.value.items()
    if artifact.HasField("time_partition"):
        yield "", artifact.time_partition.value


def _check_label(
    output: str,
    key: str,
    value: LabelValue,
    interface: Interface,
    *,
    allow_partial: bool,
) -> None:
    if value.HasField("runtime_binding") and not allow_partial:
        what = f"partition {key}'s value" if key else "time partition's value"
        msg = f"{_FLYTEKIT}Binding a {what} dynamically is not allowed for workflows"
        raise InterfaceError(f"{msg}: bind it to a text or an input.")
    if (
        value.HasField("input_binding")
        and value.input_binding.var not in interface.inputs
    ):
        which = f"Output partition {output}" if key else "Output time partition"
        name = value.input_binding.var
        msg = (
            f"{_FLYTEKIT}{which} is bound to input {name} which does not exist in the "
            f"interface."
        )
        raise InterfaceError(msg + nearest(name, interface.inputs))


def _fill_default(
    parameter: interface_pb2.Parameter,
    python_type: Any,
    default: Any,
    engine: TypeEngine,
) -> None:
    if default is None:
        if is_optional(python_type):
            parameter.default.scalar.none_type.SetInParent()
        else:
            parameter.required = True
    elif isinstance(default, ArtifactQuery):
        parameter.artifact_query.CopyFrom(default.to_flyte_idl())
    elif isinstance(default, Artifact):
        _fill_artifact(parameter, default)
    else:
        parameter.default.CopyFrom(engine.to_literal(default, python_type))


def _fill_artifact(parameter: interface_pb2.Parameter, artifact: Artifact) -> None:
    if artifact.version:
        parameter.artifact_id.CopyFrom(artifact.concrete_artifact_id)
        return
    query = artifact.query()
    if not query.bound:
        msg = (
            f"{_FLYTEKIT}Cannot use default query with artifact {artifact.name}: bind "
            f"its partitions with artifact.query(...)."
        )
        raise InterfaceError(msg)
    parameter.artifact_query.CopyFrom(query.to_flyte_idl())
