"""A run says what happened here, and what Flyte makes of it."""

from __future__ import annotations

import datetime as dt
import json
import os

import pytest
from running_tasks import divide, double

import kit
from kit.display.console import plain_text
from kit.display.notebook import summarize
from kit.running.on_flyte import launch_refusals


@kit.container_task(image="i:1", ship="inline")
def dies(tt, status: int) -> int:
    """End the process."""
    os._exit(status)


@kit.container_task(image="i:1", ship="inline")
def side(tt, how: str) -> None:
    """Have an effect and no outputs."""
    if how == "exits":
        os._exit(0)
    if how == "ignores":
        raise kit.IgnoreOutputs(how)


@kit.container_task(image="i:1", ship="inline")
def count(tt, xs: list[int]) -> int:
    """Count."""
    return len(xs)


@kit.container_task(image="i:1", ship="inline")
def recoverable(tt) -> int:
    """Fail for now."""
    msg = "come back"
    raise kit.RecoverableError(msg)


def test_a_good_run_ends_on_flyte_as_here():
    """Nothing is said of Flyte then."""
    run = kit.run(double, n=2)
    assert run.on_flyte.agrees
    assert run.on_flyte.lines == ()
    assert "On Flyte" not in plain_text(summarize(run))


def test_a_user_error_ends_on_flyte_as_here():
    """In one pod, with the code of error.pb."""
    run = kit.run(divide, a=1, b=0)
    assert run.on_flyte.agrees
    assert run.on_flyte.end.code == run.error.code == "USER:ZeroDivisionError"


@pytest.mark.parametrize("status", [1, 7, 139])
def test_a_dead_process_is_tried_again(status):
    """Flyte takes it for a lost node: four pods, whatever the retries are."""
    run = kit.run(dies, status=status)
    assert "4 pods, then RetriesExhausted|Interrupted" in str(run.error)
    assert not run.on_flyte.agrees
    assert run.on_flyte.end.pods == 4
    assert f"exit status {status}" in run.on_flyte.end.reason


@pytest.mark.parametrize("how", ["returns", "exits", "ignores"])
def test_no_declared_outputs_need_no_outputs_file(how):
    """With none declared Flyte looks for error.pb only."""
    run = kit.run(side, how=how)
    assert run.succeeded
    assert run.on_flyte.agrees
    assert dict(run.outputs) == {}


def test_a_recoverable_error_uses_the_retries():
    """Here there is one attempt."""
    run = kit.run(recoverable)
    assert run.error.code == "USER:RecoverableError"
    assert run.on_flyte.end.code == "RetriesExhausted|USER:RecoverableError"
    assert "On Flyte" in plain_text(summarize(run))


def test_inputs_that_a_launch_refuses_are_named():
    """The run succeeds here, and says that Flyte would not take it."""
    run = kit.run(count, xs=list(range(40_000)))
    assert run.succeeded
    assert run.on_flyte.launch.code == "INTERNAL"
    (line,) = run.on_flyte.lines
    assert "etcdserver: request is too large" in line
    assert "FlyteFile" in line
    text = plain_text(summarize(run))
    assert "Flyte would refuse this launch" in text
    assert "Flyte would refuse this launch" in run._repr_mimebundle_()["text/html"]


def test_the_forecast_is_plain_data():
    """As ``kit run --format json`` has it."""
    run = kit.run(dies, status=3)
    told = json.loads(json.dumps(run.on_flyte.to_json()))
    assert told["agrees"] is False
    assert told["end"]["pods"] == 4
    assert told["launch"] == {"code": "OK", "words": "", "notes": []}


def test_a_run_that_was_stopped_has_no_forecast_of_its_end():
    """A task launched by itself has no timeout on Flyte."""
    run = kit.run(double, n=1, timeout=0.001)
    assert run.phase.value == "TIMED_OUT"
    assert run.on_flyte.end is None


@kit.container_task(image="i:1", ship="inline")
def launched(
    tt,
    d: dict[str, dict[str, int]],
    t: dt.timedelta,
    n: int = 3,
    o: int | None = None,
    *,
    text: str,
) -> int:
    """Have inputs of several kinds."""
    return n


def test_refusals_stand_by_their_inputs():
    """A value that Flyte takes for another type, and one that has no literal."""
    refusals = launch_refusals(
        launched,
        {
            "d": {"a": {"k": 1}, "b": {}},
            "t": dt.timedelta(days=150_000),
            "text": "a",
        },
    )
    assert sorted(refusals) == ["d", "t"]
    assert refusals["d"][0].code == "INVALID_ARGUMENT"
    assert refusals["d"][0].words.startswith("invalid d input wrong type.")
    assert refusals["t"][0].code == ""
    assert "292 years" in refusals["t"][0].words


def test_what_is_not_given_yet_is_said_of_it():
    """But not of what has a default or may be None."""
    refusals = launch_refusals(launched, {"d": {}})
    assert {name: found[0].words for name, found in refusals.items()} == {
        "t": "expected_inputs t missing",
        "text": "expected_inputs text missing",
    }


def test_a_good_launch_has_no_refusals():
    """And one that is too large has one of its largest input."""
    good = {"d": {}, "t": dt.timedelta(1), "text": "a"}
    assert launch_refusals(launched, good) == {}
    large = launch_refusals(launched, {**good, "text": "x" * 1_650_000})
    assert "etcdserver: request is too large" in large["text"][0].words
    small = kit.Platform(object_limit=10_000)
    assert launch_refusals(launched, {**good, "text": "x" * 20_000}, small)[""]
    with pytest.raises(kit.errors.CallError, match="unexpected keyword argument 'z'"):
        launch_refusals(launched, {"z": 1})


@kit.container_task(image="i:1", ship="inline")
def asked(tt, n: int) -> list[str]:
    """Return what the container is given, as the platform settles it."""
    resources = tt.container.resources
    return [f"{each.name}={each.value}" for each in resources.limits] + ["x" * n]


@pytest.mark.parametrize("runner", ["in-process", "subprocess"])
def test_a_run_stands_for_a_platform(runner):
    """Its resources are settled, and its limits count in what Flyte makes of it."""
    platform = kit.Platform(
        defaults=kit.Resources(cpu="100m", mem="500Mi"), download_limit=2_000
    )
    run = kit.run(asked, runner=runner, platform=platform, n=10)
    assert [text.partition("=")[2] for text in run.outputs.o0[:2]] == ["100m", "500Mi"]
    assert run.on_flyte.agrees
    large = run.rerun(n=3_000)
    assert large.succeeded
    assert large.on_flyte.end.code == "OutputSizeExceeded"
    assert kit.run(asked, runner=runner, n=3_000).on_flyte.agrees


def test_a_launch_is_refused_on_the_platform_of_the_run():
    """The object of a cluster may be smaller than etcd's."""
    run = kit.run(count, platform=kit.Platform(object_limit=4_000), xs=[1] * 200)
    assert run.succeeded
    assert "request is too large" in run.on_flyte.launch.words
    assert "Flyte would refuse this launch" in run.logs.text("stderr")


def test_a_platform_of_another_kind_is_refused():
    """As of a text, which is what the command line takes."""
    with pytest.raises(kit.errors.CallError, match=r"Platform.flyte_core\(\), got 'x'"):
        kit.run(count, platform="x", xs=[])  # type: ignore[arg-type]
