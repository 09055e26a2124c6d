"""flytekit itself, imported when a task needs it, and settings between it and kit."""

from __future__ import annotations

import dataclasses
from importlib import import_module
from types import ModuleType
from typing import Any

from kit.definition.settings import SerializationSettings
from kit.errors import MissingPackageError
from kit.template.serialize import LOCAL_SETTINGS, is_placeholder

CUSTOMIZED = (
    "flytekit.core.python_customized_container_task.PythonCustomizedContainerTask"
)
"""The class of flytekit's tasks that have an executor."""

_OLDEST = (1, 16)
_EXTRA = "flytekit"


def class_names(thing: object) -> set[str]:
    """Return the dotted names of the classes of something."""
    return {f"{kind.__module__}.{kind.__name__}" for kind in type(thing).__mro__}


def flytekit_module(name: str) -> ModuleType:
    """Import a module of flytekit's.

    Raises:
        MissingPackageError: flytekit is not installed, or older than kit's bridge.
    """
    try:
        flytekit = import_module("flytekit")
        module = import_module(name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0] or "flytekit"
        raise MissingPackageError(
            missing, extra=_EXTRA, purpose="The bridge to flytekit"
        ) from error
    version = str(getattr(flytekit, "__version__", ""))
    if _is_older(version):
        wanted = ".".join(map(str, _OLDEST))
        purpose = f"The bridge to flytekit needs {wanted} or later, got {version}; it"
        raise MissingPackageError("flytekit", extra=_EXTRA, purpose=purpose)
    return module


def _is_older(version: str) -> bool:
    numbers = version.split(".")[: len(_OLDEST)]
    if not all(number.isdigit() for number in numbers):
        return False  # of a checkout: nobody knows
    return tuple(map(int, numbers)) < _OLDEST


def flytekit_settings(settings: SerializationSettings, task: Any = None) -> Any:
    """Return kit's settings as flytekit's.

    Raises:
        MissingPackageError: flytekit is not installed.
    """
    configuration = flytekit_module("flytekit.configuration")
    known = settings.image_config
    spec: Any = getattr(task, "container_image", None)

    @dataclasses.dataclass(init=True, repr=True, eq=True, frozen=True)
    class Images(configuration.ImageConfig):  # type: ignore[name-defined,misc]
        """Images that kit finds, and those of ImageSpecs, which nobody builds."""

        def find_image(self, name: str) -> Any:
            if getattr(spec, "id", None) == name and hasattr(spec, "image_name"):
                return _as_image(configuration, name, spec.image_name())
            return _image(configuration, known.find_image(name))

    images = Images(
        default_image=_default_image(configuration, known.default_image, task),
        images=[_image(configuration, each) for each in known.images or ()],
    )
    return configuration.SerializationSettings(
        image_config=images,
        project=settings.project,
        domain=settings.domain,
        version=settings.version,
        env=dict(settings.env or {}),  # flytekit fails where it has none
    )


def _default_image(configuration: Any, image: Any, task: Any) -> Any:
    """Return the default image: flytekit's own where the settings name none."""
    is_named = image is not None and not is_placeholder(image.full)
    if is_named or (image is not None and CUSTOMIZED in class_names(task)):
        return _image(configuration, image)
    text = configuration.DefaultImages.default_image()
    return _as_image(configuration, "default", text)


def _image(configuration: Any, image: Any) -> Any:
    if image is None:
        return None
    return configuration.Image(
        name=image.name, fqn=image.fqn, tag=image.tag, digest=image.digest
    )


def _as_image(configuration: Any, name: str, text: str) -> Any:
    return configuration.Image.look_up_image_info(
        name, text, allow_no_tag_or_digest=True
    )


def kit_settings(settings: Any) -> SerializationSettings:
    """Return flytekit's settings as kit's."""
    from kit.definition.images import Image, ImageConfig

    def image(given: Any) -> Image | None:
        if given is None:
            return None
        return Image(given.name, given.fqn, given.tag, given.digest)

    config = settings.image_config
    images = tuple(filter(None, map(image, config.images or ()))) if config else ()
    return SerializationSettings(
        project=settings.project,
        domain=settings.domain,
        version=settings.version,
        env=settings.env or LOCAL_SETTINGS.env,
        image_config=ImageConfig(
            default_image=image(config.default_image) if config else None, images=images
        ),
    )
