"""Commands that take the inputs of their task as options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from kit.cli.app import EPILOG, ExitStatus
from kit.cli.completion import TaskTarget, file_of, inputs_in
from kit.definition.interface import Interface, is_optional
from kit.definition.parsing import Parser, as_text, parser_for
from kit.escape import one_line, shorten
from kit.targets import Task, load_task

CarryOut = Callable[[Task, Mapping[str, Any], Mapping[str, Any]], ExitStatus]
"""Takes the task, its inputs by name and the options, and returns the exit status."""


class TaskGroup(click.Group):
    """Takes the task's name for a subcommand, with the task's inputs for options.

    Args:
        name: The command's name.
        carry_out: What it does.
        options: Makes its own options, which stand before or behind the task.
        requires_inputs: Whether inputs without a default must be given.
        epilog: What its help ends with: the exit statuses.
        help: What ``--help`` says; indented lines stay as they are.
    """

    def __init__(
        self,
        name: str,
        *,
        carry_out: CarryOut,
        options: Callable[[], list[click.Option]],
        requires_inputs: bool = True,
        epilog: str = EPILOG,
        help: str,  # noqa: A002 - click's name for it
    ) -> None:
        super().__init__(
            name,
            help=help.replace(f"\n\n  kit {name}", f"\n\n\b\n  kit {name}", 1),
            epilog=epilog,
            params=list(options()),
            subcommand_metavar="TASK [--INPUT VALUE]...",
            no_args_is_help=True,
        )
        self._carry_out = carry_out
        self._options = options
        self._requires_inputs = requires_inputs

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """List nothing: tasks are named, not known."""
        return []

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[CompletionItem]:
        """Complete a task, or an option that stands before it."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return TaskTarget().shell_complete(ctx, self.params[0], incomplete)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Load the task and make its command."""
        if ctx.resilient_parsing:
            return self._unloaded_command(cmd_name)

        return self._task_command(load_task(cmd_name), cmd_name, ctx.params)

    def _unloaded_command(self, target: str) -> click.Command:
        """Make the command as far as a shell completes its words, and load nothing."""
        place, _, task = target.rpartition(":")
        flags = [
            click.Option([f"--{name.replace('_', '-')}", f"input_{index}"])
            for index, name in enumerate(inputs_in(file_of(place), task))
        ]
        return click.Command(target, params=[*flags, *self._options()])

    def _task_command(
        self, task: Task, target: str, outer: Mapping[str, Any]
    ) -> click.Command:

        flags = input_flags(task.python_interface)
        for flag in flags:
            flag.required = flag.required and self._requires_inputs
        taken = {option for flag in flags for option in flag.opts}
        options = [o for o in self._options() if taken.isdisjoint(o.opts)]

        def callback(**values: Any) -> ExitStatus:
            context = click.get_current_context()
            inner = {str(o.name): values[str(o.name)] for o in options}
            chosen = {k: v for k, v in inner.items() if v not in (None, ())}
            inputs = given_inputs(context, flags, values)
            return self._carry_out(task, inputs, {**outer, **chosen})

        help_names = [] if "--help" in taken else ["--help"]
        return click.Command(
            target,
            callback=callback,
            params=[*flags, *options],
            help=_task_help(task),
            epilog=self.epilog,
            context_settings={"help_option_names": help_names},
        )


def _task_help(task: Task) -> str:
    from kit.escape import visible

    docstring = task.python_interface.docstring
    said = docstring.short_description if docstring else None
    return visible(said or f"Run the task {task.name}.")


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
