"""Platforms of kit from the configuration of the Flyte that recorded the vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import kit
from conformance.vectors import recorded

BUILT_IN = {
    "defaults": {"cpu": "2", "memory": "200Mi"},
    "limits": {"cpu": "2", "memory": "1Gi", "gpu": "1"},
}
"""What flyteadmin has where its configuration says nothing of resources."""


def platform_of(config: dict[str, Any]) -> kit.Platform:
    """Return the platform that flyteadmin and propeller were configured as."""
    resources = config["admin"].get("task_resources", BUILT_IN)
    return kit.Platform(
        name=config["about"],
        defaults=resources_of(resources["defaults"]),
        limits=resources_of(resources["limits"]),
        propeller=propeller_of(config),
        objects=tuple(config.get("objects", ())),
        pod_templates=(),
        catalog=False,
        console=config["admin"].get("flyteadmin", {}).get("consoleUrl", ""),
        secrets_webhook="webhook" in config,
        secret_manager=config.get("webhook", {}).get("secretManagerType", "K8s"),
    )


LAB_STORAGE = {
    "type": "minio",
    "connection": {
        "secret-key": "miniostorage",
        "access-key": "minio",
        "auth-type": "accesskey",
        "region": "us-east-1",
        "endpoint": "http://127.0.0.1:9000",
    },
}
"""The store of the lab, which the recorded configuration leaves out."""


def propeller_of(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of propeller with its store."""
    storage = {**LAB_STORAGE, **config["propeller"]["storage"]}
    return {**config["propeller"], "storage": storage}


def resources_of(amounts: dict[str, Any]) -> kit.Resources:
    """Read flyteadmin's names of resources."""
    names = {"memory": "mem", "ephemeralStorage": "ephemeral_storage"}
    return kit.Resources(
        **{names.get(name, name): str(amount) for name, amount in amounts.items()}
    )


def pods() -> Iterator[tuple[dict[str, Any], kit.Platform]]:
    """Yield each launch that was recorded with its pod, and where it was made."""
    for file in recorded("pod"):
        platforms = {
            name: platform_of(config) for name, config in file["platforms"].items()
        }
        for case in file["cases"]:
            yield case, platforms[case["platform"]]
