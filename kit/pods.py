"""``kit.pod``: the pod that Flyte makes of a task, before there is one.

What the engine makes of the template is a forecast of :mod:`kit.forecast.pods`; here it
gets a face: YAML in which each line says where it comes from, and findings.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.checks.report import CheckReport, Finding, Severity
from kit.definition.security import looks_secret
from kit.definition.settings import SerializationSettings
from kit.errors import CallError
from kit.escape import shorten
from kit.forecast.platform import UNKNOWN, Platform
from kit.forecast.pods.attempt import PodLaunch
from kit.forecast.pods.pod import PodBuilder, PodForecast, forecast_pod
from kit.forecast.pods.propeller import Propeller
from kit.forecast.pods.sources import Path, Source, pod_sources
from kit.forecast.sample import sample_inputs
from kit.notebook import Shown
from kit.targets import task_or_message
from kit.task.call import complete_inputs, input_literals, name_arguments
from kit.task.task import PythonCustomizedContainerTask
from kit.template.files import template_of
from kit.template.serialize import LOCAL_SETTINGS, task_template
from kit.types import default_engine

Json = dict[str, Any]
Task = PythonCustomizedContainerTask[Any]

SAMPLE_EXECUTION = "f2f0b1c3d4e5f6a7b8c9"
"""An execution's name as Flyte makes them: 20 characters."""
_SAMPLE_ID = {"project": "flytesnacks", "domain": "development", "version": "v1"}
HIDDEN = "(hidden)"
"""Stands for a credential of the platform where a pod is shown."""


def pod(
    task: Task | TaskTemplate | TaskSpec | str | os.PathLike[str],
    /,
    platform: Platform | str | None = None,
    *,
    settings: SerializationSettings | None = None,
    inputs: Mapping[str, Any] | None = None,
    launch: PodLaunch | None = None,
) -> Pod:
    """Return the Kubernetes pod that Flyte's engine makes of a task.

    It follows from the template, the launch and the platform, as of Flyte 1.16 and
    Kubernetes 1.34. Nothing runs, and nobody is asked.

    Args:
        task: The task, a template, or a text that names one: ``tasks.py:load``, a
            template file, ``package.tgz::task``.
        platform: The deployment: :meth:`kit.Platform.sandbox`,
            :meth:`kit.Platform.flyte_core`, :meth:`kit.Platform.from_file`, or one of
            your own; by default Flyte's built-in configuration, of which resources are
            not known.
        settings: What a task's template is made with: project, domain, version, images.
        inputs: Inputs of the launch, for macros such as ``{{.inputs.x}}``; by default
            the task's own defaults, and ``«x»`` for the others.
        launch: What the launch says besides, and which attempt it is; by default the
            first attempt of a sample execution.

    Raises:
        CallError: It is no task, or an input is unknown.
        ConversionError: An input does not fit its declared type.
        DefinitionError: The task's template cannot be made.
        TargetError: The text names no task or template.

    Example:
        >>> import kit
        >>> template = kit.read_template("task.pb")  # doctest: +SKIP
        >>> kit.pod(template, kit.Platform.sandbox()).yaml  # doctest: +SKIP
    """
    thing = task_or_message(task)
    template, defaults = _template(thing, settings or LOCAL_SETTINGS)
    for name, stand_in in _SAMPLE_ID.items():
        if getattr(template.id, name) in ("", getattr(LOCAL_SETTINGS, name)):
            setattr(template.id, name, stand_in)
    literals = sample_inputs(template, defaults)
    if inputs is not None:
        literals.MergeFrom(_literals(thing, inputs))
    return Pod.of(
        template,
        literals,
        PodLaunch(execution=SAMPLE_EXECUTION) if launch is None else launch,
        Platform.of(platform),
    )


def _template(
    thing: Any, settings: SerializationSettings
) -> tuple[TaskTemplate, Mapping[str, Any]]:
    """Return a copy of the template, and the defaults of its inputs."""
    if isinstance(thing, PythonCustomizedContainerTask):
        defaults = thing.python_interface.default_inputs_as_kwargs
        return task_template(thing, settings), defaults
    message = thing.to_flyte_idl() if hasattr(thing, "to_flyte_idl") else thing
    if not isinstance(message, (TaskTemplate, TaskSpec)):
        msg = (
            "kit.pod takes a task, as PythonCustomizedContainerTask(...) makes it, a "
            f"TaskTemplate or a TaskSpec, got {thing!r:.80}."
        )
        raise CallError(msg)
    template = TaskTemplate()
    template.CopyFrom(template_of(message))
    return template, {}


