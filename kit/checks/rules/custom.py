"""``custom``: values that change on the way, keys that lack, keys that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.types_pb2 import SimpleType

from kit.checks.custom.usage import (
    EVERY,
    Carried,
    CustomUsage,
    Path,
    Read,
    UseKind,
    begins,
    draw,
)
from kit.checks.report import Finding, Severity
from kit.checks.rule import Problem, Subject, error, note, warning
from kit.definition.settings import SerializationSettings
from kit.errors import nearest, render_path
from kit.task.task import PythonCustomizedContainerTask
from kit.template.custom import key_text


def custom_findings(
    task: PythonCustomizedContainerTask[Any],
    settings: SerializationSettings,
    template: TaskTemplate | None = None,
) -> Iterator[Finding]:
    """Compare what a task's executor reads with what its ``get_custom`` provides.

    Args:
        task: The task.
        settings: What its template is made with.
        template: Its template, whose outputs say what the executor returns.
    """
    subject = Subject(template=template or TaskTemplate(), task=task, settings=settings)
    for rule in (custom_is_made, custom_fits, custom_is_the_same):
        yield from rule.findings(subject)
    for rule in (keys_are_provided, keys_are_read, usage_is_known):
        yield from rule.findings(subject)


def _where(path: Path) -> str:
    steps = [step for step in path if isinstance(step, str | int)]
    return render_path(["custom", *steps])


@error("custom.fails", "template")
def custom_is_made(subject: Subject) -> Iterator[Problem]:
    """``get_custom`` raises nothing."""
    if subject.custom.raised:
        message = (
            "get_custom, or what it returns, raises an exception: no template can be "
            "made."
        )
        fix = "Call get_custom with the same settings to see where."
        yield Problem("custom", message, fix, subject.custom.raised)


@error("custom.changes", "template")
def custom_fits(subject: Subject) -> Iterator[Problem]:
    """A template takes what ``get_custom`` returns, and it can be read again."""
    message = "A template does not take what get_custom returns here."
    for path, why in subject.custom.refused:
        yield Problem(path, message, words=why)


@note("custom.changes", "")
def custom_is_the_same(subject: Subject) -> Iterator[Problem]:
    """The executor gets what its author wrote; items that change alike are one."""
    kinds = {variable.type.simple for variable in subject.outputs.values()}
    makes_integers = SimpleType.INTEGER in kinds
    alike: dict[Any, list[Problem]] = {}
    for value in subject.custom.values():
        for problem in _changes(
            value, subject.custom_usage, makes_integers=makes_integers
        ):
            shape = tuple(EVERY if isinstance(key, int) else key for key in value.path)
            kind = type(value.before), problem.fix and problem.severity
            alike.setdefault((shape, problem.severity, kind), []).append(problem)
    for first, *more in alike.values():
        others = f" (And {len(more):,} more like it.)" if more else ""
        yield replace(first, message=first.message + others)


def _changes(
    value: Carried, usage: CustomUsage, *, makes_integers: bool
) -> Iterator[Problem]:
    before, where = value.before, _where(value.path)
    if isinstance(before, dict):
        yield from _dictionary_changes(value, usage)
    elif isinstance(before, bool) or before is None:
        return
    elif isinstance(before, int):
        yield from _integer_changes(value, usage, makes_integers=makes_integers)
    elif isinstance(before, float) and isinstance(value.after, str):
        message = f"The float {before} arrives as the text {value.after!r}."
        fix = f"Write float({draw(value.path)}), or None in its place."
        yield _risk(where, message, fix)
    elif type(before) is tuple:
        fix = f"Write tuple({draw(value.path)}) where it must be one."
        yield Problem(where, "A tuple arrives as a list.", fix)
    elif type(before) not in {str, float, list}:
        yield _subclass_change(value)


def _risk(path: str, message: str, fix: str) -> Problem:
    return Problem(path, message, fix, severity=Severity.WARNING, stage="run")


def _subclass_change(value: Carried) -> Problem:
    kind, plain = type(value.before).__name__, type(value.after).__name__
    is_named = hasattr(type(value.before), "_fields")
    what = "fields have no names" if is_named else "attributes and methods are gone"
    message = f"A {kind} arrives as a plain {plain}: its {what}."
    star = "*" if is_named else ""
    fix = f"Write {kind}({star}{draw(value.path)}) where it must be one."
    make = _risk if is_named else Problem
    return make(_where(value.path), message, fix)


def _dictionary_changes(value: Carried, usage: CustomUsage) -> Iterator[Problem]:
    for key in value.before:
        if not isinstance(key, str):
            path = (*value.path, key_text(key))
            kind = type(key).__name__
            message = f"The key {key!r} is {kind}, and keys arrive as text."
            fix = f"Read it as {draw(path)}, and write text in get_custom, too."
            yield _risk(_where(path), message, fix)
    where = _where(value.path)
    if type(value.before) is not dict:
        kind = type(value.before).__name__
        message = f"A {kind} arrives as a plain dictionary: its other methods are gone."
        yield Problem(where, message)
    texts = [key_text(key) for key in value.before]
    if texts != sorted(texts) and _sees_order(value.path, usage):
        message = (
            "The keys arrive sorted by their text, not in the order of get_custom."
        )
        yield Problem(where, message, "Where the order matters, write a list of pairs.")


def _sees_order(path: Path, usage: CustomUsage) -> bool:
    if any(begins(path, whole) for whole in usage.whole):
        return True
    return any(read.path == (*path, EVERY) for read in usage.reads)


def _integer_changes(
    value: Carried, usage: CustomUsage, *, makes_integers: bool
) -> Iterator[Problem]:
    before, path, where = int(value.before), value.path, _where(value.path)
    if int(value.after) != before:
        message = (
            f"The integer {before} arrives as {value.after:.17g}: a double holds 53 "
            "bits."
        )
        fix = f"Write it as text in get_custom, and read int({draw(path)})."
        yield _risk(where, message, fix)
        return
    uses = list(usage.uses_of(path))
    returned = next((use for use in uses if use.kind is UseKind.RETURNED), None)
    fix = f"Write int({draw(path)})."
    arrives = f"The int {before} arrives as the float {value.after!r}"
    trap = next((use for use in uses if use.kind is UseKind.BREAKS), None)
    if trap is not None:
        message = f"{arrives}, and {trap.where} takes it as {trap.what}: that fails."
        yield _risk(where, message, fix)
    elif returned is not None and makes_integers:
        message = (
            f"{arrives}, and {returned.where} returns it as an int: that fails with a "
            "ConversionError."
        )
        yield _risk(where, message, fix)
    elif _may_matter(path, usage, {use.kind for use in uses}):
        yield Problem(where, f"{arrives}.", fix)


def _may_matter(path: Path, usage: CustomUsage, kinds: set[UseKind]) -> bool:
    """Tell whether the executor may notice that an integer is a float."""
    if any(begins(path, front) and len(front) < len(path) for front in usage.whole):
        return True
    return usage.may_read(path) and bool(kinds - {UseKind.CAST})


@error("custom.missing", "run")
def keys_are_provided(subject: Subject) -> Iterator[Problem]:
    """``get_custom`` provides the keys that the executor fails without."""
    if not subject.custom.arrives:
        return
    yield from missing_keys(subject.custom.after, subject.custom_usage)


def missing_keys(custom: dict[str, Any], usage: CustomUsage) -> Iterator[Problem]:
    """Yield the keys that are needed and not there, each once."""
    found: dict[Path, Read] = {}
    for read in usage.needs():
        if _is_missing(read.path, custom):
            known = found.setdefault(read.path, read)
            if read.sure and not known.sure:
                found[read.path] = read
    for read in found.values():
        yield _missing_key(read, custom)


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


def _missing_key(read: Read, custom: Any) -> Problem:
    for key in read.path[:-1]:
        custom = custom[key]
    key = read.path[-1]
    when = "" if read.sure else " in a branch"
    message = f"{read.where} reads {draw(read.path)}{when}, which get_custom lacks."
    words, fix = f"KeyError: {key!r}", ""
    if isinstance(custom, list):
        words = "IndexError: list index out of range"
    elif str(key) in custom:
        fix = f"Keys arrive as text: read [{str(key)!r}]."
    else:
        fix = f"Provide it, or read it with .get({key!r}).{nearest(str(key), custom)}"
    severity = None if read.sure else Severity.WARNING
    return Problem(_where(read.path), message, fix, words, severity=severity)


@warning("custom.unused", "")
def keys_are_read(subject: Subject) -> Iterator[Problem]:
    """The executor reads the keys that ``get_custom`` provides."""
    for path in unused_keys(subject.custom.after, (), subject.custom_usage):
        message = "get_custom provides it, and the executor does not read it."
        yield Problem(_where(path), message, "Leave it out, or read it.")


def unused_keys(
    value: dict[str, Any] | list[Any], path: Path, usage: CustomUsage
) -> Iterator[Path]:
    """Yield the keys that nothing reads; what is below them is not looked at."""
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in children:
        below = (*path, key)
        if not isinstance(key, int) and not usage.may_read(below):
            yield below
        elif isinstance(item, dict | list):
            yield from unused_keys(item, below, usage)


@note("custom.unknown", "")
def usage_is_known(subject: Subject) -> Iterator[Problem]:
    """The source says which keys the executor reads."""
    why = subject.custom_usage.why_unknown if subject.custom.after else ""
    if why:
        message = f"Not all keys that are read are known: {why}."
        fix = "Read them as tt.custom[...] to have them checked."
        yield Problem("custom", message, fix)
