"""``%%executor_module`` in a real shell."""

from __future__ import annotations

import sys

import pytest
from IPython.core.error import UsageError

SCALE = """%%executor_module {file}
import kit
FACTOR = {factor}
_PRIVATE = 1
class Scale(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, n):
        return n * FACTOR
@kit.container_task(image="a:1")
def plus(tt, n: int) -> int:
    return n + FACTOR
"""
TASK = """
class Task(kit.PythonCustomizedContainerTask):
    def get_custom(self, settings):
        return {}
scale = Task("t", None, "a:1", Scale, interface=kit.Interface({"n": int}, {"o0": int}))
"""


def module(factor, file="scaling.py"):
    """Return the cell of a module with an executor and a task."""
    return SCALE.format(file=file, factor=factor)


def test_the_cell_is_a_module_whose_names_are_bound(run, tmp_path):
    """As by `from scaling import *`; the file has the cell's line numbers."""
    run(module(2))
    assert run("FACTOR, Scale.__module__") == (2, "scaling")
    assert "_PRIVATE" not in run("dir()")
    lines = (tmp_path / "scaling.py").read_text().splitlines()
    assert lines[0].startswith("# Written by %%executor_module")
    assert lines[1:] == module(2).splitlines()[1:]


def test_executors_in_it_ship_as_module(run, tmp_path):
    """Both forms, although the file lies beside the notebook; and they run."""
    run(module(2))
    run(TASK)
    for name in ("scale", "plus"):
        shipment = run(f"{name}.shipment()")
        assert shipment.way == "module"
        assert shipment.location.startswith("scaling.")
        assert "%%executor_module" in shipment.why
    assert run("scale(n=4), plus(n=4)") == (8, 6)
    assert run("kit.run(scale, n=4, runner='subprocess').outputs") == {"o0": 8}
    assert run("kit.run(plus, n=4, runner='subprocess').outputs") == {"o0": 6}


def test_a_file_that_was_only_imported_still_ships_inline(run, tmp_path, monkeypatch):
    """The wish is the magic's."""
    (tmp_path / "by_hand.py").write_text(module(1).partition("\n")[2])
    monkeypatch.syspath_prepend(str(tmp_path))
    run("import by_hand")
    assert run("by_hand.plus.shipment().way") == "inline"


def test_a_changed_cell_is_imported_again(run):
    """Here and in the next process, when file time and size have not changed."""
    for factor in (2, 3, 4):
        run(module(factor))
        run(TASK)
        assert run("scale(n=1), plus(n=1)") == (factor, 1 + factor)
        assert run("kit.run(scale, n=1).outputs") == {"o0": factor}


def test_a_task_of_the_former_module_runs_the_new_executor(run):
    """Its template names the executor; the class that it holds is the old one."""
    run(module(2))
    run(TASK)
    run(module(5))
    assert run("scale.executor_type is Scale") is False
    assert run("scale(n=1), kit.run(scale, n=1).outputs") == (5, {"o0": 5})


def test_an_unchanged_cell_changes_nothing(run, tmp_path):
    """The file stays, and so do the objects."""
    run(module(2))
    before, written = run("Scale"), (tmp_path / "scaling.py").stat().st_mtime_ns
    run("Scale = None")
    run(module(2))
    assert run("Scale") is before
    assert (tmp_path / "scaling.py").stat().st_mtime_ns == written


def test_a_name_that_is_gone_is_gone(run):
    """A former class is not left behind; what the notebook made itself stays."""
    run(module(2))
    run("plus = 'mine'")
    run("%%executor_module scaling.py\nONLY = 1")
    assert "Scale" not in run("dir()")
    assert run("plus, ONLY, kit.__name__") == ("mine", 1, "kit")


def test_a_module_that_uses_a_changed_one_is_imported_again(run):
    """By whichever form of import."""
    run("%%executor_module inner.py\nVALUE = 1")
    outer = "%%executor_module outer.py\nfrom inner import VALUE\nTWICE = 2 * VALUE"
    run(outer)
    first = sys.modules["outer"]
    run(outer)
    assert sys.modules["outer"] is first
    run("%%executor_module inner.py\nVALUE = 5")
    run(outer)
    assert run("TWICE") == 10


def test_a_module_in_a_folder_is_dotted(run, tmp_path):
    """The folder is made."""
    run("%%executor_module steps/one.py\nclass One: ...")
    assert run("One.__module__") == "steps.one"
    run("%%executor_module steps/two.py\nfrom .one import One")
    assert run("import steps.two; steps.two.One is One")
    assert (tmp_path / "steps" / "two.py").is_file()


def test_it_is_found_after_a_change_of_folder(run, tmp_path, monkeypatch):
    """Here and in a process."""
    run(module(2))
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert run("kit.run(plus, n=1, runner='subprocess').outputs") == {"o0": 3}


