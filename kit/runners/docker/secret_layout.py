"""Secrets laid out in a container as the backend's webhook lays them out in a pod.

Source: ``flytepropeller/pkg/webhook``, the Kubernetes injector of Flyte 1.16.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from flyteidl.core.security_pb2 import Secret
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import SecretNotFoundError
from kit.shim.secrets import SecretsManager

__all__ = ["SecretLayout", "lay_out_secrets"]

_FOLDER = "/etc/flyte/secrets"
_ENV_PREFIX = "_FSEC_"


@dataclass(frozen=True)
class SecretLayout:
    """Where a container finds its secrets; values are in no repr.

    Attributes:
        variables: Environment variables, of which some hold values.
        files: Contents by absolute path.
    """

    variables: dict[str, str] = field(default_factory=dict, repr=False)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)


def lay_out_secrets(template: TaskTemplate, environ: Mapping[str, str]) -> SecretLayout:
    """Find a task's secrets on this machine and lay them out for its container.

    ENV_VAR is a variable ``_FSEC_<GROUP>_<KEY>``; FILE and ANY are a file
    ``/etc/flyte/secrets/<group>/<key>``.  The version of a group is in neither.  One
    that is nowhere is left out: the task says so if it asks for it.

    Args:
        template: The task, with the secrets it requests.
        environ: Where to look.
    """
    requests = template.security_context.secrets
    manager = SecretsManager(local=True, requests=requests, environ=environ)
    layout = SecretLayout()
    for request in requests:
        try:
            value = manager.get(
                request.group, request.key, request.group_version, encode_mode="rb"
            )
        except SecretNotFoundError:
            continue
        _add(layout, request, value)
    return layout


def _add(layout: SecretLayout, request: Secret, value: bytes) -> None:
    names = [name for name in (request.group, request.key) if name]
    if request.mount_requirement == Secret.MountType.ENV_VAR:
        shown = os.fsdecode(value)
        variable = _ENV_PREFIX + "_".join(names).upper()
        layout.variables.update({"FLYTE_SECRETS_ENV_PREFIX": _ENV_PREFIX})
        layout.variables[variable] = shown
    else:
        shown = "/".join([_FOLDER, *(name.lower() for name in names)])
        layout.files[shown] = value
        layout.variables.update(
            {"FLYTE_SECRETS_DEFAULT_DIR": _FOLDER, "FLYTE_SECRETS_FILE_PREFIX": ""}
        )
    if request.env_var:
        layout.variables[request.env_var] = shown
