"""What flyteadmin answers to a whole request to CreateExecution.

Beyond the inputs (:mod:`kit.forecast.launch`) it looks at the name, the place, what is
launched, notifications and labels, in this order.
"""

from __future__ import annotations

import re

from flyteidl.admin import execution_pb2, launch_plan_pb2
from flyteidl.core import execution_pb2 as phases_pb2
from flyteidl.core import identifier_pb2, interface_pb2, tasks_pb2

from kit.forecast.kubernetes import label_value_faults, qualified_name_faults
from kit.forecast.launch import (
    NAME_FIX,
    ON_A_PLAN,
    ON_A_TASK,
    Launch,
    LaunchForecast,
    LaunchRefusal,
    Refusals,
    first_refusals,
    literals_are_there,
    required_inputs,
    size_of_request,
)
from kit.forecast.literal_types import message_text
from kit.forecast.platform import UNKNOWN, Platform

Request = execution_pb2.ExecutionCreateRequest
_TASK = identifier_pb2.ResourceType.TASK
_INVALID = "INVALID_ARGUMENT"


def forecast_request(
    request: Request,
    target: tasks_pb2.TaskTemplate | interface_pb2.ParameterMap | None,
    platform: Platform = UNKNOWN,
) -> LaunchForecast:
    """Foretell the answer to a request to CreateExecution.

    Args:
        request: The request.
        target: What is launched: a task as it is registered, or the inputs that a
            launch plan expects (:func:`expected_inputs`), of whose workflow the size is
            not looked at; ``None`` if there is nothing under the request's identifier.
        platform: Where the request goes; what is not known of it refuses nothing.
    """
    launch = _launch_of(request, target, platform)
    on_target = ON_A_TASK if isinstance(target, tasks_pb2.TaskTemplate) else ON_A_PLAN
    return first_refusals(
        launch,
        (
            size_of_request,
            lambda _: _before_inputs(request, platform),
            literals_are_there,
            lambda _: _after_inputs(request),
            lambda _: _missing(request) if target is None else (),
            *on_target,
        ),
    )


def _launch_of(
    request: Request,
    target: tasks_pb2.TaskTemplate | interface_pb2.ParameterMap | None,
    platform: Platform,
) -> Launch:
    """Return the launch of a request; old clients write inputs into the spec."""
    template, expected = tasks_pb2.TaskTemplate(), interface_pb2.ParameterMap()
    if isinstance(target, interface_pb2.ParameterMap):
        expected = target
    elif target is not None:
        template, expected = target, required_inputs(target.interface)
    return Launch(
        template,
        expected,
        request.inputs if request.inputs.literals else request.spec.inputs,
        platform,
        request.name,
        request.spec.annotations.values,
        request.ByteSize(),
    )


def expected_inputs(
    interface: interface_pb2.TypedInterface, plan: launch_plan_pb2.LaunchPlanSpec
) -> interface_pb2.ParameterMap:
    """Return the inputs that a launch plan expects: all that it does not fix.

    Those with a default in the plan may be left out, all others have to be given:
    defaults that stand in Python alone do not travel.
    """
    expected = interface_pb2.ParameterMap()
    for name, variable in interface.inputs.variables.items():
        if name in plan.default_inputs.parameters:
            expected.parameters[name].CopyFrom(plan.default_inputs.parameters[name])
        elif name not in plan.fixed_inputs.literals:
            expected.parameters[name].var.CopyFrom(variable)
            expected.parameters[name].required = True
    return expected


def _before_inputs(request: Request, platform: Platform) -> Refusals:
    """Yield what is refused before the inputs are looked at: the first of them."""
    for found in (
        _project_and_domain(request),
        _name(request),
        _known_place(request, platform),
        _target(request),
    ):
        refusals = tuple(found)
        yield from refusals
        if refusals:
            return


def _after_inputs(request: Request) -> Refusals:
    for found in (_notifications(request), _labels(request), _database(request)):
        refusals = tuple(found)
        yield from refusals
        if refusals:
            return


def _project_and_domain(request: Request) -> Refusals:
    for field in ("project", "domain"):
        if not getattr(request, field):
            yield LaunchRefusal(_INVALID, f"missing {field}", fix=f"Name a {field}.")
            return


_NAME_PATTERN = r"^[a-z][a-z\-0-9]*$"
_MOST_NAME = 63


