"""Graphs that the engine would refuse are refused when they are defined."""

from __future__ import annotations

import pytest
from task.workflows import make, say

import kit
from kit.errors import CallError

SETTINGS = kit.SerializationSettings(project="p", domain="d", version="v1")


def circle() -> None:
    """Let two nodes wait for each other."""
    a, b = say(text="a"), say(text="b")
    a >> b >> a


def same_id() -> None:
    """Give two nodes one id."""
    make(n=1).with_overrides(node_name="same")
    say(text="b").with_overrides(node_name="same_")


def other_node() -> None:
    """Take the output of a node that is elsewhere."""
    make(n=kit.workflow("other").add_entity(make, n=1).outputs["xs"][0])


def other_order() -> None:
    """Wait for a node that is elsewhere."""
    kit.workflow("other").add_entity(make, n=1) >> say(text="a")


def other_input() -> None:
    """Take an input of another workflow."""
    make(n=kit.workflow("other", inputs={"rows": int}).rows)


@pytest.mark.parametrize(
    ("define", "words"),
    [
        (circle, "n0, n1 wait for each other"),
        (same_id, "Two nodes have the id 'same'"),
        (lambda: say(text="a").with_overrides(node_name="fn0"), "reserved for the fai"),
        (lambda: say(text="a").with_overrides(node_name="__"), "reserved for the eng"),
        (other_node, "of another workflow"),
        (other_order, "of another workflow"),
        (other_input, "no such input. Did you mean 'row'"),
    ],
)
def test_a_graph_that_cannot_run_is_refused(define, words: str) -> None:
    """At the end of the block, and again when a message is made of it or it runs."""
    flow = kit.workflow("w", inputs={"row": (int, 1)})
    with pytest.raises(CallError, match=words), flow:
        define()
    with pytest.raises(CallError, match=words):
        kit.workflow_template(flow, SETTINGS)
    with pytest.raises(CallError, match=words):
        flow()


def test_an_output_of_another_workflow_is_refused() -> None:
    """Outputs are checked as inputs of nodes are."""
    other = kit.workflow("other").add_entity(make, n=1).outputs["xs"]
    flow = kit.workflow("w")
    flow.add_output("xs", other)
    with pytest.raises(CallError, match=r"output takes .* of another workflow"):
        flow.check()


def test_an_error_in_a_block_is_not_hidden_by_its_graph() -> None:
    """What went wrong first is what is raised."""
    with pytest.raises(RuntimeError), kit.workflow("w"):
        raise RuntimeError(circle())


def test_a_closure_has_each_task_once() -> None:
    """The workflow, and the templates of its tasks."""
    with kit.workflow("twice") as flow:
        make(n=1)
        make(n=2)
    closure = kit.workflow_closure(flow, SETTINGS)
    assert [task.id.name for task in closure.tasks] == ["flows.make"]
    assert closure.tasks[0] == kit.task_template(make, SETTINGS)
    assert closure.workflow == kit.workflow_template(flow, SETTINGS)
