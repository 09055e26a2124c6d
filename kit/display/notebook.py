"""Who summarizes what: a table by the full names of types, so that none is loaded."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from kit.display.html import fragment, style_element
from kit.display.summary import Summary
from kit.errors import DisplayError
from kit.notebook import interactive_shell


class RunningCell(NamedTuple):
    """A cell, and the request to run it, of which there is another each time."""

    cell: object
    request: object

    def is_rerun_of(self, before: RunningCell) -> bool:
        """Tell whether the cell runs again that ran before, and lost its outputs."""
        return self.cell == before.cell and self.request != before.request


def running_cell(shell: Any) -> RunningCell:
    """Identify the cell that a shell runs.

    A front end that names no cell is taken at its text.
    """
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    request = parent.get("header", {}).get("msg_id", shell.execution_count)
    text = parent.get("content", {}).get("code", request)
    return RunningCell(parent.get("metadata", {}).get("cellId", text), request)


_bringer: RunningCell | None = None


def style_if_new() -> str:
    """Return the stylesheet's element, or nothing if the page has it already.

    Outside IPython nothing is known of a page, and each output has its own.
    """
    global _bringer  # noqa: PLW0603 - one page for each process
    shell = interactive_shell()
    if shell is None:
        return style_element()
    running = running_cell(shell)
    if _bringer is not None and not running.is_rerun_of(_bringer):
        return ""
    _bringer = running
    return style_element()


def forget_stylesheet() -> None:
    """Let the next output bring the stylesheet again, for a page that lost it."""
    global _bringer  # noqa: PLW0603
    _bringer = None


MESSAGES = {
    "flyteidl.core.tasks_pb2.TaskTemplate": "of_template.summarize_template",
    "flyteidl.admin.task_pb2.TaskSpec": "of_messages.summarize_spec",
    "flyteidl.core.interface_pb2.TypedInterface": "of_messages.summarize_interface",
    "flyteidl.core.literals_pb2.Literal": "of_messages.summarize_literal",
    "flyteidl.core.literals_pb2.LiteralMap": "of_messages.summarize_literal_map",
    **dict.fromkeys(
        (
            "flyteidl.core.types_pb2.LiteralType",
            "flyteidl.core.interface_pb2.Variable",
            "flyteidl.core.interface_pb2.VariableMap",
            "flyteidl.core.identifier_pb2.Identifier",
            "flyteidl.core.tasks_pb2.Container",
            "flyteidl.core.tasks_pb2.K8sPod",
            "flyteidl.core.tasks_pb2.Resources",
            "flyteidl.core.tasks_pb2.ExtendedResources",
            "flyteidl.core.tasks_pb2.TaskMetadata",
            "flyteidl.core.security_pb2.SecurityContext",
            "flyteidl.core.workflow_pb2.Node",
            "flyteidl.core.workflow_pb2.WorkflowTemplate",
            "flyteidl.admin.workflow_pb2.WorkflowSpec",
        ),
        "of_messages.summarize_message",
    ),
}
"""Flyte's messages, and the function of this package that summarizes each."""

SUMMARIZERS = {
    "kit.task.task.PythonCustomizedContainerTask": ("of_template.summarize_task"),
    "kit.template.view.TaskTemplateView": "of_template.summarize_view",
    "kit.definition.interface.Interface": "of_messages.summarize_python_interface",
    "kit.shim.context.Deck": "of_runs.summarize_deck",
    "kit.shim.deck_file.Decks": "of_runs.summarize_decks",
    "kit.runners.outcome.Outcome": "of_runs.summarize_run_shown",
    "kit.running.outputs.Outputs": "of_runs.summarize_outputs",
    "kit.running.run.Run": "of_runs.summarize_run_shown",
    "kit.running.compare.RunComparison": ("of_runs.summarize_comparison"),
    "kit.running.compare.Measured": ("of_runs.summarize_measured"),
    "kit.running.run.Runs": "of_runs.summarize_runs",
    "kit.task.workflow.Workflow": "of_messages.summarize_workflow",
    "kit.difference.diff.Difference": "of_reports.summarize_difference",
    "kit.proof.outcome.Proof": "of_reports.summarize_proof_shown",
    "kit.images.image.BuiltImage": ("of_reports.summarize_image"),
    "kit.exporters.export.Export": "of_reports.summarize_export",
    "kit.checks.report.CheckReport": "of_reports.summarize_check",
    "kit.widgets.preview.Preview": "of_runs.summarize_preview",
    "kit.widgets.run_panel.Panel": "of_runs.summarize_panel",
    **MESSAGES,
}
"""All types; a subclass is summarized as its nearest base."""


def summarize(thing: object) -> Summary:
    """Return what is shown of a thing: a task, a template, a run, a literal, ….

    Raises:
        DisplayError: kit has no view of it.
    """
    if isinstance(thing, Summary):
        return thing
    for kind in type(thing).__mro__:
        place = SUMMARIZERS.get(f"{kind.__module__}.{kind.__qualname__}")
        if place is not None:
            module, _, function = place.partition(".")
            found = getattr(import_module(f"kit.display.{module}"), function)
            summary: Summary = found(thing)
            return summary
    msg = (
        f"kit has no view of a {type(thing).__name__}: it shows tasks, templates, "
        "interfaces, literals, runs, decks, reports and differences."
    )
    raise DisplayError(msg)


def mimebundle(thing: object) -> dict[str, Any]:
    """Return the text and the HTML of something that kit knows to summarize.

    Both are the same each time: they hold no times, no ids, and no width of a window.
    """
    summary = summarize(thing)
    return {
        "text/plain": _text(thing, summary),
        "text/html": style_if_new() + fragment(summary),
    }


def _text(thing: object, summary: Summary) -> str:
    if find_spec("rich") is None:  # it comes with the extras `cli` and `notebook`
        return repr(thing)
    from kit.display.console import plain_text

    return plain_text(summary)


def register(shell: Any) -> None:
    """Let an IPython show Flyte's messages as kit does; again does no harm.

    The next output brings the stylesheet, so that ``%reload_ext kit`` mends a notebook
    that lost the output which had it.

    Args:
        shell: The ``InteractiveShell``, as ``load_ipython_extension`` is given it.
    """
    forget_stylesheet()
    formatter = shell.display_formatter.mimebundle_formatter
    for name in MESSAGES:
        if not _is_registered(formatter, name):
            module, _, kind = name.rpartition(".")
            formatter.for_type_by_name(module, kind, _bundle)


def unregister(shell: Any) -> None:
    """Let an IPython show Flyte's messages as it did before."""
    formatter = shell.display_formatter.mimebundle_formatter
    for name in MESSAGES:
        if _is_registered(formatter, name):
            formatter.pop(name)


def _is_registered(formatter: Any, name: str) -> bool:
    try:
        return formatter.lookup_by_type(name) is _bundle
    except KeyError:
        return False


def _bundle(message: object, **_kinds: object) -> dict[str, str]:
    """Return the faces; IPython itself leaves out those that it does not want."""
    return mimebundle(message)
