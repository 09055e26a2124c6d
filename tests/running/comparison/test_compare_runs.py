"""The same task in several places: what is the same, what is not, and why."""

from __future__ import annotations

import dataclasses
import html
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from comparison_tasks import (
    decked,
    failing,
    files,
    lines,
    numbers,
    points,
    region,
    total,
)
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

import kit
from kit.errors import CallError, ConversionError
from kit.runners import Phase
from kit.runners.outcome import Failure, Outcome
from kit.runners.runner import RunRequest
from kit.running.compare import RunComparison
from kit.shim.deck_page import deck_page

BOTH = ("in-process", "subprocess")
ALONE = ("in-process", kit.SubprocessRunner(isolated=True))


class OlderRunner:
    """Runs the template as an older interface had it, with a float for an integer."""

    name = "older"

    def run(self, request: RunRequest) -> Outcome:
        """Exchange the type and the literal, and run it in a process."""
        template = TaskTemplate.FromString(request.template)
        template.interface.inputs.variables["count"].type.simple = 2
        inputs = LiteralMap.FromString(request.inputs)
        primitive = inputs.literals["count"].scalar.primitive
        primitive.float_value = float(primitive.integer)
        changed = dataclasses.replace(
            request,
            template=template.SerializeToString(),
            inputs=inputs.SerializeToString(),
        )
        return kit.SubprocessRunner().run(changed)


def abouts(comparison: RunComparison) -> list[str]:
    """Name what disagrees and what differs around it."""
    found = (*comparison.disagreements, *comparison.surroundings)
    return [one.about for one in found]


def without_engine(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let no container engine answer."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/nothing.sock")


def test_runs_that_agree():
    """Equal outputs, types and phases are no disagreement."""
    comparison = kit.compare_runs(total, runners=BOTH, rows=[{"a": 1.5}, {"b": 2.0}])
    assert comparison.agree
    assert comparison
    assert abouts(comparison) == []
    assert [run.outputs.o0 for run in comparison.runs.values()] == [3.5, 3.5]
    assert repr(comparison) == "RunComparison('total': in-process, subprocess agree)"
    reports = [run.report for run in comparison.runs.values()]
    assert [one.inputs for one in reports] == [{"rows": "list[dict[str, float]]"}] * 2
    assert [one.outputs for one in reports] == [{"o0": "float"}] * 2


def test_a_variable_of_the_users_shell(monkeypatch):
    """It says what differs where, and which variable is set in some places only."""
    monkeypatch.setenv("BIRDS_REGION", "north")
    comparison = kit.compare_runs(region, runners=ALONE)
    assert not comparison.agree
    (output,) = comparison.disagreements
    assert output.path == "outputs.o0.region"
    assert output.values == {"in-process": "'north'", "subprocess": "'unknown'"}
    assert output.message == (
        "outputs.o0.region is 'north' in-process, 'unknown' in subprocess."
    )
    variable = comparison.surroundings[0]
    assert variable.message == (
        "The variable BIRDS_REGION, which the executor's code names, is set "
        "in-process, and not in subprocess."
    )
    assert "environment={" in variable.advice


def test_a_folder_of_the_users(monkeypatch, tmp_path):
    """A phase that differs comes with its error, advice, and where each run was."""
    (tmp_path / "birds.txt").write_text("a\nb\n")
    monkeypatch.chdir(tmp_path)
    comparison = kit.compare_runs(lines, runners=BOTH, name="birds.txt")
    assert comparison.disagreements[0].message == (
        "The run ended as SUCCEEDED in-process, FAILED (FileNotFoundError) in "
        "subprocess."
    )
    assert "FlyteFile" in comparison.disagreements[0].advice
    assert comparison.surroundings[-1].values == {
        "in-process": "yours",
        "subprocess": "the run's own",
    }
    assert abouts(comparison) == ["phase", "directory"]
    assert comparison.runs["subprocess"].phase is Phase.FAILED


@dataclass(frozen=True)
class Ending:
    """A runner whose runs end in a way of their own."""

    name: str
    error: Failure | None = None
    decks: tuple[str, ...] = ()

    def run(self, request: RunRequest) -> Outcome:
        """Run in this process, then change how it ended."""
        outcome = kit.InProcessRunner().run(request)
        if self.decks:
            path = outcome.directory / "outputs" / "deck.html"
            path.write_text(
                deck_page("page", [(name, "<b>x</b>") for name in self.decks])
            )
            return dataclasses.replace(outcome, deck=path)
        if self.error is None:
            return outcome
        return dataclasses.replace(
            outcome, phase=Phase.FAILED, literals=None, error=self.error
        )


