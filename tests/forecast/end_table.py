"""The table of docs/on_flyte.md: how a container ends, and what Flyte makes of it.

``python tests/forecast/end_table.py`` writes it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flyteidl.core import errors_pb2, execution_pb2, literals_pb2, tasks_pb2
from flyteidl.core.workflow_pb2 import NodeMetadata

from kit.forecast.ending import ContainerEnd, EndForecast, forecast_end

PAGE = Path(__file__).parents[2] / "docs" / "on_flyte.md"
_BEGIN = "<!-- table of ends: written by tests/forecast/end_table.py -->\n"
_END = "<!-- end of the table -->\n"
_MIB = 2**20


def task(*outputs: str, retries: int | None = 0) -> tasks_pb2.TaskTemplate:
    """Return a template with outputs and retries; ``None`` leaves these unset."""
    made = tasks_pb2.TaskTemplate()
    made.id.project, made.id.domain, made.id.name = "lab", "development", "acme.weigh"
    for name in outputs:
        made.interface.outputs.variables[name].type.simple = 1
    if retries is not None:
        made.metadata.retries.retries = retries
    return made


def outputs_pb(*names: str, size: int = 0) -> bytes:
    """Return an outputs.pb with some outputs, of at least a size."""
    made = literals_pb2.LiteralMap()
    for name in names:
        made.literals[name].scalar.primitive.string_value = "x" * size
    return made.SerializeToString()


def error_pb(code: str, *, recoverable: bool = False) -> bytes:
    """Return an error.pb; the origin is the first word of its code."""
    document = errors_pb2.ErrorDocument()
    document.error.code, document.error.message = code, "Trace: …"
    document.error.kind = errors_pb2.ContainerError.Kind.Value(
        "RECOVERABLE" if recoverable else "NON_RECOVERABLE"
    )
    origin = code.partition(":")[0]
    document.error.origin = execution_pb2.ExecutionError.ErrorKind.Value(origin)
    return document.SerializeToString()


def rows() -> Iterator[tuple[str, EndForecast]]:
    """Yield what the container did, and how Flyte ends the execution."""
    one, none = task("o0"), task()
    good = outputs_pb("o0")
    value_error = error_pb("USER:ValueError")
    again = error_pb("USER:RecoverableError", recoverable=True)
    system = error_pb("SYSTEM:StorageError", recoverable=True)
    slow = NodeMetadata()
    slow.timeout.seconds = 60
    yield "Exit 0, outputs.pb", forecast_end(one, ContainerEnd(outputs=good))
    more = ContainerEnd(outputs=outputs_pb("o0", "o1"))
    yield "Exit 0, outputs.pb has one more output", forecast_end(one, more)
    yield "Exit 0, no file, no outputs declared", forecast_end(none, ContainerEnd())
    yield "Exit 0, no file, outputs declared", forecast_end(one, ContainerEnd())
    fewer = forecast_end(task("o0", "o1"), ContainerEnd(outputs=good))
    yield "Exit 0, outputs.pb lacks an output", fewer
    large = ContainerEnd(outputs=outputs_pb("o0", size=2 * _MIB))
    yield "Exit 0, outputs.pb above 2 MiB", forecast_end(one, large)
    junk = forecast_end(one, ContainerEnd(outputs=b"\xff"))
    yield "Exit 0, outputs.pb is junk", junk
    told = ContainerEnd(error=value_error, outputs=good)
    yield "Exit 0, error.pb of ValueError", forecast_end(one, told)
    yield (
        "Exit 0, error.pb of RecoverableError, `retries=0`",
        forecast_end(one, ContainerEnd(error=again)),
    )
    yield (
        "The same, `retries=2`",
        forecast_end(task("o0", retries=2), ContainerEnd(error=again)),
    )
    yield (
        "The same, retries not set",
        forecast_end(task("o0", retries=None), ContainerEnd(error=again)),
    )
    yield (
        "Exit 0, error.pb of a SYSTEM error that is recoverable",
        forecast_end(one, ContainerEnd(error=system)),
    )
    yield "Exit 0, error.pb is empty", forecast_end(one, ContainerEnd(error=b""))
    yield "Exit 0, error.pb is junk", forecast_end(one, ContainerEnd(error=b"\xff"))
    dead = ContainerEnd(exit_status=7, outputs=good)
    yield "Exit 7, whatever is written", forecast_end(one, dead)
    yield "SIGKILL, SIGSEGV, SIGTERM", forecast_end(one, ContainerEnd(exit_status=-9))
    oom = ContainerEnd(exit_status=137, out_of_memory=True)
    yield "Out of memory", forecast_end(one, oom)
    late = ContainerEnd(outputs=good, seconds=90)
    yield "Longer than `timeout=60`, by itself", forecast_end(one, late)
    yield "The same, as a node of a workflow", forecast_end(one, late, node=slow)


def table() -> str:
    """Return the table as Markdown."""
    lines = [
        "| The container ends with | Flyte: phase | Code | Pods |",
        "| --- | --- | --- | --- |",
    ]
    for what, end in rows():
        code = end.code.replace("|", "\\|")
        code = f"`{code}`" if code else ""
        lines.append(f"| {what} | {end.phase} | {code} | {end.pods} |")
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """Return the text of the page with the table as it has to be."""
    head, _, rest = text.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    return f"{head}{_BEGIN}{table()}{_END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
