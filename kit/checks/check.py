"""``kit.check``: tell what will fail, or will be otherwise than it was written."""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Iterator
from typing import Any

from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.checks.custom import contract_findings
from kit.checks.report import CheckReport, Finding, Severity
from kit.checks.rule import Rule, Subject
from kit.checks.rules import arguments, container, identity, resources
from kit.definition.settings import SerializationSettings
from kit.errors import AuthoringError, CallError, CustomWarning, ExecutorError, KitError
from kit.forecast.platform import Platform
from kit.shim.executable import error_text
from kit.task.partial_template import partial_template
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, container_message
from kit.template.view import TaskTemplateView

__all__ = ["RULES", "check"]


RULES: tuple[Rule, ...] = (
    identity.has_identifier,
    identity.resource_is_task,
    identity.project_is_set,
    identity.domain_is_set,
    identity.name_is_set,
    identity.version_is_set,
    identity.project_is_known,
    identity.domain_is_known,
    identity.name_fits_index,
    identity.name_without_nul,
    identity.name_fits_paths,
    identity.name_makes_node,
    identity.has_template,
    identity.request_fits,
    identity.type_is_set,
    identity.type_is_allowed,
    identity.has_metadata,
    identity.runtime_has_version,
    identity.has_interface,
    identity.variables_have_types,
    identity.variables_have_names,
    identity.has_target,
    identity.type_is_known,
    identity.type_has_container_plugin,
    identity.type_is_raw,
    identity.timeout_reaches_node,
    identity.retries_are_said,
    container.identity_is_read,
    container.parts_are_read,
    identity.pod_template_exists,
    identity.labels_are_valid,
    identity.annotations_are_valid,
    identity.template_fits_cluster,
    identity.description_is_short,
    container.image_is_set,
    container.image_has_no_spaces,
    container.image_is_reference,
    container.image_is_pinned,
    container.has_command,
    resources.unplaced_entries_parse,
    container.names_are_valid,
    container.engine_sets_variable,
    container.platform_sets_variable,
    container.values_have_no_macros,
    container.references_are_meant,
    container.data_config_replaces_args,
    resources.amounts_are_quantities,
    resources.entries_are_single,
    resources.devices_are_whole,
    resources.requests_meet_devices,
    resources.requests_within_limits,
    resources.small_requests_within_limits,
    resources.requests_within_platform,
    resources.limits_within_platform,
    resources.limits_have_requests,
    resources.defaults_are_known,
    resources.memory_is_whole,
    resources.amounts_are_not_negative,
    resources.zeros_are_meant,
    resources.entries_are_placed,
    resources.accelerator_has_limit,
    resources.accelerator_has_device,
    resources.shared_memory_has_place,
    resources.shared_memory_has_size,
    arguments.inputs_exist,
    arguments.task_without_inputs_asks_none,
    arguments.types_can_be_rendered,
    arguments.durations_are_text,
    arguments.floats_are_go,
    arguments.lists_are_unquoted,
    arguments.structs_are_go,
    arguments.texts_are_unquoted,
    arguments.macros_are_known,
    arguments.names_end_before_spaces,
    arguments.template_is_uploaded,
    arguments.checkpoint_is_empty_at_first,
    arguments.registration_macros_are_whole,
    container.secrets_are_whole,
    container.mounts_are_known,
    container.groups_fit_volumes,
    container.versions_are_one,
    container.variables_have_no_version,
    container.files_have_no_version,
    container.keys_differ,
    container.secrets_may_lack,
    container.manager_can_mount,
    container.names_are_variables,
    container.descriptors_are_small,
    identity.cache_has_version,
    identity.serialized_is_cached,
    identity.ignored_inputs_exist,
    identity.cache_has_outputs,
    arguments.executor_is_importable,
    identity.flytekit_returns_outputs,
    identity.types_survive_the_cluster,
    identity.pickles_are_seen,
    # kit's own
    container.image_has_runtime,
    container.pod_has_spec,
    container.pod_containers_have_names,
    identity.source_is_small,
)


