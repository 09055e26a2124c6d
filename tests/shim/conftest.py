from __future__ import annotations

import pytest
from flyteidl.core import identifier_pb2, tasks_pb2, types_pb2

from kit.shim.context import ExecutionContext
from kit.storage import Storage, use_storage


def _literal_type(spec):
    if isinstance(spec, types_pb2.LiteralType):
        return spec
    return types_pb2.LiteralType(simple=spec)


def _template(*, inputs=None, outputs=None, config=None, deck=False, name="lab.t"):
    template = tasks_pb2.TaskTemplate(type="python-task", config=config or {})
    template.id.name = name
    template.id.resource_type = identifier_pb2.TASK
    template.metadata.runtime.flavor = "kit"
    template.metadata.generates_deck.value = deck
    for names, variables in (
        (inputs, template.interface.inputs.variables),
        (outputs, template.interface.outputs.variables),
    ):
        for variable, spec in (names or {}).items():
            variables[variable].type.CopyFrom(_literal_type(spec))
    return template


@pytest.fixture
def make_template():
    """Make a template with an interface of literal types, or of simple types."""
    return _template


@pytest.fixture
def storage(tmp_path):
    """A storage of the test's own, current while the test runs."""
    made = Storage(
        raw_output_prefix=str(tmp_path / "raw"), working_dir=str(tmp_path / "work")
    )
    (tmp_path / "work").mkdir()
    with use_storage(made):
        yield made


@pytest.fixture
def context(storage):
    """A context of a run of the test's own."""
    return ExecutionContext(
        execution_id=identifier_pb2.WorkflowExecutionIdentifier(name="e1"),
        task_id=identifier_pb2.Identifier(name="lab.t"),
        working_directory=storage.working_dir,
        raw_output_prefix=storage.raw_output_prefix,
    )
