"""What is shown and what is run, against the time or size that it may take.

No other tool has these views, so there is nothing to compare them with: each stands
against a bound that a person notices.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import timed

TESTS = Path(__file__).parents[1] / "tests"
CHROMIUM = Path("/usr/bin/chromium")


@dataclass(frozen=True)
class Bound:
    """One line of the table.

    Attributes:
        what: What was done.
        value: What it took, in ``unit``.
        unit: ``ms``, ``KB``, ``x`` (times as much), ….
        bound: What it may take, or with ``at_least`` what it must reach.
        at_least: Whether more is better.
    """

    what: str
    value: float
    unit: str
    bound: float
    at_least: bool = False


def bounds(*, quick: bool) -> Iterator[Bound]:
    """Measure everything, row by row."""
    yield from showing(5 if quick else 15)
    yield from checking(20 if quick else 100)
    yield from growing(3 if quick else 7)
    yield from logging_lines(3 if quick else 7)
    yield from containing(5 if quick else 15)
    yield from previewing()
    yield from editing()


def showing(repeats: int) -> Iterator[Bound]:
    """Draw a template of 60 KB, and count what a usual one takes."""
    from kit.display.console import plain_text
    from kit.display.html import fragment, style_element
    from kit.display.notebook import summarize

    template = template_of_60_kilobytes()
    html = milliseconds(lambda: fragment(summarize(template)), repeats)
    text = milliseconds(lambda: plain_text(summarize(template)), repeats)
    size = template.ByteSize() / 1000
    yield Bound(f"template of {size:.0f} KB → HTML", html, "ms", 20)
    yield Bound("… → text by rich", text, "ms", 40)
    usual = style_element() + fragment(summarize(usual_task()))
    yield Bound("HTML of a usual task, with CSS", len(usual.encode()) / 1024, "KiB", 40)


def checking(repeats: int) -> Iterator[Bound]:
    """Check a usual task."""
    import kit

    task = usual_task()
    spent = milliseconds(lambda: kit.check(task), repeats)
    yield Bound("checks of a usual task", spent, "ms", 10)
    sandbox = kit.Platform.sandbox()
    spent = milliseconds(lambda: kit.pod(task, sandbox), repeats)
    yield Bound("pod of a usual task", spent, "ms", 10)
    spent = milliseconds(lambda: kit.pod(task, sandbox).yaml, repeats)
    yield Bound("… as YAML with sources", spent, "ms", 50)


def growing(repeats: int) -> Iterator[Bound]:
    """Show ten times the variables."""
    from kit.display.console import plain_text
    from kit.display.html import fragment
    from kit.display.notebook import summarize

    few, many = task_of(100), task_of(1000)
    for name, face in (("HTML", fragment), ("text", plain_text)):
        one = milliseconds(lambda face=face: face(summarize(few)), repeats)
        ten = milliseconds(lambda face=face: face(summarize(many)), repeats)
        yield Bound(f"1,000 variables over 100 → {name}", ten / one, "x", 12)


LINES = 100_000


def logging_lines(repeats: int) -> Iterator[Bound]:
    """Run a task that writes many lines, start and end of its process included."""
    from chatty import chatty

    import kit

    def work() -> None:
        run = kit.run(chatty, lines=LINES, on_log=lambda _: None)
        assert len(run.logs) + run.logs.dropped == LINES

    seconds = milliseconds(work, repeats) / 1000
    yield Bound(
        f"{LINES:,} lines into a run's log",
        *(LINES / seconds, "lines/s", 50_000),
        at_least=True,
    )


def containing(repeats: int) -> Iterator[Bound]:
    """Run a task in a container, and the command line that does the same."""
    from containers import BrokenEngineError, overhead_of_the_runner, why_no_engine

    reason = why_no_engine()
    if reason is not None:
        print(f"left out, because {reason}: a run in a container")
        return
    try:
        spent = overhead_of_the_runner(repeats)
    except BrokenEngineError as error:
        print(f"left out, because the engine is broken ({error}): a run in a container")
        return
    yield Bound("docker runner over `docker run`", spent, "ms", 150)


def previewing() -> Iterator[Bound]:
    """Open, edit, follow and close previews in a kernel."""
    from live_views import rows

    for what, value, unit, bound in rows():
        yield Bound(what, value, unit, bound)


def editing() -> Iterator[Bound]:
    """Open and edit a preview in JupyterLab, from the event to the page."""
    if not CHROMIUM.exists():
        print(f"left out, for {CHROMIUM} is not there: a preview in JupyterLab")
        return
    sys.path[:0] = [str(TESTS / "widgets"), str(TESTS / "display")]
    import drive_lab
    from lab import Lab, browser, jupyter, write_notebook

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "edit.ipynb")
        write_notebook(path, "import kit", drive_lab.TASK, *[drive_lab.PREVIEW] * 5)
        with jupyter(Path(folder)) as server, browser() as chromium:
            lab = Lab(chromium.new_page(), server, path.name)
            if not all(map(lab.run, (0, 1))):
                msg = "the notebook of the preview failed"
                raise RuntimeError(msg)
            lab.page.wait_for_timeout(2_000)  # a person reads, and kit loads its views
            opened = [_opened(lab, index) for index in range(2, 7)]
            spent = drive_lab.timed(lab.page)
            save = "() => window.jupyterapp.commands.execute('docmanager:save')"
            lab.page.evaluate(save)
            saved = path.stat().st_size / 1000
    yield Bound("first preview → page, in JupyterLab", opened[0], "ms", 1000)
    yield Bound("next previews → page", statistics.median(opened[1:]), "ms", 400)
    yield Bound("edit in JupyterLab → page changed", spent, "ms", 60)
    yield Bound("notebook saved with 5 previews", saved, "KB", 250)


def _opened(lab: Any, index: int) -> float:
    """Run the cell of a preview, and return when its message is there."""
    start = time.perf_counter()
    lab.run(index)
    cell = lab.page.locator(".jp-CodeCell").nth(index)
    cell.locator(".kit-message").wait_for()
    return 1000 * (time.perf_counter() - start)


def milliseconds(work: Callable[[], Any], repeats: int) -> float:
    """Return the median of some repeats."""
    side = timed(lambda _: work())
    side()
    return 1000 * statistics.median(side().seconds for _ in range(repeats))


def usual_task() -> Any:
    """Make a task as people write them."""
    from rows import kit_task

    return kit_task(0)


def template_of_60_kilobytes() -> Any:
    """Make a template whose custom holds many records."""
    from rows import kit_settings, kit_task

    from kit.template.custom import fill_struct
    from kit.template.serialize import task_template

    template = task_template(kit_task(0), kit_settings())
    rows = [{"name": f"x{n}", "value": n * 1.5, "tags": ["a"]} for n in range(1060)]
    template.custom.Clear()
    fill_struct(template.custom, {"rows": rows})
    return template


def task_of(count: int) -> Any:
    """Make a task with so many inputs."""
    from kit_executor import Add

    from kit.definition.interface import Interface
    from kit.task.task import PythonCustomizedContainerTask

    types: tuple[Any, ...] = (int, str, list[int], dict[str, float], bool)
    interface = Interface({f"n{n}": types[n % 5] for n in range(count)}, {"o": int})
    return PythonCustomizedContainerTask(
        f"bench.wide_{count}", None, "acme/add:1", Add, interface=interface
    )
