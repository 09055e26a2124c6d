"""A Flyte deployment: its defaults, its limits and what is installed there."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from kit.definition.resources import Resources, quantity_text
from kit.errors import PlatformError, nearest
from kit.storage import is_local_file

_MIB = 2**20
_POLICIES = ("", "Always", "IfNotPresent", "Never")
_MANAGERS = ("K8s", "AWS", "GCP", "Vault")
_STOCK_PLUGINS = ("container", "sidecar", "k8s-array", "connector-service", "echo")
_COPILOT = "cr.flyte.org/flyteorg/flytecopilot"
_SANDBOX_VARIABLES = {
    "FLYTE_AWS_ENDPOINT": "http://flyte-sandbox-minio.flyte:9000",
    "FLYTE_AWS_ACCESS_KEY_ID": "minio",
    "FLYTE_AWS_SECRET_ACCESS_KEY": "miniostorage",
    "FLYTE_PLATFORM_URL": "flyte-sandbox-grpc.flyte:8089",
    "FLYTE_PLATFORM_INSECURE": "true",
}
"""What the sandbox's manifest of 1.16.8 sets in every container."""
_FLYTE_DOMAINS = ("development", "staging", "production")


Amounts: TypeAlias = tuple[tuple[str, str], ...]
"""The default and the limit of each resource, as :attr:`Platform.amounts`."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What a deployment of Flyte allows; what is not known limits nothing.

    Attributes:
        name: What to call it.
        defaults: What a task gets that asks for nothing (``task_resources.defaults``).
        limits: What no task may exceed (``task_resources.limits``).
        projects: The projects that are registered; ``None`` if they aren't known.
        domains: The domains of its configuration; ``None`` if they aren't known.
        task_types: The only task types it takes (``task_type_whitelist``); ``None`` if
            it takes all.
        pod_templates: The PodTemplates of the cluster; ``None`` if they aren't known.
        environment: Variables that it sets in every container, whatever tasks say.
        image_pull_policy: When images are pulled (``image-pull-policy``); empty leaves
            it to Kubernetes.
        secret_manager: Where its secrets are: ``K8s``, ``AWS``, ``GCP`` or ``Vault``.
        secrets_webhook: Whether its webhook injects secrets; ``None`` if not known.
        plugins: The enabled plugins (``task-plugins.enabled-plugins``); ``None`` if
            they aren't known.
        catalog: Whether results can be cached (``catalog-cache``); ``None`` if not
            known.
        kubernetes: The version of Kubernetes, such as ``1.34``; empty if not known.
        console: The address of its console (``flyteadmin.consoleUrl``).
        propeller: The configuration of its flytepropeller, as the YAML has it, from
            which a pod follows.
        objects: Kubernetes objects that pods are made with: PodTemplates.
        message_limit: Bytes of a request to flyteadmin (``maxMessageSizeBytes``).
        object_limit: Bytes of an object in the cluster's etcd.
        download_limit: Bytes of a file that Flyte reads: a task's template, its
            outputs and its error (``storage.limits.maxDownloadMBs``).

    Raises:
        PlatformError: A value is of the wrong kind.

    Example:
        >>> Platform.flyte_core().limits
        Resources(cpu='2', mem='1Gi', gpu='1')
    """

    name: str = ""
    defaults: Resources = field(default_factory=Resources)
    limits: Resources = field(default_factory=Resources)
    projects: tuple[str, ...] | None = None
    domains: tuple[str, ...] | None = None
    task_types: tuple[str, ...] | None = None
    pod_templates: tuple[str, ...] | None = None
    environment: tuple[str, ...] = ()
    image_pull_policy: str = ""
    secret_manager: str = "K8s"  # noqa: S105 - the name of a program
    secrets_webhook: bool | None = None
    plugins: tuple[str, ...] | None = None
    catalog: bool | None = None
    kubernetes: str = ""
    console: str = ""
    propeller: Mapping[str, Any] = field(default_factory=dict, hash=False)
    objects: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    message_limit: int = 4 * _MIB
    object_limit: int = 3 * _MIB // 2
    download_limit: int = 2 * _MIB

    def __post_init__(self) -> None:
        for entry in dataclasses.fields(self):
            value = _checked(entry.name, getattr(self, entry.name))
            object.__setattr__(self, entry.name, value)

    @functools.cached_property
    def amounts(self) -> Amounts:
        """The default and the limit of each resource; empty texts for what is not set.

        In the order of a settled container: CPU, memory, ephemeral storage, GPU.
        """
        return tuple(
            (_amount(self.defaults, name), _amount(self.limits, name))
            for name in ("cpu", "mem", "ephemeral_storage", "gpu")
        )

    @classmethod
    def sandbox(cls) -> Platform:
        """Return Flyte's sandbox, as ``flytectl demo start`` makes it: no limits."""
        return cls(
            name="sandbox",
            defaults=Resources(cpu="500m", mem="1Gi"),
            domains=_FLYTE_DOMAINS,
            environment=tuple(_SANDBOX_VARIABLES),
            propeller={
                "propeller": {
                    "rawoutput-prefix": "s3://my-s3-bucket/data",
                    "metadata-prefix": "metadata/propeller",
                },
                "plugins": {
                    "k8s": {
                        "default-env-vars": [
                            {key: value} for key, value in _SANDBOX_VARIABLES.items()
                        ],
                        "co-pilot": {"image": f"{_COPILOT}:v1.16.8"},
                    }
                },
                "storage": {"container": "my-s3-bucket", "type": "minio"},
            },
            plugins=_STOCK_PLUGINS,
            secrets_webhook=True,
            catalog=True,
        )

    @classmethod
    def flyte_core(cls) -> Platform:
        """Return the flyte-core chart with the values it comes with."""
        return cls(
            name="flyte-core",
            defaults=Resources(cpu="100m", mem="500Mi"),
            limits=Resources(cpu="2", mem="1Gi", gpu="1"),
            domains=_FLYTE_DOMAINS,
            propeller={
                "propeller": {"metadata-prefix": "metadata/propeller"},
                "plugins": {"k8s": {"co-pilot": {"image": f"{_COPILOT}:v1.16.8"}}},
            },
            plugins=_STOCK_PLUGINS,
            secrets_webhook=True,
            catalog=True,
            download_limit=10 * _MIB,
        )

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Platform:
        """Make a platform from plain values, as YAML or JSON has them.

        Raises:
            PlatformError: A name is no attribute, or a value is of the wrong kind.
        """
        known = [entry.name for entry in dataclasses.fields(cls)]
        for name in facts:
            if name not in known:
                msg = f"A platform has no {name!r}: it has {', '.join(known)}."
                raise PlatformError(msg + nearest(str(name), known))
        made = {
            name: _resources(name, value) if name in _AMOUNTS else value
            for name, value in facts.items()
        }
        return cls(**made)

    @classmethod
    def of(cls, named: Platform | str | os.PathLike[str] | None) -> Platform:
        """Return a platform, a preset of that name, or the one that a file describes.

        Raises:
            PlatformError: It is none of them.
            StorageError: The file cannot be read.

        Example:
            >>> Platform.of("flyte-core").name
            'flyte-core'
        """
        if named is None:
            return UNKNOWN
        if isinstance(named, Platform):
            return named
        expected = f"expected {', '.join(PRESETS)}, a YAML file or a kit.Platform"
        if not isinstance(named, (str, os.PathLike)):
            raise PlatformError(f"{named!r:.80} is not a platform: {expected}.")
        name = os.fspath(named)
        if name in PRESETS:
            return PRESETS[name]()
        if "://" not in name and not is_local_file(name):
            near = nearest(name, PRESETS)
            msg = f"No platform and no file {name!r}: {expected}.{near}"
            raise PlatformError(msg)
        return cls.from_file(name)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Platform:
        """Read a platform from a YAML or JSON file of its attributes.

        Raises:
            PlatformError: The file holds something else.
            StorageError: It cannot be read.
        """
        import yaml

        from kit.storage import read_bytes

        source = os.fspath(path)
        data = read_bytes(source, limit=_MIB)
        try:
            facts = yaml.safe_load(data)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            msg = f"{source} is no YAML or JSON: {error}."
            raise PlatformError(msg) from error
        if not isinstance(facts, dict):
            msg = f"{source} is no platform: expected a mapping: domains: [lab]."
            raise PlatformError(msg)
        return cls.from_dict({"name": source, **facts})


