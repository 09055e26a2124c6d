"""A proof: what ships is loaded, and run, where nothing of the notebook is."""

from __future__ import annotations

import ast
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import venv
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import kit
from kit.errors import CallError, ConversionError, ProofError, StorageError
from kit.proof import child
from kit.proof.child import runtimes
from kit.proof.outcome import Note, custom_use
from kit.runners import Cancellation, Phase
from kit.template.serialize import LOCAL_SETTINGS, template_bytes

INLINE_STEPS = [
    *("template", "interpreter", "runtime", "resolver", "read", "source", "module"),
    *("executor", "instance", "imports"),
]
MODULE_STEPS = [name for name in INLINE_STEPS if name != "source"]
HELPER = "SCALE = 3\ndef helper(x):\n    return x * SCALE"
SCALED = (
    "@kit.container_task(image='a/b:1', custom={'base': 2}, runtime=RUNTIME)\n"
    "def scaled(tt, n: int, k: int = 2) -> int:\n"
    "    return helper(n) * k + int(tt.custom['base'])"
)
BOTH = pytest.mark.parametrize(
    "runtime", ["kit", pytest.param("flytekit", marks=pytest.mark.flytekit)]
)


def names(proof, status="done"):
    """Name the steps of a status."""
    return [step.name for step in proof.steps if step.status == status]


def detail(proof, name):
    """Return what was found in a step."""
    return next(
        f"{step.detail}: {step.here}" if step.here else step.detail
        for step in proof.steps
        if step.name == name
    )


@BOTH
def test_a_task_of_a_cell_is_proven(cell, runtime):
    """Each step says what it found, and nothing ran."""
    cell(f"RUNTIME = {runtime!r}")
    cell(HELPER)
    cell(SCALED)
    proof = cell("kit.prove(scaled)")
    assert (proof.ok, proof.failure, proof.notes) == (True, None, ())
    assert names(proof) == INLINE_STEPS
    assert proof.run is None
    assert proof.outputs == {}
    assert proof.raise_for_error() is proof
    assert repr(proof) == "Proof('scaled', proven to load)"
    version = ".".join(map(str, sys.version_info[:3]))
    assert detail(proof, "interpreter").endswith(
        f": Python {version}, {sys.executable}"
    )
    command = {"kit": "kit-execute: kit 0", "flytekit": "pyflyte-execute: flytekit 1"}
    assert detail(proof, "runtime").startswith(command[runtime])
    assert "ships inline, because it lives in __main__" in detail(proof, "template")
    assert "SHA-256" in detail(proof, "source")
    assert detail(proof, "module").startswith("scaled_")
    assert detail(proof, "instance").endswith(".scaled()")
    times = {step.name: step.seconds for step in proof.steps}
    assert times.pop("interpreter") is None
    assert all(seconds >= 0 for seconds in times.values())


@BOTH
def test_with_inputs_it_runs_too(cell, runtime):
    """Defaults are applied, and the outputs have their declared types."""
    cell(f"RUNTIME = {runtime!r}")
    cell(HELPER)
    cell(SCALED)
    proof = cell("kit.prove(scaled, n=2)")
    assert proof.failure is None
    assert names(proof) == [*INLINE_STEPS, "run"]
    assert detail(proof, "instance").endswith(".scaled()")
    assert proof.outputs == {"o0": 14}
    assert proof.run.phase is Phase.SUCCEEDED
    assert proof.run.directory.is_dir()


def test_the_class_form_of_cells_is_proven(cell):
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
    assert cell("kit.prove(t, n=2)").outputs == {"o0": 3}


IMPORTING = """
@kit.container_task(image="a:1", runtime=RUNTIME)
def imports(tt, n: int) -> int:
    import json, yaml
    try:
        import nowhere_one
    except ImportError:
        nowhere_one = None
    {line}
    return n
"""


@BOTH
def test_what_functions_import_is_found_without_a_run(cell, runtime):
    """What they can do without is not asked for."""
    cell(f"RUNTIME = {runtime!r}")
    cell(IMPORTING.format(line="pass"))
    proof = cell("kit.prove(imports)")
    assert proof.failure is None
    assert detail(proof, "imports") == "yaml"


