"""Find the task that ``module:task`` or ``path/to/file.py:task`` names."""

from __future__ import annotations

import ast
import importlib
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
)

from kit.cli import EPILOG, ExitStatus, LoadError
from kit.definition.interface import Interface, is_optional
from kit.definition.parsing import Parser, as_text, parser_for
from kit.errors import nearest
from kit.escape import one_line, shorten, visible
from kit.shim.executable import RAISED
from kit.task.task import PythonCustomizedContainerTask

if TYPE_CHECKING:
    from kit.runners.runner import Runner

__all__ = [
    "TEMPLATES",
    "InputFlag",
    "TaskGroup",
    "TaskTarget",
    "chosen_runner",
    "command",
    "docker_flags",
    "file_of",
    "given",
    "given_inputs",
    "input_flags",
    "inputs_in",
    "load_task",
    "settings_flags",
    "tasks_in",
]


Task = PythonCustomizedContainerTask[Any]


def load_task(target: str) -> Task:
    """Import a module and return its task.

    The module's name is what an import from the current folder (or, for a file, from
    the folder its outermost package is in) would give it, because that name is written
    into the template.  Without ``:task`` the module's only task is meant.

    Raises:
        LoadError: There is no such module or task, or importing it failed.
    """
    place, _, name = target.rpartition(":") if ":" in target else (target, "", "")
    if not place:
        msg = f"{target!r} names no module: write module:task or path/to/file.py:task."
        raise LoadError(msg)
    module = _import_file(Path(place)) if _is_file(place) else _import_module(place)
    return _named(module, name) if name else _only(module)


def _is_file(place: str) -> bool:
    return place.endswith(".py") or "/" in place


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise LoadError(f"There is no file {str(path)!r}.")
    path = path.resolve()
    folder, parts = path.parent, [path.stem]
    if path.name == "__init__.py":
        folder, parts = path.parent.parent, [path.parent.name]
    while (folder / "__init__.py").is_file():
        folder, parts = folder.parent, [folder.name, *parts]
    for part in parts:
        if not part.isidentifier():
            msg = (
                f"{str(path)!r} cannot be imported, because {part!r} is no Python "
                "name, and containers import executors by their module's. Rename it."
            )
            raise LoadError(msg)
    module = _import(".".join(parts), folder)
    _check_origin(module, path)
    return module


def _check_origin(module: ModuleType, path: Path) -> None:
    origin = getattr(module, "__file__", None)
    if origin is None or Path(origin).resolve() != path:
        msg = (
            f"{str(path)!r} cannot be imported: the name {module.__name__!r} is "
            f"already taken by {origin or 'a built-in module'}. Rename the file."
        )
        raise LoadError(msg)


def _import_module(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        msg = f"{name!r} is no module name. Write module:task or path/to/file.py:task."
        raise LoadError(msg)
    return _import(name, Path.cwd())


def _import(name: str, folder: Path) -> ModuleType:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            msg = (
                f"There is no module {error.name!r} in {folder} or on the import path."
            )
            raise LoadError(msg) from error
        raise _import_failure(name, error) from error
    except RAISED as error:
        raise _import_failure(name, error) from error


def _import_failure(name: str, error: BaseException) -> LoadError:
    """Show the module's own frames of the traceback, and none of kit's."""
    frames = error.__traceback__
    while frames is not None and _is_ours(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    text = "".join(traceback.format_exception(type(error), error, frames)).rstrip()
    return LoadError(f"Importing {name} failed.", detail=visible(text))


def _is_ours(filename: str) -> bool:
    if filename == __file__ or filename.startswith("<frozen importlib"):
        return True
    return filename.endswith("importlib/__init__.py")


def _named(module: ModuleType, name: str) -> Task:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            msg = f"{module.__name__} has no {name!r}."
            raise LoadError(msg + nearest(name, _tasks(module)) + _offer(module))
        found = getattr(found, part)
    if not isinstance(found, PythonCustomizedContainerTask):
        msg = f"{module.__name__}:{name} is a {type(found).__name__}, not a task."
        raise LoadError(msg + _offer(module))
    return found


def _only(module: ModuleType) -> Task:
    tasks = _tasks(module)
    if len(tasks) == 1:
        return next(iter(tasks.values()))
    if not tasks:
        msg = f"{module.__name__} has no task at its top level."
        raise LoadError(msg)
    msg = f"{module.__name__} has {len(tasks)} tasks; say which."
    raise LoadError(msg + _offer(module))


def _tasks(module: ModuleType) -> dict[str, Task]:
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, PythonCustomizedContainerTask)
    }


