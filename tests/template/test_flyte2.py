"""What is deployed on Flyte 2, and how a template travels there."""

from __future__ import annotations

import base64
import builtins
import random
import subprocess
import sys
from pathlib import Path

import pytest
from conformance.platforms import pods
from flyteidl.core import errors_pb2, interface_pb2, tasks_pb2
from flyteidl2.task import common_pb2
from google.protobuf import json_format

from kit.definition.settings import SerializationSettings
from kit.errors import MissingPackageError, StorageNotFoundError, TemplateError
from kit.resolver import default_task_template_resolver
from kit.template import flyte2
from kit.template.serialize import task_template

SETTINGS = SerializationSettings(project="birds", domain="development", version="v1")
PATH = "{{.taskTemplatePath}}"
MODULE = """
import kit

class Executor(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, zebra, ant):
        deck = kit.Deck("seen", "<b>seen</b>")
        if ant == "publish":
            kit.Deck.publish()
        if ant == "fail":
            raise ValueError("as told")
        return zebra, tt.interface.inputs["zebra"].description
"""


@pytest.fixture
def task(tmp_path, monkeypatch):
    """A task with inputs and outputs that are not in the order of their names."""
    (tmp_path / "flyte2_executors.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    from flyte2_executors import Executor

    import kit

    class Task(kit.PythonCustomizedContainerTask):
        def get_custom(self, settings):
            return {"table": "birds"}

    yield Task(
        "birds.deep.task",
        None,
        "image:1",
        Executor,
        interface=kit.Interface(
            inputs={"zebra": (int, 3), "ant": str},
            outputs={"second": int, "first": str},
        ),
        enable_deck=True,
        deck_fields=[],
    )
    sys.modules.pop("flyte2_executors")


@pytest.fixture
def template(task):
    """Its template, with a description that Flyte 1 would drop."""
    message = task_template(task, SETTINGS)
    message.interface.inputs.variables["zebra"].description = "stripes"
    return message


def test_nothing_of_a_template_is_lost():
    """Each recorded template goes there and back, but for its arguments."""
    recorded = {c["template_b64"] for c, _ in pods() if "template_b64" in c}
    assert len(recorded) > 300
    for encoded in recorded:
        data = base64.b64decode(encoded).replace(b"pyflyte-execute", b"kit-execute-now")
        template = tasks_pb2.TaskTemplate.FromString(data)
        place = flyte2.template_url(template)
        url = "s3://b/t" if len(place) > flyte2.MAX_URL_BYTES else None
        made = flyte2.deployed_template(template, url=url)
        back = tasks_pb2.TaskTemplate.FromString(made.SerializeToString())
        expected = tasks_pb2.TaskTemplate.FromString(data)
        if expected.HasField("container"):
            args = [a.replace(PATH, url or place) for a in expected.container.args]
            expected.container.args[:] = args
        if expected.k8s_pod.HasField("pod_spec"):
            spec = expected.k8s_pod.pod_spec
            text = json_format.MessageToJson(spec).replace(PATH, url or place)
            json_format.Parse(text, spec)
        assert back == expected


def test_inputs_and_outputs_keep_the_order_of_the_definition(template):
    """On Flyte 2 the order of variables means something."""
    made = flyte2.deployed_template(template, inputs=["zebra", "ant"])
    assert [v.key for v in made.interface.inputs.variables] == ["zebra", "ant"]
    assert [v.key for v in made.interface.outputs.variables] == ["second", "first"]
    unordered = flyte2.deployed_template(template)
    assert [v.key for v in unordered.interface.inputs.variables] == ["ant", "zebra"]


def test_a_template_of_any_bytes_travels():
    """Random templates come out of the URL as they went in."""
    chance = random.Random(7)  # noqa: S311 - no secret
    for size in (0, 1, 2, 3, 1000, 60_000):
        template = tasks_pb2.TaskTemplate(type="python-task")
        template.custom["bytes"] = chance.randbytes(size).hex()
        data = flyte2.unpack_url(flyte2.template_url(template))
        assert tasks_pb2.TaskTemplate.FromString(data) == template
    assert flyte2.unpack_url("s3://bucket/template.pb") is None
    assert flyte2.unpack_url("/data:/template.pb") is None


@pytest.mark.parametrize(
    ("place", "error", "words"),
    [
        ("inline://taskTemplate", StorageNotFoundError, "target='flyte2'"),
        ("data:,plain", TemplateError, "not the data: URL of a template"),
        ("data:text/plain;base64", TemplateError, "not the data: URL of a template"),
        ("data:;base64,AAA", TemplateError, "Was it cut short"),
        ("data:;base64,A A=", TemplateError, "not base64"),
        ("data:;base64,", TemplateError, "is no task template"),
        ("data:;base64,/////w==", TemplateError, "is no task template"),
        ("data:" + "x" * 100_000, TemplateError, "characters"),
    ],
)
def test_a_place_without_a_template_is_told(place, error, words):
    """In a sentence that has no more of the place than its beginning."""
    with pytest.raises(error, match=words) as caught:
        default_task_template_resolver.load_task([place, "a.B"])
    assert len(str(caught.value)) < 400


def test_a_template_too_large_for_an_argument_is_refused(template):
    """Unless it was uploaded."""
    template.custom["text"] = "x" * flyte2.MAX_URL_BYTES
    with pytest.raises(TemplateError, match=r"bytes as an argument, and 98,304"):
        flyte2.deployed_template(template)
    assert any("as an argument" in text for text in flyte2.problems_of(template))
    made = flyte2.deployed_template(template, url="s3://bucket/t.pb")
    assert "s3://bucket/t.pb" in made.container.args


def test_what_nobody_there_checks_is_told(template):
    """The server takes a version that no run can have."""
    assert list(flyte2.problems_of(template)) == []
    template.id.version = "v" * 64
    assert [text[:29] for text in flyte2.problems_of(template)] == [
        "The version has 64 characters"
    ]
    template.container.args[0] = "pyflyte-execute"
    assert "runtime='kit'" in next(flyte2.problems_of(template))


def test_a_deployment_carries_the_defaults(task, template):
    """Which tasks of Flyte 1 lose."""
    request = flyte2.deploy_request(
        template,
        parameters_of(task),
        inputs=["zebra", "ant"],
        description="Count.\n\nAll of them.",
    )
    assert request.task_id.version == "v1"
    assert request.task_id.name == "birds.deep.task"
    assert request.spec.short_name == "task"
    [default] = request.spec.default_inputs
    assert default.name == "zebra"
    assert default.parameter.default.scalar.primitive.integer == 3
    assert default.parameter.var.type.simple == 1
    assert request.spec.documentation.short_description == "Count."
    assert request.spec.documentation.long_description == "All of them."


def test_without_its_messages_the_error_says_what_to_install(template, monkeypatch):
    """They are in an extra."""
    real = builtins.__import__

    def absent(name, *args):
        if name.startswith("flyteidl2"):
            raise ModuleNotFoundError(f"No module named {name!r}", name="flyteidl2")
        return real(name, *args)

    for name in [n for n in sys.modules if n.startswith("flyteidl2")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "flyteidl2", None)
    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingPackageError, match=r"flyte-task-kit\[flyte2\]"):
        flyte2.deployed_template(template)


