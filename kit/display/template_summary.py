"""What is shown of a task's template."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.security_pb2 import Secret
from flyteidl.core.tasks_pb2 import Resources, TaskMetadata, TaskTemplate

from kit.display.command_text import command_text
from kit.display.literal_type import type_name
from kit.display.summary import Code, Fact, Facts, Section, Summary, Table
from kit.display.value import value_text
from kit.template.custom import custom_from_struct

__all__ = ["summarize_task", "summarize_template"]


def summarize_task(task: Any, settings: Any) -> Summary:
    """Summarize a task by the template these settings make of it.

    Args:
        task: The task; its interface's defaults are shown too.
        settings: :class:`~kit.definition.settings.SerializationSettings`.

    Raises:
        DefinitionError: The template cannot be made.
    """
    from kit.template.serialize import task_template

    interface = task.python_interface
    return summarize_template(
        task_template(task, settings),
        defaults=interface.default_inputs_as_kwargs,
        order=(*interface.inputs, *interface.outputs),
    )


def summarize_template(
    template: TaskTemplate,
    *,
    defaults: Mapping[str, Any] | None = None,
    order: Sequence[str] = (),
) -> Summary:
    """Summarize a template.

    Args:
        template: The message.
        defaults: Default values of inputs, which templates do not carry.
        order: The order of the variables, which they do not carry either.
    """
    inputs, outputs = template.interface.inputs, template.interface.outputs
    return Summary(
        kind="task",
        title=template.id.name,
        sections=(
            _section("Template", _facts(_identity(template))),
            _section("Inputs", _variables(inputs, defaults or {}, order)),
            _section("Outputs", _variables(outputs, {}, order)),
            _section("Command", _command(template)),
            _section("Loader arguments", _loader_arguments(template)),
            _section("Custom", _custom(template)),
            _section("Resources", _facts(_resources(template))),
            _section("Environment", _facts(_environment(template))),
            _section("Secrets", _secrets(template.security_context.secrets)),
            _section("Behaviour", _facts(_behaviour(template.metadata))),
            _section("Config", _facts(sorted(template.config.items()))),
        ),
    )


def _section(title: str, item: Facts | Table | Code | None) -> Section:
    return Section(title, () if item is None else (item,))


def _facts(pairs: Iterable[tuple[str, str]]) -> Facts | None:
    rows = tuple(Fact(name, value) for name, value in pairs if value)
    return Facts(rows) if rows else None


def _identity(template: TaskTemplate) -> Iterator[tuple[str, str]]:
    runtime = template.metadata.runtime
    version = template.task_type_version
    yield "type", f"{template.type} (version {version})" if version else template.type
    yield "project", template.id.project
    yield "domain", template.id.domain
    yield "version", template.id.version
    yield "image", template.container.image
    yield "runtime", f"{runtime.flavor} {runtime.version}".strip()
    yield "size", f"{template.ByteSize():,} bytes"


def _variables(
    variables: VariableMap, defaults: Mapping[str, Any], order: Sequence[str]
) -> Table | None:
    if not variables.variables:
        return None
    names = dict.fromkeys([*order, *sorted(variables.variables)])
    described = {
        name: _description(name, variables)
        for name in names
        if name in variables.variables
    }
    columns = {
        "name": list(described),
        "type": [type_name(variables.variables[name].type) for name in described],
        "default": [_default(name, defaults) for name in described],
        "description": list(described.values()),
    }
    shown = {
        title: cells
        for title, cells in columns.items()
        if title in ("name", "type") or any(cells)
    }
    return Table(tuple(shown), tuple(zip(*shown.values(), strict=True)))


def _description(name: str, variables: VariableMap) -> str:
    """Return a description; where none was written, the wire has the name itself."""
    description = variables.variables[name].description
    return "" if description == name else description


def _default(name: str, defaults: Mapping[str, Any]) -> str:
    return value_text(defaults[name]) if name in defaults else ""


def _command(template: TaskTemplate) -> Code | None:
    words = [*template.container.command, *template.container.args]
    return Code(command_text(words), "shell") if words else None


def _loader_arguments(template: TaskTemplate) -> Facts | None:
    """Show what the resolver is given, which is what stands behind the ``--``."""
    words = list(template.container.args)
    if "--" not in words:
        return None
    names = ("template", "executor")
    arguments = words[words.index("--") + 1 :]
    named = [
        (names[index] if index < len(names) else "argument", word)
        for index, word in enumerate(arguments)
    ]
    resolver = words[words.index("--resolver") + 1] if "--resolver" in words else ""
    return _facts([("resolver", resolver), *named])


def _custom(template: TaskTemplate) -> Code | None:
    custom = custom_from_struct(template.custom)
    if not custom:
        return None
    return Code(json.dumps(custom, indent=2, ensure_ascii=False), "json")


def _resources(template: TaskTemplate) -> Iterator[tuple[str, str]]:
    resources = template.container.resources
    yield "requests", _entries(resources.requests)
    yield "limits", _entries(resources.limits)
    extended = template.extended_resources
    yield "accelerator", extended.gpu_accelerator.device
    if extended.HasField("shared_memory"):
        yield "shared memory", extended.shared_memory.size_limit or "unlimited"


def _entries(entries: Iterable[Resources.ResourceEntry]) -> str:
    name = Resources.ResourceName.Name
    return ", ".join(f"{name(e.name).lower()} {e.value}" for e in entries)


def _environment(template: TaskTemplate) -> Iterator[tuple[str, str]]:
    return ((pair.key, pair.value) for pair in template.container.env)


def _secrets(secrets: Iterable[Secret]) -> Table | None:
    rows = tuple(
        (
            secret.group,
            secret.key or "none: Kubernetes mounts no secret at all then",
            Secret.MountType.Name(secret.mount_requirement),
            secret.env_var,
        )
        for secret in secrets
    )
    return Table(("group", "key", "mounted as", "variable"), rows) if rows else None


def _behaviour(metadata: TaskMetadata) -> Iterator[tuple[str, str]]:
    if metadata.discoverable:
        yield "cache", f"version {metadata.discovery_version!r}"
    yield "cache ignores", ", ".join(metadata.cache_ignore_input_vars)
    if metadata.cache_serializable:
        yield "cache serialized", "yes"
    if metadata.retries.retries:
        yield "retries", str(metadata.retries.retries)
    if metadata.HasField("timeout"):
        yield "timeout", str(metadata.timeout.ToTimedelta())
    if metadata.WhichOneof("interruptible_value"):
        yield "interruptible", "yes" if metadata.interruptible else "no"
    if metadata.generates_deck.value:
        yield "deck", "yes"
    yield "pod template", metadata.pod_template_name
    yield "deprecated", metadata.deprecated_error_message
    labels, annotations = metadata.metadata.labels, metadata.metadata.annotations
    yield "labels", ", ".join(f"{k}={v}" for k, v in sorted(labels.items()))
    yield "annotations", ", ".join(f"{k}={v}" for k, v in sorted(annotations.items()))
