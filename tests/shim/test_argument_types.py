"""What an executor's annotations say about its inputs and outputs."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import typing
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from flyteidl.core import literals_pb2, tasks_pb2
from pydantic import BaseModel

from kit.definition.executor import ShimTaskExecutor
from kit.definition.interface import Interface, typed_interface
from kit.errors import ConversionError, OutputError
from kit.forecast.arrival import arriving_template
from kit.inline import function_executor
from kit.shim.argument_types import argument_types
from kit.shim.executable import ExecutableTemplateShimTask
from kit.template.config import OUTPUT_ORDER
from kit.template.view import TaskTemplateView
from kit.types import default_engine

if typing.TYPE_CHECKING:
    from decimal import Decimal


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Place(NamedTuple):
    x: int
    y: float


@dataclasses.dataclass
class Bird:
    grams: int
    colour: Colour = Colour.RED
    place: Place | None = None


@dataclasses.dataclass
class Nest:
    birds: list[Bird]
    named: dict[str, Bird]
    best: Bird | None = None


@dataclasses.dataclass
class Eagle:
    grams: int
    span: float = 1.0


class Order(BaseModel):
    amount: int
    colour: Colour = Colour.BLUE


def arrived(
    executor_type: Any, interface: Interface, config: dict[str, str] | None = None
) -> ExecutableTemplateShimTask:
    """Make the task that a container makes, from the template as it arrives there."""
    template = tasks_pb2.TaskTemplate(config=config)
    template.id.name = "birds"
    template.interface.CopyFrom(typed_interface(interface))
    view = TaskTemplateView.from_flyte_idl(arriving_template(template))
    return ExecutableTemplateShimTask(view, executor_type)


def received(python_type: Any, value: Any, *, annotation: Any = None) -> Any:
    """Return what an executor gets whose parameter is annotated."""
    seen: list[Any] = []

    def execute(tt, x):
        seen.append(x)

    if annotation is not None:
        execute.__annotations__["x"] = annotation
    task = arrived(function_executor(execute), Interface({"x": python_type}))
    literals = literals_pb2.LiteralMap()
    default_engine.encoder(python_type)(value, literals.literals["x"])
    task.dispatch_execute(None, literals)
    return seen[0]


@pytest.mark.parametrize(
    ("python_type", "value"),
    [
        (Bird, Bird(3)),
        (Bird, Bird(3, Colour.BLUE, Place(1, 2.5))),
        (list[Bird], [Bird(1), Bird(2)]),
        (dict[str, list[Bird]], {"a": [Bird(1)]}),
        (Bird | None, Bird(1)),
        (Bird | None, None),
        (Nest, Nest([Bird(1)], {"b": Bird(2)}, Bird(3))),
        (Order, Order(amount=3)),
        (list[Order], [Order(amount=3)]),
        (Bird | Eagle, Bird(3)),
        (Bird | Eagle, Eagle(3, 2.0)),
        (list[Bird | Eagle], [Eagle(3), Bird(3)]),
        (Order | Bird, Order(amount=3)),
        (Order | dict, {"amount": 3}),
        (Order | dict, {}),
        (list[Bird] | list[Eagle], [Eagle(1)]),
        (Colour, Colour.RED),
        (Colour | None, Colour.RED),
        (dt.date, dt.date(2026, 11, 29)),
        (Literal["a", "b"], "a"),
        (Annotated[Bird, "a note"], Bird(1)),
    ],
)
def test_an_annotated_input_arrives_as_itself(python_type, value):
    """Although its type has lost what told its class."""
    got = received(python_type, value, annotation=python_type)
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize(
    ("python_type", "value", "expected"),
    [
        (Bird, Bird(3), {"grams": 3, "colour": "red", "place": None}),
        (list[Bird], [], []),
        (Eagle | None, Eagle(1), {"grams": 1, "span": 1.0}),
        (Order | dict, {"amount": 3}, {"amount": 3}),
    ],
)
def test_what_has_no_annotation_is_guessed(python_type, value, expected):
    """As flytekit's runtime guesses everything."""
    assert received(python_type, value) == expected


