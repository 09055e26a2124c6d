"""The configuration of Flyte's engine, as far as pods follow from it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kit.errors import PlatformError

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
        """Read the configuration as its YAML has it; other keys are left out.

        Raises:
            PlatformError: A value is of the wrong kind.
        """
        known = cls.__dataclass_fields__
        facts: dict[str, Any] = {}
        for where, section in _sections(config):
            for key, value in section.items():
                name = str(key).replace("-", "_")
                if name in known:
                    facts[name] = _checked(f"{where}.{key}", name, value)
        if not facts.get("default_annotations", True):
            del facts["default_annotations"]  # an empty map leaves the built-in one
        return cls(**facts)

    @classmethod
    def unread(cls, config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield keys that are nearly ones that are read, and those that they are."""
        known = [name.replace("_", "-") for name in cls.__dataclass_fields__]
        for where, section in _sections(config):
            for key in map(str, section):
                if key.replace("_", "-") not in known:
                    near = difflib.get_close_matches(key, known, n=1, cutoff=0.9)
                    yield from ((f"{where}.{key}", f"{where}.{one}") for one in near)


def _sections(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    plugins = _section("plugins", config.get("plugins"))
    yield "propeller", _section("propeller", config.get("propeller"))
    yield "plugins.k8s", _section("plugins.k8s", plugins.get("k8s"))
    yield "storage", {"storage": _section("storage", config.get("storage"))}


def _section(name: str, value: Any) -> Mapping[str, Any]:
    section: Mapping[str, Any] = _of_kind(name, value or {}, Mapping, "a mapping")
    return section


def _checked(where: str, name: str, value: Any) -> Any:
    if name in _MAPS:
        return _merged(where, value, twins=name == "default_labels")
    if name in _TUPLES:
        return tuple(_of_kind(where, value or [], (list, tuple), "a list"))
    if name in _FLAGS:
        return _of_kind(where, value, bool, "true or false")
    if name == "co_pilot":
        return _copilot(where, value)
    if name in _TEXTS:
        return _of_kind(where, "" if value is None else value, str, "text")
    return None if value is None else _of_kind(where, value, Mapping, "a mapping")


def _of_kind(where: str, value: Any, kind: Any, expected: str) -> Any:
    if isinstance(value, kind):
        return value
    msg = f"{where} of a platform's propeller must be {expected}, got {value!r:.80}."
    raise PlatformError(msg)


_MAPS = {
    *("default_annotations", "default_labels", "default_env_vars"),
    *("default_env_vars_from_env", "default_node_selector", "resource_tolerations"),
    "interruptible_node_selector",
}


_TUPLES = {
    *("default_env_from_configmaps", "default_env_from_secrets"),
    *("default_tolerations", "interruptible_tolerations"),
}
_FLAGS = {"inject_finalizer", "enable_host_networking_pod"}
_TEXTS = {
    *("metadata_prefix", "rawoutput_prefix", "default_pod_template_name"),
    *("scheduler_name", "image_pull_policy", "gpu_device_node_label"),
    *("gpu_partition_size_node_label", "gpu_resource_name"),
}


def _merged(where: str, value: Any, *, twins: bool) -> dict[str, Any]:
    """Read a map, or a list of maps of one entry each, which keeps the keys' case.

    Keys of a map are in lower case but for those with a dot; of labels these have a
    twin in lower case.
    """
    if isinstance(value, (list, tuple)):
        entries = [_of_kind(where, each, Mapping, "a list of maps") for each in value]
        return {
            str(key): _text(where, each)
            for entry in entries
            for key, each in entry.items()
        }
    given = _of_kind(where, {} if value is None else value, Mapping, "a map of texts")
    read = {
        key if "." in key else key.lower(): _text(where, each)
        for key, each in ((str(key), each) for key, each in given.items())
    }
    return {**{key.lower(): read[key] for key in read}, **read} if twins else read


def _text(where: str, value: Any) -> Any:
    """Return a value of a map as the engine reads it: numbers and flags are texts."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    return _of_kind(where, value, (str, list), "a map of texts")


def _copilot(where: str, config: Any) -> Copilot:
    given = _of_kind(where, {} if config is None else config, Mapping, "a mapping")
    known = Copilot.__dataclass_fields__
    facts = {str(key).replace("-", "_"): value for key, value in given.items()}
    facts = {key: str(value) for key, value in facts.items() if key in known}
    return Copilot(**facts)
