"""Bad input and Ctrl-C in a terminal: clear words, the right status, nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

MODULE = """
import os, signal, subprocess, sys, time
import kit

if os.environ.get("SLOW") == "import":
    print("import", flush=True)
    time.sleep(60)


class Executor(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        return getattr(self, tt.id.name.removeprefix("bad."))()

    def sleep(self):
        print("run", os.getpid(), flush=True)
        time.sleep(60)

    def stubborn(self):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.sleep()

    def exit(self):
        sys.exit(0)

    def vanish(self):
        os._exit(0)

    def kill(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def crash(self):
        os.kill(os.getpid(), signal.SIGSEGV)

    def generate(self):
        return (number for number in range(3))

    def nest(self):
        made = {}
        for _ in range(5000):
            made = {"x": made}
        return made

    def shout(self):
        for number in range(20000):
            print("line", number)
        return {"big": "x" * 10_000_000}

    def fork(self):
        child = subprocess.Popen(["sleep", "60"])
        print("forked", child.pid, flush=True)
        return {}


class Task(kit.PythonCustomizedContainerTask):
    def get_custom(self, settings):
        if os.environ.get("SLOW") == "template":
            print("template", flush=True)
            time.sleep(60)
        return {}


for name in ("sleep stubborn exit vanish kill crash generate nest shout fork".split()):
    globals()[name] = Task(
        f"bad.{name}", None, "acme/x:1", Executor,
        interface=kit.Interface({}, {"out": dict}),
    )
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with a space, a quote and no ASCII in its name, and a module."""
    made = tmp_path / "a b 'c' ünï"
    made.mkdir()
    (made / "bad_tasks.py").write_text(MODULE)
    return made


def kit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the folder."""
    command = [sys.executable, "-m", "kit", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["runn"], 2, "No such command 'runn'. Did you mean 'run'?"),
        (["show", "nonsense"], 2, "No module 'nonsense'"),
        (["run", "bad_tasks:slep"], 3, "has no 'slep'. Did you mean 'sleep'?"),
        (["run", "bad_tasks:Executor"], 3, "is not a task, but of type type"),
        (["run", "exits:task"], 3, "Importing exits failed."),
        (["run", "raises:task"], 3, "ValueError: mine"),
        (["run", "--runer", "x", "bad_tasks:exit"], 2, "'--runner'?"),
        (["run", "bad_tasks:exit", "--timout", "3"], 2, "'--timeout'"),
        (["run", "bad_tasks:exit", "--directory", "raises.py"], 2, "is a file"),
        (["run", "bad_tasks:exit", "--directory", "/proc/x"], 1, "cannot be written"),
    ],
)
def test_wrong_commands(folder, arguments, status, words):
    """What was wrong, what was probably meant, and the status for it."""
    (folder / "exits.py").write_text("import sys\nsys.exit(0)\n")
    (folder / "raises.py").write_text("raise ValueError('mine')\n")
    done = kit(folder, *arguments)
    assert words in " ".join(done.stderr.split())
    assert done.returncode == status


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("exit", "SystemExit: 0: the task ended its process. Return the outputs"),
        ("vanish", "ended with status 0 without outputs.pb and error.pb"),
        ("kill", "killed by SIGKILL"),
        ("crash", "killed by SIGSEGV"),
        ("generate", "returned a generator"),
        ("nest", "at outputs.out"),
    ],
)
def test_tasks_that_end_badly(folder, task, words):
    """Whatever the exit status of the process, the run has failed, and says why."""
    done = kit(folder, "run", f"bad_tasks:{task}")
    assert words in " ".join(f"{done.stdout} {done.stderr}".split())
    assert done.returncode == 1


def test_many_lines_and_a_large_output(folder):
    """All lines are printed, and ten megabytes come back."""
    done = kit(folder, "run", "bad_tasks:shout")
    assert done.returncode == 0, done.stderr
    assert "line 19999\n" in done.stdout
    assert len(done.stdout) < 1_000_000


