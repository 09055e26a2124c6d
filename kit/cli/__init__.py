"""The command ``kit``: the entry point; the rest is loaded when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Args:
        argv: Arguments without the program's name; None takes the process's.
    """
    try:
        from kit.cli.app import run_app

        return run_app(argv)
    except ModuleNotFoundError as error:  # click now, or rich when something is shown
        return _report_missing(error)
    except KeyboardInterrupt:
        sys.stderr.write("Cancelled.\n")
        return 130


def _report_missing(error: ModuleNotFoundError) -> int:
    if error.name is None or error.name.partition(".")[0] not in ("click", "rich"):
        raise error
    sys.stderr.write(
        f"The command kit needs {error.name}, which is not installed. Install it with\n"
        "    pip install 'flyte-task-kit[cli]'\n"
    )
    return 2
