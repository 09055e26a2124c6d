"""Secrets a task asks for, and the identity it runs as."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flyteidl.core import security_pb2

from kit.definition.settings import explain_keywords
from kit.errors import SecretError

_ENV_VAR = re.compile(r"[A-Z_][A-Z0-9_]*")


@explain_keywords(SecretError, name="group")
@dataclass(frozen=True)
class Secret:
    """One secret that the platform puts into the task's container.

    Attributes:
        group: Where the secret is kept: the name of the Kubernetes secret.
        key: Which value of the group; Kubernetes needs one.
        group_version: Version of the group, where the secret manager has versions.
        mount_requirement: As an environment variable, as a file, or as either.
        env_var: Name of the environment variable that holds the value, or the path to
            the file when it is mounted as one.

    Raises:
        SecretError: The group is missing, or ``env_var`` is not upper-case letters,
            digits and underscores.

    Example:
        >>> Secret("db", "password").mount_requirement.name
        'ANY'
    """

    class MountType(Enum):
        """How a secret reaches the container."""

        ANY = security_pb2.Secret.MountType.ANY
        ENV_VAR = security_pb2.Secret.MountType.ENV_VAR
        FILE = security_pb2.Secret.MountType.FILE

    group: str | None = None
    key: str | None = None
    group_version: str | None = None
    mount_requirement: MountType = MountType.ANY
    env_var: str | None = None

    def __post_init__(self) -> None:
        if self.group is None:
            msg = (
                "Group is a required parameter: the name of the secret that holds "
                'the key, as in Secret(group="db", key="password").'
            )
            raise SecretError(msg)
        for name in ("group", "key", "group_version", "env_var"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                msg = f"A secret's {name} must be text, got {value!r}."
                raise SecretError(msg)
            if value is not None and "\0" in value:
                msg = f"A secret's {name} has a NUL character in it: {value!r}."
                raise SecretError(msg)
        requirement: object = self.mount_requirement
        if not isinstance(requirement, Secret.MountType):
            msg = (
                f"mount_requirement must be one of Secret.MountType.ANY, ENV_VAR or "
                f"FILE, got {requirement!r}."
            )
            raise SecretError(msg)
        if self.env_var is not None and not _ENV_VAR.fullmatch(self.env_var):
            msg = (
                f"Invalid environment variable name: {self.env_var}. Use upper-case "
                f"letters, digits and underscores, and no digit first."
            )
            raise SecretError(msg)

    def to_flyte_idl(self) -> security_pb2.Secret:
        """Write the secret as Flyte's message."""
        return security_pb2.Secret(
            group=self.group,
            group_version=self.group_version,
            key=self.key,
            mount_requirement=self.mount_requirement.value,
            env_var=self.env_var,
        )

    @classmethod
    def from_flyte_idl(cls, pb2_object: security_pb2.Secret) -> Secret:
        """Read a secret from Flyte's message; empty text becomes ``None``."""
        return cls(
            group=pb2_object.group,
            group_version=pb2_object.group_version or None,
            key=pb2_object.key or None,
            mount_requirement=cls.MountType(pb2_object.mount_requirement),
            env_var=pb2_object.env_var or None,
        )


@dataclass(frozen=True)
class OAuth2Client:
    """A client that asks for tokens on behalf of the task."""

    client_id: str
    client_secret: Secret

    def to_flyte_idl(self) -> security_pb2.OAuth2Client:
        """Write the client as Flyte's message."""
        return security_pb2.OAuth2Client(
            client_id=self.client_id, client_secret=self.client_secret.to_flyte_idl()
        )

    @classmethod
    def from_flyte_idl(cls, pb2_object: security_pb2.OAuth2Client) -> OAuth2Client:
        """Read a client from Flyte's message."""
        secret = Secret.from_flyte_idl(pb2_object.client_secret)
        return cls(pb2_object.client_id, secret)


@dataclass(frozen=True)
class Identity:
    """Who the task runs as."""

    iam_role: str | None = None
    k8s_service_account: str | None = None
    oauth2_client: OAuth2Client | None = None
    execution_identity: str | None = None

    def to_flyte_idl(self) -> security_pb2.Identity:
        """Write the identity as Flyte's message."""
        client = self.oauth2_client
        return security_pb2.Identity(
            iam_role=self.iam_role,
            k8s_service_account=self.k8s_service_account,
            oauth2_client=client.to_flyte_idl() if client is not None else None,
            execution_identity=self.execution_identity,
        )

    @classmethod
    def from_flyte_idl(cls, pb2_object: security_pb2.Identity) -> Identity:
        """Read an identity from Flyte's message; empty text becomes ``None``."""
        has_client = pb2_object.HasField("oauth2_client")
        client = pb2_object.oauth2_client
        return cls(
            iam_role=pb2_object.iam_role or None,
            k8s_service_account=pb2_object.k8s_service_account or None,
            oauth2_client=OAuth2Client.from_flyte_idl(client) if has_client else None,
            execution_identity=pb2_object.execution_identity or None,
        )


