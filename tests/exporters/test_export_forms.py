"""``kit.export`` to one module, to an archive for flytectl, and over what is there."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from flyteidl.admin.task_pb2 import TaskSpec

import kit
from kit.errors import CallError, ExportError, StorageError
from kit.template.serialize import LOCAL_SETTINGS, task_template

HELPER = "UNIT = 'kg'\ndef label(x):\n    return f'{x} {UNIT}'"
TASK = '''
@kit.container_task(image="a:1", custom={"by": 2})
def scaled(tt, n: int) -> str:
    """Scale.

    It keeps
      its lines.
    """
    return label(n * tt.custom["by"]) + """
two
  lines"""
'''


@pytest.fixture
def out(tmp_path):
    """Return an empty folder to write to."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def scaled(cell):
    """Return a task of cells."""
    cell(HELPER)
    cell(TASK)
    return cell("scaled")


def fresh(code, folder, *flags):
    """Run code in a fresh interpreter that can import from a folder."""
    code = f"import sys; sys.path[:0] = [{str(folder)!r}]\n{code}"
    command = [sys.executable, *flags, "-c", code]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=folder
    )
    return done.stdout


def test_a_module_has_the_executor_and_the_task(scaled, out):
    """The task is called as in the notebook, and gives what it gave there."""
    done = kit.export(scaled, out / "acme.py")
    assert (done.tasks, done.executors) == (("acme:scaled",), ("acme.ScaledExecutor",))
    assert done.files == ("acme.py",)
    code = "from acme import scaled; print(scaled(n=2), scaled.shipment().location)"
    assert fresh(code, out) == "4.0 kg\ntwo\n  lines acme.ScaledExecutor\n"


def test_a_modules_executor_needs_no_kit(scaled, out):
    """The definition of the task is passed over then."""
    kit.export(scaled, out / "acme.py")
    code = (
        "import acme, types; tt = types.SimpleNamespace(custom={'by': 2})\n"
        "print(acme.ScaledExecutor().execute_from_model(tt, n=1), acme.kit)"
    )
    assert fresh(code, out, "-I", "-S") == "2 kg\ntwo\n  lines None\n"


def test_a_module_runs_by_its_own_arguments_in_another_process(scaled, out):
    """As it would in a container that has the file."""
    kit.export(scaled, out / "acme.py")
    code = "import acme, kit; print(kit.run(acme.scaled, n=3).outputs)"
    assert fresh(code, out) == "{'o0': '6.0 kg\\ntwo\\n  lines'}\n"


@pytest.mark.flytekit
def test_flytekits_entrypoint_takes_an_executor_without_base_class(cell, out):
    """Both forms: a class needs no more than its method."""
    cell(HELPER + TASK)
    cell(EXECUTOR.format("tt.type"))
    kit.export(cell("[scaled, t]"), out / "acme.py")
    code = (
        "import acme, kit\n"
        "settings = kit.SerializationSettings(runtime='flytekit')\n"
        "for task, inputs in ((acme.scaled, {'n': 1}), (acme.t, {})):\n"
        "    run = kit.run(task, settings=settings, inputs=inputs)\n"
        "    print(run.outputs, 'pyflyte-execute' in run.command)"
    )
    said = fresh(code, out).splitlines()
    assert said == [
        "{'o0': '2.0 kg\\ntwo\\n  lines'} True",
        "{'o': 'python-task'} True",
    ]


def test_outputs_that_flytekit_would_mix_up_are_noted(cell, out):
    """It takes several outputs in the order of the template's map."""
    cell("def two(tt) -> tuple[int, str]: return 1, 'x'")
    cell("make = kit.container_task(image='a:1', runtime='flytekit')")
    done = kit.export(cell("make(two)"), out / "acme.py")
    assert "order flytekit does not keep" in " ".join(done.notes)


def test_definitions_with_texts_of_several_lines_are_indented_as_code(cell, out):
    """The lines inside of a text stay as they are."""
    cell('def custom_of(settings):\n    return {"sql": """SELECT 1\n  FROM t\n"""}')
    cell(
        "@kit.container_task(image='a:1', custom=custom_of)\n"
        "def f(tt) -> str: return tt.custom['sql']"
    )
    kit.export(cell("f"), out / "lines.py")
    assert (
        fresh("import lines; print(repr(lines.f()))", out) == repr(cell("f()")) + "\n"
    )