def _literals(thing: Any, inputs: Mapping[str, Any]) -> LiteralMap:
    if not isinstance(thing, PythonCustomizedContainerTask):
        msg = "inputs= needs a task: a template has no Python types to convert them by."
        raise CallError(msg)
    interface = thing.python_interface
    given = name_arguments(thing.name, interface, (), inputs)
    known = {**interface.default_inputs_as_kwargs, **given}
    if len(known) == len(interface.inputs):
        known = complete_inputs(thing.name, interface, given)
    return input_literals(thing.name, interface, known, default_engine)


class PodLine(NamedTuple):
    """A line of a pod's YAML.

    Attributes:
        text: The line.
        source: Where its value comes from; ``None`` for a line without a value.
    """

    text: str
    source: Source | None = None


@dataclass(frozen=True, repr=False)
class Pod(Shown):
    """The pod of a task on a platform, or why there is none.

    Attributes:
        template: The template, with a project, a domain and a version.
        launch: The attempt that it is the pod of.
        platform: Where.
        manifest: The pod as Kubernetes stores it, or as it would be refused; ``None``
            if the engine makes none.
        accepted: Whether there is a pod: the engine makes it and Kubernetes takes it.
        code: The code of the execution's error, if there is none.
        words: Flyte's words, if there is none.
    """

    template: TaskTemplate
    inputs: LiteralMap = field(repr=False)
    launch: PodLaunch
    platform: Platform
    forecast: PodForecast = field(repr=False)

    @classmethod
    def of(
        cls,
        template: TaskTemplate,
        inputs: LiteralMap,
        launch: PodLaunch,
        platform: Platform,
    ) -> Pod:
        """Foretell the pod of a template that has an identifier."""
        found = forecast_pod(template, inputs, launch, platform)
        return cls(template, inputs, launch, platform, found)

    @property
    def task(self) -> str:
        """The name of the task."""
        return self.template.id.name

    @property
    def accepted(self) -> bool:
        """Whether the engine makes a pod and Kubernetes takes it."""
        return self.forecast.pod is not None

    @property
    def code(self) -> str:
        """The code of the execution's error; empty if there is a pod."""
        return self.forecast.code

    @property
    def words(self) -> str:
        """Flyte's words, if there is no pod."""
        return self.forecast.words

    @cached_property
    def manifest(self) -> Json | None:
        """The pod as Kubernetes' JSON has it; ``None`` if the engine makes none."""
        made = self.forecast.pod or self.forecast.refused
        return None if made is None else {"apiVersion": "v1", "kind": "Pod", **made}

    @cached_property
    def sources(self) -> Mapping[Path, Source]:
        """Where each value comes from, by its path in the manifest."""
        made = self.forecast.pod or self.forecast.refused
        if made is None:
            return {}
        builder = PodBuilder(self.template, self.inputs, self.launch, self.platform)
        return pod_sources(builder, made)

    @cached_property
    def lines(self) -> tuple[PodLine, ...]:
        """The pod as YAML, line by line; credentials of the platform are hidden."""
        if self.manifest is None:
            return ()
        return tuple(_lines(shown_pod(self), (), self.sources, ""))

    @property
    def yaml(self) -> str:
        """The pod as YAML, with the source of each value in a comment."""
        head = [f"# The pod of {_comment(self.task)}, as Flyte 1.16 makes it"]
        head[0] += f" on {_comment(self.platform.name)}." if self.platform.name else "."
        for finding in self.findings.findings:
            said = finding.words or finding.message
            head.append(f"# {finding.severity.value}: {_comment(said)}")
        body = [
            line.text
            if line.source is None
            else f"{line.text}  # {_comment(str(line.source))}"
            for line in self.lines
        ]
        return "\n".join([*head, *body]) + "\n"

    @cached_property
    def findings(self) -> CheckReport:
        """What is wrong with the pod, and what is not known of it."""
        return CheckReport.of(self.task, _findings(self))

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values; sources are by JSON pointers."""
        manifest = self.manifest
        return {
            "task": self.task,
            "platform": self.platform.name,
            "accepted": self.accepted,
            "code": self.code,
            "words": self.words,
            "findings": [
                {
                    "rule": one.rule,
                    "severity": one.severity.value,
                    "path": one.path,
                    "message": one.message,
                    "words": one.words,
                    "fix": one.fix,
                }
                for one in self.findings.findings
            ],
            "pod": None if manifest is None else shown_pod(self),
            "sources": {
                _pointer(path): str(source) for path, source in self.sources.items()
            },
        }

    def __repr__(self) -> str:
        if self.accepted:
            name = self.forecast.pod["metadata"]["name"] if self.forecast.pod else ""
            return f"Pod({name!r}, {self.findings.verdict})"
        return f"Pod({self.task!r}, none: {shorten(self.words, 200)})"


def shown_pod(made: Pod) -> Json:
    """Return the manifest without the platform's credentials."""
    shown: Json = _without_credentials(made.manifest, (), made.sources)
    return shown


