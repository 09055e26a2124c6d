"""Secrets and the security context."""

from __future__ import annotations

import pytest

from kit.definition.security import (
    Identity,
    OAuth2Client,
    OAuth2TokenRequest,
    Secret,
    SecurityContext,
    check_secret_requests,
    check_secrets_mountable,
)
from kit.errors import SecretError

SECRET = Secret(
    "db", "password", "7", mount_requirement=Secret.MountType.FILE, env_var="DB"
)
CLIENT = OAuth2Client("me", Secret("oauth", "client"))
CONTEXT = SecurityContext(
    run_as=Identity("role", "account", CLIENT, "someone"),
    secrets=[SECRET, Secret("token")],
    tokens=[OAuth2TokenRequest("t", CLIENT, "https://discover", "https://token")],
)


def test_a_secret_there_and_back():
    """Every field survives the wire."""
    message = SECRET.to_flyte_idl()

    assert (message.group, message.key, message.group_version) == (
        "db",
        "password",
        "7",
    )
    assert message.mount_requirement == message.FILE
    assert message.env_var == "DB"
    assert Secret.from_flyte_idl(message) == SECRET


def test_a_context_there_and_back():
    """Identity, secrets and tokens survive the wire."""
    assert SecurityContext.from_flyte_idl(CONTEXT.to_flyte_idl()) == CONTEXT


def test_a_context_that_asks_for_nothing():
    """There is no message; an empty list still is one."""
    assert SecurityContext().to_flyte_idl() is None
    assert SecurityContext(secrets=[]).to_flyte_idl().ByteSize() == 0
    empty = SecurityContext(secrets=[]).to_flyte_idl()
    assert SecurityContext.from_flyte_idl(empty) == SecurityContext()


def test_one_secret_stands_for_a_list():
    """A single secret is a list of one."""
    assert SecurityContext(secrets=SECRET).secrets == (SECRET,)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Group is a required parameter"),
        ({"group": "g", "env_var": "1A"}, "Invalid environment variable name: 1A"),
        ({"group": "g", "env_var": "a"}, "Invalid environment variable name: a"),
        ({"group": "g", "env_var": ""}, "Invalid environment variable name: "),
        ({"group": "g", "env_var": "A\n"}, "Invalid environment variable name: A"),
        ({"group": "g", "key": 3}, "A secret's key must be text, got 3"),
        ({"group": 3}, "A secret's group must be text, got 3"),
        (
            {"group": "g", "mount_requirement": "FILE"},
            "mount_requirement must be one of Secret.MountType.ANY",
        ),
    ],
)
def test_secrets_that_are_none(values, message):
    """The error says what a secret needs."""
    with pytest.raises(SecretError) as error:
        Secret(**values)

    assert message in str(error.value)
    assert isinstance(error.value, ValueError)


def test_requests_are_secrets():
    """A list of secrets comes back as a tuple, and nothing as an empty one."""
    assert check_secret_requests([SECRET]) == (SECRET,)
    assert check_secret_requests(None) == ()


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        (SECRET, "must be a list, got Secret"),
        (
            ["token"],
            "Secret token should be of type flytekit.Secret, received <class 'str'>",
        ),
    ],
)
def test_requests_that_are_none(requests, message):
    """The error says what to pass."""
    with pytest.raises(SecretError) as error:
        check_secret_requests(requests)

    assert message in str(error.value)
    assert isinstance(error.value, (AssertionError, TypeError))


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        (Secret("db"), "has no key. Kubernetes needs both"),
        (Secret("", "k"), "has no group. Kubernetes needs both"),
        (Secret(""), "has no group and no key. Kubernetes needs both"),
    ],
)
def test_secrets_that_kubernetes_would_drop(secret, message):
    """A secret without group or key costs the pod all of its secrets."""
    check_secrets_mountable([SECRET])

    with pytest.raises(SecretError) as error:
        check_secrets_mountable([SECRET, secret])

    assert message in str(error.value)
