"""Whether kit does with a case what it should: the same as flytekit, or better."""

from __future__ import annotations

import warnings

from conformance.comparison import difference
from conformance.differs import DIFFERS, Difference, Outcome
from conformance.kit_library import Kit
from conformance.operations import evaluate
from conformance.vectors import Case

EQUAL, AS_DIFFERS = "equal", "as DIFFERS says"


def outcome_of(case: Case) -> Outcome:
    """Evaluate a case with kit, whose warnings are not what is compared."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return Outcome(result=evaluate(case, Kit(case.operation)))
        except Exception as error:  # noqa: BLE001 - whatever is raised is compared
            return Outcome(error=error)


def verdict(case: Case) -> str:
    """Return how the case passes.

    Raises:
        AssertionError: It does not: what differs, and from what DIFFERS says, too.
    """
    outcome = outcome_of(case)
    problem = difference(case, outcome.result, outcome.error)
    if problem is None:
        return EQUAL
    problems = [problem]
    for entry in applying(case):
        found = entry.problem(case, outcome)
        if found is None:
            return AS_DIFFERS
        problems.append(f"DIFFERS, {entry.instead}: {found}")
    raise AssertionError("\n".join(problems)) from outcome.error


def applying(case: Case) -> list[Difference]:
    """Return the entries of DIFFERS that speak of a case."""
    return [
        entry for entry in DIFFERS if case.name in entry.cases or entry.applies(case)
    ]
