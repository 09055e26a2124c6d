"""Workflows: defined by calling tasks, compiled, and run here."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import NamedTuple

import pytest
from task.workflows import make, say, split, total

import kit
from kit.errors import CallError, ConversionError, InterfaceError
from kit.task.call import current_compilation
from kit.task.promises import VoidPromise

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


def test_the_imperative_form_names_inputs_and_outputs() -> None:
    """A block, its inputs, and what comes out."""
    with kit.workflow("block", inputs=kit.kwtypes(n=int)) as flow:
        flow.add_output("sum", total(xs=make(n=flow.n)))
        flow.add_output("first", make(n=flow.inputs["n"])[0], int)
    assert flow(n=4) == (6, 0)
    assert repr(flow) == "Workflow('block', 3 nodes)"


def test_a_workflow_grows_without_a_block() -> None:
    """Flytekit's imperative names: inputs, entities and outputs are added."""
    flow = kit.workflow("grown")
    n = flow.add_workflow_input("n", int)
    xs = flow.add_entity(make, n=n)
    flow.add_workflow_output("xs", xs.outputs["xs"])
    flow.add_workflow_output("n", n)
    flow.add_workflow_output("both", [n, xs.outputs["xs"][0]], list[int])
    assert flow(n=2) == ([0, 1], 2, [2, 0])
    assert list(flow.python_interface.outputs) == ["xs", "n", "both"]


def test_an_unknown_attribute_suggests_an_input() -> None:
    """`wf.name` is an input, or else an error."""
    flow = kit.workflow("w", inputs={"rows": int})
    with pytest.raises(AttributeError, match="Did you mean 'rows'"):
        flow.row  # noqa: B018


def test_a_refused_output_leaves_the_interface_alone() -> None:
    """An output is declared and bound, or neither."""
    flow = kit.workflow("w")
    with pytest.raises(CallError, match="Output 'o' of workflow 'w' cannot be bound"):
        flow.add_output("o", flow.add_entity(say, text="x") and _void(), int)
    with pytest.raises(
        ConversionError, match="Output 'o' of workflow 'w' cannot be bound"
    ):
        flow.add_output("o", "text", int)
    assert not flow.python_interface.outputs
    assert not flow.outputs


def _void() -> VoidPromise:
    with kit.workflow("other"):
        return say(text="x")


def test_a_workflow_is_documented_by_its_function() -> None:
    """Documentation comes from the docstring, `__doc__` too."""
    docs = kit.workflow_spec(example, SETTINGS).description
    assert docs.short_description == "Add up."
    assert example.__doc__ == docs.short_description + example.__doc__[7:]
    described = example.interface.inputs.variables["scale"].description
    assert described == "By what to multiply."


def test_documentation_may_be_passed() -> None:
    """As a docstring, or as what is written on the wire."""
    text = kit.workflow("w", docs="Short.\n\nArgs:\n    n: Rows.", inputs={"n": int})
    assert text.interface.inputs.variables["n"].description == "Rows."

    @kit.workflow(docs=kit.Documentation("Passed."), interruptible=True)
    def flow() -> None:
        say(text="x")

    spec = kit.workflow_spec(flow, SETTINGS)
    assert spec.description.short_description == "Passed."
    assert spec.template.metadata_defaults.interruptible


def test_a_failing_node_is_named() -> None:
    """The executor's own exception comes out, with a note where it was."""
    with kit.workflow("failing") as flow:
        say(text="fail")
    with pytest.raises(ValueError, match="told to fail") as caught:
        flow()
    notes = getattr(caught.value, "__notes__", ["in node n0 (flows.say)"])
    assert "in node n0 (flows.say)" in notes


def test_a_workflow_in_a_workflow_is_refused() -> None:
    """What is not supported says so at once, also from a block entered twice."""
    with kit.workflow("outer"):
        with pytest.raises(CallError, match="cannot be called inside"):
            example(n=1)
        with pytest.raises(CallError, match="is defined inside"), kit.workflow("in"):
            pass
    again = kit.workflow("again")
    with again, pytest.raises(CallError, match="being defined already"), again:
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
        (
            lambda: kit.workflow("w").add_output("o", 1),
            "is not known. Pass python_type=",
        ),
        (
            lambda: kit.workflow("w", inputs={"n": int}).add_workflow_input("n", int),
            "already exists",
        ),
    ],
)
def test_definitions_that_cannot_be_are_refused(define, message: str) -> None:
    """Each mistake has its own words."""
    with pytest.raises(InterfaceError, match=message):
        define()


def test_a_large_workflow_compiles_quickly() -> None:
    """Two hundred nodes in a row take no more than moments."""
    start = time.perf_counter()
    with kit.workflow("large") as flow:
        last = total(xs=[1])
        for _ in range(199):
            last = total(xs=[last, 1])
    assert len(kit.workflow_template(flow, SETTINGS).nodes) == 200
    assert time.perf_counter() - start < 2


def test_definitions_of_asynchronous_tasks_keep_apart() -> None:
    """Each asynchronous task has its own workflow at hand."""

    async def define(name: str) -> kit.Workflow:
        with kit.workflow(name) as flow:
            for _ in range(3):
                say(text=name)
                await asyncio.sleep(0)
        return flow

    async def both() -> list[kit.Workflow]:
        return await asyncio.gather(define("a"), define("b"))

    for flow in asyncio.run(both()):
        texts = {b.binding.scalar.primitive.string_value for b in _inputs(flow)}
        assert texts == {flow.name}
        assert len(flow.nodes) == 3


def _inputs(flow: kit.Workflow) -> list:
    return [binding for node in flow.nodes for binding in node.bindings]
