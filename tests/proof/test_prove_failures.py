"""Why a task does not stand alone: each cause has its sentence and its repair."""

from __future__ import annotations

import sys

import pytest
from prove_lab import ImageTask

import kit
from kit.errors import CaptureError, ProofError
from kit.proof.outcome import read_notes

BOTH = pytest.mark.parametrize(
    "runtime", ["kit", pytest.param("flytekit", marks=pytest.mark.flytekit)]
)


def failure_of(proof, step):
    """Check that a proof fails at a step and says it everywhere; return why."""
    failed = proof.failure
    assert failed is not None
    assert failed.step == step
    assert repr(proof) == f"Proof({proof.task!r}, fails at {step!r})"
    statuses = {each.name: each.status for each in proof.steps}
    assert statuses[step] == "failed"
    place = list(statuses).index(step)
    assert set(list(statuses.values())[:place]) <= {"done"}
    assert set(list(statuses.values())[place + 1 :]) <= {"skipped"}
    with pytest.raises(ProofError) as raised:
        proof.raise_for_error()
    assert failed.missing in str(raised.value)
    assert failed.repair in str(raised.value)
    return failed


AT_IMPORT = [
    ("import cv2_missing", "module cv2_missing of the package cv2_missing", "pip"),
    ("import usb", "module usb of the package pyusb is not", "RUN pip install pyusb"),
    ("import click.nowhere", "click is installed but has no module", "Install the ver"),
    ("from click import nope", "cannot import name 'nope' from 'click'", "of click in"),
    ("import sys; sys.exit(3)", "ended the process: SystemExit: 3 at", "__main__"),
    ("os._exit(0)", "ended the process with status 0, as os._exit", "Take that call"),
    ("os._exit(4)", "ended the process with status 4, as os._exit", "Take that call"),
    ("os.kill(os.getpid(), 9)", "it was killed by SIGKILL", "compiled package"),
    ("get_ipython().run_line_magic('x')", "get_ipython exists in notebooks", "Leave"),
    ("display(1)", "display exists in notebooks only", "from IPython.display import"),
    ("print(scale)", "name 'scale' is not defined", "Import or define it"),
    ("os.environ['ONLY_HERE']", "variable ONLY_HERE is not set (it is", "environment="),
    ("os.environ['NOWHERE']", "variable NOWHERE is not set", "{'NOWHERE': …}"),
    ("{}['key']", "raises KeyError: 'key'", "See the traceback"),
    ("open('beside.csv')", "'beside.csv' is only here, as", "pass it as an input"),
    ("open(os.path.abspath('beside.csv'))", "'beside.csv' is only here", "kit.FlyteF"),
    ("open(os.path.expanduser('~/own.cfg'))", "'~/own.cfg' is only here", "kit.Flyt"),
    ("open('/nowhere/x.csv')", "there is no file '/nowhere/x.csv'", "into the image"),
    ("raise ValueError('bad [red]')", "raises ValueError: bad [red]", "See the trace"),
    ("eval('1 +')", "raises SyntaxError: invalid syntax", "See the traceback"),
]


@pytest.mark.parametrize(("there", "missing", "repair"), AT_IMPORT)
def test_what_goes_wrong_at_import(
    image, notebook, monkeypatch, there, missing, repair
):
    """The module's step fails, with what is missing and what to do."""
    monkeypatch.setenv("ONLY_HERE", "secret value")
    monkeypatch.setenv("HOME", str(notebook))
    (notebook / "beside.csv").write_text("x")
    (notebook / "own.cfg").write_text("x")
    proof = kit.prove(image.task(there))
    failed = failure_of(proof, "module")
    assert missing in failed.missing
    assert repair in failed.repair
    assert "secret value" not in str(failed) + failed.traceback
    assert "kit/resolver" not in failed.traceback


