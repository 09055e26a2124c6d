from __future__ import annotations

import dataclasses
import logging
import subprocess
import sys
import threading

import pytest

from kit.errors import CheckpointError, ContextAttributeError, ContextError
from kit.shim.context import (
    current_context,
    from_environment,
    local_context,
    use_context,
)
from kit.storage import Storage, current_storage, use_storage

ENGINE = {
    "FLYTE_INTERNAL_EXECUTION_ID": "f1a2",
    "FLYTE_INTERNAL_EXECUTION_PROJECT": "p",
    "FLYTE_INTERNAL_EXECUTION_DOMAIN": "d",
    "FLYTE_INTERNAL_TASK_PROJECT": "tp",
    "FLYTE_INTERNAL_TASK_DOMAIN": "td",
    "FLYTE_INTERNAL_TASK_NAME": "tn",
    "FLYTE_INTERNAL_TASK_VERSION": "tv",
}
SHORT = {
    "_F_NM": "f1a2",
    "_F_PRJ": "p",
    "_F_DM": "d",
    "_F_TK_PRJ": "tp",
    "_F_TK_DM": "td",
    "_F_TK_NM": "tn",
    "_F_TK_V": "tv",
}


def of_container(environ, **kwargs):
    """Make the context of a container with these variables."""
    return from_environment(
        environ,
        working_directory="/w",
        raw_output_prefix="/raw",
        output_metadata_prefix="/out",
        **kwargs,
    )


def test_outside_a_run():
    """There is always a context; outside a run everything in it is local."""
    context = current_context()
    assert context is local_context()
    assert context.execution_id.name == "local"
    assert context.task_id.version == "local"
    assert context.is_local
    assert context.execution_date.tzinfo is not None
    context.checkpoint.write(b"progress")


@pytest.mark.parametrize("environ", [ENGINE, SHORT])
def test_identifiers_of_a_container(environ):
    """The engine's variables, long or short, are the identifiers."""
    context = of_container(environ)
    execution, task = context.execution_id, context.task_id
    assert (execution.project, execution.domain, execution.name) == ("p", "d", "f1a2")
    assert (task.project, task.domain, task.name) == ("tp", "td", "tn")
    assert task.version == "tv"
    assert context.output_metadata_prefix == "/out"


def test_use_context(context):
    """A context is the current one inside the block only."""
    with use_context(context):
        assert current_context() is context
    assert current_context() is local_context()


@pytest.mark.parametrize("process_wide", [True, False])
def test_threads(context, process_wide):
    """A process that runs one task lets its threads see the context too."""
    seen = []
    with use_context(context, process_wide=process_wide):
        thread = threading.Thread(target=lambda: seen.append(current_context()))
        thread.start()
        thread.join()
    assert seen == [context if process_wide else local_context()]


def test_context_is_read_only(context):
    """Facts of a run do not change."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        context.raw_output_prefix = "elsewhere"


def test_attributes_of_a_task_type(context):
    """A task type gives its executors what they find by name, in any case."""
    made = context.with_attributes(spark_session="s")
    assert made.spark_session == "s"
    assert made.get("SPARK_SESSION") == "s"
    assert made.has_attr("Spark_Session")
    assert not context.has_attr("spark_session")


def test_unknown_attribute(context):
    """The error is an AttributeError with flytekit's sentence."""
    with pytest.raises(ContextAttributeError, match="are you in right task-type") as e:
        _ = context.spark_session
    assert isinstance(e.value, ContextError)
    assert not hasattr(context, "spark_session")


def test_no_checkpoint(context):
    """A run without a place for checkpoints says how to get one."""
    with pytest.raises(CheckpointError, match="Checkpointing is not available"):
        _ = context.checkpoint


def test_logger_leaves_the_process_alone(context):
    """Outside a container the logger has no handler of its own."""
    before = logging.getLogger("kit.task").handlers[:]
    assert context.logging.name == "kit.task"
    assert context.logging.handlers == before


def test_two_levels_of_flytekit(context):
    """Code that asks for user_space_params finds the same context."""
    assert context.user_space_params is context


@pytest.mark.flytekit
def test_inside_a_run_of_flytekit(tmp_path):
    """While flytekit runs a task, its context is the one seen here."""
    from flytekit.core.context_manager import ExecutionState, FlyteContextManager

    current = FlyteContextManager.current_context()
    params = current.user_space_params.new_builder(current.user_space_params)
    params.working_dir = str(tmp_path)
    state = current.new_execution_state().with_params(
        mode=ExecutionState.Mode.TASK_EXECUTION, user_space_params=params.build()
    )
    builder = current.new_builder().with_execution_state(state)
    with FlyteContextManager.with_context(builder) as theirs:
        context = current_context()
        assert context.working_directory == str(tmp_path)
        assert context.execution_id.name == "local"
        assert not context.is_local
        assert context.decks is theirs.user_space_params.decks
        with pytest.raises(CheckpointError):
            _ = context.checkpoint
    assert current_context() is local_context()


def test_flytekit_is_not_imported():
    """Asking for the context loads no flytekit."""
    script = "import sys, kit.shim.context as c; c.current_context(); "
    script += "sys.exit('flytekit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_local_context_keeps_no_storage_of_a_run(tmp_path):
    """Asked for inside a run for the first time, it is still the process's own."""
    local_context.cache_clear()
    with use_storage(Storage(str(tmp_path / "raw"), str(tmp_path / "work"))):
        context = local_context()
    assert not context.working_directory.startswith(str(tmp_path))
    assert context.working_directory == current_storage().working_dir
