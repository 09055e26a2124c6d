"""``kit check``: check a task and suggest fixes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kit.cli.app import ExitStatus
from kit.cli.completion import TaskTarget
from kit.cli.inputs import chosen_platform, given, platform_flag, settings_flags
from kit.cli.output import form_of, output_flags, prints_to_stderr, write_result

if TYPE_CHECKING:
    from kit.checks.report import CheckReport, Finding
    from kit.display.summary import Summary


_EPILOG = """\b
Examples:
  kit check tasks.py:load
  kit check package.tasks:load --format json
  kit check tasks.py:load -o report.html
  kit check tasks.py:load --platform flyte-core --project lab --domain staging
  kit check task.pb --platform ours.yaml

Exit status: 0 nothing found that will fail; 1 errors were found; 2 wrong command line;
3 the task could not be loaded or defined; 130 Ctrl-C.
"""


@click.command("check", epilog=_EPILOG, params=[*output_flags()])
@click.argument("target", metavar="TASK", type=TaskTarget(files=True))
@platform_flag()
@settings_flags(where="of the task")
def command(
    target: str,
    form: str | None,
    output: Path | None,
    platform: str | None,
    **settings: str | None,
) -> ExitStatus:
    """Report what will fail or behave differently on Flyte, and how to fix it.

    TASK is module:task, path/to/file.py:task, a template file (.pb, .json, .yaml,
    .pbtxt), package.tgz::task or package.tgz for all of its tasks. A module is imported
    and its template made; its executor doesn't run. Files are only read.
    """
    from kit.checks.check import check
    from kit.targets import read_targets
    from kit.template.serialize import LOCAL_SETTINGS

    form = form_of(form, output, message="A report")
    described = chosen_platform(platform)
    with prints_to_stderr():
        chosen = LOCAL_SETTINGS.replace(**given(settings))
        reports = [check(each, chosen, described) for each in read_targets(target)]
    write_result(
        form,
        output,
        summary=lambda: _summary(target, reports),
        document=lambda: _documents(target, reports),
    )
    is_good = all(report.ok for report in reports)
    return ExitStatus.OK if is_good else ExitStatus.FAILED


def _summary(target: str, reports: list[CheckReport]) -> Summary:
    from kit.display.of_reports import summarize_check, summarize_checks

    if len(reports) == 1:
        return summarize_check(reports[0])
    return summarize_checks(target, reports)


def _documents(target: str, reports: list[CheckReport]) -> dict[str, object]:
    if len(reports) == 1:
        return _document(reports[0])
    return {
        "package": target,
        "ok": all(report.ok for report in reports),
        "tasks": [_document(report) for report in reports],
    }


def _document(report: CheckReport) -> dict[str, object]:
    return {
        "task": report.subject,
        "ok": report.ok,
        "findings": [_entry(finding) for finding in report.findings],
        "repairs": report.fix().python.splitlines(),
    }


def _entry(finding: Finding) -> dict[str, str]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "path": finding.path,
        "message": finding.message,
        "stage": finding.stage,
        "words": finding.words,
        "fix": finding.fix,
    }
