"""flytekit's own tasks in every place where kit takes a task."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import pytest
import yaml
from flytekit.configuration import Image, ImageConfig, SerializationSettings
from flytekit.tools.translator import get_serializable

import kit
from kit.cli.app import run_app
from kit.display.notebook import mimebundle
from kit.task import flytekit_task
from kit.task.flytekit_task import FlytekitTask

SETTINGS = kit.SerializationSettings(
    project="lab",
    domain="staging",
    version="v7",
    image_config=kit.ImageConfig.from_images("ghcr.io/birds/base:2"),
    env={"STAGE": "x"},
)
THEIRS = SerializationSettings(
    project="lab",
    domain="staging",
    version="v7",
    image_config=ImageConfig.create_from(Image("default", "ghcr.io/birds/base", "2")),
    env={"STAGE": "x"},
)
CUSTOMIZED = ("lite", "alchemy", "served", "upload", "weigh")
ALL = (*CUSTOMIZED, "plain")


@pytest.mark.parametrize("name", ALL)
def test_the_template_is_the_translators(tasks, name):
    """Byte for byte, under the same settings, and the task is left as it was."""
    theirs = getattr(tasks, name)
    before = dict(vars(theirs))
    spec = kit.task_spec(kit.from_flytekit(theirs), SETTINGS)
    assert vars(theirs) == before
    assert spec == get_serializable(OrderedDict(), THEIRS, theirs).to_flyte_idl()


@pytest.mark.parametrize("name", ALL)
def test_it_is_shown_checked_compared_and_podded(tasks, name):
    """Unchanged: what its users have is what is given."""
    theirs = getattr(tasks, name)
    assert kit.show(theirs, settings=SETTINGS).template.id.name == f"{theirs.name}"
    assert kit.check(theirs, SETTINGS).subject == theirs.name
    assert kit.pod(theirs, kit.Platform.sandbox(), settings=SETTINGS).accepted
    assert not kit.diff(theirs, against=theirs, settings=SETTINGS)
    assert kit.diff(theirs, against=tasks.double).changes
    assert theirs.name in mimebundle(theirs)["text/plain"]
    assert kit.arrives(theirs, settings=SETTINGS).template.id.project == "lab"


def test_a_preview_edits_a_copy_of_it(tasks):
    """The template of the copy is the translator's, too."""
    view = kit.preview(tasks.weigh)
    view.edit("cpu", "3")
    assert view.template.container.resources.requests[0].value == "3"
    assert tasks.weigh.resources.requests.cpu == "1"


@pytest.mark.parametrize(
    ("name", "rows"),
    [("lite", ["gentoo"]), ("alchemy", ["gentoo"])],
)
def test_a_query_runs_in_a_process_by_flytekits_own_shim(tasks, name, rows):
    """On a file, by pyflyte-execute; the table comes back."""
    run = kit.run(getattr(tasks, name), least=4000, wait=True)
    run.raise_for_error()
    assert "pyflyte-execute" in run.command
    table = run.outputs["results"].open().all()
    assert list(table["name"]) == rows
    assert list(table.columns) == ["name", "grams"]