def _offer(module: ModuleType) -> str:
    names = ", ".join(f"{module.__name__}:{name}" for name in sorted(_tasks(module)))
    return f" Its tasks: {names}." if names else " It has no tasks."


_DECORATOR = "container_task"
_MOST_BYTES = 1_000_000


def file_of(place: str) -> Path:
    """Return where a module is, named by its path or from the current folder.

    >>> file_of("etl/load.py").as_posix(), file_of("etl.load").as_posix()
    ('etl/load.py', 'etl/load.py')
    """
    if "/" in place or place.endswith(".py"):
        return Path(place)
    module = Path(*place.split("."))
    package = module / "__init__.py"
    return package if package.is_file() else module.with_suffix(".py")


def tasks_in(path: Path) -> list[str]:
    """Return the names that a file gives to tasks at its top level.

    They are functions with the decorator, and what a call of a name that ends in
    ``Task`` or of the decorator is assigned to.
    """
    return sorted({name for node in _statements(path) for name in _names(node)})


def inputs_in(path: Path, task: str) -> list[str]:
    """Return the inputs of a function that is a task; none of other tasks."""
    for node in _statements(path):
        if isinstance(node, ast.FunctionDef) and task in _names(node):
            places = [*node.args.posonlyargs, *node.args.args]
            inputs = [*places[1:], *node.args.kwonlyargs]  # the template comes first
            return [argument.arg for argument in inputs]
    return []


def _statements(path: Path) -> list[ast.stmt]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return []
        return ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError, RecursionError):
        return []  # what cannot be read offers nothing


def _names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef):
        if any(_callee(decorator) == _DECORATOR for decorator in node.decorator_list):
            yield node.name
    elif isinstance(node, ast.Assign) and _makes_task(node.value):
        yield from (t.id for t in node.targets if isinstance(t, ast.Name))


def _makes_task(value: ast.expr) -> bool:
    name = _callee(value)
    if isinstance(value, ast.Call) and not name:
        return _makes_task(value.func)  # container_task(…)(function)
    return isinstance(value, ast.Call) and (name == _DECORATOR or name.endswith("Task"))


def _callee(node: ast.expr) -> str:
    """Return the last name of what is called, or of a name; empty for others."""
    called = node.func if isinstance(node, ast.Call) else node
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


TEMPLATES = (".pb", ".json", ".yaml", ".yml", ".pbtxt")
"""The endings of files that hold a template."""


class TaskTarget(click.types.StringParamType):
    """``module:task`` or ``path/to/file.py:task``, completed from the files there.

    Args:
        files: Endings of the files that may stand for a task.
    """

    def __init__(self, files: tuple[str, ...] = ()) -> None:
        self._files = files

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - idem
        incomplete: str,
    ) -> list[CompletionItem]:
        """Complete folders, files, and the tasks of Python files."""
        place, colon, _ = incomplete.partition(":")
        words = (
            _tasks_of_task_target(place, file_of(place))
            if colon
            else self._in_folder(place)
        )
        return [CompletionItem(word) for word in words if word.startswith(incomplete)]

    def _in_folder(self, place: str) -> Iterator[str]:
        """Yield what is in a folder: tasks, files, and folders to go into."""
        folder, slash, _ = place.rpartition("/")
        try:
            entries = sorted(Path(folder or slash or ".").iterdir())
        except OSError:
            return
        for entry in entries:
            word = f"{folder}{slash}{entry.name}"
            if not word.startswith(place) or entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield f"{word}/"
            elif entry.suffix == ".py":
                yield from _tasks_of_task_target(word, entry)
            elif entry.name.endswith(self._files):
                yield word


def _tasks_of_task_target(place: str, file: Path) -> Iterator[str]:
    return (f"{place}:{task}" for task in tasks_in(file))


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


