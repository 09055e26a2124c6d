"""kit as the interpreter's implementation, through its public interface."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from flyteidl.admin import task_pb2
from flyteidl.core import (
    interface_pb2,
    literals_pb2,
    tasks_pb2,
    types_pb2,
    workflow_pb2,
)

from conformance.library import Library
from kit.definition import accelerators
from kit.definition.artifacts import Artifact, ArtifactInputs
from kit.definition.executor import ShimTaskExecutor
from kit.definition.images import Image, ImageConfig, render_image
from kit.definition.interface import Docstring, Interface, kwtypes, typed_interface
from kit.definition.metadata import Description, Documentation, SourceCode, TaskMetadata
from kit.definition.resources import Resources
from kit.definition.security import Secret
from kit.definition.settings import SerializationSettings
from kit.errors import IgnoreOutputs
from kit.resolver import TaskTemplateResolver, default_task_template_resolver
from kit.shim.cache import cache_key
from kit.storage import Storage, use_storage
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, task_spec, task_template
from kit.template.view import TaskTemplateView
from kit.types import (
    FlyteAnnotation,
    FlyteDirectory,
    FlyteFile,
    FlyteSchema,
    HashMethod,
    StructuredDataset,
    default_engine,
)

TEMPLATE_KINDS = frozenset(
    {"task_template", "task_template_local", "task_spec", "loader_args", "node"}
)
"""Kinds whose result says which runtime the container has."""


class Kit(Library):
    """kit's classes, for tasks whose container runs flytekit or kit."""

    names = {  # noqa: RUF012 - read only
        "FlyteFile": FlyteFile,
        "FlyteDirectory": FlyteDirectory,
        "StructuredDataset": StructuredDataset,
        "FlyteSchema": FlyteSchema,
        "kwtypes": kwtypes,
        "HashMethod": HashMethod,
        "FlyteAnnotation": FlyteAnnotation,
        "Artifact": Artifact,
        "Inputs": ArtifactInputs,
        "IgnoreOutputs": IgnoreOutputs,
        "LiteralMap": literals_pb2.LiteralMap,
    }
    PythonCustomizedContainerTask = PythonCustomizedContainerTask
    ShimTaskExecutor = ShimTaskExecutor
    TaskTemplateResolver = TaskTemplateResolver
    Interface = Interface
    Docstring = Docstring
    Resources = Resources
    Secret = Secret
    TaskMetadata = TaskMetadata
    Documentation = Documentation
    Description = Description
    SourceCode = SourceCode
    Image = Image
    ImageConfig = ImageConfig

    def __init__(self, operation: str) -> None:
        self.runtime = "flytekit" if operation in TEMPLATE_KINDS else None

    @contextlib.contextmanager
    def isolated(self, folder: str) -> Iterator[None]:
        self.raw_output_prefix = f"{folder}/raw"
        storage = Storage(
            raw_output_prefix=self.raw_output_prefix, working_dir=f"{folder}/work"
        )
        with use_storage(storage):
            yield

    def make_task(self, task_class: Any, arguments: dict[str, Any]) -> Any:
        return task_class(**arguments, runtime=self.runtime)

    def make_settings(self, arguments: dict[str, Any], _entry: dict[str, Any]) -> Any:
        """Make the settings; fast registration and default resources change nothing."""
        return SerializationSettings(**arguments)

    def extended_resources(
        self, **arguments: Any
    ) -> tasks_pb2.ExtendedResources | None:
        return accelerators.extended_resources(**arguments)

    def literal_type(self, python_type: Any) -> types_pb2.LiteralType:
        return default_engine.literal_type(python_type)

    def literal(self, value: Any, python_type: Any) -> literals_pb2.Literal:
        return default_engine.to_literal(value, python_type)

    def to_python(self, literal: literals_pb2.Literal, python_type: Any) -> Any:
        return default_engine.to_python(literal, python_type)

    def guess_type(self, literal_type: types_pb2.LiteralType) -> Any:
        return default_engine.guess_type(literal_type)

    def typed_interface(self, interface: Any) -> interface_pb2.TypedInterface:
        return typed_interface(interface)

    def task_template(self, task: Any, settings: Any) -> tasks_pb2.TaskTemplate:
        return task_template(task, settings)

    def local_template(self, task: Any) -> tasks_pb2.TaskTemplate:
        return task_template(task, LOCAL_SETTINGS)

    def task_spec(self, task: Any, settings: Any) -> task_pb2.TaskSpec:
        return task_spec(task, settings)

    def view(self, template: tasks_pb2.TaskTemplate) -> Any:
        return TaskTemplateView.from_flyte_idl(template)

    def node_metadata(self, task: Any) -> workflow_pb2.NodeMetadata:
        return task.construct_node_metadata()

    def nodes(
        self,
        workflow: dict[str, Any],
        inputs: dict[str, Any],
        build: Any,
        settings: Any,
    ) -> list[workflow_pb2.Node]:
        from kit.task.workflow import workflow as define
        from kit.task.workflow import workflow_template

        with define(workflow["name"], inputs=inputs) as made:
            build(made.inputs)
        return list(workflow_template(made, settings).nodes)

    def node_of(self, promise: Any) -> Any:
        first = promise[0] if isinstance(promise, tuple) else promise
        return first.node

    def render_image(self, image: Any, image_config: Any) -> str:
        return render_image(image, image_config)

    def cache_key(
        self,
        name: str,
        version: str,
        inputs: literals_pb2.LiteralMap,
        ignore: tuple[str, ...],
    ) -> str:
        return cache_key(name, version, inputs, ignore)

    def load_task(self, loader_args: list[str]) -> Any:
        return default_task_template_resolver.load_task(loader_args)

    def dispatch(
        self, task: Any, inputs: literals_pb2.LiteralMap
    ) -> literals_pb2.LiteralMap:
        return task.dispatch_execute(None, inputs)
