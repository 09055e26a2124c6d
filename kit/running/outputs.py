"""The outputs of a run, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap

from kit.errors import nearest
from kit.shown import Shown

__all__ = ["OutputFacts", "Outputs", "facts_of"]


@dataclass(frozen=True)
class OutputFacts:
    """What is known of outputs beside their values.

    Attributes:
        task: Name of the task.
        literals: The same values on the wire, None if they are not known.
        types: Their declared Python types, where they are known.
    """

    task: str
    literals: LiteralMap | None = None
    types: Mapping[str, Any] = field(default_factory=dict)


class Outputs(Shown, Mapping[str, Any]):
    """Python values by name, in the order of the interface.

    An output is an item, and an attribute too where its name is none of a mapping's
    own.

    Args:
        values: The values.
        task: Name of the task.
        literals: The same values on the wire, if they are known.
        types: Their declared Python types, if they are known.

    >>> outputs = Outputs({"o0": 3}, task="double")
    >>> outputs["o0"], outputs.o0
    (3, 3)
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        *,
        task: str,
        literals: LiteralMap | None = None,
        types: Mapping[str, Any] | None = None,
    ) -> None:
        self._values = dict(values)
        self._facts = OutputFacts(task, literals, dict(types or {}))

    def __getitem__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise KeyError(self._unknown(name)) from None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # asked for by copies and by IPython
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(self._unknown(name)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def _unknown(self, name: str) -> str:
        task = self._facts.task
        if not self._values:
            return f"The run of {task!r} made no outputs."
        made = ", ".join(self._values)
        text = f"The run of {task!r} made no output {name!r}; it made {made}."
        return text + nearest(name, self._values)

    def __repr__(self) -> str:
        return repr(self._values)


def facts_of(outputs: Outputs) -> OutputFacts:
    """Return what is known of outputs; an attribute would hide an output's name."""
    return outputs._facts  # noqa: SLF001 - of the same module
