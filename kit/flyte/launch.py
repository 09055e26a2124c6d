"""``kit.launch``: start an execution on a live Flyte, after foretelling the answer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.settings import SerializationSettings, check_environment
from kit.difference.diff import diff
from kit.errors import CallError, RemoteNotFoundError
from kit.flyte.entities import AUTO, check_version
from kit.flyte.execution import Execution
from kit.flyte.register import register
from kit.forecast.launch_request import forecast_request
from kit.remote.client import Remote, as_remote
from kit.remote.executions import check_name, create, execution_id, new_name
from kit.remote.transfer import uploaded_inputs
from kit.runners.flyte import checked_launch, launch_request
from kit.running.start import (
    TrustedTemplate,
    check_options,
    input_bytes,
    merged_inputs,
)
from kit.targets import read_definition
from kit.task.call import input_literals, name_arguments
from kit.task.task import PythonCustomizedContainerTask
from kit.task.workflow import Workflow
from kit.template.files import template_of
from kit.types import default_engine

if TYPE_CHECKING:
    from flyteidl.admin.execution_pb2 import ExecutionCreateRequest

_OPTIONS = (
    *("version", "remote", "name", "environment", "labels", "overwrite_cache"),
    "settings",
)


def launch(  # noqa: PLR0913 - each is a way to launch, and all but the task have defaults
    task: Any,
    /,
    version: str | None = None,
    *,
    remote: Remote | None = None,
    name: str | None = None,
    environment: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    overwrite_cache: bool = False,
    settings: SerializationSettings | None = None,
    inputs: Mapping[str, Any] | None = None,
    **named_inputs: Any,
) -> Execution:
    """Start an execution of a task, or of a workflow, and return it at once.

    Defaults are filled in, which do not travel to Flyte otherwise; local files and
    tables are uploaded. What Flyte would refuse is refused here, before anything is
    sent. The execution has a name of its own: with a name that exists Flyte would
    overwrite the inputs of the first one.

    Args:
        task: The task, the workflow, or a text that names one: ``tasks.py:load``.
        version: The version that is launched. Without one it is made from the content,
            and registered if it is not yet.
        remote: Where; by default the configured Flyte.
        name: The name of the execution; by default the task's with random digits.
        environment: Variables that Flyte adds to the task's.
        labels: Labels of the execution.
        overwrite_cache: Whether to run even if the result is cached.
        settings: What a version that is made from the content is made with.
        inputs: Inputs whose names are taken by the parameters above.
        **named_inputs: The inputs.

    Raises:
        CallError: An input is missing, unknown or given twice, the name is taken, or
            Flyte would refuse the launch.
        ConversionError: An input does not fit its declared type.
        RemoteNotFoundError: That version is not registered.
        RegisterError: The version that was made is refused.
        StorageError: A file cannot be uploaded.
        RemoteError: Flyte refuses the launch, or cannot be reached.
    """
    where = as_remote(remote)
    thing = read_definition(task) if isinstance(task, (str, os.PathLike)) else task
    subject = _subject(thing)
    if version is not None:
        check_version(version)
    named = check_options(subject, named_inputs, "kit.launch", _OPTIONS)
    values = merged_inputs(subject, inputs or {}, named)
    literals = _literals(subject, values)
    chosen = new_name(subject.name) if name is None else check_name(where, name)
    if version is None or version == AUTO:
        report = register(thing, AUTO, remote=where, settings=settings)
        version = report.version
    is_flow = isinstance(subject, Workflow)
    kind = ResourceType.LAUNCH_PLAN if is_flow else ResourceType.TASK
    target = where.identifier(kind, subject.name, version)
    if is_flow:
        request = launch_request(where, TaskTemplate(id=target), literals, name=chosen)
        _add_options(request, environment, labels, overwrite_cache=overwrite_cache)
        notes = _check_flow(where, request, target)
    else:
        template = _registered(where, target)
        request = launch_request(where, template, literals, name=chosen)
        _add_options(request, environment, labels, overwrite_cache=overwrite_cache)
        forecast = checked_launch(request, template)
        notes = tuple(note.text for note in forecast.notes)
        notes += _changed(thing, template)
    request.inputs.CopyFrom(uploaded_inputs(where, request.inputs))
    create(where, request)
    known = thing if isinstance(thing, PythonCustomizedContainerTask) else None
    return Execution(where, execution_id(where, chosen), task=known, notes=notes)


def _subject(thing: Any) -> Any:
    """Return what has a name and an interface.

    Raises:
        CallError: It can be launched in no way.
    """
    if isinstance(thing, (PythonCustomizedContainerTask, Workflow)):
        return thing
    try:
        message = thing.to_flyte_idl() if hasattr(thing, "to_flyte_idl") else thing
        return TrustedTemplate(template_of(message))
    except (AttributeError, TypeError) as error:
        msg = (
            "kit.launch takes a task, a workflow, a template, or a text that names "
            f"one, got {thing!r:.100}."
        )
        raise CallError(msg) from error


def _literals(subject: Any, values: Mapping[str, Any]) -> LiteralMap:
    """Return the inputs on the wire: all of a task, the given ones of a workflow."""
    if not isinstance(subject, Workflow):
        return LiteralMap.FromString(input_bytes(subject, values))
    interface = subject.python_interface
    given = name_arguments(subject.name, interface, (), values)
    return input_literals(subject.name, interface, given, default_engine)


def _registered(remote: Remote, target: Identifier) -> TaskTemplate:
    try:
        answer = remote.get_task(target)
    except RemoteNotFoundError as error:
        msg = (
            f"{target.name!r} is not registered as {target.version!r}: call "
            f"kit.register(task, {target.version!r}) first. {error}"
        )
        raise RemoteNotFoundError(msg, code=error.code, words=error.words) from error
    return answer.closure.compiled_task.template


def _changed(thing: Any, registered: TaskTemplate) -> tuple[str, ...]:
    """Say where the definition is not what is registered and so launched."""
    if not isinstance(thing, PythonCustomizedContainerTask):
        return ()
    place = registered.id
    settings = SerializationSettings(
        project=place.project, domain=place.domain, version=place.version
    )
    changes = diff(thing, against=registered, settings=settings).changes
    if not changes:
        return ()
    some = ", ".join(change.path for change in changes[:5])
    more = f" and {len(changes) - 5:,} more" if len(changes) > 5 else ""  # noqa: PLR2004
    text = (
        f"What is registered as {place.version!r} runs; this definition differs from "
        f"it in {some}{more}."
    )
    return (text,)


def _check_flow(
    remote: Remote, request: ExecutionCreateRequest, target: Identifier
) -> tuple[str, ...]:
    """Foretell the answer to a launch of a workflow's launch plan.

    Raises:
        CallError: Flyte would refuse it.
        RemoteNotFoundError: It is not registered.
    """
    from flyteidl.admin.common_pb2 import ObjectGetRequest

    try:
        plan = remote.call("GetLaunchPlan", ObjectGetRequest(id=target))
    except RemoteNotFoundError as error:
        msg = (
            f"The workflow {target.name!r} has no launch plan {target.version!r}: call "
            f"kit.register(flow, {target.version!r}) first. {error}"
        )
        raise RemoteNotFoundError(msg, code=error.code, words=error.words) from error
    expected = plan.closure.expected_inputs
    if not expected.parameters:
        expected = plan.spec.default_inputs
    forecast = forecast_request(request, expected)
    if not forecast.accepted:
        refusal = forecast.refusals[0]
        msg = f"Flyte would refuse the launch: {refusal.code} {refusal.words}."
        raise CallError(f"{msg} {refusal.fix}".rstrip())
    return tuple(note.text for note in forecast.notes)


def _add_options(
    request: ExecutionCreateRequest,
    environment: Mapping[str, str] | None,
    labels: Mapping[str, str] | None,
    *,
    overwrite_cache: bool,
) -> None:
    for key, value in check_environment(environment).items():
        request.spec.envs.values.add(key=key, value=value or "")
    for key, value in dict(labels or {}).items():
        request.spec.labels.values[str(key)] = str(value)
    request.spec.overwrite_cache = overwrite_cache
