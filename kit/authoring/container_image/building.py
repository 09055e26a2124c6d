"""The steps from a base image to an image that a task was loaded in."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kit.authoring.container_image.base_image import python_of
from kit.authoring.container_image.base_python import BasePython, this_python
from kit.authoring.container_image.build import build, give_tag, remove_untagged
from kit.authoring.container_image.contents import Contents, Source, gather
from kit.authoring.container_image.context import context_archive
from kit.authoring.container_image.recipe import Recipe
from kit.authoring.container_image.trial import check_loads
from kit.runners.docker.engine import Engine, engine_errors
from kit.runners.docker.image import Pull, find_image

__all__ = ["Building"]


@dataclass(frozen=True)
class Building:
    """What the steps share.

    Attributes:
        engine: Who builds.
        recipe: What the image is made by.
        platform: As in ``linux/arm64``, of a base image that is for several.
        tell: Called with each line of what happens.
    """

    engine: Engine
    recipe: Recipe
    platform: str | None
    tell: Callable[[str], None]

    def look_at_base(self, pull: Pull) -> BasePython:
        """Find the base image and ask it what Python it has.

        Raises:
            ImageNotFoundError: The engine has no such image, and cannot pull it.
            ImageBuildError: It has no Python that will do.
        """
        base = self.recipe.base
        self.tell(f"Looking at the base image {base}")
        find_image(self.engine, base, pull=pull, platform=self.platform)
        return python_of(self.engine, base, self.platform)

    def make(self, python: BasePython, source: Source) -> tuple[Contents, str]:
        """Collect what goes into the image and build it; return that and its id.

        Raises:
            ImageBuildError: Something is missing or does not fit, or the build fails.
            SecretInSourceError: A module of one's own holds the value of a secret.
        """
        recipe = self.recipe
        with tempfile.TemporaryDirectory(prefix="kit-image-") as folder:
            self.tell(f"Collecting packages for {python}")
            contents = gather(recipe.needs, python, source, recipe.wheels, Path(folder))
            recipe.check_secrets(contents)
            is_same = python.bytecode == this_python().bytecode
            tag = python.tag if is_same else None
            with context_archive(recipe.text, contents.layers, tag) as context:
                made = build(
                    self.engine, context, platform=self.platform, on_line=self.tell
                )
        return contents, made

    def finish(
        self, made: str, tag: str, python: BasePython, template: bytes | None
    ) -> tuple[str, int]:
        """Load the task in the image and name it, or remove it.

        Args:
            made: Its id.
            tag: Its name.
            python: Its Python.
            template: The task's; None leaves out that it is loaded.

        Returns:
            Its whole id and its size in bytes.

        Raises:
            ImageBuildError: The task cannot be loaded in it.
            EngineError: The engine refuses the name.
        """
        try:
            if template is not None:
                self.tell("Loading the task in the image")
                check_loads(
                    self.engine, made, python.executable, template, self.platform
                )
            give_tag(self.engine, made, tag)
        except BaseException:
            remove_untagged(self.engine, made)
            raise
        with engine_errors("look up the image"):
            facts = self.engine.client.api.inspect_image(made)
        return facts["Id"], int(facts["Size"])
