"""Secrets in a pod: the annotations that ask for them, and what the webhook adds."""

from __future__ import annotations

from typing import Any

from flyteidl.core.security_pb2 import Secret
from google.protobuf import text_format

from kit.forecast.names import encode_base32
from kit.template.macros import quoted_text

Json = dict[str, Any]

LABEL = "inject-flyte-secrets"
_FOLDER = "/etc/flyte/secrets"
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


def inject_secrets(spec: Json, secrets: list[Secret]) -> None:
    """Change a pod as the webhook does with secrets in Kubernetes' own.

    One secret without a group or a key keeps all of them away.
    """
    if not all(each.group and each.key for each in secrets):
        return
    for each in secrets:
        if each.mount_requirement == Secret.ENV_VAR:
            _add_variables(spec, each)
        else:
            _add_files(spec, each)


def _containers(spec: Json) -> list[Json]:
    return [*spec.get("initContainers", ()), *spec["containers"]]


def _add_variables(spec: Json, secret: Secret) -> None:
    reference = {"name": secret.group, "key": secret.key, "optional": True}
    names = [f"_FSEC_{secret.group}_{secret.key}".upper()]
    names += [secret.env_var] if secret.env_var else []
    made: list[Json] = [
        {"name": name, "valueFrom": {"secretKeyRef": dict(reference)}} for name in names
    ]
    made.append({"name": "FLYTE_SECRETS_ENV_PREFIX", "value": "_FSEC_"})
    for container in _containers(spec):
        _set_variables(container, made)


def _set_variables(container: Json, made: list[Json]) -> None:
    names = {each["name"] for each in made}
    kept = [each for each in container.get("env", ()) if each["name"] not in names]
    container["env"] = kept + made


def _add_files(spec: Json, secret: Secret) -> None:
    group, path = secret.group.lower(), secret.key.lower()
    name = encode_base32(f"{secret.group}_{secret.group_version}".encode())
    item = {"key": secret.key, "path": path}
    _add_volume(spec, name, secret.group, item)
    mount = {"name": name, "readOnly": True, "mountPath": f"{_FOLDER}/{group}"}
    made: list[Json] = [
        {"name": "FLYTE_SECRETS_DEFAULT_DIR", "value": _FOLDER},
        {"name": "FLYTE_SECRETS_FILE_PREFIX"},
    ]
    if secret.env_var:
        file = f"{_FOLDER}/{group}/{path}"
        made.append({"name": secret.env_var, "value": file})
    for container in _containers(spec):
        mounts = container.setdefault("volumeMounts", [])
        if mount not in mounts:
            mounts.append(dict(mount))
        _set_variables(container, made)


def _add_volume(spec: Json, name: str, group: str, item: Json) -> None:
    """Add an item to the volume of a group, whatever its version, or a volume."""
    volumes = spec.setdefault("volumes", [])
    for volume in volumes:
        secret = volume.get("secret")
        if secret is not None and secret.get("secretName") == group:
            if item not in secret["items"]:
                secret["items"].append(item)
            return
    source = {"secretName": group, "items": [item], "optional": True}
    volumes.append({"name": name, "secret": source})
