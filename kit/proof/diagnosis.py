"""Say why a proof failed: what is missing, and the repair."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from importlib.machinery import PathFinder
from pathlib import Path
from urllib.parse import unquote, urlparse

from kit.proof.outcome import Case, Obstacle, Raised
from kit.runners.outcome import Phase
from kit.source.requirements import package_of


def explain_missing_module(name: str, case: Case) -> tuple[str, str]:
    """Return what is missing and the repair.

    Args:
        name: The module that was not found.
        case: Where it was missing.
    """
    top = name.partition(".")[0]
    place = _place_here(top, case.folder)
    if place is not None:
        what = f"the module {name} is only here, in {place}"
        return what, _bring(top, case)
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


def _bring(top: str, case: Case) -> str:
    if top == case.module.partition(".")[0]:
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


Explanation = tuple[str, str]

_ONLY_IN_NOTEBOOKS = {
    "display": "Write 'from IPython.display import display', or leave it out.",
    "get_ipython": "Leave it out: there is no notebook in a container.",
}
_ENVIRON = (os.__file__, "<frozen os>")
"""Where os.environ is, which raises a KeyError itself."""
_MAX_TEXT = 1_000


def diagnose(case: Case) -> Obstacle:
    """Explain the step that failed, by the first explanation that fits."""
    found = (explain(case) for explain in _EXPLANATIONS)
    missing, repair = next(each for each in found if each is not None)
    return Obstacle(
        step=case.step,
        missing=missing[:_MAX_TEXT],
        repair=repair,
        traceback=case.note.traceback if case.note.raised else _traceback(case),
    )


def _traceback(case: Case) -> str:
    return "" if case.run.error is None else case.run.error.traceback


def _stopped(case: Case) -> Explanation | None:
    if case.run.phase is Phase.ABORTED:
        return "the proof was cancelled", "Start it again."
    if case.run.phase is not Phase.TIMED_OUT:
        return None
    missing = f"{case.doing} did not end in time"
    places = [error.where for error in case.note.raised if error.where is not None]
    if places:
        missing = f"{missing}: it was at {places[0]}"
    if case.step in ("module", "instance"):
        return missing, (
            "Move what waits there (a connection, a download, a loop) into the "
            "executor's method, where it is needed."
        )
    return missing, "Give it longer with timeout=, or find out what it waits for."


def _ended_itself(case: Case) -> Explanation | None:
    """Explain a process that ended while a step was going on, without an exception."""
    error = case.run.error
    if case.note.raised or case.run.exit_status is None or error is None:
        return None
    if case.step == "run":
        return str(error), "See what it wrote last."
    if case.run.exit_status < 0:
        return (
            f"{case.doing} crashed the process: it was killed by {error.type}",
            "A compiled package often is the cause: see what it wrote last.",
        )
    status = case.run.exit_status
    if case.note.status == "not begun":
        missing = f"the container's command ended with status {status}"
        return f"{missing} before {case.doing}", "See what it wrote last."
    return (
        f"{case.doing} ended the process with status {status}, as os._exit does",
        "Take that call out: what ends the process ends the container without a word.",
    )


def _exited(case: Case) -> Explanation | None:
    for error in case.raised("SystemExit"):
        missing = f"{case.doing} ended the process: {error.text} at {error.where}"
        return missing, (
            "Take the call of sys.exit out, or put it under "
            "'if __name__ == \"__main__\":'."
        )
    return None


def _missing_module(case: Case) -> Explanation | None:
    names = [error.name for error in case.raised("ModuleNotFoundError") if error.name]
    if not names:
        return None
    if case.step != "imports":
        return explain_missing_module(names[0], case)
    found = [explain_missing_module(name, case) for name in reversed(names)]
    missing = "; ".join(dict.fromkeys(what for what, _ in found))
    return missing, " ".join(dict.fromkeys(repair for _, repair in found))


def _missing_name(case: Case) -> Explanation | None:
    """Explain a name that is not in a module: the executor's, or an imported one."""
    for error in case.raised("ImportError"):
        if error.name is not None:
            repair = f"Install the version of {error.name} in the image that has it."
            return error.text, repair
    if case.step != "executor":
        return None
    for error in case.raised("AttributeError"):
        _, did_you, nearest = error.text.partition(" Did you mean ")
        repair = (
            "Define it there at the top level under that name; if the file was changed "
            "or the name was added while the notebook ran, install the module again."
        )
        missing = f"the module {case.module} has no {case.executor}"
        return missing, f"{repair}{did_you}{nearest}"
    return None


