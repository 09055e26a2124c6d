"""The rules about ``custom``: what its executor reads, and what it gets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kit.checks.contract.analysis import contract_of
from kit.checks.contract.arrival import arrival_of
from kit.checks.contract.changes import change_findings
from kit.checks.contract.record import Contract, Read
from kit.checks.contract.values import Path, draw
from kit.checks.finding import Finding, Severity
from kit.definition.settings import SerializationSettings
from kit.errors import nearest, render_path
from kit.task.customized_container import PythonCustomizedContainerTask

__all__ = ["contract_findings", "missing_findings", "unused_findings"]


def contract_findings(
    task: PythonCustomizedContainerTask[Any], settings: SerializationSettings
) -> Iterator[Finding]:
    """Compare what the executor reads with what ``get_custom`` provides.

    Rules: ``custom.fails``, ``custom.changes``, ``custom.missing``, ``custom.unused``
    and ``custom.unknown``.
    """
    arrival = arrival_of(task, settings)
    if arrival.refused:
        yield from arrival.refused
        return
    contract = contract_of(task.written_executor)
    yield from change_findings(arrival, contract)
    yield from missing_findings(arrival.after, contract)
    yield from unused_findings(arrival.after, (), contract)
    if contract.why_unknown and arrival.after:
        yield Finding(
            "custom.unknown",
            Severity.NOTE,
            "custom",
            f"Which keys are read cannot all be told: {contract.why_unknown}.",
            fix="Read them as tt.custom[...] to have them checked.",
        )


def missing_findings(custom: dict[str, Any], contract: Contract) -> Iterator[Finding]:
    """Yield the keys that the executor fails without, and that are not there."""
    told: dict[Path, Read] = {}
    for read in contract.needs():
        if _is_missing(read.path, custom):
            known = told.setdefault(read.path, read)
            if read.sure and not known.sure:
                told[read.path] = read
    for read in told.values():
        yield _missing_finding(read, custom)


def _is_missing(path: Path, custom: Any) -> bool:
    """Tell whether all is there but the last key of a path."""
    *front, last = path
    for key in front:
        if not _has(custom, key):
            return False
        custom = custom[key]
    return isinstance(custom, dict | list) and not _has(custom, last)


def _has(holder: Any, key: Any) -> bool:
    if isinstance(holder, list):
        return isinstance(key, int) and -len(holder) <= key < len(holder)
    return isinstance(holder, dict) and key in holder


def _missing_finding(read: Read, custom: Any) -> Finding:
    for key in read.path[:-1]:
        custom = custom[key]
    key = read.path[-1]
    when = "" if read.sure else " in a branch"
    message = f"{read.where} reads {draw(read.path)}{when}, which get_custom lacks."
    if isinstance(custom, list):
        words, fix = "IndexError: list index out of range", ""
    elif str(key) in custom:
        words, fix = f"KeyError: {key!r}", f"Keys arrive as text: read [{str(key)!r}]."
    else:
        words = f"KeyError: {key!r}"
        fix = f"Provide it, or read it with .get({key!r}).{nearest(str(key), custom)}"
    severity = Severity.ERROR if read.sure else Severity.WARNING
    steps = [step for step in read.path if isinstance(step, str | int)]
    where = render_path(["custom", *steps])
    return Finding("custom.missing", severity, where, message, "run", words, fix)


def unused_findings(
    value: dict[str, Any] | list[Any], path: Path, contract: Contract
) -> Iterator[Finding]:
    """Yield the keys that nothing reads; what is below them is not looked at."""
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in children:
        below = (*path, key)
        if isinstance(key, int) or contract.may_read(below):
            if isinstance(item, dict | list):
                yield from unused_findings(item, below, contract)
        else:
            steps = [step for step in below if isinstance(step, str | int)]
            yield Finding(
                "custom.unused",
                Severity.WARNING,
                render_path(["custom", *steps]),
                "get_custom provides it, and the executor does not read it.",
                fix="Leave it out, or read it.",
            )
