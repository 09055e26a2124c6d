"""What a template's container is made of: command, variables, limits and secrets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flyteidl.core.security_pb2 import Secret
from flyteidl.core.tasks_pb2 import ExtendedResources, Resources, TaskTemplate

from kit.definition.resources import parse_quantity
from kit.errors import SecretNotFoundError
from kit.runners.docker.engine import LABEL
from kit.runners.session import own_session
from kit.shim.secrets import SecretsManager

_SHARED_MEMORY_PATH = "/dev/shm"  # noqa: S108 - of the container, not a temporary file
_NANO = 10**9
_LEAST_CPU = _NANO // 100
_LEAST_MEMORY = 6 * 2**20
_NAMES = Resources.ResourceName
_FOLDER = "/etc/flyte/secrets"
_ENV_PREFIX = "_FSEC_"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a container may take; None leaves it to the engine.

    Attributes:
        nano_cpus: CPU time, in billionths of a core.
        memory: Bytes, without swap on top.
        gpus: Number of devices.
        shared_memory: Bytes of ``/dev/shm``.
        tmpfs: Bytes by path, of shared memory that is mounted elsewhere.
    """

    nano_cpus: int | None = None
    memory: int | None = None
    gpus: int | None = None
    shared_memory: int | None = None
    tmpfs: tuple[tuple[str, int | None], ...] = ()

    def create_arguments(self) -> dict[str, Any]:
        """Return the Docker SDK's arguments for them."""
        from docker.types import DeviceRequest

        arguments: dict[str, Any] = {
            "nano_cpus": self.nano_cpus,
            "mem_limit": self.memory,
            "memswap_limit": self.memory,  # or the engine adds as much swap
            "shm_size": self.shared_memory,
            "tmpfs": {path: _tmpfs(size) for path, size in self.tmpfs},
        }
        if self.gpus:
            request = DeviceRequest(count=self.gpus, capabilities=[["gpu"]])
            arguments["device_requests"] = [request]
        return {name: value for name, value in arguments.items() if value}

    def options(self) -> list[str]:
        """Return the command line's options for them."""
        words: list[str] = []
        if self.nano_cpus:
            words += ["--cpus", f"{self.nano_cpus / _NANO:g}"]
        if self.memory:
            words += ["--memory", str(self.memory), "--memory-swap", str(self.memory)]
        if self.shared_memory:
            words += ["--shm-size", str(self.shared_memory)]
        for path, size in self.tmpfs:
            words += ["--tmpfs", f"{path}:{_tmpfs(size)}"]
        if self.gpus:
            words += ["--gpus", str(self.gpus)]
        return words


def container_limits(template: TaskTemplate, cores: Callable[[], int]) -> Limits:
    """Return what a template's container is held to.

    As on the cluster, a limit that is missing is the request.  What no engine takes is
    brought to what it does: more cores than there are, less memory than 6 MiB.

    Args:
        template: The task.
        cores: Says how many cores the engine has; called if the task asks for any.

    Raises:
        ResourcesError: An amount is no Kubernetes quantity.
    """
    resources = template.container.resources
    amounts = {**_amounts(resources.requests), **_amounts(resources.limits)}
    cpu = amounts.get(_NAMES.CPU)
    memory = amounts.get(_NAMES.MEMORY)
    memory = max(memory, _LEAST_MEMORY * _NANO) // _NANO if memory else None
    gpu = amounts.get(_NAMES.GPU)
    limits = Limits(
        nano_cpus=min(max(cpu, _LEAST_CPU), cores() * _NANO) if cpu else None,
        memory=memory,
        gpus=gpu // _NANO if gpu else None,
    )
    return _with_shared_memory(limits, template.extended_resources)


def _with_shared_memory(limits: Limits, extended: ExtendedResources) -> Limits:
    if not extended.HasField("shared_memory"):
        return limits
    shared = extended.shared_memory
    text = shared.size_limit
    size = _nano(text) // _NANO if text else limits.memory
    if shared.mount_path in ("", _SHARED_MEMORY_PATH):
        return replace(limits, shared_memory=size)
    return replace(limits, tmpfs=((shared.mount_path, size),))


def _amounts(entries: Iterable[Resources.ResourceEntry]) -> dict[int, int]:
    """Return amounts in billionths by resource; 0 counts as not said."""
    amounts = {int(entry.name): _nano(entry.value) for entry in entries if entry.value}
    return {name: amount for name, amount in amounts.items() if amount > 0}


def _nano(text: str) -> int:
    return int(parse_quantity(text).amount * _NANO)


def _tmpfs(size: int | None) -> str:
    return "" if size is None else f"size={size}"


@dataclass(frozen=True, kw_only=True)
class ContainerSpec:
    """A container to be made.

    Attributes:
        name: Its unique name.
        image: Name of its image.
        command: What takes the place of the image's entrypoint, if anything.
        arguments: What follows it.
        environment: Its variables, without secrets.
        secrets: Variables that hold secrets; in no repr and no command.
        unshown: Other variables that are in no command.
        network: ``none``, ``bridge``, ``host`` or the name of a network.
        platform: As in ``linux/arm64``; None takes the image as it is.
        limits: How much it may take.
        written: Folders and files of this machine that it writes, mounted with the
            paths they have here.
        read: Others that it only reads.
    """

    name: str
    image: str
    command: tuple[str, ...]
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    unshown: Mapping[str, str] = field(default_factory=dict)
    network: str = "none"
    platform: str | None = None
    limits: Limits = field(default_factory=Limits)
    written: tuple[Path, ...] = ()
    read: tuple[Path, ...] = ()

    def create_arguments(self) -> dict[str, Any]:
        """Return the Docker SDK's arguments for it.

        The engine keeps no log of its own, since its lines are read as they come.
        """
        from docker.types import LogConfig, Mount

        return {
            "image": self.image,
            "name": self.name,
            "entrypoint": list(self.command) or None,
            "command": list(self.arguments),
            "environment": {**self.secrets, **self.environment, **self.unshown},
            "network_mode": self.network,
            "platform": self.platform,
            "labels": {LABEL: own_session()},
            "log_config": LogConfig(type="none"),
            "mounts": [
                Mount(str(path), str(path), type="bind", read_only=path in self.read)
                for path in (*self.written, *self.read)
            ],
            **self.limits.create_arguments(),
        }

    def words(self, program: str, mounts: Iterable[Path]) -> list[str]:
        """Return a command line that does the same with the run's files mounted.

        It takes the variables from its own environment.

        Args:
            program: ``docker`` or ``podman``.
            mounts: Folders and files that keep their paths.
        """
        words = [program, "run", "--rm", "--network", self.network]
        for path in mounts:
            words += ["--mount", f"type=bind,source={path},target={path}"]
        for name in self.environment:
            words += ["--env", name]
        if self.platform:
            words += ["--platform", self.platform]
        words += self.limits.options()
        if self.command:
            words += ["--entrypoint", self.command[0]]
        return [*words, self.image, *self.command[1:], *self.arguments]


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
