"""Workflows: defined by calling tasks, compiled, and run here."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

import pytest
from task.workflows import make, point, say, split, total

import kit
from kit.errors import CallError, ConversionError, InterfaceError, KitError
from kit.task.promise import Promise, VoidPromise
from kit.task.workflow import current_compilation

SETTINGS = kit.SerializationSettings(project="p", domain="d", version="v1")


class Both(NamedTuple):
    low: int
    high: int


@kit.workflow
def example(n: int, scale: float = 2.0) -> int:
    """Add up.

    Args:
        n: How many.
        scale: By what to multiply.
    """
    xs = make(n=n)
    return total(xs=[xs[1], n], scale=scale)


def test_a_workflow_runs_here() -> None:
    """Nodes run one after the other, with the values that promises lead to."""
    assert example(n=3) == 8
    assert example(4, scale=1.0) == 5


def test_several_outputs_come_by_name() -> None:
    """A named tuple of promises becomes a named tuple of values."""

    @kit.workflow
    def flow(n: int) -> Both:
        halves = split(n=n)
        return Both(low=halves.rest, high=halves.half)

    assert flow(n=5) == (1, 2)
    assert flow(n=5).high == 2


def test_a_tuple_of_outputs_is_named_by_position() -> None:
    """Unnamed outputs are o0, o1, as in flytekit."""

    @kit.workflow
    def flow(n: int) -> tuple[int, int]:
        halves = split(n=n)
        return halves.half, halves.rest

    assert flow(n=5)._asdict() == {"o0": 2, "o1": 1}


def test_a_field_of_a_dataclass_is_reached_into() -> None:
    """`promise.x` is resolved where the value is."""

    @kit.workflow
    def flow(x: int) -> int:
        return total(xs=[point(x=x).x, 1])

    assert flow(x=4) == 5


def test_nodes_run_in_the_order_asked_for() -> None:
    """`first >> second` holds for tasks without outputs too."""
    with kit.workflow("ordered") as flow:
        last = say(text="last")
        first = say(text="first")
        first >> last
    assert isinstance(first, VoidPromise)
    template = kit.workflow_template(flow, SETTINGS)
    assert list(template.nodes[0].upstream_node_ids) == ["n1"]
    assert flow() is None


def test_an_order_in_a_circle_is_refused() -> None:
    """Two nodes that wait for each other never start."""
    with kit.workflow("circle") as flow:
        a, b = say(text="a"), say(text="b")
        a >> b
        b >> a
    with pytest.raises(CallError, match="n0, n1 wait for each other"):
        flow()


def test_the_imperative_form_names_inputs_and_outputs() -> None:
    """A block, its inputs, and what comes out."""
    with kit.workflow("block", inputs=kit.kwtypes(n=int)) as flow:
        flow.add_output("sum", total(xs=make(n=flow.inputs["n"])))
        flow.add_output("first", make(n=flow.inputs["n"])[0], int)
    assert flow(n=4) == (6, 0)
    assert repr(flow) == "Workflow('block', 3 nodes)"


def test_a_failing_node_is_named() -> None:
    """The executor's own exception comes out, with a note where it was."""
    with kit.workflow("failing") as flow:
        say(text="fail")
    with pytest.raises(ValueError, match="told to fail") as caught:
        flow()
    notes = getattr(caught.value, "__notes__", ["in node n0 (flows.say)"])
    assert "in node n0 (flows.say)" in notes


def test_nodes_take_only_what_is_known_when_defined() -> None:
    """Bindings: scalars, lists, maps, promises, defaults, and None for optionals."""
    with kit.workflow("bindings", inputs=kit.kwtypes(n=int)) as flow:
        total(xs=[1, flow.inputs["n"], make(n=1)[0]])
    node = kit.workflow_template(flow, SETTINGS).nodes[1]
    found = {binding.var: binding.binding for binding in node.inputs}
    assert found["scale"].scalar.primitive.float_value == 1.0
    assert found["note"].scalar.union.value.scalar.HasField("none_type")
    first, second, third = found["xs"].collection.bindings
    assert first.scalar.primitive.integer == 1
    assert (second.promise.node_id, second.promise.var) == ("", "n")
    assert third.promise.attr_path[0].int_value == 0


