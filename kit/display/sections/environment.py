"""The environment: the template's variables, the engine's, and secrets."""

from __future__ import annotations

from collections.abc import Iterator

from flyteidl.core.security_pb2 import Secret
from flyteidl.core.tasks_pb2 import (
    TaskTemplate,
)

from kit.display.sections.subject import Subject
from kit.display.summary import (
    Finding,
    Item,
    Section,
    Table,
)
from kit.messages import enum_name
from kit.runners.environment import engine_variables
from kit.template.macros import macro_spans

_OURS = "PYTHONUNBUFFERED"  # kit's runners add it, the engine does not
_OFFLOADING = ("_F_L_MIN_SIZE_MB", "_F_L_MAX_SIZE_MB")
_SAMPLE_EXECUTION = "f2f0b1c3d4"


def environment(subject: Subject) -> Section:
    """List the template's variables, and which of them will not arrive as they are."""
    pairs = subject.template.container.env
    engine = _engine_names(subject.template)
    rows = tuple(
        (pair.key, pair.value, _note(pair.key, pair.value, engine)) for pair in pairs
    )
    if not rows:
        return Section("Environment", ())
    sources = tuple(subject.source(f"container.env[{pair.key}]") for pair in pairs)
    columns: tuple[str, ...] = ("variable", "value", "note")
    if not any(note for _, _, note in rows):
        rows, columns = tuple((key, value) for key, value, _ in rows), columns[:2]  # type: ignore[misc]
    known = sources if any(sources) else ()
    table = Table(columns, rows, styles=("code", "code", "text"), sources=known)
    return Section("Environment", (table,))


def appended(subject: Subject) -> Section:
    """List what the engine appends behind them, where the last of a name wins."""
    template = subject.template
    if not template.HasField("container"):
        return Section("Environment the engine appends", ())
    own = {pair.key for pair in template.container.env} | {_OURS}
    made = engine_variables(template, execution_id=_SAMPLE_EXECUTION)
    made["FLYTE_INTERNAL_EXECUTION_WORKFLOW"] = _workflow(template)
    rows = [
        (name, value or "(empty)", "overrides yours" if name in own else "")
        for name, value in made.items()
        if name not in own or name in _engine_names(template)
    ]
    rows = [row for row in rows if row[0] != _OURS]
    rows += [(name, "(the deployment's)", "") for name in _OFFLOADING]
    if template.config.get("link_type"):
        rows.append(("FLYTE_EXECUTION_URL", "(the console's)", ""))
    table = Table(
        ("variable", "in a sample execution", "note"),
        tuple(rows),
        "then come the execution's variables and the deployment's defaults",
        ("code", "code", "text"),
    )
    return Section("Environment the engine appends", (table,), detail=True)


def _workflow(template: TaskTemplate) -> str:
    """Name the workflow that Flyte makes around a task that is launched by itself."""
    task = template.id
    return f"{task.project}:{task.domain}:.flytegen.{task.name}"


def _engine_names(template: TaskTemplate) -> set[str]:
    bare = TaskTemplate(id=template.id)
    made = engine_variables(bare, execution_id=_SAMPLE_EXECUTION)
    return {*made, *_OFFLOADING, "FLYTE_EXECUTION_URL"} - {_OURS}


def _note(name: str, value: str, engine: set[str]) -> str:
    if name in engine:
        return "the engine's own value wins"
    if any(span.macro for span in macro_spans(value)):
        return "stays as it is: only the command is rendered"
    return ""


_SECRETS_FOLDER = "/etc/flyte/secrets"
_PREFIX = "_FSEC_"


def secrets(subject: Subject) -> Section:
    """List the secrets and where the container finds them."""
    return Section("Secrets", tuple(_secret_items(subject)))


def _secret_items(subject: Subject) -> Iterator[Item]:
    asked = subject.template.security_context.secrets
    if not asked:
        return
    rows = tuple(map(_secret_row, asked))
    sources = tuple(
        subject.source(f"security_context.secrets[{index}]")
        for index in range(len(asked))
    )
    yield Table(
        ("group", "key", "mounted as", "in the container"),
        rows,
        styles=("text", "text", "text", "code"),
        sources=sources if any(sources) else (),
    )
    if not all(secret.group and secret.key for secret in asked):
        yield Finding(
            "warning",
            "A secret without a key or group is none: Kubernetes mounts no secret at "
            "all then, and says nothing.",
            "Give each secret a group and a key.",
        )


def _secret_row(secret: Secret) -> tuple[str, ...]:
    group = secret.group
    if secret.group_version:
        group = f"{group} (version {secret.group_version})"
    kind = enum_name(Secret.MountType, secret.mount_requirement)
    return group, secret.key, kind, _secret_place(secret)


def _secret_place(secret: Secret) -> str:
    if not (secret.group and secret.key):
        return ""
    if secret.mount_requirement == Secret.MountType.ENV_VAR:
        place = f"${_PREFIX}{secret.group.upper()}_{secret.key.upper()}"
        return f"{place}, ${secret.env_var}" if secret.env_var else place
    place = f"{_SECRETS_FOLDER}/{secret.group.lower()}/{secret.key.lower()}"
    return f"{place} (its path: ${secret.env_var})" if secret.env_var else place
