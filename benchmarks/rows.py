"""The rows of the table: what is measured, and what it must be at least."""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flyteidl.core import literals_pb2
from measure import Sample, Work, alternate, importing, process, timed

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: What was done.
        kit: kit's measure, in ``unit``.
        flytekit: flytekit's; ``None`` for a row without it.
        unit: ``s`` or ``MiB``.
        floor: How many times less than flytekit it must take.
        least: The least it could take: what stands in the column ``limit``.
        limit: How many times ``least`` it may take.
    """

    what: str
    kit: float
    flytekit: float | None
    unit: str
    floor: float | None = None
    least: float | None = None
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times less than flytekit."""
        return None if self.flytekit is None else self.flytekit / self.kit

    @property
    def over_least(self) -> float | None:
        """How many times the least."""
        return None if self.least is None else self.kit / self.least


def rows(*, quick: bool) -> Iterator[Row]:
    """Measure everything, row by row."""
    yield from imports(5 if quick else 15)
    yield from executing(3 if quick else 11)
    yield from defining(5 if quick else 15)
    yield from converting(1 if quick else 5)
    yield from growing(5 if quick else 11)


def imports(repeats: int) -> Iterator[Row]:
    """Compare the imports in fresh processes."""
    kit, task, flytekit, least = alternate(
        repeats,
        importing("import kit"),
        importing("import kit; kit.PythonCustomizedContainerTask"),
        importing("import flytekit"),
        importing("import flyteidl.core.tasks_pb2"),
    )
    yield Row(
        "`import kit`", kit.seconds, flytekit.seconds, "s", 10, least.seconds, 1.5
    )
    yield Row(
        "… and its task class",
        task.seconds,
        flytekit.seconds,
        "s",
        least=least.seconds,
    )
    yield Row("… peak memory", task.mebibytes, flytekit.mebibytes, "MiB", 3)


def executing(repeats: int) -> Iterator[Row]:
    """Compare the container's side: one template and one inputs.pb for both."""
    with tempfile.TemporaryDirectory() as folder:
        template, inputs = _template_and_inputs(Path(folder))
        kit, flytekit, least, run = alternate(
            repeats,
            _container("kit", folder, template, inputs),
            _container("flytekit", folder, template, inputs),
            process([sys.executable, "-c", "import flyteidl.core.tasks_pb2"]),
            timed(lambda n: _run(kit_task(0), n)),
        )
        _check_outputs(Path(folder))
    yield Row(
        "`kit-execute`, whole process",
        kit.seconds,
        flytekit.seconds,
        "s",
        6,
        least.seconds,
        2,
    )
    yield Row("`kit.run` in a process, whole", run.seconds, flytekit.seconds, "s", 6)


def _run(task: Any, number: int) -> None:
    from kit.running.start import run

    done = run(task, a=number, on_log=lambda _line: None)
    assert done.outputs.o == 40 + number


_RESOLVERS = {
    "kit": "kit.resolver",
    "flytekit": "flytekit.core.python_customized_container_task",
}


def _container(
    side: str, folder: str, template: Path, inputs: Path
) -> Callable[[], Sample]:
    command = {"kit": "kit-execute", "flytekit": "pyflyte-execute"}[side]
    return process(
        [
            str(Path(sys.executable).with_name(command)),
            *("--inputs", str(inputs), "--output-prefix", f"{folder}/{side}"),
            *("--raw-output-data-prefix", f"{folder}/raw"),
            *("--resolver", f"{_RESOLVERS[side]}.default_task_template_resolver"),
            *("--", str(template), f"{side}_executor.Add"),
        ],
        PYTHONPATH=str(HERE),
    )


def _template_and_inputs(folder: Path) -> tuple[Path, Path]:
    from kit.template.serialize import template_bytes

    template, inputs = folder / "template.pb", folder / "inputs.pb"
    template.write_bytes(template_bytes(kit_task(0), kit_settings()))
    literals = literals_pb2.LiteralMap()
    literals.literals["a"].scalar.primitive.integer = 4
    inputs.write_bytes(literals.SerializeToString())
    for side in ("kit", "flytekit"):
        (folder / side).mkdir()
    return template, inputs


