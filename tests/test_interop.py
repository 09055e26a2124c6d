"""Executors of one kit run in the other's container, as processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flyteidl.core import errors_pb2, literals_pb2

import kit

pytestmark = pytest.mark.flytekit

KIT_EXECUTORS = """
from kit.definition.executor import ShimTaskExecutor
from kit.shim.context import current_context
from kit.shim.context import Deck


class Work(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        return f"{tt.id.name} {tt.custom['table']} {kwargs['a']} {tt.type}"


class Context(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        context = current_context()
        Deck("mine", "<b>1</b>")
        context.logging.info("at work")
        with open(context.working_directory + "/file", "w") as file:
            file.write("x")
        secret = context.secrets.get("db", "k")
        return f"{context.execution_id.name} {context.task_id.name} {secret}"


class Fails(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        raise ValueError("inside")
"""

FLYTEKIT_EXECUTORS = """
import flytekit
from flytekit.core.base_task import IgnoreOutputs
from flytekit.core.shim_task import ShimTaskExecutor
from flytekit.exceptions.user import FlyteRecoverableException
from flytekit.types.file import FlyteFile


class Work(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        return f"{tt.id.name} {tt.custom['table']} {kwargs['a']} {tt.type}"


class Context(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        context = flytekit.current_context()
        flytekit.Deck("mine", "<b>1</b>")
        context.logging.info("at work")
        with open(context.working_directory + "/file", "w") as file:
            file.write("x")
        secret = context.secrets.get("db", "k")
        return f"{context.execution_id.name} {context.task_id.name} {secret}"


class Fails(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        raise ValueError("inside")


class Retry(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        raise FlyteRecoverableException("later")


class Ignore(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        raise IgnoreOutputs("mine")


class Peek(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        names = sorted(tt.interface.inputs) + sorted(tt.interface.outputs)
        resources = tt.container.resources
        return str([
            names, tt.container.image, tt.container.env, tt.config,
            tt.metadata.discoverable, tt.metadata.retries.retries,
            tt.interface.inputs["a"].type.simple, tt.id.version,
            sorted(tt.custom.items()),
            [(r.name, r.value) for r in resources.requests],
        ])
"""

ENGINE = {
    "FLYTE_INTERNAL_EXECUTION_ID": "f1",
    "FLYTE_INTERNAL_TASK_NAME": "lab.theirs",
    "_FSEC_DB_K": "42",
    "FLYTE_SDK_RICH_TRACEBACKS": "0",
}
FLYTEKIT_RESOLVER = (
    "flytekit.core.python_customized_container_task.default_task_template_resolver"
)


@pytest.fixture(scope="module")
def template():
    """A template as flytekit itself makes it."""
    from flytekit import Resources
    from flytekit.configuration import Image, ImageConfig, SerializationSettings
    from flytekit.core.interface import Interface
    from flytekit.core.python_customized_container_task import (
        PythonCustomizedContainerTask,
    )
    from flytekit.core.shim_task import ShimTaskExecutor

    class Theirs(PythonCustomizedContainerTask):
        def get_custom(self, settings):
            return {"table": "penguins", "limit": 3}

    task = Theirs(
        "lab.theirs",
        None,
        "ghcr.io/acme/sql:1",
        ShimTaskExecutor,
        interface=Interface({"a": int}, {"o": str}),
        requests=Resources(cpu="1", mem="1Gi"),
        environment={"A": "b"},
    )
    settings = SerializationSettings(
        project="p",
        domain="d",
        version="v",
        env={},
        image_config=ImageConfig(Image("default", "i", "1")),
    )
    return task.serialize_to_model(settings).to_flyte_idl().SerializeToString()


@pytest.fixture
def lab(tmp_path, template):
    """A folder with executors of both kinds, a template, and inputs."""
    (tmp_path / "kit_executors.py").write_text(KIT_EXECUTORS)
    (tmp_path / "flytekit_executors.py").write_text(FLYTEKIT_EXECUTORS)
    (tmp_path / "t.pb").write_bytes(template)
    inputs = literals_pb2.LiteralMap()
    inputs.literals["a"].scalar.primitive.integer = 12
    (tmp_path / "inputs.pb").write_bytes(inputs.SerializeToString())
    return tmp_path


def execute(lab, runtime, executor):
    """Run an executor in a container's process and return the folder of its outputs."""
    out = lab / f"out-{runtime}"
    command = {
        "kit": [sys.executable, "-m", "kit.entrypoint"],
        "flytekit": [str(Path(sys.executable).with_name("pyflyte-execute"))],
    }[runtime]
    arguments = [
        *("--inputs", str(lab / "inputs.pb"), "--output-prefix", str(out)),
        *("--raw-output-data-prefix", str(lab / "raw")),
        *("--resolver", FLYTEKIT_RESOLVER, "--", str(lab / "t.pb"), executor),
    ]
    root = str(Path(kit.__file__).parents[1])
    done = subprocess.run(
        [*command, *arguments],
        cwd=lab,
        env={**os.environ, **ENGINE, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out


def output(out):
    """Read the text of the output."""
    error = out / "error.pb"
    assert not error.exists(), error.read_bytes()
    literals = literals_pb2.LiteralMap.FromString((out / "outputs.pb").read_bytes())
    return literals.literals["o"].scalar.primitive.string_value


@pytest.mark.parametrize("name", ["Work", "Context"])
def test_all_four_ways_give_the_same(lab, name):
    """Either kind of executor gives the same in either container."""
    seen = {
        (runtime, kind): output(execute(lab, runtime, f"{kind}_executors.{name}"))
        for runtime in ("kit", "flytekit")
        for kind in ("kit", "flytekit")
    }
    expected = {
        "Work": "lab.theirs penguins 12 python-task",
        "Context": "f1 lab.theirs 42",
    }
    assert set(seen.values()) == {expected[name]}


def test_view_of_the_template(lab):
    """An executor reads the same facts off kit's view and flytekit's model."""
    ours = output(execute(lab, "kit", "flytekit_executors.Peek"))
    theirs = output(execute(lab, "flytekit", "flytekit_executors.Peek"))
    assert ours == theirs
    assert "penguins" in ours


@pytest.mark.parametrize(
    ("executor", "kind", "code"),
    [
        ("flytekit_executors.Fails", "NON_RECOVERABLE", "USER:ValueError"),
        ("flytekit_executors.Retry", "RECOVERABLE", "USER:Recoverable"),
    ],
)
def test_errors_of_flytekits_executors(lab, executor, kind, code):
    """Their errors are the user's, and recoverable if they say so."""
    out = execute(lab, "kit", executor)
    error = errors_pb2.ErrorDocument.FromString((out / "error.pb").read_bytes()).error
    assert errors_pb2.ContainerError.Kind.Name(error.kind) == kind
    assert error.code == code


def test_ignore_outputs_of_flytekit(lab):
    """Their IgnoreOutputs ends a run well."""
    out = execute(lab, "kit", "flytekit_executors.Ignore")
    assert not out.exists()


def test_error_of_kits_executor_in_flytekit(lab):
    """Under pyflyte-execute an error of kit's executor is in error.pb too."""
    out = execute(lab, "flytekit", "kit_executors.Fails")
    error = errors_pb2.ErrorDocument.FromString((out / "error.pb").read_bytes()).error
    assert "ValueError: inside" in error.message
