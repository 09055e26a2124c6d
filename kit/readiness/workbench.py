"""``kit.workbench``: the tasks of a session, each with its ladder."""

from __future__ import annotations

import os
from typing import Any

from kit.definition.settings import SerializationSettings
from kit.difference.history import session_tasks
from kit.errors import CallError
from kit.notebook import Shown, interactive_shell
from kit.readiness.ladder import Readiness, readiness_of
from kit.running.start import task_named
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS

Task = PythonCustomizedContainerTask[Any]


class Workbench(Shown):
    """Tasks and how ready each of them is, asked anew whenever it is shown.

    Args:
        tasks: The tasks; None for those of the session, also later ones.
        settings: What their templates are made with.
    """

    def __init__(
        self, tasks: tuple[Task, ...] | None, settings: SerializationSettings
    ) -> None:
        self._tasks = tasks
        self.settings = settings

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks, by name; of several definitions of a name the last one."""
        found = session_tasks() if self._tasks is None else self._tasks
        named = {task.name: task for task in found}
        return tuple(named[name] for name in sorted(named))

    @property
    def ladders(self) -> tuple[Readiness, ...]:
        """The ladder of each task as it is now; nothing is climbed."""
        return tuple(readiness_of(task, self.settings) for task in self.tasks)

    def __repr__(self) -> str:
        return f"Workbench({', '.join(task.name for task in self.tasks)})"


def workbench(
    *tasks: Task | str | os.PathLike[str],
    settings: SerializationSettings = LOCAL_SETTINGS,
) -> Workbench:
    """Show every task of the session with its readiness ladder.

    In a notebook the view is live: it is sorted by a click on a column, opens the
    preview of a task, and climbs the ladders of all of them.

    Args:
        *tasks: The tasks, or texts that name them (``tasks.py:load``); by default those
            among the notebook's variables.
        settings: What their templates are made with.

    Raises:
        CallError: Outside of a notebook, if no tasks are given.
        TargetError: A text names no task.

    Example:
        >>> from kit.decorator import container_task
        >>> @container_task(image="acme/a:1", name="double")
        ... def double(tt, n: int) -> int:
        ...     return 2 * n
        >>> workbench(double).ladders
        (Readiness('double': check passed, proof not tried, run not tried, ...
    """
    if not tasks and interactive_shell() is None:
        msg = (
            "kit.workbench() shows the tasks of a notebook, and this is none. Name the "
            "tasks: kit.workbench(load, clean)."
        )
        raise CallError(msg)
    named = tuple(task_named(task, "kit.workbench") for task in tasks)
    return Workbench(named or None, settings)
