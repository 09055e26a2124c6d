from __future__ import annotations

import http.server
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from flyteidl.core import (
    errors_pb2,
    execution_pb2,
    identifier_pb2,
    literals_pb2,
    tasks_pb2,
    types_pb2,
)

from kit import entrypoint
from kit.shim import container as container_command

MODULE = """
import os, signal, sys, threading, time

from kit.definition.executor import ShimTaskExecutor
from kit.errors import IgnoreOutputs, RecoverableError
from kit.shim.context import current_context
from kit.shim.context import Deck


class Square(ShimTaskExecutor):
    def execute_from_model(self, tt, a):
        print("squaring")
        return a ** 2


class Raises(ShimTaskExecutor):
    def execute_from_model(self, tt, a):
        return self.fail(a)

    def fail(self, a):
        raise ValueError(f"cannot use {a}")


class Retry(ShimTaskExecutor):
    def execute_from_model(self, tt, a):
        raise RecoverableError("later")


class Ignore(ShimTaskExecutor):
    def execute_from_model(self, tt, a):
        raise IgnoreOutputs("not mine")


class Exit(ShimTaskExecutor):
    def execute_from_model(self, tt, a):
        sys.exit(0)


class NoMemory(ShimTaskExecutor):
    def execute_from_model(self, tt, a):
        raise MemoryError


class Wrong(ShimTaskExecutor):
    def execute_from_model(self, tt, a):
        return "text"


class Sleep(ShimTaskExecutor):
    def execute_from_model(self, tt, a):
        try:
            print("asleep", flush=True)
            time.sleep(60)
        finally:
            print("cleaned up", flush=True)


class Context(ShimTaskExecutor):
    def execute_from_model(self, tt, a):
        context = current_context()
        assert context.execution_id.name == "f1", context
        assert context.task_id.version == "v9"
        assert context.secrets.get("db", "k") == "42"
        assert os.path.isdir(context.working_directory)
        assert not context.checkpoint.prev_exists()
        context.checkpoint.write(b"progress")
        context.logging.info("at work")
        seen = []
        thread = threading.Thread(target=lambda: seen.append(current_context()))
        thread.start()
        thread.join()
        assert seen[0].execution_id.name == "f1"
        Deck("mine", "<b>bold</b>")
        return 1


class Large(ShimTaskExecutor):
    def execute_from_model(self, tt, a):
        return "x" * (2 << 20)
"""

UPSETTING = """
import os, shutil, sys, tempfile, threading, time

from kit.definition.executor import ShimTaskExecutor


def clears():
    os.environ.clear()


def changes_directory():
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    shutil.rmtree(folder)


def closes_streams():
    print("not flushed", end="")
    sys.stderr.close()
    sys.stdout = None


def closes_numbers():
    print("not flushed", end="")
    os.close(1)
    os.close(2)


def closes_all_numbers():
    os.closerange(0, 256)


def leaves_threads():
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    threading.Thread(target=time.sleep, args=(0.2,)).start()


class Upsets(ShimTaskExecutor):
    def execute_from_model(self, tt, a):
        globals()[os.environ["UPSET"]]()
        if a == 12:
            return a
        raise ValueError("told in the end")
"""

RESOLVER = "kit.resolver.default_task_template_resolver"