@BOTH
def test_what_functions_import_and_nobody_has_is_named(cell, runtime):
    """All of it at once, with the packages that bring it."""
    cell(f"RUNTIME = {runtime!r}")
    cell(IMPORTING.format(line="import nowhere_two; from serial import Serial"))
    failure = cell("kit.prove(imports)").failure
    assert failure.step == "imports"
    assert "nowhere_one" not in failure.missing
    assert "the module nowhere_two of the package nowhere_two is not" in failure.missing
    assert "the module serial of the package pyserial is not" in failure.missing
    assert "pip install pyserial" in failure.repair


@BOTH
def test_a_module_of_the_image_is_proven(image, runtime):
    """The step says which module, and from where."""
    task = image.task(runtime=runtime)
    module = task.executor_type.__module__
    proof = kit.prove(task)
    assert names(proof) == MODULE_STEPS
    assert detail(proof, "template").endswith(f"ships as {module}.Ex")
    assert detail(proof, "module") == f"{module}: from {image.folder / module}.py"
    assert detail(proof, "executor") == f"{module}.Ex"
    assert f"{module} is imported from {image.folder / module}.py" in proof.notes[-1]
    assert kit.prove(task, n=4).outputs == {"o0": 5}


def test_a_script_proves_its_own_task(tmp_path):
    """What is in __main__ ships inline from a script as well."""
    script = tmp_path / "script.py"
    script.write_text(
        "import kit\n"
        "def helper():\n    return 5\n"
        "@kit.container_task(image='a:1')\n"
        "def f(tt) -> int:\n    return helper()\n"
        "proof = kit.prove(f, inputs={})\n"
        "print(proof, proof.outputs)\n"
    )
    command = [sys.executable, str(script)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "Proof('script.f', proven to run) {'o0': 5}\n"


def test_an_empty_dict_of_inputs_runs_a_task_by_its_defaults(image):
    """As for inputs whose names are taken, ``inputs`` gives them all."""
    assert kit.prove(image.task(), inputs={}).outputs == {"o0": 2}


def test_the_process_has_nothing_of_the_notebook(cell, notebook, monkeypatch):
    """Neither its folder, nor its path, nor its variables; but the container's."""
    monkeypatch.setenv("ONLY_HERE", "1")
    monkeypatch.setenv("PYTHONPATH", str(notebook))
    (notebook / "beside.txt").write_text("x")
    cell("import json, os, pathlib, sys")
    cell(
        "@kit.container_task(image='a:1', environment={'MINE': 'yes'})\n"
        "def look(tt) -> str:\n"
        "    return json.dumps([dict(os.environ), sys.path, os.getcwd(),\n"
        "        os.listdir(), list(map(str, pathlib.Path.home().iterdir()))])"
    )
    proof = cell("kit.prove(look, inputs={})")
    environ, path, folder, files, home = json.loads(proof.outputs["o0"])
    ours = {name for name in environ if not name.startswith("FLYTE_")}
    ours -= {"DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PYTHONUSERBASE", "LC_CTYPE"}
    assert ours == {"HOME", "LANG", "MINE", "PATH", "PYTHONUNBUFFERED", "TMPDIR"}
    assert environ["FLYTE_INTERNAL_TASK_NAME"] == "look"
    assert str(notebook) not in path
    assert not any("authoring/proof" in entry for entry in path)
    assert folder != str(notebook)
    assert (files, home) == ([], [])


def test_a_secret_that_is_asked_for_is_there(cell, monkeypatch):
    """The container would have it, and the proof does not show it."""
    monkeypatch.setenv("GRP_PW", "hush-hush")
    cell(
        "@kit.container_task(image='a:1', secret_requests="
        "[kit.Secret(group='grp', key='pw')])\n"
        "def f(tt) -> int:\n"
        "    return len(kit.current_context().secrets.get('grp', 'pw'))"
    )
    proof = cell("kit.prove(f, inputs={})")
    assert proof.outputs == {"o0": 9}
    assert "hush" not in f"{proof.run.command}{proof!r}{proof.steps}"


def test_the_folder_of_a_good_run_goes_with_this_process(tmp_path):
    """Its outputs can be looked at until then."""
    (tmp_path / "tasks.py").write_text(
        "import kit\n\n@kit.container_task(image='i:1', ship='inline')\n"
        "def same(tt, n: int) -> int:\n    return n\n"
    )
    source = (
        "import kit, tasks\n"
        "proof = kit.prove(tasks.same, n=1)\n"
        "print(proof.run.directory, proof.run.directory.is_dir())"
    )
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    folder, was_there = done.stdout.split()
    assert was_there == "True"
    assert not Path(folder).exists()


def test_a_proof_without_inputs_leaves_no_folder(image, monkeypatch, tmp_path):
    """Only a run has files that its outputs may refer to."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    assert kit.prove(image.task()).ok
    assert list(place.iterdir()) == []
    assert kit.prove(image.task(), n=1).run.directory.parent == place
    (place / "file").write_text("")
    monkeypatch.setattr(tempfile, "tempdir", str(place / "file"))
    with pytest.raises(StorageError, match="folder of the proof cannot be made"):
        kit.prove(image.task())


def test_two_proofs_of_one_task_look_the_same(image):
    """Nothing in a repr differs from time to time."""
    task = image.task()
    first, second = kit.prove(task), kit.prove(task)
    assert repr(first.steps) == repr(second.steps)
    assert "seconds" not in repr(first.steps)
    assert first.steps == second.steps


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda task: kit.prove(task, m=1), CallError, "m"),
        (lambda task: kit.prove(task, time_out=1), CallError, "Did you mean 'timeout'"),
        (lambda task: kit.prove(task, n="x"), ConversionError, "n"),
        (lambda task: kit.prove(task, n=1, inputs={"n": 2}), CallError, "multiple"),
        (lambda task: kit.prove(task, inputs=3), CallError, "inputs must map"),
        (lambda task: kit.prove(task, timeout=0), CallError, "positive number"),
        (lambda task: kit.prove(3), CallError, "kit.prove takes a task"),
        (
            lambda task: kit.prove(task, runner=kit.InProcessRunner(), timeout=None),
            CallError,
            "process of its own",
        ),
    ],
)
def test_a_wrong_call_is_an_error(image, call, error, message):
    """Only what is wrong with the task goes into the proof."""
    with pytest.raises(error, match=message):
        call(image.task())


class Relay:
    """A runner that hands its requests on, as one with containers would do it."""

    name = "relay"

    def __init__(self, **changes):
        self.requests = []
        self._changes = changes

    def run(self, request):
        """Note the request, change it, and run it in a process."""
        self.requests.append(request)
        request = dataclasses.replace(request, **self._changes)
        return kit.SubprocessRunner(isolated=True).run(request)


def test_another_runner_gets_the_template_that_ships(image):
    """It is asked to run the very bytes, under a folder that needs nothing else."""
    task, relay = image.task(), Relay()
    settings = LOCAL_SETTINGS.replace(project="p", version="v7")
    assert kit.prove(task, runner=relay, settings=settings).ok
    (request,) = relay.requests
    assert request.template == template_bytes(task, settings)
    folder, notes, mode, modules = request.under
    assert (Path(folder), mode) == (Path(child.__file__).parent, "load")
    assert modules.split(",") == ["kit", task.executor_type.__module__]
    assert Path(notes).parent == request.directory


def test_source_that_was_changed_on_the_way_is_no_proof(cell):
    """The hash is checked as in the container."""
    cell("@kit.container_task(image='a:1')\ndef f(tt) -> int:\n    return 12345")
    task = cell("f")
    template = template_bytes(task, LOCAL_SETTINGS).replace(b"12345", b"54321")
    proof = kit.prove(task, runner=Relay(template=template))
    assert proof.failure.step == "source"
    assert "is not the one that was sent" in proof.failure.missing


def test_steps_that_another_resolver_does_not_take_are_left_out(image):
    """What is between reading and the executor is its own affair."""
    name = image.module(
        text="from kit.resolver import TaskTemplateResolver\n"
        "from kit.shim.executable import ExecutableTemplateShimTask\n"
        "from kit.template.view import TaskTemplateView\n"
        "import kit\n"
        "class Ex(kit.ShimTaskExecutor):\n"
        "    def execute_from_model(self, tt, n):\n        return n * 10\n"
        "class Own(TaskTemplateResolver):\n"
        "    def load_task(self, loader_args):\n"
        "        data = open(loader_args[0], 'rb').read()\n"
        "        view = TaskTemplateView.from_flyte_idl("
        "kit.task_template.__globals__['tasks_pb2'].TaskTemplate.FromString(data))\n"
        "        return ExecutableTemplateShimTask(view, Ex)\n"
        "own = Own()\n"
    )
    resolver = getattr(__import__(name), "own")  # noqa: B009 - a module of the test
    task = image.task(task_resolver=resolver)
    proof = kit.prove(task, n=2)
    assert proof.failure is None
    expected = ["template", "interpreter", "runtime", "resolver", "read", "instance"]
    assert names(proof) == [*expected, "imports", "run"]
    assert detail(proof, "resolver") == f"{name}.own"
    assert proof.outputs == {"o0": 20}


def test_what_an_import_does_besides_is_told(image):
    """What it prints is kept, and what it changes is noted."""
    there = """
        import pathlib, signal, sys, threading, time
        print("loading a model")
        print("with a warning", file=sys.stderr)
        os.environ["MODEL"] = "big"
        pathlib.Path("cache.bin").write_text("x")
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        os.chdir("/")
    """
    proof = kit.prove(image.task(there))
    assert proof.ok
    assert proof.log.text() == "loading a model\nwith a warning\n"
    told = "\n".join(proof.notes)
    assert "wrote the file cache.bin." in told
    assert "changed the environment variable MODEL." in told
    assert "changed what signals do." in told
    assert "started a thread." in told
    assert "changed the working directory." in told


def test_an_import_that_deletes_its_folder_is_told(image):
    """Nothing of the proof falls over it."""
    proof = kit.prove(image.task("os.rmdir(os.getcwd())"))
    assert proof.ok
    assert any("changed the working directory" in note for note in proof.notes)


def test_kit_stands_in_for_flytekit_where_that_is_not_installed(image):
    """The same template is loaded in the same way, and a note says so."""
    hide = "import sys\nsys.modules['flytekit'] = None\n"
    (image.folder / "sitecustomize.py").write_text(hide)
    proof = kit.prove(image.task(runtime="flytekit"), n=1)
    assert proof.outputs == {"o0": 2}
    assert proof.notes[0] == (
        "flytekit is not installed here, so kit-execute stood in for pyflyte-execute."
    )


def test_what_an_import_prints_is_bounded(image):
    """The last lines are kept."""
    proof = kit.prove(image.task("print('x\\n' * 20_000)"))
    assert proof.ok
    assert len(proof.log) == 10_000


def test_a_thread_that_an_import_leaves_does_not_hold_the_proof(image):
    """The process ends when the executor is made."""
    there = """
        import threading, time
        threading.Thread(target=time.sleep, args=(50,)).start()
    """
    started = time.monotonic()
    assert kit.prove(image.task(there)).ok
    assert time.monotonic() - started < 20


def test_a_proof_can_be_cancelled_from_another_thread(image):
    """It is none then, and says so."""
    switch = Cancellation()
    timer = threading.Timer(0.8, switch.cancel)
    timer.start()
    proof = kit.prove(
        image.task("import time; time.sleep(60)"), cancellation=switch, timeout=30
    )
    timer.join()
    assert proof.failure.missing == "the proof was cancelled"
    with pytest.raises(ProofError, match="was cancelled"):
        proof.raise_for_error()


EDITABLE = """
import sys, kit
from proof_editable import task
proof = kit.prove(task)
print(proof, *proof.notes, sep="\\n")
"""


def test_an_editable_install_counts_as_installed_with_a_note(tmp_path):
    """Its files are on this machine only."""
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    (library,) = (tmp_path / "env").glob("lib/python*/site-packages")
    source = tmp_path / "source of it"
    source.mkdir()
    (source / "proof_editable.py").write_text(
        "import kit\n"
        "@kit.container_task(image='a:1')\ndef task(tt) -> int:\n    return 1\n"
    )
    dist = library / "acme_editable-1.0.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-editable\n")
    url = {"url": source.as_uri(), "dir_info": {"editable": True}}
    (dist / "direct_url.json").write_text(json.dumps(url))
    ours = {str(Path(kit.__file__).parents[1]), *sys.path[1:]}
    packages = [path for path in ours if path and Path(path).is_dir()]
    (library / "acme_editable.pth").write_text("\n".join([str(source), *packages]))
    command = [str(tmp_path / "env" / "bin" / "python"), "-I", "-c", EDITABLE]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout == (
        "Proof('proof_editable.task', proven to load)\n"
        f"proof_editable is imported from {source}, an editable install of "
        "acme-editable on this machine: install its files in the image too.\n"
    ), done.stderr


def test_the_child_imports_the_standard_library_and_itself_only():
    """An image needs nothing for a proof but what its command needs."""
    for path in Path(child.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            found = []
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                found = [node.module]
            for name in found:
                top = name.partition(".")[0]
                inside = name.startswith("kit.proof.child.")
                assert inside or top in sys.stdlib_module_names, (path, name)


def test_the_child_loads_no_kit_by_itself(tmp_path):
    """Where kit is missing, its command says so, and the proof notes it."""
    notes = tmp_path / "notes"
    command = [sys.executable, "-S", os.fspath(Path(child.__file__).parent)]
    done = subprocess.run(
        [*command, str(notes), "load", "", "kit-execute"],
        check=False,
        capture_output=True,
        cwd=tmp_path,
    )
    last = json.loads(notes.read_text().splitlines()[-1])
    assert done.returncode != 0
    assert (last["step"], last["status"]) == ("failure", "failed")
    assert last["raised"][0]["name"] == "kit"


@pytest.mark.flytekit
@pytest.mark.parametrize("command", ["kit-execute", "pyflyte-execute"])
def test_the_commands_are_the_ones_that_are_installed(command):
    """The function is what the package's script calls."""
    (script,) = entry_points(group="console_scripts", name=command)
    assert (script.module, script.attr) == runtimes._COMMANDS[command]


def test_a_run_tells_what_was_read_of_custom(cell):
    """Keys that were read, that were not, and that are not there."""
    cell(
        "@kit.container_task(image='a:1', custom={'a': 1, 'b': {'c': 2, 'd': 3},"
        " 'rows': [{'x': 1, 'y': 2}], 'left': 0})\n"
        "def reader(tt, key: str) -> float:\n"
        "    custom = tt.custom\n"
        "    custom['rows'][0]['x']\n"
        "    return custom['a'] + custom['b'][key]"
    )
    proof = cell("kit.prove(reader, key='c')")
    assert proof.ok
    assert proof.custom.read == ("a", "b", "b.c", "rows", "rows[0].x")
    assert proof.custom.unread == ("b.d", "left", "rows[0].y")
    assert proof.custom.missing == ()
    proof = cell("kit.prove(reader, key='z')")
    assert proof.failure.step == "run"
    assert proof.custom.missing == ("b.z",)
    assert "kit.inline" not in proof.custom.unread
    assert cell("kit.prove(reader)").custom is None


def test_what_a_process_noted_of_custom_may_be_anything(image):
    """Notes come from the task's process."""
    note = Note("done", facts={"read": [["a"], [{}], 3, "x"], "missing": None})
    data = template_bytes(image.task(), LOCAL_SETTINGS)
    assert custom_use(data, {"custom": note}).missing == ()
