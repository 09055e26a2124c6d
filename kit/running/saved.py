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

import atexit
import contextlib
import dataclasses
import json
import os
import secrets
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import NoneType
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.message import DecodeError

from kit.definition.security import looks_secret
from kit.definition.settings import check_environment
from kit.errors import KitError, SavedRunError, StorageError
from kit.runners.log import Log, LogLine
from kit.runners.outcome import Failure, Outcome, Phase, Timings
from kit.runners.runner import RunRequest
from kit.running.outputs import Outputs
from kit.shim.inputs import native_inputs
from kit.shim.local_files import confined, input_paths, with_moved_files
from kit.shim.report import read_report
from kit.storage import is_local_file, is_local_folder
from kit.template.view import parse_template
from kit.types import default_engine

_FORMAT = 1
_LONGEST_TIMEOUT = 1e9  # seconds


@dataclass(frozen=True)
class SavedRun:
    """What a file of a run holds, unpacked.

    Attributes:
        request: What was asked for; its inputs name the unpacked files.
        outcome: How it ended.
        left_out: Names of variables whose values were not saved.
    """

    request: RunRequest
    outcome: Outcome
    left_out: tuple[str, ...] = ()


def write_saved(
    folder: Path, request: RunRequest, outcome: Outcome, *, with_secrets: bool
) -> None:
    """Write the files of a saved run to an empty folder.

    Args:
        folder: Where to.
        request: What was asked for.
        outcome: How it ended.
        with_secrets: Whether the values of variables go along whose names are those of
            secrets.

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
    left_out = [] if with_secrets else sorted(filter(looks_secret, request.environment))
    environment = {
        name: value
        for name, value in request.environment.items()
        if name not in left_out
    }
    files = _copy_files(folder, LiteralMap.FromString(request.inputs), outcome.literals)
    facts = {
        "format": _FORMAT,
        "timeout": request.timeout,
        "environment": environment,
        "left_out": left_out,
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
        facts = _facts((folder / "run.json").read_text(encoding="utf-8"))
        template = (folder / "task.pb").read_bytes()
        parse_template(template, "task.pb")
        return _assembled(folder, facts, template)
    except (OSError, ValueError, RecursionError, DecodeError, KitError) as error:
        msg = f"{source} is not a saved run, or is damaged: {error}."
        raise SavedRunError(msg) from error


_NUMBER = (int, float, NoneType)
_SHAPES: dict[str, tuple[type, ...]] = {
    "format": (int,),
    "timeout": _NUMBER,
    "environment": (dict, str),
    "left_out": (list, str),
    "files": (dict, str),
    "task": (str,),
    "runner": (str,),
    "phase": (str,),
    "error": (dict, str),
    "argv": (list, str),
    "exit_status": (int, NoneType),
    "timings": (dict, *_NUMBER),
}
"""The type of each fact of run.json; of a dict or list, the types of its values too."""


def _facts(text: str) -> dict[str, Any]:
    """Read run.json, every fact of the type that it has in a run that kit saved.

    Raises:
        ValueError: It is not JSON, of another format, or lacks a fact.
    """
    facts = json.loads(text)
    if not isinstance(facts, dict) or facts.get("format") != _FORMAT:
        msg = "its run.json is not of a format that this version of kit reads"
        raise ValueError(msg)
    facts.setdefault("left_out", [])
    for name, types in _SHAPES.items():
        if name not in facts:
            msg = f"its run.json lacks {name!r}"
            raise ValueError(msg)
        if not _has_shape(facts[name], types, optional=name == "error"):
            raise ValueError(_odd(name, facts[name]))
    check_environment(facts["environment"])
    timeout = facts["timeout"]
    if timeout is not None and not 0 < timeout < _LONGEST_TIMEOUT:
        raise ValueError(_odd("timeout", timeout))
    if not Phase(facts["phase"]).is_final:
        raise ValueError(_odd("phase", facts["phase"]))
    return facts


def _odd(name: str, value: Any) -> str:
    return f"{name!r} in its run.json is {value!r:.100}"


def _has_shape(value: Any, types: tuple[type, ...], *, optional: bool) -> bool:
    kind, *inner = types
    if optional and value is None:
        return True
    if kind in (dict, list):
        values = value.values() if isinstance(value, dict) else value
        return isinstance(value, kind) and all(type(v) in inner for v in values)
    return type(value) in types


def _assembled(folder: Path, facts: dict[str, Any], template: bytes) -> SavedRun:
    places = _places(folder, facts["files"])

    def read(name: str) -> LiteralMap:
        literals = LiteralMap.FromString((folder / name).read_bytes())
        moved = with_moved_files(literals, lambda uri: _place(uri, places))
        return confined(moved, [folder])

    if facts["phase"] == "SUCCEEDED" and not (folder / "outputs.pb").is_file():
        msg = "it succeeded, and has no outputs.pb"
        raise ValueError(msg)
    outputs = read("outputs.pb") if (folder / "outputs.pb").is_file() else None
    request = RunRequest(
        template=template,
        inputs=read("inputs.pb").SerializeToString(deterministic=True),
        timeout=facts["timeout"],
        environment=facts["environment"],
    )
    deck = folder / "deck.html"
    outcome = Outcome(
        task=facts["task"],
        runner=facts["runner"],
        phase=Phase(facts["phase"]),
        literals=outputs,
        error=_failure(facts["error"]),
        logs=_log(folder / "log.txt"),
        argv=tuple(facts["argv"]),
        exit_status=facts["exit_status"],
        timings=Timings(**_known(Timings, facts["timings"])),
        report=read_report(folder / "report.json"),
        directory=folder,
        deck=deck if deck.is_file() else None,
    )
    return SavedRun(request, outcome, tuple(facts["left_out"]))


def _failure(facts: dict[str, Any] | None) -> Failure | None:
    if facts is None:
        return None
    known = _known(Failure, facts)
    if not {"type", "message"} <= known.keys():
        raise ValueError(_odd("error", facts))
    return Failure(**known)


def _known(kind: type[Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts that a class has; a later version may have saved others."""
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in facts.items() if name in names}


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