def test_variants_that_look_alike_are_one_without_annotations():
    """The literal of a union still says which of them it is."""
    value = received(Bird | Eagle, Eagle(3, 2.0))
    assert dataclasses.asdict(value) == {"grams": 3, "span": 2.0}
    task = arrived(_Keeps, Interface({"x": Bird | Eagle}))
    literals = literals_pb2.LiteralMap()
    declared = Bird | Eagle
    default_engine.encoder(declared)(Eagle(3), literals.literals["x"])
    literals.literals["x"].scalar.union.type.ClearField("metadata")
    task.dispatch_execute(None, literals)
    assert _Keeps.seen == {"grams": 3, "span": 1.0}


class _Keeps(ShimTaskExecutor[Any]):
    seen: Any = None

    def execute_from_model(self, tt, **inputs):
        type(self).seen = inputs["x"]


def test_variants_without_schemas_are_told_apart_by_their_fields():
    """As values come that a container made which guessed its types."""
    declared = Bird | Eagle
    literal = default_engine.to_literal(Eagle(3), declared)
    literal.scalar.union.type.ClearField("metadata")
    assert default_engine.to_python(literal, declared) == Eagle(3)


@pytest.mark.parametrize("annotation", [Any, object, str, "Decimal", "missing.Type"])
def test_an_annotation_that_cannot_be_used_counts_as_none(annotation):
    """It is for type checkers only, or not what the interface declares."""
    assert received(int, 3, annotation=annotation) == 3


def test_one_annotation_that_cannot_be_read_does_not_hide_the_others():
    """Each is evaluated in the module of the function."""

    def execute(tt, a: Decimal, b: Bird, **rest: Order) -> Eagle: ...

    found = argument_types(execute)
    assert found.named == {"b": Bird}
    assert (found.input_hint("a"), found.input_hint("other")) == (Order, Order)
    assert found.output_hint("o0", ("o0",)) is Eagle


def test_a_value_that_is_not_what_the_annotation_says():
    """The error names the input and both types."""
    with pytest.raises(ConversionError, match=r"input 'x' .*\n.*Bird") as raised:
        received(dict, {"gram": 3}, annotation=Bird)
    assert raised.value.path[:2] == ("inputs", "x")


def test_defaults_of_the_executor_stay():
    """An input that is missing is the executor's own affair."""

    def execute(tt, bird: Bird = Bird(7)) -> int:  # noqa: B008 - the default
        return bird.grams

    interface = Interface({"bird": Bird}, {"o0": int})
    task = arrived(function_executor(execute), interface)
    outputs = task.dispatch_execute(None, literals_pb2.LiteralMap())
    assert outputs.literals["o0"].scalar.primitive.integer == 7


def test_methods_and_inherited_ones_are_read_where_they_were_written():
    """The class form has its annotations on keywords of ``execute_from_model``."""

    class Weighs(ShimTaskExecutor[Any]):
        def execute_from_model(self, tt, *, bird: Bird, **rest: Eagle) -> int:
            return bird.grams + rest["eagle"].grams

    class Inherits(Weighs):
        pass

    interface = Interface({"bird": Bird, "eagle": Eagle}, {"o0": int})
    literals = literals_pb2.LiteralMap()
    default_engine.encoder(Bird)(Bird(1), literals.literals["bird"])
    default_engine.encoder(Eagle)(Eagle(2), literals.literals["eagle"])
    outputs = arrived(Inherits, interface).dispatch_execute(None, literals)
    assert outputs.literals["o0"].scalar.primitive.integer == 3


def test_outputs_are_written_as_the_annotation_says():
    """Unions keep their variant, and a dict is checked against its dataclass."""

    def execute(tt, right: bool) -> tuple[Bird | Eagle, Eagle]:
        eagle = {"grams": 1, "span": 2.0}
        return Eagle(1), eagle if right else {"gram": 1}

    outputs = {"o0": Bird | Eagle, "o1": Eagle}
    interface = Interface({"right": bool}, outputs)
    task = arrived(function_executor(execute), interface, {OUTPUT_ORDER: "o0,o1"})
    literals = literals_pb2.LiteralMap()
    literals.literals["right"].scalar.primitive.boolean = True
    made = task.dispatch_execute(None, literals).literals
    assert made["o0"] == default_engine.to_literal(Eagle(1), Bird | Eagle)
    literals.literals["right"].scalar.primitive.boolean = False
    with pytest.raises(OutputError, match="grams") as raised:
        task.dispatch_execute(None, literals)
    assert raised.value.path == ("outputs", "o1")
