"""The outputs of a run, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kit.errors import nearest
from kit.shown import Shown

__all__ = ["Outputs"]


class Outputs(Shown, Mapping[str, Any]):
    """Python values by name, in the order of the interface.

    An output is an item, and an attribute too where its name is none of a mapping's
    own.

    Args:
        values: The values.
        task: Name of the task.

    >>> outputs = Outputs({"o0": 3}, task="double")
    >>> outputs["o0"], outputs.o0
    (3, 3)
    """

    def __init__(self, values: Mapping[str, Any], *, task: str) -> None:
        self._values = dict(values)
        self.task = task

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
        if not self._values:
            return f"The run of {self.task!r} made no outputs."
        made = ", ".join(self._values)
        text = f"The run of {self.task!r} made no output {name!r}; it made {made}."
        return text + nearest(name, self._values)

    def __repr__(self) -> str:
        return repr(self._values)
