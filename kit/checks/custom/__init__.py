"""What of ``custom`` is not the same when it arrives at the executor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf.struct_pb2 import Struct

from kit.checks.custom.static import (
    EVERY,
    Contract,
    Path,
    Read,
    UseKind,
    begins,
    contract_of,
    draw,
)
from kit.checks.report import Finding, Severity
from kit.definition.settings import SerializationSettings
from kit.errors import CustomError, TemplateError, nearest, render_path
from kit.shim.executable import RAISED, error_text
from kit.task.task import PythonCustomizedContainerTask
from kit.template.custom import (
    custom_from_struct,
    doubtful_numbers,
    fill_struct,
    key_text,
)

__all__ = [
    "Arrival",
    "arrival_of",
    "change_findings",
    "contract_findings",
    "missing_findings",
    "unused_findings",
]


@dataclass(frozen=True)
class Arrival:
    """What becomes of ``custom``.

    Attributes:
        before: What ``get_custom`` returned.
        after: What ``tt.custom`` is.
        refused: Why nothing arrives; empty if it does.
    """

    before: dict[Any, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    refused: tuple[Finding, ...] = ()


def arrival_of(
    task: PythonCustomizedContainerTask[Any], settings: SerializationSettings
) -> Arrival:
    """Ask a task for its custom, and take it over the wire."""
    try:
        given = task.get_custom(settings)
    except RAISED as error:  # the author's; it is what is found
        return Arrival(refused=(_raised(error),))
    struct = Struct()
    try:
        fill_struct(struct, {} if given is None else given)
        return Arrival(given or {}, custom_from_struct(struct))
    except CustomError as error:
        path = render_path(error.path)
        return Arrival(refused=(_refusal(path, error.message, "template"),))
    except TemplateError:
        return Arrival(refused=tuple(_not_finite(given)))
    except Exception as error:  # noqa: BLE001 - of a method of what was returned
        return Arrival(refused=(_raised(error),))


def _raised(error: BaseException) -> Finding:
    return Finding(
        "custom.fails",
        Severity.ERROR,
        "custom",
        "get_custom, or what it returns, raises an exception: no template can be made.",
        stage="template",
        words=error_text(error),
        fix="Call get_custom with the same settings to see where.",
    )


def _refusal(path: str, words: str, stage: str) -> Finding:
    message = "A template does not take what get_custom returns here."
    return Finding("custom.changes", Severity.ERROR, path, message, stage, words)


def _not_finite(custom: dict[Any, Any]) -> Iterator[Finding]:
    for path, why in doubtful_numbers(custom):
        if "cannot be loaded" in why:
            yield _refusal(path, why, "run")


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
