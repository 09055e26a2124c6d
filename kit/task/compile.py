"""A workflow as Flyte's messages: its template, what is registered, its closure."""

from __future__ import annotations

from flyteidl.admin import workflow_pb2 as admin_workflow_pb2
from flyteidl.core import (
    identifier_pb2,
    tasks_pb2,
    workflow_closure_pb2,
    workflow_pb2,
)

from kit.definition.settings import SerializationSettings
from kit.errors import CallError
from kit.task.node import Node
from kit.task.workflow import Workflow
from kit.template.serialize import task_template

__all__ = ["workflow_closure", "workflow_spec", "workflow_template"]


def workflow_template(
    wf: Workflow, settings: SerializationSettings
) -> workflow_pb2.WorkflowTemplate:
    """Compile a workflow; nothing is kept between calls.

    Upstream nodes are named in the order of their ids.

    Raises:
        CallError: The engine would refuse the graph; see :meth:`Workflow.check`.
    """
    wf.check()
    template = workflow_pb2.WorkflowTemplate(
        id=_identifier(wf.name, settings, identifier_pb2.WORKFLOW),
        interface=wf.interface,
        nodes=[_node_message(node, settings) for node in wf.nodes],
        outputs=wf.output_bindings,
    )
    template.metadata.SetInParent()
    template.metadata.on_failure = wf.failure_policy.value
    template.metadata_defaults.SetInParent()
    template.metadata_defaults.interruptible = wf.interruptible
    return template


def _identifier(
    name: str,
    settings: SerializationSettings,
    resource_type: identifier_pb2.ResourceType,
) -> identifier_pb2.Identifier:
    return identifier_pb2.Identifier(
        resource_type=resource_type,
        project=settings.project,
        domain=settings.domain,
        name=name,
        version=settings.version,
    )


def _node_message(node: Node, settings: SerializationSettings) -> workflow_pb2.Node:
    reference = _identifier(node.task.name, settings, identifier_pb2.TASK)
    return workflow_pb2.Node(
        id=node.id,
        metadata=node.metadata,
        inputs=node.bindings,
        upstream_node_ids=sorted(other.id for other in node.upstream),
        output_aliases=[
            workflow_pb2.Alias(var=var, alias=alias)
            for var, alias in node.aliases.items()
        ],
        task_node=workflow_pb2.TaskNode(
            reference_id=reference, overrides=node.overrides
        ),
    )


def workflow_spec(
    wf: Workflow, settings: SerializationSettings
) -> admin_workflow_pb2.WorkflowSpec:
    """Make what is registered: the template, and what is written about it."""
    spec = admin_workflow_pb2.WorkflowSpec(template=workflow_template(wf, settings))
    if wf.docs is not None:
        spec.description.CopyFrom(wf.docs.to_flyte_idl())
    return spec


def workflow_closure(
    wf: Workflow, settings: SerializationSettings
) -> workflow_closure_pb2.WorkflowClosure:
    """Make a workflow with the templates of its tasks, each of them once.

    Raises:
        CallError: Two tasks of one name are not the same.
    """
    templates: dict[str, tasks_pb2.TaskTemplate] = {}
    for task in dict.fromkeys(node.task for node in wf.nodes):
        template = task_template(task, settings)
        if templates.setdefault(task.name, template) != template:
            msg = (
                f"Two nodes of workflow {wf.name} have tasks named {task.name!r} whose "
                "templates differ. Name them differently, or give with_overrides the "
                "same task_config at each node of the task."
            )
            raise CallError(msg)
    return workflow_closure_pb2.WorkflowClosure(
        workflow=workflow_template(wf, settings), tasks=templates.values()
    )
