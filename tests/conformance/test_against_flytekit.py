"""Random definitions give in kit what they give in the real flytekit.

Both answer the same cases, flytekit in a process of its own. ``KIT_ORACLE_EXAMPLES``
sets how many definitions are tried; the nightly form tries 2,000 new ones.
"""

from __future__ import annotations

import base64
import dataclasses
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from conformance import strategies
from conformance.comparison import difference, scrubbed
from conformance.differs import Outcome
from conformance.vectors import Case, cases
from conformance.verdict import outcome_of
from conformance.worker import Oracle
from kit.errors import KitError

pytestmark = pytest.mark.flytekit
EXAMPLES = int(os.environ.get("KIT_ORACLE_EXAMPLES", "200"))
COMMON = settings(
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
IN_CI = settings(COMMON, max_examples=EXAMPLES, derandomize=True)
NIGHTLY = settings(COMMON, max_examples=2000)


def check(oracle: Oracle, entry: dict[str, Any]) -> Outcome:
    """Compare kit's and flytekit's answers; return kit's.

    Where flytekit fails the definition is not valid, and kit must fail too, with an
    error of its own. A union that is ambiguous to flytekit need not be to kit: it looks
    at the fields of a dict before it takes it for a dataclass.
    """
    answer = oracle.ask(entry)
    outcome = outcome_of(Case.of(entry))
    if "error" in answer:
        if "Ambiguous choice of variant" in answer["error"]["message"]:
            return outcome
        assert isinstance(outcome.error, KitError), (answer, outcome, entry)
        return outcome
    if outcome.error is not None:
        raise AssertionError(entry) from outcome.error
    expected = dataclasses.replace(Case.of(entry), **answer)
    problem = difference(expected, outcome.result, None)
    assert problem is None, f"{problem}\nin {entry}"
    return outcome


def check_task(oracle: Oracle, task: dict[str, Any]) -> None:
    """Compare what is registered."""
    check(oracle, strategies.case("task_spec", task=task))


def check_type(oracle: Oracle, python_type: str, value: str) -> None:
    """Compare a literal type, a literal, the guess back and the value back."""
    made = check(oracle, strategies.case("literal_type", type=python_type))
    if made.error is not None:
        return
    guess = strategies.case("guess_type", literal_type_b64=_b64(made.result))
    check(oracle, guess)
    outcome = check(oracle, strategies.case("literal", type=python_type, value=value))
    if outcome.error is None:
        back = {"type": python_type, "literal_b64": _b64(outcome.result)}
        check(oracle, strategies.case("to_python", **back))


def _b64(message: Any) -> str:
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()


@IN_CI
@given(task=strategies.tasks)
def test_random_tasks_are_registered_alike(oracle, task):
    """The TaskSpec of any valid definition equals flytekit's."""
    check_task(oracle, task)


@IN_CI
@given(typed=strategies.typed_values())
def test_random_values_are_converted_alike(oracle, typed):
    """Types and values go to the wire and back as in flytekit."""
    check_type(oracle, *typed)


@pytest.mark.nightly
@NIGHTLY
@given(task=strategies.tasks)
def test_many_random_tasks_are_registered_alike(oracle, task):
    """The long form, with new definitions each time."""
    check_task(oracle, task)


@pytest.mark.nightly
@NIGHTLY
@given(typed=strategies.typed_values())
def test_many_random_values_are_converted_alike(oracle, typed):
    """The long form, with new values each time."""
    check_type(oracle, *typed)


def _words(error: dict[str, Any] | None) -> str | None:
    return error and scrubbed(error["message"])


def test_the_interpreter_reads_the_vectors_as_they_were_made(oracle):
    """Flytekit itself, through the same interpreter, gives what the vectors record."""
    wrong = {}
    for case in cases():
        answer = oracle.ask(dataclasses.asdict(case))
        found, expected = _words(answer.get("error")), _words(case.error)
        if found != expected:
            wrong[case.name] = (found, expected)
    assert wrong == {}
