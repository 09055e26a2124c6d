"""Tasks that are written as classes can be exported, whatever shape a plugin has."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import sysconfig
import uuid
from pathlib import Path

import class_forms
import pytest

import kit
from kit.errors import ExportError

RUN = """
import json, sys
sys.path[:0] = [sys.argv[1]]
from forms import tasks
words = tasks.count(text="a b").words
print(json.dumps([tasks.lite(n=3), words, tasks.shell(word="x")]))
"""


@pytest.mark.parametrize("name", ["lite", "count", "shell", "post", "upload"])
@pytest.mark.parametrize("path", ["forms", "forms.py"])
def test_a_task_of_classes_is_exported(name, path, tmp_path):
    """Its executor may name the task's class, and share a dataclass with it."""
    done = kit.export(getattr(class_forms, name), tmp_path / path)
    assert [place.partition(":")[2] for place in done.tasks] == [name]


def test_several_tasks_of_classes_go_into_one_package(tmp_path):
    """And give there what they give here."""
    tasks = [class_forms.lite, class_forms.count, class_forms.shell]
    kit.export(tasks, tmp_path / "forms")
    command = [sys.executable, "-c", RUN, str(tmp_path / "forms")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert json.loads(done.stdout) == [[{"n": 3}], 2, "x"]


INSTALLED = """
import kit

class AcmeExecutor(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, n: int) -> int:
        return n

class AcmeTask(kit.PythonCustomizedContainerTask[dict]):
    def __init__(self, name, **facts):
        interface = kit.Interface({"n": int}, {"o0": int})
        super().__init__(name, {}, "a:1", AcmeExecutor, interface=interface, **facts)

    def get_custom(self, settings):
        return {}
"""


@pytest.fixture
def acme_installed():
    """Install a module of one file, as far as it takes."""
    name = f"acme_{uuid.uuid4().hex}"
    file = Path(sysconfig.get_path("purelib"), f"{name}.py")
    file.write_text(INSTALLED)
    try:
        yield importlib.import_module(name)
    finally:
        file.unlink()
        del sys.modules[name]


def test_a_task_of_an_installed_package_says_why_it_is_not(tmp_path, acme_installed):
    """Its class takes its own executor, and no exported one."""
    task = acme_installed.AcmeTask("acme.one")
    with pytest.raises(ExportError, match=r"\.AcmeTask is imported from where it is"):
        kit.export(task, tmp_path / "acme")
    assert not (tmp_path / "acme").exists()


def test_an_archive_says_which_modules_the_image_must_contain(tmp_path):
    """A task that ships as a module of a file has it only here."""
    done = kit.export(class_forms.count, tmp_path / "forms.tgz")
    (note,) = done.notes
    assert note == (
        "The image of forms.count must contain the module class_forms, which is only "
        f"in {class_forms.__file__} here: kit.build_image(task) builds one that does."
    )
