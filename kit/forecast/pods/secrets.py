"""Secrets in a pod: the annotations that ask Flyte's webhook for them."""

from __future__ import annotations

from flyteidl.core.security_pb2 import Secret
from google.protobuf import text_format

from kit.forecast.names import encode_base32
from kit.template.macros import quoted_text

LABEL = "inject-flyte-secrets"
_MOUNTS = (Secret.ANY, Secret.ENV_VAR, Secret.FILE)


def unknown_mount(secrets: list[Secret]) -> Secret | None:
    """Return the first secret whose way of mounting the engine does not know."""
    return next((s for s in secrets if s.mount_requirement not in _MOUNTS), None)


def secret_annotations(secrets: list[Secret]) -> dict[str, str]:
    """Return the annotations of a pod, in the order of the template's secrets."""
    return {
        f"flyte.secrets/s{index}": encode_base32(_secret_text(each).encode())
        for index, each in enumerate(secrets)
    }


def _secret_text(secret: Secret) -> str:
    lines = [
        f"{name}: {quoted_text(getattr(secret, name))}\n"
        for name in ("group", "group_version", "key")
        if getattr(secret, name)
    ]
    if secret.mount_requirement:
        lines.append(f"mount_requirement: {_name(secret)}\n")
    if secret.env_var:
        lines.append(f"env_var: {quoted_text(secret.env_var)}\n")
    return "".join(lines)


def _name(secret: Secret) -> str:
    return (
        text_format.MessageToString(Secret(mount_requirement=secret.mount_requirement))
        .split(": ")[1]
        .strip()
    )