class Lab:
    """A folder with a module of executors, a template, and inputs."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "lab_executors.py").write_text(MODULE)
        self.template = tasks_pb2.TaskTemplate(type="python-task")
        self.template.id.name = "lab.t"
        self.template.id.resource_type = identifier_pb2.TASK
        self.template.metadata.runtime.flavor = "kit"
        self.declare(types_pb2.INTEGER)
        variable = self.template.interface.inputs.variables["a"]
        variable.type.simple = types_pb2.INTEGER
        self.inputs = literals_pb2.LiteralMap()
        self.inputs.literals["a"].scalar.primitive.integer = 12

    def declare(self, simple):
        """Set the type of the output."""
        self.template.interface.outputs.variables["o"].type.simple = simple

    def arguments(self, executor, *options):
        """Write the files and return what the container would be started with."""
        (self.folder / "t.pb").write_bytes(self.template.SerializeToString())
        (self.folder / "inputs.pb").write_bytes(self.inputs.SerializeToString())
        return [
            *("--inputs", str(self.folder / "inputs.pb")),
            *("--output-prefix", str(self.folder / "out")),
            *("--raw-output-data-prefix", str(self.folder / "raw")),
            *("--resolver", RESOLVER),
            *options,
            "--",
            str(self.folder / "t.pb"),
            f"lab_executors.{executor}",
        ]

    def command(self, executor, *options):
        """Return the whole command."""
        arguments = self.arguments(executor, *options)
        return [sys.executable, "-m", "kit.entrypoint", *arguments]

    def environ(self, **extra):
        """Return the variables of the process."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FLYTE")}
        root = str(Path(entrypoint.__file__).parents[1])
        return {**kept, "PYTHONPATH": root, **extra}

    def run(self, executor, *options, **extra):
        """Run to the end in a process of its own, with the lab as working directory."""
        return subprocess.run(
            self.command(executor, *options),
            cwd=self.folder,
            env=self.environ(**extra),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, executor):
        """Start a process and wait until its executor is at work."""
        process = subprocess.Popen(
            self.command(executor),
            cwd=self.folder,
            env=self.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == "asleep\n"
        return process

    @property
    def written(self):
        """Name the files of the output prefix."""
        out = self.folder / "out"
        return sorted(f.name for f in out.iterdir()) if out.exists() else []

    @property
    def outputs(self):
        """Read outputs.pb."""
        data = (self.folder / "out" / "outputs.pb").read_bytes()
        return literals_pb2.LiteralMap.FromString(data).literals

    @property
    def error(self):
        """Read error.pb."""
        data = (self.folder / "out" / "error.pb").read_bytes()
        return errors_pb2.ErrorDocument.FromString(data).error


@pytest.fixture
def lab(tmp_path):
    """A lab in a folder with a space and an accent."""
    folder = tmp_path / "lab é"
    folder.mkdir()
    return Lab(folder)


def test_success(lab):
    """Outputs are written, and nothing else; stdout is the task's alone."""
    done = lab.run("Square")
    assert (done.returncode, done.stdout, done.stderr) == (0, "squaring\n", "")
    assert lab.written == ["outputs.pb"]
    assert lab.outputs["o"].scalar.primitive.integer == 144


def test_failure(lab):
    """An error of the user is in error.pb and on stderr; the status is still 0."""
    done = lab.run("Raises")
    assert done.returncode == 0
    assert lab.written == ["error.pb"]
    assert lab.error.code == "USER:ValueError"
    assert lab.error.origin == execution_pb2.ExecutionError.USER
    assert lab.error.kind == errors_pb2.ContainerError.NON_RECOVERABLE
    assert "in fail" in lab.error.message
    assert "/kit/" not in lab.error.message
    assert "ValueError: cannot use 12" in done.stderr


def test_fail_on_error(lab):
    """FLYTE_FAIL_ON_ERROR makes a failure of the task one of the process."""
    assert lab.run("Raises", FLYTE_FAIL_ON_ERROR="true").returncode == 1
    assert lab.written == ["error.pb"]


def test_recoverable(lab):
    """An executor can ask for another attempt."""
    assert lab.run("Retry").returncode == 0
    assert lab.error.kind == errors_pb2.ContainerError.RECOVERABLE


def test_ignore_outputs(lab):
    """A task that wants its outputs ignored ends well with no file."""
    assert lab.run("Ignore", FLYTE_FAIL_ON_ERROR="1").returncode == 0
    assert lab.written == []


@pytest.mark.parametrize(
    ("executor", "code"),
    [("Exit", "USER:SystemExit"), ("NoMemory", "USER:MemoryError")],
)
def test_end_without_outputs_is_a_failure(lab, executor, code):
    """sys.exit(0) in an executor, and no memory, never look like success."""
    assert lab.run(executor).returncode == 0
    assert lab.written == ["error.pb"]
    assert lab.error.code == code


def test_wrong_output(lab):
    """An output of another type is the user's error, with its path."""
    lab.run("Wrong")
    assert lab.error.code == "USER:OutputError"
    assert "at outputs.o" in lab.error.message


@pytest.mark.parametrize("name", ["lab_executors.Missing", "no_such_module.Square"])
def test_executor_that_is_not_there(lab, name):
    """An executor that cannot be loaded is the user's error."""
    arguments = lab.arguments("Square")
    arguments[-1] = name
    assert entrypoint.main(arguments) == 0
    assert lab.error.origin == execution_pb2.ExecutionError.USER
    assert lab.error.kind == errors_pb2.ContainerError.NON_RECOVERABLE


def test_inputs_that_are_none(lab):
    """Foreign bytes as inputs are the system's error, and the same next time."""
    arguments = lab.arguments("Square")
    (lab.folder / "inputs.pb").write_bytes(b"\xff\xff")
    sys.path.insert(0, str(lab.folder))
    try:
        assert entrypoint.main(arguments) == 0
    finally:
        sys.path.remove(str(lab.folder))
        sys.modules.pop("lab_executors", None)
    assert lab.error.code == "SYSTEM:ConversionError"
    assert lab.error.kind == errors_pb2.ContainerError.NON_RECOVERABLE


def test_template_that_is_not_there(lab):
    """A template that cannot be read may be there at the next attempt."""
    arguments = lab.arguments("Square")
    (lab.folder / "t.pb").unlink()
    assert entrypoint.main(arguments) == 0
    assert lab.error.code == "SYSTEM:StorageNotFoundError"
    assert lab.error.kind == errors_pb2.ContainerError.RECOVERABLE


def test_unwritable_output_prefix(lab, capsys):
    """Without a place for the verdict the process itself fails and says both."""
    arguments = lab.arguments("Missing")
    (lab.folder / "out").write_text("a file where the folder should be")
    assert entrypoint.main(arguments) == 1
    stderr = capsys.readouterr().err
    assert "lab_executors" in stderr
    assert "could not be written" in stderr


def test_no_place_to_work(lab, monkeypatch):
    """Without a temporary folder the run ends with a verdict too."""
    arguments = lab.arguments("Square")
    monkeypatch.setattr("tempfile.mkdtemp", lambda *_: 1 / 0)
    assert entrypoint.main(arguments) == 0
    assert lab.error.code == "SYSTEM:ZeroDivisionError"
    assert lab.error.kind == errors_pb2.ContainerError.RECOVERABLE


def test_context(lab):
    """Identifiers, secrets, checkpoint, logger and decks are the container's."""
    lab.template.metadata.generates_deck.value = True
    checkpoint = lab.folder / "cp"
    options = ("--checkpoint-path", str(checkpoint), "--prev-checkpoint", '""')
    done = lab.run(
        "Context",
        *options,
        FLYTE_INTERNAL_EXECUTION_ID="f1",
        FLYTE_INTERNAL_TASK_VERSION="v9",
        _FSEC_DB_K="42",
    )
    assert done.returncode == 0
    assert done.stderr == "INFO at work\n"
    assert lab.written == ["deck.html", "outputs.pb"]
    page = (lab.folder / "out" / "deck.html").read_text("utf-8")
    assert "<b>bold</b>" in page
    assert ">Input<" in page
    assert (checkpoint / "_dst_cp").read_bytes() == b"progress"


def test_offloading(lab):
    """A large output goes into a file of its own, which loads as an input again."""
    lab.declare(types_pb2.STRING)
    done = lab.run("Large", _F_L_MIN_SIZE_MB="1")
    assert done.returncode == 0
    assert lab.written == ["o_offloaded_metadata.pb", "outputs.pb"]
    place = lab.outputs["o"].offloaded_metadata
    assert place.size_bytes > 2 << 20
    literal = literals_pb2.Literal.FromString(Path(place.uri).read_bytes())
    assert len(literal.scalar.primitive.string_value) == 2 << 20


def test_sigterm(lab):
    """SIGTERM runs the executor's cleanup and is the system's, to be tried again."""
    process = lab.start("Sleep")
    process.send_signal(signal.SIGTERM)
    stdout, _ = process.communicate(timeout=20)
    assert process.returncode == 0  # or Flyte would not read error.pb
    assert stdout == "cleaned up\n"
    assert lab.written == ["error.pb"]
    assert lab.error.code == "SYSTEM:Terminated"
    assert lab.error.kind == errors_pb2.ContainerError.RECOVERABLE


def test_sigint(lab):
    """SIGINT runs the executor's cleanup and writes nothing."""
    process = lab.start("Sleep")
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert stdout == "cleaned up\n"
    assert stderr == "kit-execute: Aborted!\n"
    assert lab.written == []


def test_sigusr1(lab):
    """SIGUSR1 shows where the executor is, and the run goes on."""
    process = lab.start("Sleep")
    process.send_signal(signal.SIGUSR1)
    line = ""
    while "in execute_from_model" not in line:
        line = process.stderr.readline()
        assert line
    time.sleep(0.1)
    assert process.poll() is None
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda a: a[2:], "--inputs"),
        (lambda a: a[:-2], "resolver's arguments are missing"),
        (lambda a: ["--input", *a[1:]], "--inputs"),
        (lambda a: ["--wrong", *a], "--wrong"),
    ],
)
def test_bad_arguments(lab, capsys, change, says):
    """Wrong arguments end with status 2 and the usage."""
    with pytest.raises(SystemExit) as caught:
        entrypoint.main(change(lab.arguments("Square")))
    assert caught.value.code == 2
    stderr = capsys.readouterr().err
    assert says in stderr
    assert "usage: kit-execute" in stderr


