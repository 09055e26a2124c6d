"""``kit.arrives``: the template that a container reads, and what it lost on its way."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.tasks_pb2 import Resources, TaskTemplate
from flyteidl.core.types_pb2 import LiteralType

from kit.definition.settings import SerializationSettings
from kit.difference.diff import value_json
from kit.difference.edits import Edit, Steps, compare_messages, without_secrets
from kit.errors import CustomWarning, TemplateError, render_path
from kit.forecast.arrival import arriving_template
from kit.forecast.platform import UNKNOWN, Platform
from kit.notebook import Shown
from kit.targets import task_or_message
from kit.task.task import PythonCustomizedContainerTask
from kit.template.files import template_of
from kit.template.serialize import LOCAL_SETTINGS, task_template
from kit.template.view import TaskTemplateView

Task = PythonCustomizedContainerTask[Any]
What = Literal["dropped", "settled", "rewritten"]

_DESCRIPTION = "Descriptions of variables are not copied into the cluster."
_METADATA = (
    "A type loses its metadata (the JSON schema of a dataclass or model): an executor "
    "whose parameter has no annotation receives a dict."
)
_ANNOTATION = "A type loses its annotation unless it has the key cache-key-metadata."
_EMPTY = "An interface without inputs or outputs arrives with empty ones."
_RESOURCES = (
    "flyteadmin fills requests and limits in from each other and from the platform's "
    "defaults, cuts them to its limits, and spells them as Kubernetes does."
)
_NUMBERS = "The template travels as JSON: NaN and infinities become text, -0.0 is 0."


@dataclass(frozen=True)
class Mark:
    """A place where the template that arrives differs from the registered one.

    Attributes:
        path: The place: ``interface.inputs.x.type.metadata``.
        what: ``dropped`` (it does not arrive), ``settled`` (resources, by the
            platform) or ``rewritten`` (a value that JSON does not have).
        before: What was registered, as JSON; ``None`` if nothing was.
        after: What arrives, as JSON; ``None`` if nothing does.
        why: A sentence.
    """

    path: str
    what: What
    before: Any
    after: Any
    why: str


@dataclass(frozen=True, repr=False)
class Arrival(Shown):
    """The template that a task's container reads.

    Attributes:
        registered: The template as it is registered.
        template: The template as it arrives.
        marks: Where they differ, in the order of the fields.
        platform: Where it arrives; its name is empty if none is known.
        task: The task that the template was made of; None if it came from elsewhere.
        settings: What it was made with, if there is a task.
    """

    registered: TaskTemplate
    template: TaskTemplate
    marks: tuple[Mark, ...]
    platform: Platform = UNKNOWN
    task: Task | None = None
    settings: SerializationSettings | None = None

    def __repr__(self) -> str:
        count = len(self.marks)
        places = "1 place" if count == 1 else f"{count:,} places"
        name = self.template.id.name
        return f"Arrival({name!r}: {places} differ from what is registered)"


def arrives(
    task: Task | TaskTemplate | TaskSpec | TaskTemplateView | str | os.PathLike[str],
    /,
    settings: SerializationSettings | None = None,
    platform: Platform | str | os.PathLike[str] | None = None,
) -> Arrival:
    """Return the template that a task's container reads on Flyte, and what changed.

    Args:
        task: A task, a template, or a text that names one: ``tasks.py:load``, a
            template file, ``package.tgz::task``.
        settings: What a task's template is made with; those of a local run by default.
        platform: The deployment, which settles resources: also a preset's name
            (``flyte-core``) or a file; by default none is known.

    Raises:
        TargetError: The text names no task or template.
        TemplateError: It is no task and no template.
        DefinitionError: The task's template cannot be made.

    Example:
        >>> from flyteidl.core.tasks_pb2 import TaskTemplate
        >>> template = TaskTemplate(type="sql")
        >>> template.custom["limit"] = float("nan")
        >>> arrives(template).marks[0].path, arrives(template).marks[0].after
        ('custom.limit', 'NaN')
    """
    deployment = Platform.of(platform)
    thing = task_or_message(task)
    if isinstance(thing, PythonCustomizedContainerTask):
        chosen = settings or LOCAL_SETTINGS
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CustomWarning)  # they are marks
            made = task_template(thing, chosen)
        return arrival(made, deployment, task=thing, settings=chosen)
    message: Any = thing.to_flyte_idl() if hasattr(thing, "to_flyte_idl") else thing
    if not isinstance(message, (TaskTemplate, TaskSpec)):
        msg = f"kit.arrives takes a task or a TaskTemplate, got {thing!r:.80}."
        raise TemplateError(msg)
    return arrival(template_of(message), deployment)


def arrival(
    registered: TaskTemplate,
    platform: Platform = UNKNOWN,
    *,
    task: Task | None = None,
    settings: SerializationSettings | None = None,
) -> Arrival:
    """Return the arriving template of a registered one, and where they differ.

    A pure function of the template and the platform.

    Args:
        registered: The template as it is registered; it is not changed.
        platform: Where it arrives.
        task: The task that the template was made of, for views.
        settings: What it was made with, for views.
    """
    arrived = arriving_template(registered, platform)
    marks = tuple(_marks(registered, arrived))
    return Arrival(registered, arrived, marks, platform, task, settings)


def _marks(old: TaskTemplate, new: TaskTemplate) -> Iterator[Mark]:
    for side in ("inputs", "outputs"):
        steps = ("interface", side)
        before, after = getattr(old.interface, side), getattr(new.interface, side)
        if old.HasField("interface") and not old.interface.HasField(side):
            yield _mark(Edit(steps, "added", None, after), "settled", _EMPTY)
        yield from _variables(before, after, steps)
    for edit in compare_messages(old, new):
        if edit.steps[:2] == ("container", "resources"):
            if edit.kind != "reordered":
                yield _mark(edit, "settled", _RESOURCES)
        elif edit.steps[0] in ("custom", "k8s_pod"):
            yield _mark(edit, "rewritten", _NUMBERS)


def _mark(edit: Edit, what: What, why: str) -> Mark:
    before, after = (
        None if value is None else _json(without_secrets(edit.steps, value))
        for value in (edit.before, edit.after)
    )
    return Mark(render_path(edit.steps), what, before, after, why)


def _json(value: Any) -> Any:
    return (
        value.value if isinstance(value, Resources.ResourceEntry) else value_json(value)
    )


def _variables(old: VariableMap, new: VariableMap, steps: Steps) -> Iterator[Mark]:
    for name in sorted(old.variables):
        before, after = old.variables[name], new.variables[name]
        place = (*steps, name)
        if before.description:
            where = (*place, "description")
            edit = Edit(where, "removed", before.description, None)
            yield _mark(edit, "dropped", _DESCRIPTION)
        yield from _types(before.type, after.type, (*place, "type"))


def _types(old: LiteralType, new: LiteralType, steps: Steps) -> Iterator[Mark]:
    """Compare two types that differ in nothing but metadata and annotations."""
    for field, why in (("metadata", _METADATA), ("annotation", _ANNOTATION)):
        if not old.HasField(field):
            continue
        before, place = getattr(old, field), (*steps, field)
        if not new.HasField(field):
            yield _mark(Edit(place, "removed", before, None), "dropped", why)
        else:
            for edit in compare_messages(before, getattr(new, field), place):
                yield _mark(edit, "rewritten", _NUMBERS)
    for (place, before), (_, after) in zip(
        _parts(old, steps), _parts(new, steps), strict=True
    ):
        yield from _types(before, after, place)


def _parts(kind: LiteralType, steps: Steps) -> Iterator[tuple[Steps, LiteralType]]:
    """Yield the types in a type, and where they are."""
    fields = kind.structure.dataclass_type
    for name in sorted(fields):
        yield (*steps, "structure", name), fields[name]
    which = kind.WhichOneof("type")
    if which in ("collection_type", "map_value_type"):
        yield (*steps, which), getattr(kind, which)
    elif which == "union_type":
        for position, variant in enumerate(kind.union_type.variants):
            yield (*steps, which, "variants", position), variant
    elif which == "structured_dataset_type":
        for column in kind.structured_dataset_type.columns:
            yield (*steps, which, "columns", column.name), column.literal_type