def test_a_module_whose_executor_calls_itself_keeps_its_name(cell, out):
    """The task cannot take that name there; in a package it can."""
    cell(
        "@kit.container_task(image='a:1')\n"
        "def down(tt, n: int) -> int:\n"
        "    return n if n < 1 else down(tt, n=n - 1)"
    )
    with pytest.raises(ExportError, match=r"'down'.*an executor uses.*Export a pack"):
        kit.export(cell("down"), out / "rec.py")
    assert kit.export(cell("down"), out / "rec").tasks == ("rec.tasks:down",)
    assert fresh("from rec.tasks import down; print(down(n=3))", out / "rec") == "0\n"


EXECUTOR = """
import typing
class Ex(kit.ShimTaskExecutor[typing.Any]):
    def execute_from_model(self, tt, **kwargs):
        return {}
class T(kit.PythonCustomizedContainerTask):
    def get_custom(self, settings):
        return {{}}
t = T("t", None, "a:1", Ex, interface=kit.Interface({{}}, {{"o": str}}))
"""


@pytest.mark.parametrize(
    ("returns", "statement"),
    [
        ("tt.type", "class Ex:\n"),
        ("type(kit.current_context()).__name__", "class Ex(kit.ShimTaskExecutor["),
    ],
)
def test_kits_base_class_is_left_out_where_kit_is_not_used(
    returns, statement, cell, out
):
    """An executor that does use kit imports it, and stays as it was written."""
    cell(EXECUTOR.format(returns))
    kit.export(cell("t"), out / "bases")
    assert statement in (out / "bases/bases/executors.py").read_text()
    code = "from bases.tasks import t; print(t())"
    assert fresh(code, out / "bases") == cell("t()") + "\n"


def members(path: Path):
    """Return the files of an archive."""
    with tarfile.open(path) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}


def test_an_archive_is_what_flytectl_registers(scaled, cell, out):
    """Flat files named by index, name and kind, each a TaskSpec with its docs."""
    cell("@kit.container_task(image='a:1', name='lab.two/x')\ndef two(tt): pass")
    done = kit.export([scaled, cell("two")], out / "tasks.tgz")
    found = members(done.path)
    assert done.files == ("0_scaled_1.pb", "1_lab.two-x_1.pb") == tuple(found)
    assert done.tasks == ("scaled", "lab.two/x")
    spec = TaskSpec.FromString(found["0_scaled_1.pb"])
    assert spec.template.id.name == "scaled"
    assert (spec.template.id.project, spec.template.id.version) == ("", "")
    assert spec.description.short_description == "Scale."
    settings = kit.SerializationSettings()
    assert spec.template == task_template(scaled, settings)


def test_an_archive_takes_settings(scaled, out):
    """A version that is set stays when flytectl registers."""
    settings = kit.SerializationSettings(version="v7", runtime="flytekit")
    done = kit.export(scaled, out / "tasks.tar.gz", settings=settings)
    spec = TaskSpec.FromString(members(done.path)["0_scaled_1.pb"])
    assert spec.template.id.version == "v7"
    assert spec.template.container.args[0] == "pyflyte-execute"


def test_an_archive_is_the_same_for_the_same_tasks(scaled, out):
    """Nothing of the time or the machine is in it."""
    first = kit.export(scaled, out / "a.tgz").path.read_bytes()
    assert kit.export(scaled, out / "b.tgz").path.read_bytes() == first
    with tarfile.open(fileobj=io.BytesIO(first)) as tar:
        entry = tar.next()
    assert (entry.mtime, entry.uid, entry.isreg()) == (0, 0, True)


def test_tasks_of_one_name_do_not_go_into_one_archive(cell, out):
    """One would be registered and the other not."""
    cell("def f(tt): pass\nmake = kit.container_task(image='a:1', name='same')")
    with pytest.raises(ExportError, match="Two tasks are named 'same'"):
        kit.export(cell("[make(f), make(f)]"), out / "tasks.tgz")
    assert list(out.iterdir()) == []


