"""Evidence of this session: what was proven, run, built and registered of a template.

Whoever does something with a template records its result here, under the digest of the
template: :func:`kit.prove`, each run in a process or container of its own,
:func:`kit.build_image`, a registration. :mod:`kit.readiness` reads it. It is kept in
memory, within bounds, and nothing is written to disk.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import itertools
import logging
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import TemplateError
from kit.escape import shorten
from kit.forecast.registration import template_digest
from kit.template.serialize import loader_args_of

_log = logging.getLogger("kit")
_MOST_TEMPLATES = 500
_MOST_BYTES = 64 * 2**20
_LONGEST_TEXT = 200
_LONGEST_DETAIL = 4_000


class Rung(enum.Enum):
    """A rung of the readiness ladder, in order.

    Attributes:
        asks: The question that it answers.
    """

    CHECK = "check"
    PROOF = "proof"
    RUN = "run"
    IMAGE = "image"
    CONTAINER = "container"
    FLYTE = "flyte"

    @property
    def title(self) -> str:
        """Its name as a face shows it."""
        return self.value.capitalize()

    @property
    def asks(self) -> str:
        """The question that it answers."""
        return _QUESTIONS[self]

    @property
    def number(self) -> int:
        """Its position, from 0 at the bottom."""
        return list(Rung).index(self)


_QUESTIONS = {
    Rung.CHECK: "Will anything be refused or misbehave?",
    Rung.PROOF: "Does what ships load, with its imports, without this session?",
    Rung.RUN: "Does the template run in a fresh process?",
    Rung.IMAGE: "Is what the task needs in its image?",
    Rung.CONTAINER: "Does the template run in that image?",
    Rung.FLYTE: "Is this template registered, and did it run there?",
}


class State(enum.Enum):
    """The state of a rung.

    ``RUNNING`` is for a rung that is being climbed; no finished result has it.
    """

    PASSED = "passed"
    FAILED = "failed"
    STALE = "stale"
    NOT_TRIED = "not tried"
    NOT_AVAILABLE = "not available"
    RUNNING = "running"


@dataclass(frozen=True)
class Evidence:
    """The result of one thing that was done with a template.

    Attributes:
        rung: What was done.
        state: ``PASSED``, ``FAILED``, or ``NOT_AVAILABLE`` if this machine lacks what
            it takes.
        text: The result in a few words, without times: ``"v7"``.
        detail: The whole sentence, as of an error.
        inputs: The inputs of a run by name, in short.
        run: Number of the run in this session; None if it was none.
        seconds: How long it took.
        recorded: When it was recorded, in seconds since 1970.
    """

    rung: Rung
    state: State
    text: str = ""
    detail: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    run: int | None = None
    seconds: float | None = field(default=None, compare=False)
    recorded: float = field(default_factory=time.time, compare=False, repr=False)


class Definition(NamedTuple):
    """What evidence belongs to.

    Attributes:
        name: The task's name.
        digest: The digest of its template, in hexadecimal: the one that registration
            compares, of the template under its name alone. Project, domain and version
            are where a task is registered, not what it is.
        code: Digest of the module that its executor is imported from; empty if the
            source travels in the template, or the module is not loaded here.
    """

    name: str
    digest: str
    code: str


def definition_of(template: TaskTemplate) -> Definition:
    """Return what evidence of this template belongs to.

    Raises:
        TemplateError: The template has no digest; flyteadmin refuses it as well.
    """
    digest = template_digest(nameless(template)).hex()
    return Definition(template.id.name, digest, _code_digest(template))


def nameless(template: TaskTemplate) -> TaskTemplate:
    """Return a copy that says nothing of where it is registered."""
    copy = TaskTemplate()
    copy.CopyFrom(template)
    if copy.HasField("id"):
        for part in ("project", "domain", "version", "org"):
            copy.id.ClearField(part)
    return copy


def module_file(template: TaskTemplate) -> Path | None:
    """Return the file of the module that the executor is imported from, if loaded."""
    location = (loader_args_of(template) or [""])[-1]
    module = sys.modules.get(location.rpartition(".")[0])
    if module is None or location.startswith("kit."):
        return None
    file = getattr(module, "__file__", None)
    return Path(file) if isinstance(file, str) else None


def _code_digest(template: TaskTemplate) -> str:
    path = module_file(template)
    if path is None:
        return ""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "unreadable"


class Earlier(NamedTuple):
    """Evidence of another definition of the same name.

    Attributes:
        evidence: The evidence.
        definition: What it belongs to.
        template: The template, serialized.
    """

    evidence: Evidence
    definition: Definition
    template: bytes


@dataclass
class _Entry:
    template: bytes
    evidence: dict[Rung, tuple[int, Evidence]]


class EvidenceStore:
    """Evidence by definition, within bounds: what was recorded first goes first.

    Every method may be called from any thread.

    Args:
        most: The most templates to keep evidence of.
        most_bytes: The most bytes of templates to keep.
    """

    def __init__(
        self, *, most: int = _MOST_TEMPLATES, most_bytes: int = _MOST_BYTES
    ) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._entries: OrderedDict[Definition, _Entry] = OrderedDict()
        self._bytes = 0
        self._watchers: list[Callable[[str], None]] = []

    def record(self, template: TaskTemplate | bytes, evidence: Evidence) -> None:
        """Record what was done with a template.

        That something is not available here replaces no result. A template without a
        digest has no evidence.

        Args:
            template: The very template, as a message or serialized.
            evidence: The result.
        """
        message = template
        if not isinstance(message, TaskTemplate):
            message = TaskTemplate.FromString(template)  # type: ignore[arg-type]
        try:
            definition = definition_of(message)
        except TemplateError:
            return
        data = nameless(message).SerializeToString(deterministic=True)
        with self._lock:
            self._add(definition, data, _within_bounds(evidence))
            watchers = list(self._watchers)
        for callback in watchers:
            try:
                callback(definition.name)
            except Exception:  # noqa: BLE001, PERF203 - few, and none of the recorder's
                _log.exception("A watcher of evidence failed.")

    def of(self, definition: Definition) -> dict[Rung, Evidence]:
        """Return the evidence of a definition."""
        with self._lock:
            entry = self._entries.get(definition)
            found = {} if entry is None else entry.evidence
            return {rung: evidence for rung, (_, evidence) in found.items()}

    def earlier(self, definition: Definition, rung: Rung) -> Earlier | None:
        """Return the newest result of other definitions of the same name, if any."""
        with self._lock:
            found = [
                (*entry.evidence[rung], other, entry.template)
                for other, entry in self._entries.items()
                if other.name == definition.name
                and other != definition
                and rung in entry.evidence
                and entry.evidence[rung][1].state is not State.NOT_AVAILABLE
            ]
        if not found:
            return None
        _, evidence, other, template = max(found, key=lambda row: row[0])
        return Earlier(evidence, other, template)

    def watch(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Call back with a task's name when evidence of it was recorded.

        It is called in the thread that records; what it raises is logged.

        Returns:
            What stops it.
        """
        with self._lock:
            self._watchers.append(callback)

        def forget() -> None:
            with self._lock:
                if callback in self._watchers:
                    self._watchers.remove(callback)

        return forget

    def clear(self) -> None:
        """Forget all evidence; watchers stay."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def _add(self, definition: Definition, data: bytes, evidence: Evidence) -> None:
        entry = self._entries.pop(definition, None)
        if entry is None:
            entry = _Entry(data, {})
            self._bytes += len(data)
        self._entries[definition] = entry
        is_result = evidence.state is not State.NOT_AVAILABLE
        known = entry.evidence.get(evidence.rung)
        if is_result or known is None or known[1].state is State.NOT_AVAILABLE:
            entry.evidence[evidence.rung] = (next(self._numbers), evidence)
        while len(self._entries) > 1 and (
            len(self._entries) > self._most or self._bytes > self._most_bytes
        ):
            _, oldest = self._entries.popitem(last=False)
            self._bytes -= len(oldest.template)

    def __len__(self) -> int:
        return len(self._entries)


def _within_bounds(evidence: Evidence) -> Evidence:
    return dataclasses.replace(
        evidence,
        text=shorten(evidence.text, _LONGEST_TEXT),
        detail=shorten(evidence.detail, _LONGEST_DETAIL),
    )


session = EvidenceStore()
"""The evidence of this session."""


def record(template: TaskTemplate | bytes, evidence: Evidence) -> None:
    """Record evidence of this session; see :meth:`EvidenceStore.record`."""
    session.record(template, evidence)
