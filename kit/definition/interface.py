"""Interfaces: names, types and defaults in Python, and Flyte's messages of them."""

from __future__ import annotations

import collections
import keyword
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from flyteidl.core import interface_pb2
from flyteidl.core.artifact_id_pb2 import ArtifactID, LabelValue

from kit.definition.artifacts import Artifact, ArtifactIDSpecification, ArtifactQuery
from kit.definition.settings import explain_keywords
from kit.errors import ConversionError, InterfaceError, UnsupportedTypeError, nearest
from kit.notebook import Shown
from kit.types import TypeEngine, default_engine

if TYPE_CHECKING:
    import docstring_parser


class Docstring:
    """A docstring in Google's, NumPy's, reST's or Epydoc's style.

    It is read when a description is first asked for.

    Args:
        docstring: The text.
        callable_: Where the text is taken from when there is none.

    Example:
        >>> Docstring("Scores rows.").short_description
        'Scores rows.'
    """

    def __init__(
        self,
        docstring: str | None = None,
        callable_: Callable[..., Any] | None = None,
    ) -> None:
        if docstring is None and callable_ is not None:
            docstring = callable_.__doc__
        self.text = docstring or ""

    @cached_property
    def _parsed(self) -> docstring_parser.Docstring:
        from docstring_parser import parse

        return parse(self.text)

    @property
    def input_descriptions(self) -> dict[str, str | None]:
        """What the docstring says of each argument."""
        return {param.arg_name: param.description for param in self._parsed.params}

    @property
    def output_descriptions(self) -> dict[str | None, str | None]:
        """What the docstring says of each returned value; unnamed ones are ``None``."""
        returns = self._parsed.many_returns
        return {entry.return_name: entry.description for entry in returns}

    @property
    def short_description(self) -> str | None:
        """The first paragraph."""
        return self._parsed.short_description

    @property
    def long_description(self) -> str | None:
        """What follows the first paragraph."""
        return self._parsed.long_description

    def __repr__(self) -> str:
        return f"Docstring({self.text!r})"


_TUPLE_NAME = "DefaultNamedTupleOutput"  # flytekit's, seen in printed outputs


def kwtypes(**types: Any) -> OrderedDict[str, Any]:
    """Write names and types as keywords: ``kwtypes(a=int, b=str)``."""
    return OrderedDict(types)


