"""``kit.register``: foretell what Flyte will answer, register, and compare the two."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from flyteidl.core.literals_pb2 import BindingData
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.workflow_pb2 import WorkflowTemplate
from google.protobuf.message import Message

from kit.checks.check import registration_errors
from kit.definition.settings import SerializationSettings
from kit.difference.diff import Difference, diff
from kit.errors import (
    KitError,
    RegisterError,
    RemoteError,
    RemoteExistsError,
    RemoteNotFoundError,
    RemoteRefusedError,
    TemplateError,
)
from kit.evidence import Evidence, Rung, State, record
from kit.flyte.entities import Entity, Kind, Things, entities_of
from kit.forecast.platform import Platform
from kit.forecast.registration import digest_refusal, message_digest
from kit.notebook import Shown
from kit.remote.client import Remote, as_remote

_THREADS = 8
"""Calls at once, on one connection: more are no faster."""

Verdict = Literal["new", "identical", "refused"]
State_ = Literal["", "registered", "identical", "refused", "failed", "not sent"]

_EXPECTED = {"new": "registered", "identical": "identical", "refused": "refused"}
_START = "start-node"
_ADDED_NODES = (_START, "end-node")
_DIFFERENT = "with different structure already exists"


@dataclass(frozen=True)
class Registration:
    """What was foretold of one registration, and what came.

    Attributes:
        kind: ``task``, ``workflow`` or ``launch plan``.
        name: Its name.
        version: Its version.
        foretold: ``new``, ``identical`` (it is registered already, as it is) or
            ``refused``.
        outcome: ``registered``, ``identical``, ``refused``, ``failed`` (no answer came)
            or ``not sent``; empty if it was only foretold.
        words: Why it is refused or failed: the server's words if it was asked.
        fix: What to do about it.
        difference: How it differs from what is registered under this version, field by
            field; None if it does not, or nothing is.
    """

    kind: Kind
    name: str
    version: str
    foretold: Verdict
    outcome: State_ = ""
    words: str = ""
    fix: str = ""
    difference: Difference | None = None

    @property
    def ok(self) -> bool:
        """Whether it is registered, or would be."""
        if not self.outcome:
            return self.foretold != "refused"
        return self.outcome in ("registered", "identical")

    @property
    def surprise(self) -> str:
        """What came otherwise than it was foretold, as a sentence; empty if nothing."""
        if self.outcome in ("", "failed", "not sent", _EXPECTED[self.foretold]):
            return ""
        if (self.foretold, self.outcome) == ("new", "identical"):
            return "Somebody else registered the same in the meantime."
        return f"{self.foretold!r} was foretold, and {self.outcome!r} came."

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        changes = self.difference.to_json()["changes"] if self.difference else []
        return {
            "kind": self.kind,
            "name": self.name,
            "version": self.version,
            "foretold": self.foretold,
            "outcome": self.outcome or None,
            "ok": self.ok,
            "words": self.words,
            "fix": self.fix,
            "surprise": self.surprise,
            "changes": changes,
        }

    def __repr__(self) -> str:
        state = self.outcome or f"would be {_WOULD_BE[self.foretold]}"
        return f"Registration({self.name!r}, {self.version!r}: {state})"


_WOULD_BE = {"new": "new", "identical": "identical", "refused": "refused"}


@dataclass(frozen=True, repr=False)
class Registrations(Shown):
    """The registrations of one call, each with what was foretold and what came.

    Attributes:
        remote: Where.
        entries: One by one: tasks, then workflows, then launch plans.
        dry_run: Whether nothing was sent.
    """

    remote: str
    entries: tuple[Registration, ...]
    dry_run: bool = False

    @property
    def ok(self) -> bool:
        """Whether all of it is registered, or would be."""
        return all(entry.ok for entry in self.entries)

    @property
    def version(self) -> str:
        """The version of all; empty if they have several."""
        found = {entry.version for entry in self.entries}
        return found.pop() if len(found) == 1 else ""

    @property
    def verdict(self) -> str:
        """The entries in numbers: ``2 registered, 1 identical``."""
        states = [_state(entry) for entry in self.entries]
        counts = {state: states.count(state) for state in dict.fromkeys(states)}
        return ", ".join(f"{count:,} {state}" for state, count in counts.items())

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "remote": self.remote,
            "ok": self.ok,
            "dry_run": self.dry_run,
            "entries": [entry.to_json() for entry in self.entries],
        }

    def raise_for_errors(self) -> Registrations:
        """Return the report if all is registered, so that calls can be chained.

        Raises:
            RegisterError: Not all is; the text says of each what became of it.
        """
        if self.ok:
            return self
        raise RegisterError(_told(self), report=self)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Registration]:
        return iter(self.entries)

    def __getitem__(self, index: int) -> Registration:
        return self.entries[index]

    def __repr__(self) -> str:
        return f"Registrations({self.verdict})"


def _state(entry: Registration) -> str:
    return entry.outcome or f"would be {_WOULD_BE[entry.foretold]}"


_MOST_TOLD = 20


def _told(report: Registrations) -> str:
    would = " would be" if report.dry_run else ""
    lines = [f"Not everything{would or ' is'} registered: {report.verdict}."]
    worst = sorted(report.entries, key=lambda entry: entry.ok)
    for entry in worst[:_MOST_TOLD]:
        line = f"{entry.kind} {entry.name} {entry.version}: {_state(entry)}"
        lines.append(f"  {line}: {entry.words}" if entry.words else f"  {line}")
        changes = entry.difference.changes if entry.difference is not None else ()
        lines += [f"    {change.path}" for change in changes[:_MOST_TOLD]]
        if entry.fix and not entry.ok:
            lines.append(f"    {entry.fix}")
    if len(worst) > _MOST_TOLD:
        lines.append(f"  … and {len(worst) - _MOST_TOLD:,} more")
    return "\n".join(lines)


def register(
    things: Things,
    /,
    version: str,
    *,
    remote: Remote | None = None,
    dry_run: bool = False,
    anyway: bool = False,
    settings: SerializationSettings | None = None,
    platform: Platform | None = None,
) -> Registrations:
    """Register tasks and workflows on a Flyte, after foretelling its answers.

    Each is checked by the rules of flyteadmin and compared with what is registered
    under its version: it is *new*, *identical*, or *would be refused*, and then nothing
    is sent. What Flyte answers is compared with what was foretold. Registering the same
    again changes nothing.

    A workflow comes with its tasks and with a launch plan of its own name, which has
    Python's defaults.

    Args:
        things: A task, a workflow, a template, a text that names one
            (``tasks.py:load``, ``load.pb``), or several of these.
        version: The version of all of them; ``"auto"`` makes one of the content, for
            each task and each workflow with its tasks.
        remote: Where; by default the configured Flyte (:meth:`kit.Remote.auto`).
        dry_run: Whether to stop before anything is sent.
        anyway: Whether to send also what is foretold to be refused.
        settings: Images, variables and runtime of the templates; project, domain and
            version are those of ``remote`` and ``version``.
        platform: What is known of the deployment, for the check.

    Returns:
        What was foretold and what came, for each.

    Raises:
        RegisterError: Not all of it was registered; its ``report`` says of each what
            became of it. With ``dry_run`` the report is returned.
        CallError: It is nothing that can be registered, or there is no version.
        DefinitionError: A template cannot be made.
        EndpointError: No Flyte is configured, or none answers there.
        RemoteError: It does not answer when it is asked what is registered.
    """
    where = as_remote(remote)
    entities = entities_of(things, version, where, settings)
    foretold = _map(lambda one: foretell(one, where, platform), entities)
    if not dry_run:
        may_send = anyway or all(entry.ok for entry in foretold)
        foretold = _carried_out(entities, foretold, where, may_send=may_send)
    report = Registrations(repr(where), tuple(foretold), dry_run)
    return report if dry_run else report.raise_for_errors()


def foretell(
    entity: Entity, remote: Remote, platform: Platform | None = None
) -> Registration:
    """Foretell the answer to one registration, with one call.

    Raises:
        RemoteError: The server does not answer the call.
    """
    entry = Registration(entity.kind, entity.id.name, entity.id.version, "new")
    if entity.kind == "task":
        told = _refusal(entity.request, platform)
        if told is not None:
            return dataclasses.replace(
                entry, foretold="refused", words=told[0], fix=told[1]
            )
    registered = _registered(entity, remote)
    if registered is None:
        return entry
    if _same(registered, entity.spec):
        return dataclasses.replace(entry, foretold="identical")
    return dataclasses.replace(
        entry,
        foretold="refused",
        words=f"{entity.id.name} {entity.kind} {_DIFFERENT}.",
        fix="Take a new version, or version='auto'.",
        difference=_difference(entity, registered),
    )


def _refusal(request: Any, platform: Platform | None) -> tuple[str, str] | None:
    for found in registration_errors(request.spec, platform):
        return found.words or found.message, found.fix
    words = digest_refusal(request.spec.template)
    return (words, "Take that value out of the template.") if words else None


def _registered(entity: Entity, remote: Remote) -> Message | None:
    from flyteidl.admin.common_pb2 import ObjectGetRequest

    try:
        answer = remote.call(entity.get, ObjectGetRequest(id=entity.id))
    except RemoteNotFoundError:
        return None
    found = entity.registered(answer)
    return found if found.ByteSize() else None


def _same(registered: Message, spec: Message) -> bool:
    """Tell whether flyteadmin takes two specs for the same: by their digests."""
    one, other = _prepared(registered), _prepared(spec)
    try:
        return message_digest(one) == message_digest(other)
    except TemplateError:
        return one == other


def _prepared(spec: Message) -> Message:
    """Return a spec as it is compared, without what flyteadmin adds to it.

    Its compiler gives a workflow two nodes and writes down what follows what, and that
    the inputs come of the first one.
    """
    copy = type(spec)()
    copy.CopyFrom(spec)
    if isinstance(copy, WorkflowTemplate):
        nodes = [node for node in copy.nodes if node.id not in _ADDED_NODES]
        del copy.nodes[:]
        copy.nodes.extend(sorted(nodes, key=lambda node: node.id))
        for node in copy.nodes:
            del node.upstream_node_ids[:]
            for bound in node.inputs:
                _without_start(bound.binding)
        for bound in copy.outputs:
            _without_start(bound.binding)
    if copy.DESCRIPTOR.name == "LaunchPlanSpec":
        for name in ("entity_metadata", "labels", "annotations", "auth", "auth_role"):
            copy.ClearField(name)
        for name in ("raw_output_data_config", "security_context", "fixed_inputs"):
            copy.ClearField(name)
    return copy


def _without_start(data: BindingData) -> None:
    """Write the workflow's inputs as a client does: the promise of no node."""
    if data.HasField("promise") and data.promise.node_id == _START:
        data.promise.node_id = ""
    for item in data.collection.bindings:
        _without_start(item)
    for item in data.map.bindings.values():
        _without_start(item)


