from __future__ import annotations

import sys

import pytest
from flyteidl.core import identifier_pb2, literals_pb2, tasks_pb2

from kit.definition.executor import ShimTaskExecutor
from kit.errors import (
    ExecutorError,
    ExecutorModuleError,
    ExecutorNameError,
    LoaderArgsError,
    StorageError,
    TemplateError,
)
from kit.resolver import TaskTemplateResolver, default_task_template_resolver
from kit.shim.executable import ExecutableTemplateShimTask

MODULE = """
import kit.definition.executor as base

class Good(base.ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        return tt.id.name

class NeedsArguments(Good):
    def __init__(self, where):
        pass

class NoLogic:
    pass

class Outer:
    class Inner(Good):
        pass

instance = Good()
"""


class Executor(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        return len(kwargs), tt.type

    class Inner(ShimTaskExecutor):  # noqa: D106
        def execute_from_model(self, tt, **kwargs):
            return len(kwargs), tt.type


class Task:
    """What a resolver needs to see of a task."""

    def __init__(self, executor_type):
        self.executor_type = executor_type


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A package with executors that a container could import."""
    package = tmp_path / "acme_resolver" / "shim"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "run.py").write_text(MODULE)
    (package / "needs_more.py").write_text("import no_such_dependency\n")
    (package / "broken.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "acme_resolver.shim"
    for name in [name for name in sys.modules if name.startswith("acme_resolver")]:
        del sys.modules[name]


@pytest.fixture
def template(tmp_path):
    """A template's file, at a path with a space and an accent."""
    message = tasks_pb2.TaskTemplate(type="python-task")
    message.id.name = "lab.t"
    message.id.resource_type = identifier_pb2.TASK
    message.metadata.runtime.flavor = "kit"
    file = tmp_path / "té st" / "template.pb"
    file.parent.mkdir()
    file.write_bytes(message.SerializeToString())
    return str(file)


def load(*loader_args):
    """Load with the default resolver."""
    return default_task_template_resolver.load_task(list(loader_args))


def test_load_task(template, module):
    """A task is made again from its template and the executor's name."""
    task = load(template, f"{module}.run.Good")
    assert type(task) is ExecutableTemplateShimTask
    assert task.name == "lab.t"
    assert type(task.executor) is task.executor_type
    assert task.executor_type.__name__ == "Good"
    assert task.execute() == "lab.t"


def test_load_from_a_url(template, module):
    """A template may be in any store that fsspec knows."""
    import fsspec

    with open(template, "rb") as file:  # noqa: PTH123 - str
        fsspec.filesystem("memory").pipe("/lab/task.pb", file.read())
    assert load("memory://lab/task.pb", f"{module}.run.Good").name == "lab.t"


def test_load_a_class_inside_a_class(template, module):
    """An executor may be an attribute of another class."""
    task = load(template, f"{module}.run.Outer.Inner")
    assert task.executor_type.__qualname__ == "Outer.Inner"


def test_loader_args():
    """They are the template's macro and the dotted name, nested names too."""
    resolver = TaskTemplateResolver()
    assert resolver.loader_args(None, Task(Executor)) == [
        "{{.taskTemplatePath}}",
        f"{__name__}.Executor",
    ]
    nested = resolver.loader_args(None, Task(Executor.Inner))
    assert nested[1] == f"{__name__}.Executor.Inner"


def test_loader_args_of_what_nothing_can_import():
    """A class inside a function is refused before anything runs."""

    class Local(ShimTaskExecutor):
        pass

    with pytest.raises(ExecutorError, match="top level of its module"):
        TaskTemplateResolver().loader_args(None, Task(Local))


def test_facts_of_the_resolver():
    """The names are flytekit's, and the location is the wire contract."""
    resolver = default_task_template_resolver
    assert resolver.name() == "task template resolver"
    assert resolver.get_all_tasks() == []
    assert resolver.task_name(object()) is None
    assert resolver.location == "kit.resolver.default_task_template_resolver"
    assert resolver.lhs == resolver.find_lhs() == "default_task_template_resolver"
    assert resolver.instantiated_in == "kit.resolver"


def test_missing_template():
    """The error has flytekit's words and the path."""
    with pytest.raises(StorageError) as caught:
        load("/nonexistent/template.pb", "os.path")
    text = "File not found: '/nonexistent/template.pb'"
    assert text in str(caught.value)


def test_what_is_no_template(tmp_path, module):
    """An empty file and another message's bytes are refused for what they are."""
    inputs = literals_pb2.LiteralMap()
    inputs.literals["a"].scalar.primitive.integer = 1
    for data, seems in [
        (b"", "an empty file"),
        (inputs.SerializeToString(), "Literal"),
    ]:
        (tmp_path / "t.pb").write_bytes(data)
        with pytest.raises(TemplateError, match=seems):
            load(str(tmp_path / "t.pb"), f"{module}.run.Good")


@pytest.mark.parametrize("args", [(), ("only-one",)])
def test_too_few_arguments(args):
    """Two loader arguments are needed."""
    with pytest.raises(LoaderArgsError, match="expected two") as caught:
        load(*args)
    assert isinstance(caught.value, IndexError)


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("no_such_module_x.Exec", "No module named 'no_such_module_x'"),
        ("no_such_module_x.deep.er.Exec", "No module named 'no_such_module_x'"),
        ("{module}.missing.Exec", "No module named 'acme_resolver.shim.missing'"),
        ("Exec", "'Exec' is not a dotted name"),
        ("", "'' is not a dotted name"),
        ("a..b", "'a..b' is not a dotted name"),
    ],
)
def test_missing_module(template, module, location, says):
    """A module that is not there is a ModuleNotFoundError with Python's words."""
    with pytest.raises(ExecutorModuleError) as caught:
        load(template, location.format(module=module))
    assert says in str(caught.value)
    assert isinstance(caught.value, ModuleNotFoundError)


def test_missing_class(template, module):
    """A name that is not in the module is an AttributeError with the nearest name."""
    with pytest.raises(ExecutorNameError) as caught:
        load(template, f"{module}.run.Goood")
    text = str(caught.value)
    assert "module 'acme_resolver.shim.run' has no 'Goood'" in text
    assert "Did you mean 'Good'?" in text
    with pytest.raises(ExecutorNameError, match="class 'Outer' has no "):
        load(template, f"{module}.run.Outer.Iner")


def test_notebook_class_in_another_process(template):
    """An executor of a notebook says why it is not found."""
    with pytest.raises(ExecutorNameError, match="notebook or script"):
        load(template, "__main__.NotInThisProcess")


@pytest.mark.parametrize(
    ("name", "error"),
    [("needs_more", ModuleNotFoundError), ("broken", ZeroDivisionError)],
)
def test_module_that_fails_to_import(template, module, name, error):
    """What a module raises while it is imported comes out as it is."""
    with pytest.raises(error) as caught:
        load(template, f"{module}.{name}.Exec")
    assert not isinstance(caught.value, ExecutorError)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("os.path", "'os.path' is <module"),
        ("{module}.run.instance", "run.instance' is "),
        ("{module}.run.NeedsArguments", "missing 1 required positional argument"),
        ("{module}.run.NoLogic", "execute_from_model"),
    ],
)
def test_what_is_no_executor(template, module, name, says):
    """Something else than an executor's class is refused with a TypeError."""
    with pytest.raises(ExecutorError, match=says) as caught:
        load(template, name.format(module=module))
    assert isinstance(caught.value, TypeError)


@pytest.mark.flytekit
def test_loads_what_flytekit_wrote(tmp_path):
    """A template of flytekit's own task is loaded with the same name and custom."""
    from flytekit.configuration import Image, ImageConfig, SerializationSettings
    from flytekit.core.interface import Interface
    from flytekit.core.python_customized_container_task import (
        PythonCustomizedContainerTask,
    )

    class Theirs(PythonCustomizedContainerTask):
        def get_custom(self, settings):
            return {"table": "penguins"}

    task = Theirs("lab.theirs", None, "i:1", Executor, interface=Interface({"a": int}))
    image = Image("default", "i", "1")
    settings = SerializationSettings(
        project="p", domain="d", version="v", env={}, image_config=ImageConfig(image)
    )
    model = task.serialize_to_model(settings)
    file = tmp_path / "t.pb"
    file.write_bytes(model.to_flyte_idl().SerializeToString())
    ours = load(str(file), f"{__name__}.Executor")
    assert ours.name == "lab.theirs"
    assert ours.task_template.custom == {"table": "penguins"}