def test_overrides_change_one_node() -> None:
    """The task, and its other nodes, stay as they are."""
    with kit.workflow("overrides") as flow:
        make(n=1).with_overrides(
            node_name="My_Special.Node",
            requests=kit.Resources(cpu="2", mem="1Gi"),
            limits=kit.Resources(gpu=1),
            retries=5,
            timeout=30,
            interruptible=False,
            name="pretty",
            container_image="x/y:z",
            cache=True,
            cache_version="7",
            cache_serialize=True,
            shared_memory="1Gi",
            accelerator=kit.GPUAccelerator("nvidia-tesla-t4"),
            aliases={"xs": "numbers"},
        )
        make(n=1)
    changed, other = kit.workflow_template(flow, SETTINGS).nodes
    assert changed.id == "my-special-node"
    assert changed.metadata.timeout.seconds == 30
    assert changed.metadata.cacheable
    assert changed.metadata.cache_version == "7"
    overrides = changed.task_node.overrides
    assert [e.value for e in overrides.resources.requests] == ["2", "1Gi"]
    assert overrides.container_image == "x/y:z"
    assert overrides.extended_resources.gpu_accelerator.device == "nvidia-tesla-t4"
    assert changed.output_aliases[0].alias == "numbers"
    assert other.metadata.retries.retries == 2
    assert not other.task_node.overrides.HasField("resources")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"cache": True}, "must specify cache version"),
        ({"retries": -1}, "0 or more"),
        ({"requests": {"cpu": "1"}}, "should be specified as flytekit.Resources"),
        (
            {"resources": kit.Resources(cpu="1"), "limits": kit.Resources(cpu="1")},
            "can not be used together",
        ),
        ({"timeout": "soon"}, "timeout should be duration"),
    ],
)
def test_overrides_that_cannot_be_are_refused(overrides: dict, message: str) -> None:
    """Each mistake has its own words."""
    with kit.workflow("bad"):
        node = make(n=1)
        with pytest.raises(KitError, match=message):
            node.with_overrides(**overrides)


def test_a_promise_is_no_override() -> None:
    """A node's settings are known before the workflow runs."""
    with kit.workflow("bad", inputs=kit.kwtypes(n=int)) as flow:
        node = make(n=1)
        with pytest.raises(CallError, match="Cannot use a promise in the `retries`"):
            node.with_overrides(retries=flow.inputs["n"])


@pytest.mark.parametrize(
    "use",
    [
        bool,
        list,
        len,
        lambda promise: promise > 1,
        lambda promise: promise + 1,
        lambda promise: 1 + promise,
        lambda promise: promise(),
        lambda promise: promise[1.5],
        lambda promise: promise and 1,
    ],
)
def test_a_promise_is_no_value(use) -> None:
    """What needs a value fails where it is written, not in a container."""
    with pytest.raises(CallError):
        use(Promise("x"))


def test_what_cannot_be_bound_says_which_input() -> None:
    """The words are flytekit's, and the path says where."""
    with kit.workflow("bad"):
        with pytest.raises(ConversionError, match="Failed to Bind variable 'xs'") as e:
            total(xs=[1, "a"])
        assert e.value.path == ("inputs", "xs", 1)
        with pytest.raises(CallError, match=r"Input xs of type .* was not specified"):
            total()
        with pytest.raises(CallError, match="Did you mean 'scale'"):
            total(xs=[1], scal=2.0)
        with pytest.raises(CallError, match="produces no outputs"):
            total(xs=say(text="x"))
        with pytest.raises(CallError, match="multi-valued tuple"):
            make(n=split(n=1))


def test_a_workflow_in_a_workflow_is_refused() -> None:
    """What is not supported says so at once."""
    with kit.workflow("outer"):
        with pytest.raises(CallError, match="cannot be called inside"):
            example(n=1)
        with pytest.raises(CallError, match="is defined inside"), kit.workflow("in"):
            pass
    assert current_compilation() is None


def test_a_failed_definition_leaves_nothing_open() -> None:
    """After an error in a definition, calls run again."""
    with pytest.raises(RuntimeError), kit.workflow("bad"):
        raise RuntimeError
    assert make(n=2) == [0, 1]


def test_threads_define_their_own_workflows() -> None:
    """A definition in one thread does not catch the calls of another."""
    results = []
    with kit.workflow("open"):
        thread = threading.Thread(target=lambda: results.append(make(n=2)))
        thread.start()
        thread.join()
    assert results == [[0, 1]]


@pytest.mark.parametrize(
    ("define", "message"),
    [
        (lambda: kit.workflow(""), "needs a name"),
        (lambda: kit.workflow("w").add_output("o", 1), "cannot be told"),
    ],
)
def test_definitions_that_cannot_be_are_refused(define, message: str) -> None:
    """Each mistake has its own words."""
    with pytest.raises(InterfaceError, match=message):
        define()


def test_a_function_returns_what_it_declares() -> None:
    """Too few or too many outputs are an error of the definition."""

    def flow(n: int) -> tuple[int, int]:
        return split(n=n).half

    with pytest.raises(CallError, match="declares 2 outputs"):
        kit.workflow(flow)


def test_a_closure_has_each_task_once() -> None:
    """The workflow, and the templates of its tasks."""
    with kit.workflow("twice") as flow:
        make(n=1)
        make(n=2)
    closure = kit.workflow_closure(flow, SETTINGS)
    assert [task.id.name for task in closure.tasks] == ["flows.make"]
    assert closure.tasks[0] == kit.task_template(make, SETTINGS)
    assert closure.workflow == kit.workflow_template(flow, SETTINGS)


def test_a_large_workflow_compiles_quickly() -> None:
    """Two hundred nodes in a row take no more than moments."""
    start = time.perf_counter()
    with kit.workflow("large") as flow:
        last = total(xs=[1])
        for _ in range(199):
            last = total(xs=[last, 1])
    assert len(kit.workflow_template(flow, SETTINGS).nodes) == 200
    assert time.perf_counter() - start < 5
