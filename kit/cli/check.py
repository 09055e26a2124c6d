"""``kit check``: tell what of a task will fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from kit.cli.status import ExitStatus

if TYPE_CHECKING:
    from kit.checks.finding import Finding
    from kit.checks.report import CheckReport

__all__ = ["command"]

_EPILOG = """\b
Examples:
  kit check tasks.py:load
  kit check package.tasks:load --format json

Exit status: 0 nothing found that will fail; 1 errors were found; 2 wrong command line;
3 the task could not be loaded or defined; 130 Ctrl-C.
"""


@click.command("check", epilog=_EPILOG)
@click.argument("target", metavar="TASK")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to write the findings (default: text).",
)
@click.option(
    "--runtime",
    type=click.Choice(["kit", "flytekit"]),
    help="What runs in the container (default: the task's own choice, else kit).",
)
@click.option("--project", help="Project of the task.")
@click.option("--domain", help="Domain of the task.")
@click.option("--version", help="Version of the task.")
def command(target: str, form: str, **settings: str | None) -> ExitStatus:
    """Tell what of a task will fail, or be otherwise than written, and what to do.

    TASK is module:task or path/to/file.py:task. Its module is imported and its template
    made; its executor doesn't run.
    """
    from kit.checks.check import check
    from kit.cli.target import load_task
    from kit.template.serialize import LOCAL_SETTINGS

    chosen = {name: value for name, value in settings.items() if value is not None}
    report = check(load_task(target), LOCAL_SETTINGS.replace(**chosen))
    if form == "json":
        click.echo(json.dumps(_document(report), indent=2, ensure_ascii=True))
    else:
        _print(report)
    return ExitStatus.OK if report.ok else ExitStatus.FAILED


def _print(report: CheckReport) -> None:
    from kit.display.check_summary import summarize_check
    from kit.display.console import print_summary

    print_summary(summarize_check(report))


def _document(report: CheckReport) -> dict[str, object]:
    return {
        "task": report.subject,
        "ok": report.ok,
        "findings": [_entry(finding) for finding in report.findings],
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