def _name(request: Request) -> Refusals:
    """The name is checked in lower case, and used as it is."""
    name = request.name.lower()
    if not name:
        return
    if len(name.encode()) > _MOST_NAME:
        words = f"size of name exceeded length {_MOST_NAME} : {name}"
        yield LaunchRefusal(_INVALID, words, fix=NAME_FIX)
    elif not re.fullmatch(r"[a-z][-a-z0-9]*", name, re.ASCII):
        words = f"invalid name format: {name}, does not match regex '{_NAME_PATTERN}'"
        yield LaunchRefusal(_INVALID, words, fix=NAME_FIX)


def _known_place(request: Request, platform: Platform) -> Refusals:
    if platform.projects is not None and request.project not in platform.projects:
        words = (
            f"failed to validate that project [{request.project}] and domain "
            f"[{request.domain}] are registered, err: [project [{request.project}] "
            "not found]"
        )
        yield LaunchRefusal(_INVALID, words, fix="Name a project of the platform.")
    elif platform.domains is not None and request.domain not in platform.domains:
        words = f"domain [{request.domain}] is unrecognized by system"
        yield LaunchRefusal(_INVALID, words, fix="Name a domain of the platform.")


def _target(request: Request) -> Refusals:
    if not request.HasField("spec"):
        yield LaunchRefusal(_INVALID, "missing spec")
        return
    if not request.spec.HasField("launch_plan"):
        yield LaunchRefusal(_INVALID, "missing id")
        return
    target = request.spec.launch_plan
    for field in ("project", "domain", "name", "version"):
        if not getattr(target, field):
            yield LaunchRefusal(_INVALID, f"missing {field}", fix=f"Name a {field}.")
            return
    allowed = (_TASK, identifier_pb2.ResourceType.LAUNCH_PLAN)
    if target.resource_type not in allowed:
        names = identifier_pb2.ResourceType.DESCRIPTOR.values_by_number
        known = names.get(target.resource_type)
        words = (
            "Invalid reference entity resource type "
            f"[{known.name if known else target.resource_type}], only "
            "[map[TASK:<nil> LAUNCH_PLAN:<nil>]] allowed"
        )
        yield LaunchRefusal(_INVALID, words, fix="Launch a TASK or a LAUNCH_PLAN.")


def _notifications(request: Request) -> Refusals:
    for each in request.spec.notifications.notifications:
        kind = each.WhichOneof("type")
        if kind is None:
            yield LaunchRefusal(_INVALID, "invalid value for notification type")
            return
        recipients = getattr(each, kind).recipients_email
        if not recipients:
            yield LaunchRefusal(_INVALID, "missing recipients")
            return
        if not all(recipients):
            yield LaunchRefusal(_INVALID, "missing recipient")
            return
        if any(phase not in _FINAL for phase in each.phases):
            yield LaunchRefusal(_INVALID, "invalid value for phase")
            return


_PHASE = phases_pb2.WorkflowExecution
_FINAL = (_PHASE.SUCCEEDED, _PHASE.FAILED, _PHASE.ABORTED, _PHASE.TIMED_OUT)


def _labels(request: Request) -> Refusals:
    fix = "Use a label that Kubernetes accepts."
    for key, value in request.spec.labels.values.items():
        for what, text, faults in (
            ("key", key, qualified_name_faults(key)),
            ("value", value, label_value_faults(value)),
        ):
            if faults:
                words = f"invalid label {what} [{text}]: [{' '.join(faults)}]"
                yield LaunchRefusal(_INVALID, words, fix=fix)
                break


def _database(request: Request) -> Refusals:
    """PostgreSQL has no NUL in texts."""
    target = request.spec.launch_plan
    if "\0" in f"{target.project}{target.domain}{target.name}{target.version}":
        words = (
            "failed database operation with invalid byte sequence for encoding "
            '"UTF8": 0x00'
        )
        yield LaunchRefusal("UNKNOWN", words, fix="Take the NUL out.")


def _missing(request: Request) -> Refusals:
    target = identifier_pb2.Identifier()
    target.CopyFrom(request.spec.launch_plan)
    kind = identifier_pb2.ResourceType.Name(target.resource_type)
    target.ClearField("resource_type")
    words = f"missing entity of type {kind} with identifier {message_text(target)}"
    yield LaunchRefusal("NOT_FOUND", words, fix="Register this version of it first.")
