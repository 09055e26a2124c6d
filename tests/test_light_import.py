"""``import kit`` and the container's side load flyteidl, protobuf and no more."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from flyteidl.core import literals_pb2, tasks_pb2, types_pb2

ALLOWED = ("flyteidl", "google", "kit", "protoc_gen_openapiv2")
"""Beside the standard library: Flyte's messages and the options of their protos."""

ADVICE = """These modules are loaded before anything needs them: {}.
Import them inside the function that uses them, or only for type checkers
(`if TYPE_CHECKING:`). A transformer of types of such a module is registered by its name
in kit/types/builtin.py, with LazyTransformer; a public name in kit/__init__.py."""

REPORT = """
import sys
before = set(sys.modules)
{statement}
import json
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded(statement: str) -> set[str]:
    """Return the modules that a statement loads in a fresh interpreter."""
    command = [sys.executable, "-c", REPORT.format(statement=statement)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def foreign(modules: set[str]) -> set[str]:
    """Return the top packages that are neither the standard library's nor allowed."""
    tops = {module.partition(".")[0] for module in modules}
    return {
        top
        for top in tops
        if top not in sys.stdlib_module_names
        and top not in ALLOWED
        and not top.startswith("_")
    }


@pytest.mark.parametrize(
    "statement",
    [
        "import kit",
        "import kit; [getattr(kit, name) for name in kit.__all__]",
        "import kit.shim.container",
        "import kit.resolver",
    ],
)
def test_only_flyteidl_and_protobuf_are_loaded(statement):
    """No rich, IPython, pandas, grpc, fsspec, msgpack … before something needs them."""
    found = foreign(loaded(statement))
    assert found == set(), ADVICE.format(sorted(found))


@pytest.mark.parametrize("statement", ["import kit", "import kit.shim.container"])
def test_slow_modules_wait(statement):
    """What is slow to load waits for its first use, in the libraries used and here."""
    slow = {
        "asyncio",
        "google.protobuf.json_format",
        "importlib.metadata",
        "multiprocessing",
        "unittest",
        "xml",
    }
    found = loaded(statement) & slow
    assert found == set(), ADVICE.format(sorted(found))


EXECUTOR = """
from kit.definition.executor import ShimTaskExecutor

class Repeat(ShimTaskExecutor):
    def execute_from_model(self, tt, count, text):
        return count * text
"""
TASK = """
from repeating import Repeat

from kit import Interface, PythonCustomizedContainerTask

interface = Interface({"count": int, "text": str}, {"o": str})
task = PythonCustomizedContainerTask(
    "repeat", None, "acme/repeat:1", Repeat, interface=interface
)
"""
PLAIN = {
    f"kit.types.{name}"
    for name in (
        *("annotated", "compatibility", "containers", "conversion_errors", "engine"),
        "flyte_classes",
        *("builtin", "messages", "packed", "simple", "unions"),
    )
}
"""The modules of types that every definition and run loads; no other may be."""


def check_families(modules):
    """Fail if a family of types was loaded that plain values have no need of."""
    loaded_families = {m for m in modules if m.startswith("kit.types.")} - PLAIN
    assert not loaded_families, (
        f"{', '.join(sorted(loaded_families))} was loaded for plain values. In "
        "kit/types/builtin.py name its transformer with LazyTransformer("
        "name, 'module:Class', classes_in=[...]), so that it is loaded for its own "
        "types only, and import the module nowhere else at the top of a file."
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Make a folder of modules that a fresh interpreter imports from."""
    (tmp_path / "repeating.py").write_text(EXECUTOR, encoding="utf-8")
    (tmp_path / "task_of_it.py").write_text(TASK, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_a_definition_loads_neither_large_values_nor_workflows():
    """Nor what it would need for parts that it does not have."""
    unneeded = {"kit.task.nodes", "kit.definition.security", "hashlib", "uuid"}
    modules = loaded("import task_of_it")
    check_families(modules)
    found = modules & unneeded
    assert found == set(), ADVICE.format(sorted(found))


def test_a_run_on_plain_values_loads_no_large_ones(folder):
    """The container's side, from its arguments to outputs.pb."""
    template, inputs = tasks_pb2.TaskTemplate(type="t"), literals_pb2.LiteralMap()
    template.id.name = "repeat"
    template.metadata.SetInParent()
    variables = template.interface.inputs.variables
    variables["count"].type.simple = types_pb2.INTEGER
    variables["text"].type.simple = types_pb2.STRING
    template.interface.outputs.variables["o"].type.simple = types_pb2.STRING
    inputs.literals["count"].scalar.primitive.integer = 2
    inputs.literals["text"].scalar.primitive.string_value = "ab"
    for name, message in (("template.pb", template), ("inputs.pb", inputs)):
        (folder / name).write_bytes(message.SerializeToString())
    arguments = ["--inputs", f"{folder}/inputs.pb", "--output-prefix", str(folder)]
    arguments += ["--", f"{folder}/template.pb", "repeating.Repeat"]
    modules = loaded(f"from kit.entrypoint import main; main({arguments!r})")
    data = (folder / "outputs.pb").read_bytes()
    outputs = literals_pb2.LiteralMap.FromString(data)
    assert outputs.literals["o"].scalar.primitive.string_value == "abab"
    unneeded = {"kit.template.serialize", "kit.definition.interface", "hashlib"}
    check_families(modules)
    found = modules & unneeded
    assert found == set(), ADVICE.format(sorted(found))


def test_importing_changes_nothing_in_the_process():
    """No signal handler, no exception hook, no environment variable, no handler."""
    check = """
import logging, os, signal, sys
def state():
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    hooks = [sys.excepthook, sys.displayhook, list(sys.path), dict(os.environ)]
    return [handlers, hooks, list(logging.getLogger().handlers)]
before = state()
import kit
[getattr(kit, name) for name in kit.__all__]
import kit.entrypoint, kit.shim.container
assert state() == before
"""
    subprocess.run([sys.executable, "-c", check], check=True)


@pytest.mark.usefixtures("folder")
def test_the_advice_names_what_was_loaded_and_what_to_do(folder):
    """Whoever adds a type reads it first here."""
    (folder / "heavy.py").write_text("import kit, numpy\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"(?s)'numpy'.*LazyTransformer"):
        test_only_flyteidl_and_protobuf_are_loaded("import heavy")
