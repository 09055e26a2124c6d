"""How an executor reaches its container: module, inline, or a clear error."""

from __future__ import annotations

import pytest

import kit
from kit.definition.shipment import INLINE_EXECUTOR
from kit.errors import (
    AuthoringError,
    CaptureError,
    DefinitionError,
    ShippingError,
    SourceError,
    UndefinedNameError,
)
from kit.template.serialize import LOCAL_SETTINGS, task_template

MORE = 2


class Twice(kit.ShimTaskExecutor):
    """Doubles."""

    def execute_from_model(self, tt, **kwargs):
        """Return twice n, and what custom holds."""
        return MORE * kwargs["n"] + len(tt.custom)


class Doubling(kit.PythonCustomizedContainerTask):
    """The class form."""

    def get_custom(self, settings):
        """Return something."""
        return {"table": "x"}


def task(executor=Twice, **facts):
    """Make a task of an executor's class."""
    interface = kit.Interface({"n": int}, {"o0": int})
    return Doubling("double", None, "acme/a:1", executor, interface=interface, **facts)


def test_an_executor_of_a_module_ships_as_module():
    """Its dotted name is in the arguments and custom is the author's."""
    template = task_template(task(), LOCAL_SETTINGS)
    assert template.container.args[-1] == f"{__name__}.Twice"
    assert list(template.custom.fields) == ["table"]


def test_inline_puts_the_source_into_the_one_template():
    """The arguments name kit's executor and custom holds the source."""
    template = task_template(task(ship="inline"), LOCAL_SETTINGS)
    assert template.container.args[-1] == INLINE_EXECUTOR
    assert sorted(template.custom.fields) == ["kit.inline", "table"]
    source = template.custom.fields["kit.inline"].struct_value.fields["source"]
    assert "class Twice" in source.string_value


def test_an_inline_task_runs_from_its_source_here_and_in_a_process():
    """The executor's custom is without the source."""
    inline = task(ship="inline")
    assert inline(n=3) == 7
    assert kit.run(inline, n=3).outputs == {"o0": 7}


def test_serializing_twice_gives_the_same_bytes():
    """The source is deterministic."""
    first, second = (
        kit.template_bytes(task(ship="inline"), LOCAL_SETTINGS) for _ in range(2)
    )
    assert first == second


def test_source_above_the_limit_is_an_error_with_both_sizes():
    """The limit can be raised."""
    with pytest.raises(ShippingError, match=r"\d+ bytes.*takes 100 of them"):
        task_template(task(ship="inline", inline_limit=100), LOCAL_SETTINGS)


def test_an_executor_inside_a_function_cannot_ship_as_module():
    """The error says why, and what to do."""

    class Local(Twice):
        pass

    with pytest.raises(ShippingError, match=r"lives inside a function.*Leave ship"):
        task_template(task(Local, ship="module"), LOCAL_SETTINGS)


def test_a_key_of_kits_own_in_custom_is_an_error():
    """An author's key would be overwritten."""

    class Clash(Doubling):
        def get_custom(self, settings):
            return {"kit.inline": {}}

    clash = Clash("c", None, "a:1", Twice, interface=kit.Interface())
    with pytest.raises(DefinitionError, match=r"'kit\.inline', which is kit's own"):
        task_template(clash, LOCAL_SETTINGS)


def test_a_decorated_task_of_a_cell_runs_in_a_fresh_process(cell):
    """Helpers and constants of other cells come along."""
    cell("SCALE = 3\ndef helper(x):\n    return x * SCALE")
    cell(
        "@kit.container_task(image='a/b:1', custom={'base': 2})\n"
        "def scaled(tt, n: int, k: int = 2) -> int:\n"
        "    return helper(n) * k + int(tt.custom['base'])"
    )
    assert cell("scaled(n=2)") == 14
    run = cell("kit.run(scaled, n=2, runner='subprocess')")
    assert (run.error, run.outputs) == (None, {"o0": 14})


def test_the_open_of_a_cell_is_the_builtin_one(cell):
    """IPython binds an open of its own in each notebook."""
    cell(
        "import os\n@kit.container_task(image='a/b:1')\n"
        "def read(tt) -> str:\n    return open(os.devnull).read()"
    )
    assert cell("kit.run(read).outputs") == {"o0": ""}


def test_the_class_form_in_cells_runs_in_a_fresh_process(cell):
    """It is served as the decorator is."""
    cell(
        "class Ex(kit.ShimTaskExecutor):\n"
        "    def execute_from_model(self, tt, **kwargs):\n"
        "        return kwargs['n'] + 1"
    )
    cell(
        "class Task(kit.PythonCustomizedContainerTask):\n"
        "    def get_custom(self, settings):\n        return {}\n"
        "t = Task('t', None, 'a:1', Ex, interface=kit.Interface({'n': int}, "
        "{'o0': int}))"
    )
    assert cell("t(n=2), kit.run(t, n=2).outputs") == (3, {"o0": 3})


