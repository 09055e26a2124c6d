"""``kit.check``: tell what will fail, or will be otherwise than it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kit.checks.contract.rules import contract_findings
from kit.checks.finding import Finding
from kit.checks.report import CheckReport
from kit.definition.settings import SerializationSettings
from kit.runners.arguments import check_task
from kit.task.customized_container import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS

__all__ = ["RULES", "check"]

Task = PythonCustomizedContainerTask[Any]
Rules = Callable[[Task, SerializationSettings], Iterable[Finding]]

RULES: tuple[Rules, ...] = (contract_findings,)
"""All rules, in groups: each looks at a task with settings, and yields its findings."""


def check(
    task: Task,
    /,
    settings: SerializationSettings | None = None,
) -> CheckReport:
    """Tell what of a task will fail, or will be otherwise than it was written.

    Nothing runs but the task's own getters, and nothing is changed; what they raise is
    a finding.

    Args:
        task: The task.
        settings: What its template is made with; those of a local run by default.

    Raises:
        CallError: It is no task.
    """
    check_task(task, "kit.check")
    chosen = settings or LOCAL_SETTINGS
    found = (finding for rules in RULES for finding in rules(task, chosen))
    return CheckReport.of(str(task.name), found)
