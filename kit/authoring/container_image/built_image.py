"""An image that was built."""

from __future__ import annotations

from dataclasses import dataclass

from kit.authoring.container_image.contents import ImagePackage
from kit.shown import Shown

__all__ = ["BuiltImage"]


@dataclass(frozen=True, repr=False)
class BuiltImage(Shown):
    """What :func:`kit.image` built.

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
