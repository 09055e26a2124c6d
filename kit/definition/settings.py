"""What a definition is serialized with: where it will live, its images, its runtime."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kit.definition.image import ImageConfig
from kit.definition.names import check_environment
from kit.errors import DefinitionError, nearest

__all__ = ["RUNTIMES", "Runtime", "SerializationSettings", "check_runtime"]

Runtime = Literal["kit", "flytekit"]
RUNTIMES: tuple[Runtime, ...] = ("kit", "flytekit")


@dataclass(frozen=True, kw_only=True)
class SerializationSettings:
    """The facts a template needs that its task does not know.

    Attributes:
        project: Project the entity is registered in; ``None`` leaves it unset.
        domain: Domain of that project; ``None`` leaves it unset.
        version: Version of the entity; ``None`` leaves it unset.
        env: Environment variables of every container; a task's own win over them.
        image_config: Images that ``{{.image.<name>}}`` macros may name.
        runtime: What runs inside the container: ``"kit"`` (``kit-execute``) or
            ``"flytekit"`` (``pyflyte-execute``). ``None`` leaves it to the task, and
            then to kit.
        flytekit_version: Version written into templates of the flytekit runtime.

    Raises:
        DefinitionError: A value is of the wrong kind, or the runtime is unknown.

    Example:
        >>> SerializationSettings(project="lab", domain="development").with_version("2")
        SerializationSettings(project='lab', domain='development', version='2')
    """

    project: str | None = ""
    domain: str | None = ""
    version: str | None = ""
    env: Mapping[str, str] | None = None
    image_config: ImageConfig = field(default_factory=ImageConfig)
    runtime: Runtime | None = None
    flytekit_version: str = "1.16.31"

    def __post_init__(self) -> None:
        check_runtime(self.runtime)
        for name in ("project", "domain", "version"):
            _check_id_part(name, getattr(self, name))
        image_config: object = self.image_config
        if not isinstance(image_config, ImageConfig):
            msg = (
                f"image_config must be an ImageConfig, got {image_config!r}. Make one "
                f"with ImageConfig.from_images('registry/image:tag')."
            )
            raise DefinitionError(msg)
        if self.env is not None:
            object.__setattr__(self, "env", check_environment(self.env))

    def replace(self, **changes: Any) -> SerializationSettings:
        """Return a copy with these fields changed.

        Raises:
            DefinitionError: A name is no field; the nearest one is suggested.
        """
        known = [entry.name for entry in dataclasses.fields(self)]
        for name in changes:
            if name not in known:
                msg = f"SerializationSettings has no field {name!r}."
                raise DefinitionError(msg + nearest(name, known))
        return dataclasses.replace(self, **changes)

    def with_project(self, project: str | None) -> SerializationSettings:
        """Return a copy for another project."""
        return dataclasses.replace(self, project=project)

    def with_domain(self, domain: str | None) -> SerializationSettings:
        """Return a copy for another domain."""
        return dataclasses.replace(self, domain=domain)

    def with_version(self, version: str | None) -> SerializationSettings:
        """Return a copy for another version."""
        return dataclasses.replace(self, version=version)

    def with_env(self, env: Mapping[str, str] | None) -> SerializationSettings:
        """Return a copy with these environment variables in place of the old ones."""
        return dataclasses.replace(self, env=env)

    def with_image_config(self, image_config: ImageConfig) -> SerializationSettings:
        """Return a copy with other images."""
        return dataclasses.replace(self, image_config=image_config)

    def with_runtime(self, runtime: Runtime | None) -> SerializationSettings:
        """Return a copy for another container runtime."""
        return dataclasses.replace(self, runtime=runtime)

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{entry.name}={getattr(self, entry.name)!r}"
            for entry in dataclasses.fields(self)
            if getattr(self, entry.name) != _default_of(entry)
        )
        return f"SerializationSettings({shown})"


def _check_id_part(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        msg = f"{name} must be text, got {value!r} of type {type(value).__name__}."
        raise DefinitionError(msg)
    if "\0" in value:
        msg = f"{name} {value!r} has a NUL character, which Flyte's database refuses."
        raise DefinitionError(msg)


def check_runtime(runtime: str | None) -> None:
    """Refuse a runtime that is neither kit, flytekit nor ``None`` (not chosen here).

    Raises:
        DefinitionError: With the nearest known runtime.
    """
    if runtime is not None and runtime not in RUNTIMES:
        msg = f"Unknown runtime {runtime!r}: use 'kit', 'flytekit' or None."
        raise DefinitionError(msg + nearest(str(runtime), RUNTIMES))


def _default_of(entry: dataclasses.Field[Any]) -> Any:
    if entry.default_factory is not dataclasses.MISSING:
        return entry.default_factory()
    return entry.default
