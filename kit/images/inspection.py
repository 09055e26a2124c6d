"""Looking into the image that a task names: is what it needs in there?"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from kit.definition.settings import SerializationSettings
from kit.errors import EngineError, MissingPackageError
from kit.evidence import Evidence, Rung, State, record
from kit.images.containers import loading_problem
from kit.runners.docker.engine import Pull, connected, find_image, reap_leftovers
from kit.running.record import not_available
from kit.source.requirements import shipped_modules
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, is_placeholder, template_bytes
from kit.template.view import parse_template

Task = PythonCustomizedContainerTask[Any]
_NO_IMAGE = "the settings name no image"


@dataclass(frozen=True)
class ImageInspection:
    """What was found in the image that a task names.

    Attributes:
        task: The task's name.
        image: The image's name; empty if none is named.
        problem: Why the task does not load in it; empty if it does.
        unavailable: Why it could not be looked into; empty if it was.
    """

    task: str
    image: str
    problem: str = ""
    unavailable: str = ""

    @property
    def ok(self) -> bool:
        """Whether the task loads in it, and what it imports is there."""
        return not self.problem and not self.unavailable


def inspect_image(
    task: Task,
    settings: SerializationSettings = LOCAL_SETTINGS,
    *,
    pull: Pull = "never",
    platform: str | None = None,
) -> ImageInspection:
    """Look into a task's image, in a container without a network; nothing is run.

    The runtime loads the task there, and the modules that its code imports are looked
    for, those in functions too. What is found is evidence of the image.

    Args:
        task: The task.
        settings: What its template is made with.
        pull: Whether to pull the image: ``"never"``, if it is ``"missing"``, or
            ``"always"``.
        platform: As in ``"linux/arm64"``, of an image that is for several.

    Raises:
        DefinitionError: The task's template cannot be made.
    """
    template = template_bytes(task, settings)
    image = parse_template(template, "the task's template").container.image
    began = time.monotonic()
    if not image or is_placeholder(image):
        found = ImageInspection(task.name, image, unavailable=_NO_IMAGE)
        told = (State.NOT_AVAILABLE, _NO_IMAGE, "")
    else:
        try:
            problem = _looked_into(task, settings, template, image, pull, platform)
        except (EngineError, MissingPackageError) as error:
            told = not_available(error)
            found = ImageInspection(task.name, image, unavailable=told[1])
        else:
            found = ImageInspection(task.name, image, problem)
            last = problem.rpartition("\n")[2]
            told = (State.FAILED if problem else State.PASSED, last, problem)
    record(template, Evidence(Rung.IMAGE, *told, seconds=time.monotonic() - began))
    return found


def _looked_into(
    task: Task,
    settings: SerializationSettings,
    template: bytes,
    image: str,
    pull: Pull,
    platform: str | None,
) -> str:
    modules = shipped_modules(task.shipment(settings)).required
    with connected() as engine:
        reap_leftovers(engine)
        find_image(engine, image, pull=pull, platform=platform)
        return loading_problem(engine, image, template, platform, modules)