def _check_outputs(folder: Path) -> None:
    """Both sides must have done the work."""
    made = [(folder / side / "outputs.pb").read_bytes() for side in _RESOLVERS]
    outputs = literals_pb2.LiteralMap.FromString(made[0])
    assert made[0] == made[1]
    assert outputs.literals["o"].scalar.primitive.integer == 44  # noqa: PLR2004


def defining(repeats: int) -> Iterator[Row]:
    """Compare making a template, and calling a task."""
    from kit.template.serialize import template_bytes

    kit, flytekit = alternate(
        repeats,
        timed(lambda n: template_bytes(kit_task(n), kit_settings()), loops=200),
        timed(_flytekit_template, loops=200),
    )
    yield Row("definition → template bytes", kit.seconds, flytekit.seconds, "s", 4)
    ours, theirs = kit_task(0), flytekit_task(0)
    kit, flytekit = alternate(
        repeats,
        timed(lambda n: _add(ours, n), loops=50),
        timed(lambda n: _add(theirs, n), loops=50),
    )
    yield Row("`task(a=4)` in process", kit.seconds, flytekit.seconds, "s", 5)


def _add(task: Any, number: int) -> None:
    assert task(a=number) == 40 + number


def kit_settings() -> Any:
    from kit.definition.settings import SerializationSettings

    return SerializationSettings(project="p", domain="d", version="v", env={"A": "1"})


def kit_task(number: int) -> Any:
    from kit_executor import Add

    from kit.definition.interface import Interface
    from kit.definition.metadata import TaskMetadata
    from kit.definition.resources import Resources
    from kit.definition.security import Secret
    from kit.task.task import PythonCustomizedContainerTask

    return _task(
        PythonCustomizedContainerTask,
        number,
        executor_type=Add,
        interface=Interface({"a": int}, {"o": int}),
        requests=Resources(cpu="1", mem="512Mi"),
        metadata=TaskMetadata(retries=2, timeout=60),
        secret_requests=[Secret(group="db", key="password")],
    )


def flytekit_task(number: int) -> Any:
    import flytekit
    from flytekit.core.interface import Interface
    from flytekit.core.python_customized_container_task import (
        PythonCustomizedContainerTask,
    )
    from flytekit_executor import Add

    return _task(
        PythonCustomizedContainerTask,
        number,
        executor_type=Add,
        interface=Interface({"a": int}, {"o": int}),
        requests=flytekit.Resources(cpu="1", mem="512Mi"),
        metadata=flytekit.TaskMetadata(retries=2, timeout=60),
        secret_requests=[flytekit.Secret(group="db", key="password")],
    )


def _task(base: Any, number: int, **arguments: Any) -> Any:
    def get_custom(_self: Any, _settings: Any) -> dict[str, Any]:
        return {"base": 40, "tables": ["a", "b"], "nested": {"deep": [1, 2.5, None]}}

    if base not in _SUBCLASSES:  # making a class costs more than making a task
        _SUBCLASSES[base] = type("AddTask", (base,), {"get_custom": get_custom})
    return _SUBCLASSES[base](f"bench.add_{number}", None, "acme/add:1", **arguments)


_SUBCLASSES: dict[Any, Any] = {}


def _flytekit_template(number: int) -> bytes:
    """Make what flytekit registers: its other template leaves the secrets out."""
    from collections import OrderedDict

    from flytekit.configuration import ImageConfig, SerializationSettings
    from flytekit.tools.translator import get_serializable

    settings = SerializationSettings(
        project="p",
        domain="d",
        version="v",
        env={"A": "1"},
        image_config=ImageConfig(default_image=None),
    )
    spec = get_serializable(OrderedDict(), settings, flytekit_task(number))
    data: bytes = spec.template.to_flyte_idl().SerializeToString()
    return data


@dataclasses.dataclass
class Reading:
    station: str
    value: float
    flags: list[int]


