"""Diagnosis of a proof that failed: what is missing, and the repair."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from urllib.parse import unquote, urlparse

from kit.definition.shipment import Shipment
from kit.proof.outcome import Note, Obstacle, Raised
from kit.runners.outcome import Outcome, Phase
from kit.source.requirements import package_of

Explanation = tuple[str, str]
_ONLY_IN_NOTEBOOKS = {
    "display": "Write 'from IPython.display import display', or leave it out.",
    "get_ipython": "Leave it out: there is no notebook in a container.",
}

_ENVIRON = (os.__file__, "<frozen os>")
"""Where os.environ is, which raises a KeyError itself."""
_MAX_TEXT = 1_000


@dataclass(frozen=True)
class FailureFacts:
    """What is known of the step that failed.

    Attributes:
        step: Its name.
        note: What the process noted of it, if it began.
        run: How the process ended.
        shipment: How the executor ships.
        home: The executor's module in this process.
        folder: The working directory of the caller, as a notebook's.
    """

    step: str
    note: Note
    run: Outcome
    shipment: Shipment
    home: str
    folder: Path

    def raised(self, *kinds: str) -> Iterator[Raised]:
        """Yield the exceptions of these classes, the last consequence first."""
        return (error for error in self.note.raised if error.is_a(*kinds))

    @property
    def module(self) -> str:
        """The executor's module, as the fresh process has it."""
        if self.shipment.inline is not None:
            return self.shipment.inline["module"]
        return self.home

    @property
    def executor(self) -> str:
        """The executor's name in its module."""
        if self.shipment.inline is not None:
            return self.shipment.inline["executor"]
        return self.shipment.location.removeprefix(f"{self.home}.")

    @property
    def doing(self) -> str:
        """Say what the process was doing, as the subject of a sentence."""
        return {
            "runtime": "the container's command",
            "resolver": "the resolver",
            "read": "reading the template",
            "source": "reading the source in the template",
            "module": f"importing {self.module}",
            "executor": f"looking for {self.executor}",
            "instance": f"making {self.executor}()",
            "imports": f"finding what {self.executor} imports",
            "run": "the executor",
        }.get(self.step, "the interpreter")


def diagnose(facts: FailureFacts) -> Obstacle:
    """Explain the step that failed, by the first explanation that fits."""
    found = (explain(facts) for explain in _EXPLANATIONS)
    missing, repair = next(each for each in found if each is not None)
    return Obstacle(
        step=facts.step,
        missing=missing[:_MAX_TEXT],
        repair=repair,
        traceback=facts.note.traceback if facts.note.raised else _traceback(facts),
    )


def _traceback(facts: FailureFacts) -> str:
    return "" if facts.run.error is None else facts.run.error.traceback


def _stopped(facts: FailureFacts) -> Explanation | None:
    if facts.run.phase is Phase.ABORTED:
        return "the proof was cancelled", "Start it again."
    if facts.run.phase is not Phase.TIMED_OUT:
        return None
    missing = f"{facts.doing} did not end in time"
    places = [error.where for error in facts.note.raised if error.where is not None]
    if places:
        missing = f"{missing}: it was at {places[0]}"
    if facts.step in ("module", "instance"):
        return missing, (
            "Move what waits there (a connection, a download, a loop) into the "
            "executor's method, where it is needed."
        )
    return missing, "Give it longer with timeout=, or find out what it waits for."


def _ended_itself(facts: FailureFacts) -> Explanation | None:
    """Explain a process that ended while a step was going on, without an exception."""
    error = facts.run.error
    if facts.note.raised or facts.run.exit_status is None or error is None:
        return None
    if facts.step == "run":
        return str(error), "See what it wrote last."
    if facts.run.exit_status < 0:
        return (
            f"{facts.doing} crashed the process: it was killed by {error.type}",
            "A compiled package often is the cause: see what it wrote last.",
        )
    status = facts.run.exit_status
    if facts.note.status == "not begun":
        missing = f"the container's command ended with status {status}"
        return f"{missing} before {facts.doing}", "See what it wrote last."
    return (
        f"{facts.doing} ended the process with status {status}, as os._exit does",
        "Take that call out: what ends the process ends the container without a word.",
    )