@pytest.mark.flytekit
def test_an_archives_names_are_those_of_pyflyte_package(out):
    """Up to eleven tasks, where the index gets a second digit."""
    from flytekit.models.task import TaskSpec as Model
    from flytekit.tools.serialize_helpers import persist_registrable_entities

    make = kit.container_task
    tasks = [
        make(image="a:1", name=f"t.{n}", ship="inline")(nothing) for n in range(11)
    ]
    done = kit.export(tasks, out / "tasks.tgz")
    specs = [kit.task_spec(task, LOCAL_SETTINGS) for task in tasks]
    (out / "theirs").mkdir()
    persist_registrable_entities(list(map(Model.from_flyte_idl, specs)), out / "theirs")
    theirs = sorted(path.name for path in (out / "theirs").iterdir())
    assert sorted(done.files) == theirs


def nothing(tt) -> None:
    """Do nothing."""


def test_settings_and_inputs_belong_to_one_form_each(scaled, out):
    """Elsewhere they would be passed over silently."""
    with pytest.raises(CallError, match="settings are for archives"):
        kit.export(scaled, out / "acme", settings=kit.SerializationSettings())
    for name in ("acme.py", "acme.tgz"):
        with pytest.raises(CallError, match="inputs are for the test of a package"):
            kit.export(scaled, out / name, inputs={"n": 1})


@pytest.mark.parametrize("name", ["acme", "acme.py", "acme.tgz"])
def test_nothing_is_replaced_unless_it_is_said(name, scaled, out):
    """With overwrite, the new one is there."""
    done = kit.export(scaled, out / name)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(ExportError, match=r"exists already. Pass --overwrite"):
        kit.export(scaled, out / name)
    scaled.container_image = "b:2"
    kit.export(scaled, done.path, overwrite=True)
    after = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert before.keys() == after.keys()
    assert before != after


def test_files_beside_those_of_an_export_stay(scaled, out):
    """A repository, a changelog, more tests."""
    done = kit.export(scaled, out / "acme")
    more = {done.path / ".git/config": "x", done.path / "tests/test_more.py": "y"}
    for path, text in more.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    kit.export(scaled, done.path, overwrite=True)
    assert {path: path.read_text() for path in more} == more


def test_a_folder_that_is_no_export_is_left_alone(scaled, out):
    """Not even overwrite replaces somebody's project."""
    (out / "acme").mkdir()
    (out / "acme/pyproject.toml").write_text("[project]\nname = 'mine'\n")
    with pytest.raises(ExportError, match="contains files that are not an export"):
        kit.export(scaled, out / "acme", overwrite=True)
    assert [path.name for path in (out / "acme").iterdir()] == ["pyproject.toml"]


def test_a_file_is_no_folder_and_a_folder_no_file(scaled, out):
    """The error says which path makes what."""
    (out / "acme").write_text("")
    (out / "acme.py").mkdir()
    with pytest.raises(ExportError, match="is a file, and a package is a folder"):
        kit.export(scaled, out / "acme", overwrite=True)
    with pytest.raises(ExportError, match="is a folder"):
        kit.export(scaled, out / "acme.py", overwrite=True)


def test_an_empty_folder_is_written_to(scaled, out):
    """It holds nothing that could be lost."""
    (out / "acme").mkdir()
    assert (kit.export(scaled, out / "acme").path / "acme/tasks.py").is_file()


def test_a_place_that_cannot_be_written_is_an_error(scaled, out):
    """The path and the system's words are in it."""
    (out / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        kit.export(scaled, out / "file/below/acme.tgz")


@pytest.mark.parametrize("name", ["acme.zip", "acme.tar", "acme.whl", "acme.ipynb"])
def test_a_file_of_another_kind_is_refused(scaled, out, name):
    """It would be a folder of that name."""
    with pytest.raises(
        CallError, match=rf"folder, a \.py or a \.tgz file, got '.*{name}'"
    ):
        kit.export(scaled, out / name)
    assert not (out / name).exists()