@dataclass(frozen=True)
class OAuth2TokenRequest:
    """A token that the platform fetches for the task."""

    name: str
    client: OAuth2Client
    idp_discovery_endpoint: str | None = None
    token_endpoint: str | None = None

    def to_flyte_idl(self) -> security_pb2.OAuth2TokenRequest:
        """Write the request as Flyte's message."""
        return security_pb2.OAuth2TokenRequest(
            name=self.name,
            type=security_pb2.OAuth2TokenRequest.Type.CLIENT_CREDENTIALS,
            client=self.client.to_flyte_idl(),
            idp_discovery_endpoint=self.idp_discovery_endpoint,
            token_endpoint=self.token_endpoint,
        )

    @classmethod
    def from_flyte_idl(
        cls, pb2_object: security_pb2.OAuth2TokenRequest
    ) -> OAuth2TokenRequest:
        """Read a request from Flyte's message."""
        return cls(
            name=pb2_object.name,
            client=OAuth2Client.from_flyte_idl(pb2_object.client),
            idp_discovery_endpoint=pb2_object.idp_discovery_endpoint or None,
            token_endpoint=pb2_object.token_endpoint or None,
        )


@dataclass(frozen=True)
class SecurityContext:
    """What a task may do and know: its identity, secrets and tokens.

    A single secret or token may stand for a list of one.
    """

    run_as: Identity | None = None
    secrets: Sequence[Secret] | None = None
    tokens: Sequence[OAuth2TokenRequest] | None = None

    def __post_init__(self) -> None:
        for name, kind in (("secrets", Secret), ("tokens", OAuth2TokenRequest)):
            value = getattr(self, name)
            if value is not None:
                many = (value,) if isinstance(value, kind) else tuple(value)
                object.__setattr__(self, name, many)

    def to_flyte_idl(self) -> security_pb2.SecurityContext | None:
        """Write the context as Flyte's message; ``None`` when nothing is asked for."""
        if self.run_as is None and self.secrets is None and self.tokens is None:
            return None
        return security_pb2.SecurityContext(
            run_as=self.run_as.to_flyte_idl() if self.run_as is not None else None,
            secrets=[secret.to_flyte_idl() for secret in self.secrets or ()],
            tokens=[token.to_flyte_idl() for token in self.tokens or ()],
        )

    @classmethod
    def from_flyte_idl(
        cls, pb2_object: security_pb2.SecurityContext
    ) -> SecurityContext:
        """Read a context from Flyte's message; what is empty becomes ``None``."""
        run_as = pb2_object.run_as
        return cls(
            run_as=Identity.from_flyte_idl(run_as) if run_as.ByteSize() else None,
            secrets=[Secret.from_flyte_idl(s) for s in pb2_object.secrets] or None,
            tokens=[OAuth2TokenRequest.from_flyte_idl(t) for t in pb2_object.tokens]
            or None,
        )


_SECRET_NAME = re.compile(
    r"(token|passw(or)?d|passphrase|secret|(api|access|private)[_-]?key|credentials?)$",
    re.IGNORECASE,
)


def looks_secret(name: str) -> bool:
    """Return whether what has this name is probably a secret, and is not shown.

    >>> looks_secret("DB_PASSWORD"), looks_secret("DB_HOST")
    (True, False)
    """
    return _SECRET_NAME.search(name) is not None


def check_secret_requests(requests: Any) -> tuple[Secret, ...]:
    """Return a task's secret requests as a tuple, each a :class:`Secret`.

    Raises:
        SecretError: It is no list of secrets, or something else is in it.
    """
    if isinstance(requests, Secret):
        msg = (
            f"secret_requests must be a list, got {requests!r}. Write "
            "secret_requests=[kit.Secret(...)]."
        )
        raise SecretError(msg)
    if isinstance(requests, (str, bytes)) or not isinstance(requests or (), Iterable):
        msg = (
            f"secret_requests must be a list of kit.Secret(group=..., key=...), got "
            f"{requests!r}."
        )
        raise SecretError(msg)
    secrets = tuple(requests or ())
    for secret in secrets:
        if not isinstance(secret, Secret):
            msg = (
                f"Secret {secret} should be of type flytekit.Secret, received "
                f"{type(secret)}. Pass kit.Secret(group=..., key=...)."
            )
            raise SecretError(msg)
    return secrets


def check_secrets_mountable(secrets: Iterable[Secret]) -> None:
    """Refuse secrets that Kubernetes would leave out of the pod without a word.

    One of them is enough for the pod to be admitted with none of its secrets
    (flytepropeller/pkg/webhook/k8s_secrets.go).

    Raises:
        SecretError: Naming the secret and what it lacks.
    """
    for secret in secrets:
        lacking = [name for name in ("group", "key") if not getattr(secret, name)]
        if lacking:
            msg = (
                f"{secret} has no {' and no '.join(lacking)}. Kubernetes needs both "
                f"and starts the pod without any of its secrets otherwise."
            )
            raise SecretError(msg)