def _undefined_name(case: Case) -> Explanation | None:
    for error in case.raised("NameError"):
        advice = _ONLY_IN_NOTEBOOKS.get(error.name or "")
        if advice is not None:
            return f"{error.name} exists in notebooks only: {error.where}", advice
        return f"{error.text}: {error.where}", "Import or define it in the same module."
    return None


def _missing_file(case: Case) -> Explanation | None:
    for error in case.raised("FileNotFoundError"):
        if error.path is None:
            continue
        path, here = _as_written(error.path, case)
        if here is not None and here.exists():
            repair = (
                "Put it into the image and give its absolute path there, or pass it "
                "as an input (kit.FlyteFile)."
            )
            return f"the file {str(path)!r} is only here, as {here}", repair
        repair = "Put it into the image, or pass it as an input (kit.FlyteFile)."
        return f"there is no file {str(path)!r}", repair
    return None


def _as_written(name: str, case: Case) -> tuple[Path, Path | None]:
    """Return a path as the author had it, and what it would be in the notebook.

    The process had an empty folder to work in, and another one as its home.
    """
    path = Path(name)
    if case.run.directory is None:
        return path, None if path.is_absolute() else case.folder / path
    for directory in (case.run.directory, case.run.directory.resolve()):
        if path.is_relative_to(directory / "work"):
            path = path.relative_to(directory / "work")
        elif path.is_relative_to(directory / "home"):
            inside = path.relative_to(directory / "home")
            return Path("~", inside), Path.home() / inside
    return path, None if path.is_absolute() else case.folder / path


def _missing_variable(case: Case) -> Explanation | None:
    for error in case.raised("KeyError"):
        if error.key is not None and error.file in _ENVIRON:
            here = " (it is set here)" if error.key in os.environ else ""
            return f"the environment variable {error.key} is not set{here}", (
                f"Give the task environment={{{error.key!r}: …}}, or a kit.Secret in "
                "secret_requests if its value is secret."
            )
    return None


def _other_command(case: Case) -> Explanation | None:
    if case.step != "runtime":
        return None
    for error in case.raised("LookupError"):
        return (
            f"the container's command loads no executor: {error.text}",
            "There is nothing to prove; kit.run runs such a task.",
        )
    return None


def _not_made(case: Case) -> Explanation | None:
    """Explain an executor whose constructor fails, or that is none."""
    if case.step != "instance" or not case.note.raised:
        return None
    first = case.note.raised[0]
    if "missing" in first.text and "argument" in first.text:
        return f"{case.doing} needs arguments: {_said(first)}", (
            "Give the parameters of __init__ defaults, and put what the executor needs "
            "into the template's custom."
        )
    if first.is_a("ExecutorError"):
        return _said(first), "Pass the class of an executor as executor_type."
    return f"{case.doing} raises {first.text}", (
        "Leave __init__ without work: what the executor needs is in tt and its inputs "
        "when its method is called."
    )


def _raised(case: Case) -> Explanation | None:
    """Say what was raised, where nothing more is known of it."""
    for error in case.note.raised:
        if error.is_a("KitError"):
            return _said(error), ""
        repair = "See the traceback: what it needs is not in the image or the template."
        return f"{case.doing} raises {error.text}", repair
    return None


def _said(error: Raised) -> str:
    """Return the text of one of kit's errors, which says what to do by itself."""
    return error.text.partition(": ")[2].rstrip(".") or error.text


def _ended(case: Case) -> Explanation | None:
    """Say how the process ended, which is known in any case."""
    reason = case.run.error or f"{case.doing} left no verdict"
    return str(reason).rstrip("."), "See what it wrote last."


_EXPLANATIONS: tuple[Callable[[Case], Explanation | None], ...] = (
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