def _difference(entity: Entity, registered: Message) -> Difference | None:
    """Return kit's own difference: the server's words often have none."""
    if not isinstance(registered, TaskTemplate):
        return None
    return diff(entity.spec, against=registered)


# --- carrying it out ------------------------------------------------------------------


def _carried_out(
    entities: Sequence[Entity],
    foretold: Sequence[Registration],
    remote: Remote,
    *,
    may_send: bool,
) -> list[Registration]:
    """Send all, kind by kind: a workflow needs its tasks, a plan its workflow."""
    done: list[Registration] = []
    for kind in dict.fromkeys(entity.kind for entity in entities):
        pairs = [
            (entity, entry)
            for entity, entry in zip(entities, foretold, strict=True)
            if entity.kind == kind
        ]
        if may_send:
            made = _map(_Sender(remote), pairs)
        else:
            made = [_not_sent(entry) for _, entry in pairs]
        may_send = may_send and all(entry.ok for entry in made)
        done += made
    return done


class _Sender:
    """Sends registrations, until one gets no answer: the server is gone then."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._is_gone = False

    def __call__(self, pair: tuple[Entity, Registration]) -> Registration:
        entity, entry = pair
        if self._is_gone:
            return _not_sent(entry)
        came = self._send(entity, entry)
        self._is_gone = self._is_gone or came.outcome == "failed"
        if came.ok and isinstance(entity.spec, TaskTemplate):
            record(entity.spec, Evidence(Rung.FLYTE, State.PASSED, entry.version))
        return came

    def _send(self, entity: Entity, entry: Registration) -> Registration:
        try:
            self._remote.call(entity.create, entity.request)
        except RemoteExistsError as error:
            # After a lost answer, what exists is what was sent before.
            was_sent = error.attempts > 1 and entry.foretold == "new"
            outcome: State_ = "registered" if was_sent else "identical"
            return dataclasses.replace(entry, outcome=outcome, words="", fix="")
        except RemoteRefusedError as error:
            return self._refused(entity, entry, error)
        except KitError as error:
            words = str(error)
            return dataclasses.replace(entry, outcome="failed", words=words, fix="")
        return dataclasses.replace(entry, outcome="registered", words="", fix="")

    def _refused(
        self, entity: Entity, entry: Registration, error: RemoteError
    ) -> Registration:
        difference, fix = entry.difference, entry.fix
        if _DIFFERENT in error.words and difference is None:
            registered = _registered(entity, self._remote)
            if registered is not None:
                difference = _difference(entity, registered)
            fix = "Take a new version, or version='auto'."
        words = f"{error.code} {error.words}"
        return dataclasses.replace(
            entry, outcome="refused", words=words, fix=fix, difference=difference
        )


def _not_sent(entry: Registration) -> Registration:
    return dataclasses.replace(entry, outcome="not sent")


A = TypeVar("A")
B = TypeVar("B")


def _map(function: Callable[[A], B], things: Iterable[A]) -> list[B]:
    listed = list(things)
    if len(listed) == 1:
        return [function(listed[0])]
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(function, listed))
