"""Decide how an executor reaches its container: as a module, or inside the template.

A module is better where it is sure: it is read, tested and versioned with the image.
It is sure unless the notebook made it: what was defined in a cell or a script lives in
``__main__``, and a module in a folder that only the notebook looks into is on no other
machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.definition.shipment import (
    DEFAULT_INLINE_LIMIT,
    IMPORTABLE,
    INLINE_EXECUTOR,
    INLINE_KEY,
    Exported,
    Ship,
    Shipment,
    module_shipment,
)
from kit.errors import AuthoringError, ExecutorError, ShippingError
from kit.source.python_version import check_python

if TYPE_CHECKING:
    from kit.source.module import ModuleSource


EXECUTOR_MODULE = "__kit_executor_module__"
"""What a module has that its author wants to be one, though a notebook made it."""


@dataclass(frozen=True, kw_only=True)
class Shipping:
    """What decides on the way of one executor.

    Attributes:
        executor: Its class, or the function that it is.
        location: Its dotted name.
        problem: Why no other process finds it under that name, if so.
        task: The task's name, for errors.
        ship: The way that its author chose, if any.
        limit: Bytes of source that the template may hold.
        exported: The module that it was written to, if it was.
        image: The image it is for, as far as its name is known.
        secrets: Returns values that must not stand in the source.
    """

    executor: type[Any] | Callable[..., Any]
    location: str
    task: str
    problem: str | None = None
    ship: Ship | None = None
    limit: int = DEFAULT_INLINE_LIMIT
    exported: Exported | None = None
    image: str = ""
    secrets: Callable[[], Iterable[str]] = tuple

    def shipment(self) -> Shipment:
        """Return the way, and what it needs.

        Raises:
            ExecutorError: It can go neither way, or not the one that was chosen.
            AuthoringError: Its source cannot leave the place where it was written.
        """
        if self.ship == "inline":
            return self._inline("ship='inline' says so")
        if self.ship == "export":
            return self._export()
        if self.problem is None:
            if hasattr(sys.modules.get(self.executor.__module__), EXECUTOR_MODULE):
                return module_shipment(self.location, "%%executor_module says so")
            only_here = self._only_here()
            if only_here is not None:
                return self._inline(only_here)
            return module_shipment(self.location, IMPORTABLE)
        if self.ship is None:
            return self._inline(self.problem)
        msg = (
            f"{self._who} cannot ship as a module: "
            f"{self.problem}. Leave ship out to send its source, or move it to the top "
            "level of a module of the image."
        )
        raise ShippingError(msg)

    @property
    def _who(self) -> str:
        location = self.location.removesuffix(".executor_type")  # of a function
        return f"The executor {location} of task {self.task!r}"

    def _only_here(self) -> str | None:
        """Say why only this notebook can import its module, as half a sentence."""
        from kit.source.imports import is_importable

        module = self.executor.__module__
        if is_importable(module):
            return None
        file = getattr(sys.modules.get(module), "__file__", None)
        if file is not None and Path(file).resolve().is_relative_to(Path.cwd()):
            return f"{module} is a file beside the notebook"
        return f"{module} is not installed, and only this notebook finds it"

    def _inline(self, why: str) -> Shipment:
        source = self._source(f"ships inline, for {why}")
        self._check_size(len(source.text.encode()))
        from kit.inline import inline_document

        document = inline_document(source.name, source.executor, source.text)
        return Shipment("inline", INLINE_EXECUTOR, why, document, source.notes)

    def _export(self) -> Shipment:
        """Ship the module that was written, if it still is what the executor is."""
        exported = self.exported
        if exported is None:
            msg = (
                f"{self._who} ships as the module that an export writes, for "
                "ship='export' says so, and it was not exported in this session. Call "
                'kit.export(task, "…/") first.'
            )
            raise ShippingError(msg)
        source = self._source("ships as an exported module")
        if source.digest != exported.digest:
            msg = (
                f"{self._who} changed since it was exported to {exported.path}, and "
                "the container would run what is there. Export it again: "
                f"kit.export(task, {exported.path!r}, overwrite=True)."
            )
            raise ShippingError(msg)
        why = f"it was exported to {exported.path}"
        return Shipment("export", exported.location, why, notes=source.notes)

    def _source(self, how: str) -> ModuleSource:
        # Only what needs its source waits for the tools that read it.
        from kit.source.module import self_contained

        try:
            source = self_contained(self.executor, forbidden=self.secrets())
        except AuthoringError as error:
            raise self._stuck(how, error) from error
        check_python(source.text, self.image, self._who)
        return source

    def _stuck(self, how: str, error: AuthoringError) -> ExecutorError | AuthoringError:
        """Say why its source is needed, and why it cannot travel; of the same class."""
        text = f"{self._who} {how}; but its source cannot travel. {error}"
        if "<locals>" not in self.executor.__qualname__:
            return type(error)(text)
        kind = "class" if isinstance(self.executor, type) else "function"
        return ShippingError(f"{text} Move the {kind} to the top level of its module.")

    def _check_size(self, size: int) -> None:
        if size <= self.limit:
            return
        msg = (
            f"{self._who} has {size:,} bytes of source, and a template takes "
            f"{self.limit:,} of them under custom[{INLINE_KEY!r}]: Flyte reads it "
            f"often. Put the code into a module of the image (ship='module'), or say "
            f"inline_limit={size} for task {self.task!r}."
        )
        raise ShippingError(msg)
