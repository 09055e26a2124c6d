"""``kit.image``: build an image that a task runs in."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, get_args

from kit.authoring.container_image.base_python import check_packaging
from kit.authoring.container_image.building import Building
from kit.authoring.container_image.built_image import BuiltImage
from kit.authoring.container_image.contents import Source
from kit.authoring.container_image.recipe import Recipe, chosen_tag, own_tag
from kit.definition.settings import SerializationSettings
from kit.errors import CallError
from kit.interactive import in_terminal
from kit.runners.docker.engine import connected
from kit.runners.docker.image import Pull, check_pull
from kit.runners.docker.session import reap_leftovers
from kit.task.customized_container import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, template_bytes

__all__ = ["containerfile", "image"]

Task = PythonCustomizedContainerTask[Any]


def image(  # noqa: PLR0913 - each is a choice of its own, and all have defaults
    task: Task,
    tag: str | None = None,
    /,
    *,
    base: str | None = None,
    packages: Iterable[str | os.PathLike[str]] = (),
    source: Source = "local",
    user: str | None = None,
    settings: SerializationSettings = LOCAL_SETTINGS,
    pull: Pull = "missing",
    platform: str | None = None,
    check: bool = True,
    on_line: Callable[[str], None] | None = None,
) -> BuiltImage:
    """Build a small image that a task runs in, by the engine's own build.

    It holds the task's runtime, kit or flytekit, and what the executor imports: the
    distributions in the versions that are installed here, unless the base image has
    them, and modules of one's own. Nothing runs in the build, and it has no network. No
    secret and no variable of the task is written into it. A task whose source travels
    in its template needs no new image when its source changes.

    Args:
        task: The task.
        tag: The image's name; by default the one that the task names.
        base: The image to build on, with Python in it; by default ``python:X.Y-slim``
            of the version that runs this.
        packages: More requirements, as pip takes them, and paths of wheels.
        source: Where distributions come from: ``"local"``, the files that are installed
            here, or ``"index"``, where pip gets the same versions for the base's
            Python. kit itself is always taken from here.
        user: Who runs in it, as in ``"1000"``; by default whoever does in the base.
        settings: What the task's template is made with.
        pull: Whether to pull the base image: ``"never"``, if it is ``"missing"``, or
            ``"always"``.
        platform: As in ``"linux/arm64"``, of a base image that is for several.
        check: Whether the runtime loads the task in a container of it, at the end.
        on_line: Called with each line of what happens; by default a terminal shows
            them.

    Raises:
        CallError: An argument is none that can be meant.
        ImageError: The image's name is none.
        DefinitionError: The task's template cannot be made.
        EngineError: No engine answers, or it lacks the base image.
        ImageBuildError: Something is missing here or does not fit the base's Python,
            the build fails, or the task cannot be loaded in the image.
        SecretInSourceError: A module of one's own holds the value of a secret.
        MissingPackageError: The Docker SDK or packaging is not installed.
        KeyboardInterrupt: From Ctrl-C; nothing is left behind.
    """
    check_packaging()
    check_pull(pull)
    if source not in get_args(Source):
        msg = f"source must be 'local' or 'index', got {source!r}."
        raise CallError(msg)
    recipe = Recipe(task, settings, base=base, packages=packages, user=user)
    name = chosen_tag(tag, task, settings)
    template = template_bytes(task, settings) if check else None
    with connected() as engine:
        reap_leftovers(engine)
        building = Building(engine, recipe, platform, on_line or _show_in_terminal)
        python = building.look_at_base(pull)
        contents, made = building.make(python, source)
        whole_id, size = building.finish(made, name, python, template)
        return BuiltImage(
            task=task.name,
            tag=name,
            id=whole_id,
            size=size,
            base=recipe.base,
            python=str(python),
            containerfile=recipe.text,
            packages=contents.packages,
            modules=tuple(sorted(recipe.needs.modules)),
            is_the_tasks=name == own_tag(task, settings),
            notes=recipe.needs.notes,
            program=engine.program,
        )


def containerfile(
    task: Task,
    /,
    *,
    base: str | None = None,
    user: str | None = None,
    settings: SerializationSettings = LOCAL_SETTINGS,
) -> str:
    """Return the text that :func:`kit.image` has an image built by, without an engine.

    Args:
        task: The task.
        base: The image to build on; by default ``python:X.Y-slim`` of the version that
            runs this.
        user: Who runs in it, as in ``"1000"``; by default whoever does in the base.
        settings: What the task's template is made with.

    Raises:
        CallError: An argument is none that can be meant.
        ImageError: The base image's name is none.
        DefinitionError: The task's template cannot be made.
    """
    return Recipe(task, settings, base=base, user=user).text


def _show_in_terminal(line: str) -> None:
    if in_terminal():
        # The faces stand above: they are found by name, as kit.shown finds them.
        visible = import_module("kit.display.escape").visible
        print(visible(line), file=sys.stderr)  # noqa: T201 - to whoever waits