FAILURE = Failure("ValueError", "bad", code="USER:ValueError", traceback="Trace")
ENDINGS = [
    ((Ending("a"), Ending("b", FAILURE)), "phase", "runs['b'].raise_for_error()"),
    ((Ending("a"), Ending("b", Failure("SIGKILL", "no"))), "phase", "runs['b'].logs"),
    ((Ending("a"), Ending("b", Failure("OutOfMemory", "no"))), "phase", "limits="),
    (
        (Ending("a", FAILURE), Ending("b", Failure("KeyError", "bad"))),
        "error",
        "runs['a'].raise_for_error()",
    ),
    ((Ending("a"), Ending("b", decks=("one",))), "decks", "runs[…].decks"),
]


DECKS = [
    ({"b": ("x", "y")}, ("x", "z"), "Beside the 1 that all have, the decks are "),
    ({"b": ("y", "x")}, ("x", "y"), "The order of the decks is x, y in a, y, x in b"),
    ({"b": ()}, ("x",), "The decks are x in a, none in b"),
]


@pytest.mark.parametrize(("others", "first", "text"), DECKS)
def test_decks_are_told_by_what_only_some_have(others, first, text):
    """A long list of the same names would hide them."""
    runners = [
        Ending(name, decks=names) for name, names in {"a": first, **others}.items()
    ]
    comparison = kit.compare_runs(numbers, runners=runners, count=2)
    assert text in comparison.disagreements[0].message


def test_decks_of_a_run_that_failed_are_no_disagreement_of_their_own():
    """It has fewer of them, and the phase says why."""
    runners = (Ending("a", decks=("x",)), Ending("b", FAILURE))
    comparison = kit.compare_runs(numbers, runners=runners, count=2)
    assert abouts(comparison)[0] == "phase"
    assert "decks" not in abouts(comparison)


