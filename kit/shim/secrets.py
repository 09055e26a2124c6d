"""Find the secrets that Flyte gave to this execution.

Two things write secrets and this module reads both: the webhook of the Flyte backend,
which never puts a group's version into a name, and flytekit's own convention, which
does.  The environment is asked before files, and a secret that the task requested with
an ``env_var`` is also found under that name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, overload

from flyteidl.core import security_pb2
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import ContextError, SecretNotFoundError
from kit.storage import is_local_file

ENV_PREFIX = "_FSEC_"
DEFAULT_DIR = "/etc/secrets"
_ANY = security_pb2.Secret.MountType.ANY
_ENV_VAR = security_pb2.Secret.MountType.ENV_VAR
_FILE = security_pb2.Secret.MountType.FILE


class SecretsManager:
    """The secrets of one execution.

    Names are made from ``<group>``, ``<group version>`` and ``<key>``, empty parts left
    out, and looked for in this order:

    1. the environment variable ``<prefix><GROUP>_<VERSION>_<KEY>``, upper-cased, where
       the prefix is ``_FSEC_`` unless ``FLYTE_SECRETS_ENV_PREFIX`` says otherwise;
       outside a container also without the prefix;
    2. the environment variable that the task's request names as its ``env_var``;
    3. the file ``<dir>/<group>/<version>/<file prefix><key>``, lower-cased, where the
       folder is ``/etc/secrets`` unless ``FLYTE_SECRETS_DEFAULT_DIR`` says otherwise.

    Names with the version come before those without, because the backend's webhook
    leaves it out.

    Args:
        local: Whether names without a prefix count, as they do outside a container.
        requests: What the task template asks for, ``security_context.secrets``.
        environ: Where to look for variables; the process's own by default.
    """

    def __init__(
        self,
        *,
        local: bool = True,
        requests: Iterable[security_pb2.Secret] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._local = local
        self._requests = tuple(requests)
        self._environ = os.environ if environ is None else environ

    def __repr__(self) -> str:
        return f"SecretsManager(local={self._local}, requests={len(self._requests)})"

    def __getattr__(self, group: str) -> GroupSecrets:
        """Allow ``secrets.<group>.<key>`` beside ``secrets.get(group, key)``."""
        if group.startswith("_"):
            raise AttributeError(group)
        return GroupSecrets(self, group)

    def for_requests(self, requests: Iterable[security_pb2.Secret]) -> SecretsManager:
        """Return the same manager for a task that asks for these secrets."""
        return SecretsManager(
            local=self._local, requests=requests, environ=self._environ
        )

    @overload
    def get(
        self,
        group: str | None = None,
        key: str | None = None,
        group_version: str | None = None,
        encode_mode: Literal["r"] = "r",
    ) -> str: ...

    @overload
    def get(
        self,
        group: str | None,
        key: str | None,
        group_version: str | None,
        encode_mode: Literal["rb"],
    ) -> bytes: ...

    @overload
    def get(
        self,
        group: str | None = None,
        key: str | None = None,
        group_version: str | None = None,
        *,
        encode_mode: Literal["rb"],
    ) -> bytes: ...

    def get(
        self,
        group: str | None = None,
        key: str | None = None,
        group_version: str | None = None,
        encode_mode: Literal["r", "rb"] = "r",
    ) -> str | bytes:
        """Return a secret's value with the white space around it removed.

        Args:
            group: Group of the secret.
            key: Key in the group.
            group_version: Version of the group.
            encode_mode: ``"rb"`` for the bytes of a secret that is no text.

        Raises:
            SecretNotFoundError: It is in none of the places; the text lists them.
            ContextError: Neither group nor key were given.
        """
        if not (group or key):
            msg = "A secret has a group or a key: call secrets.get(group, key)."
            raise ContextError(msg)
        value = self.find(group, key, group_version)
        if value is None:
            raise self._not_found(group, key, group_version)
        if encode_mode == "rb":
            return value
        return value.decode("utf-8")

    def get_secrets_env_var(
        self,
        group: str | None = None,
        key: str | None = None,
        group_version: str | None = None,
    ) -> str:
        """Return the environment variable that a secret is looked for in first."""
        return self._env_prefix + _env_name(group, key, group_version)

    def get_secrets_file(
        self,
        group: str | None = None,
        key: str | None = None,
        group_version: str | None = None,
    ) -> str:
        """Return the file that a secret is looked for in first."""
        *folders, name = (part.lower() for part in (group, group_version, key) if part)
        file = self._file_prefix + name
        return os.path.join(self._folder, *folders, file)  # noqa: PTH118 - of each call

    @property
    def _env_prefix(self) -> str:
        return self._environ.get("FLYTE_SECRETS_ENV_PREFIX", ENV_PREFIX).strip()

    @property
    def _folder(self) -> str:
        return self._environ.get("FLYTE_SECRETS_DEFAULT_DIR", DEFAULT_DIR).strip()

    @property
    def _file_prefix(self) -> str:
        return self._environ.get("FLYTE_SECRETS_FILE_PREFIX", "").strip()

    def find(
        self, group: str | None, key: str | None, version: str | None
    ) -> bytes | None:
        """Return a secret's value, or None if it is in none of the places.

        Raises:
            SecretNotFoundError: It is in a file that cannot be read.
        """
        for name in self._env_names(group, key, version):
            if name in self._environ:
                return os.fsencode(self._environ[name]).strip()
        for request in self._requested(group, key):
            if request.env_var in self._environ:
                return self._of_request(request)
        for path in self._files(group, key, version):
            if is_local_file(path):
                return _read(path)
        return None

    def _of_request(self, request: security_pb2.Secret) -> bytes:
        """Read a request's own variable: the value, or the path of a mounted file.

        The webhook writes the path for FILE and also for ANY, which it mounts; people
        who run a task themselves put the value there.
        """
        value = self._environ[request.env_var]
        if request.mount_requirement == _FILE or (
            request.mount_requirement == _ANY and is_local_file(value)
        ):
            return _read(value)
        return os.fsencode(value).strip()

    def _env_names(
        self, group: str | None, key: str | None, version: str | None
    ) -> list[str]:
        prefixes = [self._env_prefix, ""] if self._local else [self._env_prefix]
        return [
            prefix + _env_name(group, key, wanted)
            for wanted in _versions(version)
            for prefix in prefixes
        ]

    def _files(
        self, group: str | None, key: str | None, version: str | None
    ) -> list[str]:
        return [self.get_secrets_file(group, key, v) for v in _versions(version)]

    def _requested(
        self, group: str | None, key: str | None
    ) -> list[security_pb2.Secret]:
        wanted = ((group or "").lower(), (key or "").lower())
        return [r for r in self._requests if (r.group.lower(), r.key.lower()) == wanted]

    def _not_found(
        self, group: str | None, key: str | None, version: str | None
    ) -> SecretNotFoundError:
        requests = self._requested(group, key)
        names = self._env_names(group, key, version)
        names += [request.env_var for request in requests if request.env_var]
        files = self._files(group, key, version)
        missing_request = (
            ""
            if requests
            else f" The task does not request it: add secret_requests="
            f"[Secret(group={group!r}, key={key!r})] to the task."
        )
        msg = (
            f"Please make sure to add secret_requests=[Secret(group={group}, "
            f"key={key})] in @task. Unable to find secret for key {key} in group "
            f"{group} in Env Var:{names[0]} and FilePath: {files[0]}.\n"
            f"Looked for the variables {', '.join(names)} and the files "
            f"{', '.join(files)}.{missing_request}"
        )
        return SecretNotFoundError(msg)


class GroupSecrets:
    """The secrets of one group, as attributes named by their keys."""

    def __init__(self, manager: SecretsManager, group: str) -> None:
        self._manager = manager
        self._group = group

    def __repr__(self) -> str:
        return f"GroupSecrets({self._group!r})"

    def __getattr__(self, key: str) -> str:
        if key.startswith("_"):
            raise AttributeError(key)
        return self._manager.get(self._group, key)


def _env_name(group: str | None, key: str | None, version: str | None) -> str:
    return "_".join(part.upper() for part in (group, version, key) if part)


def _versions(version: str | None) -> list[str | None]:
    return [version, None] if version else [None]


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes().strip()
    except OSError as error:
        msg = f"The secret's file {path!r} cannot be read: {error.strerror}."
        raise SecretNotFoundError(msg) from error


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
    secrets = template.security_context.secrets
    manager = SecretsManager(local=True, requests=secrets, environ=environ)
    found: dict[str, str] = {}
    for secret in secrets:
        names = (secret.group, secret.key, secret.group_version)
        try:
            data = manager.find(*names)
        except SecretNotFoundError:
            continue
        if data is None:
            continue
        value = os.fsdecode(data)  # a variable may have any bytes
        found[manager.get_secrets_env_var(*names)] = value
        if secret.env_var and secret.mount_requirement == _ENV_VAR:
            found.setdefault(secret.env_var, value)
    return found