def test_help(capsys):
    """The help names every option of pyflyte-execute."""
    with pytest.raises(SystemExit) as caught:
        entrypoint.main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for name in ("inputs", "output-prefix", "raw-output-data-prefix", "test"):
        assert f"--{name}" in text


def test_dry_run(lab, capsys):
    """--test loads the resolver and stops."""
    assert entrypoint.main(lab.arguments("Missing", "--test")) == 0
    assert lab.written == []
    assert "would load" in capsys.readouterr().err


def test_arguments_without_dashes(lab):
    """The resolver's arguments may stand without the dashes before them."""
    arguments = lab.arguments("Missing", "--dynamic-dest-dir", "x")
    arguments.remove("--")
    assert entrypoint.main(arguments) == 0
    assert lab.error.code == "USER:ExecutorModuleError"


def test_macros_that_were_left_as_they_are(lab):
    """A prefix that the engine did not fill in counts as none."""
    arguments = lab.arguments("Missing")
    arguments[arguments.index(str(lab.folder / "raw"))] = "{{.rawOutputDataPrefix}}"
    parsed = container_command._container_run(container_command._parse(arguments))
    assert parsed.raw_output_prefix is None


def test_other_stores(lab):
    """Inputs, template and outputs may be URLs."""
    import fsspec

    store = fsspec.filesystem("memory")
    arguments = lab.arguments("Missing")
    store.pipe("/lab-in/t.pb", (lab.folder / "t.pb").read_bytes())
    arguments[-2] = "memory://lab-in/t.pb"
    arguments[arguments.index(str(lab.folder / "out"))] = "memory://lab-out"
    assert entrypoint.main(arguments) == 0
    document = errors_pb2.ErrorDocument.FromString(store.cat("/lab-out/error.pb"))
    assert document.error.code == "USER:ExecutorModuleError"