def _exited(facts: FailureFacts) -> Explanation | None:
    for error in facts.raised("SystemExit"):
        missing = f"{facts.doing} ended the process: {error.text} at {error.where}"
        return missing, (
            "Take the call of sys.exit out, or put it under "
            "'if __name__ == \"__main__\":'."
        )
    return None


def _missing_module(facts: FailureFacts) -> Explanation | None:
    names = [error.name for error in facts.raised("ModuleNotFoundError") if error.name]
    if not names:
        return None
    if facts.step != "imports":
        return explain_missing_module(names[0], facts)
    found = [explain_missing_module(name, facts) for name in reversed(names)]
    missing = "; ".join(dict.fromkeys(what for what, _ in found))
    return missing, " ".join(dict.fromkeys(repair for _, repair in found))


def _missing_name(facts: FailureFacts) -> Explanation | None:
    """Explain a name that is not in a module: the executor's, or an imported one."""
    for error in facts.raised("ImportError"):
        if error.name is not None:
            repair = f"Install the version of {error.name} in the image that has it."
            return error.text, repair
    if facts.step != "executor":
        return None
    for error in facts.raised("AttributeError"):
        _, did_you, nearest = error.text.partition(" Did you mean ")
        repair = (
            "Define it there at the top level under that name; if the file was changed "
            "or the name was added while the notebook ran, install the module again."
        )
        missing = f"the module {facts.module} has no {facts.executor}"
        return missing, f"{repair}{did_you}{nearest}"
    return None


def _undefined_name(facts: FailureFacts) -> Explanation | None:
    for error in facts.raised("NameError"):
        advice = _ONLY_IN_NOTEBOOKS.get(error.name or "")
        if advice is not None:
            return f"{error.name} exists in notebooks only: {error.where}", advice
        return f"{error.text}: {error.where}", "Import or define it in the same module."
    return None


def _missing_file(facts: FailureFacts) -> Explanation | None:
    for error in facts.raised("FileNotFoundError"):
        if error.path is None:
            continue
        path, here = _as_written(error.path, facts)
        if here is not None and here.exists():
            repair = (
                "Put it into the image and give its absolute path there, or pass it "
                "as an input (kit.FlyteFile)."
            )
            return f"the file {str(path)!r} is only here, as {here}", repair
        repair = "Put it into the image, or pass it as an input (kit.FlyteFile)."
        return f"there is no file {str(path)!r}", repair
    return None


def _as_written(name: str, facts: FailureFacts) -> tuple[Path, Path | None]:
    """Return a path as the author had it, and what it would be in the notebook.

    The process had an empty folder to work in, and another one as its home.
    """
    path = Path(name)
    if facts.run.directory is None:
        return path, None if path.is_absolute() else facts.folder / path
    for directory in (facts.run.directory, facts.run.directory.resolve()):
        if path.is_relative_to(directory / "work"):
            path = path.relative_to(directory / "work")
        elif path.is_relative_to(directory / "home"):
            inside = path.relative_to(directory / "home")
            return Path("~", inside), Path.home() / inside
    return path, None if path.is_absolute() else facts.folder / path


def _missing_variable(facts: FailureFacts) -> Explanation | None:
    for error in facts.raised("KeyError"):
        if error.key is not None and error.file in _ENVIRON:
            here = " (it is set here)" if error.key in os.environ else ""
            return f"the environment variable {error.key} is not set{here}", (
                f"Give the task environment={{{error.key!r}: …}}, or a kit.Secret in "
                "secret_requests if its value is secret."
            )
    return None


def _other_command(facts: FailureFacts) -> Explanation | None:
    if facts.step != "runtime":
        return None
    for error in facts.raised("LookupError"):
        return (
            f"the container's command loads no executor: {error.text}",
            "There is nothing to prove; kit.run runs such a task.",
        )
    return None


def _not_made(facts: FailureFacts) -> Explanation | None:
    """Explain an executor whose constructor fails, or that is none."""
    if facts.step != "instance" or not facts.note.raised:
        return None
    first = facts.note.raised[0]
    cause = facts.note.raised[-1]
    if "missing" in cause.text and "argument" in cause.text:
        return f"{facts.doing} needs arguments: {_said(cause)}", (
            "Give the parameters of __init__ defaults, and put what the executor needs "
            "into the template's custom."
        )
    if first.is_a("ExecutorError"):
        return _said(first), "Pass the class of an executor as executor_type."
    return f"{facts.doing} raises {first.text}", (
        "Leave __init__ without work: what the executor needs is in tt and its inputs "
        "when its method is called."
    )


