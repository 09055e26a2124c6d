"""Tasks to compare."""

from __future__ import annotations

from kit.definition.executor import ShimTaskExecutor
from kit.definition.interface import Docstring, Interface
from kit.task.task import PythonCustomizedContainerTask


class Nothing(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        return None


class Query(PythonCustomizedContainerTask):
    def get_custom(self, settings):
        return {"query": self.task_config}


def query(
    text: str = "SELECT 1",
    *,
    inputs: dict | None = None,
    docstring: str = "Ask something.",
    image: str = "acme/query:1",
    kind: type | None = None,
    **arguments,
) -> Query:
    """Make a task that is a query."""
    inputs = {"limit": (int, 3)} if inputs is None else inputs
    interface = Interface(inputs, {"n": int}, docstring=Docstring(docstring))
    arguments = {"interface": interface, "ship": "module", **arguments}
    return (kind or Query)("lab.query", text, image, Nothing, **arguments)
