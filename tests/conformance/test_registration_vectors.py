"""Registrations are answered as by the live Flyte that was recorded."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flyteidl.admin.task_pb2 import TaskCreateRequest
from google.protobuf.message import DecodeError

import kit
from conformance.forecast_differs import REGISTRATIONS, reason
from conformance.platforms import resources_of
from conformance.vectors import recorded
from kit.forecast.registration import (
    MOST_INDEX_BYTES,
    digest_refusal,
    index_row_bytes,
    template_digest,
)


def registrations() -> Iterator[tuple[str, Any]]:
    """Yield each case with the platform of its file."""
    for file in recorded("registration"):
        for case in file["cases"]:
            yield case["id"], (case, file["header"])


CASES = dict(registrations())


def platform_of(header: dict[str, Any]) -> kit.Platform:
    """Return the platform of a file."""
    projects = header["projects"]
    return kit.Platform(
        defaults=resources_of(header["platform"]["defaults"]),
        limits=resources_of(header["platform"]["limits"]),
        projects=(*projects["active"], *projects["archived"]),
        domains=tuple(header["domains"]),
    )


def steps_of(case: dict[str, Any]) -> Iterator[tuple[TaskCreateRequest, str, set[str]]]:
    """Yield request, code and words of each step, and of the last one again."""
    steps = list(case["steps"])
    if "again" in case:
        code, message = case["again"]
        steps.append({**steps[-1], "code": code, "message": message, "or": ()})
    for step in steps:
        words = {step["message"], *step.get("or", ())}
        data = base64.b64decode(step["request"])
        try:
            request = TaskCreateRequest.FromString(data)
        except DecodeError:
            continue  # grpc's own refusal: no client makes such bytes
        if request.HasField("id"):
            request.spec.template.id.CopyFrom(request.id)
        yield request, step["code"], set(map(folded, words))


def folded(words: str) -> str:
    """Fold blanks, of which builds of Flyte write one or two."""
    return re.sub(r"[ \u00a0]+", " ", words)


@pytest.mark.parametrize("name", CASES)
def test_a_registration_is_answered_as_recorded(name):
    """Refused in a rule's words, or taken, and the same again recognized by digest."""
    case, header = CASES[name]
    platform = platform_of(header)
    stored = {}
    for request, code, words in steps_of(case):
        if any(reason(REGISTRATIONS, each) for each in words):
            continue
        told = refusals(request, platform)
        if told:
            assert words & told, (words, told)
            continue
        digest = template_digest(request.spec.template)
        key = request.id.SerializeToString(deterministic=True)
        known = stored.setdefault(key, digest)
        if code in ("OK", "ALREADY_EXISTS"):
            assert known == digest
        else:
            assert known != digest
            assert "with different structure already exists" in str(words)


def refusals(request: TaskCreateRequest, platform: kit.Platform) -> set[str]:
    """Return the words of every rule that refuses a registration."""
    report = kit.check(request.spec, platform=platform)
    told = {
        folded(found.words)
        for found in report.errors
        if found.stage == "registration" and found.words
    }
    told.add(folded(digest_refusal(request.spec.template)))
    return told - {""}


@pytest.mark.parametrize("name", CASES)
def test_a_row_of_the_index_is_as_long_as_recorded(name):
    """Exactly, and what fits is taken."""
    case, _ = CASES[name]
    for request, code, words in steps_of(case):
        size = index_row_bytes(request.id)
        told = re.search(r"index row size (\d+) exceeds", str(words))
        if told:
            assert size == int(told[1])
        if code in ("OK", "ALREADY_EXISTS"):
            assert size <= MOST_INDEX_BYTES
