"""Where the outcomes of runs disagree: phase, error, inputs, outputs, decks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from flyteidl.core.literals_pb2 import Literal, LiteralMap

from kit.errors import render_path
from kit.runners.outcome import Outcome
from kit.running.compare_literals import (
    LiteralComparer,
    Steps,
)
from kit.running.disagreement import (
    DECKS_ADVICE,
    OUTPUT_ADVICE,
    Disagreement,
    contrast,
    failure_advice,
    normal_text,
    places,
    short,
)
from kit.shim.offloading import load_offloaded
from kit.shim.report import RunReport

_MOST_PLACES = 20
"""In which one output may differ before the rest is not looked at."""

Outcomes = Mapping[str, Outcome]


def result_disagreements(outcomes: Outcomes) -> Iterator[Disagreement]:
    """Yield where results disagree, what matters most first.

    Args:
        outcomes: How the runs ended, by label.
    """
    yield from _phases(outcomes)
    yield from _errors({k: v for k, v in outcomes.items() if v.error is not None})
    yield from _inputs(outcomes)
    yield from _outputs({k: v for k, v in outcomes.items() if v.literals is not None})
    yield from _decks(outcomes)


def error_text(outcome: Outcome) -> str:
    """Say in a line why a run did not succeed."""
    if outcome.error is None:
        return ""
    return short(normal_text(str(outcome.error), outcome.directory))


def _phases(outcomes: Outcomes) -> Iterator[Disagreement]:
    phases = {label: one.phase.value for label, one in outcomes.items()}
    if len(set(phases.values())) < 2:  # noqa: PLR2004 - all the same
        return
    reasons = {
        label: f"{phases[label]} ({one.error.type})" if one.error else phases[label]
        for label, one in outcomes.items()
    }
    yield Disagreement(
        "phase",
        "phase",
        phases,
        f"The run ended as {contrast(reasons)}.",
        failure_advice(outcomes),
    )


def _errors(failed: Outcomes) -> Iterator[Disagreement]:
    """Compare origin, kind, code and text; of those that failed."""
    facts = {
        label: (
            one.error.origin,
            one.error.kind,
            one.error.code,
            normal_text(str(one.error), one.directory),
        )
        for label, one in failed.items()
        if one.error is not None
    }
    if len(set(facts.values())) < 2:  # noqa: PLR2004
        return
    same_text = len({fact[-1] for fact in facts.values()}) == 1
    values = {
        label: " ".join(filter(None, fact[:-1])) if same_text else short(fact[-1])
        for label, fact in facts.items()
    }
    yield Disagreement(
        "error",
        "error",
        values,
        f"The error is {contrast(values)}.",
        failure_advice(failed),
    )


def _inputs(outcomes: Outcomes) -> Iterator[Disagreement]:
    """Compare the types that executors were called with, where they tell them."""
    reports = {label: one.report for label, one in outcomes.items() if one.report}
    called = {
        label: report.inputs for label, report in reports.items() if report.inputs
    }
    for name in dict.fromkeys(name for types in called.values() for name in types):
        values = {label: types.get(name, "nothing") for label, types in called.items()}
        if len(set(values.values())) > 1:
            yield Disagreement(
                "inputs",
                render_path(("inputs", name)),
                values,
                f"For {name!r} the executor got {contrast(values)}.",
                "Install what makes the type in all places, or declare a type that "
                "needs nothing to be installed.",
            )


def _outputs(succeeded: Outcomes) -> Iterator[Disagreement]:
    """Compare every run's outputs with those of the first."""
    literals = {label: _loaded(one) for label, one in succeeded.items()}
    for name in dict.fromkeys(n for one in literals.values() for n in sorted(one)):
        found = _places(name, succeeded, literals)
        for steps, values in islice(found.items(), _MOST_PLACES):
            path = render_path(("outputs", name, *steps))
            yield Disagreement(
                "outputs",
                path,
                values,
                f"{path} is {contrast(values)}.",
                "" if steps != next(iter(found)) else OUTPUT_ADVICE,
            )


def _loaded(outcome: Outcome) -> dict[str, Literal]:
    literals = LiteralMap()
    literals.CopyFrom(outcome.literals or LiteralMap())
    load_offloaded(literals)
    return dict(literals.literals)


def _places(
    name: str, outcomes: Outcomes, literals: Mapping[str, Mapping[str, Literal]]
) -> dict[Steps, dict[str, str]]:
    """Return the places in an output that differ, and what is there in which run."""
    base, *others = outcomes
    found: dict[Steps, dict[str, str]] = {}
    firsts: dict[Steps, str] = {}
    for label in others:
        comparer = LiteralComparer(outcomes[base].directory, outcomes[label].directory)
        one, other = (literals[run].get(name, Literal()) for run in (base, label))
        for place in islice(comparer.differing(one, other), _MOST_PLACES):
            firsts[place.steps] = place.first
            found.setdefault(place.steps, {})[label] = place.second
    return {
        steps: {label: values.get(label, firsts[steps]) for label in outcomes}
        for steps, values in found.items()
    }


def _decks(outcomes: Outcomes) -> Iterator[Disagreement]:
    """Compare the names; a run that failed where others did not has fewer anyway."""
    ended = {one.phase for one in outcomes.values()}
    names = {
        label: tuple(one.decks.names)
        for label, one in outcomes.items()
        if len(ended) == 1 or one.succeeded
    }
    if len(set(names.values())) < 2:  # noqa: PLR2004
        return
    values = {label: ", ".join(some) or "none" for label, some in names.items()}
    yield Disagreement(
        "decks", "decks", values, f"{_contrast_decks(names)}.", DECKS_ADVICE
    )


def _contrast_decks(names: Mapping[str, Sequence[str]]) -> str:
    """Say in which decks runs differ, without those that all have."""
    common = set.intersection(*map(set, names.values()))
    other = {
        label: ", ".join(name for name in some if name not in common)
        for label, some in names.items()
    }
    if not any(other.values()):
        orders = {label: ", ".join(some) for label, some in names.items()}
        return f"The order of the decks is {contrast(orders)}"
    beside = f"Beside the {len(common)} that all have, the" if common else "The"
    told = contrast({label: some or "none" for label, some in other.items()})
    return f"{beside} decks are {told}"


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
