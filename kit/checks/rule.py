"""A rule: what it looks at, when what it finds happens, and how bad that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kit.checks.finding import Finding, Repair, Severity
from kit.checks.subject import Subject

__all__ = ["Problem", "Rule", "error", "note", "warning"]


@dataclass(frozen=True)
class Problem:
    """One place where a rule is broken.

    Attributes:
        path: Where in the message.
        message: What will happen.
        fix: What to do about it.
        words: The backend's words, if they are other than the rule's.
        repair: How it can be taken away mechanically.
        severity: How bad it is, if it is other than the rule says.
    """

    path: str
    message: str
    fix: str = ""
    words: str = ""
    repair: Repair | None = None
    severity: Severity | None = None


_LONGEST = 1_000

Look = Callable[[Subject], Iterator[Problem]]


@dataclass(frozen=True)
class Rule:
    """A rule of the backend, or of kit.

    Attributes:
        name: Its name: ``RS005``.
        stage: When what it finds happens; see :class:`~kit.checks.finding.Finding`.
        severity: How bad that is.
        look: Yields where it is broken.
        words: The backend's words.
    """

    name: str
    stage: str
    severity: Severity
    look: Look
    words: str = ""

    def findings(self, subject: Subject) -> Iterator[Finding]:
        """Yield what is found; a rule that cannot be applied says so."""
        try:
            for problem in self.look(subject):
                yield self._finding(problem)
        except Exception as cause:  # noqa: BLE001 - messages may be malformed at will
            told = f"{type(cause).__name__}: {cause}"
            message = _bounded(f"This rule could not be applied: {told}")
            yield Finding(self.name, Severity.NOTE, "", message, self.stage)

    def _finding(self, problem: Problem) -> Finding:
        return Finding(
            rule=self.name,
            severity=problem.severity or self.severity,
            path=_bounded(problem.path),
            message=_bounded(problem.message),
            stage=self.stage,
            words=_bounded(problem.words or self.words),
            fix=problem.fix,
            repair=problem.repair,
        )


def _bounded(text: str) -> str:
    """Cut what a message has put into a text, which may be megabytes."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def error(name: str, stage: str, words: str = "") -> Callable[[Look], Rule]:
    """Make a rule of a function, whose findings are errors."""
    return lambda look: Rule(name, stage, Severity.ERROR, look, words)


def warning(name: str, stage: str, words: str = "") -> Callable[[Look], Rule]:
    """Make a rule of a function, whose findings are warnings."""
    return lambda look: Rule(name, stage, Severity.WARNING, look, words)


def note(name: str, stage: str, words: str = "") -> Callable[[Look], Rule]:
    """Make a rule of a function, whose findings are notes."""
    return lambda look: Rule(name, stage, Severity.NOTE, look, words)
