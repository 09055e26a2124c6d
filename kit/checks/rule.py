"""A rule: what it looks at, when what it finds happens, and how bad that is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flyteidl.core import interface_pb2
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.checks.report import Finding, Repair, Severity
from kit.definition.settings import SerializationSettings
from kit.definition.shipment import INLINE_KEY
from kit.forecast.platform import Platform
from kit.forecast.registration import Fault, compilation_faults
from kit.template.custom import custom_from_struct
from kit.template.macros import Span, macro_spans
from kit.template.serialize import LOCAL_SETTINGS

if TYPE_CHECKING:
    from flyteidl.admin.description_entity_pb2 import DescriptionEntity

    from kit.checks.custom.usage import CustomUsage, RoundTrip

RESOLVERS = (
    "kit.resolver.default_task_template_resolver",
    "flytekit.core.python_customized_container_task.default_task_template_resolver",
)
_GIVEN_LATER = {
    LOCAL_SETTINGS.project,
    LOCAL_SETTINGS.domain,
    LOCAL_SETTINGS.version,
    "{{ registration.project }}",
    "{{ registration.domain }}",
    "{{ registration.version }}",
}


@dataclass(frozen=True)
class Word:
    """One word of the container's command line.

    Attributes:
        path: Where: ``container.args[3]``.
        text: The word.
        spans: The pieces in it: plain text, and the engine's macros.
    """

    path: str
    text: str
    spans: tuple[Span, ...]

    @property
    def input_names(self) -> tuple[str, ...]:
        """The inputs whose values it asks for."""
        named = (span.macro or "" for span in self.spans)
        return tuple(n.partition(".")[2] for n in named if n.startswith("inputs."))


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A template, and what is known of its making and of where it will run.

    Attributes:
        template: The message.
        description: What is registered with it, if anything.
        has_template: Whether there is a template at all, as a TaskSpec may have none.
        task: The task it was made of; None if it came from elsewhere.
        settings: What it was made with, if there is a task.
        platform: The deployment it is for.
        failures: What could not be made of the task, by its part of the template.
        given_inputs: The values of a launch, if one is to be checked.
    """

    template: TaskTemplate
    description: DescriptionEntity | None = None
    has_template: bool = True
    task: Any = None
    settings: SerializationSettings = LOCAL_SETTINGS
    platform: Platform = field(default_factory=Platform)
    failures: Mapping[str, BaseException] = field(default_factory=dict)
    given_inputs: Mapping[str, Any] | None = None

    def given_later(self, text: str) -> bool:
        """Tell a project, domain or version that registration fills in."""
        return text in _GIVEN_LATER

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words of the container's command line."""
        container = self.template.container
        return tuple(
            Word(f"container.{part}[{index}]", text, tuple(macro_spans(text)))
            for part in ("command", "args")
            for index, text in enumerate(getattr(container, part))
        )

    @cached_property
    def inputs(self) -> dict[str, interface_pb2.Variable]:
        """The inputs by name, sorted."""
        return dict(sorted(self.template.interface.inputs.variables.items()))

    @cached_property
    def outputs(self) -> dict[str, interface_pb2.Variable]:
        """The outputs by name, sorted."""
        return dict(sorted(self.template.interface.outputs.variables.items()))

    def variables(self) -> Iterator[tuple[str, str, interface_pb2.Variable]]:
        """Yield the path, name and variable of each input and output."""
        for part, found in (("inputs", self.inputs), ("outputs", self.outputs)):
            for name, variable in found.items():
                yield f"interface.{part}.{name}", name, variable

    @cached_property
    def custom(self) -> RoundTrip:
        """What the task provides as custom and what arrives; empty for a template."""
        from kit.checks.custom.usage import RoundTrip, round_trip

        if self.task is None:
            return RoundTrip()
        return round_trip(self.task, self.settings)

    @cached_property
    def custom_usage(self) -> CustomUsage:
        """What the task's executor reads of custom; nothing for a template."""
        from kit.checks.custom.reader import usage_of
        from kit.checks.custom.usage import CustomUsage

        if self.task is None:
            return CustomUsage()
        fields = self.template.custom.fields
        inline = None
        if INLINE_KEY in fields:
            sent = fields[INLINE_KEY].struct_value.fields
            inline = {part: sent[part].string_value for part in ("source", "executor")}
        return usage_of(self.task.written_executor, inline)

    @cached_property
    def pod_spec(self) -> dict[str, Any]:
        """The specification of a pod that takes the container's place."""
        return dict(custom_from_struct(self.template.k8s_pod.pod_spec))

    def pod_list(self, name: str) -> list[dict[str, Any]]:
        """Return the objects of a list of the pod, such as its containers."""
        listed = self.pod_spec.get(name)
        if not isinstance(listed, list):
            return []
        return [one for one in listed if isinstance(one, dict)]

    @cached_property
    def launch_faults(self) -> tuple[Fault, ...]:
        """What Flyte's compiler says of a launch of the task by itself."""
        return compilation_faults(self.template) if self.has_template else ()

    @cached_property
    def launch_inputs(self) -> LiteralMap:
        """The literals of the inputs that were given, and of defaults."""
        from kit.running.start import input_bytes

        given = dict(self.given_inputs or {})
        return LiteralMap.FromString(input_bytes(self.task, given))

    @property
    def registered_anywhere(self) -> Platform:
        """The platform, with its limits and without its projects and domains."""
        return dataclasses.replace(self.platform, projects=None, domains=None)

    @property
    def is_packaged(self) -> bool:
        """Whether project and domain are left to the tool that registers it."""
        place = self.template.id.project or self.template.id.domain
        return self.task is None and not place

    @property
    def is_shim(self) -> bool:
        """Whether the container loads its executor from the template."""
        return any(text in RESOLVERS for text in self.template.container.args)

    @property
    def is_container(self) -> bool:
        """Whether a container is started, not a pod or SQL."""
        return self.template.HasField("container")

    @property
    def runtime(self) -> str:
        """What runs in the container: ``kit``, ``flytekit``, or empty for others."""
        args = self.template.container.args
        known = {"kit-execute": "kit", "pyflyte-execute": "flytekit"}
        return known.get(args[0], "") if args else ""


