"""What is shown of a proof, an export and an image."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import takewhile

from kit.definition.settings import SerializationSettings
from kit.display.outputs import output_items
from kit.display.summarizers import summarizes
from kit.display.summary import (
    Code,
    Fact,
    Facts,
    Finding,
    Item,
    Section,
    Summary,
    Table,
)
from kit.exporters.export import Export
from kit.images.image import BuiltImage
from kit.proof.outcome import Proof, Step
from kit.runners.log import LogLine

_LOG_LINES = 20


def summarize_proof(proof: Proof, *, with_machine: bool = True) -> Summary:
    """Summarize a proof.

    Args:
        proof: The proof.
        with_machine: Whether to show the time that each step took, and versions and
            places, which differ from machine to machine.
    """
    sections = [
        Section("Failure", tuple(_failure(proof))),
        Section("Outputs", output_items(proof.outputs)),
        Section("Custom", tuple(_custom(proof))),
        Section("Steps", (_steps(proof, with_machine=with_machine),)),
        Section("Notes", tuple(Finding("note", text) for text in proof.notes)),
        Section("Logs", tuple(_log(proof))),
    ]
    status = f"PROVEN {_PROVEN[proof.proven]}" if proof.ok else "NOT PROVEN"
    return Summary("proof", proof.task, tuple(sections), status=status)


@summarizes(Proof)
def summarize_proof_shown(proof: Proof) -> Summary:
    """Summarize a proof for the end of a cell, where the same proof looks the same."""
    return summarize_proof(proof, with_machine=False)


_PROVEN = {
    "to load": "to load with all that it imports; it was not run",
    "to run": "to run on these inputs, with all that it imports",
}


def _failure(proof: Proof) -> Iterator[Item]:
    if proof.failure is None:
        return
    yield Finding("error", proof.failure.missing, proof.failure.repair)
    if proof.failure.traceback:
        yield Code(proof.failure.traceback.rstrip(), "text")


def _custom(proof: Proof) -> Iterator[Item]:
    use = proof.custom
    if use is None or not (use.read or use.unread or use.missing):
        return
    marked = (
        *((path, "read") for path in use.read),
        *((path, "missing: a KeyError") for path in use.missing),
        *((path, "not read in this run") for path in use.unread),
    )
    yield Table(("key", "by the executor"), marked)


def _steps(proof: Proof, *, with_machine: bool) -> Table:
    failed = None if proof.failure is None else proof.failure.step
    rows = [_row(step, failed, with_machine=with_machine) for step in proof.steps]
    times = ("time",) if with_machine else ()
    return Table(("step", "status", *times, "detail"), tuple(rows))


def _row(step: Step, failed: str | None, *, with_machine: bool) -> tuple[str, ...]:
    detail = "see above" if step.name == failed else step.detail
    if not with_machine:
        return (step.name, step.status, detail)
    detail = ": ".join(text for text in (detail, step.here) if text)
    return (step.name, step.status, _time(step.seconds), detail)


def _time(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:,.1f} ms"


def _log(proof: Proof) -> Iterator[Item]:
    """Show what was written last, without the runtime's report of the failure."""
    written = list(takewhile(lambda line: not _is_report(line), proof.log))
    lines = written[-_LOG_LINES:]
    if not lines:
        return
    hidden = len(written) - len(lines) + proof.log.dropped
    text = "\n".join(f"{line.stream}  {line.text}" for line in lines)
    caption = f"the last {len(lines)} of {len(lines) + hidden:,} lines"
    yield Code(text, "text", caption if hidden else "")


def _is_report(line: LogLine) -> bool:
    return line.text.startswith("kit-execute: the task failed with ")


@summarizes(Export)
def summarize_export(export: Export) -> Summary:
    """Summarize what an export wrote."""
    files = Table(("file",), tuple((name,) for name in export.files))
    tasks = Facts(tuple(Fact("task", place) for place in export.tasks))
    executors = Facts(tuple(Fact("executor", place) for place in export.executors))
    needs = Facts(tuple(Fact("needs", name) for name in export.requirements))
    sections = (
        Section("Tasks", (tasks, executors)),
        Section("Files", (files,)),
        Section("Requirements", (needs,) if needs.rows else ()),
        Section("Notes", tuple(Finding("note", note) for note in export.notes)),
        Section("Next", _commands(export)),
    )
    return Summary(export.kind, str(export.path), sections)


def _commands(export: Export) -> tuple[Facts, ...]:
    """Return what to do with it, as commands."""
    path = str(export.path)
    # A name without a slash is that of a package of an index.
    here = path if export.path.is_absolute() else f"./{path}"
    lines = {
        "package": (
            ("install", f"pip install {shlex.quote(f'{here}[test]')}"),
            ("test", f"pytest {shlex.quote(path)}"),
            *(("run", f"kit run {place} --help") for place in export.tasks),
        ),
        "module": tuple(
            ("run", f"kit run {shlex.quote(_in_file(path, place))} --help")
            for place in export.tasks
        ),
        "archive": (
            (
                "register",
                _registration(path, export.settings or SerializationSettings()),
            ),
        ),
    }
    facts = tuple(Fact(name, line) for name, line in lines[export.kind])
    return (Facts(facts),)


def _in_file(path: str, place: str) -> str:
    """Return the task at ``module:task`` by the path of its file."""
    return f"{path}:{place.partition(':')[2]}"


def _registration(path: str, settings: SerializationSettings | None) -> str:
    """Return the command that registers an archive: flytectl requires both places.

    Those that the settings leave open are the sandbox's.
    """
    settings = settings or SerializationSettings()
    project = settings.project or "flytesnacks"
    domain = settings.domain or "development"
    version = settings.version or "v1"
    where = f"-p {shlex.quote(project)} -d {shlex.quote(domain)}"
    return (
        f"flytectl register files {shlex.quote(path)} --archive {where} "
        f"--version {shlex.quote(version)}"
    )


_ORIGINS = {
    "local": "this environment",
    "index": "the index",
    "wheel": "a wheel",
    "base": "the base image",
}


@summarizes(BuiltImage)
def summarize_image(image: BuiltImage, *, target: str = "") -> Summary:
    """Summarize an image; not its id, which differs from build to build.

    Args:
        image: The image.
        target: What a command calls the task.
    """
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
        Section("Next", (Facts(_next_steps(image, target)),)),
    )
    return Summary("image", image.tag, sections)


def _next_steps(image: BuiltImage, target: str) -> tuple[Fact, ...]:
    """Return what to do with it: in a shell, if the task has a name there."""
    how = 'kit.run(task, runner="docker")'
    if target:
        how = f"kit run --runner docker {shlex.quote(target)} --help"
    if not image.is_the_tasks:
        how = f"set image={image.tag!r} where the task is defined"
    push = f"{image.program} push {image.tag}"
    return (Fact("run", how), Fact("push", push))