def _log(path: Path) -> Log:
    log = Log()
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            stream, _, text = line.rstrip("\n").partition("\t")
            log.append(LogLine("stderr" if stream == "stderr" else "stdout", text))
    return log


MAX_FILES = 10_000
"""Files that an archive may hold."""
MAX_BYTES = 4 * 2**30
"""Bytes that its files may have together."""

_CHUNK = 2**20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # so that the same run gives the same bytes


def pack(folder: Path, target: Path) -> None:
    """Write all files below a folder to a zip file, in the order of their names.

    Raises:
        SavedRunError: There are more, or larger ones, than can be read again.
        OSError: The file cannot be written; an older one is as it was.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    _check_size(len(files), sum(path.stat().st_size for path in files), str(folder))
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                name = path.relative_to(folder).as_posix()
                info = zipfile.ZipInfo(name, _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                with path.open("rb") as source, archive.open(info, "w") as sink:
                    shutil.copyfileobj(source, sink, _CHUNK)
        os.replace(partial, target)  # noqa: PTH105 - Path.replace says less
    finally:
        partial.unlink(missing_ok=True)


def extract(source: Path, folder: Path) -> None:
    """Write the files of a zip file below a folder, and nowhere else.

    Raises:
        SavedRunError: It is none, is damaged, holds a name that leads elsewhere, or is
            larger than it may be.
        OSError: It cannot be read, or a file cannot be written.
    """
    with _opened(source) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        _check_size(len(members), sum(m.file_size for m in members), str(source))
        for member in members:
            place = folder.joinpath(*_safe_parts(member.filename, source))
            place.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as data, place.open("xb") as sink:
                shutil.copyfileobj(data, sink, _CHUNK)  # at most file_size bytes


_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
)


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except _DAMAGED as error:
        msg = f"{source} is not a saved run, or is damaged: {error}."
        raise SavedRunError(msg) from error
    except FileExistsError as error:
        msg = f"{source} holds a file twice: {error.filename}."
        raise SavedRunError(msg) from error


def _safe_parts(name: str, source: Path) -> tuple[str, ...]:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        msg = f"{source} holds a file whose name leads elsewhere: {name!r}."
        raise SavedRunError(msg)
    return path.parts


def _check_size(files: int, size: int, what: str) -> None:
    if files > MAX_FILES or size > MAX_BYTES:
        msg = (
            f"{what} has {files:,} files of {size:,} bytes; a saved run may have "
            f"{MAX_FILES:,} of {MAX_BYTES:,} bytes."
        )
        raise SavedRunError(msg)


def save(
    request: RunRequest,
    outcome: Outcome,
    path: Path,
    *,
    overwrite: bool,
    with_secrets: bool = False,
) -> Path:
    """Write a run that has ended to a file; see :meth:`Run.save`."""
    if path.exists() and not overwrite:
        msg = f"{path} is there already: give another path, or overwrite=True."
        raise StorageError(msg)
    try:
        with tempfile.TemporaryDirectory(prefix="kit-save-") as folder:
            write_saved(Path(folder), request, outcome, with_secrets=with_secrets)
            pack(Path(folder), path)
    except OSError as error:
        msg = f"The run cannot be saved to {str(path)!r}: {error.strerror or error}."
        raise StorageError(msg) from error
    return path


def unpacked(path: Path) -> SavedRun:
    """Unpack a saved run into a folder that stays until this process ends.

    Raises:
        StorageError: The file cannot be read.
        SavedRunError: It is not a saved run, or is damaged.
    """
    if not is_local_file(str(path)):
        name = repr(str(path))
        found = (
            f"{name} is a folder" if is_local_folder(str(path)) else f"No file {name}"
        )
        raise StorageError(f"{found}: expected a run that run.save(path) wrote.")
    folder = Path(tempfile.mkdtemp(prefix="kit-saved-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            extract(path, folder)
            saved = read_saved(folder, path)
        except OSError as error:
            raise StorageError(f"{str(path)!r} cannot be read: {error}.") from error
        atexit.register(stack.pop_all().close)
    return saved


def guessed_outputs(template: bytes, outcome: Outcome) -> Outcome:
    """Convert the outputs with the types that the template tells of.

    They stay literals where their types tell no Python type.
    """
    if outcome.literals is None:
        return outcome
    declared = TaskTemplate.FromString(template).interface.outputs.variables
    literals = LiteralMap()
    literals.CopyFrom(outcome.literals)
    try:
        outputs = native_inputs(literals, declared, default_engine)
    except KitError:
        outputs = dict(outcome.literals.literals)
    made = Outputs(outputs, task=outcome.task, literals=outcome.literals)
    return dataclasses.replace(outcome, outputs=made)