def test_an_absolute_path_may_lead_elsewhere(run, tmp_path_factory):
    """Its folder is looked into from then on."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(f"%%executor_module {folder}/brought_from_afar.py\nclass Far: ...")
    assert run("Far.__module__") == "brought_from_afar"
    assert (folder / "brought_from_afar.py").is_file()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "arguments are required: FILE"),
        ("a.py b.py", "unrecognized arguments: b.py"),
        ("a.py --over", "Expected %%executor_module FILE [--overwrite]."),
        ("scale", "'scale' is not a module's file: expected name.py"),
        ("a-b.py", "'a-b' is not a Python name"),
        ("class.py", "'class' is not a Python name"),
        ("1/a.py", "'1' is not a Python name"),
        (".py", "'.py' is not a module's file"),
        ("__init__.py", "has a meaning of its own"),
        ("../a.py", "leaves the notebook's folder"),
        ("/no/such/a.py", "No folder '/no/such'"),
        ("json.py", "The module 'json' exists already (Python's own)"),
        ("pytest.py", "The module 'pytest' exists already (/"),
        ("kit.py", "The module 'kit' exists already (/"),
        ("kit/mine.py", "The module 'kit' exists already (/"),
        ("{folder}.py", "not a Python name"),
    ],
)
def test_a_file_that_cannot_be_a_module_is_refused(run, tmp_path, line, said):
    """Nothing is written."""
    with pytest.raises(UsageError) as raised:
        run(f"%%executor_module {line}\nx = 1")
    assert said in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_link_out_of_the_folder_is_refused(run, tmp_path, tmp_path_factory):
    """It says where it leads."""
    target = tmp_path_factory.mktemp("target") / "t.py"
    (tmp_path / "linked.py").symlink_to(target)
    with pytest.raises(UsageError, match="is a link to"):
        run("%%executor_module linked.py\nx = 1")
    assert not target.exists()


def test_a_file_that_a_person_wrote_is_not_lost(run, tmp_path):
    """Unless one says so."""
    file = tmp_path / "by_me.py"
    file.write_text("x = 'mine'\n")
    with pytest.raises(UsageError, match="was not written by %%executor_module"):
        run("%%executor_module by_me.py\nx = 1")
    assert file.read_text() == "x = 'mine'\n"
    run("%%executor_module by_me.py --overwrite\nx = 1")
    assert run("x") == 1


def test_a_file_that_a_person_changed_is_not_lost(run, tmp_path):
    """The magic knows what it wrote."""
    run("%%executor_module changed.py\nx = 1")
    file = tmp_path / "changed.py"
    file.write_text(file.read_text() + "# a fix\n")
    with pytest.raises(UsageError, match="was changed since"):
        run("%%executor_module changed.py\nx = 2")
    assert file.read_text().endswith("# a fix\n")


def test_a_folder_is_not_replaced(run, tmp_path):
    """Not with --overwrite either."""
    (tmp_path / "d.py").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        run("%%executor_module d.py --overwrite\nx = 1")


def test_a_cell_that_is_no_python_is_not_written(shell, tmp_path, capsys):
    """Its line is that of the cell."""
    result = shell.run_cell("%%executor_module bad.py\nx = 1\n!ls")
    assert not result.success
    shown = capsys.readouterr()
    assert "bad.py:3" in shown.out + shown.err
    assert not (tmp_path / "bad.py").exists()


def test_when_an_import_fails_the_former_module_stays(run, shell, capsys):
    """The error has the line of the cell and no frame of the magic's."""
    run(module(2))
    before = sys.modules["scaling"]
    assert not shell.run_cell("%%executor_module scaling.py\nx = 1\n1 / 0").success
    shown = capsys.readouterr()
    text = shown.out + shown.err
    assert "scaling.py:3" in text
    assert "magics" not in text
    assert sys.modules["scaling"] is before
    run("%%executor_module scaling.py\nx = 1\ny = 2")
    assert run("y") == 2


def test_help_explains_the_file(shell, capsys):
    """`?` says where it lies and what happens on a change."""
    shell.run_cell("%%executor_module?")
    text = capsys.readouterr().out
    assert "%%executor_module scale.py" in text
    assert "--overwrite" in text


def test_text_that_no_file_can_hold_is_refused(shell, tmp_path):
    """A lone surrogate, from a broken paste."""
    with pytest.raises(UsageError, match="cannot be written"):
        shell.run_cell_magic("executor_module", "odd.py", "x = '\ud800'")
    assert list(tmp_path.iterdir()) == []


def test_its_marker_does_not_travel(run):
    """The module's public names are the author's."""
    run("%%executor_module plain.py\nx = 1")
    assert "__kit_executor_module__" not in run("dir()")
