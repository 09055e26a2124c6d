"""The secrets of this machine, as a container is given its own."""

from __future__ import annotations

from collections.abc import Mapping

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import SecretNotFoundError
from kit.shim.secrets import SecretsManager

__all__ = ["secret_variables"]


def secret_variables(
    template: TaskTemplate, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables in which a container finds the secrets it asks for.

    Here a secret may be in a variable without Flyte's prefix (``GROUP_KEY``), as for a
    task that is called directly.  One that is nowhere is left out: the task says so if
    it asks for it.

    Args:
        template: The task, with the secrets it requests.
        environ: Where to look.
    """
    manager = SecretsManager(local=True, environ=environ)
    found: dict[str, str] = {}
    for secret in template.security_context.secrets:
        names = (secret.group, secret.key, secret.group_version)
        try:
            found[manager.get_secrets_env_var(*names)] = manager.get(*names)
        except SecretNotFoundError:
            continue
    return found