F = TypeVar("F", bound=Callable[..., Any])


def settings_flags(*, where: str) -> Callable[[F], F]:
    """Give a command ``--runtime``, ``--project``, ``--domain`` and ``--version``.

    Args:
        where: Behind the name of each of the last three: what it is for.
    """
    flags = [
        click.option(
            "--runtime",
            type=click.Choice(["kit", "flytekit"]),
            help="What runs in the container (default: the task's own choice, or kit).",
        ),
        *(
            click.option(f"--{name}", help=f"{name.capitalize()} {where}.")
            for name in ("project", "domain", "version")
        ),
    ]

    def decorate(command: F) -> F:
        for flag in reversed(flags):
            command = flag(command)
        return command

    return decorate


def given(flags: Mapping[str, str | None]) -> dict[str, str]:
    """Return the flags that were given."""
    return {name: value for name, value in flags.items() if value is not None}


_NAMES = ("network", "pull", "platform")


def docker_flags() -> list[click.Option]:
    """Make ``--network``, ``--pull`` and ``--platform``."""
    return [
        click.Option(
            ["--network", "network"],
            metavar="NAME",
            help="With --runner docker: none (the default), bridge, host, or the name "
            "of a network.",
        ),
        click.Option(
            ["--pull", "pull"],
            type=click.Choice(["never", "missing", "always"]),
            help="With --runner docker: whether to pull the image (default: never).",
        ),
        click.Option(
            ["--platform", "platform"],
            metavar="OS/ARCH",
            help="With --runner docker: what to run of an image that is for several, "
            "such as linux/arm64.",
        ),
    ]


def chosen_runner(options: Mapping[str, Any]) -> str | Runner:
    """Return the runner that flags choose.

    Raises:
        UsageError: A flag of :func:`docker_flags` stands beside another runner.
        CallError: The network has no name.
    """
    name = options.get("runner") or "subprocess"
    said = {key: options[key] for key in _NAMES if options.get(key) is not None}
    if not said:
        return str(name)
    if name != "docker":
        flags = ", ".join(f"--{key}" for key in said)
        msg = (
            f"Only containers take {flags}, and --runner is {name}: add --runner "
            "docker, or leave that out."
        )
        raise click.UsageError(msg)
    from kit.runners.docker import DockerRunner

    return DockerRunner(**said)


_HELP = """Print the script that lets a shell complete commands, options and tasks.

\b
  eval "$(kit completion bash)"            in ~/.bashrc
  eval "$(kit completion zsh)"             in ~/.zshrc
  kit completion fish > ~/.config/fish/completions/kit.fish

Tasks are found by reading the Python files of a folder, without running them.
"""
_VARIABLE = "_KIT_COMPLETE"


class _Bash(BashComplete):
    """Click's, for words with a colon in them, which bash takes for several words."""

    source_template = r"""\
%(complete_func)s() {
    local IFS=$'\n' line word current prefix= inside= words=()
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if [[ $word =~ ^[:=]+$ || $inside ]]; then
            words[-1]+=$word
            [[ $word =~ ^[:=]+$ ]] && inside=yes || inside=
        else
            words+=("$word")
        fi
    done
    current=${words[-1]}
    [[ $COMP_WORDBREAKS == *:* ]] && prefix=${current%%"${current##*:}"}
    COMPREPLY=()
    for line in $(env COMP_WORDS="${words[*]}" COMP_CWORD=$((${#words[@]} - 1)) \
            %(complete_var)s=bash_complete $1); do
        case $line in
            plain,*) line=${line#plain,}; COMPREPLY+=("${line#"$prefix"}") ;;
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
        esac
    done
    [[ ${COMPREPLY[0]} == */ ]] && compopt -o nospace
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@click.command("completion", help=_HELP, epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script of a shell."""
    kinds = {"bash": _Bash, "zsh": ZshComplete, "fish": FishComplete}
    group = click.get_current_context().find_root().command
    completion = kinds[shell](group, {}, "kit", _VARIABLE)
    # Not its source(), which starts a bash to ask for its version.
    click.echo(completion.source_template % completion.source_vars())
