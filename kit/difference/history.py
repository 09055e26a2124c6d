"""The definitions of tasks in this session, to compare the present one with.

After each cell, tasks that are new among the notebook's variables are remembered as the
bytes of what would be registered, so that neither they nor what they refer to are kept
alive.  Outside of a notebook, and before ``%load_ext kit``, nothing is remembered.
"""

from __future__ import annotations

import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kit.notebook import interactive_shell
from kit.shim.executable import RAISED
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, task_spec

_MOST_BYTES = 64 * 2**20

Task = PythonCustomizedContainerTask[Any]
_TASK = PythonCustomizedContainerTask


@dataclass(frozen=True)
class PastDefinition:
    """A task as a cell defined it.

    Attributes:
        name: Its name.
        number: 1 for the first definition of that name, 2 for the next one, …
        data: The TaskSpec with the settings of a local call, as bytes.
    """

    name: str
    number: int
    data: bytes = field(repr=False)


class History:
    """Definitions by name, within bounds: the oldest ones go first.

    Args:
        limit: The most bytes to keep.
    """

    def __init__(self, *, limit: int = _MOST_BYTES) -> None:
        self._limit = limit
        self._kept: deque[PastDefinition] = deque()
        self._count: dict[str, int] = {}
        self._size = 0
        self._seen: weakref.WeakValueDictionary[int, Task] = (
            weakref.WeakValueDictionary()  # by id: an author's tasks may have no hash
        )

    def of(self, name: str) -> tuple[PastDefinition, ...]:
        """Return the definitions of a name, the oldest first."""
        return tuple(entry for entry in self._kept if entry.name == name)

    def record(self, tasks: Iterable[Task]) -> list[Task]:
        """Remember those tasks that are new and can be registered as they are.

        Returns:
            The new ones.
        """
        new = [task for task in tasks if self._seen.get(id(task)) is not task]
        for task in new:
            self._seen[id(task)] = task
            data = _spec_bytes(task)
            if data is not None:
                self._add(task.name, data)
        return new

    def _add(self, name: str, data: bytes) -> None:
        known = self.of(name)
        if known and known[-1].data == data:
            return
        self._count[name] = self._count.get(name, 0) + 1
        entry = PastDefinition(name, self._count[name], data)
        self._kept.append(entry)
        self._size += len(data)
        while self._size > self._limit and len(self._kept) > 1:
            self._size -= len(self._kept.popleft().data)

    def __repr__(self) -> str:
        return f"History({len(self._kept)} definitions)"


_session = History()
_observers: list[Callable[[Sequence[Task]], None]] = []


def history(task: Any) -> tuple[PastDefinition, ...]:
    """Return the definitions that a task's name has had in this session.

    Each is a side of :func:`kit.diff`.  They are remembered after each cell, once
    ``%load_ext kit`` has been run.

    Args:
        task: The task, or its name.

    Returns:
        The oldest first; the last one is the present one, if it could be registered.

    Example:
        >>> history("etl.load")
        ()
    """
    return _session.of(task if isinstance(task, str) else task.name)


def follow(ip: Any) -> None:
    """Remember the tasks of a shell, now and after each cell.

    To call it again changes nothing.
    """
    unfollow(ip)
    _session.record(_tasks(ip))
    ip.events.register("post_run_cell", _after_cell)


def observe(observer: Callable[[Sequence[Task]], None]) -> None:
    """Call a function after each cell that is followed, with the tasks that are new.

    To call it again with the same function changes nothing. It must not raise.
    """
    if observer not in _observers:
        _observers.append(observer)


def unfollow(ip: Any) -> None:
    """Remember no more."""
    if _after_cell in ip.events.callbacks["post_run_cell"]:
        ip.events.unregister("post_run_cell", _after_cell)


def _after_cell(_result: Any) -> None:
    from IPython import get_ipython

    new = _session.record(_tasks(get_ipython()))
    for observer in _observers:
        observer(new)


def _tasks(ip: Any) -> list[Task]:
    """Return the tasks among a shell's variables, each once.

    They are told by type: some objects do something when asked for their class.
    """
    found = [v for v in list(ip.user_ns.values()) if issubclass(type(v), _TASK)]
    return list({id(task): task for task in found}.values())


def session_tasks() -> list[Task]:
    """Return the tasks among the variables of the notebook; none if there is none."""
    shell = interactive_shell()
    return [] if shell is None else _tasks(shell)


def _spec_bytes(task: Task) -> bytes | None:
    """Return what would be registered; ``None`` if the definition cannot be written."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return task_spec(task, LOCAL_SETTINGS).SerializeToString(deterministic=True)
    except RAISED:  # get_custom is the author's; a run will raise it
        return None
