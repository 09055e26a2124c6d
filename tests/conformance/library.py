"""What an implementation offers to the interpreter; one for kit, one for flytekit."""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Mapping
from typing import Any

from flyteidl.admin import task_pb2
from flyteidl.core import (
    interface_pb2,
    literals_pb2,
    tasks_pb2,
    types_pb2,
    workflow_pb2,
)


class Library(abc.ABC):
    """An implementation: its classes under flytekit's names, and its operations."""

    names: Mapping[str, Any]
    PythonCustomizedContainerTask: Any
    ShimTaskExecutor: Any
    TaskTemplateResolver: Any
    Interface: Any
    Docstring: Any
    Resources: Any
    Secret: Any
    TaskMetadata: Any
    Documentation: Any
    Description: Any
    SourceCode: Any
    Image: Any
    ImageConfig: Any
    raw_output_prefix: str = ""

    def isolated(self, _folder: str) -> contextlib.AbstractContextManager[None]:
        """Keep what a case writes inside a folder."""
        return contextlib.nullcontext()

    # Making

    def make_task(self, task_class: Any, arguments: dict[str, Any]) -> Any:
        """Make a task of the author's class."""
        return task_class(**arguments)

    @abc.abstractmethod
    def make_settings(self, arguments: dict[str, Any], entry: dict[str, Any]) -> Any:
        """Make SerializationSettings; ``entry`` is all that the case says of them."""

    @abc.abstractmethod
    def extended_resources(
        self, **arguments: Any
    ) -> tasks_pb2.ExtendedResources | None:
        """Make extended resources from ``shared_memory``."""

    # Types

    @abc.abstractmethod
    def literal_type(self, python_type: Any) -> types_pb2.LiteralType:
        """Return the literal type of a Python type."""

    @abc.abstractmethod
    def literal(self, value: Any, python_type: Any) -> literals_pb2.Literal:
        """Convert a value."""

    @abc.abstractmethod
    def to_python(self, literal: literals_pb2.Literal, python_type: Any) -> Any:
        """Convert a literal."""

    @abc.abstractmethod
    def guess_type(self, literal_type: types_pb2.LiteralType) -> Any:
        """Guess the Python type."""

    @abc.abstractmethod
    def typed_interface(self, interface: Any) -> interface_pb2.TypedInterface:
        """Write an interface."""

    # Templates

    @abc.abstractmethod
    def task_template(self, task: Any, settings: Any) -> tasks_pb2.TaskTemplate:
        """Serialize to the model."""

    @abc.abstractmethod
    def local_template(self, task: Any) -> tasks_pb2.TaskTemplate:
        """Return the template of a local call."""

    @abc.abstractmethod
    def task_spec(self, task: Any, settings: Any) -> task_pb2.TaskSpec:
        """Return what is registered."""

    @abc.abstractmethod
    def view(self, template: tasks_pb2.TaskTemplate) -> Any:
        """Return what an executor sees."""

    @abc.abstractmethod
    def node_metadata(self, task: Any) -> workflow_pb2.NodeMetadata:
        """Return the metadata of a node that calls the task."""

    @abc.abstractmethod
    def nodes(
        self,
        _workflow: dict[str, Any],
        inputs: dict[str, Any],
        build: Any,
        settings: Any,
    ) -> list[workflow_pb2.Node]:
        """Compile a workflow; ``build`` gets its inputs' promises and calls tasks."""

    @abc.abstractmethod
    def node_of(self, promise: Any) -> Any:
        """Return the node that a call made."""

    # Images and the cache

    @abc.abstractmethod
    def render_image(self, image: Any, image_config: Any) -> str:
        """Render an image."""

    @abc.abstractmethod
    def cache_key(
        self,
        name: str,
        version: str,
        inputs: literals_pb2.LiteralMap,
        ignore: tuple[str, ...],
    ) -> str:
        """Return the key of the local cache."""

    # Running

    @abc.abstractmethod
    def load_task(self, loader_args: list[str]) -> Any:
        """Load a task by the default resolver."""

    @abc.abstractmethod
    def dispatch(
        self, task: Any, inputs: literals_pb2.LiteralMap
    ) -> literals_pb2.LiteralMap:
        """Run a task, or a loaded one, on literals."""