MANY, FEWER = 10_000, 3_000
"""Sizes that a launch takes: inputs are copied into an object of about 1.5 MB."""
Values = Callable[[int, int], Any]
CONVERSIONS: tuple[tuple[str, Any, int, Values, str | None, float], ...] = (
    ("list[int]", list[int], MANY, lambda n, k: list(range(k, k + n)), "integer", 25),
    (
        "list[str]",
        list[str],
        MANY,
        lambda n, k: [f"{k}-{i}" for i in range(n)],
        "string_value",
        25,
    ),
    (
        "dict[str, float]",
        dict[str, float],
        MANY,
        lambda n, k: {str(i): i + k / 7 for i in range(n)},
        "float_value",
        25,
    ),
    (
        "list of dataclasses",
        list[Reading],
        FEWER,
        lambda n, k: [Reading(f"s{k}", i / 3, [i, k]) for i in range(n)],
        None,
        5,
    ),
)


def converting(repeats: int) -> Iterator[Row]:
    """Compare converting large values to literals and back; new values each time."""
    for name, python_type, size, make, field, floor in CONVERSIONS:
        sides = [_kit_both_ways(python_type), _flytekit_both_ways(python_type)]
        if field is not None:
            sides.append(_bare_loop(field))
        ours, theirs, *least = (_on_fresh(side, make, size) for side in sides)
        alternate(1, ours, _on_fresh(sides[1], make, 100), *least)  # warms up
        medians = alternate(repeats, ours, theirs, *least)
        kit, flytekit, *bare = (sample.seconds for sample in medians)
        yield Row(
            f"{name} of {size:,} both ways",
            kit,
            flytekit,
            "s",
            floor,
            bare[0] if bare else None,
            3 if bare else None,
        )


def _on_fresh(
    convert: Callable[[Any], Any], make: Values, size: int
) -> Callable[[], Sample]:
    """Convert a value that was never seen before; making it is not measured."""
    numbers = iter(range(1, sys.maxsize, size))

    def side() -> Sample:
        value = make(size, next(numbers))
        return timed(lambda _: convert(value))()

    return side


def _kit_both_ways(python_type: Any) -> Callable[[Any], Any]:
    from kit.types import default_engine

    def convert(value: Any) -> Any:
        literal = default_engine.to_literal(value, python_type)
        return default_engine.to_python(literal, python_type)

    return convert


def _flytekit_both_ways(python_type: Any) -> Callable[[Any], Any]:
    """Go to the message and back, as for the wire."""
    from flytekit.core.context_manager import FlyteContext
    from flytekit.core.type_engine import TypeEngine
    from flytekit.models.literals import Literal

    literal_type = TypeEngine.to_literal_type(python_type)

    def convert(value: Any) -> Any:
        context = FlyteContext.current_context()
        model = TypeEngine.to_literal(context, value, python_type, literal_type)
        back = Literal.from_flyte_idl(model.to_flyte_idl())
        return TypeEngine.to_python_value(context, back, python_type)

    return convert


def _bare_loop(field: str) -> Callable[[Any], Any]:
    """Write and read the messages with nothing around: the least it can take."""

    def convert(value: Any) -> Any:
        literal = literals_pb2.Literal()
        if isinstance(value, dict):
            entries = literal.map.literals
            for key, entry in value.items():
                setattr(entries[key].scalar.primitive, field, entry)
            pairs = literal.map.literals.items()
            return {key: getattr(one.scalar.primitive, field) for key, one in pairs}
        add = literal.collection.literals.add
        for entry in value:
            setattr(add().scalar.primitive, field, entry)
        found = literal.collection.literals
        return [getattr(one.scalar.primitive, field) for one in found]

    return convert


def growing(repeats: int) -> Iterator[Row]:
    """Compare the time per element at 1,000 elements and at many.

    Beside it the growth of the bare loop, which is the memory's own.
    """
    few = 1_000
    for name, python_type, size, make, field, _ in CONVERSIONS:
        times = size // few
        sides = {"": _kit_both_ways(python_type)}
        if field is not None:
            sides[", bare loop"] = _bare_loop(field)
        for whose, convert in sides.items():
            small, large = alternate(
                repeats,
                _repeated(convert, make(few, 1), times),
                _repeated(convert, make(size, 1), 1),
            )
            yield Row(
                f"{name}: {few:,} → {size:,} elements{whose}",
                large.seconds,
                None,
                "s",
                least=small.seconds * times,
                limit=None if whose else 1.15,
            )


def _repeated(
    convert: Callable[[Any], Any], value: Any, times: int
) -> Callable[[], Sample]:
    work: Work = lambda _: convert(value)  # noqa: E731 - the loop gives a number
    return timed(work, loops=times)