def test_flytekits_resolver(lab):
    """A template of the flytekit runtime is served by kit's resolver."""
    arguments = lab.arguments("Missing")
    arguments[arguments.index(RESOLVER)] = (
        "flytekit.core.python_customized_container_task.default_task_template_resolver"
    )
    assert entrypoint.main(arguments) == 0
    assert lab.error.code == "USER:ExecutorModuleError"


@pytest.mark.parametrize("fails", [False, True], ids=["returns", "raises"])
@pytest.mark.parametrize(
    "upset",
    [
        *("clears", "changes_directory", "closes_streams", "closes_numbers"),
        *("closes_all_numbers", "leaves_threads"),
    ],
)
def test_an_executor_that_upsets_its_process(lab, upset, fails):
    """Outputs or the error are written, where they were to go from the start."""
    (lab.folder / "lab_upsetting.py").write_text(UPSETTING)
    lab.inputs.literals["a"].scalar.primitive.integer = 13 if fails else 12
    command = [
        word.replace("lab_executors", "lab_upsetting").replace(f"{lab.folder}/", "")
        for word in lab.command("Upsets")
    ]
    done = subprocess.run(
        command,
        cwd=lab.folder,
        env=lab.environ(UPSET=upset, FLYTE_FAIL_ON_ERROR="true"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert lab.written == ["error.pb" if fails else "outputs.pb"], done.stderr
    assert done.returncode == int(fails), done.stderr
    if fails:
        assert "ValueError: told in the end" in lab.error.message
    if fails and upset != "closes_all_numbers":
        assert "ValueError: told in the end" in done.stderr


class Store(http.server.BaseHTTPRequestHandler):
    """Takes every object, and keeps with which credentials it came."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.written[self.path] = self.headers["Authorization"]
        self.send_response(200)
        self.send_header("ETag", '"x"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Keep the tests' output clean."""


@pytest.fixture
def store():
    """Start a store; ``written`` has what was put there."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    server.written = {}
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_store_of_the_start_is_the_store_of_the_end(lab, store):
    """Outputs go out with the endpoint and the credentials that the container had."""
    (lab.folder / "lab_upsetting.py").write_text(UPSETTING)
    command = [
        word.replace("lab_executors", "lab_upsetting") for word in lab.command("Upsets")
    ]
    command[command.index("--output-prefix") + 1] = "s3://bucket/out"
    environ = lab.environ(
        UPSET="clears",
        FLYTE_AWS_ENDPOINT=f"http://127.0.0.1:{store.server_port}",
        AWS_ACCESS_KEY_ID="key-of-the-start",
        AWS_SECRET_ACCESS_KEY="secret-of-the-start",  # noqa: S106 - of no store
        KIT_STORAGE_RETRIES="0",
    )
    done = subprocess.run(
        command, cwd=lab.folder, env=environ, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list(store.written) == ["/bucket/out/outputs.pb"]
    assert "key-of-the-start" in store.written["/bucket/out/outputs.pb"]


def test_own_resolver_that_is_not_there(lab):
    """A resolver that cannot be imported is the user's error."""
    arguments = lab.arguments("Square")
    arguments[arguments.index(RESOLVER)] = "no_such_module.resolver"
    assert entrypoint.main(arguments) == 0
    assert "The resolver no_such_module.resolver cannot be imported" in (
        lab.error.message
    )


def test_import_is_light():
    """The container side loads nothing that a task did not ask for."""
    script = (
        "import sys, kit.shim.container\n"
        "heavy = {'flytekit', 'fsspec', 'msgpack', 'mashumaro', 'rich', 'click', "
        "'pandas', 'numpy', 'pyarrow', 'pydantic', 'grpc', 'IPython', 'logging', "
        "'docstring_parser', 'google.protobuf.json_format', 'importlib.metadata'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == ""
