"""What is shown of an image that was built."""

from __future__ import annotations

from kit.authoring.container_image.built_image import BuiltImage
from kit.display.summary import Code, Fact, Facts, Finding, Section, Summary, Table

__all__ = ["summarize_image"]

_ORIGINS = {
    "local": "this environment",
    "index": "the index",
    "wheel": "a wheel",
    "base": "the base image",
}


def summarize_image(image: BuiltImage) -> Summary:
    """Summarize an image; not its id, which differs from build to build."""
    about = (
        Fact("task", image.task),
        Fact("base", image.base),
        Fact("python", image.python),
        Fact("size", f"{image.size / 1e6:,.0f} MB, with the base image"),
        *(Fact("module", name) for name in image.modules),
    )
    rows = [(one.name, one.version, _ORIGINS[one.origin]) for one in image.packages]
    packages = Table(("package", "version", "from"), tuple(rows))
    sections = (
        Section("Image", (Facts(about),)),
        Section("Packages", (packages,) if rows else ()),
        Section("Containerfile", (Code(image.containerfile.rstrip()),), detail=True),
        Section("Notes", tuple(Finding("note", note) for note in image.notes)),
        Section("Next", (Facts(_next(image)),)),
    )
    return Summary("image", image.tag, sections)


def _next(image: BuiltImage) -> tuple[Fact, ...]:
    """Say what one does with it."""
    how = 'kit.run(task, runner="docker", …)'
    if not image.is_the_tasks:
        how = f"say image={image.tag!r} where the task is defined"
    push = f"{image.program} push {image.tag}"
    return (Fact("run", how), Fact("push", push))
