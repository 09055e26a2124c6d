"""A template that breaks no rule, for tests to break one."""

from __future__ import annotations

from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core import identifier_pb2, tasks_pb2, types_pb2

RESOLVER = "kit.resolver.default_task_template_resolver"


def good_template() -> tasks_pb2.TaskTemplate:
    """Return a template that no rule has anything to say of."""
    made = tasks_pb2.TaskTemplate(type="python-task")
    made.id.resource_type = identifier_pb2.TASK
    made.id.project, made.id.domain = "lab", "development"
    made.id.name, made.id.version = "etl.load", "v1"
    made.metadata.runtime.version = "0.1.0"
    made.metadata.retries.SetInParent()
    made.interface.inputs.variables["x"].type.simple = types_pb2.INTEGER
    made.interface.outputs.variables["o0"].type.simple = types_pb2.STRING
    container = made.container
    container.image = "ghcr.io/acme/app:1.0"
    container.args.extend(
        [
            *("kit-execute", "--inputs", "{{.input}}"),
            *("--output-prefix", "{{.outputPrefix}}", "--resolver", RESOLVER, "--"),
            *("{{.taskTemplatePath}}", "acme.tasks.Load"),
        ]
    )
    add_resource(made, "requests", "CPU", "500m")
    add_resource(made, "requests", "MEMORY", "500Mi")
    add_resource(made, "limits", "CPU", "1")
    return made


def add_resource(template, part, name, value):
    """Add an entry to requests or limits."""
    number = tasks_pb2.Resources.ResourceName.Value(name)
    getattr(template.container.resources, part).add(name=number, value=value)


def add_secret(template, **facts):
    """Add a secret that is asked for."""
    template.security_context.secrets.add(**facts)


def set_resources(template, requests, limits):
    """Set requests and limits, as pairs of a name and an amount."""
    template.container.resources.Clear()
    for part, pairs in (("requests", requests), ("limits", limits)):
        for name, value in pairs:
            add_resource(template, part, name, value)


def set_args(template, *args, **inputs):
    """Set the args, and inputs of simple types by their names."""
    del template.container.args[:]
    template.container.args.extend(args)
    template.interface.inputs.variables.clear()
    for name, kind in inputs.items():
        declared = template.interface.inputs.variables[name].type
        declared.simple = types_pb2.SimpleType.Value(kind)


def spec_of(template) -> TaskSpec:
    """Return a TaskSpec around a template."""
    return TaskSpec(template=template)
