"""Try an image: the runtime in it loads the task, as it would before it runs it."""

from __future__ import annotations

from kit.authoring.container_image.short_run import ask
from kit.errors import ImageBuildError
from kit.runners.docker.container import NotStartedError
from kit.runners.docker.engine import Engine
from kit.template.parse import parse_template

__all__ = ["check_loads"]

_TEMPLATE = "/kit-trial/template.pb"
_PATH_MACRO = "{{.taskTemplatePath}}"
_LAST_LINES = 12
_SOURCE = """
import importlib, shutil, sys
if shutil.which(sys.argv[1]) is None:
    sys.exit(f"There is no {sys.argv[1]!r} on the PATH.")
module, _, name = sys.argv[2].rpartition(".")
getattr(importlib.import_module(module), name).load_task(sys.argv[3:])
"""


def check_loads(
    engine: Engine, image: str, python: str, template: bytes, platform: str | None
) -> None:
    """Load a task in a container, without running it.

    Args:
        engine: Where the image is.
        image: Its id.
        python: The path of its Python.
        template: The serialized TaskTemplate, whose arguments are kit's or flytekit's.
        platform: As in ``linux/arm64``, of an image that is for several.

    Raises:
        ImageBuildError: It cannot be loaded there; with the last lines.
        EngineError: The engine fails.
    """
    container = parse_template(template, "the task's template").container
    words = list(container.args)
    if "--resolver" not in words or "--" not in words:
        return  # the command is the author's own
    resolver = words[words.index("--resolver") + 1]
    loader = [
        _TEMPLATE if word == _PATH_MACRO else word
        for word in words[words.index("--") + 1 :]
    ]
    try:
        answer = ask(
            engine,
            image,
            (python, "-c", _SOURCE, words[0], resolver, *loader),
            files={_TEMPLATE: template},
            environment={pair.key: pair.value for pair in container.env},
            platform=platform,
        )
    except NotStartedError as error:
        raise ImageBuildError(f"The image's Python does not start: {error}") from error
    if answer.status:
        lines = answer.text("stdout", "stderr").splitlines()[-_LAST_LINES:]
        tail = "\n".join(lines)
        msg = (
            "The image was built, but the task cannot be loaded in it, so it was "
            f"removed. Its last lines:\n{tail}\nName what is missing in packages, or "
            "choose a base image that has it."
        )
        raise ImageBuildError(msg)
