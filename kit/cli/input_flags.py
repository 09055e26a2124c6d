"""The flags of a task's inputs, typed from its interface."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click
from click.core import ParameterSource

from kit.definition.interface import Interface
from kit.definition.parse_text import Parser, parser_for
from kit.definition.to_json import as_text
from kit.definition.typed_interface import is_optional
from kit.display.escape import one_line, shorten

__all__ = ["InputFlag", "given_inputs", "input_flags"]

_SHOWN = 200  # characters of a default or description


class _InputType(click.ParamType):  # type: ignore[type-arg]  # not generic before 8.4
    """Reads the flag of one input."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self.name = parser.metavar

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        del param, ctx
        return self._parser.metavar

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._parser.read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class InputFlag(click.Option):
    """The option of one input."""

    def __init__(self, index: int, name: str, interface: Interface) -> None:
        self.input_name = name
        python_type = interface.inputs[name]
        parser = parser_for(python_type)
        flags = [f"--{name}"]
        if "_" in name.strip("_"):
            flags.insert(0, f"--{name.replace('_', '-')}")
        if python_type is bool:
            flags = ["/".join((flag, f"--no-{flag[2:]}")) for flag in flags]
        super().__init__(
            [*flags, f"input_{index}"],  # so that no input is taken for an option
            type=None if python_type is bool else _InputType(parser),
            is_flag=True if python_type is bool else None,
            required=_is_required(interface, name),
            help=_help(interface, name),
            metavar=None if python_type is bool else parser.metavar,
        )


def input_flags(interface: Interface) -> list[InputFlag]:
    """Make a flag for each input, in the interface's order."""
    names = enumerate(interface.inputs)
    return [InputFlag(index, name, interface) for index, name in names]


def given_inputs(
    context: click.Context, flags: Iterable[InputFlag], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the inputs that the command line gives, by their own names."""
    return {
        flag.input_name: values[str(flag.name)]
        for flag in flags
        if context.get_parameter_source(str(flag.name)) is ParameterSource.COMMANDLINE
    }


def _is_required(interface: Interface, name: str) -> bool:
    return not (interface.has_default(name) or is_optional(interface.inputs[name]))


def _help(interface: Interface, name: str) -> str:
    """Say what is written about an input, and its default; click says ``required``."""
    docstring = interface.docstring
    described = docstring.input_descriptions.get(name) if docstring else None
    parts = (
        [shorten(one_line(" ".join(described.split())), _SHOWN)] if described else []
    )
    if interface.has_default(name):
        default = as_text(interface.inputs_with_defaults[name][1])
        parts.append(f"[default: {shorten(one_line(default), _SHOWN)}]")
    return "  ".join(parts)
