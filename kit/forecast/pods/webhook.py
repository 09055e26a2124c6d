"""What Flyte's webhook adds to a pod that asks for secrets.

A port of ``flytepropeller/pkg/webhook`` of Flyte 1.16.8. Side cars and roles are those
of its built-in configuration.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flyteidl.core.security_pb2 import Secret

from kit.forecast.kubernetes import encode_base32

Json = dict[str, Any]

_FOLDER = "/etc/flyte/secrets"
_PREFIX = "_FSEC_"
_AMOUNTS = {"cpu": "200m", "memory": "500Mi"}
_PLACE: tuple[Json, ...] = (
    {"name": "FLYTE_SECRETS_DEFAULT_DIR", "value": _FOLDER},
    {"name": "FLYTE_SECRETS_FILE_PREFIX"},
)
_VAULT = "vault.hashicorp.com"
_QUERIES = {"kv1": ".Data", "db": ""}
_VAULT_ROLE = {
    f"{_VAULT}/agent-inject": "true",
    f"{_VAULT}/secret-volume-path": _FOLDER,
    f"{_VAULT}/role": "flyte",
    f"{_VAULT}/agent-pre-populate-only": "true",
}


def inject_secrets(pod: Json, secrets: list[Secret], manager: str) -> None:
    """Change a pod as the webhook does.

    One secret that the manager cannot give keeps all of them away.
    """
    if not all(_is_given(each, manager) for each in secrets):
        return
    for index, each in enumerate(secrets):
        _INJECTORS[manager](pod, each, index)


def _is_given(secret: Secret, manager: str) -> bool:
    second = secret.group_version if manager == "GCP" else secret.key
    is_file = secret.mount_requirement != Secret.ENV_VAR
    return bool(secret.group and second) and (is_file or manager == "K8s")


def _from_kubernetes(pod: Json, secret: Secret, _index: int) -> None:
    spec = pod["spec"]
    if secret.mount_requirement == Secret.ENV_VAR:
        _add_variables(spec, *_references(secret))
        return
    name = encode_base32(f"{secret.group}_{secret.group_version}".encode())
    _add_items(spec, name, secret)
    _add_mounts(spec, name, _path(_FOLDER, secret.group.lower()))
    _add_variables(spec, *_PLACE, *_file_variable(secret))


def _from_aws(pod: Json, secret: Secret, _index: int) -> None:
    path = _path(secret.group.lower(), secret.key.lower())
    side_car = {
        "image": "docker.io/amazon/aws-secrets-manager-secret-sidecar:v0.1.4",
        "env": [
            {
                "name": "SECRET_ARN",
                "value": f"{secret.group.rstrip(':')}:{secret.key.lstrip(':')}",
            },
            {"name": "SECRET_FILENAME", "value": path},
        ],
    }
    _add_side_car(pod["spec"], "aws", side_car, "/tmp")  # noqa: S108 - in a container
    _add_variables(pod["spec"], *_PLACE, *_file_variable(secret))


def _from_gcp(pod: Json, secret: Secret, _index: int) -> None:
    group, version = secret.group, secret.group_version
    folder = _path(_FOLDER, group).lower()
    file = _path(folder, version).lower()
    access = "gcloud secrets versions access"
    script = (
        f"{access} {group}/versions/{version} --out-file={file} || "
        f"{access} {version} --secret={group} --out-file={file}; "
        f"chmod +rX {folder} {file}"
    )
    side_car = {
        "image": "gcr.io/google.com/cloudsdktool/cloud-sdk:alpine",
        "command": ["sh", "-ec", script],
    }
    _add_side_car(pod["spec"], "gcp", side_car, _FOLDER)
    _add_variables(pod["spec"], *_PLACE)


def _from_vault(pod: Json, secret: Secret, index: int) -> None:
    """Ask Vault's agent, under names that the webhook draws by lot: here 0, 1 ..."""
    _add_variables(pod["spec"], *_PLACE)
    group, key = secret.group, secret.key
    lot = UUID(int=index)
    made = {
        f"{_VAULT}/agent-inject-secret-{lot}": group,
        f"{_VAULT}/agent-inject-file-{lot}": f"{group}/{key}",
    }
    query = _QUERIES.get(secret.group_version, ".Data.data")
    if query:
        made[f"{_VAULT}/agent-inject-template-{lot}"] = (
            f'{{{{- with secret "{group}" -}}}}{{{{ {query}.{key} }}}}{{{{- end -}}}}'
        )
    metadata = pod["metadata"]
    metadata["annotations"] = made | _VAULT_ROLE | metadata.get("annotations", {})


_INJECTORS: dict[str, Callable[[Json, Secret, int], None]] = {
    "K8s": _from_kubernetes,
    "AWS": _from_aws,
    "GCP": _from_gcp,
    "Vault": _from_vault,
}


def _path(*parts: str) -> str:
    return "/" + posixpath.normpath("/" + "/".join(parts)).lstrip("/")


def _references(secret: Secret) -> list[Json]:
    source = {"name": secret.group, "key": secret.key, "optional": True}
    names = [f"{_PREFIX}{secret.group}_{secret.key}".upper()]
    names += [secret.env_var] if secret.env_var else []
    made: list[Json] = [
        {"name": name, "valueFrom": {"secretKeyRef": dict(source)}} for name in names
    ]
    return [*made, {"name": "FLYTE_SECRETS_ENV_PREFIX", "value": _PREFIX}]


def _file_variable(secret: Secret) -> list[Json]:
    if not secret.env_var:
        return []
    file = _path(_FOLDER, secret.group.lower(), secret.key.lower())
    return [{"name": secret.env_var, "value": file}]


def _containers(spec: Json) -> list[Json]:
    return [*spec.get("initContainers", ()), *spec["containers"]]


def _add_variables(spec: Json, *made: Json) -> None:
    """Add variables where their names are free."""
    for container in _containers(spec):
        for each in made:
            _add_named(container.setdefault("env", []), dict(each))


def _add_mounts(spec: Json, volume: str, path: str) -> None:
    mount = {"name": volume, "readOnly": True, "mountPath": path}
    for container in _containers(spec):
        _add_named(container.setdefault("volumeMounts", []), dict(mount))


def _add_named(listed: list[Json], made: Json) -> None:
    if all(each["name"] != made["name"] for each in listed):
        listed.append(made)


def _add_items(spec: Json, name: str, secret: Secret) -> None:
    """Add an item to the volume of a group, whatever its version, or a volume."""
    item = {"key": secret.key, "path": secret.key.lower()}
    volumes = spec.setdefault("volumes", [])
    for volume in volumes:
        source = volume.get("secret")
        if source is not None and source.get("secretName") == secret.group:
            source.setdefault("items", []).append(item)
            return
    source = {"secretName": secret.group, "items": [item], "optional": True}
    volumes.append({"name": name, "secret": source})


def _add_side_car(spec: Json, manager: str, made: Json, folder: str) -> None:
    """Add the container that fetches a secret, and the folder it shares."""
    volume = f"{manager}-secret-vol"
    memory = {"name": volume, "emptyDir": {"medium": "Memory"}}
    _add_named(spec.setdefault("volumes", []), memory)
    listed = spec.setdefault("initContainers", [])
    side_car = {
        "name": f"{manager}-pull-secret-{len(listed)}",
        **made,
        "volumeMounts": [{"name": volume, "mountPath": folder}],
        "resources": {"limits": dict(_AMOUNTS), "requests": dict(_AMOUNTS)},
    }
    listed.append(side_car)
    _add_mounts(spec, volume, _FOLDER)