def test_a_cell_that_runs_again_leaves_no_stale_copy(cell):
    """The next template has the new function, and the new helper."""
    helper = "def helper():\n    return {}"
    text = (
        "@kit.container_task(image='a:1')\ndef f(tt) -> int:\n    return helper() + {}"
    )
    cell(helper.format(1))
    cell(text.format(10))
    assert cell("f()") == 11
    cell(text.format(20))
    assert cell("f()") == 21
    cell(helper.format(2))
    assert cell("f(), kit.run(f).outputs") == (22, {"o0": 22})


def test_a_live_object_of_a_cell_is_an_error_when_the_template_is_made(cell):
    """It says why the source is needed, and what of it cannot travel."""
    cell("import threading\nlines = threading.Thread(name='live')")
    cell("@kit.container_task(image='a:1')\ndef f(tt) -> str:\n    return lines.name")
    with pytest.raises(CaptureError, match=r"ships inline, for it lives in __main__"):
        cell("f()")


def test_a_secret_of_the_task_in_its_source_is_refused(cell, monkeypatch):
    """The value is not shown."""
    monkeypatch.setenv("_FSEC_DB_PASSWORD", "hunter2-long")
    cell(
        "@kit.container_task(image='a:1', secret_requests="
        "[kit.Secret(group='db', key='password')])\n"
        "def f(tt) -> str:\n    return 'hunter2-long'"
    )
    with pytest.raises(AuthoringError) as raised:
        cell("f()")
    assert "hunter2" not in str(raised.value)


def test_a_cells_executor_cannot_ship_as_module(cell):
    """__main__ is another one in every process."""
    cell("@kit.container_task(image='a:1', ship='module')\ndef f(tt) -> int: return 1")
    with pytest.raises(ShippingError, match="lives in __main__"):
        cell("f()")


