"""A task type of its own, in the class form: a query on an SQLite file."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kit.definition.executor import ShimTaskExecutor
from kit.definition.interface import Docstring, Interface
from kit.definition.settings import SerializationSettings
from kit.task.task import PythonCustomizedContainerTask
from kit.template.view import TaskTemplateView

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