@pytest.mark.flytekit
@pytest.mark.parametrize("case", [0, 6])
def test_what_goes_wrong_at_import_under_flytekit(image, notebook, case):
    """The same sentences, by flytekit's own path."""
    there, missing, repair = AT_IMPORT[case]
    failed = failure_of(kit.prove(image.task(there, runtime="flytekit")), "module")
    assert missing in failed.missing
    assert repair in failed.repair
    assert "flytekit/" not in failed.traceback


@BOTH
def test_an_import_that_hangs(image, runtime):
    """The line in which it hangs is told."""
    there = "import time\ntime.sleep(99)  # a download"
    timeout = 3 if runtime == "kit" else 8
    proof = kit.prove(image.task(there, runtime=runtime), timeout=timeout)
    failed = failure_of(proof, "module")
    assert "did not end in time: it was at" in failed.missing
    assert "time.sleep(99)" in failed.missing
    assert "Move what waits there" in failed.repair


def test_an_import_that_hangs_and_hears_nothing(image):
    """It is killed."""
    there = "import signal, time; signal.signal(2, signal.SIG_IGN); time.sleep(99)"
    runner = kit.SubprocessRunner(isolated=True, grace=0.3)
    failed = failure_of(
        kit.prove(image.task(there), timeout=3, runner=runner), "module"
    )
    assert failed.missing.endswith("did not end in time")


def test_the_traceback_is_the_authors_and_bounded(image):
    """It begins in the module, and a huge message does not fill the memory."""
    failed = failure_of(
        kit.prove(image.task("raise ValueError('x' * 10**6)")), "module"
    )
    assert len(failed.traceback) <= 20_000
    assert len(failed.missing) <= 1_000
    short = failure_of(kit.prove(image.task("1 / 0")), "module").traceback
    assert short.startswith("Traceback (most recent call last):\n")
    assert "1 / 0" in short
    assert "importlib" not in short


def test_what_a_failing_import_printed_is_in_the_error(image):
    """Where there is no traceback, the last lines tell most."""
    proof = kit.prove(image.task("print('last words', flush=True); os._exit(1)"))
    with pytest.raises(ProofError, match="stdout: last words"):
        proof.raise_for_error()


@BOTH
def test_a_module_beside_the_notebook(notebook, monkeypatch, runtime):
    """The executor's own module can go inline, or be exported."""
    (notebook / "beside_notebook.py").write_text(
        "import kit\n"
        "class Ex(kit.ShimTaskExecutor):\n"
        "    def execute_from_model(self, tt):\n        return 5\n"
    )
    monkeypatch.syspath_prepend(str(notebook))
    monkeypatch.delitem(sys.modules, "beside_notebook", raising=False)
    import beside_notebook

    facts = {"interface": kit.Interface(), "ship": "module", "runtime": runtime}
    task = ImageTask("beside", None, "a:1", beside_notebook.Ex, **facts)
    failed = failure_of(kit.prove(task), "module")
    assert failed.missing == (
        f"the module beside_notebook is only here, in {notebook}/beside_notebook.py"
    )
    assert "ship='inline'" in failed.repair
    assert "kit.export(task" in failed.repair


def test_a_helper_beside_the_notebook(image, notebook):
    """A module that the executor imports must be installed, or come along."""
    (notebook / "helper_beside.py").write_text("x = 1")
    failed = failure_of(kit.prove(image.task("import helper_beside")), "module")
    assert f"only here, in {notebook}/helper_beside.py" in failed.missing
    assert failed.repair.startswith("Install helper_beside in the image")


def test_a_module_that_is_in_no_file(image, monkeypatch):
    """Another process cannot make it again."""
    monkeypatch.setitem(sys.modules, "made_here", type(sys)("made_here"))
    failed = failure_of(kit.prove(image.task("import made_here")), "module")
    assert "was made in this process" in failed.missing


@BOTH
def test_an_executor_that_its_module_does_not_have(image, runtime):
    """As when the notebook has another version of the module."""
    proof = kit.prove(image.task("Exe = Ex; del Ex", runtime=runtime))
    failed = failure_of(proof, "executor")
    assert failed.missing.endswith(" has no Ex")
    assert "install the module again" in failed.repair
    if runtime == "kit":
        assert failed.repair.endswith("Did you mean 'Exe'?")


