"""The same expressions give the same messages in flytekit and here."""

from __future__ import annotations

import base64
import datetime as dt
import json
import subprocess
import sys
from typing import Union

import pytest

from kit.definition import accelerators
from kit.definition.artifacts import (
    Artifact,
    ArtifactInputs,
    Granularity,
    TimePartition,
)
from kit.definition.interface import Interface, parameter_map
from kit.definition.metadata import Description, Documentation, SourceCode, TaskMetadata
from kit.definition.resources import Resources, override_resources
from kit.definition.security import Identity, Secret, SecurityContext

pytestmark = pytest.mark.flytekit

DEVICES = [
    name
    for name in sorted(vars(accelerators))
    if isinstance(getattr(accelerators, name), accelerators.BaseAccelerator)
]
PARTS = [
    f"accelerators.{name}.{part}.to_flyte_idl()"
    for name in DEVICES
    for part in sorted(dir(getattr(accelerators, name)))
    if part.startswith(("partition_", "slice_", "unpartitioned"))
]
OTHERS = [
    "extended(accelerator=accelerators.A100, shared_memory='1Gi')",
    "extended(shared_memory=True)",
    "metadata(TaskMetadata())",
    "metadata(TaskMetadata(timeout=-5, retries=2, interruptible=False))",
    "metadata(TaskMetadata(cache=True, cache_version='1', generates_deck=True))",
    "metadata(TaskMetadata(timeout=dt.timedelta(microseconds=1), labels={'a': 'b'}))",
    "metadata(TaskMetadata(is_eager=True, deprecated='x', pod_template_name='p'))",
    "overrides(Resources(cpu=0.5, mem='1Gi'), Resources(gpu=0, mem=''))",
    "Documentation('s', Description('', icon_link='i')).to_flyte_idl()",
    "Documentation(source_code=SourceCode('c')).to_flyte_idl()",
    "Documentation('s', Description('v', 'u')).to_flyte_idl()",
    "SecurityContext(Identity('r', ''), [Secret('', 'k')]).to_flyte_idl()",
    "Artifact('p', 'd', 'n', 'v', partition_keys=['a']).to_id_idl()",
    "Artifact(name='n', time_partitioned=True).to_id_idl()",
    "Artifact(name='n', partition_keys=['a', 'b'])(a='1').to_partial_artifact_id()",
    "Artifact(name='n', time_partitioned=True)().to_partial_artifact_id()",
    "hourly()(time_partition=Inputs.t).to_partial_artifact_id()",
    "Artifact(name='n', partition_keys=['a']).query(a=Inputs.x).to_flyte_idl()",
    "hourly().query(time_partition=TimePartition(dt.datetime.max)).to_flyte_idl()",
    "hourly().query(time_partition=dt.datetime(2024, 1, 1)).to_flyte_idl()",
    "Artifact(name='n', time_partitioned=True).query().to_flyte_idl()",
    "parameters({'a': (int, 0), 'b': str, 'c': Union[int, None], 'd': (str, '')})",
    "parameters({'a': (Union[int, None], 3), 'b': (List[int], [1])})",
    "parameters({'a': (int, Artifact('p', 'd', 'n', 'v'))})",
    "parameters({'a': (int, Artifact(name='n', partitions={'k': 'v'}))})",
    "parameters({'a': (int, Artifact(name='n', partition_keys=['k']).query(k='v'))})",
]
EXPRESSIONS = [*(f"accelerators.{name}.to_flyte_idl()" for name in DEVICES), *PARTS]
EXPRESSIONS += OTHERS

KIT = {
    "accelerators": accelerators,
    "extended": accelerators.extended_resources,
    "metadata": lambda facts: facts.to_message("python", "1.16.31"),
    "overrides": override_resources,
    "hourly": lambda: Artifact(
        name="n", time_partitioned=True, time_partition_granularity=Granularity.HOUR
    ),
    "dt": dt,
    "parameters": lambda inputs: parameter_map(Interface(inputs)),
    "List": list,
    "Union": Union,
    **{
        kind.__name__: kind
        for kind in (Artifact, Description, Documentation, Identity, Resources)
    },
    **{
        kind.__name__: kind
        for kind in (Secret, SecurityContext, SourceCode, TaskMetadata, TimePartition)
    },
    "Inputs": ArtifactInputs,
}
ORACLE = """
import base64, json, sys
import datetime as dt
from typing import List, Union
import flytekit
from flyteidl.core.artifact_id_pb2 import HOUR
from flytekit.core.artifact import Artifact, Inputs, TimePartition
from flytekit.core.base_task import TaskMetadata
from flytekit.core.context_manager import FlyteContextManager
from flytekit.core.interface import Interface, transform_inputs_to_parameters
from flytekit.core.resources import Resources
from flytekit.core.resources import construct_extended_resources as extended
from flytekit.core.resources import convert_resources_to_resource_model
from flytekit.extras import accelerators
from flytekit.models.documentation import Description, Documentation, SourceCode
from flytekit.models.security import Identity, Secret, SecurityContext
def metadata(facts):
    return facts.to_taskmetadata_model().to_flyte_idl()
def overrides(requests, limits):
    return convert_resources_to_resource_model(requests, limits).to_flyte_idl()
def parameters(inputs):
    context = FlyteContextManager.current_context()
    return transform_inputs_to_parameters(context, Interface(inputs)).to_flyte_idl()
def hourly():
    return Artifact(name="n", time_partitioned=True, time_partition_granularity=HOUR)
def write(text):
    return base64.b64encode(eval(text).SerializeToString(deterministic=True)).decode()
print(json.dumps([write(text) for text in json.load(sys.stdin)]))
"""


@pytest.fixture(scope="module")
def oracle():
    """What flytekit makes of every expression, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", ORACLE],
        input=json.dumps(EXPRESSIONS),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout.splitlines()[-1])
    return dict(zip(EXPRESSIONS, map(base64.b64decode, answers), strict=True))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_equals_flytekit(oracle, expression):
    """The parsed messages are equal."""
    message = eval(expression, dict(KIT))  # noqa: S307 - the expressions stand above

    assert message == type(message).FromString(oracle[expression])


def test_every_device_of_flytekit_is_known(oracle):
    """No name is missing, and each part is compared."""
    assert len(DEVICES) == 18
    assert len(PARTS) == 10 + 3 * 8 + 0 + (11 - 8) + 5
    assert set(oracle) == set(EXPRESSIONS)
