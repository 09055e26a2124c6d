"""The same workflows in flytekit and here: the messages are equal."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from flyteidl.admin import workflow_pb2
from task.flows_of_both import define
from task.workflows import step

import kit

NAMES = (
    *("documented", "settings", "attributes", "named_one", "values", "overridden"),
    "block",
)
SETTINGS = kit.SerializationSettings(project="p", domain="d", version="v")
KIT = SimpleNamespace(
    step=step,
    workflow=kit.workflow,
    imperative=kit.workflow,
    Resources=kit.Resources,
    TaskMetadata=kit.TaskMetadata,
    GPUAccelerator=kit.GPUAccelerator,
    WorkflowFailurePolicy=kit.WorkflowFailurePolicy,
)


@pytest.fixture(scope="module")
def theirs() -> dict[str, workflow_pb2.WorkflowSpec]:
    """Return what flytekit makes of the workflows, with upstream nodes in order."""
    folder = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, str(folder / "flows_by_flytekit.py")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "FLYTE_SDK_RICH_TRACEBACKS": "0"},
    )
    assert done.returncode == 0, done.stderr
    specs = {}
    for name, text in json.loads(done.stdout.splitlines()[-1]).items():
        specs[name] = workflow_pb2.WorkflowSpec.FromString(base64.b64decode(text))
        for node in specs[name].template.nodes:
            node.upstream_node_ids[:] = sorted(node.upstream_node_ids)
    return specs


@pytest.mark.flytekit
@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_is_what_flytekit_makes(
    name: str, theirs: dict[str, workflow_pb2.WorkflowSpec]
) -> None:
    """Template, documentation and all: equal, but for the name of the module."""
    flows = define(KIT)
    assert set(flows) == set(NAMES) == set(theirs)
    ours = kit.workflow_spec(flows[name], SETTINGS)
    theirs[name].template.id.name = ours.template.id.name
    assert ours == theirs[name]