_CREDENTIAL = re.compile(
    r"(--storage\.connection\.(?:secret|access)-key=).+", re.DOTALL
)


def _without_credentials(value: Any, path: Path, sources: Mapping[Path, Source]) -> Any:
    if isinstance(value, dict):
        copied = {
            key: _without_credentials(each, (*path, key), sources)
            for key, each in value.items()
        }
        source = sources.get((*path, "value"))
        is_platforms = source is not None and source.party == "platform"
        if is_platforms and looks_secret(str(value.get("name", ""))):
            copied["value"] = HIDDEN
        return copied
    if isinstance(value, list):
        return [
            _without_credentials(each, (*path, index), sources)
            for index, each in enumerate(value)
        ]
    if isinstance(value, str) and value.startswith("--storage.connection."):
        return _CREDENTIAL.sub(rf"\g<1>{HIDDEN}", value)
    return value


def _findings(made: Pod) -> Iterator[Finding]:
    forecast = made.forecast
    for fault in forecast.faults:
        path, _, _ = fault.partition(": ")
        message = "Kubernetes refuses the pod."
        fix = _fix(made, path)
        yield Finding(
            "pod.refused", Severity.ERROR, path, message, "run", fault, fix=fix
        )
    if forecast.code and not forecast.faults:
        message = f"The engine makes no pod: the execution fails with {forecast.code}."
        yield Finding("pod.none", Severity.ERROR, "", message, "run", forecast.words)
    elif not forecast.code and forecast.pod is None:
        yield Finding("pod.none", Severity.WARNING, "", forecast.words, "run")
    for sentence in forecast.unknown:
        yield Finding("pod.unknown", Severity.NOTE, "", sentence)
    if made.platform == UNKNOWN:
        message = (
            "No platform is given: the pod is that of Flyte's built-in configuration, "
            "and default resources and limits are missing."
        )
        fix = "Pass platform=kit.Platform.sandbox() (--platform sandbox) or your own."
        yield Finding("pod.platform", Severity.NOTE, "", message, fix=fix)
    for key, near in Propeller.unread(made.platform.propeller):
        message = f"The platform's {key} is not read. Did you mean {near}?"
        yield Finding("pod.platform", Severity.WARNING, "", message)


def _fix(made: Pod, path: str) -> str:
    """Name who said the value that is refused."""
    steps = _steps(path)
    known = [source for at, source in made.sources.items() if at[: len(steps)] == steps]
    said = list(dict.fromkeys(str(source) for source in known))
    return f"It comes from {said[0]}." if len(said) == 1 else ""


def _steps(path: str) -> Path:
    """Read a path of Kubernetes: ``spec.containers[0].env[1].name``."""
    found = re.findall(r"([^.\[\]]+)|\[([^\]]*)\]", path)
    return tuple(name or (int(key) if key.isdigit() else key) for name, key in found)


def _pointer(path: Path) -> str:
    escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in escaped)


# YAML


def _lines(
    value: Any, path: Path, sources: Mapping[Path, Source], indent: str
) -> Iterator[PodLine]:
    """Yield the lines of a value that is an object or a list and not empty."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _entry(
                f"{indent}{_scalar(key)}:", each, (*path, key), sources, indent
            )
        return
    for index, each in enumerate(value):
        where = (*path, index)
        if not isinstance(each, (dict, list)) or not each:
            yield PodLine(f"{indent}- {_scalar(each)}", sources.get(where))
            continue
        inner = list(_lines(each, where, sources, f"{indent}  "))
        first = inner[0]
        yield first._replace(text=f"{indent}- {first.text[len(indent) + 2 :]}")
        yield from inner[1:]


def _entry(
    head: str, value: Any, path: Path, sources: Mapping[Path, Source], indent: str
) -> Iterator[PodLine]:
    if isinstance(value, (dict, list)) and value:
        yield PodLine(head)
        inner = indent if isinstance(value, list) else f"{indent}  "
        yield from _lines(value, path, sources, inner)
    else:
        yield PodLine(f"{head} {_scalar(value)}", sources.get(path))


_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
_WORDS = frozenset(
    ("true", "false", "yes", "no", "on", "off", "null", "y", "n", ".inf", ".nan")
)
_ESCAPES = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def _scalar(value: Any) -> str:
    """Write a value of JSON on one line of YAML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return "{}" if isinstance(value, dict) else "[]"
    if not isinstance(value, str):
        return str(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return '"' + "".join(map(_character, value)) + '"'


def _character(character: str) -> str:
    known = _ESCAPES.get(character)
    if known is not None:
        return known
    if character.isprintable() and character != "\ufeff":
        return character
    code = ord(character)
    form = "x{:02x}" if code < 2**8 else "u{:04x}" if code < 2**16 else "U{:08x}"
    return "\\" + form.format(code)


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in shorten(text, 2_000))
