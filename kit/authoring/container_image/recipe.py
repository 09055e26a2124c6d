"""What an image is made by: the task, the names, and what was asked for besides."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kit.authoring.container_image.containerfile import check_user, containerfile_text
from kit.authoring.container_image.contents import Contents
from kit.authoring.container_image.needs import Needs, needs_of
from kit.definition.image import check_image_reference
from kit.definition.settings import SerializationSettings
from kit.errors import CallError, ImageError
from kit.source.secret_values import SecretValues
from kit.task.customized_container import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS

__all__ = ["Recipe", "chosen_tag", "own_tag"]

Task = PythonCustomizedContainerTask[Any]

_FOLDERS = ("packages", "kit", "task")


class Recipe:
    """What an image is made by.

    Attributes:
        task: The task.
        base: The base image.
        wheels: Wheels that were given.
        needs: What the task needs.
        text: The Containerfile.

    Raises:
        CallError: An argument is none that can be meant.
        ImageError: The base image's name is none.
        DefinitionError: The task's template cannot be made.
    """

    def __init__(
        self,
        task: Any,
        settings: SerializationSettings,
        *,
        base: str | None,
        packages: Iterable[str | os.PathLike[str]] = (),
        user: str | None,
    ) -> None:
        if not isinstance(task, PythonCustomizedContainerTask):
            msg = (
                "An image is made for a task, as @kit.container_task makes it, got "
                f"{task!r:.200}."
            )
            raise CallError(msg)
        check_user(user)
        self.task: Task = task
        self.base = _default_base() if base is None else base
        check_image_reference(self.base)
        requirements, self.wheels = _sorted_out(packages)
        self.needs: Needs = needs_of(task, settings, requirements)
        folders = _FOLDERS if self.needs.modules else _FOLDERS[:-1]
        self.text = containerfile_text(task.name, self.base, folders, user)

    def check_secrets(self, contents: Contents) -> None:
        """Refuse modules of one's own that hold the value of a secret.

        Raises:
            SecretInSourceError: One does.
        """
        values = SecretValues(self.task.known_secrets())
        values.check(self.text, "the Containerfile")
        if "task" in contents.layers:
            for name, path in contents.layers["task"].files.items():
                text = path.read_text("utf-8", "replace")
                values.check(text, name.removeprefix("site/"))


def own_tag(task: Task, settings: SerializationSettings) -> str | None:
    """Return the name of the image that a task names, None if it names none.

    Macros are for settings to fill in, and those of a local call know no image.
    """
    said = task.container_image or ""
    is_local = settings.image_config is LOCAL_SETTINGS.image_config
    if is_local and (not said or "{{" in said):
        return None
    try:
        return task.get_image(settings)
    except ImageError:
        return None


def chosen_tag(tag: str | None, task: Task, settings: SerializationSettings) -> str:
    """Return what the image is to be called.

    Raises:
        CallError: Neither the call nor the task says.
        ImageError: It is no name.
    """
    chosen = own_tag(task, settings) if tag is None else tag
    if not chosen:
        msg = (
            f"The task {task.name!r} names no image by itself. Say what this one is to "
            "be called: kit.image(task, 'acme/app:1.0')."
        )
        raise CallError(msg)
    check_image_reference(chosen)
    if "@" in chosen:
        msg = (
            f"An image cannot be built under the digest {chosen!r}, which follows from "
            "what is in it. Give a name with a tag: kit.image(task, 'acme/app:1.0')."
        )
        raise CallError(msg)
    return chosen


def _default_base() -> str:
    major, minor = sys.version_info[:2]
    return f"python:{major}.{minor}-slim"


def _sorted_out(
    packages: Iterable[str | os.PathLike[str]],
) -> tuple[list[str], list[Path]]:
    """Tell requirements from paths of wheels."""
    from packaging.requirements import InvalidRequirement, Requirement

    if isinstance(packages, str):
        msg = f"packages must be a list of requirements, got the text {packages!r}."
        raise CallError(msg)
    requirements, wheels = [], []
    for item in [os.fspath(package) for package in packages]:
        if re.search(r"\.whl$", item):
            wheels.append(_checked_wheel(Path(item)))
            continue
        try:
            requirements.append(str(Requirement(item)))
        except InvalidRequirement as error:
            msg = (
                f"{item!r} is neither a requirement such as 'duckdb>=1' nor the path "
                f"of a wheel: {error}"
            )
            raise CallError(msg) from error
    return requirements, wheels


def _checked_wheel(path: Path) -> Path:
    if not path.is_file():
        raise CallError(f"There is no wheel {str(path)!r}.")
    return path
