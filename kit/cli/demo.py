"""``kit demo``: a task type on real data, from its definition to its outputs."""

from __future__ import annotations

import contextlib
import csv
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from kit.cli import EPILOG, ExitStatus, status_of
from kit.definition.executor import ShimTaskExecutor
from kit.definition.interface import Docstring, Interface
from kit.definition.settings import SerializationSettings
from kit.errors import StorageError
from kit.task.task import PythonCustomizedContainerTask
from kit.template.view import TaskTemplateView

if TYPE_CHECKING:
    from rich.console import Console

    from kit.running.run import Run

__all__ = [
    "COLUMNS",
    "SQLiteConfig",
    "SQLiteQueryExecutor",
    "SQLiteQueryTask",
    "command",
    "find_table",
    "heaviest",
    "write_database",
]


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


COLUMNS = {
    "species": "TEXT",
    "island": "TEXT",
    "bill_length_mm": "REAL",
    "bill_depth_mm": "REAL",
    "flipper_length_mm": "INTEGER",
    "body_mass_g": "INTEGER",
    "sex": "TEXT",
    "year": "INTEGER",
}
"""The columns of the table ``penguins`` and their SQL types."""

_MISSING = "NA"


def find_table() -> Path:
    """Return the path of penguins.csv in the installed package.

    Raises:
        StorageError: The package is not installed; the text says how to get it.
    """
    import importlib.util

    spec = importlib.util.find_spec("palmerpenguins")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        table = Path(folder) / "data" / "penguins.csv"
        if table.is_file():
            return table
    msg = (
        "The demo needs the table of the package palmerpenguins, which is not "
        "installed. Install it with: pip install 'flyte-task-kit[demo]'"
    )
    raise StorageError(msg)


def write_database(path: Path) -> int:
    """Write a new SQLite file with the table ``penguins`` and return its row count.

    Raises:
        StorageError: The package is not installed, or the file cannot be written.
    """
    table = find_table()
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    places = ", ".join("?" for _ in COLUMNS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(path)) as database, database:
            database.execute(f"CREATE TABLE penguins ({columns})")
            database.executemany(
                f"INSERT INTO penguins VALUES ({places})",  # noqa: S608 - fixed names
                _rows(table),
            )
            return int(database.execute("SELECT count(*) FROM penguins").fetchone()[0])
    except (OSError, sqlite3.Error) as error:
        msg = f"The database {str(path)!r} cannot be written: {error}."
        raise StorageError(msg) from error


def _rows(table: Path) -> list[tuple[str | None, ...]]:
    """Read the table; SQLite makes numbers of the texts by the columns' types."""
    with table.open(encoding="utf-8", newline="") as file:
        return [
            tuple(None if row[name] == _MISSING else row[name] for name in COLUMNS)
            for row in csv.DictReader(file)
        ]


_ROWS = list[dict]  # type: ignore[type-arg]  # a bare dict is Flyte's for any value

HEAVIEST = """\
SELECT species, island, sex, body_mass_g, flipper_length_mm
FROM penguins
WHERE species = :species AND body_mass_g IS NOT NULL
ORDER BY body_mass_g DESC, flipper_length_mm DESC
LIMIT :limit"""


@dataclass(frozen=True)
class SQLiteConfig:
    """What an SQLite query needs to know.

    Attributes:
        uri: Path of the SQLite file.
        query: SQL with a ``:name`` for each input.
    """

    uri: str
    query: str


class SQLiteQueryExecutor(ShimTaskExecutor[TaskTemplateView]):
    """Runs the query of a template; the inputs are its parameters."""

    def execute_from_model(self, tt: TaskTemplateView, **kwargs: Any) -> Any:
        """Return the rows as dictionaries, and how many there are."""
        path = Path(tt.custom["uri"]).absolute()
        print(f"querying {path.name} with {kwargs}")  # noqa: T201 - the task's log
        uri = f"file:{quote(str(path))}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as database:
            database.row_factory = sqlite3.Row
            rows = database.execute(tt.custom["query"], kwargs).fetchall()
        return {"rows": [dict(row) for row in rows], "count": len(rows)}


class SQLiteQueryTask(PythonCustomizedContainerTask[SQLiteConfig]):
    """A query on an SQLite file, with the outputs ``rows`` and ``count``."""

    def __init__(
        self,
        name: str,
        config: SQLiteConfig,
        *,
        inputs: dict[str, Any],
        docstring: str = "",
        container_image: str = "ghcr.io/acme/sqlite-task:1.0",
    ) -> None:
        super().__init__(
            name,
            config,
            container_image,
            SQLiteQueryExecutor,
            task_type="sqlite-query",
            interface=Interface(
                inputs=inputs,
                outputs={"rows": _ROWS, "count": int},
                docstring=Docstring(docstring),
            ),
        )

    def get_custom(self, settings: SerializationSettings) -> dict[str, Any]:
        """Put the query and the file's path into the template."""
        del settings
        return {"uri": self.task_config.uri, "query": self.task_config.query}


def heaviest(database: Path) -> SQLiteQueryTask:
    """Make the task that finds the heaviest penguins of a species."""
    return SQLiteQueryTask(
        "penguins.heaviest",
        SQLiteConfig(uri=str(database), query=HEAVIEST),
        inputs={"species": (str, "Gentoo"), "limit": (int, 3)},
        docstring=(
            "Find the heaviest penguins of a species.\n\n"
            "Args:\n"
            "    species: Adelie, Chinstrap or Gentoo.\n"
            "    limit: How many to return.\n\n"
            "Returns:\n"
            "    The rows, and their number.\n"
        ),
    )
