"""Meet flytekit where both are in one process, without ever importing it.

An executor written for kit may be started by ``pyflyte-execute``, and one written for
flytekit by ``kit-execute``.  In both cases flytekit is already loaded by someone else;
everything here looks at ``sys.modules`` and does nothing when it is not.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flyteidl.core import literals_pb2

    from kit.shim.context import ExecutionContext

_CONTEXTS = "flytekit.core.context_manager"
_NOTHING = contextlib.nullcontext()
_EXECUTOR = ("flytekit.core.shim_task", "ShimTaskExecutor")


def running_parameters() -> Any | None:
    """Return flytekit's ``ExecutionParameters`` when flytekit is running a task."""
    module = sys.modules.get(_CONTEXTS)
    if module is None:
        return None
    state = module.FlyteContextManager.current_context().execution_state
    if state is None or state.mode is None:
        return None
    return state.user_space_params


def is_local() -> bool:
    """Say whether flytekit's run, if there is one, is not a container's."""
    module = sys.modules.get(_CONTEXTS)
    if module is None:
        return True
    state = module.FlyteContextManager.current_context().execution_state
    return state is None or bool(state.is_local_execution())


def in_flytekit_workflow() -> bool:
    """Return whether a workflow of flytekit's is being defined, or runs here."""
    module = sys.modules.get(_CONTEXTS)
    if module is None or not hasattr(module, "FlyteContextManager"):
        return False
    context = module.FlyteContextManager.current_context()
    if context.compilation_state is not None and context.compilation_state.mode == 1:
        return True
    state = context.execution_state
    mode = getattr(state, "mode", None)
    return getattr(mode, "name", "") == "LOCAL_WORKFLOW_EXECUTION"


def checkpoint_of(params: Any) -> Any | None:
    """Return the checkpoint of flytekit's parameters, or None where it would raise."""
    try:
        return params.checkpoint
    except NotImplementedError:
        return None


def share_context(
    context: ExecutionContext, executor: object
) -> AbstractContextManager[None]:
    """Let ``flytekit.current_context()`` answer with this run for flytekit's executors.

    Without it an executor written for flytekit would be told that it runs locally, and
    would not find its secrets.
    """
    module = sys.modules.get(_CONTEXTS)
    if module is None or not _is_flytekits(executor):
        return _NOTHING
    return _shared(module, context)


def _is_flytekits(executor: object) -> bool:
    classes = type(executor).__mro__
    return any((cls.__module__, cls.__name__) == _EXECUTOR for cls in classes)


@contextlib.contextmanager
def _shared(module: Any, context: ExecutionContext) -> Iterator[None]:
    manager = module.FlyteContextManager
    current = manager.current_context()
    access = sys.modules["flytekit.core.data_persistence"].FileAccessProvider(
        local_sandbox_dir=context.working_directory,
        raw_output_prefix=context.raw_output_prefix,
    )
    modes = module.ExecutionState.Mode
    state = current.new_execution_state().with_params(
        mode=modes.LOCAL_TASK_EXECUTION if context.is_local else modes.TASK_EXECUTION,
        user_space_params=_parameters(module, context),
    )
    builder = current.new_builder().with_file_access(access).with_execution_state(state)
    with manager.with_context(builder):
        yield


def _parameters(module: Any, context: ExecutionContext) -> Any:
    identifiers = sys.modules["flytekit.models.core.identifier"]
    execution, task = context.execution_id, context.task_id
    return module.ExecutionParameters(
        execution_date=context.execution_date,
        tmp_dir=context.working_directory,
        stats=None,
        execution_id=identifiers.WorkflowExecutionIdentifier(
            execution.project, execution.domain, execution.name
        ),
        logging=context.logging,
        raw_output_prefix=context.raw_output_prefix,
        output_metadata_prefix=context.output_metadata_prefix,
        checkpoint=context.checkpoints,
        decks=context.decks,
        task_id=identifiers.Identifier(
            identifiers.ResourceType.TASK,
            task.project,
            task.domain,
            task.name,
            task.version,
        ),
        enable_deck=context.enable_deck,
        **context.attributes,
    )


def mro_names(value: object) -> set[str]:
    """Name the classes an object is an instance of, as ``module.Name``."""
    return {f"{cls.__module__}.{cls.__name__}" for cls in type(value).__mro__}


def is_in_container() -> bool:
    """Say whether flytekit's own entrypoint runs a task in this process."""
    return running_parameters() is not None and not is_local()


def flytekit_outputs(outputs: literals_pb2.LiteralMap) -> Any:
    """Return outputs as flytekit's shim passes them on: by name and as they are."""
    return sys.modules["flytekit.models.literals"].LiteralMap.from_flyte_idl(outputs)


def is_literal_map(value: object) -> bool:
    """Say whether a value is flytekit's map of literals, which its shim passes on."""
    return "flytekit.models.literals.LiteralMap" in mro_names(value)


def user_error(error: Exception) -> Exception:
    """Return the exception that flytekit's entrypoint takes for an error of a user.

    Everything else that leaves its shim is a system error to it, which Flyte tries
    again three times.
    """
    names = mro_names(error)
    if "flytekit.exceptions.user.FlyteUserRuntimeException" in names:
        return error
    if "kit.errors.IgnoreOutputs" in names:
        ignore = sys.modules["flytekit.core.base_task"].IgnoreOutputs
        return _user_runtime(ignore(str(error)))
    if "kit.errors.RecoverableError" in names:
        module = sys.modules["flytekit.exceptions.user"]
        return _user_runtime(module.FlyteRecoverableException(str(error)))
    return _user_runtime(error)


def _user_runtime(error: Exception) -> Exception:
    made = sys.modules["flytekit.exceptions.user"].FlyteUserRuntimeException(error)
    return made if isinstance(made, Exception) else error
