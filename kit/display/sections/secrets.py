"""The secrets: where each will be mounted and under which names, never their values.

Source of the places: flytepropeller's ``pkg/webhook``, for secrets of Kubernetes.
"""

from __future__ import annotations

from collections.abc import Iterator

from flyteidl.core.security_pb2 import Secret

from kit.display.enum_name import enum_name
from kit.display.sections.subject import Subject
from kit.display.summary import Finding, Item, Section, Table

__all__ = ["secrets"]

_FOLDER = "/etc/flyte/secrets"
_PREFIX = "_FSEC_"


def secrets(subject: Subject) -> Section:
    """List the secrets and where the container finds them."""
    return Section("Secrets", tuple(_items(subject)))


def _items(subject: Subject) -> Iterator[Item]:
    asked = subject.template.security_context.secrets
    if not asked:
        return
    rows = tuple(map(_row, asked))
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


def _row(secret: Secret) -> tuple[str, ...]:
    group = secret.group
    if secret.group_version:
        group = f"{group} (version {secret.group_version})"
    kind = enum_name(Secret.MountType, secret.mount_requirement)
    return group, secret.key, kind, _place(secret)


def _place(secret: Secret) -> str:
    if not (secret.group and secret.key):
        return ""
    if secret.mount_requirement == Secret.MountType.ENV_VAR:
        place = f"${_PREFIX}{secret.group.upper()}_{secret.key.upper()}"
        return f"{place}, ${secret.env_var}" if secret.env_var else place
    place = f"{_FOLDER}/{secret.group.lower()}/{secret.key.lower()}"
    return f"{place} (its path: ${secret.env_var})" if secret.env_var else place
