"""Names that Flyte makes of a task's name."""

from __future__ import annotations

import re
import unicodedata

from flyteidl.core.identifier_pb2 import Identifier, ResourceType

_MOST_NODE_BYTES = 63


def node_id(task_name: str) -> str:
    """Return the id of the node of a task that is launched by itself.

    It has the letters and digits, of any script, and dashes of the name's last 63
    bytes; it may be empty, and then the launch is refused.

    >>> node_id("acme.load_birds")
    'acmeloadbirds'
    """
    end = task_name.encode()[-_MOST_NODE_BYTES:].decode(errors="replace")
    return "".join(c for c in end if c == "-" or unicodedata.category(c)[0] in "LN")


def workflow_of(task: Identifier) -> Identifier:
    """Return the workflow that flyteadmin makes of a task to launch it by itself."""
    workflow = Identifier()
    workflow.CopyFrom(task)
    workflow.resource_type = ResourceType.WORKFLOW
    workflow.name = f".flytegen.{task.name}"
    workflow.ClearField("org")
    return workflow


def variable_names(name: str) -> list[str]:
    """Return the variables that the engine reads in a variable's name.

    A name works if it is itself the only one: a run of ASCII letters, digits and
    underscores.

    >>> variable_names("x-y"), variable_names("größe"), variable_names("ñame")
    (['x', 'y'], ['gr', 'e'], ['ame'])
    """
    return _VARIABLE.findall(name)


_VARIABLE = re.compile(r"(?:\[[0-9]+\]\.)?([0-9A-Za-z_]+)")
