"""What a launch of the task by itself meets, as the forecast of launches has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flyteidl.core.interface_pb2 import TypedInterface
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.types_pb2 import LiteralType, SimpleType

from kit.checks.report import Severity
from kit.checks.rule import Problem, Subject, error, note, warning
from kit.errors import ConversionError, KitError
from kit.forecast.arrival import arriving_template
from kit.forecast.kubernetes import node_id, variable_names
from kit.forecast.launch import (
    LaunchRefusal,
    forecast_launch,
    most_object_bytes,
    object_bytes,
)
from kit.forecast.registration import compilation_words
from kit.types import default_engine

_NO_INPUTS = LiteralMap()
_NO_ID = "Value required [Id]."


def _of_fault(subject: Subject, path: str, message: str, fix: str) -> Problem:
    words = compilation_words(subject.template, subject.launch_faults)
    return Problem(path, message, fix, words)


@error("ID014", "launch")
def name_makes_node(subject: Subject) -> Iterator[Problem]:
    """The name's end has something that the id of a node can be made of."""
    if subject.template.id.name and any(
        f.text == _NO_ID for f in subject.launch_faults
    ):
        message = "It registers and cannot be launched: no node's id comes of the name."
        fix = "Give the name a letter, a digit or '-' among its last 63 bytes."
        yield _of_fault(subject, "id.name", message, fix)


@error("TT006", "launch")
def variables_are_whole(subject: Subject) -> Iterator[Problem]:
    """Each variable has a name and a type."""
    for path, name, variable in subject.variables():
        if variable.type.WhichOneof("type") is None:
            message = f"It registers and cannot be launched: {name!r:.80} has no type."
            yield _of_fault(subject, f"{path}.type", message, "Give it a type.")
        if not name:
            message = "It registers and cannot be launched: a variable has no name."
            yield _of_fault(subject, path, message, "Give it a name.")


@error("launch.names", "launch")
def variables_can_be_bound(subject: Subject) -> Iterator[Problem]:
    """Names of variables are of ASCII letters, digits and underscores."""
    for path, name, _ in subject.variables():
        if name and variable_names(name) != [name]:
            message = (
                f"It registers and cannot be launched: {name!r:.80} has a character "
                "that is no ASCII letter, digit or underscore."
            )
            yield _of_fault(subject, path, message, "Rename it.")


@error("launch.letters", "run", "RetriesExhausted|OutputsNotFound")
def name_is_ascii(subject: Subject) -> Iterator[Problem]:
    """The letters of the name are ASCII, so that the container finds its files."""
    node = node_id(subject.template.id.name)
    if not node.isascii():
        message = (
            "Launched by itself, the task fails: its name has a letter that is not "
            f"ASCII, and the paths that the container gets have {node!r:.80} "
            "percent-encoded, where no files are. In a workflow it runs."
        )
        fix = "Name the task with ASCII letters: name=... in its definition."
        yield Problem("id.name", message, fix)


_LONG_NODE = 20


@note("launch.container_name", "silent")
def name_is_lower_case(subject: Subject) -> Iterator[Problem]:
    """Without capitals the container is named after the pod."""
    node = node_id(subject.template.id.name)
    if node != node.lower() and len(node.encode()) <= _LONG_NODE:
        message = "Launched by itself, its container gets a random name, for capitals."
        fix = "Where tools look for the container, take its name from the pod."
        yield Problem("id.name", message, fix)


@note("launch.defaults", "launch", "expected_inputs <name> missing")
def defaults_stay_here(subject: Subject) -> Iterator[Problem]:
    """A template has no default values of inputs."""
    if subject.task is None:
        return
    for name in subject.task.python_interface.default_inputs_as_kwargs:
        message = (
            f"{name!r:.80} has a default in Python only: whoever launches the task by "
            "itself must give it."
        )
        fix = "Give it at the launch, or write it into a launch plan."
        yield Problem(f"interface.inputs.{name}", message, fix)


