"""What of ``custom`` is not the same when it arrives at the executor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from kit.checks.contract.arrival import Arrival
from kit.checks.contract.record import Contract, UseKind, begins
from kit.checks.contract.values import EVERY, Path, draw
from kit.checks.finding import Finding, Severity
from kit.errors import render_path
from kit.template.custom import key_text

__all__ = ["change_findings"]

_RULE = "custom.changes"


@dataclass(frozen=True)
class _Place:
    """A value before and after its way, and where it stands."""

    path: Path
    before: Any
    after: Any

    def finding(self, severity: Severity, message: str, fix: str = "") -> Finding:
        steps = [key for key in self.path if isinstance(key, str | int)]
        where = render_path(["custom", *steps])
        stage = "" if severity is Severity.NOTE else "run"
        return Finding(_RULE, severity, where, message, stage, fix=fix)


def change_findings(arrival: Arrival, contract: Contract) -> Iterator[Finding]:
    """Tell what the executor gets otherwise than its author wrote it.

    Items of one list that change alike are told once.
    """
    alike: dict[tuple[Path, Severity, str], list[Finding]] = {}
    for place in _places(_Place((), arrival.before, arrival.after)):
        for finding in _changes(place, contract):
            shape = tuple(EVERY if isinstance(key, int) else key for key in place.path)
            kind = f"{type(place.before)} {finding.fix and finding.severity}"
            alike.setdefault((shape, finding.severity, kind), []).append(finding)
    for first, *more in alike.values():
        others = f" (And {len(more):,} more like it.)" if more else ""
        yield replace(first, message=first.message + others)


def _places(place: _Place) -> Iterator[_Place]:
    """Yield a value and all that is in it."""
    yield place
    before, after = place.before, place.after
    if isinstance(before, dict):
        for key, item in before.items():
            text = key_text(key)
            yield from _places(_Place((*place.path, text), item, after[text]))
    elif isinstance(before, list | tuple):
        for index, (item, arrived) in enumerate(zip(before, after, strict=True)):
            yield from _places(_Place((*place.path, index), item, arrived))


def _changes(place: _Place, contract: Contract) -> Iterator[Finding]:
    before = place.before
    if isinstance(before, dict):
        yield from _dictionary(place, contract)
    elif isinstance(before, bool) or before is None:
        return
    elif isinstance(before, int):
        yield from _integer(place, contract)
    elif type(before) is tuple:
        yield place.finding(Severity.NOTE, "A tuple arrives as a list.", _tuple(place))
    elif type(before) not in {str, float, list}:
        yield _subclass(place)


def _tuple(place: _Place) -> str:
    return f"Write tuple({draw(place.path)}) where it must be one."


def _subclass(place: _Place) -> Finding:
    kind, plain = type(place.before).__name__, type(place.after).__name__
    is_named = hasattr(type(place.before), "_fields")
    severity = Severity.WARNING if is_named else Severity.NOTE
    what = "fields have no names" if is_named else "attributes and methods are gone"
    message = f"A {kind} arrives as a plain {plain}: its {what}."
    star = "*" if is_named else ""
    fix = f"Write {kind}({star}{draw(place.path)}) where it must be one."
    return place.finding(severity, message, fix)


def _dictionary(place: _Place, contract: Contract) -> Iterator[Finding]:
    before = place.before
    for key in before:
        if not isinstance(key, str):
            inner = replace(place, path=(*place.path, key_text(key)))
            yield inner.finding(
                Severity.WARNING,
                f"The key {key!r} is {type(key).__name__}, and keys arrive as text.",
                f"Read it as {draw(inner.path)}, and write text in get_custom, too.",
            )
    if type(before) is not dict:
        kind = type(before).__name__
        message = f"A {kind} arrives as a plain dictionary: its other methods are gone."
        yield place.finding(Severity.NOTE, message)
    texts = [key_text(key) for key in before]
    if texts != sorted(texts) and _sees_order(place.path, contract):
        message = (
            "The keys arrive sorted by their text, not in the order of get_custom."
        )
        yield place.finding(
            Severity.NOTE, message, "Where the order matters, write a list of pairs."
        )


def _sees_order(path: Path, contract: Contract) -> bool:
    if any(begins(path, whole) for whole in contract.whole):
        return True
    return any(read.path == (*path, EVERY) for read in contract.reads)


def _integer(place: _Place, contract: Contract) -> Iterator[Finding]:
    before, path = int(place.before), place.path
    if int(place.after) != before:
        yield place.finding(
            Severity.WARNING,
            f"The integer {before} arrives as {place.after:.17g}: a double holds 53 "
            "bits.",
            f"Write it as text in get_custom, and read int({draw(path)}).",
        )
        return
    uses = list(contract.uses_of(path))
    fix = f"Write int({draw(path)})."
    arrives = f"The int {before} arrives as the float {place.after!r}"
    trap = next((use for use in uses if use.kind is UseKind.BREAKS), None)
    if trap is not None:
        message = f"{arrives}, and {trap.where} takes it as {trap.what}: that fails."
        yield place.finding(Severity.WARNING, message, fix)
    elif _may_matter(path, contract, {use.kind for use in uses}):
        yield place.finding(Severity.NOTE, f"{arrives}.", fix)


def _may_matter(path: Path, contract: Contract, kinds: set[UseKind]) -> bool:
    """Tell whether the executor may notice that an integer is a float."""
    if any(begins(path, front) and len(front) < len(path) for front in contract.whole):
        return True
    return contract.may_read(path) and bool(kinds - {UseKind.CAST})
