"""``kit-execute``: the command that a task's container runs.

It takes the arguments of ``pyflyte-execute``.  Its exit status says whether a verdict
could be written, not which: Flyte's engine reads that from the files, and reads none of
a container that failed.

===  ===============================================================================
0    outputs.pb or error.pb was written, or the task raised IgnoreOutputs
1    error.pb could not be written; or it was, and ``FLYTE_FAIL_ON_ERROR`` is true
2    the arguments are wrong
130  stopped by SIGINT; nothing was written
143  stopped by SIGTERM; error.pb could not be written
===  ===============================================================================
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one task in this process.

    Args:
        argv: The arguments, without the command's name; the process's own by default.

    Returns:
        The exit status, see the module.
    """
    try:  # loading takes most of the time until the task starts
        from kit.shim.container import run_command

        return run_command(argv)
    except KeyboardInterrupt:
        sys.stderr.write("kit-execute: Aborted!\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
