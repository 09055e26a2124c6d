"""Who summarizes what: a table by the full names of types, so that none is loaded."""

from __future__ import annotations

from importlib import import_module

from kit.display.summary import Summary
from kit.errors import DisplayError

__all__ = ["MESSAGES", "SUMMARIZERS", "summarize"]

MESSAGES = {
    "flyteidl.core.tasks_pb2.TaskTemplate": "template_summary.summarize_template",
    "flyteidl.admin.task_pb2.TaskSpec": "literal_summary.summarize_spec",
    "flyteidl.core.interface_pb2.TypedInterface": "literal_summary.summarize_interface",
    "flyteidl.core.literals_pb2.Literal": "literal_summary.summarize_literal",
    "flyteidl.core.literals_pb2.LiteralMap": "literal_summary.summarize_literal_map",
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
        "literal_summary.summarize_message",
    ),
}
"""Flyte's messages, and the function of this package that summarizes each."""

SUMMARIZERS = {
    "kit.task.definition.CustomizedContainerDefinition": (
        "template_summary.summarize_task"
    ),
    "kit.template.view.TaskTemplateView": "template_summary.summarize_view",
    "kit.definition.interface.Interface": "literal_summary.summarize_python_interface",
    "kit.shim.decks.Deck": "deck_summary.summarize_deck",
    "kit.shim.deck_file.Decks": "deck_summary.summarize_decks",
    "kit.runners.outcome.Outcome": "run_summary.summarize_run_shown",
    "kit.running.outputs.Outputs": "run_summary.summarize_outputs",
    "kit.running.run.Run": "run_summary.summarize_run_shown",
    "kit.running.comparison.run_comparison.RunComparison": (
        "comparison_summary.summarize_comparison"
    ),
    "kit.running.comparison.run_comparison.Measured": (
        "comparison_summary.summarize_measured"
    ),
    "kit.running.session.Runs": "runs_summary.summarize_runs",
    "kit.task.workflow.Workflow": "workflow_summary.summarize_workflow",
    "kit.difference.difference.Difference": "difference_summary.summarize_difference",
    "kit.authoring.proof.outcome.Proof": "proof_summary.summarize_proof_shown",
    "kit.authoring.container_image.built_image.BuiltImage": (
        "image_summary.summarize_image"
    ),
    "kit.authoring.export.result.Export": "export_summary.summarize_export",
    "kit.checks.report.CheckReport": "check_summary.summarize_check",
    "kit.widgets.preview.preview.Preview": "preview_summary.summarize_preview",
    "kit.widgets.run_panel.panel.Panel": "panel_summary.summarize_panel",
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
