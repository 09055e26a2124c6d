"""What a template's container message becomes in an engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kit.runners.docker.limits import Limits
from kit.runners.docker.session import LABEL, own_session

__all__ = ["ContainerSpec"]


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
