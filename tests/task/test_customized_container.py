from __future__ import annotations

import inspect
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flyteidl.core import literals_pb2
from task_lab import Body, lab_task

from kit.definition.executor import ShimTaskExecutor
from kit.definition.interface import Interface
from kit.definition.metadata import TaskMetadata
from kit.errors import (
    CallError,
    ConversionError,
    DefinitionError,
    ExecutorError,
    IgnoreOutputs,
    OutputError,
)
from kit.resolver import TaskTemplateResolver
from kit.shim.context import current_context
from kit.storage import Storage, use_storage
from kit.task.task import PythonCustomizedContainerTask
from kit.task.workflow import workflow


@pytest.fixture(autouse=True)
def _own_storage(tmp_path):
    with use_storage(Storage(str(tmp_path / "raw"), str(tmp_path / "work"))):
        yield


class FileResolver(TaskTemplateResolver):
    """Loads from a file, as custom resolvers do."""

    seen: list = []  # noqa: RUF012 - a log of the test

    def load_task(self, loader_args):
        """Note the arguments and load as ever."""
        path, executor = loader_args
        self.seen.append((Path(path).read_bytes(), executor))
        return super().load_task(loader_args)


file_resolver = FileResolver()


def test_a_call_runs_the_executor_on_what_is_in_the_template():
    """Inputs by position or name, numbers of custom as floats."""
    task = lab_task(
        lambda tt, inputs: inputs["a"] * int(tt.custom["factor"]),
        inputs={"a": int},
        outputs={"o": int},
        custom={"factor": 3},
    )
    assert task(4) == task(a=4) == 12


def test_the_executor_sees_the_local_placeholders():
    """There is no project yet."""
    task = lab_task(lambda tt, _: tt.id.project, outputs={"o": str})
    assert task() == "PLACEHOLDER_PROJECT"


def test_nothing_of_the_task_object_reaches_the_executor():
    """Not the dict that get_custom returned, and not the executor that was made."""
    custom = {"rows": [1]}
    seen = []

    def body(tt, _inputs):
        tt.custom["rows"].append(2)
        seen.append(tt)

    task = lab_task(body, custom=custom)
    task()
    task()
    assert custom == {"rows": [1]}
    assert seen[0] is not seen[1]


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        (list[int], [1, 2]),
        (dict[str, int], {"a": 1}),
        (int | None, None),
        (int | None, 5),
        (dict, {"a": [1, 2]}),
        (str, "x"),
    ],
)
def test_outputs_of_every_shape_come_back(declared, value):
    """Lists, typed dicts and optionals too, which flytekit cannot return."""
    assert lab_task(lambda *_: value, outputs={"o": declared})() == value


@pytest.mark.parametrize(
    "returned", [(1, "a"), [1, "a"], {"p": "a", "z": 1}], ids=["tuple", "list", "dict"]
)
def test_several_outputs_come_by_name(returned):
    """Whatever the order of the map they travel in."""
    result = lab_task(lambda *_: returned, outputs={"z": int, "p": str})()
    assert (result.z, result.p) == (1, "a")


def test_no_outputs_give_none():
    """What the executor returns is then of no interest."""
    assert lab_task(lambda *_: "ignored")() is None


def test_defaults_and_optionals_need_not_be_passed():
    """flytekit would call the executor without them."""  # noqa: D403 - a name
    inputs = {"a": int, "b": (str, "x"), "c": int | None}
    task = lab_task(lambda _, given: str(given), inputs=inputs, outputs={"o": str})
    assert task(a=1) == "{'a': 1, 'b': 'x', 'c': None}"
    with pytest.raises(CallError, match="Input a of type"):
        task()
    with pytest.raises(CallError, match="Did you mean 'a'"):
        task(aa=1)


def test_a_wrong_input_stops_before_the_executor():
    """With flytekit's text and the path."""
    task = lab_task(lambda *_: pytest.fail("ran"), inputs={"a": int})
    with pytest.raises(ConversionError, match="Failed to convert inputs of task"):
        task(a="x")


def test_a_wrong_output_is_an_error():
    """flytekit lets it through."""  # noqa: D403 - a name
    with pytest.raises(OutputError, match="expected type <class 'int'>"):
        lab_task(lambda *_: "x", outputs={"o": int})()


@pytest.mark.parametrize("error", [ValueError("bad"), IgnoreOutputs("skip")])
def test_exceptions_of_the_executor_come_out_as_they_are(error):
    """Unwrapped and with their own type."""

    def body(_tt, _inputs):
        raise error

    with pytest.raises(type(error)) as caught:
        lab_task(body)()
    assert caught.value is error


