"""Workflows run here on the literals that a cluster would pass on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from task.workflows import StepTask, make, point, total

import kit
from kit.errors import ConversionError


@dataclass
class Box:
    label: str
    sizes: list[int] = field(default_factory=list)
    inner: dict[str, int] = field(default_factory=dict)


class Give(kit.ShimTaskExecutor):
    """Returns what the template's `step` names."""

    def execute_from_model(self, tt: Any, **_: Any) -> Any:
        return {
            "box": Box("a", [3, 4], {"k": 5}),
            "maps": [{"a": 1}, {"b": 2}],
            "maybe": [7, 8],
        }[tt.custom["step"]]


class Count(kit.ShimTaskExecutor):
    """Notes what it is called with."""

    runs: ClassVar[list[int]] = []

    def execute_from_model(self, _tt: Any, n: int) -> int:
        self.runs.append(n)
        return n


def give(step: str, python_type: Any) -> StepTask:
    """Define a task that gives one value."""
    return StepTask(
        *(f"give.{step}", step, "ghcr.io/acme/flows:1", Give),
        interface=kit.Interface({}, {"o": python_type}),
    )


@pytest.mark.parametrize(
    ("task", "reach", "python_type", "expected"),
    [
        (give("box", Box), lambda box: box.label, str, "a"),
        (give("box", Box), lambda box: box.sizes[1], int, 4),
        (give("box", Box), lambda box: box["inner"]["k"], int, 5),
        (give("box", Box), lambda box: box.sizes, list[int], [3, 4]),
        (give("maps", list[dict[str, int]]), lambda maps: maps[1]["b"], int, 2),
        (give("maybe", list[int] | None), lambda xs: xs[0], int, 7),
    ],
)
def test_a_promise_leads_into_values(task, reach, python_type, expected) -> None:
    """Fields, keys and positions, of structs, maps and lists."""
    flow = kit.workflow("w")
    promise = flow.add_entity(task).outputs["o"]
    flow.add_output("found", reach(promise), python_type)
    assert flow() == expected


@pytest.mark.parametrize(
    ("task", "reach", "words"),
    [
        (give("box", Box), lambda box: box.nothing, "there is no 'nothing'"),
        (give("box", Box), lambda box: box.label.x, "there is no 'x'"),
        (give("maps", list[dict[str, int]]), lambda maps: maps[9], "there is no 9"),
        (give("maps", list[dict[str, int]]), lambda maps: maps["a"], "no 'a'"),
        (give("maps", list[dict[str, int]]), lambda maps: maps[0]["c"], "no 'c'"),
        (give("maps", list[dict[str, int]]), lambda m: m[0]["a"]["b"], "no 'b'"),
    ],
)
def test_a_promise_that_leads_nowhere_says_so(task, reach, words: str) -> None:
    """The words begin as flytekit's; the path says how far it went."""
    flow = kit.workflow("w")
    flow.add_output("found", reach(flow.add_entity(task).outputs["o"]), int)
    with pytest.raises(ConversionError, match=f"leads to nothing: .*{words}") as caught:
        flow()
    assert caught.value.path[0] == "o"


def test_a_promise_is_taken_where_it_is_optional() -> None:
    """What is not a union is taken as one of its variants."""

    @kit.workflow
    def flow(n: int, note: str) -> int:
        return total(xs=make(n=n), note=note)

    assert flow(n=4, note="x") == 6


def test_a_field_is_passed_on() -> None:
    """A field of a dataclass is the input of the next task."""

    @kit.workflow
    def flow(x: int) -> int:
        return total(xs=[point(x=x).x, 1])

    assert flow(x=4) == 5


def test_the_workflow_stays_as_it_was() -> None:
    """Each run starts from the inputs it was given."""

    @kit.workflow
    def flow(n: int) -> list[int]:
        return make(n=n)

    assert [flow(n=1), flow(n=2), flow(n=1)] == [[0], [0, 1], [0]]


def test_a_cached_task_runs_once(tmp_path, monkeypatch) -> None:
    """A node takes what an equal run left in the local cache."""
    monkeypatch.setenv("HOME", str(tmp_path))
    task = StepTask(
        *("count.task", "count", "ghcr.io/acme/flows:1", Count),
        interface=kit.Interface({"n": int}, {"o": int}),
        metadata=kit.TaskMetadata(cache=True, cache_version="1"),
    )
    with kit.workflow("w") as flow:
        for n in (1, 1, 2):
            task(n=n)
    Count.runs.clear()
    with pytest.warns(UserWarning, match="from the local cache"):
        assert flow() is None
    assert Count.runs == [1, 2]