def test_a_file_beside_the_notebook_ships_inline(cell, tmp_path, monkeypatch):
    """No other machine has it."""
    (tmp_path / "beside_me.py").write_text(
        "import kit\n@kit.container_task(image='a:1')\n"
        "def f(tt) -> int:\n    return 5\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    cell("from beside_me import f")
    assert cell("f.shipment().way, f()") == ("inline", 5)


def test_a_module_that_only_this_notebook_finds_ships_inline(
    cell, tmp_path, monkeypatch
):
    """A folder that was put on the notebook's path is on no other machine's."""
    (tmp_path / "far_away.py").write_text(
        "import kit\n@kit.container_task(image='a:1')\n"
        "def f(tt) -> int:\n    return 6\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    cell("from far_away import f")
    assert cell("f.shipment().way, f()") == ("inline", 6)
    assert "far_away is not installed" in cell("f.shipment().why")


def test_a_static_method_of_a_cell_travels_as_a_function(cell):
    """The class around it stays behind."""
    cell("class Group:\n    @staticmethod\n    def f(tt) -> int:\n        return 7")
    cell("f = kit.container_task(image='a:1')(Group.f)")
    assert cell("f()") == 7


def test_the_histories_of_the_shell_do_not_travel(cell):
    """Other cells are nobody's business."""
    cell("@kit.container_task(image='a:1')\ndef f(tt) -> int:\n    return len(In)")
    with pytest.raises(UndefinedNameError, match=r"'In'.*only the shell has it"):
        cell("f.shipment()")


def test_what_no_module_holds_does_not_ship_as_one():
    """Code that was compiled from text has no module, or another one's name."""
    made = {"kit": kit}
    exec("@kit.container_task(image='a:1')\ndef f(tt) -> int: return 1", made)  # noqa: S102
    with pytest.raises(SourceError, match="no module"):
        task_template(made["f"], LOCAL_SETTINGS)


def test_a_class_that_its_module_does_not_hold_does_not_ship_as_one():
    """A container would look in vain for a class that a call made."""
    made = type("Made", (Twice,), {"__module__": __name__})
    with pytest.raises(SourceError, match=f"{__name__} has no Made"):
        task_template(task(made), LOCAL_SETTINGS)


def test_a_function_inside_a_function_is_told_as_one(cell):
    """The advice speaks of what was written."""
    cell(
        "def around():\n    q = 1\n    @kit.container_task(image='a:1')\n"
        "    def f(tt) -> int:\n        return q\n    return f"
    )
    with pytest.raises(ShippingError, match="'q'") as caught:
        cell("around().shipment()")
    assert "Move the class" not in str(caught.value)


def test_formats_of_files_are_no_names(cell):
    """A named tuple of outputs may have files of formats, by any name at hand."""
    cell("import typing\nfrom kit.types import FlyteFile\ncsv = object()")
    cell('class Kinds(typing.NamedTuple):\n  a: FlyteFile["csv"]\n  b: FlyteFile["x"]')
    cell("@kit.container_task(image='a:1')\ndef f(tt) -> Kinds:\n  return Kinds(1, 2)")
    source = cell("f.shipment().inline['source']")
    assert 'a: FlyteFile["csv"]' in source
    assert "object()" not in source


TEAM = (
    "import functools\n"
    "team = functools.partial(kit.container_task, image='a:1')\n"
    "def by_name(f):\n    return kit.container_task(image='a:1')(f)\n"
    "def of(image):\n    return lambda f: kit.container_task(image=image)(f)\n"
    "def marked(f):\n    f.mark = 1\n    return f\n"
    "again = lambda task: task\n"
    "class Maker:\n    def __call__(self, f):\n"
    "        return kit.container_task(image='a:1')(f)"
)


@pytest.mark.parametrize(
    "decorators",
    [
        "@team(name='double')",
        "@team()\n@marked",
        "@again\n@team(\n    name='double',\n)",
        "@by_name",
        "@of('a:1')",
        "@(lambda f: kit.container_task(image='a:1')(f))",
        "@Maker()",
        "@kit.decorator.container_task(image='a:1')",
    ],
)
def test_a_decorator_that_makes_tasks_may_have_any_name(decorators, cell):
    """What made the task is a task already, and does not travel."""
    cell(TEAM)
    cell(f"{decorators}\ndef double(tt, n: int) -> int:\n    return 2 * n")
    assert cell("double(n=3)") == 6
    source = cell("double.shipment().inline['source']")
    assert ("@marked" in source) == ("@marked" in decorators)
    assert "container_task" not in source


def test_a_call_without_a_decorator_leaves_the_other_decorators(cell):
    """Only the line that calls for the task is left out."""
    cell(TEAM)
    cell("@marked\ndef f(tt) -> int:\n    return f.mark")
    cell("t = team()(f)")
    assert cell("t()") == 1


def test_a_task_of_a_factory_may_use_its_arguments_in_the_decorator(cell):
    """The decorator's names are not the function's: custom is where they belong."""
    cell(
        "def factory(k):\n"
        "    @kit.container_task(image='a:1', name=f's{k}', custom={'k': k})\n"
        "    def scaled(tt, n: int) -> int:\n"
        "        return n * int(tt.custom['k'])\n"
        "    return scaled"
    )
    assert cell("factory(3)(n=2)") == 6


def test_a_model_without_methods_travels(cell):
    """Its metaclass and its bases gave it more names than it was written with."""
    cell("import pydantic, dataclasses")
    cell("from mashumaro.mixins.json import DataClassJSONMixin")
    cell("class Order(pydantic.BaseModel):\n    amount: int = 1")
    cell("@dataclasses.dataclass\nclass Row(DataClassJSONMixin):\n    amount: int = 2")
    cell(
        "@kit.container_task(image='a:1', ship='inline')\n"
        "def f(tt) -> str:\n    return Order().model_dump_json() + Row().to_json()"
    )
    assert cell("f()") == '{"amount":1}{"amount": 2}'


def test_an_alias_of_a_parametrized_type_travels(cell):
    """A format, or the columns of a schema, make classes without a statement."""
    cell("from kit.types import FlyteFile, FlyteSchema")
    cell("JSONL = FlyteFile['jsonl']\nPAIRS = {'a': FlyteSchema[{'x': int}]}")
    cell(
        "@kit.container_task(image='a:1')\ndef f(tt) -> str:\n"
        "    return JSONL.extension() + str(PAIRS['a'].columns())"
    )
    assert cell("f()") == "jsonl{'x': <class 'int'>}"


def test_the_argument_of_a_generic_executor_stays_behind(cell):
    """It is for type checkers, and the task's class is not the executor's to have."""
    cell(
        "import threading\nlive = threading.Lock()\n"
        "class Task(kit.PythonCustomizedContainerTask):\n"
        "    def get_custom(self, settings):\n        return {'k': live.locked()}\n"
        "class Ex(kit.ShimTaskExecutor[Task]):\n"
        "    def execute_from_model(self, tt, **kwargs):\n        return 3"
    )
    cell("t = Task('t', None, 'a:1', Ex, interface=kit.Interface({}, {'o0': int}))")
    assert cell("t()") == 3
    assert "class Ex(kit.ShimTaskExecutor):" in cell("t.shipment().inline['source']")
