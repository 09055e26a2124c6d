"""``kit demo``: run a SQL task on real data, step by step."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kit.cli.app import EPILOG, ExitStatus, status_of

if TYPE_CHECKING:
    from rich.console import Console

    from kit.demo.sqlite import SQLiteQueryTask
    from kit.running.run import Run


_SPECIES = ("Adelie", "Chinstrap", "Gentoo")


@click.command("demo", epilog=EPILOG)
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the files go (default: a new temporary folder).",
)
@click.option(
    "--species",
    type=click.Choice(_SPECIES),
    default="Gentoo",
    show_default=True,
    help="Whose heaviest to look for.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="How many to find.",
)
def command(directory: Path | None, species: str, limit: int) -> ExitStatus:
    """Run a SQL task on real data, step by step.

    Writes the Palmer penguins into an SQLite file, defines a task that queries it,
    shows the task's template, command and loader arguments, runs it in a fresh process
    by these very arguments, and shows its outputs and where its files are.
    """
    from kit.display.console import make_console
    from kit.running.start import run

    console = make_console()
    folder = _folder(directory)
    _step(console, 1, "Real data: the Palmer penguins, as an SQLite file")
    task = _prepare(console, folder / "penguins.sqlite")
    _step(console, 2, "The task: its template is all that a container gets to see")
    _show(console, task)
    _step(console, 3, "A run in a fresh process, by the template's own command")
    done = run(
        task,
        species=species,
        limit=limit,
        directory=_new_run_folder(folder),
        on_log=lambda line: console.print(_logged(line.stream, line.text), style="dim"),
    )
    _show_run(console, done)
    return status_of(done.outcome)


def _folder(directory: Path | None) -> Path:
    if directory is None:
        return Path(tempfile.mkdtemp(prefix="kit-demo-"))
    return directory.absolute()


def _new_run_folder(folder: Path) -> Path:
    """Number the runs of a folder that is used again."""
    number = 1
    while (folder / f"run-{number}").exists():
        number += 1
    return folder / f"run-{number}"


def _step(console: Console, number: int, title: str) -> None:
    console.print(f"\n{number}. {title}", style="bold green")


def _prepare(console: Console, database: Path) -> SQLiteQueryTask:
    from kit.demo.penguins import write_database
    from kit.demo.sqlite import heaviest

    count = write_database(database)
    console.print(f"   {count} penguins in {database}", overflow="fold")
    return heaviest(database)


def _show(console: Console, task: SQLiteQueryTask) -> None:
    from kit.display.console import print_summary
    from kit.display.of_template import summarize_task
    from kit.template.serialize import LOCAL_SETTINGS

    print_summary(summarize_task(task, LOCAL_SETTINGS), console)


def _logged(stream: str, text: str) -> str:
    from kit.escape import visible

    return f"   {stream}  {visible(text)}"


def _show_run(console: Console, run: Run) -> None:
    from kit.display.console import print_summary
    from kit.display.of_runs import summarize_run

    print_summary(summarize_run(run, with_command=True, with_logs=False), console)
