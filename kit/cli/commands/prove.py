"""``kit prove``: verify that what ships is all that a task needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from kit.cli.app import ExitStatus
from kit.cli.inputs import TaskGroup
from kit.cli.output import form_of, output_flags, prints_to_stderr, write_result

if TYPE_CHECKING:
    from kit.display.summary import Summary
    from kit.proof.outcome import Proof
    from kit.task.task import PythonCustomizedContainerTask


_HELP = """Verify that what ships is all that a task needs.

TASK is module:task or path/to/file.py:task. Its shipped form is loaded in a
fresh interpreter that has an empty folder, the container's variables and
installed packages, and nothing else. With inputs, it runs too:

  kit prove TASK
  kit prove TASK --limit 3
  kit prove TASK --run
  kit prove TASK --format json
  kit prove TASK -o proof.html

Exit status 0 means proven, 1 not proven.
"""


def _options() -> list[click.Option]:
    return [
        click.Option(
            ["--run", "runs"],
            is_flag=True,
            default=None,
            help="Also run it with default inputs (implied by any input flag).",
        ),
        click.Option(
            ["--timeout", "timeout"],
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Stop the interpreter after SECONDS (default: 60).",
        ),
        click.Option(
            ["--runtime", "runtime"],
            type=click.Choice(["kit", "flytekit"]),
            help="What runs in the container (default: the task's own choice).",
        ),
        *output_flags(),
    ]


def _prove(
    task: PythonCustomizedContainerTask[Any],
    inputs: Mapping[str, Any],
    options: Mapping[str, Any],
) -> ExitStatus:
    from kit.proof.prove import DEFAULT_TIMEOUT, prove
    from kit.template.serialize import LOCAL_SETTINGS

    output = options.get("output")
    form = form_of(options.get("form"), output, message="A proof")
    with prints_to_stderr():
        proof = prove(
            task,
            settings=LOCAL_SETTINGS.replace(runtime=options.get("runtime")),
            timeout=options.get("timeout") or DEFAULT_TIMEOUT,
            inputs=inputs if inputs or options.get("runs") else None,
        )
    write_result(
        form, output, summary=lambda: _summary(proof), document=lambda: _document(proof)
    )
    return ExitStatus.OK if proof.ok else ExitStatus.FAILED


def _summary(proof: Proof) -> Summary:
    from kit.display.of_reports import summarize_proof

    return summarize_proof(proof)


def _document(proof: Proof) -> dict[str, object]:
    from dataclasses import asdict

    from kit.definition.json_values import to_json

    return {
        "task": proof.task,
        "ok": proof.ok,
        "steps": [asdict(step) for step in proof.steps],
        "failure": None if proof.failure is None else asdict(proof.failure),
        "custom": None if proof.custom is None else asdict(proof.custom),
        "notes": list(proof.notes),
        "outputs": {name: to_json(value) for name, value in proof.outputs.items()},
        "log": [{"stream": line.stream, "text": line.text} for line in proof.log],
    }


command = TaskGroup(
    "prove", carry_out=_prove, options=_options, requires_inputs=False, help=_HELP
)
