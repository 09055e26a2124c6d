"""kit makes of every golden vector what flytekit makes of it, or what DIFFERS says."""

from __future__ import annotations

import pytest

from conformance.comparison import difference
from conformance.conftest import HOW
from conformance.differs import DIFFERS, Difference
from conformance.vectors import cases
from conformance.verdict import outcome_of, verdict

CASES = {case.name: case for case in cases()}
NAMED = [(entry, name) for entry in DIFFERS for name in entry.cases if name in CASES]


@pytest.mark.parametrize("name", CASES)
def test_vector(name, record_property):
    """The result equals flytekit's, or is what kit documents to do instead."""
    for package in CASES[name].needs:
        pytest.importorskip(package)
    record_property(HOW, verdict(CASES[name]))


@pytest.mark.parametrize(("entry", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_difference_is_still_one(entry: Difference, name: str):
    """A case is on DIFFERS only while kit does something else, as the entry says."""
    case = CASES[name]
    outcome = outcome_of(case)
    assert difference(case, outcome.result, outcome.error) is not None
    assert entry.applies(case)
    assert entry.problem(case, outcome) is None