@dataclass(frozen=True)
class Problem:
    """One place where a rule is broken.

    Attributes:
        path: Where in the message.
        message: What will happen.
        fix: What to do about it.
        words: The backend's words, if they are other than the rule's.
        repair: How it can be taken away mechanically.
        severity: How bad it is, if it is other than the rule says.
        stage: When it happens, if it is other than the rule says.
    """

    path: str
    message: str
    fix: str = ""
    words: str = ""
    repair: Repair | None = None
    severity: Severity | None = None
    stage: str | None = None


_LONGEST = 1_000

Look = Callable[[Subject], Iterator[Problem]]


@dataclass(frozen=True)
class Rule:
    """A rule of the backend, or of kit.

    Attributes:
        name: Its name: ``RS005``.
        stage: When what it finds happens; see :class:`~kit.checks.report.Finding`.
        severity: How bad that is.
        look: Yields where it is broken.
        words: The backend's words.
    """

    name: str
    stage: str
    severity: Severity
    look: Look
    words: str = ""

    def findings(self, subject: Subject) -> Iterator[Finding]:
        """Yield what is found; a rule that cannot be applied says so."""
        try:
            for problem in self.look(subject):
                yield self._finding(problem)
        except Exception as cause:  # noqa: BLE001 - messages may be malformed at will
            told = f"{type(cause).__name__}: {cause}"
            message = _bounded(f"This rule could not be applied: {told}")
            yield Finding(self.name, Severity.NOTE, "", message, self.stage)

    def _finding(self, problem: Problem) -> Finding:
        return Finding(
            rule=self.name,
            severity=problem.severity or self.severity,
            path=_bounded(problem.path),
            message=_bounded(problem.message),
            stage=self.stage if problem.stage is None else problem.stage,
            words=_bounded(problem.words or self.words),
            fix=problem.fix,
            repair=problem.repair,
        )


def _bounded(text: str) -> str:
    """Cut what a message has put into a text, which may be megabytes."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def error(name: str, stage: str, words: str = "") -> Callable[[Look], Rule]:
    """Make a rule of a function, whose findings are errors."""
    return lambda look: Rule(name, stage, Severity.ERROR, look, words)


def warning(name: str, stage: str, words: str = "") -> Callable[[Look], Rule]:
    """Make a rule of a function, whose findings are warnings."""
    return lambda look: Rule(name, stage, Severity.WARNING, look, words)


def note(name: str, stage: str, words: str = "") -> Callable[[Look], Rule]:
    """Make a rule of a function, whose findings are notes."""
    return lambda look: Rule(name, stage, Severity.NOTE, look, words)
