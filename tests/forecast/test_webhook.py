"""What Flyte's webhook makes of secrets, by where they are kept."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.core.security_pb2 import Secret
from forecast.literals import template
from forecast.test_pod import pod_of

import kit

FILE = {"group": "Acme", "key": "Token", "mount_requirement": Secret.FILE}
PLACE = {
    "FLYTE_SECRETS_DEFAULT_DIR": "/etc/flyte/secrets",
    "FLYTE_SECRETS_FILE_PREFIX": None,
}


def pod_with(manager: str, *secrets: dict[str, Any], **env: str) -> Any:
    """Return the pod of a task that asks for secrets, on a platform that has them."""
    made = template()
    for key, value in env.items():
        made.container.env.add(key=key, value=value)
    for each in secrets:
        made.security_context.secrets.add(**each)
    platform = kit.Platform(secrets_webhook=True, secret_manager=manager)
    return pod_of(made, platform).pod


def variables(container: Any) -> dict[str, Any]:
    """Return the variables about secrets of a container."""
    found = {each["name"]: each.get("value") for each in container.get("env", ())}
    return {name: value for name, value in found.items() if "SECRET" in name}


def test_a_volume_of_kubernetes_has_the_keys_of_a_group():
    """Their files are in lower case; a variable of the task's own stays."""
    pod = pod_with("K8s", FILE, FILE | {"key": "b"}, FLYTE_SECRETS_DEFAULT_DIR="/own")
    (volume,) = pod["spec"]["volumes"]
    items = [{"key": "Token", "path": "token"}, {"key": "b", "path": "b"}]
    assert volume["secret"]["items"] == items
    (container,) = pod["spec"]["containers"]
    (mount,) = container["volumeMounts"]
    assert mount["mountPath"] == "/etc/flyte/secrets/acme"
    assert variables(container)["FLYTE_SECRETS_DEFAULT_DIR"] == "/own"


def test_aws_has_a_side_car_for_each_secret():
    """They share a folder in memory with the task."""
    spec = pod_with("AWS", FILE | {"env_var": "SECRET_FILE"}, FILE)["spec"]
    first, second = spec["initContainers"]
    assert (first["name"], second["name"]) == ("aws-pull-secret-0", "aws-pull-secret-1")
    own = {"SECRET_ARN": "Acme:Token", "SECRET_FILENAME": "/acme/token"}
    named = {"SECRET_FILE": "/etc/flyte/secrets/acme/token"}
    assert variables(first) == own | PLACE | named
    assert variables(spec["containers"][0]) == PLACE | named
    (volume,) = spec["volumes"]
    assert volume == {"name": "aws-secret-vol", "emptyDir": {"medium": "Memory"}}
    assert [each["mountPath"] for each in first["volumeMounts"]] == ["/tmp"]  # noqa: S108


def test_gcp_reads_a_version():
    """A secret without one keeps all of them away."""
    versioned = {**FILE, "group_version": "7"}
    spec = pod_with("GCP", versioned)["spec"]
    (side_car,) = spec["initContainers"]
    access, file = "gcloud secrets versions access", "/etc/flyte/secrets/acme/7"
    assert side_car["command"][2] == (
        f"{access} Acme/versions/7 --out-file={file} || {access} 7 --secret=Acme "
        f"--out-file={file}; chmod +rX /etc/flyte/secrets/acme {file}"
    )
    assert "initContainers" not in pod_with("GCP", versioned, FILE)["spec"]


@pytest.mark.parametrize(
    ("version", "query"), [("", ".Data.data"), ("kv1", ".Data"), ("db", None)]
)
def test_vault_is_asked_by_annotations(version, query):
    """The version of a group says how Vault keeps it."""
    pod = pod_with("Vault", {**FILE, "group_version": version})
    annotations = pod["metadata"]["annotations"]
    texts = sorted(annotations[key] for key in annotations if "agent-inject-" in key)
    told = f'{{{{- with secret "Acme" -}}}}{{{{ {query}.Token }}}}{{{{- end -}}}}'
    wanted = ["Acme", "Acme/Token"] + ([told] if query else [])
    assert texts == sorted(wanted)


@pytest.mark.parametrize("manager", ["AWS", "GCP", "Vault"])
def test_only_kubernetes_gives_variables(manager):
    """One such secret keeps all of them away."""
    other = {**FILE, "mount_requirement": Secret.ENV_VAR, "group_version": "7"}
    pod = pod_with(manager, {**FILE, "group_version": "7"}, other)
    bare = pod_with(manager)
    assert pod["spec"] == bare["spec"]
    assert not any("vault" in each for each in pod["metadata"]["annotations"])
