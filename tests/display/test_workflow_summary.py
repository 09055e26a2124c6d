"""What is shown of a workflow."""

from __future__ import annotations

from display_tasks import plain_task

import kit
from kit.display.html import fragment
from kit.display.notebook import summarize


def test_a_workflow_shows_its_nodes_and_what_they_are_bound_to():
    """Inputs, outputs of other nodes, and values."""
    task = plain_task(interface=kit.Interface({"n": int, "m": int}, {"o": int}))

    @kit.workflow
    def pipeline(start: int) -> int:
        return task(n=task(n=start, m=7), m=8)

    summary = summarize(pipeline)
    (nodes,) = summary.section("Nodes").items
    assert nodes.rows == (
        ("n0", "acme.plain", "m = 7, n = inputs.start"),
        ("n1", "acme.plain", "m = 8, n = n0.o"),
    )
    (outputs,) = summary.section("Bound outputs").items
    assert outputs.rows == (("o0", "n1.o"),)
    assert summary.section("Inputs").items[0].rows == (("start", "int"),)
    assert "n = n0.o" in fragment(summary)
    assert "<article" in pipeline._repr_mimebundle_()["text/html"]
