"""The Palmer penguins as an SQLite file.

344 penguins of three species, measured from 2007 to 2009 near Palmer Station in
Antarctica (Horst, Hill and Gorman, https://doi.org/10.5281/zenodo.3960218, CC0), as the
PyPI package ``palmerpenguins`` ships them.  That package is never imported, for it
would load pandas: its table is read from the file beside it.
"""

from __future__ import annotations

import contextlib
import csv
import sqlite3
from pathlib import Path

from kit.errors import StorageError

__all__ = ["COLUMNS", "find_table", "write_database"]

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
