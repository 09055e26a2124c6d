"""The configuration of Flyte's engine, as far as pods follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Labels = Mapping[str, str]
Objects = tuple[Mapping[str, Any], ...]

SECRETS_LABEL = "inject-flyte-secrets"
"""The label of pods that Flyte's webhook gives their secrets."""

_SAFE_TO_EVICT = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}


@dataclass(frozen=True, kw_only=True)
class Copilot:
    """The containers that load inputs and store outputs (``plugins.k8s.co-pilot``)."""

    name: str = "flyte-copilot-"
    image: str = "cr.flyte.org/flyteorg/flytecopilot:v0.0.15"
    cpu: str = "500m"
    memory: str = "128Mi"
    default_input_path: str = "/var/flyte/inputs"
    default_output_path: str = "/var/flyte/outputs"
    input_vol_name: str = "flyte-inputs"
    output_vol_name: str = "flyte-outputs"


@dataclass(frozen=True, kw_only=True)
class Propeller:
    """What flytepropeller was configured with, with its built-in values.

    The attributes are the keys of ``plugins.k8s``, ``propeller`` and ``storage`` in its
    configuration, with underscores.
    """

    metadata_prefix: str = "metadata/propeller"
    rawoutput_prefix: str = ""
    storage: Mapping[str, Any] = field(default_factory=dict)
    literal_offloading_config: Mapping[str, Any] = field(default_factory=dict)
    inject_finalizer: bool = False
    default_annotations: Labels = field(default_factory=lambda: _SAFE_TO_EVICT)
    default_labels: Labels = field(default_factory=dict)
    default_env_vars: Labels = field(default_factory=dict)
    default_env_vars_from_env: Labels = field(default_factory=dict)
    default_env_from_configmaps: tuple[str, ...] = ()
    default_env_from_secrets: tuple[str, ...] = ()
    default_tolerations: Objects = ()
    default_node_selector: Labels = field(default_factory=dict)
    default_affinity: Mapping[str, Any] | None = None
    default_pod_security_context: Mapping[str, Any] | None = None
    default_security_context: Mapping[str, Any] | None = None
    default_pod_dns_config: Mapping[str, Any] | None = None
    default_pod_template_name: str = ""
    interruptible_tolerations: Objects = ()
    interruptible_node_selector: Labels = field(default_factory=dict)
    interruptible_node_selector_requirement: Mapping[str, Any] | None = None
    non_interruptible_node_selector_requirement: Mapping[str, Any] | None = None
    resource_tolerations: Mapping[str, Objects] = field(default_factory=dict)
    enable_host_networking_pod: bool | None = None
    scheduler_name: str = ""
    image_pull_policy: str = ""
    gpu_device_node_label: str = "k8s.amazonaws.com/accelerator"
    gpu_partition_size_node_label: str = "k8s.amazonaws.com/gpu-partition-size"
    gpu_resource_name: str = "nvidia.com/gpu"
    gpu_unpartitioned_node_selector_requirement: Mapping[str, Any] | None = None
    gpu_unpartitioned_toleration: Mapping[str, Any] | None = None
    co_pilot: Copilot = field(default_factory=Copilot)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Propeller:
        """Read the configuration as its YAML has it; other keys are left out."""
        sections = (
            config.get("propeller", {}),
            config.get("plugins", {}).get("k8s", {}),
            {"storage": config.get("storage", {})},
        )
        known = cls.__dataclass_fields__
        facts = {
            key.replace("-", "_"): value
            for section in sections
            for key, value in section.items()
        }
        facts = {key: value for key, value in facts.items() if key in known}
        for key in _MAPS & facts.keys():
            facts[key] = _merged(facts[key], twins=key == "default_labels")
        if not facts.get("default_annotations", True):
            del facts["default_annotations"]  # an empty map leaves the built-in one
        if "co_pilot" in facts:
            facts["co_pilot"] = _copilot(facts["co_pilot"])
        return cls(**facts)


_MAPS = {
    *("default_annotations", "default_labels", "default_env_vars"),
    *("default_env_vars_from_env", "default_node_selector", "resource_tolerations"),
    "interruptible_node_selector",
}


def _merged(value: Any, *, twins: bool) -> dict[str, Any]:
    """Read a map, or a list of maps of one entry each, which keeps the keys' case.

    Keys of a map are in lower case but for those with a dot; of labels these have a
    twin in lower case.
    """
    if not isinstance(value, Mapping):
        return {key: each for entry in value for key, each in entry.items()}
    read = {key if "." in key else key.lower(): each for key, each in value.items()}
    return {**{key.lower(): read[key] for key in read}, **read} if twins else read


def _copilot(config: Mapping[str, Any]) -> Copilot:
    known = Copilot.__dataclass_fields__
    facts = {key.replace("-", "_"): value for key, value in config.items()}
    return Copilot(**{key: value for key, value in facts.items() if key in known})
