"""``kit.export`` to a folder: an installable package that makes the same tasks."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import kit
from kit.errors import AuthoringError, CallError, CaptureError, ExportError
from kit.template.serialize import LOCAL_SETTINGS, task_template

CELLS = '''
import json, textwrap
from dataclasses import dataclass

MASSES = {"Gentoo": [5.0, 6.3], "Adelie": [3.7]}

@dataclass
class Row:
    """A penguin."""
    species: str
    mass: float

def masses(species):
    return MASSES.get(species, [])

def custom_of(settings):
    return {"project": settings.project, "known": len(MASSES)}
'''
FUNCTION = '''
@kit.container_task(
    image="ghcr.io/acme/sql:1.4",
    custom={"unit": "kg", "deep": {"list": [1, 2.5, None, True]}},
    requests=kit.Resources(cpu="1", mem="512Mi"),
    limits=kit.Resources(mem="1Gi"),
    environment={"MODE": "fast"},
    secret_requests=[kit.Secret("db", "password",
                                mount_requirement=kit.Secret.MountType.FILE)],
    cache=True, cache_version="1", retries=2, timeout=90, enable_deck=True,
    shared_memory="1Gi", interruptible=True,
)
def heaviest(tt, species: str, limit: int = 3) -> list[Row]:
    """The heaviest penguins of a species.

    Args:
        species: Which species.
        limit: How many at most.
    """
    return [Row(species, mass) for mass in sorted(masses(species))[-limit:]]
'''
OTHER = """
@kit.container_task(image="ghcr.io/acme/sql:1.4", custom=custom_of, name="lab.count")
def count(tt, species: str) -> tuple[int, str]:
    return len(masses(species)), tt.custom["project"]
