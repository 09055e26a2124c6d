"""What a task needs to be installed in an image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.settings import SerializationSettings
from kit.definition.shipment import Shipment
from kit.source.requirements import (
    OWN_EXTRAS,
    ImportedModules,
    distributions_with,
    shipped_modules,
)
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import runtime_of

KIT = "flyte-task-kit"


@dataclass(frozen=True)
class TaskRequirements:
    """What a task needs besides Python.

    Attributes:
        packages: Distributions, as pip takes them.
        modules: Files and folders of modules that no distribution brings, by name.
        notes: What its author should know.
    """

    packages: tuple[str, ...]
    modules: dict[str, Path]
    notes: tuple[str, ...]


def task_requirements(
    task: PythonCustomizedContainerTask[Any],
    settings: SerializationSettings,
    packages: Iterable[str] = (),
) -> TaskRequirements:
    """Find what a task needs: its runtime, its executor, and what these import.

    Args:
        task: The task.
        settings: What its template is made with.
        packages: Requirements besides.

    Raises:
        DefinitionError: The task's template cannot be made.
    """
    shipment = task.shipment(settings)
    template = task.serialize_to_model(settings).to_flyte_idl()
    runtime = runtime_of(task.runtime, settings)  # the module is called as it
    reached = shipped_modules(shipment)
    for module in (*_loaded_modules(template, shipment), runtime):
        reached.follow(module)
    wanted, notes = _distributions(reached)
    own = [KIT] if "kit" in reached.installed else []
    extras = _extras(reached, with_deck=template.metadata.generates_deck.value)
    if own and extras:
        own = [f"{KIT}[{','.join(extras)}]"]
    requirements = dict.fromkeys((*own, *wanted, *packages))
    return TaskRequirements(tuple(requirements), reached.own, tuple(notes))


def _loaded_modules(template: TaskTemplate, shipment: Shipment) -> Iterator[str]:
    """Yield what the container imports by name: the resolver and the executor."""
    words = list(template.container.args)
    if "--resolver" in words[:-1]:
        yield words[words.index("--resolver") + 1]
    yield shipment.location


def _distributions(reached: ImportedModules) -> tuple[list[str], list[str]]:
    owners = distributions_with(sorted(reached.installed - {"kit"}))
    names = dict.fromkeys(name for found in owners.values() for name in found)
    notes = [
        f"The module {module} is imported somewhere, and is not installed here: name "
        "what brings it in packages, if the task needs it."
        for module in sorted(reached.missing)
    ]
    return list(names), notes


def _extras(reached: ImportedModules, *, with_deck: bool) -> list[str]:
    extras = [name for name in OWN_EXTRAS if name in reached.installed]
    return [*(["deck"] if with_deck else []), *extras]