INIT_FAILS = "def init(self):\n    raise RuntimeError('no GPU')\nEx.__init__ = init"


@pytest.mark.parametrize(
    ("there", "missing", "repair"),
    [
        (
            "Ex.__init__ = lambda self, table: None",
            "needs arguments: <lambda>() missing 1 required positional argument",
            "Give the parameters of __init__ defaults",
        ),
        (
            INIT_FAILS,
            "making Ex() raises RuntimeError: no GPU",
            "Leave __init__ without work",
        ),
        (
            "def init(self):\n    import nowhere_at_all\nEx.__init__ = init",
            "the module nowhere_at_all of the package nowhere_at_all is not installed",
            "RUN pip install",
        ),
    ],
)
def test_an_executor_that_cannot_be_made(image, there, missing, repair):
    """The constructor's trouble is told apart from its module's."""
    failed = failure_of(kit.prove(image.task(there)), "instance")
    assert missing in failed.missing
    assert repair in failed.repair


@pytest.mark.flytekit
def test_an_executor_that_cannot_be_made_under_flytekit(image):
    """Flytekit's own path says it, too."""
    proof = kit.prove(image.task(INIT_FAILS, runtime="flytekit"))
    failed = failure_of(proof, "instance")
    assert "making Ex() raises RuntimeError: no GPU" in failed.missing


def test_a_constructor_that_hangs_or_ends_the_process(image):
    """It is at the instance that it happened."""
    hangs = "def init(self):\n    import time; time.sleep(99)\nEx.__init__ = init"
    failed = failure_of(kit.prove(image.task(hangs), timeout=3), "instance")
    assert failed.missing.startswith("making Ex() did not end in time: it was at")
    ends = "Ex.__init__ = lambda self: os._exit(0)"
    failed = failure_of(kit.prove(image.task(ends)), "instance")
    assert "making Ex() ended the process with status 0" in failed.missing


def test_what_is_no_executor(image):
    """The sentence is that of the error, which says what to do."""
    proof = kit.prove(image.task("Ex = int"))
    failed = failure_of(proof, "instance")
    assert "int has no execute_from_model" in failed.missing


@pytest.mark.parametrize(
    ("runtime", "body", "missing"),
    [
        pytest.param(
            "flytekit",
            "raise ValueError(n)",
            "the executor raises ValueError: 7",
            marks=pytest.mark.flytekit,
        ),
        (
            "kit",
            "raise ValueError(f'n is {n}')",
            "the executor raises ValueError: n is 7",
        ),
        ("kit", "open('beside.csv')", "the file 'beside.csv' is only here, as"),
        ("kit", "__import__('nowhere_at_all')", "the module nowhere_at_all of the pa"),
    ],
)
def test_what_goes_wrong_when_it_runs(image, notebook, runtime, body, missing):
    """The run's step fails, and the run is there to look at."""
    (notebook / "beside.csv").write_text("x")
    there = f"def execute(self, tt, n):\n    {body}\nEx.execute_from_model = execute"
    proof = kit.prove(image.task(there, runtime=runtime), n=7)
    failed = failure_of(proof, "run")
    assert missing in failed.missing
    assert proof.outputs == {}
    assert not proof.run.succeeded
    assert proof.run.error is not None


def test_a_run_that_returns_something_else(image):
    """What the interface declares is checked as in the container."""
    proof = kit.prove(image.task(executor="Shouting"), n=1)
    failed = failure_of(proof, "run")
    assert "o0" in failed.missing


def test_a_run_that_ends_its_process(image):
    """There is no verdict, so it is no success."""
    there = "Ex.execute_from_model = lambda self, tt, n: os._exit(0)"
    failed = failure_of(kit.prove(image.task(there), n=1), "run")
    assert "NoOutputs" in failed.missing