"""
CLASSES = """
class Lookup(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        return Row(tt.custom["prefix"] + kwargs["name"], masses(kwargs["name"])[0])

class LookupTask(kit.PythonCustomizedContainerTask[dict]):
    def __init__(self, name, prefix, **facts):
        super().__init__(name, {"prefix": prefix}, "ghcr.io/acme/sql:1.4", Lookup,
                         interface=kit.Interface({"name": str}, {"row": Row}), **facts)

    def get_custom(self, settings):
        return {"prefix": self.task_config["prefix"], "known": len(MASSES)}

lookup = LookupTask("lab.lookup", prefix="> ", requests=kit.Resources(cpu=2))
"""

MAKE = """
import importlib, json, sys
sys.path[:0] = [sys.argv[1]]
tasks = importlib.import_module(sys.argv[2])
from kit.template.serialize import LOCAL_SETTINGS, task_template
made = {n: task_template(getattr(tasks, n), LOCAL_SETTINGS) for n in sys.argv[3:]}
print(json.dumps({n: t.SerializeToString(deterministic=True).hex() for n, t in
made.items()}))
"""


def templates(folder, module, *names):
    """Return the templates that a fresh interpreter makes of exported tasks."""
    command = [sys.executable, "-c", MAKE, str(folder), module, *names]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=folder
    )
    kind = type(task_template(kit_task(), LOCAL_SETTINGS))
    made = json.loads(done.stdout)
    return {name: kind.FromString(bytes.fromhex(text)) for name, text in made.items()}


def kit_task():
    """Return any task."""

    @kit.container_task(image="a:1", name="any")
    def anything(tt) -> int:
        return 1

    return anything


def without_way(template):
    """Leave out how the executor ships, which an export changes on purpose."""
    if "kit.inline" in template.custom.fields:
        del template.custom.fields["kit.inline"]
    template.container.args[-1] = "executor"
    return template


@pytest.fixture
def out(tmp_path):
    """Return an empty folder to write to."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def tasks(cell, tmp_path, monkeypatch):
    """Three tasks of cells, as a decorator and as classes make them."""
    monkeypatch.setenv("KIT_LOCAL_CACHE", str(tmp_path / "cache"))
    cell(CELLS)
    cell(FUNCTION)
    cell(OTHER)
    cell(CLASSES)
    cell("heaviest(species='Gentoo'), count(species='Adelie'), lookup(name='Adelie')")
    return cell("[heaviest, count, lookup]")


def test_exported_tasks_make_the_templates_of_the_notebook(tasks, out):
    """But for the way the executor ships, they are equal."""
    before = [without_way(task_template(task, LOCAL_SETTINGS)) for task in tasks]
    done = kit.export(tasks, out / "acme_sql")
    assert done.tasks == tuple(
        f"acme_sql.tasks:{name}" for name in ("heaviest", "count", "lookup")
    )
    made = templates(done.path, "acme_sql.tasks", "heaviest", "count", "lookup")
    args = [template.container.args[-1] for template in made.values()]
    assert args == list(done.executors)
    assert [without_way(template) for template in made.values()] == before


def test_an_export_says_what_it_wrote(tasks, out):
    """Files, requirements, notes, and a repr that fits a line."""
    done = kit.export(tasks, out / "acme_sql")
    written = {
        str(path.relative_to(done.path))
        for path in done.path.rglob("*")
        if path.is_file()
    }
    assert written == set(done.files)
    assert done.requirements == (f"flyte-task-kit[cli]~={kit.__version__}",)
    assert done.modules == ("acme_sql.tasks", "acme_sql.executors")
    assert done.notes == ()
    assert repr(done) == f"Export({str(done.path)!r}, package, 3 tasks, 7 files)"


def test_helpers_of_several_tasks_stand_once(tasks, out):
    """One module has the executors; the tasks import what they share with them."""
    done = kit.export(tasks, out / "acme_sql")
    package = done.path / "acme_sql"
    executors = (package / "executors.py").read_text()
    both = executors + (package / "tasks.py").read_text()
    for text in ("def masses(", "class Row:", "MASSES = ", "def custom_of("):
        assert both.count(text) == 1
    assert "kit" not in executors.replace("written by kit", "")


def test_executors_import_where_there_is_neither_kit_nor_anything_else(tasks, out):
    """Not even site-packages are needed by what uses only ``tt`` and its inputs."""
    done = kit.export(tasks, out / "acme_sql")
    code = (
        f"import sys; sys.path[:0] = [{str(done.path)!r}]\n"
        "from acme_sql.executors import HeaviestExecutor, Lookup\n"
        "print(HeaviestExecutor().execute_from_model(None, 'Gentoo', 1))"
    )
    bare = [sys.executable, "-I", "-S", "-c", code]
    answer = subprocess.run(bare, capture_output=True, text=True, check=True, cwd=out)
    assert answer.stdout == "[Row(species='Gentoo', mass=6.3)]\n"


def test_the_packages_test_has_the_values_of_the_last_runs(tasks, out):
    """They are written as source, with the classes they need."""
    done = kit.export(tasks, out / "acme_sql")
    text = (done.path / "tests/test_tasks.py").read_text()
    assert "inputs={'species': 'Gentoo', 'limit': 3}," in text
    assert "Row(species='Gentoo', mass=5.0)" in text
    assert "assert run.outputs == {'o0': 1, 'o1': 'PLACEHOLDER_PROJECT'}" in text
    assert "from acme_sql.executors import Row" in text


def test_inputs_are_run_now_for_the_packages_test(tasks, cell, out):
    """For one task they are its inputs; for several they go by variable."""
    kit.export(tasks[1], out / "one", inputs={"species": "Gentoo"})
    assert "{'o0': 2" in (out / "one/tests/test_tasks.py").read_text()
    with pytest.raises(ExportError, match="must map 'heaviest' or 'count' to inputs"):
        kit.export(tasks[:2], out / "two", inputs={"species": "Gentoo"})
    assert not (out / "two").exists()


def exported(task, folder):
    """Export one task and return its test and what is noted."""
    done = kit.export(task, folder / "lab_x")
    return (done.path / "tests/test_tasks.py").read_text(), " ".join(done.notes)


def test_a_task_that_was_not_run_has_a_test_that_loads_it(cell, out):
    """The note says how to have it run."""
    cell("@kit.container_task(image='a:1')\ndef f(tt, n: int) -> int: return n")
    text, notes = exported(cell("f"), out)
    assert "def test_f_can_be_loaded" in text
    assert "It was not run here before" in notes


def test_outputs_that_are_not_equal_to_themselves_are_not_compared(cell, out):
    """Not a number is one of these."""
    cell("@kit.container_task(image='a:1')\ndef f(tt) -> float: return float('nan')")
    cell("f()")
    text, notes = exported(cell("f"), out)
    assert "can_be_loaded" in text
    assert "cannot be compared by ==" in notes


def test_files_of_a_run_are_no_values_of_a_test(cell, out):
    """They are on this machine only."""
    cell(
        "@kit.container_task(image='a:1')\n"
        "def f(tt, file: kit.FlyteFile) -> int: return 1"
    )
    (out / "data.txt").write_text("x")
    cell(f"f(file={str(out / 'data.txt')!r})")
    text, notes = exported(cell("f"), out)
    assert str(out) not in text
    assert "it is a kit.types.files.FlyteFile" in notes


def test_third_party_imports_are_pinned_compatibly(cell, out):
    """Under their distributions' names, as the notebook has them."""
    yaml, pandas = importlib.import_module("yaml"), importlib.import_module("pandas")
    cell("import yaml\nimport pandas as pd")
    cell(
        "@kit.container_task(image='a:1')\n"
        "def f(tt, text: str) -> pd.DataFrame: return pd.DataFrame(yaml.load(text))"
    )
    done = kit.export(cell("f"), out / "frames")
    assert done.requirements == (
        f"pandas~={pandas.__version__}",
        f"PyYAML~={yaml.__version__}",
        f"flyte-task-kit[cli,pandas]~={kit.__version__}",
    )
    for requirement in done.requirements:
        assert f'"{requirement}"' in (done.path / "pyproject.toml").read_text()


def test_texts_of_authors_are_text_everywhere(cell, out):
    """A docstring cannot end a table, a string of TOML, or a docstring of Python."""
    tomllib = pytest.importorskip("tomllib", reason="in the library from 3.11 on")
    said = 'Say "hi" \\\\ | <script>alert(1)</script> `x` \\x7f \\x1b[2J [a](b)'
    cell(
        "@kit.container_task(image='a:1', custom={'q': '\"\"\" \\n {x}'})\n"
        f"def f(tt, n: int = 1) -> int:\n    '''{said}'''\n    return n\nf()"
    )
    done = kit.export(cell("f"), out / "texts")
    project = tomllib.loads((done.path / "pyproject.toml").read_text())["project"]
    assert project["description"].startswith('Say "hi" \\ | <script>')
    readme = (done.path / "README.md").read_text()
    assert "<script>" not in readme
    assert "\\[a\\]\\(b\\)" in readme
    assert "\x1b" not in readme


def test_the_value_of_a_secret_is_in_no_file(cell, monkeypatch, out):
    """Not in the definition either; the error does not show it."""
    monkeypatch.setenv("_FSEC_DB_PASSWORD", "hunter2-long")
    cell(
        "@kit.container_task(image='a:1', environment={'PASSWORD': 'hunter2-long'})\n"
        "def f(tt) -> int: return 1"
    )
    with pytest.raises(AuthoringError, match="value of a secret") as raised:
        kit.export(cell("f"), out / "leaky")
    assert "hunter2" not in str(raised.value)
    assert not (out / "leaky").exists()


REFUSED = {
    "a lambda": (
        (
            "@kit.container_task(image='a:1', custom=lambda settings: {})\n"
            "def f(tt) -> int: return 1"
        ),
        CaptureError,
        "custom of task f cannot be exported.*lambda",
    ),
    "a live object": (
        (
            "import threading\n"
            "class Ex(kit.ShimTaskExecutor):\n"
            "    def execute_from_model(self, tt, **kwargs): return 1\n"
            "class T(kit.PythonCustomizedContainerTask):\n"
            "    def get_custom(self, settings): return {}\n"
            "f = T('f', threading.Lock(), 'a:1', Ex, interface=kit.Interface())"
        ),
        CaptureError,
        "argument 2 of task f cannot be exported.*lock",
    ),
    "a change after it was made": (
        (
            "class Ex(kit.ShimTaskExecutor):\n"
            "    def execute_from_model(self, tt, **kwargs): return 1\n"
            "class T(kit.PythonCustomizedContainerTask):\n"
            "    def get_custom(self, settings): return {}\n"
            "f = T('f', None, 'a:1', Ex, interface=kit.Interface())\n"
            "f.container_image = 'b:2'"
        ),
        ExportError,
        r"container\.image differ",
    ),
    "custom of this process": (
        (
            "import os\n"
            "def made(settings): return {'pid': os.getpid()}\n"
            "@kit.container_task(image='a:1', custom=made)\n"
            "def f(tt) -> int: return 1"
        ),
        ExportError,
        "custom differ",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_another_task_is_refused_and_nothing_written(name, cell, out):
    """The error names the fact."""
    text, kind, said = REFUSED[name]
    cell(text)
    with pytest.raises(kind, match=said):
        kit.export(cell("f"), out / "lab_x")
    assert list(out.iterdir()) == []


def test_one_name_for_two_things_is_refused(cell, out, monkeypatch):
    """Two modules each have a helper of that name."""
    for number in (1, 2):
        (out / f"clash_{number}.py").write_text(
            f"import kit\ndef helper(): return {number}\n"
            "@kit.container_task(image='a:1')\n"
            f"def f{number}(tt) -> int: return helper()\n"
        )
    monkeypatch.syspath_prepend(str(out))
    cell("from clash_1 import f1\nfrom clash_2 import f2")
    with pytest.raises(AuthoringError, match="'helper' means two things"):
        kit.export(cell("[f1, f2]"), out / "lab_x")


def test_two_tasks_of_one_function_have_one_executor(cell, out):
    """They are called as their variables are."""
    cell("def f(tt) -> str: return tt.custom['a']")
    cell("one = kit.container_task(image='a:1', name='one', custom={'a': '1'})(f)")
    cell("two = kit.container_task(image='a:1', name='two', custom={'a': '2'})(f)")
    done = kit.export(cell("[one, two]"), out / "pairs")
    assert done.tasks == ("pairs.tasks:one", "pairs.tasks:two")
    assert done.executors == ("pairs.executors.FExecutor",)


@pytest.mark.parametrize(
    ("value", "said"),
    [(3, "takes a task.*got 3"), ([], "was given no task"), (["x"], "No module 'x'")],
)
def test_what_is_no_task_is_refused(value, said, out):
    """The value is named."""
    with pytest.raises(kit.KitError, match=said):
        kit.export(value, out / "lab_x")


@pytest.mark.parametrize("path", [None, "", "a\0b", 3])
def test_what_is_no_path_is_refused(path):
    """The value is named."""
    with pytest.raises(CallError, match="path must be that of"):
        kit.export(kit_task(), path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("my plugin!", "cannot be a module"),
        ("1st", "cannot be a module"),
        ("class", "cannot be a module"),
        ("json", "would hide the module 'json'"),
        ("kit", "would hide the module 'kit'"),
        ("tests", "would hide"),
        ("größe", "cannot be a module"),
        ("json.py", "would hide the module 'json'"),
        ("my-lab.py", "cannot be a module"),
    ],
)
def test_names_that_cannot_be_imported_are_refused(name, said, out):
    """They would only fail later."""
    with pytest.raises(ExportError, match=said):
        kit.export(kit_task(), out / name)
    assert list(out.iterdir()) == []


def test_a_folder_is_named_as_packages_are(cell, out):
    """Dashes and dots are underscores in Python and dashes on an index."""
    cell("@kit.container_task(image='a:1')\ndef f(tt) -> int: return 1")
    done = kit.export(cell("f"), Path(out, "Acme-sql.v2"))
    assert done.tasks == ("Acme_sql_v2.tasks:f",)
    assert 'name = "acme-sql-v2"' in (done.path / "pyproject.toml").read_text()


INSIDE = """
@kit.container_task(image="a:1", name="inside")
def inside(tt, n: int) -> int:
    import yaml
    from numpy import array

    class Reader:
        def read(self):
            import msgpack
            return msgpack

    return int(array([n])[0])
"""


def test_what_is_imported_inside_of_functions_is_required(cell, out):
    """And in their classes' methods."""
    cell(INSIDE)
    done = kit.export(cell("inside"), out / "acme_inside")
    names = [text.partition("~")[0] for text in done.requirements]
    assert names[:3] == ["msgpack", "numpy", "PyYAML"]
    project = (out / "acme_inside/pyproject.toml").read_text()
    assert all(f'"{text}"' in project for text in done.requirements)
