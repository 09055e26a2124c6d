"""The task of the template pattern: calling it, running it, and making a node of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flyteidl.core import literals_pb2

from kit.shim.context import ExecutionContext
from kit.task.call import (
    ExecutionMode,
    complete_inputs,
    current_compilation,
    input_literals,
    load_from_template,
    name_arguments,
    native_outputs,
    sandboxed,
)
from kit.task.definition import CustomizedContainerDefinition
from kit.template.serialize import LOCAL_SETTINGS, loader_args_of, task_template

if TYPE_CHECKING:
    from flyteidl.core import workflow_pb2

__all__ = ["TC", "PythonCustomizedContainerTask"]


TC = TypeVar("TC")
_MOST_REMEMBERED = 2**20  # bytes
LastRun = tuple[literals_pb2.LiteralMap, literals_pb2.LiteralMap]


class PythonCustomizedContainerTask(CustomizedContainerDefinition[TC]):
    """A task that is an executor class and a template, and nothing else.

    Subclass :class:`~kit.definition.executor.ShimTaskExecutor` and override
    ``execute_from_model``: that is the logic. Subclass this class and override
    ``get_custom`` to put what the executor needs into the template; keep it small, for
    Flyte reads it often. Pass the executor's class as ``executor_type``.

    ``TC`` is the type of the task's configuration.

    Args:
        name: Unique name, usually a module and a function: ``"etl.load"``.
        task_config: Whatever describes this task to its author.
        container_image: The image to run in, or a macro such as ``{{.image.default}}``;
            empty for the default image of the settings.
        executor_type: The executor's class, which is made without arguments.
        task_resolver: What loads the task in the container.
        task_type: The task's type on the wire.
        requests: Resources to ask for.
        limits: Resources to take at most.
        environment: Environment variables of the container.
        secret_requests: Secrets to mount.
        interface: The inputs and outputs.
        metadata: Cache, retries, timeout and the like.
        docs: What is written about the task; the interface's docstring wins over it.
        enable_deck: Whether the task writes a ``deck.html``.
        disable_deck: Deprecated opposite of ``enable_deck``.
        deck_fields: What the deck shows, when there is one.
        task_type_version: The version of the task's type.
        runtime: What runs in the container: ``"kit"``, ``"flytekit"``, or ``None`` to
            leave it to the settings.
        accelerator: A GPU or TPU by name.
        shared_memory: ``True``, or the size of ``/dev/shm``.
        ship: How the executor reaches the container: ``"module"``, imported from the
            image; ``"inline"``, its source in the template; ``"export"``, the module
            that :func:`kit.export` writes; ``None``: as a module if that is installed,
            inline if it was written in a notebook or script.
        inline_limit: Bytes of source that the template may hold, 32 KiB by default.

    Raises:
        DefinitionError: Something that cannot work; its subclasses say what.

    Example:
        >>> from kit.definition.executor import ShimTaskExecutor
        >>> from kit.definition.interface import Interface
        >>> class Sum(ShimTaskExecutor):
        ...     def execute_from_model(self, tt, **kwargs):
        ...         return int(tt.custom["base"]) + kwargs["x"]
        >>> class SumTask(PythonCustomizedContainerTask[None]):
        ...     def get_custom(self, settings):
        ...         return {"base": 40}
        >>> SumTask("sum", None, "acme/sum:1", Sum, interface=Interface({"x": int}))
        SumTask('sum', Sum)
    """

    _last_run: LastRun | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task here; in a workflow's definition, make a node of it.

        Returns:
            The outputs as Python values; a promise of them in a workflow.

        Raises:
            CallError: An argument is missing, unknown or doubled.
            ConversionError: An input does not fit its type.
            OutputError: The executor returned something else than declared.
        """
        values = name_arguments(self.name, self.python_interface, args, kwargs)
        compilation = current_compilation()
        if compilation is not None:
            return self.compile(compilation, **values)
        return self.local_execute(None, **values)

    def compile(self, ctx: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Make a node of the task in the workflow that is being defined.

        Args:
            ctx: The compilation; ``None`` for the current one.
            *args: Inputs by position: values or promises.
            **kwargs: Inputs by name: values or promises.

        Returns:
            A promise, a named tuple of promises, or a void promise.
        """
        from kit.task.nodes import create_node

        values = name_arguments(self.name, self.python_interface, args, kwargs)
        return create_node(ctx, self, values, self._engine)

    def construct_node_metadata(self) -> workflow_pb2.NodeMetadata:
        """Return the metadata of a node of this task."""
        from kit.task.nodes import construct_node_metadata

        return construct_node_metadata(self)

    def local_execution_mode(self) -> ExecutionMode:
        """Return how a call is carried out."""
        return ExecutionMode.LOCAL_TASK_EXECUTION

    def local_execute(self, ctx: ExecutionContext | None, /, **kwargs: Any) -> Any:
        """Run the task on Python values.

        The outputs of an earlier run with equal inputs are taken only with
        ``cache=True`` in the metadata.

        Args:
            ctx: The context to start from; ``None`` for the current one.
            **kwargs: The inputs by name.

        Raises:
            CallError: An input is missing or unknown.
            ConversionError: An input does not fit its type.
            OutputError: The executor returned something else than declared.
        """
        interface = self.python_interface
        values = complete_inputs(self.name, interface, kwargs)
        inputs = input_literals(self.name, interface, values, self._engine)
        outputs = self.run_literals(ctx, inputs)
        self.note_run(inputs, outputs)
        return native_outputs(interface, outputs, self._engine)

    def note_run(
        self, inputs: literals_pb2.LiteralMap, outputs: literals_pb2.LiteralMap
    ) -> None:
        """Remember what the task was last run on and what came out, to test it by.

        Large literals are not kept in memory for that.
        """
        if inputs.ByteSize() + outputs.ByteSize() <= _MOST_REMEMBERED:
            self._last_run = inputs, outputs

    @property
    def last_run(self) -> LastRun | None:
        """The inputs and outputs of this session's last run that was good and small."""
        return self._last_run

    def run_literals(
        self, ctx: ExecutionContext | None, inputs: literals_pb2.LiteralMap
    ) -> literals_pb2.LiteralMap:
        """Run the task on literals, or take what an equal run left in the cache."""
        if not self.metadata.cache:
            return self.sandbox_execute(ctx, inputs)
        from kit.shim.cache import LocalCache

        with LocalCache() as cache:
            outputs = cache.get(self.name, self.metadata, inputs)
            if outputs is None:
                outputs = self.sandbox_execute(ctx, inputs)
                cache.set(self.name, self.metadata, inputs, outputs)
            return outputs

    def sandbox_execute(
        self, ctx: ExecutionContext | None, input_literal_map: literals_pb2.LiteralMap
    ) -> literals_pb2.LiteralMap:
        """Run the task on literals in a working directory of its own."""
        return self.dispatch_execute(sandboxed(ctx), input_literal_map)

    def dispatch_execute(
        self, ctx: ExecutionContext | None, input_literal_map: literals_pb2.LiteralMap
    ) -> literals_pb2.LiteralMap:
        """Run the task on literals, from the bytes of its template.

        What the executor sees is what a container would see: the template, the inputs
        and the types guessed from the interface.

        Raises:
            DefinitionError: The template cannot be made.
            ConversionError: An input does not fit its declared type.
            OutputError: The executor returned something else than declared.
        """
        settings = LOCAL_SETTINGS.for_one_template()
        template = task_template(self, settings)
        loader_args = loader_args_of(template)
        if loader_args is None:  # a pod, say, has them somewhere else
            loader_args = self.task_resolver.loader_args(settings, self)
        loaded = load_from_template(
            self.task_resolver,
            loader_args,
            template.SerializeToString(deterministic=True),
            source=f"the template of {self.name}",
        )
        inputs = _through_bytes(input_literal_map)
        return _through_bytes(loaded.dispatch_execute(ctx, inputs))


def _through_bytes(literals: literals_pb2.LiteralMap) -> literals_pb2.LiteralMap:
    """Return the literals as another process would read them."""
    data = literals.SerializeToString(deterministic=True)
    return literals_pb2.LiteralMap.FromString(data)
