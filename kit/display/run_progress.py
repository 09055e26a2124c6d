"""A run under way in a terminal: where it stands, and what it wrote last."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from kit.display.escape import visible
from kit.running.run import Run

__all__ = ["run_progress"]

_LINES = 5
_PER_SECOND = 8


@contextlib.contextmanager
def run_progress(run: Run) -> Iterator[None]:
    """Show a run on standard error for as long as this lasts, and wipe it away."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    began = time.monotonic()
    spinner = Spinner("dots")

    def view() -> Group:
        seconds = time.monotonic() - began
        status = (
            f" {visible(run.task)}  {run.phase.value}  {run.runner}  {seconds:.0f} s"
        )
        spinner.update(text=Text(status, style="bold", overflow="ellipsis"))
        lines = [
            Text(f"  {visible(line.text)}", style="dim", no_wrap=True)
            for line in run.logs.tail(_LINES)
        ]
        return Group(*lines, spinner)

    with Live(
        get_renderable=view,
        console=Console(stderr=True),
        refresh_per_second=_PER_SECOND,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield
