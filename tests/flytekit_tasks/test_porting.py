"""Plugins written for flytekit port by their imports: their own source, on kit."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys

import flytekit.extras.sqlite3.task
import flytekitplugins.sqlalchemy.task
import pytest

import kit
from kit.porting import DefaultImages, FlyteContext, PythonVersion, lazy_module

HOMES = {
    "FlyteContext": "kit.porting",
    "DefaultImages": "kit.porting",
    "PythonVersion": "kit.porting",
    "lazy_module": "kit.porting",
    "logger": "kit.porting",
}
"""Where the names are that are not in ``kit`` itself."""


def ported(source: str) -> str:
    """Return a module's source with its imports of flytekit from kit."""

    def line(found: re.Match[str]) -> str:
        indent, module, names = found.groups()
        if (module, names) == ("flytekit.models", "task as task_models"):
            return f"{indent}import kit as task_models"
        listed = [name.strip() for name in names.split(",")]
        return "\n".join(
            f"{indent}from {HOMES.get(name, 'kit')} import {name}" for name in listed
        )

    pattern = r"^( *)from (flytekit[\w.]*) import (.+)$"
    return re.sub(pattern, line, source, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    """Return flytekit's two SQL plugins as modules of kit's."""
    folder = tmp_path_factory.mktemp("ported")
    sys.path.insert(0, str(folder))
    made = []
    for name, module in (
        ("ported_sqlite", flytekit.extras.sqlite3.task),
        ("ported_alchemy", flytekitplugins.sqlalchemy.task),
    ):
        source = inspect.getsource(module)
        text = ported(source)
        assert "from flytekit" not in text
        kept = [line for line in text.splitlines() if "import" not in line]
        assert kept == [line for line in source.splitlines() if "import" not in line]
        (folder / f"{name}.py").write_text(text)
        spec = importlib.util.find_spec(name)
        loaded = importlib.util.module_from_spec(spec)
        sys.modules[name] = loaded
        spec.loader.exec_module(loaded)
        made.append(loaded)
    yield made
    sys.path.remove(str(folder))


def query(plugins, which: str, path: str):
    """Return a task of a ported plugin."""
    lite, alchemy = plugins
    arguments = {
        "query_template": "select name,\n grams from b where grams >= {{.inputs.g}}",
        "inputs": kit.kwtypes(g=int),
        "output_schema_type": kit.FlyteSchema[kit.kwtypes(name=str, grams=int)],
    }
    if which == "lite":
        config = lite.SQLite3Config(uri=path)
        return lite.SQLite3Task(name="p.lite", task_config=config, **arguments)
    config = alchemy.SQLAlchemyConfig(uri=f"sqlite:///{path}")
    return alchemy.SQLAlchemyTask(name="p.alchemy", task_config=config, **arguments)


@pytest.mark.parametrize("which", ["lite", "alchemy"])
def test_a_ported_plugin_runs(plugins, birds_file, which):
    """A call here, and a run in a process by kit-execute."""
    task = query(plugins, which, birds_file)
    assert (
        task.query_template == "select name, grams from b where grams >= {{.inputs.g}}"
    )
    assert task.get_query(g=3) == "select name, grams from b where grams >= 3"
    assert task.output_columns == ["name", "grams"]
    assert list(task(g=5000).open().all()["name"]) == ["gentoo"]
    run = kit.run(task, g=5000, wait=True).raise_for_error()
    assert list(run.outputs["results"].open().all()["grams"]) == [5076]


class Config:
    """What a query needs."""


class Echo(kit.ShimTaskExecutor):
    """Returns the query."""

    def execute_from_model(self, tt, **kwargs):
        """Return it with the inputs."""
        return kit.SQLTask.interpolate_query(tt.custom["query"], **kwargs)


Task = kit.PythonCustomizedContainerTask


class _Query:
    def get_custom(self, settings):
        return {"query": self.query_template}


class TaskFirst(_Query, Task[Config], kit.SQLTask[Config]):
    """As plugins of flytekit name their bases."""


class QueryFirst(_Query, kit.SQLTask[Config], Task[Config]):
    """The other way round."""


@pytest.mark.parametrize("kind", [TaskFirst, QueryFirst])
def test_the_bases_stand_in_either_order(kind):
    """The interface and the query are there, and other arguments pass."""
    task = kind(
        name="p.echo",
        task_config=Config(),
        container_image="ghcr.io/birds/echo:1.0",
        executor_type=Echo,
        query_template="  select {{ .Inputs.n }}\n\tfrom t ",
        inputs=kit.kwtypes(n=int),
        outputs=kit.kwtypes(o=str),
        requests=kit.Resources(cpu="1"),
    )
    assert task(n=3) == "select 3 from t"
    assert task.resources.requests.cpu == "1"
    assert list(task.interface.outputs.variables) == ["o"]


@pytest.mark.parametrize("kind", [TaskFirst, QueryFirst])
def test_an_unknown_argument_is_named(kind):
    """Whoever would have taken it."""
    with pytest.raises(kit.KitError, match="query_templat"):
        kind(
            name="p.x",
            task_config=None,
            container_image="g/x:1",
            executor_type=Echo,
            query_template="q",
            query_templat="q",
        )
    with pytest.raises(kit.KitError, match="must be a text"):
        kind(
            name="p.x",
            task_config=None,
            container_image="g/x:1",
            executor_type=Echo,
            query_template=3,
        )


def test_inputs_and_query_have_to_fit():
    """Neither may have what the other lacks."""
    with pytest.raises(kit.KitError, match="Variable n in Query"):
        kit.SQLTask.interpolate_query("select {{.inputs.n}}", m=1)
    with pytest.raises(kit.KitError, match="Extra Inputs"):
        kit.SQLTask.interpolate_query("select 1", m=1)


def test_images_are_those_of_the_running_python(monkeypatch):
    """Or of the newest that there is one for."""
    assert DefaultImages.find_image_for(PythonVersion.PYTHON_3_9, "v1.2").endswith(
        "py3.9-1.2"
    )
    assert DefaultImages.default_image().startswith(
        "cr.flyte.org/flyteorg/flytekit:py3"
    )
    monkeypatch.setenv("FLYTE_INTERNAL_IMAGE", "ghcr.io/own:1")
    assert DefaultImages.default_image() == "ghcr.io/own:1"


def test_files_are_copied_by_the_context(tmp_path):
    """As executors of plugins ask for them."""
    (tmp_path / "a.txt").write_text("x")
    access = FlyteContext.current_context().file_access
    target = access.get_random_local_path("a.txt")
    access.get_data(str(tmp_path / "a.txt"), target)
    with open(target) as file:  # noqa: PTH123 - a text, as flytekit returns
        assert file.read() == "x"
    assert repr(lazy_module("math")) == "lazy_module('math')"
