"""The task's custom, and the source that travels in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kit.checks.rules.custom import custom_findings
from kit.definition.shipment import INLINE_KEY
from kit.display.of_reports import finding_items
from kit.display.sections.subject import Subject, failure_items
from kit.display.summary import (
    Code,
    Fact,
    Facts,
    Finding,
    Item,
    Section,
    Tree,
)
from kit.task.task import PythonCustomizedContainerTask
from kit.template.custom import doubtful_numbers

_SHOWN_ELSEWHERE = {
    "custom.fails",
    "custom.unknown",
}  # above, and of use in a report only


def custom(subject: Subject) -> Section:
    """Show the dictionary the executor gets, or why there is none."""
    return Section(
        "Custom",
        (
            *failure_items(subject, "custom"),
            *_tree(subject),
            *_doubts(subject),
            *_contract(subject),
        ),
    )


def inline_source(subject: Subject) -> Section:
    """Show the source that travels in the template."""
    items = [*failure_items(subject, "source"), *_source(subject)]
    return Section(
        "Inline source", tuple(items), detail="source" not in subject.failures
    )


def _tree(subject: Subject) -> Iterator[Item]:
    value = {k: v for k, v in subject.custom.value.items() if k != INLINE_KEY}
    if value:
        yield Tree(value, source=subject.source("custom"))


def _doubts(subject: Subject) -> Iterator[Item]:
    for path, why in doubtful_numbers(subject.custom.value):
        yield Finding("warning", why, path=path)


def _contract(subject: Subject) -> Iterator[Item]:
    """Tell which keys the executor lacks, and which it does not read."""
    task, settings = subject.task, subject.settings
    if not isinstance(task, PythonCustomizedContainerTask) or settings is None:
        return
    if subject.failures:
        return
    found = custom_findings(task, settings, subject.template)
    yield from finding_items([one for one in found if one.rule not in _SHOWN_ELSEWHERE])


def _source(subject: Subject) -> Iterator[Item]:
    inline = subject.custom.value.get(INLINE_KEY)
    if not isinstance(inline, Mapping):
        return
    facts = [
        Fact(name, _text(inline[name]), subject.source("custom.kit.inline"))
        for name in ("module", "executor", "sha256")
        if name in inline
    ]
    yield Facts(tuple(facts))
    yield Code(_text(inline.get("source", "")), "python")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