def _raised(facts: FailureFacts) -> Explanation | None:
    """Say what was raised, where nothing more is known of it."""
    for error in facts.note.raised:
        if error.is_a("KitError"):
            return _said(error), ""
        repair = "See the traceback: what it needs is not in the image or the template."
        return f"{facts.doing} raises {error.text}", repair
    return None


def _said(error: Raised) -> str:
    """Return the text of one of kit's errors, which says what to do by itself."""
    return error.text.partition(": ")[2].rstrip(".") or error.text


def _ended(facts: FailureFacts) -> Explanation | None:
    """Say how the process ended, which is known in any facts."""
    reason = facts.run.error or f"{facts.doing} left no verdict"
    return str(reason).rstrip("."), "See what it wrote last."


def explain_missing_module(name: str, facts: FailureFacts) -> tuple[str, str]:
    """Return what is missing and the repair.

    Args:
        name: The module that was not found.
        facts: Where it was missing.
    """
    top = name.partition(".")[0]
    place = _place_here(top, facts.folder)
    if place is not None:
        what = f"the module {name} is only here, in {place}"
        return what, _bring(top, facts)
    if _is_made_here(top):
        what = f"the module {name} was made in this process and is in no file"
        return what, "Write it to a file and install that in the image."
    if top != name and _is_installed(top):
        repair = f"Install the version of {top} that has it, or correct the name."
        return f"{top} is installed but has no module {name}", repair
    package = package_of(top)
    return f"the module {name} of the package {package} is not installed", (
        f"Install it in the image: add 'RUN pip install {package}' to its "
        "Containerfile (and here, to prove it here)."
    )


def _bring(top: str, facts: FailureFacts) -> str:
    if top == facts.module.partition(".")[0]:
        return (
            "Send its source with ship='inline', or write it out with "
            "kit.export(task, 'folder/') and install that in the image."
        )
    return (
        f"Install {top} in the image, or put what the executor needs of it into a "
        "cell, or write it out with kit.export(task, 'folder/')."
    )


def _place_here(top: str, folder: Path) -> Path | None:
    """Find a module that this process could import and a fresh one cannot."""
    spec = PathFinder.find_spec(top, [str(folder), *sys.path])
    if spec is None or _is_installed(top):
        return None
    if spec.origin is not None:
        return Path(spec.origin)
    return next((Path(place) for place in spec.submodule_search_locations or ()), None)


def _is_made_here(top: str) -> bool:
    module = sys.modules.get(top)
    return module is not None and getattr(module, "__file__", None) is None


def _is_installed(top: str) -> bool:
    from kit.source.imports import is_importable

    return is_importable(top)


_EXPLANATIONS: tuple[Callable[[FailureFacts], Explanation | None], ...] = (
    *(_stopped, _ended_itself, _exited, _other_command),
    *(_missing_module, _missing_name, _undefined_name),
    *(_missing_file, _missing_variable),
    *(_not_made, _raised, _ended),
)


def local_notes(modules: Mapping[str, str]) -> list[str]:
    """Say of modules outside the folders of packages whose they are.

    Args:
        modules: The file of each module.
    """
    if not modules:
        return []
    editable = _editable_installs()
    return [_note(name, Path(file), editable) for name, file in modules.items()]


def _note(name: str, file: Path, editable: Mapping[Path, str]) -> str:
    for folder, distribution in editable.items():
        if file.is_relative_to(folder):
            return (
                f"{name} is imported from {folder}, an editable install of "
                f"{distribution} on this machine: install its files in the image too."
            )
    return (
        f"{name} is imported from {file}, which is not in a folder for installed "
        "packages: the image must have it as well."
    )


def _editable_installs() -> dict[Path, str]:
    """Return the folders of editable installs and their distributions (PEP 610)."""
    from importlib.metadata import distributions

    found: dict[Path, str] = {}
    for distribution in distributions():
        text = distribution.read_text("direct_url.json")
        if text is None:
            continue
        source = json.loads(text)
        if source.get("dir_info", {}).get("editable"):
            path = Path(unquote(urlparse(source["url"]).path))
            found[path] = distribution.metadata["Name"]
    return found
