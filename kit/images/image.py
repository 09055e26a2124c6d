"""``kit.build_image``: build an image that a task runs in."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from kit.definition.images import check_image_reference
from kit.definition.settings import SerializationSettings
from kit.errors import CallError, ImageError, MissingPackageError
from kit.escape import visible
from kit.evidence import Evidence, Rung, State, record
from kit.images.base import BaseImage
from kit.images.build import build, give_tag, remove_untagged
from kit.images.containerfile import (
    check_user,
    containerfile_text,
    context_archive,
    tree_files,
)
from kit.images.containers import check_loads
from kit.images.packages import ImagePackage, Packages, Source, gather
from kit.images.requirements import TaskRequirements, task_requirements
from kit.notebook import Shown, in_terminal
from kit.runners.docker.engine import (
    Pull,
    check_pull,
    connected,
    engine_errors,
    find_image,
    reap_leftovers,
)
from kit.running.start import task_named
from kit.source.literals import SecretValues
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, template_bytes

Task = PythonCustomizedContainerTask[Any]


@dataclass(frozen=True, repr=False)
class BuiltImage(Shown):
    """What :func:`kit.build_image` built.

    Attributes:
        task: The task's name.
        tag: The image's name.
        id: Its id, of its content.
        size: Its bytes, with those of the base image.
        base: The base image.
        python: What Python it has, in words.
        containerfile: The text that it was built by.
        packages: The distributions that the task needs, by their names.
        modules: The modules of its author's own that were copied.
        is_the_tasks: Whether it is the image that the task names.
        notes: What a reader should know.
        program: What talks to the engine: ``docker`` or ``podman``.
    """

    task: str
    tag: str
    id: str
    size: int
    base: str
    python: str
    containerfile: str
    packages: tuple[ImagePackage, ...]
    modules: tuple[str, ...]
    is_the_tasks: bool
    notes: tuple[str, ...] = ()
    program: str = "docker"

    def __repr__(self) -> str:
        return f"BuiltImage({self.tag!r}, {self.size / 1e6:,.1f} MB)"


def build_image(  # noqa: PLR0913 - each is a choice of its own, and all have defaults
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
    check_pull(pull)
    if source not in get_args(Source):
        msg = f"source must be 'local' or 'index', got {source!r}."
        raise CallError(msg)
    recipe = Recipe(task, settings, base=base, packages=packages, user=user)
    name = chosen_tag(tag, task, settings)
    template = template_bytes(task, settings) if check else None
    show = on_line or _show_in_terminal
    with connected() as engine:
        reap_leftovers(engine)
        show(f"Inspecting the base image {recipe.base}")
        find_image(engine, recipe.base, pull=pull, platform=platform)
        base_image = BaseImage.inspect(engine, recipe.base, platform)
        building = Building(recipe, base_image, show)
        contents, made = building.build(source)
        whole_id, size = building.finish(made, name, template)
        is_the_tasks = name == own_tag(task, settings)
        if template is not None and is_the_tasks:
            record(template, Evidence(Rung.IMAGE, State.PASSED, "built by kit"))
        return BuiltImage(
            task=task.name,
            tag=name,
            id=whole_id,
            size=size,
            base=recipe.base,
            python=str(base_image.python),
            containerfile=recipe.text,
            packages=contents.packages,
            modules=tuple(sorted(recipe.requirements.modules)),
            is_the_tasks=is_the_tasks,
            notes=recipe.requirements.notes,
            program=engine.program,
        )


@functools.wraps(build_image)
def image(*args: Any, **kwargs: Any) -> BuiltImage:
    """Build an image: the old name of :func:`kit.build_image`."""
    warnings.warn(
        "kit.image is the old name of kit.build_image. Call kit.build_image.",
        DeprecationWarning,
        stacklevel=2,
    )
    return build_image(*args, **kwargs)


def containerfile(
    task: Task,
    /,
    *,
    base: str | None = None,
    user: str | None = None,
    settings: SerializationSettings = LOCAL_SETTINGS,
) -> str:
    """Return the Containerfile of :func:`kit.build_image`; no engine is asked.

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


