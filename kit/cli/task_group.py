"""Commands that take a task, and the task's inputs as options of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from kit.cli.status import EPILOG, ExitStatus
from kit.cli.task_names import file_of, inputs_in
from kit.cli.task_target import TaskTarget

if TYPE_CHECKING:
    from kit.task.customized_container import PythonCustomizedContainerTask

    Task = PythonCustomizedContainerTask[Any]

__all__ = ["TaskGroup"]

CarryOut = Callable[["Task", Mapping[str, Any], Mapping[str, Any]], ExitStatus]
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
        from kit.cli.target import load_task

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
        from kit.cli.input_flags import given_inputs, input_flags

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
    from kit.display.escape import visible

    docstring = task.python_interface.docstring
    said = docstring.short_description if docstring else None
    return visible(said or f"Run the task {task.name}.")
