# ruff: noqa: T201 - executors print
"""Tasks for the command line; imported by fresh processes too."""

from __future__ import annotations

import datetime as dt
import enum
import sys
import time
from typing import Any

from kit.definition.executor import ShimTaskExecutor
from kit.definition.interface import Docstring, Interface
from kit.task.task import PythonCustomizedContainerTask


class Size(enum.Enum):
    """An enum."""

    SMALL = "small"
    LARGE = "large"


class EchoExecutor(ShimTaskExecutor):
    """Tells its inputs."""

    def execute_from_model(self, tt, **kwargs) -> Any:
        """Return the inputs as text, and the number twice."""
        print("to stdout")
        print("\x1b[31mto stderr", file=sys.stderr)
        told = ", ".join(f"{name}={kwargs[name]!r}" for name in sorted(kwargs))
        return {"told": told, "twice": 2 * kwargs["min_rows"]}


class FailExecutor(ShimTaskExecutor):
    """Raises."""

    def execute_from_model(self, tt) -> None:
        """Raise with a text that would colour a terminal."""
        raise ValueError("\x1b[31mbad [red]")


class SleepExecutor(ShimTaskExecutor):
    """Sleeps."""

    def execute_from_model(self, tt) -> None:
        """Say so, and sleep."""
        print("sleeping", flush=True)
        time.sleep(60)


class CliTask(PythonCustomizedContainerTask[None]):
    """A task for the command line."""

    def get_custom(self, settings):
        """Return nothing."""
        return {}


ECHO = Docstring(
    """Tell the inputs.

    Args:
        min_rows: How many rows there are
            at least.
        ratio: A ratio.
        names: Names.
        verbose: Whether to talk.
        when: A time.
        pause: A duration.
        size: How large.
        note: A [bold]note[/bold].
        timeout: An input of a reserved name.
    """
)
echo = CliTask(
    "cli.echo",
    None,
    "acme/cli:1",
    EchoExecutor,
    interface=Interface(
        inputs={
            "min_rows": int,
            "ratio": (float, 0.5),
            "names": (list[str], ["a"]),
            "verbose": (bool, True),
            "when": (dt.datetime, dt.datetime(2024, 5, 1, tzinfo=dt.timezone.utc)),
            "pause": (dt.timedelta, dt.timedelta(minutes=1)),
            "size": (Size, Size.SMALL),
            "note": str | None,
            "timeout": (int, 7),
        },
        outputs={"told": str, "twice": int},
        docstring=ECHO,
    ),
)
fail = CliTask("cli.fail", None, "acme/cli:1", FailExecutor, interface=Interface())
sleep = CliTask("cli.sleep", None, "acme/cli:1", SleepExecutor, interface=Interface())
NOT_A_TASK = 3