def test_a_run_that_takes_too_long(image):
    """The timeout counts for all of it."""
    there = "import time\nEx.execute_from_model = lambda self, tt, n: time.sleep(99)"
    failed = failure_of(kit.prove(image.task(there), n=1, timeout=3), "run")
    assert "the executor did not end in time" in failed.missing
    assert "timeout=" in failed.repair


@BOTH
def test_source_whose_import_fails_in_the_fresh_process(cell, monkeypatch, runtime):
    """An inline task's module is the one in its template."""
    monkeypatch.setenv("ONLY_HERE", "1")
    cell("import os\nclass Settings:\n    here = os.environ['ONLY_HERE']")
    cell(
        f"@kit.container_task(image='a:1', runtime={runtime!r})\n"
        "def f(tt) -> str:\n    return Settings.here"
    )
    failed = failure_of(cell("kit.prove(f)"), "module")
    assert "variable ONLY_HERE is not set (it is set here)" in failed.missing
    assert "here = os.environ['ONLY_HERE']" in failed.traceback


def test_a_live_object_is_no_exception_of_prove(cell):
    """The template cannot be made: kit's sentence is the failure."""
    cell("import threading\nlines = threading.Thread(name='live')")
    cell("@kit.container_task(image='a:1')\ndef f(tt) -> str:\n    return lines.name")
    with pytest.raises(CaptureError):
        cell("f()")
    failed = failure_of(cell("kit.prove(f)"), "template")
    assert "lines" in failed.missing


def test_a_get_custom_that_raises():
    """It is the author's code, so it is in the proof."""

    class Broken(kit.PythonCustomizedContainerTask):
        def get_custom(self, settings):
            raise ZeroDivisionError("no rows")

    class Ex(kit.ShimTaskExecutor):
        def execute_from_model(self, tt, **kwargs):
            return None

    task = Broken("broken", None, "a:1", Ex, interface=kit.Interface())
    failed = failure_of(kit.prove(task), "template")
    assert failed.missing == "making the template raises ZeroDivisionError: no rows"
    assert "get_custom" in failed.repair


def test_a_command_that_loads_no_executor(image):
    """There is nothing to prove then."""

    class Own(ImageTask):
        def get_command(self, settings):
            return ["python", "main.py", "{{.taskTemplatePath}}"]

    executor = image.task().executor_type
    task = Own("own", None, "a:1", executor, interface=kit.Interface())
    failed = failure_of(kit.prove(task), "runtime")
    assert "'python' is neither kit-execute nor pyflyte-execute" in failed.missing
    assert "nothing to prove" in failed.repair


def test_a_command_that_is_wrong(image):
    """It may not be rendered, as in the engine, or its arguments may be refused."""

    class Own(ImageTask):
        def get_command(self, settings):
            return ["kit-execute", "{{.inputs.nothing}}"]

    executor = image.task().executor_type
    task = Own("own", None, "a:1", executor, interface=kit.Interface({"n": int}))
    failed = failure_of(kit.prove(task, n=1), "template")
    assert "requested input is not found [nothing]" in failed.missing
    failed = failure_of(kit.prove(task), "resolver")
    assert failed.missing == (
        "the container's command ended with status 2 before the resolver"
    )


def test_an_interpreter_that_does_not_start(image, monkeypatch):
    """Nothing was noted, so its own step fails."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    failed = failure_of(kit.prove(image.task()), "interpreter")
    assert "/nowhere/python" in failed.missing


@pytest.mark.parametrize(
    "line", ["no json", "3", '{"step": "run"}', '{"step": "m", "raised": 3}', "\xff"]
)
def test_what_is_no_note_is_left_out(tmp_path, line):
    """A task may have written anything into the file."""
    path = tmp_path / "notes"
    path.write_bytes(
        f'{line}\n{{"step": "read", "status": "done"}}\n'.encode("latin-1")
    )
    assert list(read_notes(path)) == ["read"]
    assert read_notes(tmp_path / "nowhere") == {}
