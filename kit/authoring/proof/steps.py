"""The steps of a proof, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kit.authoring.proof.installs import local_notes
from kit.authoring.proof.notes import Note
from kit.authoring.proof.outcome import Obstacle, Step
from kit.definition.shipment import Shipment

__all__ = ["fresh_steps", "notes_of", "planned_steps", "template_step"]

Facts = Mapping[str, Any]


def planned_steps(shipment: Shipment, *, runs: bool) -> tuple[str, ...]:
    """Name the steps of a fresh process, in order."""
    source = ("source",) if shipment.inline is not None else ()
    run = ("run",) if runs else ()
    before = ("interpreter", "runtime", "resolver", "read")
    return (*before, *source, "module", "executor", "instance", *run)


def template_step(template: bytes, shipment: Shipment, seconds: float) -> Step:
    """Say what was made here and sent."""
    way = f"ships as {shipment.location}"
    if shipment.inline is not None:
        way = f"ships inline, for {shipment.why}"
    detail = f"{len(template):,} bytes, {way}"
    return Step("template", "done", detail, seconds=seconds)


def fresh_steps(
    planned: tuple[str, ...], notes: Mapping[str, Note], obstacle: Obstacle | None
) -> Iterator[Step]:
    """Yield the steps of a fresh process.

    A step that a resolver of one's own does not take is left out.

    Args:
        planned: Their names, in order.
        notes: What the process noted.
        obstacle: What stood in the way, if anything did.
    """
    end = len(planned) if obstacle is None else planned.index(obstacle.step)
    for index, name in enumerate(planned):
        note = notes.get(name)
        if index > end:
            yield Step(name, "skipped")
        elif obstacle is not None and index == end:
            seconds = None if note is None else note.seconds
            yield Step(name, "failed", obstacle.missing, seconds=seconds)
        elif note is not None:
            yield Step(name, "done", *_texts(name, note.facts), note.seconds)


def notes_of(notes: Mapping[str, Note]) -> Iterator[str]:
    """Yield what the author should know of what the process found."""
    runtime = notes["runtime"].facts if "runtime" in notes else {}
    if runtime and runtime["command"] != runtime["wanted"]:
        yield (
            f"flytekit is not installed here, so {runtime['command']} stood in for "
            f"{runtime['wanted']}."
        )
    module = notes["module"].facts if "module" in notes else {}
    for change in module.get("changes", ()):
        yield f"Importing {module['module']} {change}."
    yield from local_notes(module.get("local", {}))


def _texts(name: str, facts: Facts) -> tuple[str, str]:
    """Say what was found, and what of it is so on this machine.

    What a task's own code noted may be anything.
    """
    try:
        return _DETAILS[name](facts), _HERE[name](facts) if name in _HERE else ""
    except (KeyError, ValueError, TypeError):
        return "", ""


def _source(facts: Facts) -> str:
    return f"{facts['bytes']:,} bytes, SHA-256 {facts['sha256'][:12]}… as it was sent"


_DETAILS: dict[str, Callable[[Facts], str]] = {
    "interpreter": lambda _: "a fresh one, in an empty folder",
    "runtime": lambda facts: str(facts["command"]),
    "resolver": lambda facts: str(facts["resolver"]),
    "read": lambda facts: f"{facts['bytes']:,} bytes",
    "source": _source,
    "module": lambda facts: str(facts["module"]),
    "executor": lambda facts: str(facts["executor"]),
    "instance": lambda facts: f"{facts['executor']}()",
    "run": lambda _: "ended with its outputs",
}
_HERE: dict[str, Callable[[Facts], str]] = {
    "interpreter": lambda facts: f"Python {facts['version']}, {facts['executable']}",
    "runtime": "{package} {version}, from {file}".format_map,
    "module": lambda facts: f"from {facts['file'] or 'the interpreter itself'}",
}
