"""What is shown is made at once, and grows with what there is, not faster."""

from __future__ import annotations

import time

import pytest
from display_tasks import plain_task
from flyteidl.core.tasks_pb2 import TaskTemplate

import kit
from kit.display.console import plain_text
from kit.display.html import fragment
from kit.display.notebook import summarize
from kit.template.custom import fill_struct
from kit.template.serialize import LOCAL_SETTINGS, task_template


def least(function, times: int = 7) -> float:
    """Return the least milliseconds that a function took."""
    spans = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        spans.append(time.perf_counter() - start)
    return 1000 * min(spans)


CUSTOMS = {
    "records": {
        "rows": [{"name": f"x{n}", "value": n * 1.5, "tags": ["a"]} for n in range(950)]
    },
    "nested": {f"k{n}": {"a": {"b": {"n": n, "text": f"t {n}"}}} for n in range(1000)},
    "texts": {f"k{n}": "lorem ipsum dolor sit amet " * 3 for n in range(640)},
    "source": {"text": "def f(x):\n    return {'a': x + 1}\n" * 1700},
}


@pytest.fixture(params=CUSTOMS)
def template(request) -> TaskTemplate:
    """Make a template of about 60 KB."""
    made = task_template(plain_task(), LOCAL_SETTINGS)
    fill_struct(made.custom, CUSTOMS[request.param])
    assert 50_000 < made.ByteSize() < 80_000
    return made


def test_60_kilobytes_are_shown_at_once(template):
    """In what 100,000 short texts take for HTML, and twice that for a terminal."""
    unit = least(lambda: [f"{number} texts" for number in range(100_000)])
    assert least(lambda: fragment(summarize(template))) < 6 * unit
    assert least(lambda: plain_text(summarize(template))) < 12 * unit


def many(count: int) -> kit.PythonCustomizedContainerTask:
    """Make a task with so many inputs."""
    types = (int, str, list[int], dict[str, float], bool | None)
    inputs = {f"n{index}": types[index % 5] for index in range(count)}
    return plain_task(interface=kit.Interface(inputs))


@pytest.mark.parametrize(
    "face", [lambda t: fragment(summarize(t)), lambda t: plain_text(summarize(t))]
)
def test_ten_times_the_variables_take_twelve_times_as_long_at_most(face):
    """1,000 variables are shown in linear time."""
    few, lots = many(100), many(1000)
    face(few)
    assert least(lambda: face(lots), 3) < 12 * least(lambda: face(few))


def test_300_variables_are_all_there():
    """None is left out of the interface."""
    drawn = fragment(summarize(many(300)))
    assert all(f">n{index}<" in drawn for index in range(300))


def test_megabytes_are_bounded():
    """Neither face grows with a text of a megabyte or a million values."""
    template = TaskTemplate(type="t")
    template.custom["text"] = "x" * 1_000_000
    template.custom["rows"] = [{"n": n} for n in range(30_000)]
    summary = summarize(template)
    assert len(fragment(summary)) < 400_000
    assert len(plain_text(summary, details=True)) < 100_000
