"""Say why a container did not start, or what killed it, and what to do about it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from kit.errors import EngineError
from kit.runners.docker.container import Container, State
from kit.runners.docker.container_spec import Limits
from kit.runners.docker.engine import Engine, LocalImage
from kit.runners.judge import PhaseInfo
from kit.runners.log import Log
from kit.runners.outcome import Failure, Phase
from kit.source.requirements import package_of

_NOT_THERE = re.compile(
    r"executable file not found|no such file or directory", re.IGNORECASE
)
_WRONG_FORMAT = re.compile(r"exec format error", re.IGNORECASE)
_NOT_PERMITTED = re.compile(r"\bexec .*permission denied", re.IGNORECASE)
_NO_DEVICE = re.compile(
    r"could not select device driver|nvidia-container", re.IGNORECASE
)
_NO_NETWORK = re.compile(r"network \S+ not found", re.IGNORECASE)
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_OTHER_KIT = re.compile(
    r"No module named 'kit\.\w|cannot import name '\w+' from '?kit\b"
    r"|\Wkit[/\\]__init__\.py\", line \d+"
)
_TAIL = 5

_RUNTIMES = {
    "kit-execute": "kit's runtime: make the task with runtime='kit'",
    "pyflyte-execute": "flytekit's runtime: make the task with runtime='flytekit'",
}
_PYTHONS = ("python3", "python")
_PACKAGES = {"kit-execute": "flyte-task-kit", "pyflyte-execute": "flytekit"}


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """What is known of a container when it goes wrong.

    Attributes:
        engine: Where it is.
        image: Its image.
        limits: What it was held to.
        words: Its whole command, the image's entrypoint included.
        container: The container itself.
    """

    engine: Engine
    image: LocalImage
    limits: Limits
    words: tuple[str, ...]
    container: Container

    def not_started(self, message: str) -> PhaseInfo:
        """Explain a command that the engine could not start.

        Raises:
            EngineError: It is the engine that lacks something, not the image.
        """
        if _NO_DEVICE.search(message):
            msg = (
                f"The task asks for {self.limits.gpus} GPU(s), and this engine gives "
                f"none to containers: {message}. Install the vendor's container "
                "toolkit, or run it without: resources=kit.Resources(gpu=0)."
            )
            raise EngineError(msg)
        if _NO_NETWORK.search(message):
            program = self.engine.program
            msg = (
                f"The engine says: {message}. Name one that it has ({program} network "
                f"ls), or make it: {program} network create NAME."
            )
            raise EngineError(msg)
        if _WRONG_FORMAT.search(message):
            return _failed("NotStarted", self._wrong_architecture())
        if _NOT_THERE.search(message):
            is_there = self._is_there(self.words[0])
            text = self._not_permitted() if is_there else self._command_missing()
            return _failed("NotStarted", text)
        if _NOT_PERMITTED.search(message):
            return _failed("NotStarted", self._not_permitted())
        return _failed("NotStarted", f"the container cannot be started: {message}")

    def ended(self, info: PhaseInfo, state: State | None, log: Log) -> PhaseInfo:
        """Say more than the exit status does, where more is known."""
        known = self._module_missing(info) or self._known(info, state, log)
        return dataclasses.replace(known, on_flyte=info.on_flyte)

    def _module_missing(self, info: PhaseInfo) -> PhaseInfo | None:
        """Name the package of a module that the image does not have."""
        error = info.error
        found = _NO_MODULE.search(error.message) if error is not None else None
        if error is None or found is None:
            return None
        if other_kit(error.message):
            text = f"{error.message.rstrip('.')}. {other_kit(error.message)}"
            return dataclasses.replace(
                info, error=dataclasses.replace(error, message=text)
            )
        package = package_of(found[1].partition(".")[0])
        text = (
            f"{error.message.rstrip('.')}. The image {self.image.name!r} does not have "
            f"it: install the package {package!r} in it, or build one with all that "
            "the task imports: kit.build_image(task)"
        )
        return dataclasses.replace(info, error=dataclasses.replace(error, message=text))

    def _known(self, info: PhaseInfo, state: State | None, log: Log) -> PhaseInfo:
        crashed = info.phase is Phase.FAILED and not _has_document(info)
        if not crashed or state is None or state.status == 0:
            return info
        if state.out_of_memory:
            return _failed("OutOfMemory", self._out_of_memory(), kind="RECOVERABLE")
        last = " ".join(line.text for line in log.tail(_TAIL))
        if other_kit(last):
            text = f"the image {self.image.name!r} cannot load kit. {other_kit(last)}"
            return _failed("NotStarted", text)
        if _WRONG_FORMAT.search(last):
            return _failed("NotStarted", self._wrong_architecture())
        if _NOT_PERMITTED.search(last):
            return _failed("NotStarted", self._not_permitted())
        return info

    def _out_of_memory(self) -> str:
        limit = self.limits.memory
        held = "the machine's memory" if limit is None else f"its {limit:,} bytes"
        return (
            f"the container ran out of memory: the kernel killed it at {held}. Give it "
            "more with limits=kit.Resources(mem=…), or let it hold less at a time"
        )

    def _wrong_architecture(self) -> str:
        image, engine = self.image.architecture, self.engine.architecture
        if image == engine:
            return (
                f"{self.words[0]!r} in the image {self.image.name!r} is no program for "
                f"{engine}: it is built for another machine, or a script without #!"
            )
        return (
            f"the image {self.image.name!r} is for {image}, and this engine runs "
            f"{engine}. Build or pull it for linux/{engine}, or install an emulator "
            "(binfmt)"
        )

    def _not_permitted(self) -> str:
        return (
            f"the image {self.image.name!r} does not permit its user to execute "
            f"{self.words[0]!r}. Make it and the folders above it readable and "
            "executable for that user"
        )

    def _command_missing(self) -> str:
        program = self.words[0]
        text = f"the image {self.image.name!r} has no {program!r}"
        if "/" not in program:
            text += f" on its PATH ({self.image.path})"
        if program in self.image.entrypoint:
            text += "; that is the image's own ENTRYPOINT, as it would be on a cluster"
        return f"{text}. {self._what_it_has(program)}"

    def _what_it_has(self, program: str) -> str:
        for runtime, meaning in _RUNTIMES.items():
            if runtime != program and self._is_there(runtime):
                return f"It seems to have {meaning}"
        package = _PACKAGES.get(program, f"the package of {program!r}")
        if any(self._is_there(name) for name in _PYTHONS):
            return f"It seems to have Python, but no runtime: add {package} to it"
        return f"It seems to have no Python: build it on one that has, with {package}"

    def _is_there(self, program: str) -> bool:
        folders = [""]
        if "/" not in program:
            folders = [f"{folder}/" for folder in self.image.path.split(":") if folder]
        return any(self.container.has(f"{folder}{program}") for folder in folders)


def other_kit(text: str, owners: Sequence[str] = ()) -> str:
    """Say that another distribution's package ``kit`` is in the way, if errors show it.

    PyPI's ``kit`` and ``cased-kit`` have one, too: what is installed last stays.

    Args:
        text: The last lines of a container.
        owners: The distributions in its image that are known to have one.

    >>> other_kit("ModuleNotFoundError: No module named 'yaml'")
    ''
    >>> other_kit("No module named 'kit.entrypoint'", ["cased-kit"])[:49]
    "Its package 'kit' is also installed by cased-kit:"
    """
    others = [name for name in owners if name != "flyte-task-kit"]
    if not others and not _OTHER_KIT.search(text):
        return ""
    known = (
        f"also installed by {' and '.join(others)}"
        if others
        else (
            "not the one of flyte-task-kit, but another distribution's (kit and "
            "cased-kit on PyPI have one)"
        )
    )
    names = " ".join(others) or "kit cased-kit"
    return (
        f"Its package 'kit' is {known}: pip uninstall {names}, then pip install "
        "--force-reinstall flyte-task-kit in the image"
    )


def _has_document(info: PhaseInfo) -> bool:
    return info.error is not None and bool(info.error.code)


def _failed(type_: str, text: str, **facts: str) -> PhaseInfo:
    failure = Failure(type_, text, origin="SYSTEM")
    return PhaseInfo(Phase.FAILED, error=dataclasses.replace(failure, **facts))  # type: ignore[arg-type]