@error("launch.default", "python")
def defaults_can_be_sent(subject: Subject) -> Iterator[Problem]:
    """Each default is a value of its input's type."""
    if subject.task is None:
        return
    interface = subject.task.python_interface
    for name, value in interface.default_inputs_as_kwargs.items():
        if not _is_plain(subject.inputs[name].type):
            continue  # making the literal of a file copies it
        why = _unsendable(value, interface.inputs[name])
        if why:
            message = f"A call or launch that leaves {name!r:.80} out fails. {why}"
            path = f"interface.inputs.{name}"
            yield Problem(path, message, "Give it another default.")


def _unsendable(value: Any, python_type: Any) -> str:
    """Return why no literal is made of a default; empty if one is."""
    try:
        default_engine.to_literal(value, python_type)
    except ConversionError as cause:
        return str(cause)
    return ""


def _is_plain(declared: LiteralType) -> bool:
    """Tell a type whose values have no files, folders or tables in them."""
    kind = declared.WhichOneof("type")
    if kind in ("collection_type", "map_value_type"):
        return _is_plain(getattr(declared, kind))
    if kind == "union_type":
        return all(_is_plain(variant) for variant in declared.union_type.variants)
    return kind == "simple" and declared.simple != SimpleType.STRUCT


_LARGE = 2**20
_OF_SIZE = re.compile("too large|larger than max|LIMIT_EXCEEDED")


@warning("TT017", "launch")
def template_fits_cluster(subject: Subject) -> Iterator[Problem]:
    """The template, which each execution copies as JSON, fits into the cluster."""
    template, limit = subject.template, subject.platform.object_limit
    if most_object_bytes(template, _NO_INPUTS) < _LARGE:
        return
    fix = "Put large values into inputs or files, and code into the image."
    size = object_bytes(arriving_template(template, subject.platform), _NO_INPUTS)
    message = (
        f"The template takes {size:,} bytes as JSON of an object of Kubernetes, "
        f"together with the inputs of each launch: at most {limit:,} fit."
    )
    for refusal in _refusals(subject):
        if _OF_SIZE.search(refusal.words):
            told = f"It cannot be launched. {message}"
            error = Severity.ERROR
            yield Problem("template", told, fix, refusal.words, severity=error)
            return
    if size >= _LARGE:
        yield Problem("template", message, fix)


@error("launch.refused", "launch")
def launch_is_accepted(subject: Subject) -> Iterator[Problem]:
    """Flyte accepts a launch of the task, with the inputs that were given if any."""
    for refusal in _refusals(subject):
        if not _OF_SIZE.search(refusal.words):
            path = "id.name" if "workflow closure" in refusal.words else "metadata"
            message = "It registers and cannot be launched."
            yield Problem(path, message, refusal.fix, refusal.words)
    if subject.given_inputs is None or subject.launch_faults:
        return
    try:
        literals = subject.launch_inputs
    except KitError as cause:
        message = f"The inputs cannot be converted. {cause}"
        yield Problem("inputs", message, "Give other values.", stage="python")
        return
    found = forecast_launch(subject.template, literals, subject.platform)
    for refusal in found.refusals:
        path = f"inputs.{refusal.input}" if refusal.input else "inputs"
        message = "Flyte refuses this launch."
        yield Problem(path, message, refusal.fix, refusal.words)
    for said in found.notes:
        if said.input:
            path = f"inputs.{said.input}"
            yield Problem(path, said.text, severity=Severity.WARNING, stage="silent")


def _refusals(subject: Subject) -> tuple[LaunchRefusal, ...]:
    """Return why no launch is accepted, whatever the inputs are."""
    probe = TaskTemplate()
    probe.CopyFrom(subject.template)
    probe.interface.CopyFrom(TypedInterface())
    # Rules of registration look at the identifier, and another one at the node's id.
    probe.id.name = f"{probe.id.name}0".replace("\0", "")
    probe.id.version = probe.id.version.replace("\0", "")
    probe.id.project = probe.id.domain = ""
    platform = subject.registered_anywhere
    return forecast_launch(probe, _NO_INPUTS, platform).refusals
