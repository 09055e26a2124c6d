"""The outcome of a proof: its notes, its steps, its failure, its use of custom."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from kit.checks.custom.trace import Trace
from kit.definition.shipment import INLINE_KEY
from kit.errors import ProofError, render_path
from kit.notebook import Shown
from kit.runners.log import Log
from kit.runners.outcome import Outcome
from kit.template.view import TaskTemplateView, parse_template

_MAX_BYTES = 4_000_000
FAILURE = "failure"
"""The note of what ended a step, which is the first that was not done."""


@dataclass(frozen=True)
class Raised:
    """An exception of another process.

    Attributes:
        kinds: Names of its class and of those it derives from.
        text: Class and message, as a traceback ends with them.
        name: The name that an import, name or attribute error is about.
        path: The file that an OSError is about.
        key: The first argument, if that is text.
        file: The file of the code that raised it.
        where: File, number and text of the last line outside of the runtime.
    """

    kinds: tuple[str, ...]
    text: str
    name: str | None = None
    path: str | None = None
    key: str | None = None
    file: str | None = None
    where: str | None = None

    def is_a(self, *kinds: str) -> bool:
        """Tell whether its class is one of these, or derives from one."""
        return not set(kinds).isdisjoint(self.kinds)


@dataclass(frozen=True)
class Note:
    """What is known of one step, or of a failure.

    Attributes:
        status: ``not begun``, ``begun``, ``done`` or ``failed``.
        seconds: How long it took, if it ended.
        facts: What was found.
        raised: The exception that ended it, and those that it came from.
        traceback: Its traceback.
    """

    status: str
    seconds: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    raised: tuple[Raised, ...] = ()
    traceback: str = ""


def read_notes(path: Path) -> dict[str, Note]:
    """Return the last note of each step that was done, and of a failure.

    The process of a task may have done anything to the file: what is no note is left
    out, and its step then counts as not done.
    """
    try:
        with path.open("rb") as file:
            lines = file.read(_MAX_BYTES).splitlines()
    except OSError:
        return {}
    notes: dict[str, Note] = {}
    for line in lines:
        try:
            written = json.loads(line)
            notes[str(written["step"])] = _note(written)
        except (ValueError, KeyError, TypeError):  # noqa: PERF203 - one a line
            continue
    return notes


def _note(written: Mapping[str, Any]) -> Note:
    return Note(
        status=str(written["status"]),
        seconds=written.get("seconds"),
        facts=dict(written.get("facts", {})),
        raised=tuple(_raised(each) for each in written.get("raised", ())),
        traceback=str(written.get("traceback", "")),
    )


def _raised(written: Mapping[str, Any]) -> Raised:
    return Raised(**{**written, "kinds": tuple(written["kinds"])})


StepStatus = Literal["done", "failed", "skipped"]
Steps = tuple[str | int, ...]
_TAIL_LINES = 10


@dataclass(frozen=True, kw_only=True)
class Proof(Shown):
    """What a fresh interpreter did with the form in which a task ships.

    Attributes:
        task: Name of the task.
        steps: What was done, in order.
        failure: What stood in the way; None if nothing did.
        notes: What the author should know all the same.
        run: How the task ran; None if it was not to run, or could not be started.
        log: What was written to standard output and error, while importing too.
        custom: What was read of ``tt.custom``; None if it was not run, or by another
            runtime than kit's.
    """

    task: str
    steps: tuple[Step, ...]
    failure: Obstacle | None = None
    notes: tuple[str, ...] = ()
    run: Outcome | None = None
    log: Log = field(default_factory=Log)
    custom: CustomUse | None = None

    @property
    def ok(self) -> bool:
        """Whether the shipped form stands alone."""
        return self.failure is None

    @property
    def proven(self) -> str:
        """What was proven: ``"to load"``, ``"to run"`` on these inputs, or nothing."""
        if self.failure is not None:
            return ""
        return "to load" if self.run is None else "to run"

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The outputs by name; empty if it was not run, or did not succeed."""
        return {} if self.run is None else self.run.outputs

    def raise_for_error(self) -> Proof:
        """Return the proof if it holds, so that calls can be chained.

        Raises:
            ProofError: It does not; the text says why, and what to do.
        """
        if self.failure is None:
            return self
        where = f"{self.task!r} does not stand alone, it fails at {self.failure.step!r}"
        text = f"{where}: {self.failure.missing}."
        if self.failure.repair:
            text = f"{text}\n{self.failure.repair}"
        raise ProofError(text + self._traceback_or_last_lines())

    def _traceback_or_last_lines(self) -> str:
        if self.failure is not None and self.failure.traceback:
            return f"\n{self.failure.traceback.rstrip()}"
        tail = self.log.tail(_TAIL_LINES)
        lines = "".join(f"\n  {line.stream}: {line.text}" for line in tail)
        return f"\nThe last lines it wrote:{lines}" if lines else ""

    def __repr__(self) -> str:
        if self.failure is None:
            return f"Proof({self.task!r}, proven {self.proven})"
        return f"Proof({self.task!r}, fails at {self.failure.step!r})"


