"""What differs around runs, and may be why their results do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from kit.errors import render_path
from kit.runners.outcome import Outcome
from kit.running.comparison.disagreement import Disagreement, contrast, places
from kit.running.comparison.texts import normal_text
from kit.shim.run_report import RunReport

__all__ = ["surrounding_differences"]

Reports = Mapping[str, RunReport]


def surrounding_differences(
    outcomes: Mapping[str, Outcome], *, disagree: bool
) -> Iterator[Disagreement]:
    """Yield what differs around runs that tell of it.

    Args:
        outcomes: How the runs ended, by label.
        disagree: Whether results disagree: then folder and user are told too, which
            are never the same.
    """
    reports = {label: one.report for label, one in outcomes.items() if one.report}
    yield from _python(reports)
    yield from _packages(reports)
    yield from _variables(reports)
    yield from _output_types(reports)
    if disagree:
        yield from _directories(outcomes, reports)
        yield from _users(reports)


def _python(reports: Reports) -> Iterator[Disagreement]:
    for path, values in (
        ("python", {label: report.python for label, report in reports.items()}),
        ("platform", {label: report.platform for label, report in reports.items()}),
    ):
        if len(set(values.values())) > 1:
            what = "Python" if path == "python" else "The platform"
            advice = "Take an image with the Python that you write for."
            yield Disagreement(
                "python",
                path,
                values,
                f"{what} is {contrast(values)}.",
                advice if path == "python" else "",
            )


def _packages(reports: Reports) -> Iterator[Disagreement]:
    names = sorted({name for report in reports.values() for name in report.packages})
    for name in names:
        versions = {
            label: report.packages.get(name, "") for label, report in reports.items()
        }
        # An executor that was not reached has not loaded what it needs.
        if len(set(filter(None, versions.values()))) > 1:
            values = {label: text for label, text in versions.items() if text}
            yield Disagreement(
                "packages",
                render_path(("packages", name)),
                values,
                f"{name} is {contrast(values)}.",
                "Pin it in the image to the version that you test with.",
            )


def _variables(reports: Reports) -> Iterator[Disagreement]:
    """Tell of variables that the executor's code names and not every run has."""
    named = {name for report in reports.values() for name in report.named_variables}
    for name in sorted(named):
        has = {label: name in report.variables for label, report in reports.items()}
        if all(has.values()):
            continue
        there = places([label for label, is_set in has.items() if is_set])
        lacking = places([label for label, is_set in has.items() if not is_set])
        values = {
            label: "set" if is_set else "not set" for label, is_set in has.items()
        }
        yield Disagreement(
            "variables",
            render_path(("variables", name)),
            values,
            f"The variable {name}, which the executor's code names, is set {there}, "
            f"and not {lacking}.",
            "Give it to the task: environment={…}, a secret, or an input.",
        )


def _output_types(reports: Reports) -> Iterator[Disagreement]:
    made = {
        label: report.outputs for label, report in reports.items() if report.outputs
    }
    for name in sorted({name for types in made.values() for name in types}):
        values = {label: types.get(name, "nothing") for label, types in made.items()}
        if len(set(values.values())) > 1:
            yield Disagreement(
                "types",
                render_path(("types", name)),
                values,
                f"For {name!r} the executor returned {contrast(values)}.",
            )


def _directories(
    outcomes: Mapping[str, Outcome], reports: Reports
) -> Iterator[Disagreement]:
    values = {
        label: _folder(report.directory, outcomes[label].directory)
        for label, report in reports.items()
    }
    if len(set(values.values())) > 1:
        yield Disagreement(
            "directory",
            "directory",
            values,
            f"The working directory is {contrast(values)}.",
            "Pass files as inputs: what lies in a folder of yours is not in the image.",
        )


def _folder(path: str, run: Path | None) -> str:
    """Name a working directory without what is another in every run."""
    if normal_text(path, run).startswith("<run>"):
        return "the run's own"
    return "yours" if path == str(Path.cwd()) else path


def _users(reports: Reports) -> Iterator[Disagreement]:
    values = {label: report.user for label, report in reports.items()}
    if len(set(values.values())) > 1:
        text = f"The user is {contrast(values)}."
        yield Disagreement("user", "user", values, text)
