"""The Palmer penguins: 344 real rows, for the demo and the tutorials.

``penguins.csv`` is the table of the package palmerpenguins, in the public domain (CC0
1.0), https://allisonhorst.github.io/palmerpenguins. The data are of the Palmer Station
LTER: Gorman KB, Williams TD, Fraser WR (2014), PLoS ONE 9(3): e90081.
"""

from __future__ import annotations

import contextlib
import csv
import sqlite3
from pathlib import Path

from kit.errors import StorageError

TABLE = Path(__file__).with_name("penguins.csv")
"""A CSV file with a header; missing values are ``NA``."""

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


def write_database(path: Path) -> int:
    """Write a new SQLite file with the table ``penguins`` and return its row count.

    Raises:
        StorageError: The file cannot be written.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    places = ", ".join("?" for _ in COLUMNS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(path)) as database, database:
            database.execute(f"CREATE TABLE penguins ({columns})")
            database.executemany(
                f"INSERT INTO penguins VALUES ({places})",  # noqa: S608 - fixed names
                _rows(),
            )
            return int(database.execute("SELECT count(*) FROM penguins").fetchone()[0])
    except (OSError, sqlite3.Error) as error:
        msg = f"The database {str(path)!r} cannot be written: {error}."
        raise StorageError(msg) from error


def _rows() -> list[tuple[str | None, ...]]:
    """Read the table; SQLite converts the texts by the types of the columns."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [
            tuple(None if row[name] == _MISSING else row[name] for name in COLUMNS)
            for row in csv.DictReader(file)
        ]
