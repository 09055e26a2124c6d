"""The executor whose source travels in the template, and what it refuses."""

from __future__ import annotations

import gc
import linecache
import pickle
import subprocess
import sys
import traceback
from types import SimpleNamespace

import pytest
from flyteidl.core import tasks_pb2

from kit.definition.shipment import INLINE_EXECUTOR
from kit.errors import InlineError
from kit.inline import InlineExecutor, inline_document, unpack
from kit.resolver import default_task_template_resolver
from kit.template.custom import fill_struct
from kit.template.view import TaskTemplateView

FUNCTION = (
    "BASE = 40\n\ndef add(tt, n):\n    return BASE + n + int(tt.custom['more'])\n"
)
CLASS = "class Add:\n    def execute_from_model(self, tt, n):\n        return 1 / n\n"


def view(document, **custom):
    """Return the view of a template with that document in its custom."""
    message = tasks_pb2.TaskTemplate()
    message.id.name = "sum"
    fill_struct(message.custom, {**custom, "kit.inline": document})
    return TaskTemplateView.from_flyte_idl(message)


def test_a_function_runs_from_its_source():
    """The function gets the template and the inputs."""
    tt = view(inline_document("add_1", "add", FUNCTION), more=1)
    assert InlineExecutor().execute_from_model(tt, n=1) == 42


def test_the_executor_sees_custom_as_its_author_wrote_it():
    """The source's own key is gone, and the view that was given is as before."""
    tt = view(inline_document("add_2", "add", FUNCTION), more=1)
    seen, _ = unpack(tt)
    assert (seen.custom, seen.id.name) == ({"more": 1.0}, "sum")
    assert "kit.inline" in tt.custom


def test_a_traceback_shows_the_lines_of_the_source():
    """The module's lines are found where no file is."""
    tt = view(inline_document("add_3", "Add", CLASS))
    with pytest.raises(ZeroDivisionError) as raised:
        InlineExecutor().execute_from_model(tt, n=0)
    text = "".join(traceback.format_exception(raised.value))
    assert 'File "<add_3>", line 3' in text
    assert "return 1 / n" in text


def test_each_load_starts_with_fresh_globals():
    """What one run left in the module is not there in the next, as in containers."""
    source = "SEEN = []\n\ndef count(tt):\n    SEEN.append(1)\n    return len(SEEN)\n"
    tt = view(inline_document("count_1", "count", source))
    counts = [InlineExecutor().execute_from_model(tt) for _ in range(2)]
    assert counts == [1, 1]


def test_a_dataclass_finds_its_module():
    """Future annotations and dataclasses look into sys.modules while they are made."""
    source = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass P:\n    x: int\n\ndef f(tt):\n    return P(3).x\n"
    )
    tt = view(inline_document("f_1", "f", source))
    assert InlineExecutor().execute_from_model(tt) == 3


def loaded(number, source=None):
    """Load the executor of a task whose cell was changed that many times."""
    source = source or (
        f"class Odd(Exception):\n    def number(self):\n        return {number}\n\n"
        "def odd(tt):\n    raise Odd(3)\n"
    )
    tt = view(inline_document(f"odd_{number}", "odd", source))
    return InlineExecutor(), tt


def raised(number):
    """Return what such an executor raises."""
    executor, tt = loaded(number)
    with pytest.raises(Exception, match="3") as caught:
        executor.execute_from_model(tt)
    return caught.value


def traces(number=""):
    """Return what is known of the modules by name."""
    name = f"odd_{number}"
    modules = [each for each in sys.modules if each.startswith(name)]
    return modules, [each for each in linecache.cache if each.startswith(f"<{name}")]


def test_fifty_changes_leave_one_copy():
    """Neither modules nor their lines pile up."""
    for number in range(50):
        raised(number)
    gc.collect()
    assert traces() == (["odd_49"], ["<odd_49>"])


def test_what_lives_on_keeps_working():
    """An exception of an older version has its lines, and can be pickled."""
    error = raised(50)
    raised(51)
    gc.collect()
    assert "odd_50" not in sys.modules
    assert "raise Odd(3)" in "".join(traceback.format_exception(error))
    assert pickle.loads(pickle.dumps(error)).number() == 50  # noqa: S301 - our own
    raised(52)
    del error
    gc.collect()
    assert traces("50") == ([], [])


