"""Settings of serialization, and checks of names, variables and keywords."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

from kit.definition.images import ImageConfig
from kit.errors import DefinitionError, nearest

Runtime = Literal["kit", "flytekit"]
RUNTIMES: tuple[Runtime, ...] = ("kit", "flytekit")

_SURROGATE = re.compile("[\ud800-\udfff]")
# An index row of the database that holds name and version has 2704 bytes.
_MAX_NAME_BYTES = 2600


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

    computed: ClassVar[dict[Any, Any] | None] = None
    """What was computed for the one template that these settings are for, if any."""

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

    def for_one_template(self) -> SerializationSettings:
        """Return an equal copy that remembers what is computed with it.

        The methods that a template is made of are all given the same settings, so
        what several of them need (the way of the executor) is computed once. Another
        copy starts without it: a notebook may have changed by the next template.
        """
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__, computed={})
        return made

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


def check_task_name(name: object) -> None:
    """Refuse a name that no Flyte could register; ``None`` means it is given later.

    Raises:
        DefinitionError: The name is empty, too long, no text, or has a NUL in it.
    """
    if name is None:
        return
    if not isinstance(name, str):
        msg = f"A task's name must be text, got {name!r} of type {type(name).__name__}."
        raise DefinitionError(msg)
    if not name:
        msg = "A task needs a name: usually its module and function, 'etl.load'."
        raise DefinitionError(msg)
    if "\0" in name:
        msg = f"Task name {name!r} has a NUL character, which Flyte's database refuses."
        raise DefinitionError(msg)
    size = len(name.encode("utf-8", "surrogatepass"))
    if size > _MAX_NAME_BYTES:
        msg = (
            f"Task name {name[:40]!r}… has {size} bytes; Flyte's database takes about "
            f"{_MAX_NAME_BYTES} for name and version together. Shorten it."
        )
        raise DefinitionError(msg)


def check_environment(environment: Any) -> dict[str, str]:
    """Return a task's environment as a dict.

    A value of ``None`` is kept: on the wire it is the empty text.

    Raises:
        DefinitionError: It is no mapping, a name is none that Kubernetes takes, or a
            value is no text.
    """
    if environment is None:
        return {}
    if not isinstance(environment, Mapping):
        msg = f"environment must map names to texts, got {environment!r}."
        raise DefinitionError(msg)
    for name, value in environment.items():
        _check_variable(name)
        if value is not None and not isinstance(value, str):
            msg = (
                f"Environment variable {name} must be text, got {value!r} of type "
                f"{type(value).__name__}. Write {str(value)!r}."
            )
            raise DefinitionError(msg)
        if value is not None and "\0" in value:
            msg = f"Environment variable {name} has a NUL character in its value."
            raise DefinitionError(msg)
        if value is not None and not is_unicode(value):
            msg = (
                f"Environment variable {name} is {value!r:.100}, which has a surrogate "
                "and cannot be written as UTF-8. Pass text."
            )
            raise DefinitionError(msg)
    return dict(environment)


def is_unicode(text: str) -> bool:
    """Tell whether a text can be written as UTF-8: not with a surrogate in it."""
    return text.isascii() or not _SURROGATE.search(text)


def _check_variable(name: object) -> None:
    """Refuse what Kubernetes does: all but printable ASCII without ``=``."""
    text = name if isinstance(name, str) else ""
    if not text or "=" in text or not text.isascii() or not text.isprintable():
        msg = (
            f"Environment variable name {name!r} is not one: use letters, digits and "
            f"underscores."
        )
        raise DefinitionError(msg)


T = TypeVar("T")


def explain_keywords(
    error: type[DefinitionError], **meant: str
) -> Callable[[type[T]], type[T]]:
    """Make a class refuse an unknown keyword with an error that names the nearest one.

    Python itself does so from 3.13 on, though with a bare TypeError.

    Args:
        error: What is raised.
        **meant: For a name that is often written, the one that was meant.

    Example:
        >>> @explain_keywords(DefinitionError, memory="mem")
        ... class Amounts:
        ...     def __init__(self, mem=None): ...
        >>> Amounts(memory="1Gi")
        Traceback (most recent call last):
        ...
        kit.errors.DefinitionError: Amounts got an unexpected keyword argument \
'memory'. Did you mean 'mem'? It takes mem.
    """

    def decorate(cls: type[T]) -> type[T]:
        plain: Callable[..., None] = cls.__init__

        @functools.wraps(plain)
        def explaining(self: T, *args: Any, **kwargs: Any) -> None:
            try:
                plain(self, *args, **kwargs)
            except TypeError as failure:
                known = plain.__code__.co_varnames[1 : plain.__code__.co_argcount]
                unknown = [name for name in kwargs if name not in known]
                if isinstance(failure, error) or not unknown:
                    raise
                raise error(_message(cls.__name__, unknown[0], known, meant)) from None

        cls.__init__ = explaining  # type: ignore[method-assign, assignment]
        return cls

    return decorate


def _message(
    owner: str, name: str, known: tuple[str, ...], meant: dict[str, str]
) -> str:
    hint = f" Did you mean {meant[name]!r}?" if name in meant else nearest(name, known)
    return (
        f"{owner} got an unexpected keyword argument {name!r}.{hint} "
        f"It takes {', '.join(known)}."
    )
