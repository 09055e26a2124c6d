"""``kit check``: check a task and suggest fixes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.cli.app import ExitStatus
from kit.cli.completion import TEMPLATES, TaskTarget
from kit.cli.options import given, settings_flags
from kit.cli.output import form_of, output_flags, write_result

if TYPE_CHECKING:
    from kit.checks.report import CheckReport, Finding
    from kit.display.summary import Summary
    from kit.forecast.platform import Platform


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
@click.argument("target", metavar="TASK", type=TaskTarget(TEMPLATES))
@click.option(
    "--platform",
    "platform",
    metavar="sandbox|flyte-core|FILE",
    help="The deployment it is for: one of these, or a YAML file of kit.Platform.",
)
@settings_flags(where="of the task")
def command(
    target: str,
    form: str | None,
    output: Path | None,
    platform: str | None,
    **settings: str | None,
) -> ExitStatus:
    """Tell what of a task will fail, or be otherwise than written, and what to do.

    TASK is module:task or path/to/file.py:task, or a template file (.pb, .json, .yaml,
    .pbtxt). Its module is imported and its template made; its executor doesn't run.
    """
    from kit.checks.check import check
    from kit.template.serialize import LOCAL_SETTINGS

    form = form_of(form, output, message="A report")
    described = _platform(platform)
    report = check(
        _subject(target), LOCAL_SETTINGS.replace(**given(settings)), described
    )
    write_result(
        form,
        output,
        summary=lambda: _summary(report),
        document=lambda: _document(report),
    )
    return ExitStatus.OK if report.ok else ExitStatus.FAILED


def _subject(target: str) -> Any:
    """Return the template in a file, or the task that is named."""
    from pathlib import PurePath

    from kit.storage import read_bytes
    from kit.targets import load_task
    from kit.template.files import FORMATS, decode_message, form_of
    from kit.template.view import MAX_TEMPLATE_BYTES

    ending = PurePath(target).suffix.lower().removeprefix(".")
    if ":" in target.rpartition("/")[2] or ending not in (*FORMATS, "yml"):
        return load_task(target)
    data = read_bytes(target, limit=MAX_TEMPLATE_BYTES)
    return decode_message(data, form_of(target), target)


def _platform(name: str | None) -> Platform | None:
    from kit.forecast.platform import Platform

    presets = {"sandbox": Platform.sandbox, "flyte-core": Platform.flyte_core}
    if name is None:
        return None
    return presets[name]() if name in presets else Platform.from_file(name)


def _summary(report: CheckReport) -> Summary:
    from kit.display.of_checks import summarize_check

    return summarize_check(report)


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