class Recipe:
    """What an image is made from.

    Attributes:
        task: The task.
        base: The name of the base image.
        wheels: Wheels that were given.
        requirements: What the task needs.
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
        task = task_named(task, "kit.build_image")
        check_user(user)
        self.task: Task = task
        self.base = _default_base() if base is None else base
        check_image_reference(self.base)
        requirements, self.wheels = _sorted_out(packages)
        self.requirements: TaskRequirements = task_requirements(
            task, settings, requirements
        )
        self.text = containerfile_text(task.name, self.base, user)

    def files(self, packages: Packages) -> dict[str, Path | bytes]:
        """Return the files of the build's context.

        Raises:
            SecretInSourceError: A module of one's own holds the value of a secret.
        """
        own: dict[str, Path] = {}
        for name, path in sorted(self.requirements.modules.items()):
            own |= tree_files(f"task/{name}{path.suffix * path.is_file()}", path)
        values = SecretValues(self.task.known_secrets())
        values.check(self.text, "the Containerfile")
        for name, path in own.items():
            text = path.read_text("utf-8", "replace")
            values.check(text, name.removeprefix("task/"))
        return {
            **{f"wheels/{key}": file for key, file in packages.files.items()},
            **own,
        }


@dataclass(frozen=True)
class Building:
    """One build.

    Attributes:
        recipe: What the image is made from.
        base: The base image.
        show: Called with each line of what happens.
    """

    recipe: Recipe
    base: BaseImage
    show: Callable[[str], None]

    def build(self, source: Source) -> tuple[Packages, str]:
        """Collect what goes into the image and build it; return that and its id.

        Raises:
            ImageBuildError: Something is missing or does not fit, or the build fails.
            SecretInSourceError: A module of one's own holds the value of a secret.
        """
        recipe, base = self.recipe, self.base
        wanted = recipe.requirements.packages
        with tempfile.TemporaryDirectory(prefix="kit-image-") as folder:
            self.show(f"Collecting packages for {base.python}")
            packages = gather(wanted, base, source, recipe.wheels, Path(folder))
            with context_archive(recipe.text, recipe.files(packages)) as context:
                made = build(
                    base.engine, context, platform=base.platform, on_line=self.show
                )
        return packages, made

    def finish(self, made: str, tag: str, template: bytes | None) -> tuple[str, int]:
        """Load the task in the image and name it, or remove it.

        Args:
            made: Its id.
            tag: Its name.
            template: The task's; None leaves out that it is loaded.

        Returns:
            Its whole id and its size in bytes.

        Raises:
            ImageBuildError: The task cannot be loaded in it.
            EngineError: The engine refuses the name.
        """
        engine = self.base.engine
        try:
            if template is not None:
                self.show("Loading the task in the image")
                check_loads(engine, made, template, self.base.platform)
            give_tag(engine, made, tag)
        except BaseException:
            remove_untagged(engine, made)
            raise
        with engine_errors("look up the image"):
            facts = engine.client.api.inspect_image(made)
        return facts["Id"], int(facts["Size"])


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
            f"The task {task.name!r} names no image by itself. Give the image a "
            "name: kit.build_image(task, 'acme/app:1.0')."
        )
        raise CallError(msg)
    check_image_reference(chosen)
    if "@" in chosen:
        msg = (
            f"An image cannot be built under the digest {chosen!r}, which follows from "
            "what is in it. Give a name with a tag: "
            "kit.build_image(task, 'acme/app:1.0')."
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
    if isinstance(packages, str):
        msg = f"packages must be a list of requirements, got the text {packages!r}."
        raise CallError(msg)
    requirements, wheels = [], []
    for item in [os.fspath(package) for package in packages]:
        if item.endswith(".whl"):
            wheels.append(_checked_wheel(Path(item)))
        else:
            requirements.append(_checked_requirement(item))
    return requirements, wheels


def _checked_requirement(text: str) -> str:
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ImportError as error:
        raise MissingPackageError("packaging", extra="docker") from error
    try:
        return str(Requirement(text))
    except InvalidRequirement as error:
        msg = (
            f"{text!r} is neither a requirement such as 'duckdb>=1' nor the path of a "
            f"wheel: {error}"
        )
        raise CallError(msg) from error


def _checked_wheel(path: Path) -> Path:
    if not path.is_file():
        raise CallError(f"No wheel {str(path)!r}.")
    return path


def _show_in_terminal(line: str) -> None:
    if in_terminal():
        print(visible(line), file=sys.stderr)  # noqa: T201 - to whoever waits