@explain_keywords(InterfaceError)
class Interface(Shown):
    """The inputs and outputs of a task: like a signature, but simpler.

    Args:
        inputs: Type of each input, or a pair of type and default.
        outputs: Type of each output.
        output_tuple_name: Name of the NamedTuple that several outputs come as.
        docstring: Where the descriptions of the variables come from.

    Raises:
        InterfaceError: A name cannot be a variable of Python, or the variables are no
            mapping of names to types.

    Example:
        >>> Interface(inputs={"rows": (int, 3), "name": str}, outputs={"score": float})
        Interface((rows: int = 3, name: str) -> (score: float))
    """

    def __init__(
        self,
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        output_tuple_name: str | None = None,
        docstring: Docstring | None = None,
    ) -> None:
        self._inputs = {
            _input_name(name): _with_default(name, value)
            for name, value in _named("inputs", inputs).items()
        }
        self._outputs = dict(_named("outputs", outputs))
        self._output_tuple_name = output_tuple_name
        self._docstring = docstring
        _check_output_names([output_tuple_name or _TUPLE_NAME, *self._outputs])

    @property
    def inputs(self) -> dict[str, Any]:
        """The type of each input."""
        return {name: python_type for name, (python_type, _) in self._inputs.items()}

    @property
    def inputs_with_defaults(self) -> dict[str, tuple[Any, Any]]:
        """The type and default of each input; ``None`` where there is no default."""
        return dict(self._inputs)

    @property
    def default_inputs_as_kwargs(self) -> dict[str, Any]:
        """The defaults of those inputs that have one."""
        return {
            name: pair[1] for name, pair in self._inputs.items() if pair[1] is not None
        }

    def has_default(self, name: str) -> bool:
        """Say whether an input has a default; ``None`` counts as having none."""
        return self._inputs[name][1] is not None

    @property
    def outputs(self) -> dict[str, Any]:
        """The type of each output."""
        return dict(self._outputs)

    @property
    def output_names(self) -> list[str] | None:
        """The names of the outputs in their order; ``None`` when there are none."""
        return list(self._outputs) or None

    @property
    def output_tuple_name(self) -> str | None:
        """The name the author gave to the tuple of outputs."""
        return self._output_tuple_name

    @cached_property
    def output_tuple(self) -> type[Any]:
        """The named tuple that several outputs come as."""
        return output_tuple_type(self._output_tuple_name or _TUPLE_NAME, self._outputs)

    @property
    def docstring(self) -> Docstring | None:
        """Where the descriptions of the variables come from."""
        return self._docstring

    def remove_inputs(self, vars: Iterable[str] | None) -> Interface:  # noqa: A002 - flytekit's name
        """Return an interface without these inputs; unknown names are passed over."""
        left_out = set(vars or ())
        kept = {
            name: pair for name, pair in self._inputs.items() if name not in left_out
        }
        return self._copy(kept, self._outputs)

    def with_inputs(self, extra_inputs: Mapping[str, Any]) -> Interface:
        """Return an interface with more inputs.

        Raises:
            InterfaceError: It has an input of that name.
        """
        for name in extra_inputs:
            if name in self._inputs:
                raise InterfaceError(_taken("Input", name))
        return self._copy({**self._inputs, **extra_inputs}, self._outputs)

    def with_outputs(self, extra_outputs: Mapping[str, Any]) -> Interface:
        """Return an interface with more outputs.

        Raises:
            InterfaceError: It has an output of that name.
        """
        for name in extra_outputs:
            if name in self._outputs:
                raise InterfaceError(_taken("Output", name))
        return self._copy(self._inputs, {**self._outputs, **extra_outputs})

    def _copy(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Interface:
        return Interface(inputs, outputs, self._output_tuple_name, self._docstring)

    def __repr__(self) -> str:
        return f"Interface({self})"

    def __str__(self) -> str:
        inputs = ", ".join(
            _signature(name, *pair) for name, pair in self._inputs.items()
        )
        outputs = ", ".join(
            _signature(name, kind) for name, kind in self._outputs.items()
        )
        return f"({inputs}) -> ({outputs})"


def output_tuple_type(name: str, fields: Iterable[str]) -> type[Any]:
    """Make a named tuple of outputs that may also be used as a node's result."""
    make: Any = collections.namedtuple  # noqa: PYI024 - the fields are data
    base: Any = make(name, fields)

    class Output(base):  # type: ignore[misc]
        __slots__ = ()

        def with_overrides(self, *args: Any, **kwargs: Any) -> Any:
            """Override the node behind the first output."""
            self[0].with_overrides(*args, **kwargs)
            return self

        @property
        def ref(self) -> Any:
            """The node that the outputs come from."""
            return next((value.ref for value in self if value.ref), None)

        def runs_before(self, other: Any) -> None:
            """Order the nodes behind; of values, which are there, there is no order."""
            if hasattr(self[0], "runs_before"):
                self[0].runs_before(other)

        def __rshift__(self, other: Any) -> Any:
            self.runs_before(other)
            return other

    Output.__name__ = Output.__qualname__ = name
    return Output


def _taken(kind: str, name: str) -> str:
    return (
        f"{kind} {name} cannot be added as it already exists in the interface: "
        f"choose another name."
    )


def _named(side: str, variables: Any) -> Mapping[str, Any]:
    if variables is None or isinstance(variables, Mapping):
        return variables or {}
    msg = f"{side} must map names to types, as in {{'rows': int}}, got {variables!r}."
    raise InterfaceError(msg)


def _input_name(name: str) -> str:
    if not isinstance(name, str) or not name.isidentifier():
        msg = f"Input name must be a valid Python identifier: {name!r}"
        raise InterfaceError(f"{msg}. Use letters, digits and underscores.")
    return name


def _with_default(name: str, value: Any) -> tuple[Any, Any]:
    if type(value) is not tuple:
        return value, None
    if len(value) != 2:  # noqa: PLR2004 - a type and a default
        msg = f"Input {name!r} must be a type or a pair (type, default), got {value!r}."
        raise InterfaceError(msg)
    return value


def _check_output_names(names: list[str]) -> None:
    """Refuse what collections.namedtuple would, in its words."""
    for name in names:
        if not isinstance(name, str) or not name.isidentifier():
            msg = f"Type names and field names must be valid identifiers: {name!r}"
            raise InterfaceError(f"{msg}. Use letters, digits and underscores.")
        if keyword.iskeyword(name):
            msg = f"Type names and field names cannot be a keyword: {name!r}"
            raise InterfaceError(f"{msg}. Choose another name.")
    for name in names[1:]:
        if name.startswith("_"):
            msg = f"Field names cannot start with an underscore: {name!r}"
            raise InterfaceError(f"{msg}. Choose another name for the output.")


def _signature(name: str, python_type: Any, default: Any = None) -> str:
    plain = isinstance(python_type, type) and not get_args(python_type)
    kind = python_type.__name__ if plain else repr(python_type)
    return f"{name}: {kind}" if default is None else f"{name}: {kind} = {default!r}"


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