def test_a_query_runs_on_a_server_with_a_secret(tasks, birds_server, tmp_path):
    """A real PostgreSQL, whose password is a secret of the run."""
    code = (
        "import kit, bridged_tasks as tasks\n"
        "run = kit.run(tasks.served, least=3710, wait=True).raise_for_error()\n"
        "print(list(run.outputs['results'].open().all()['name']))\n"
    )
    variables = {
        **os.environ,
        "BIRDS_SERVER": birds_server,
        "FLYTE_SECRETS_DEFAULT_DIR": str(tmp_path),
        "_FSEC_BIRDS_PASSWORD": "feathers",
        "PYTHONPATH": str(Path(tasks.__file__).parent),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "['chinstrap', 'gentoo']"


def test_its_failure_is_reported_as_flytekit_writes_it(tasks):
    """With the author's words."""
    run = kit.run(tasks.weigh, grams=-1, wait=True)
    assert "no bird weighs -1 grams" in run.error.message


def test_defaults_of_its_inputs_count(tasks):
    """As in its interface."""
    run = kit.run(tasks.weigh, wait=True).raise_for_error()
    assert run.outputs["total"] == 25


def test_it_is_proven_and_compared_over_places(tasks):
    """In a fresh interpreter, and here beside a process."""
    proof = kit.prove(tasks.lite, least=4000)
    assert proof.ok, proof.failure
    assert kit.prove(tasks.weigh, grams=1).failure.step == "module"  # it is only here
    compared = kit.compare_runs(
        tasks.weigh, runners=["in-process", "subprocess"], grams=1
    )
    assert compared.agree, compared


def test_a_panel_runs_it(tasks):
    """With the defaults of its inputs."""
    panel = kit.panel(tasks.weigh)
    run = panel.start()
    run.wait()
    panel.close()
    assert run.outputs["total"] == 25


def test_a_call_of_kits_task_runs_it(tasks):
    """Here, in this process."""
    assert kit.from_flytekit(tasks.weigh)(grams=2) == 22


@pytest.mark.parametrize("use", [kit.run, kit.prove, kit.panel])
def test_a_function_of_flytekits_is_only_looked_at(tasks, use):
    """The error says what to do instead."""
    with pytest.raises(kit.KitError, match="pyflyte run"):
        use(tasks.plain)


def test_there_is_nothing_to_export(tasks, tmp_path):
    """Its module is in its image."""
    with pytest.raises(kit.KitError, match="nothing to export"):
        kit.export(tasks.weigh, tmp_path / "out")


def test_an_image_is_not_built_to_look_at_a_task(tasks):
    """Its name is that of the ImageSpec."""
    image = kit.show(tasks.built).template.container.image
    assert image.startswith("ghcr.io/b/birds:")


def test_what_is_no_task_of_flytekits_is_refused(tasks):
    """A workflow, a kit task and a number."""
    for given, told in (
        (tasks.flow, "a workflow"),
        (3, "got 3"),
        (tasks.double, "got"),
    ):
        with pytest.raises(kit.KitError, match=told):
            kit.from_flytekit(given)
    with pytest.raises(kit.KitError, match="from_flytekit"):
        kit.task_template(tasks.plain, SETTINGS)


def test_a_task_that_flytekit_cannot_translate_says_why(tasks):
    """It is shown as far as it goes."""
    broken = tasks.WeighTask(
        name="birds.broken",
        task_config={1, 2},  # a set, which is not JSON
        container_image="ghcr.io/birds/weigh:1.0",
        executor_type=tasks.WeighExecutor,
        interface=tasks.Interface(inputs={"grams": int}),
    )
    with pytest.raises(kit.KitError, match="flytekit makes no template of"):
        kit.task_template(kit.from_flytekit(broken), SETTINGS)
    assert not kit.check(broken).ok
    assert "flytekit makes no template" in mimebundle(broken)["text/plain"]


def test_an_old_flytekit_is_refused(tasks, monkeypatch):
    """With the version that is needed."""
    monkeypatch.setattr("flytekit.__version__", "1.10.7")
    with pytest.raises(kit.KitError, match=r"1\.16 or later, got 1\.10\.7"):
        kit.task_template(kit.from_flytekit(tasks.weigh), SETTINGS)


def test_a_missing_flytekit_is_named(tasks, monkeypatch):
    """With the extra that brings it."""
    monkeypatch.setitem(sys.modules, "flytekit", None)
    with pytest.raises(kit.KitError, match=r"flyte-task-kit\[flytekit\]"):
        tasks.double.to_flytekit()


def test_a_module_that_needs_flytekit_says_what_to_install(tmp_path):
    """On the command line, in an interpreter without it."""
    (tmp_path / "needs.py").write_text("import flytekit\n")
    code = (
        "import sys; sys.modules['flytekit'] = None\n"
        "from kit.cli.app import run_app\n"
        "sys.exit(run_app(['show', 'needs:x']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "pip install 'flyte-task-kit[flytekit]'" in " ".join(done.stderr.split())


def test_kit_loads_no_flytekit_of_its_own():
    """The module that knows it does not import it."""
    code = (
        "import sys, kit.task.flytekit_task, kit.task.to_flytekit, kit.targets\n"
        "sys.exit('flytekit' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_command_line_takes_it(tasks, monkeypatch, capsys):
    """As module:task, with settings."""
    monkeypatch.chdir(Path(tasks.__file__).parent)
    assert run_app(["show", "bridged_tasks:lite", "--project", "lab"]) == 0
    told = capsys.readouterr().out
    assert "sqlite" in told
    assert "lab" in told
    assert run_app(["show", "bridged_tasks:nothing"]) != 0
    assert "bridged_tasks:weigh" in capsys.readouterr().err
    assert run_app(["check", "bridged_tasks:weigh", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["task"] == "birds.weigh"
    assert run_app(["pod", "bridged_tasks:alchemy", "--format", "yaml"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["kind"] == "Pod"
    assert run_app(["run", "bridged_tasks:weigh", "--grams", "4"]) == 0
    assert "24" in capsys.readouterr().out


def test_types_of_plugins_are_guessed_from_the_wire(tasks):
    """JSONLFile is a file of that format."""
    adapted = kit.from_flytekit(tasks.upload)
    assert isinstance(adapted, FlytekitTask)
    kind = adapted.python_interface.inputs["jsonl_in"]
    assert "jsonl" in str(kit.default_engine.literal_type(kind))


def test_it_is_told_by_names_alone():
    """A class of that name counts; others do not."""
    assert not flytekit_task.is_flytekit_task(3)
    assert flytekit_task.adapted("x") == "x"
