"""kit makes of every golden vector what flytekit makes of it, or what DIFFERS says."""

from __future__ import annotations

import warnings

import pytest

from conformance.comparison import difference
from conformance.conftest import HOW
from conformance.differs import DIFFERS, Difference, Outcome
from conformance.kit_library import Kit
from conformance.operations import evaluate
from conformance.vectors import Case, cases

CASES = {case.name: case for case in cases()}


def outcome_of(case: Case) -> Outcome:
    """Evaluate a case with kit, whose warnings are not what is compared."""
    for package in case.needs:
        pytest.importorskip(package)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return Outcome(result=evaluate(case, Kit(case.operation)))
        except Exception as error:  # noqa: BLE001 - the error is what is compared
            return Outcome(error=error)


@pytest.mark.parametrize("name", CASES)
def test_vector(name, record_property):
    """The result equals flytekit's, or is what kit documents to do instead."""
    case = CASES[name]
    outcome = outcome_of(case)
    problem = difference(case, outcome.result, outcome.error)
    if problem is None:
        record_property(HOW, "equal")
        return
    problems = [problem]
    for entry in DIFFERS:
        if not (name in entry.cases or entry.applies(case)):
            continue
        found = entry.problem(case, outcome)
        if found is None:
            record_property(HOW, "as DIFFERS says")
            return
        problems.append(f"DIFFERS, {entry.instead}: {found}")
    raise AssertionError("\n".join(problems)) from outcome.error


@pytest.mark.parametrize(
    ("entry", "name"),
    [(entry, name) for entry in DIFFERS for name in entry.cases if name in CASES],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_difference_is_still_one(entry: Difference, name: str):
    """A case is on DIFFERS only while kit does something else, as the entry says."""
    case = CASES[name]
    outcome = outcome_of(case)
    assert difference(case, outcome.result, outcome.error) is not None
    assert entry.applies(case)
    assert entry.problem(case, outcome) is None
