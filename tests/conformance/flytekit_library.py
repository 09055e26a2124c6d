"""The real flytekit as the interpreter's implementation: the oracle.

Imported only in the oracle's own process: importing flytekit changes the process.
"""

from __future__ import annotations

import collections
from typing import Any

import flytekit
from flyteidl.admin import task_pb2
from flyteidl.core import (
    interface_pb2,
    literals_pb2,
    tasks_pb2,
    types_pb2,
    workflow_pb2,
)
from flytekit import configuration
from flytekit.core import python_auto_container, resources
from flytekit.core.artifact import Artifact, Inputs
from flytekit.core.base_task import IgnoreOutputs
from flytekit.core.context_manager import (
    CompilationState,
    ExecutionState,
    FlyteContext,
    FlyteContextManager,
)
from flytekit.core.docstring import Docstring
from flytekit.core.interface import (
    Interface,
    transform_interface_to_typed_interface,
)
from flytekit.core.local_cache import _calculate_cache_key
from flytekit.core.promise import NodeOutput, Promise
from flytekit.core.python_customized_container_task import (
    PythonCustomizedContainerTask,
    TaskTemplateResolver,
    default_task_template_resolver,
)
from flytekit.core.shim_task import ShimTaskExecutor
from flytekit.core.type_engine import DataclassTransformer, TypeEngine
from flytekit.core.workflow import GLOBAL_START_NODE
from flytekit.models import literals, task, types
from flytekit.models.documentation import Description, Documentation, SourceCode
from flytekit.tools.translator import get_serializable
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile
from flytekit.types.schema import FlyteSchema
from flytekit.types.structured.structured_dataset import StructuredDataset

from conformance.library import Library


