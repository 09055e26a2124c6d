"""A run in a file, to look at or to run again elsewhere.

It is a zip file::

    run.json       what was asked for, and how it ended
    task.pb        the template
    inputs.pb      the inputs, with the files below named as they were
    report.json    what was seen from inside, if it was told
    outputs.pb     the outputs, if it succeeded
    deck.html      its decks, if it wrote some
    log.txt        what it wrote, each line after the name of its stream
    files/0/…      the local files that inputs and outputs name, as run.json says
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap
from google.protobuf.message import DecodeError

from kit.errors import SavedRunError
from kit.runners.failure import Failure
from kit.runners.input_files import input_paths, with_moved_files
from kit.runners.log import Log
from kit.runners.log_line import LogLine
from kit.runners.outcome import Outcome, Phase, Timings
from kit.runners.request import RunRequest
from kit.shim.run_report import read_report

__all__ = ["SavedRun", "read_saved", "write_saved"]

_FORMAT = 1


@dataclass(frozen=True)
class SavedRun:
    """What a file of a run holds, unpacked.

    Attributes:
        request: What was asked for; its inputs name the unpacked files.
        outcome: How it ended.
    """

    request: RunRequest
    outcome: Outcome


def write_saved(folder: Path, request: RunRequest, outcome: Outcome) -> None:
    """Write the files of a saved run to an empty folder.

    Raises:
        OSError: A file cannot be read or written.
    """
    (folder / "task.pb").write_bytes(request.template)
    (folder / "inputs.pb").write_bytes(request.inputs)
    if outcome.literals is not None:
        outputs = outcome.literals.SerializeToString(deterministic=True)
        (folder / "outputs.pb").write_bytes(outputs)
    if outcome.report is not None:
        (folder / "report.json").write_bytes(outcome.report.to_bytes())
    if outcome.deck is not None:
        shutil.copyfile(outcome.deck, folder / "deck.html")
    _write_log(folder / "log.txt", outcome.logs)
    files = _copy_files(folder, LiteralMap.FromString(request.inputs), outcome.literals)
    facts = {
        "format": _FORMAT,
        "timeout": request.timeout,
        "environment": dict(request.environment),
        "files": files,
        "task": outcome.task,
        "runner": outcome.runner,
        "phase": outcome.phase.value,
        "error": outcome.error and dataclasses.asdict(outcome.error),
        "argv": list(outcome.argv),
        "exit_status": outcome.exit_status,
        "timings": dataclasses.asdict(outcome.timings),
    }
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    (folder / "run.json").write_text(f"{text}\n", encoding="utf-8")


def _write_log(path: Path, log: Log) -> None:
    if log.path is not None:
        shutil.copyfile(log.path, path)
        return
    lines = "".join(f"{line.stream}\t{line.text}\n" for line in log)
    path.write_text(lines, encoding="utf-8", errors="replace")


def _copy_files(folder: Path, *literals: LiteralMap | None) -> dict[str, str]:
    """Copy local files, and return where each of them went, by its path."""
    files: dict[str, str] = {}
    named = [
        path for some in literals if some is not None for path in input_paths(some)
    ]
    for number, path in enumerate(dict.fromkeys(named)):
        name = f"files/{number}/{path.name}"
        place = folder / name
        place.parent.mkdir(parents=True)
        if path.is_dir():
            shutil.copytree(path, place)
        else:
            shutil.copyfile(path, place)
        files[str(path)] = name
    return files


def read_saved(folder: Path, source: Path) -> SavedRun:
    """Read the files of a saved run.

    Args:
        folder: Where they are.
        source: What they were unpacked from, for the text of an error.

    Raises:
        SavedRunError: They are not those of a run, or say what no run can.
    """
    try:
        facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        template = (folder / "task.pb").read_bytes()
        inputs = LiteralMap.FromString((folder / "inputs.pb").read_bytes())
        return _assembled(folder, facts, template, inputs)
    except (OSError, ValueError, TypeError, KeyError, DecodeError) as error:
        detail = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        msg = f"{source}: This is no saved run: {detail}."
        raise SavedRunError(msg) from error


def _assembled(
    folder: Path, facts: Any, template: bytes, inputs: LiteralMap
) -> SavedRun:
    if not isinstance(facts, dict) or facts.get("format") != _FORMAT:
        msg = "its run.json is not of a format that this version of kit reads"
        raise ValueError(msg)
    places = _places(folder, facts["files"])
    moved = with_moved_files(inputs, lambda uri: _place(uri, places))
    outputs = _literals(folder / "outputs.pb")
    if outputs is not None:
        outputs = with_moved_files(outputs, lambda uri: _place(uri, places))
    request = RunRequest(
        template=template,
        inputs=moved.SerializeToString(deterministic=True),
        timeout=facts["timeout"],
        environment={
            str(key): str(value) for key, value in facts["environment"].items()
        },
    )
    deck = folder / "deck.html"
    outcome = Outcome(
        task=str(facts["task"]),
        runner=str(facts["runner"]),
        phase=Phase(facts["phase"]),
        literals=outputs,
        error=Failure(**facts["error"]) if facts["error"] else None,
        logs=_log(folder / "log.txt"),
        argv=tuple(map(str, facts["argv"])),
        exit_status=facts["exit_status"],
        timings=_timings(facts["timings"]),
        report=read_report(folder / "report.json"),
        directory=folder,
        deck=deck if deck.is_file() else None,
    )
    return SavedRun(request, outcome)


def _timings(seconds: Mapping[str, float | None]) -> Timings:
    return Timings(**{k: None if v is None else float(v) for k, v in seconds.items()})


def _places(folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Say where the files that came along are now, by their paths of then."""
    places = {path: (folder / name).resolve() for path, name in files.items()}
    for place in places.values():
        if not place.is_relative_to(folder.resolve()):
            msg = f"a file of it is said to be elsewhere: {place}"
            raise ValueError(msg)
    return {path: str(place) for path, place in places.items()}


def _place(uri: str, places: Mapping[str, str]) -> str:
    return places.get(uri.removeprefix("file://"), uri)


def _literals(path: Path) -> LiteralMap | None:
    return LiteralMap.FromString(path.read_bytes()) if path.is_file() else None


def _log(path: Path) -> Log:
    log = Log()
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            stream, _, text = line.rstrip("\n").partition("\t")
            log.append(LogLine("stderr" if stream == "stderr" else "stdout", text))
    return log