_AMOUNTS = ("defaults", "limits")
_CHOICES = {"image_pull_policy": _POLICIES, "secret_manager": _MANAGERS}


def _amount(amounts: Resources, name: str) -> str:
    value = getattr(amounts, name)
    return value if isinstance(value, str) else _number_text(name, value)


def _number_text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        msg = f"{name}={value!r} of a platform must be one amount, not a pair."
        raise PlatformError(msg)
    return quantity_text(value)


def _resources(name: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    try:
        return Resources(**{str(key): amount for key, amount in value.items()})
    except ValueError as error:
        raise PlatformError(f"{name} of a platform: {error}") from error


def _checked(name: str, value: Any) -> Any:
    """Return a value of the kind that an attribute has.

    Raises:
        PlatformError: It is of another kind.
    """
    if name in _CHECKS:
        return _CHECKS[name](name, value)
    return _of_kind(name, value, str, "text")


def _resource_amounts(name: str, value: Any) -> Any:
    return _of_kind(name, value, Resources, "kit.Resources(cpu=..., mem=...)")


def _choice(name: str, value: Any) -> Any:
    if value in _CHOICES[name]:
        return value
    choices = ", ".join(repr(choice) for choice in _CHOICES[name])
    msg = f"{name} of a platform must be one of {choices}, got {value!r}."
    raise PlatformError(msg)


def _yes_or_no(name: str, value: Any) -> Any:
    return value if value is None else _of_kind(name, value, bool, "True or False")


def _limit(name: str, value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    msg = f"{name} of a platform must be a positive number, got {value!r}."
    raise PlatformError(msg)


def _mapping(name: str, value: Any) -> Any:
    return _of_kind(name, value, Mapping, "a mapping")


def _propeller(name: str, value: Any) -> Any:
    config = _mapping(name, value)
    if config:
        from kit.forecast.pods.propeller import Propeller

        Propeller.from_config(config)  # raises what is wrong in it
    return config


def _objects(name: str, value: Any) -> Any:
    listed = _of_kind(name, value, (list, tuple), "a list of mappings")
    return tuple(_object(name, each) for each in listed)


def _object(name: str, value: Any) -> Any:
    """Return a Kubernetes object, of which a PodTemplate has what pods are made of."""
    made = _mapping(name, value)
    if made.get("kind") != "PodTemplate":
        return made
    metadata, template = made.get("metadata"), made.get("template")
    spec = template.get("spec") if isinstance(template, Mapping) else None
    named = isinstance(metadata, Mapping) and isinstance(metadata.get("name"), str)
    if named and isinstance(spec, Mapping):
        return made
    msg = (
        f"A PodTemplate in {name} of a platform must have metadata.name and "
        f"template.spec, got {value!r:.200}."
    )
    raise PlatformError(msg)


def _texts(name: str, value: Any) -> tuple[str, ...] | None:
    if value is None and name != "environment":
        return None
    if isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value):
        return tuple(value)
    msg = f"{name} of a platform must be a list of texts, got {value!r}."
    raise PlatformError(msg)


def _of_kind(
    name: str, value: Any, kind: type[Any] | tuple[type[Any], ...], expected: str
) -> Any:
    if isinstance(value, kind):
        return value
    msg = f"{name} of a platform must be {expected}, got {value!r}."
    raise PlatformError(msg)


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("defaults", "limits"), _resource_amounts),
    **dict.fromkeys(("projects", "domains", "task_types", "pod_templates"), _texts),
    **dict.fromkeys(("environment", "plugins"), _texts),
    **dict.fromkeys(("image_pull_policy", "secret_manager"), _choice),
    **dict.fromkeys(("secrets_webhook", "catalog"), _yes_or_no),
    **dict.fromkeys(("message_limit", "object_limit", "download_limit"), _limit),
    "propeller": _propeller,
    "objects": _objects,
}


UNKNOWN = Platform()

PRESETS = {"sandbox": Platform.sandbox, "flyte-core": Platform.flyte_core}
"""The platforms that have a name."""
"""The platform of which nothing is known."""