class Flytekit(Library):
    """flytekit's classes and what it makes of a definition."""

    names = {  # noqa: RUF012 - read only
        "FlyteFile": FlyteFile,
        "FlyteDirectory": FlyteDirectory,
        "StructuredDataset": StructuredDataset,
        "FlyteSchema": FlyteSchema,
        "kwtypes": flytekit.kwtypes,
        "HashMethod": flytekit.HashMethod,
        "FlyteAnnotation": flytekit.core.annotation.FlyteAnnotation,
        "Artifact": Artifact,
        "Inputs": Inputs,
        "IgnoreOutputs": IgnoreOutputs,
        "LiteralMap": literals.LiteralMap,
    }
    PythonCustomizedContainerTask = PythonCustomizedContainerTask
    ShimTaskExecutor = ShimTaskExecutor
    TaskTemplateResolver = TaskTemplateResolver
    Interface = Interface
    Docstring = Docstring
    Resources = flytekit.Resources
    Secret = flytekit.Secret
    TaskMetadata = flytekit.TaskMetadata
    Documentation = Documentation
    Description = Description
    SourceCode = SourceCode
    Image = configuration.Image
    ImageConfig = configuration.ImageConfig

    def __init__(self) -> None:
        access = FlyteContext.current_context().file_access
        self.raw_output_prefix = access.raw_output_prefix

    def forget(self) -> None:
        """Clear the process wide state that makes results depend on earlier ones."""
        TypeEngine._LITERAL_CACHE.clear()
        DataclassTransformer.guess_python_type.cache_clear()

    def make_settings(self, arguments: dict[str, Any], entry: dict[str, Any]) -> Any:
        if "fast" in entry:
            fast = configuration.FastSerializationSettings(**entry["fast"])
            arguments["fast_serialization_settings"] = fast
        if "default_resources" in entry:
            sizes = entry["default_resources"].items()
            made = {name: flytekit.Resources(**size) for name, size in sizes}
            arguments["default_resources"] = resources.ResourceSpec(**made)
        return configuration.SerializationSettings(**arguments)

    def extended_resources(
        self, **arguments: Any
    ) -> tasks_pb2.ExtendedResources | None:
        return resources.construct_extended_resources(**arguments)

    def literal_type(self, python_type: Any) -> types_pb2.LiteralType:
        return TypeEngine.to_literal_type(python_type).to_flyte_idl()

    def literal(self, value: Any, python_type: Any) -> literals_pb2.Literal:
        expected = TypeEngine.to_literal_type(python_type)
        context = FlyteContext.current_context()
        literal = TypeEngine.to_literal(context, value, python_type, expected)
        return literal.to_flyte_idl()

    def to_python(self, literal: literals_pb2.Literal, python_type: Any) -> Any:
        model = literals.Literal.from_flyte_idl(literal)
        context = FlyteContext.current_context()
        return TypeEngine.to_python_value(context, model, python_type)

    def guess_type(self, literal_type: types_pb2.LiteralType) -> Any:
        model = types.LiteralType.from_flyte_idl(literal_type)
        return TypeEngine.guess_python_type(model)

    def typed_interface(self, interface: Any) -> interface_pb2.TypedInterface:
        model = transform_interface_to_typed_interface(
            interface, allow_partial_artifact_id_binding=True
        )
        return model.to_flyte_idl()

    def task_template(self, task: Any, settings: Any) -> tasks_pb2.TaskTemplate:
        return task.serialize_to_model(settings).to_flyte_idl()

    def local_template(self, task: Any) -> tasks_pb2.TaskTemplate:
        return task.task_template.to_flyte_idl()

    def task_spec(self, task: Any, settings: Any) -> task_pb2.TaskSpec:
        mapping: Any = collections.OrderedDict()
        return get_serializable(mapping, settings, task).to_flyte_idl()

    def view(self, template: tasks_pb2.TaskTemplate) -> Any:
        return task.TaskTemplate.from_flyte_idl(template)

    def node_metadata(self, task: Any) -> workflow_pb2.NodeMetadata:
        return task.construct_node_metadata().to_flyte_idl()

    def nodes(
        self,
        _workflow: dict[str, Any],
        inputs: dict[str, Any],
        build: Any,
        settings: Any,
    ) -> list[workflow_pb2.Node]:
        context = FlyteContextManager.current_context()
        state = CompilationState(prefix="")
        compiling = context.with_compilation_state(state)
        with FlyteContextManager.with_context(compiling):
            build(
                {
                    name: Promise(name, NodeOutput(node=GLOBAL_START_NODE, var=name))
                    for name in inputs
                }
            )
        mapping: Any = collections.OrderedDict()
        return [
            get_serializable(mapping, settings, node).to_flyte_idl()
            for node in state.nodes
        ]

    def node_of(self, promise: Any) -> Any:
        first = promise[0] if isinstance(promise, tuple) else promise
        return first.ref.node

    def render_image(self, image: Any, image_config: Any) -> str:
        render = python_auto_container.get_registerable_container_image
        return render(image, image_config)

    def cache_key(
        self,
        name: str,
        version: str,
        inputs: literals_pb2.LiteralMap,
        ignore: tuple[str, ...],
    ) -> str:
        model = literals.LiteralMap.from_flyte_idl(inputs)
        return _calculate_cache_key(name, version, model, ignore)

    def load_task(self, loader_args: list[str]) -> Any:
        with FlyteContextManager.with_context(self._executing()):
            return default_task_template_resolver.load_task(loader_args)

    def dispatch(
        self, task: Any, inputs: literals_pb2.LiteralMap
    ) -> literals_pb2.LiteralMap:
        model = literals.LiteralMap.from_flyte_idl(inputs)
        with FlyteContextManager.with_context(self._executing()) as context:
            return task.dispatch_execute(context, model).to_flyte_idl()

    def _executing(self) -> Any:
        context = FlyteContextManager.current_context()
        mode = ExecutionState.Mode.TASK_EXECUTION
        state = context.new_execution_state().with_params(mode=mode)
        return context.with_execution_state(state)