def text_of(page: str) -> str:
    """Return what is read on a page."""
    return html.unescape(re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize(("runners", "about", "advice"), ENDINGS)
def test_every_disagreement_is_explained(runners, about, advice):
    """With a cause that is known, or where to look; as text and as a page."""
    comparison = kit.compare_runs(numbers, runners=runners, count=2)
    assert abouts(comparison)[0] == about
    found = comparison.disagreements[0]
    assert advice in found.advice
    faces = comparison._repr_mimebundle_()
    for face in (faces["text/plain"], text_of(faces["text/html"])):
        assert "".join(found.message.split()) in "".join(face.split())
        assert "".join(found.advice.split()) in "".join(face.split())


def test_files_are_compared_by_content(monkeypatch):
    """That they lie elsewhere is no difference, what is in them is."""
    assert kit.compare_runs(files, runners=BOTH, text="one").agree
    monkeypatch.setenv("BIRDS_REGION", "two")
    comparison = kit.compare_runs(files, runners=ALONE, text="one")
    (part,) = comparison.disagreements
    assert part.path == "outputs.o1['part.txt']"
    assert part.values["in-process"].startswith("3 bytes, SHA-256 3fc4ccfe")


def test_the_place_in_a_record(monkeypatch):
    """The path leads through lists and fields."""
    monkeypatch.setenv("BIRDS_REGION", "north")
    comparison = kit.compare_runs(points, runners=ALONE, count=10)
    (place,) = comparison.disagreements
    assert place.path == "outputs.o0[3].y"
    assert place.values == {"in-process": "-1.0", "subprocess": "1.5"}


def test_big_outputs(monkeypatch):
    """Equal ones are told quickly, and of unequal ones the first places only."""
    comparison = kit.compare_runs(numbers, runners=BOTH, count=200_000)
    assert comparison.agree

    class Shifting:
        name = "shifting"

        def run(self, request: RunRequest) -> Outcome:
            outcome = kit.InProcessRunner().run(request)
            for literal in outcome.literals.literals["o0"].collection.literals:
                literal.scalar.primitive.integer += 1
            return outcome

    began = time.monotonic()
    shifted = kit.compare_runs(
        numbers, runners=("in-process", Shifting()), count=50_000
    )
    assert len(shifted.disagreements) == 20
    assert shifted.disagreements[0].path == "outputs.o0[0]"
    assert time.monotonic() - began < 20


def test_types_that_the_executor_got():
    """An input that arrives as another type is a disagreement, in words."""
    runners = (*BOTH, OlderRunner())
    comparison = kit.compare_runs(numbers, runners=runners, count=2)
    (place,) = [one for one in comparison.disagreements if one.about == "inputs"]
    assert place.message == (
        "For 'count' the executor got int in-process and in subprocess, float in older."
    )


def test_a_runtime_that_tells_nothing_from_inside():
    """No report comes from flytekit's: what is known is compared."""
    task = kit.container_task(
        image="acme/nowhere:1", name="twice", runtime="flytekit", ship="inline"
    )(twice)
    comparison = kit.compare_runs(task, runners=BOTH, n=2)
    assert comparison.agree
    assert comparison.runs["subprocess"].report is None
    assert comparison.runs["subprocess"].timings.load is None
    assert comparison.measured.peak_memory["subprocess"] is None


def twice(tt, n: int) -> int:
    """Double it."""
    return 2 * n


def test_runs_that_fail_alike():
    """Folders of the runs and addresses in memory are no difference of errors."""
    comparison = kit.compare_runs(failing, runners=BOTH, n=1)
    assert comparison.agree
    assert {run.phase for run in comparison.runs.values()} == {Phase.FAILED}


def test_errors_that_differ():
    """What the engine would do with them counts, too."""

    class Kinder:
        name = "kinder"

        def run(self, request: RunRequest) -> Outcome:
            outcome = kit.SubprocessRunner().run(request)
            error = dataclasses.replace(outcome.error, kind="RECOVERABLE")
            return dataclasses.replace(outcome, error=error)

    comparison = kit.compare_runs(failing, runners=("in-process", Kinder()), n=1)
    (error,) = comparison.disagreements
    assert error.values == {
        "in-process": "USER NON_RECOVERABLE USER:ValueError",
        "kinder": "USER RECOVERABLE USER:ValueError",
    }


def test_decks_are_compared_by_name():
    """A run without its deck disagrees."""

    class Deckless:
        name = "deckless"

        def run(self, request: RunRequest) -> Outcome:
            return dataclasses.replace(kit.InProcessRunner().run(request), deck=None)

    assert kit.compare_runs(decked, runners=BOTH).agree
    comparison = kit.compare_runs(decked, runners=("in-process", Deckless()))
    (decks,) = comparison.disagreements
    assert decks.values["deckless"] == "none"


def test_a_place_that_is_not_available(monkeypatch, tmp_path):
    """It is a column that says why; the others are compared."""
    without_engine(monkeypatch, tmp_path)
    comparison = kit.compare_runs(total, rows=[])
    assert list(comparison.runs) == ["in-process", "subprocess"]
    assert comparison.agree
    assert "nothing.sock" in comparison.unavailable["docker"]
    assert repr(comparison) == (
        "RunComparison('total': in-process, subprocess agree; not available: docker)"
    )


def test_one_run_alone_is_no_agreement(monkeypatch, tmp_path):
    """Nothing was compared then."""
    without_engine(monkeypatch, tmp_path)
    comparison = kit.compare_runs(total, runners=("in-process", "docker"), rows=[])
    assert not comparison.agree
    assert "nothing to compare" in repr(comparison)


def test_the_same_place_twice():
    """Each has a label of its own."""
    comparison = kit.compare_runs(total, runners=("in-process",) * 2, rows=[])
    assert list(comparison.runs) == ["in-process", "in-process 2"]


def test_side_by_side():
    """Processes run at the same time, and a timeout is not for this process."""
    comparison = kit.compare_runs(
        total,
        runners=("in-process", "subprocess", kit.SubprocessRunner(isolated=True)),
        side_by_side=True,
        timeout=60,
        rows=[],
    )
    assert len(comparison.runs) == 3
    assert comparison.agree
    numbers_of_runs = [run.number for run in comparison.runs.values()]
    assert numbers_of_runs == sorted(numbers_of_runs)


def test_what_is_measured():
    """Seconds by part, and the memory of each process, apart from the rest."""
    measured = kit.compare_runs(total, runners=BOTH, rows=[]).measured
    assert set(measured.seconds) == set(BOTH)
    assert all(size > 2**20 for size in measured.peak_memory.values())


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"runners": ("docker",)}, CallError, "two runners"),
        ({"runners": "docker"}, CallError, "two runners"),
        ({"runners": ("docker", "pod")}, CallError, "no runner 'pod'"),
        ({"rows": 3}, ConversionError, "rows"),
        ({"row": []}, CallError, "row"),
        ({"timeout": -1}, CallError, "positive"),
    ],
)
def test_what_is_wrong_everywhere_is_raised(options, error, words):
    """It is no matter of places."""
    with pytest.raises(error, match=words):
        kit.compare_runs(total, **{"rows": [], **options})
