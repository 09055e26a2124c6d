"""Reports: their order, their numbers, and the error they can be."""

from __future__ import annotations

import pytest

import kit
from kit.checks.report import CheckReport, Finding, Severity
from kit.errors import CheckError

ERROR = Finding("r.one", Severity.ERROR, "custom.b", "It fails.", fix="Mend it.")
OTHER = Finding("r.one", Severity.ERROR, "custom.a", "It fails.")
WARNING = Finding("r.two", Severity.WARNING, "custom.a", "It may fail.")
NOTE = Finding("r.three", Severity.NOTE, "", "It is so.")


def test_findings_stand_in_order_and_once():
    """The gravest stand first, and then those whose path does."""
    report = CheckReport.of("etl", [NOTE, ERROR, WARNING, OTHER, ERROR])
    assert report.findings == (OTHER, ERROR, WARNING, NOTE)
    assert report.errors == (OTHER, ERROR)
    assert (report.warnings, report.notes) == ((WARNING,), (NOTE,))
    assert repr(report) == "CheckReport('etl', 2 errors, 1 warning, 1 note)"


def test_only_errors_are_raised():
    """Warnings and notes leave a report good; errors raise with what to do."""
    good = CheckReport.of("etl", [WARNING, NOTE])
    assert good.ok
    assert good.raise_for_errors() is good
    with pytest.raises(CheckError, match=r"custom\.b: It fails\. Mend it\."):
        CheckReport.of("etl", [ERROR, NOTE]).raise_for_errors()


def test_an_error_tells_the_first_ten():
    """Its text stays within bounds, whatever was found."""
    many = [Finding("r", Severity.ERROR, f"custom.k{n}", "No.") for n in range(40)]
    with pytest.raises(CheckError) as caught:
        CheckReport.of("etl", many).raise_for_errors()
    assert "… and 30 more errors" in str(caught.value)
    assert str(caught.value).count("\n") == 11


def test_nothing_found_says_so():
    """An empty report is good and says that nothing was found."""
    report = kit.CheckReport.of("etl", [])
    assert report.ok
    assert repr(report) == "CheckReport('etl', nothing found)"