def test_a_module_stays_while_it_runs():
    """A change during a run takes nothing away from it."""
    source = (
        "import sys\n\ndef odd(tt):\n    tt.change()\n"
        "    return __name__ in sys.modules\n"
    )
    _, executor_type = unpack(loaded(60, source)[1])
    tt = SimpleNamespace(change=lambda: raised(61))
    assert executor_type().execute_from_model(tt)
    raised(62)
    gc.collect()
    assert traces()[0] == ["odd_62"]


def test_two_tasks_with_one_executor_share_its_module():
    """A change of one does not take away what the other still has."""
    one, other = (view(inline_document("add_9", "add", FUNCTION)) for _ in range(2))
    message = other.to_flyte_idl()
    message.id.name = "other"
    unpack(one)
    unpack(type(other).from_flyte_idl(message))
    unpack(view(inline_document("add_10", "add", FUNCTION + "# more\n")))
    assert "add_9" in sys.modules


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": FUNCTION + "# changed\n"}, "is not the one that was sent"),
        ({"sha256": None}, "has no text under sha256"),
        ({"executor": "ad"}, "has no class or function 'ad'"),
        ({"module": "json"}, "is another one"),
    ],
)
def test_a_document_that_is_not_whole_is_an_error(change, said):
    """What was changed or is missing is named."""
    __import__("json")
    document = {**inline_document("add_4", "add", FUNCTION), **change}
    with pytest.raises(InlineError, match=said):
        unpack(view(document))


def test_a_template_without_the_key_is_an_error():
    """The keys that are there are listed."""
    message = tasks_pb2.TaskTemplate()
    message.id.name = "sum"
    fill_struct(message.custom, {"table": "x"})
    with pytest.raises(InlineError, match=r"no 'kit\.inline'.*\['table'\]"):
        unpack(TaskTemplateView.from_flyte_idl(message))


def test_syntax_of_a_newer_python_is_explained():
    """The line, this version and the way out are said."""
    document = inline_document("new_1", "f", "def f(tt):\n    return 1 ?? 2\n")
    with pytest.raises(
        InlineError,
        match=r"Python 3\.\d+ .*line 2 of new_1.*'return 1 \?\? 2'.*newer Python",
    ):
        unpack(view(document))


def test_the_resolver_loads_the_authors_executor():
    """What runs under kit-execute is the author's class, without a layer of kit's."""
    message = view(inline_document("add_5", "Add", CLASS)).to_flyte_idl()
    message.type = "python-task"
    message.metadata.runtime.flavor = "kit"
    message.interface.inputs.SetInParent()
    task = default_task_template_resolver.load_from_bytes(
        message.SerializeToString(), INLINE_EXECUTOR
    )
    assert (task.executor_type.__module__, task.executor_type.__name__) == (
        "add_5",
        "Add",
    )
    assert "kit.inline" not in task.task_template.custom


def test_loading_source_imports_nothing_heavy():
    """The container side stays light."""
    code = (
        "import sys, kit.inline\n"
        "heavy = {'kit.task', 'kit.source.module', 'ast', 'msgpack'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() in {"[]", "['ast']"}


@pytest.mark.flytekit
def test_it_runs_under_flytekits_own_entrypoint(tmp_path):
    """pyflyte-execute runs the source, with outputs where their names say."""
    script = tmp_path / "notebook_of_mine.py"
    script.write_text(
        "import sys, kit\nfrom typing import NamedTuple\n"
        "class Out(NamedTuple):\n    zebra: int\n    ape: str\n    mouse: float\n"
        "@kit.container_task(image='a:1', custom={'k': 1}, runtime='flytekit')\n"
        "def make(tt, n: int) -> Out:\n"
        "    return Out(n + int(tt.custom['k']), ','.join(tt.custom), 0.5)\n"
        "if __name__ == '__main__':\n"
        "    run = kit.run(make, n=1)\n"
        "    print(run.error, dict(sorted(run.outputs.items())), run.argv[2])\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == (
        "None {'ape': 'k', 'mouse': 0.5, 'zebra': 2} flytekit.bin.entrypoint"
    ), done.stderr
