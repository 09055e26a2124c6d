"""Tasks for flytekit's runtime: what its shim gets, and what kit gives it."""

from __future__ import annotations

import dataclasses
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from flyteidl.core import errors_pb2, execution_pb2, literals_pb2, tasks_pb2

import kit
from kit.forecast.arrival import arriving_bytes
from kit.types import FlyteDirectory, FlyteFile, StructuredDataset, default_engine

SETTINGS = kit.SerializationSettings(project="p", domain="d", version="v")


@dataclasses.dataclass
class Bird:
    grams: int


class Out(NamedTuple):
    zebra: int
    ape: str
    rows: list[int]
    file: FlyteFile
    bird: Bird


@kit.container_task(image="a:1", name="make", runtime="flytekit", ship="inline")
def make(tt, how: str) -> Out:
    """Return several outputs in one of the ways that there are."""
    import pathlib

    path = pathlib.Path("made.txt")
    path.write_text("made")
    made = Out(1, "x", [1, 2], FlyteFile(str(path)), Bird(7))
    if how == "named":
        return made
    return made._asdict() if how == "dict" else tuple(made)


@kit.container_task(image="a:1", name="fail", runtime="flytekit", ship="inline")
def fail(tt, how: str) -> int:
    """Fail in one of the ways that there are."""
    if how == "again":
        msg = "later"
        raise kit.RecoverableError(msg)
    if how == "output":
        return "no number"
    msg = "mine"
    raise ValueError(msg)


@kit.container_task(image="a:1", name="seen", runtime="flytekit", ship="inline")
def seen(tt, bird: Bird) -> str:
    """Name the type that arrives."""
    return type(bird).__name__


def shuffled(template: bytes, order: tuple[int, ...]) -> bytes:
    """Write a template as the engine may: with its outputs in any order."""
    message = tasks_pb2.TaskTemplate.FromString(template)
    outputs = dict(message.interface.outputs.variables)
    message.interface.outputs.Clear()
    parts = [message.SerializeToString()]
    for position in order:
        name = sorted(outputs)[position]
        part = tasks_pb2.TaskTemplate()
        part.interface.outputs.variables[name].CopyFrom(outputs[name])
        parts.append(part.SerializeToString())
    return b"".join(parts)


def run_flytekit(
    folder: Path, task: Any, order: tuple[int, ...] = (), **inputs: Any
) -> Path:
    """Run a task with the real ``pyflyte-execute``; return the folder of outputs."""
    template = arriving_bytes(kit.template_bytes(task, SETTINGS))
    literals = literals_pb2.LiteralMap()
    for name, value in inputs.items():
        python_type = task.python_interface.inputs[name]
        default_engine.encoder(python_type)(value, literals.literals[name])
    path, inputs_path = folder / "task.pb", folder / "inputs.pb"
    path.write_bytes(shuffled(template, order) if order else template)
    inputs_path.write_bytes(literals.SerializeToString())
    macros = {
        "{{.input}}": str(inputs_path),
        "{{.outputPrefix}}": str(folder / "out"),
        "{{.rawOutputDataPrefix}}": str(folder / "raw"),
        "{{.taskTemplatePath}}": str(path),
    }
    command = tasks_pb2.TaskTemplate.FromString(template).container.args
    words = [macros.get(word, word) for word in command[1:]]
    program = Path(sys.executable).with_name(command[0])
    subprocess.run(
        [str(program), *words], check=True, capture_output=True, cwd=folder, timeout=300
    )
    return folder / "out"


@pytest.mark.flytekit
@pytest.mark.parametrize(
    ("how", "order"),
    [
        ("named", (0, 1, 2, 3, 4)),
        ("named", (4, 2, 0, 1, 3)),
        ("dict", (3, 4, 1, 2, 0)),
        ("tuple", (2, 0, 4, 3, 1)),
    ],
)
def test_several_outputs_go_where_their_names_say(how, order, tmp_path):
    """Whatever the order in which the engine wrote the map of them."""
    out = run_flytekit(tmp_path, make, order, how=how)
    data = (out / "outputs.pb").read_bytes()
    made = literals_pb2.LiteralMap.FromString(data).literals
    engine = default_engine
    assert engine.to_python(made["zebra"], int) == 1
    assert engine.to_python(made["ape"], str) == "x"
    assert engine.to_python(made["rows"], list[int]) == [1, 2]
    assert engine.to_python(made["bird"], Bird) == Bird(7)
    file = engine.to_python(made["file"], FlyteFile)
    assert Path(file).read_text(encoding="utf-8") == "made"