def test_nothing_of_flyte_2_is_loaded_without_it():
    """Not by the resolver either, which takes its URLs."""
    code = (
        "import sys, kit, kit.resolver, kit.shim.container; "
        "print([m for m in sys.modules if 'flyteidl2' in m])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("ant", ["publish", "go", "fail"])
def test_the_container_runs_as_flyte_2_starts_it(template, tmp_path, ant):
    """With its inputs, its paths, its variables and the template as an argument."""
    inputs = common_pb2.Inputs()
    for name, value in (("zebra", 7), ("ant", ant)):
        primitive = inputs.literals.add(name=name).value.scalar.primitive
        if isinstance(value, int):
            primitive.integer = value
        else:
            primitive.string_value = value
    inputs.context.add(key="run", value="of flyte 2")
    (tmp_path / "inputs.pb").write_bytes(inputs.SerializeToString())
    made = flyte2.deployed_template(template, inputs=["zebra", "ant"])
    out = tmp_path / "1"
    filled = {
        "{{.input}}": str(tmp_path / "inputs.pb"),
        "{{.outputPrefix}}": str(out),
        "{{.rawOutputDataPrefix}}": str(out),
    }
    command = [filled.get(arg, arg) for arg in made.container.args]
    command[0] = str(Path(sys.executable).parent / "kit-execute")
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"_U_RUN_BASE": str(out), "RUN_NAME": "r1", "ACTION_NAME": "a0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    decks = [(out / name).read_text() for name in ("report.html", "deck.html")]
    assert "<b>seen</b>" in decks[0] == decks[1]
    if ant == "fail":
        document = errors_pb2.ErrorDocument.FromString((out / "error.pb").read_bytes())
        assert "as told" in document.error.message
        return
    outputs = common_pb2.Outputs.FromString((out / "outputs.pb").read_bytes())
    read = {entry.name: entry.value.scalar.primitive for entry in outputs.literals}
    assert read["second"].integer == 7
    assert read["first"].string_value == "stripes"


def parameters_of(task) -> interface_pb2.ParameterMap:
    """Return the inputs of a task with their defaults."""
    from kit.definition.interface import parameter_map

    return parameter_map(task.python_interface)