def test_every_run_has_an_empty_working_directory_of_its_own():
    """What a run left in it stays, for outputs may point there."""
    seen = []

    def body(_tt, _inputs):
        folder = Path(current_context().working_directory)
        seen.append((folder, list(folder.iterdir())))
        (folder / "left.txt").write_text("x")

    task = lab_task(body)
    task()
    task()
    (first, before), (second, then) = seen
    assert first != second
    assert before == then == []
    assert (first / "left.txt").exists()


def test_a_run_that_asks_for_no_directory_makes_none(tmp_path):
    """Making one would be the slowest step of a small call."""
    storage = Storage(str(tmp_path / "raw"), str(tmp_path / "work"))
    with use_storage(storage):
        lab_task(lambda *_: None)()
        assert not (tmp_path / "work").exists()
        lab_task(lambda *_: current_context().checkpoint.write(b"half"))()
    assert len(list((tmp_path / "work").iterdir())) == 1


def test_threads_of_a_run_are_given_one_directory():
    """Whoever asks first makes it, and nobody makes another."""
    seen = []

    def body(_tt, _inputs):
        contexts = [current_context().changed() for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            seen.extend(pool.map(lambda c: c.working_directory, contexts))

    lab_task(body)()
    assert len(set(seen)) == 1
    assert Path(seen[0]).is_dir()


def test_a_run_inside_a_run_has_another_directory():
    """Also when neither writes anything."""
    seen = []
    inner = lab_task(lambda *_: None)

    def body(_tt, _inputs):
        seen.append(current_context().working_directory)
        if len(seen) == 1:
            inner()

    inner = lab_task(body)
    inner()
    assert len(set(seen)) == 2


def test_checkpoints_of_a_local_run_are_its_own():
    """There is none from before."""

    def body(_tt, _inputs):
        checkpoint = current_context().checkpoint
        before = checkpoint.read()
        checkpoint.write(b"state")
        return before is None

    task = lab_task(body, outputs={"o": bool})
    assert task() is True
    assert task() is True


def test_a_resolver_of_ones_own_loads_from_a_file():
    """Its load_task is what runs, here as in the container."""
    FileResolver.seen.clear()
    task = lab_task(lambda *_: 7, outputs={"o": int}, task_resolver=file_resolver)
    assert task() == 7
    ((template, executor),) = FileResolver.seen
    assert b"lab.task" in template
    assert executor == "task_lab.Body"


def test_dispatch_works_on_literals():
    """Through the template's bytes too, and the caller's map is not used up."""
    task = lab_task(lambda _, i: i["a"] + 1, inputs={"a": int}, outputs={"o": int})
    inputs = literals_pb2.LiteralMap()
    inputs.literals["a"].scalar.primitive.integer = 1
    before = inputs.SerializeToString()
    for run in (task.dispatch_execute, task.sandbox_execute):
        outputs = run(None, inputs)
        assert outputs.literals["o"].scalar.primitive.integer == 2
    assert inputs.SerializeToString() == before


def test_execute_sends_everything_to_the_executor():
    """Without conversion, with the template of a local run."""
    task = lab_task(lambda tt, inputs: (tt.id.name, inputs))
    assert task.execute(a=1) == ("lab.task", {"a": 1})
    assert task.pre_execute("params") == "params"
    assert task.post_execute("params", "value") == "value"
    assert task.local_execution_mode().name == "LOCAL_TASK_EXECUTION"


def test_only_tasks_with_cache_are_cached(tmp_path, monkeypatch):
    """By name, version and inputs; the warning says what is not in the key."""
    monkeypatch.setenv("KIT_LOCAL_CACHE", str(tmp_path / "cache"))
    runs = []

    def body(_tt, inputs):
        runs.append(inputs["a"])
        return inputs["a"]

    shape = {"inputs": {"a": int}, "outputs": {"o": int}}
    plain = lab_task(body, **shape)
    plain(a=1)
    plain(a=1)
    metadata = TaskMetadata(cache=True, cache_version="1")
    cached = lab_task(body, name="lab.cached", metadata=metadata, **shape)
    assert cached(a=1) == 1
    with pytest.warns(UserWarning, match="neither the image nor the code"):
        assert cached(a=1) == 1
    assert cached(a=2) == 2
    assert runs == [1, 1, 1, 2]


@pytest.mark.parametrize("word", ["false", "0", "No"])
def test_the_cache_can_be_turned_off(word, tmp_path, monkeypatch):
    """By flytekit's variable."""
    monkeypatch.setenv("KIT_LOCAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FLYTE_LOCAL_CACHE_ENABLED", word)
    runs = []
    metadata = TaskMetadata(cache=True, cache_version="1")
    task = lab_task(
        lambda *_: runs.append(1) or 7,
        name="lab.off",
        outputs={"o": int},
        metadata=metadata,
    )
    assert (task(), task(), len(runs)) == (7, 7, 2)
    assert not (tmp_path / "cache").exists()


def test_cached_outputs_of_another_type_are_dropped(tmp_path, monkeypatch):
    """A task whose interface changed under one version runs again, with a warning."""
    monkeypatch.setenv("KIT_LOCAL_CACHE", str(tmp_path / "cache"))
    metadata = TaskMetadata(cache=True, cache_version="1")
    facts = {"name": "lab.changed", "metadata": metadata}
    assert lab_task(lambda *_: 7, outputs={"o": int}, **facts)() == 7
    changed = lab_task(lambda *_: "seven", outputs={"o": str}, **facts)
    with pytest.warns(UserWarning, match=r"lab\.changed .* does not fit the task"):
        assert changed() == "seven"


def test_macros_and_environment_do_not_stop_a_local_run():
    """In flytekit both do."""
    image = "{{.images.default.fqn}}:{{.images.default.version}}"
    task = lab_task(
        lambda tt, _: tt.container.env["A"],
        outputs={"o": str},
        container_image=image,
        environment={"A": "1"},
    )
    assert task() == "1"


def test_an_executor_that_nothing_can_import_is_refused():
    """Before anything runs, with the way out."""
    connection = object()

    class Local(ShimTaskExecutor):
        def execute_from_model(self, tt, **kwargs):
            return (connection, tt, kwargs)

    task = lab_task(executor_type=Local)
    with pytest.raises(ExecutorError, match="top level of its module"):
        task()


def test_a_nan_in_custom_arrives_as_text():
    """As in a container: the engine writes custom as JSON, which has no NaN."""
    custom = {"x": float("nan")}
    task = lab_task(lambda tt, _: tt.custom["x"], outputs={"o": str}, custom=custom)
    with pytest.warns(UserWarning, match=r"custom\.x"):
        assert task() == "NaN"


def test_the_signature_is_explicit():
    """Notebooks and editors show what there is to pass."""
    parameters = inspect.signature(PythonCustomizedContainerTask.__init__).parameters
    assert list(parameters)[1:11] == [
        "name",
        "task_config",
        "container_image",
        "executor_type",
        "task_resolver",
        "task_type",
        "requests",
        "limits",
        "environment",
        "secret_requests",
    ]
    assert {"interface", "metadata", "enable_deck", "runtime"} < parameters.keys()
    with pytest.raises(DefinitionError, match="unexpected keyword argument 'x'"):
        PythonCustomizedContainerTask(
            "n", None, "a:1", Body, interface=Interface(), x=1
        )


def test_a_call_in_a_workflow_makes_a_node():
    """Nothing runs; compile does the same outside of a call."""
    task = lab_task(
        lambda *_: pytest.fail("ran"), inputs={"a": int}, outputs={"o": int}
    )
    with workflow("lab.wf") as wf:
        promise = task(1)
        task.compile(wf, a=promise)
    assert [node.id for node in wf.nodes] == ["n0", "n1"]
    assert task.construct_node_metadata().name == "task"
    with pytest.raises(CallError, match="no workflow is being defined"):
        task.compile(None, a=1)


def test_running_on_literals_asks_the_cache_first(tmp_path, monkeypatch):
    """As a workflow's nodes do."""
    monkeypatch.setenv("KIT_LOCAL_CACHE", str(tmp_path / "cache"))
    runs = []
    task = lab_task(
        lambda *_: runs.append(1) or 7,
        name="lab.literals",
        outputs={"o": int},
        metadata=TaskMetadata(cache=True, cache_version="1"),
    )
    empty = literals_pb2.LiteralMap()
    first = task.run_literals(None, empty)
    with pytest.warns(UserWarning, match="local cache"):
        assert task.run_literals(None, empty) == first
    assert len(runs) == 1


def test_the_last_good_run_is_remembered_unless_it_is_large():
    """A test is written of it, and memory is not kept for one."""
    interface = Interface({"text": str}, {"o0": int})
    task = lab_task(lambda _tt, inputs: len(inputs["text"]), interface=interface)
    assert task.last_run is None
    task(text="abc")
    task(text="x" * 2**20)
    inputs, outputs = task.last_run
    assert inputs.literals["text"].scalar.primitive.string_value == "abc"
    assert outputs.literals["o0"].scalar.primitive.integer == 3
