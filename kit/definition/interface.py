"""The Python side of an interface: names, types and defaults."""

from __future__ import annotations

import collections
import keyword
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, get_args

from kit.definition.docstring import Docstring
from kit.definition.keywords import explain_keywords
from kit.errors import InterfaceError
from kit.shown import Shown

__all__ = ["Interface", "kwtypes"]

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
