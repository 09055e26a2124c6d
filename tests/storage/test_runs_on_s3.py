"""Runs whose inputs and outputs are in S3, beside flytekit's on the same server."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from flyteidl.core import errors_pb2, literals_pb2
from web_server import Answer

import kit
from kit.storage import listing, read_bytes, write_bytes
from kit.template.serialize import LOCAL_SETTINGS
from kit.types import FlyteDirectory, FlyteFile

pytestmark = pytest.mark.flytekit

EXECUTORS = """
import os
from pathlib import Path
import pandas as pd
from {shim} import ShimTaskExecutor
from {files} import FlyteFile
from {directories} import FlyteDirectory


class Work(ShimTaskExecutor):
    def execute_from_model(self, tt, **inputs):
        text = Path(os.fspath(inputs["file"])).read_text()
        names = sorted(os.listdir(os.fspath(inputs["folder"])))
        table = inputs["table"].open(pd.DataFrame).all()
        total = int(table["a"].sum())
        if text == "fail":
            raise ValueError("told so")
        out = Path("out ü.txt").absolute()
        out.write_text(f"{{text}} {{names}} {{total}}")
        made = Path("made").absolute()
        made.mkdir(exist_ok=True)
        (made / "part").write_text("part")
        return FlyteFile(str(out)), FlyteDirectory(str(made)), table * 2
"""
KIT = {
    "shim": "kit.definition.executor",
    "files": "kit.types",
    "directories": "kit.types",
}
FLYTEKIT = {
    "shim": "flytekit.core.shim_task",
    "files": "flytekit.types.file",
    "directories": "flytekit.types.directory",
}
INTERFACE = kit.Interface(
    {"file": FlyteFile, "folder": FlyteDirectory, "table": pd.DataFrame},
    {"out": FlyteFile, "made": FlyteDirectory, "same": pd.DataFrame},
)


class _Task(kit.PythonCustomizedContainerTask):
    def get_custom(self, settings):
        return {}


@pytest.fixture
def work(s3, tmp_path, monkeypatch):
    """Store a template and inputs in S3; give what starts a command on them."""
    for name, names in (("kit_work", KIT), ("flytekit_work", FLYTEKIT)):
        (tmp_path / f"{name}.py").write_text(EXECUTORS.format(**names))
    monkeypatch.delitem(sys.modules, "kit_work", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    from kit_work import Work

    task = _Task("work", None, "acme/work:1", Work, interface=INTERFACE)
    template = kit.task_template(task, LOCAL_SETTINGS)
    write_bytes("s3://bucket/in/template.pb", template.SerializeToString())
    pd.DataFrame({"a": [1, 2]}).to_parquet(tmp_path / "00000")
    write_bytes("s3://bucket/in/table/00000", (tmp_path / "00000").read_bytes())
    write_bytes("s3://bucket/in/folder/x y", b"x")
    write_bytes("s3://bucket/in/file.txt", b"hello")
    write_bytes("s3://bucket/in/fail.txt", b"fail")

    def start(command, module):
        return subprocess.Popen(
            [
                sys.executable,
                "-c",
                RUN_ALL,
                command,
                json.dumps(_runs(command, module)),
            ],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    start.task = task
    return start


RUN_ALL = """
import json, sys
from importlib.metadata import entry_points
(command,) = entry_points(group="console_scripts", name=sys.argv[1])
main = command.load()
for arguments in json.loads(sys.argv[2]):
    try:
        main(arguments)
    except SystemExit as end:  # click's way to return
        if end.code:
            raise