@pytest.mark.flytekit
@pytest.mark.parametrize(
    ("how", "kind", "code"),
    [
        ("error", "NON_RECOVERABLE", "ValueError"),
        ("again", "RECOVERABLE", "Recoverable"),
        ("output", "NON_RECOVERABLE", "OutputError"),
    ],
)
def test_errors_of_an_executor_are_the_users(how, kind, code, tmp_path):
    """And not the system's, which Flyte tries again three times."""
    data = (run_flytekit(tmp_path, fail, how=how) / "error.pb").read_bytes()
    error = errors_pb2.ErrorDocument.FromString(data).error
    assert error.origin == execution_pb2.ExecutionError.USER
    assert error.kind == errors_pb2.ContainerError.Kind.Value(kind)
    assert code in error.message


@pytest.mark.flytekit
def test_an_executor_gets_what_flytekits_shim_gives_it(tmp_path):
    """A dict: in flytekit's own process, in a call, and in a run in this process."""
    data = (run_flytekit(tmp_path, seen, bird=Bird(1)) / "outputs.pb").read_bytes()
    made = literals_pb2.LiteralMap.FromString(data).literals
    assert default_engine.to_python(made["o0"], str) == "dict"
    assert seen(bird=Bird(1)) == "dict"
    here = kit.run(seen, bird=Bird(1), runner="in-process")
    assert here.outputs.o0 == "dict"
    assert "flytekit's runtime, and kit's runs it here" in here.logs.text()


def test_a_call_says_once_that_its_shim_is_kits(caplog):
    """Of a task for flytekit's runtime, and of no other."""
    task = PairTask("loud", None, "a:1", Named, runtime="flytekit", interface=PAIRS)
    assert task() == (1, "x")
    assert task() == (1, "x")
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert (
        "loud is for flytekit's runtime, and a call here runs it with kit's" in told[0]
    )
    caplog.clear()
    assert PairTask("calm", None, "a:1", Named, interface=PAIRS)() == (1, "x")
    assert caplog.records == []


PAIRS = kit.Interface({}, {"o0": int, "o1": str})


class Pair(NamedTuple):
    o0: int
    o1: str


class Untold(kit.ShimTaskExecutor[Any]):
    def execute_from_model(self, tt):
        return 1, "x"


class Numbered(kit.ShimTaskExecutor[Any]):
    def execute_from_model(self, tt) -> tuple[int, str]:
        return 1, "x"


class Named(kit.ShimTaskExecutor[Any]):
    def execute_from_model(self, tt) -> Pair:
        return Pair(1, "x")


class PairTask(kit.PythonCustomizedContainerTask[None]):
    def get_custom(self, settings):
        return {}


@pytest.mark.parametrize(
    ("executor_type", "findings"), [(Untold, ["PY008"]), (Numbered, []), (Named, [])]
)
def test_check_finds_outputs_without_an_order(executor_type, findings):
    """A class's tuple could be of any order; its annotation tells it."""
    interface = kit.Interface({}, {"o0": int, "o1": str})
    facts = {"interface": interface, "runtime": "flytekit", "ship": "inline"}
    task = PairTask("two", None, "a:1", executor_type, **facts)
    found = [f.rule for f in kit.check(task).findings if f.rule.startswith("PY")]
    assert found == findings