@pytest.mark.parametrize("package", ["click", "rich"])
def test_a_package_of_an_extra_that_is_missing(folder, package):
    """The command names it, and what to install; other packages bring click alone."""
    script = f"""
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
from kit.cli import main
sys.exit(main(["show", "bad_tasks:exit"]))
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr.startswith(f"The command kit needs {package}, which is not")
    assert "pip install 'flyte-task-kit[cli]'" in done.stderr
    assert done.returncode == 2


def test_paths_of_every_kind(folder):
    """The file, the working directory and the run's folder have spaces and Unicode."""
    done = kit(folder, "run", str(folder / "bad_tasks.py:fork"), "--directory", "ö ü")
    assert done.returncode == 0, done.stderr
    assert list((folder / "ö ü").rglob("outputs.pb"))


def is_alive(pid: int) -> bool:
    """Tell whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


@linux
def test_a_child_that_would_outlive_its_task(folder):
    """It is in the task's process group, and ends with it."""
    done = kit(folder, "run", "bad_tasks:fork")
    pid = int(done.stdout.partition("forked ")[2].split()[0])
    assert done.returncode == 0
    assert not is_alive(pid)


def interrupt(folder, arguments, *, slow="", wait_for="", stream="stdout"):
    """Press Ctrl-C when a line has come; return the status, outputs and that line."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "SLOW": slow, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    line = getattr(process, stream).readline()
    assert line.startswith(wait_for), (line, process.stderr.read())
    os.killpg(process.pid, signal.SIGINT)  # as the terminal does
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err, line


@pytest.mark.parametrize("command", ["run", "show"])
@pytest.mark.parametrize("phase", ["import", "template"])
def test_ctrl_c_before_the_task_runs(folder, command, phase):
    """While the module is imported, or the template is made: 130 and one word."""
    arguments = ["-m", "kit", command, "bad_tasks:sleep"]
    stream = "stdout" if (command, phase) == ("run", "template") else "stderr"
    status, _, err, _ = interrupt(
        folder, arguments, slow=phase, wait_for=phase, stream=stream
    )
    assert (status, err.strip()) == (130, "Cancelled.")


@linux
@pytest.mark.parametrize("task", ["sleep", "stubborn"])
def test_ctrl_c_while_the_task_runs(folder, task):
    """Its process is gone, even one that does not listen."""
    arguments = ["-m", "kit", "run", f"bad_tasks:{task}"]
    status, _, err, line = interrupt(folder, arguments, wait_for="run")
    assert status == 130
    assert err.endswith("Cancelled.\n")
    assert "Traceback" not in err
    assert not is_alive(int(line.split()[1]))


@linux
def test_ctrl_c_in_a_script(folder):
    """kit.run stops the process and lets KeyboardInterrupt through to the script."""
    script = """
import kit, bad_tasks
try:
    kit.run(bad_tasks.sleep, on_log=lambda line: print(line.text))
except KeyboardInterrupt:
    print("interrupted")
"""
    status, out, err, line = interrupt(folder, ["-c", script], wait_for="run")
    assert status == 0, err
    assert out.endswith("interrupted\n")
    assert not is_alive(int(line.split()[1]))


START = """
import subprocess, sys
from kit.cli import main
plain = subprocess.Popen
def told(*arguments, **named):
    started = plain(*arguments, **named)
    print("started", started.pid, flush=True)
    return started
subprocess.Popen = told
sys.exit(main(["run", "bad_tasks:sleep"]))
"""


@linux
@pytest.mark.parametrize("pause", [0.05, 0.1, 0.2, 0.3])
def test_ctrl_c_while_the_process_starts(folder, pause):
    """While the child loads kit, it ends without a traceback of its imports."""
    process = subprocess.Popen(
        [sys.executable, "-c", START],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    pid = int(process.stdout.readline().split()[1])
    time.sleep(pause)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.endswith("Cancelled.\n")
    assert "kit/shim" not in err
    assert not is_alive(pid)
