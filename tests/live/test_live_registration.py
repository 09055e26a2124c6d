"""On a live Flyte: the registrations that come are those foretold, and can be read."""

from __future__ import annotations

import base64
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import flyte_tasks
import pytest
from conformance.test_registration_vectors import CASES, platform_of
from flyteidl.admin.task_pb2 import TaskCreateRequest
from google.protobuf.message import DecodeError

import kit
from kit.errors import CallError, RegisterError, RemoteExistsError, RemoteRefusedError
from kit.flyte.entities import Entity
from kit.flyte.register import foretell


def test_a_task_is_new_then_identical_then_refused(remote, version):
    """With the fields that differ, from GetTask."""
    first = kit.register(flyte_tasks.greet, version, remote=remote)
    again = kit.register(flyte_tasks.greet, version, remote=remote)
    other = flyte_tasks.GreetTask("flyte_tasks.greet", word="servus")
    with pytest.raises(RegisterError, match=r"custom\.word") as told:
        kit.register(other, version, remote=remote, anyway=True)
    states = [(r[0].foretold, r[0].outcome) for r in (first, again, told.value.report)]
    assert states == [
        ("new", "registered"),
        ("identical", "identical"),
        ("refused", "refused"),
    ]


def test_a_workflow_registers_with_its_plan(remote, version):
    """Twice: the second time all of it is identical."""
    first = kit.register(flyte_tasks.flow, version, remote=remote)
    assert {entry.outcome for entry in first} == {"registered"}
    again = kit.register(flyte_tasks.flow, version, remote=remote)
    assert [(e.kind, e.foretold, e.outcome) for e in again] == [
        ("task", "identical", "identical"),
        ("workflow", "identical", "identical"),
        ("launch plan", "identical", "identical"),
    ]


def test_what_was_registered_is_fetched_as_it_was(remote, version):
    """Listed, fetched and compared: nothing differs."""
    kit.register(flyte_tasks.greet, version, remote=remote)
    found = kit.versions(flyte_tasks.greet, remote=remote)
    assert found[0].version == version
    assert found[0].is_current
    fetched = kit.fetch("flyte_tasks.greet", version, remote=remote)
    assert not kit.diff(flyte_tasks.greet, against=fetched)


def test_every_recorded_registration_is_foretold(remote):
    """Under new names, each step: the verdict that comes is the one foretold."""
    unlike, count = [], 0
    for name, (case, header) in CASES.items():
        suffix = secrets.token_hex(4)
        for step in case["steps"]:
            request = renamed(base64.b64decode(step["request"]), suffix)
            if request is None:
                continue
            told = foretold(remote, request, platform_of(header))
            came = sent(remote, request)
            count += 1
            if told not in (came, "not asked"):
                unlike.append((name, case.get("label"), told, came))
    print(f"{count} registrations, {len(unlike)} other than foretold")
    assert count > 150
    assert unlike == []


def renamed(data, suffix):
    """Return a request under a name of its own; None for bytes that are none."""
    try:
        request = TaskCreateRequest.FromString(data)
    except DecodeError:
        return None
    if not request.HasField("id") or not request.HasField("spec"):
        return None
    if request.id.name:
        request.id.name += f".{suffix}"
    return request


def foretold(remote, request, platform):
    """Return the verdict that is foretold."""
    template = type(request.spec.template)()
    template.CopyFrom(request.spec.template)
    template.id.CopyFrom(request.id)
    whole = TaskCreateRequest(id=request.id, spec=request.spec)
    whole.spec.template.CopyFrom(template)
    try:
        return foretell(
            Entity("task", request.id, whole, template), remote, platform
        ).foretold
    except CallError:
        return "refused"  # an empty field


def sent(remote, request):
    """Send it, and return the verdict that comes."""
    try:
        remote.call("CreateTask", request)
    except RemoteExistsError:
        return "identical"
    except (CallError, RemoteRefusedError):
        return "refused"
    return "new"


def test_fifty_tasks_are_registered_and_predicted(remote, version):
    """The figures are in the report; the bounds are wide."""
    tasks = [flyte_tasks.GreetTask(f"live.t{number}") for number in range(50)]
    times = {}
    for what, options in (
        ("predict 50 new", {"dry_run": True}),
        ("register 50", {}),
        ("predict 50 registered", {"dry_run": True}),
        ("register the same 50", {}),
    ):
        began = time.perf_counter()
        assert kit.register(tasks, version, remote=remote, **options).ok
        times[what] = round(time.perf_counter() - began, 3)
    assert times["register 50"] < 30


def test_two_register_at_once(remote, version):
    """Eight times the same: all are well, and one is the first."""
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(
                lambda _: kit.register(flyte_tasks.behave, version, remote=remote),
                range(8),
            )
        )
    outcomes = [report[0].outcome for report in made]
    assert outcomes.count("registered") >= 1
    assert set(outcomes) <= {"registered", "identical"}