KINDS = """
import dataclasses, pathlib
import kit
from kit.types import FlyteDirectory, FlyteFile, StructuredDataset

@dataclasses.dataclass
class Bird:
    grams: int

class Kinds(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, how):
        import pandas
        path = pathlib.Path("made.txt")
        path.write_text("made")
        folder = pathlib.Path("made")
        folder.mkdir(exist_ok=True)
        (folder / "a.txt").write_text("in it")
        kit.Deck("mine", "<p>seen</p>")
        return {
            "file": FlyteFile(str(path)),
            "folder": FlyteDirectory(str(folder)),
            "table": StructuredDataset(dataframe=pandas.DataFrame({"a": [1, 2]})),
            "rows": [1, 2], "names": {"a": "x"}, "bird": Bird(7),
            "birds": [Bird(1)], "maybe": None,
        }

class Alone(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, how):
        if how == "ignore":
            raise kit.IgnoreOutputs("not me")
        if how == "again":
            raise kit.RecoverableError("later")
        if how == "type":
            return 1
        if how == "other":
            return Alone().execute_from_model(tt, how="list")
        if how == "list":
            return ["a"]
        raise ValueError("mine")
"""
KIND_TYPES = {
    "file": FlyteFile,
    "folder": FlyteDirectory,
    "table": StructuredDataset,
    "rows": list[int],
    "names": dict[str, str],
    "bird": Bird,
    "birds": list[Bird],
    "maybe": int | None,
}


def class_task(folder: Path, name: str, outputs: dict[str, Any]) -> Any:
    """Make a task of a class in a module that both programs import."""
    (folder / "kinds.py").write_text(KINDS, encoding="utf-8")
    sys.path.insert(0, str(folder))
    sys.modules.pop("kinds", None)
    try:
        executor = getattr(importlib.import_module("kinds"), name)
    finally:
        sys.path.remove(str(folder))
    interface = kit.Interface({"how": str}, outputs)
    facts = {"interface": interface, "runtime": "flytekit"}
    metadata = kit.TaskMetadata(generates_deck=True)
    return PairTask(name.lower(), None, "a:1", executor, metadata=metadata, **facts)


@pytest.mark.flytekit
def test_outputs_of_a_class_go_out_as_kits(tmp_path, monkeypatch):
    """By name, whatever their kind, with what the executor wrote into a deck."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    task = class_task(tmp_path, "Kinds", KIND_TYPES)
    assert not {"PY004", "PY008"} & {f.rule for f in kit.check(task).errors}
    out = run_flytekit(tmp_path, task, (5, 3, 1, 0, 2, 4, 7, 6), how="")
    data = (out / "outputs.pb").read_bytes()
    made = literals_pb2.LiteralMap.FromString(data).literals
    values = {
        name: default_engine.to_python(made[name], kind)
        for name, kind in KIND_TYPES.items()
    }
    assert Path(values["file"]).read_text(encoding="utf-8") == "made"
    inside = Path(values["folder"]) / "a.txt"
    assert inside.read_text(encoding="utf-8") == "in it"
    assert list(values["table"].open(pd.DataFrame).all()["a"]) == [1, 2]
    assert values["rows"] == [1, 2]
    assert values["names"] == {"a": "x"}
    assert values["bird"] == Bird(7)
    assert values["birds"] == [Bird(1)]
    assert values["maybe"] is None
    assert "seen" in (out / "deck.html").read_text(encoding="utf-8")


@pytest.mark.flytekit
@pytest.mark.parametrize(
    ("how", "kind", "text"),
    [
        ("error", "NON_RECOVERABLE", "ValueError"),
        ("again", "RECOVERABLE", "Recoverable"),
        ("type", "NON_RECOVERABLE", "OutputError"),
        ("list", "", ""),
        ("other", "", ""),
        ("ignore", "", ""),
    ],
)
def test_errors_of_a_class_are_the_users(how, kind, text, tmp_path, monkeypatch):
    """And an executor that it makes itself returns plain values."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    task = class_task(tmp_path, "Alone", {"o0": list[str]})
    out = run_flytekit(tmp_path, task, how=how)
    if not kind:
        assert not (out / "error.pb").exists()
        assert (out / "outputs.pb").exists() is (how != "ignore")
        return
    error = errors_pb2.ErrorDocument.FromString((out / "error.pb").read_bytes()).error
    assert error.origin == execution_pb2.ExecutionError.USER
    assert error.kind == errors_pb2.ContainerError.Kind.Value(kind)
    assert text in error.message
