"""What Flyte's compiler says of a task that is registered, in one message."""

from __future__ import annotations

from collections.abc import Iterator

from flyteidl.core.tasks_pb2 import Resources, TaskTemplate

from kit.checks.rule import Subject
from kit.definition.resources import parse_quantity
from kit.errors import ResourcesError
from kit.forecast.kubernetes import is_dns_label
from kit.forecast.registration import Fault, collected


def registration_faults(template: TaskTemplate) -> tuple[Fault, ...]:
    """Return the errors of the compiler, in its order."""
    target = template.WhichOneof("target")
    found = set()
    if target == "container":
        found = {*_amounts(template.container.resources)}
        interface = template.interface
        used = interface.inputs.variables or interface.outputs.variables
        if used and not (template.container.command or template.container.args):
            text = "Value required [command]."
            found.add(Fault("ValueRequired", "container", text))
    elif target == "k8s_pod":
        found = {*_names(template)}
    return tuple(sorted(found, key=lambda fault: (fault.code, fault.words)))


def registration_words(subject: Subject) -> str:
    """Return what flyteadmin says of the errors."""
    faults = registration_faults(subject.template)
    return f"task failed compilation with {collected(faults)}"


def _amounts(resources: Resources) -> Iterator[Fault]:
    for entry in (*resources.requests, *resources.limits):
        if not _is_quantity(entry.value):
            known = Resources.ResourceName.DESCRIPTOR.values_by_number.get(entry.name)
            name = known.name if known else str(entry.name)
            text = f"Unrecognized value [{entry.value}]."
            yield Fault("UnrecognizedValue", f"resources.{name}", text)


def _is_quantity(text: str) -> bool:
    try:
        parse_quantity(text)
    except ResourcesError:
        return False
    return True


def _names(template: TaskTemplate) -> Iterator[Fault]:
    fields = template.k8s_pod.pod_spec.fields
    listed = fields["containers"].list_value.values if "containers" in fields else ()
    for value in listed:
        facts = value.struct_value.fields
        name = facts["name"].string_value if "name" in facts else ""
        if not is_dns_label(name):
            text = "Invalid value [k8s pod spec container name]."
            yield Fault("InvalidValue", "root", text)