Task = PythonCustomizedContainerTask[Any]


def check(
    thing: Task | TaskTemplate | TaskSpec | TaskTemplateView,
    /,
    settings: SerializationSettings | None = None,
    platform: Platform | None = None,
) -> CheckReport:
    """Tell what of a task will fail, or will be otherwise than it was written.

    The rules are those of Flyte's backend, as of version 1.16.8, that can be decided
    here, and kit's own. Nothing runs but the task's getters, and nothing is changed;
    what they raise is a finding.

    Args:
        thing: A task, or a template of any origin, or a TaskSpec.
        settings: What a task's template is made with; those of a local run by default,
            whose project, domain and version count as given later.
        platform: The deployment it is for; by default none is known.

    Raises:
        CallError: It is no task and no template.

    Example:
        >>> from flyteidl.core.tasks_pb2 import TaskTemplate
        >>> report = check(TaskTemplate(type="python-task"))
        >>> report.errors[0].rule, report.errors[0].words
        ('TT007', 'invalid TaskSpecification, unable to determine Pod configuration')
    """
    once = (settings or LOCAL_SETTINGS).for_one_template()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CustomWarning)  # findings of the contract
        subject = _subject(thing, once, platform or Platform())
        found = list(_findings(subject))
    name = subject.template.id.name
    again = functools.partial(check, thing, settings, platform)
    return CheckReport.of(name, found, task=subject.task, again=again)


def _findings(subject: Subject) -> Iterator[Finding]:
    yield from _failures(subject)
    for rule in RULES:
        yield from rule.findings(subject)
    if subject.task is not None:
        yield from contract_findings(subject.task, subject.settings)


def _subject(
    thing: Any, settings: SerializationSettings, platform: Platform
) -> Subject:
    if isinstance(thing, PythonCustomizedContainerTask):
        template, failures = partial_template(thing, settings)
        if "container" in failures:
            _add_container(template, thing, settings)
        return Subject(
            template=template,
            task=thing,
            settings=settings,
            platform=platform,
            failures=failures,
        )
    message = thing.to_flyte_idl() if hasattr(thing, "to_flyte_idl") else thing
    if isinstance(message, TaskTemplate):
        return Subject(template=message, platform=platform)
    if isinstance(message, TaskSpec):
        return Subject(
            template=message.template,
            description=message.description,
            has_template=message.HasField("template"),
            platform=platform,
        )
    msg = (
        "kit.check takes a task, as PythonCustomizedContainerTask(...) makes it, a "
        f"TaskTemplate or a TaskSpec, got {thing!r:.80}."
    )
    raise CallError(msg)


def _add_container(
    template: TaskTemplate, task: Task, settings: SerializationSettings
) -> None:
    """Write the container without its args, so that the rest of it is checked."""
    with contextlib.suppress(KitError):
        made = container_message(
            task.get_image(settings),
            (),
            task.resources,
            settings_env=settings.env,
            environment=task.environment,
        )
        template.container.CopyFrom(made)


def _failures(subject: Subject) -> Iterator[Finding]:
    """Yield the parts of the template that cannot be made; custom has its own rules."""
    told = set()
    for part, cause in subject.failures.items():
        said = error_text(cause)
        if part != "custom" and said not in told:
            told.add(said)
            yield _failure(part, cause)


def _failure(part: str, cause: BaseException) -> Finding:
    if isinstance(cause, ExecutorError | AuthoringError):
        message = f"The executor does not reach its container. {cause}"
        return Finding("PY001", Severity.ERROR, part, message, "template")
    if isinstance(cause, KitError):
        message = f"This part of the template cannot be made. {cause}"
        return Finding(f"{part}.fails", Severity.ERROR, part, message, "template")
    message = "A method of the task raises an exception where this part is made."
    words = error_text(cause)
    return Finding(f"{part}.fails", Severity.ERROR, part, message, "template", words)