"""
"""Runs a command for each list of arguments: to load flytekit takes the longest."""

_RESOLVERS = {
    "kit-execute": "kit.resolver.default_task_template_resolver",
    "pyflyte-execute": "flytekit.core.python_customized_container_task."
    "default_task_template_resolver",
}


def _runs(command, module):
    """Write the inputs of a good and a bad run, and return the arguments of both."""
    runs = []
    for name in ("file", "fail"):
        inputs = _inputs(f"s3://bucket/in/{name}.txt").SerializeToString()
        write_bytes(f"s3://bucket/in/{name}.pb", inputs)
        runs.append(
            [
                *("--inputs", f"s3://bucket/in/{name}.pb"),
                *("--output-prefix", f"s3://bucket/{name}-{command}"),
                *("--raw-output-data-prefix", f"s3://bucket/raw/{command}"),
                *("--resolver", _RESOLVERS[command], "--"),
                *("s3://bucket/in/template.pb", f"{module}.Work"),
            ]
        )
    return runs


def _inputs(file):
    inputs = literals_pb2.LiteralMap()
    inputs.literals["file"].scalar.blob.uri = file
    inputs.literals["file"].scalar.blob.metadata.type.dimensionality = 0
    folder = inputs.literals["folder"].scalar.blob
    folder.uri, folder.metadata.type.dimensionality = "s3://bucket/in/folder", 1
    table = inputs.literals["table"].scalar.structured_dataset
    table.uri = "s3://bucket/in/table"
    table.metadata.structured_dataset_type.format = "parquet"
    return inputs


def _by_kind(outputs):
    """Return the outputs' values: flytekit gives them their names in no sure order."""
    found = {}
    for literal in outputs.literals.values():
        kind = literal.scalar.WhichOneof("value")
        if kind == "blob":
            kind = ("file", "folder")[literal.scalar.blob.metadata.type.dimensionality]
            found[kind] = literal.scalar.blob
        else:
            found["table"] = literal.scalar.structured_dataset
    return found


def test_files_as_flytekit_puts_them(work):
    """Both read and write the same objects, and say so in the same literals.

    Of a run that fails there is error.pb, and nothing else.
    """
    modules = {"kit-execute": "kit_work", "pyflyte-execute": "flytekit_work"}
    started = {command: work(command, module) for command, module in modules.items()}
    seen = []
    for command, process in started.items():
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        seen.append(_values(command))
        data = read_bytes(f"s3://bucket/fail-{command}/error.pb")
        error = errors_pb2.ErrorDocument.FromString(data).error
        assert "ValueError: told so" in error.message
        assert listing(f"s3://bucket/fail-{command}") == [
            (f"s3://bucket/fail-{command}/error.pb", False)
        ]
    assert seen[0] == seen[1]


def _values(command):
    """Return the outputs of the good run, without the names that are random."""
    data = read_bytes(f"s3://bucket/file-{command}/outputs.pb")
    values = _by_kind(literals_pb2.LiteralMap.FromString(data))
    assert read_bytes(values["file"].uri).decode() == "hello ['x y'] 3"
    assert read_bytes(f"{values['folder'].uri.rstrip('/')}/part") == b"part"
    table = pd.read_parquet(io.BytesIO(read_bytes(f"{values['table'].uri}/00000")))
    assert table["a"].tolist() == [2, 4]
    for value in values.values():  # each has a random folder of its own
        base = f"s3://bucket/raw/{command}/"
        assert value.uri.startswith(base)
        value.uri = value.uri[len(base) :].partition("/")[2]
    return values


@pytest.mark.parametrize("runner", ["subprocess", "in-process"])
def test_a_run_on_urls(work, web, runner, tmp_path):
    """``kit.run`` takes inputs of S3 and of the web by their URLs."""
    url = web.give("/in.txt", Answer(body=b"from the web"))
    run = kit.run(
        work.task,
        file=FlyteFile(url),
        folder="s3://bucket/in/folder",
        table=pd.DataFrame({"a": [20, 22]}),
        runner=runner,
        keep=True,
        directory=str(tmp_path / "run"),
    )
    assert run.phase.value == "SUCCEEDED", run.logs.text()
    text = Path(run.outputs.out).read_text(encoding="utf-8")
    assert text == "from the web ['x y'] 42"


def test_large_inputs_are_told_in_the_log(work, web, tmp_path):
    """A big download is an ordinary line of the run's log."""
    url = web.give("/large.txt", Answer(body=b"x" * (9 * 2**20)))
    run = kit.run(
        work.task,
        file=FlyteFile(url),
        folder="s3://bucket/in/folder",
        table=pd.DataFrame({"a": [1]}),
        runner="subprocess",
        directory=str(tmp_path / "run"),
    )
    assert f"kit: downloaded {url}: 9.0 MiB in" in run.logs.text()