@dataclass(frozen=True)
class Step:
    """One step on the way from a task to its executor in another process.

    Attributes:
        name: What it is about: ``template``, ``interpreter``, ``runtime``,
            ``resolver``, ``read`` (the template), ``source`` (of an inline executor),
            ``module``, ``executor``, ``instance``, ``imports`` (those in functions
            too) or ``run``.
        status: ``done``, ``failed``, or ``skipped`` because an earlier one failed.
        detail: What was found.
        here: What of it is so on this machine: versions and places; not part of the
            repr.
        seconds: How long it took; not part of the repr.
    """

    name: str
    status: StepStatus
    detail: str = ""
    here: str = field(default="", repr=False, compare=False)
    seconds: float | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Obstacle:
    """Why a task's shipped form does not stand alone.

    Attributes:
        step: The step that failed.
        missing: What is missing there, or wrong.
        repair: What to do about it.
        traceback: The traceback in the fresh process, without the frames of the
            runtime; empty if there was none.
    """

    step: str
    missing: str
    repair: str
    traceback: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.missing}. {self.repair}".strip()


@dataclass(frozen=True)
class CustomUse:
    """Which keys of ``custom`` one run asked for; another run may ask for others.

    Attributes:
        read: Keys that it read, as paths such as ``tables[0].name``.
        unread: Keys that are there and that it did not read.
        missing: Keys that it read and that are not there: a KeyError each.
    """

    read: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def custom_use(template: bytes, notes: Mapping[str, Note]) -> CustomUse | None:
    """Return what was read, or None if the run was not traced.

    Args:
        template: The template that was run.
        notes: What the process noted; it may have been made to note anything.
    """
    if "custom" not in notes:
        return None
    trace = _trace(notes["custom"].facts)
    view = TaskTemplateView.from_flyte_idl(parse_template(template, "the template"))
    custom = {key: item for key, item in view.custom.items() if key != INLINE_KEY}
    return CustomUse(
        read=_drawn(path for path in trace.read if _is_in(path, custom)),
        unread=_drawn(_unread(custom, (), trace)),
        missing=_drawn(trace.missing),
    )


def _drawn(paths: Iterable[Steps]) -> tuple[str, ...]:
    return tuple(sorted(map(render_path, paths)))


def _trace(facts: Mapping[str, Any]) -> Trace:
    return Trace(*(_paths(facts.get(name)) for name in ("read", "missing", "iterated")))


def _paths(written: Any) -> set[Steps]:
    lists = written if isinstance(written, list) else []
    paths = (tuple(path) for path in lists if isinstance(path, list))
    return {path for path in paths if all(isinstance(s, str | int) for s in path)}


def _is_in(path: Steps, custom: Any) -> bool:
    for step in path:
        keys = range(len(custom)) if isinstance(custom, list) else custom
        if not isinstance(keys, dict | range) or step not in keys:
            return False
        custom = custom[step]
    return True


def _unread(value: Any, path: Steps, trace: Trace) -> Iterator[Steps]:
    """Yield the keys that were not asked for; not what is below them."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unread(item, (*path, index), trace)
    elif isinstance(value, dict):
        for key, item in value.items():
            below = (*path, key)
            if trace.has_read(below):
                yield from _unread(item, below, trace)
            else:
                yield below
