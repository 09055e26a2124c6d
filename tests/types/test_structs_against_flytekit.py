"""Random dataclasses and models, side by side with flytekit.

Definitions are source code, executed once with each library's classes: so each gets
types of its own that are otherwise the same.
"""

from __future__ import annotations

import random
import sys
import types
from typing import Any, NamedTuple

import pytest
from flyteidl.core import literals_pb2, types_pb2

from kit.types import (
    FlyteAnnotation,
    FlyteDirectory,
    FlyteFile,
    StructuredDataset,
    default_engine,
)
from kit.types.packed import unpack

pytestmark = pytest.mark.flytekit

PRELUDE = """
import dataclasses, datetime, decimal, enum, pydantic, typing, uuid
from typing import *
from mashumaro.mixins.json import DataClassJSONMixin

class Color(enum.Enum):
    RED = "red"

class Text(str):
    pass

@dataclasses.dataclass
class Pair:
    a: int
    b: Optional[str] = None
"""
LEAVES = {
    "int": ["0", "-5", "2**40"],
    "float": ["0.5", "1e300", "-0.0"],
    "bool": ["True"],
    "str": ["''", "'grüße'"],
    "datetime.datetime": ["datetime.datetime(2020, 1, 2, 3, 4, 5, 6)"],
    "datetime.date": ["datetime.date(2020, 1, 2)"],
    "datetime.timedelta": ["datetime.timedelta(days=-1, microseconds=3)"],
    "datetime.time": ["datetime.time(1, 2)"],
    "Color": ["Color.RED"],
    "dict": ["{}", "{'a': [1, None]}"],
    "Dict[int, str]": ["{1: 'a'}"],
    "Pair": ["Pair(a=1)", "Pair(a=2, b='q')"],
    "Any": ["None", "[1]"],
    "bytes": ["b'a'"],
    "Text": ["'t'"],
    "uuid.UUID": ["uuid.UUID(int=3)"],
    "decimal.Decimal": ["decimal.Decimal('1.50')"],
    "Literal['a', 'b']": ["'a'"],
    "Set[str]": ["{'a'}"],
    "Tuple[int, str]": ["(1, 'a')"],
    "Annotated[int, FlyteAnnotation({'k': 1})]": ["1"],
    "FlyteFile": ["FlyteFile('s3://b/k')"],
    "FlyteDirectory": ["FlyteDirectory('s3://b/d')"],
    "StructuredDataset": ["StructuredDataset(uri='s3://b/t', file_format='csv')"],
}
OUR_NAMES = {
    "FlyteAnnotation": FlyteAnnotation,
    "FlyteDirectory": FlyteDirectory,
    "FlyteFile": FlyteFile,
    "StructuredDataset": StructuredDataset,
}
UNTOLD = ("Any", "Tuple", "Flyte", "Structured", "dict", "Set[")
"""Types that flytekit cannot tell from a schema, or tells as classes nobody can use."""


class Typed(NamedTuple):
    """A type and one of its values, as expressions."""

    expression: str
    value: str


def random_typed(rng: random.Random, leaves: dict[str, list[str]], depth: int) -> Typed:
    """Make a type of lists, maps and optionals, and a value of it."""
    kind = rng.random() if depth else 0
    if kind < 0.5:
        leaf = rng.choice([*leaves, "Pair"])
        return Typed(leaf, rng.choice(leaves[leaf]))
    inner, value = random_typed(rng, leaves, depth - 1)
    if kind < 0.65:
        return Typed(f"List[{inner}]", rng.choice(["[]", f"[{value}, {value}]"]))
    if kind < 0.8:
        return Typed(f"Dict[str, {inner}]", rng.choice(["{}", f"{{'k': {value}}}"]))
    return Typed(f"Optional[{inner}]", rng.choice(["None", value]))


def random_definition(rng: random.Random) -> tuple[str, Typed]:
    """Make the source of up to three structs, and a type and a value of the last."""
    model, leaves, lines = rng.random() < 0.4, dict(LEAVES), [PRELUDE]
    if model:
        del leaves["Text"]  # pydantic has no schema for it
    for name in ["A", "B", "C"][: rng.randint(1, 3)]:
        base = "pydantic.BaseModel" if model else rng.choice(["", "DataClassJSONMixin"])
        fields = [random_typed(rng, leaves, 3) for _ in range(rng.randint(1, 4))]
        lines += ["" if model else "@dataclasses.dataclass", f"class {name}({base}):"]
        lines += [f"    f{i}: {field.expression}" for i, field in enumerate(fields)]
        values = ", ".join(f"f{i}={field.value}" for i, field in enumerate(fields))
        leaves[name] = [f"{name}({values})"]
    outer = {name: [leaves[name][0]] for name in [name]} | {"Pair": leaves["Pair"]}
    return "\n".join(lines), random_typed(rng, outer, 1)


class Library(NamedTuple):
    """What one of the two makes of a definition."""

    python_type: Any
    value: Any


def executed(source: str, typed: Typed, names: dict[str, Any]) -> Library:
    """Execute a definition with the names of a library."""
    module = types.ModuleType("random_structs")
    sys.modules["random_structs"] = module  # where annotations are looked up
    vars(module).update(names)
    code = compile(source, "random_structs", "exec", dont_inherit=True)
    exec(code, vars(module))  # noqa: S102 - it was made above
    python_type, value = (eval(text, vars(module)) for text in typed)  # noqa: S307 - idem
    return Library(python_type, value)


class Flytekit:
    """flytekit's engine, on messages."""

    def __init__(self) -> None:
        from flytekit.core.annotation import FlyteAnnotation
        from flytekit.core.context_manager import FlyteContextManager
        from flytekit.core.type_engine import TypeEngine
        from flytekit.types.directory import FlyteDirectory
        from flytekit.types.file import FlyteFile
        from flytekit.types.structured import StructuredDataset

        self.engine = TypeEngine
        self.context = FlyteContextManager.current_context()
        self.names = {
            "FlyteFile": FlyteFile,
            "FlyteDirectory": FlyteDirectory,
            "StructuredDataset": StructuredDataset,
            "FlyteAnnotation": FlyteAnnotation,
        }

    def literal_type(self, python_type: Any) -> types_pb2.LiteralType:
        return self.engine.to_literal_type(python_type).to_flyte_idl()

    def to_literal(self, value: Any, python_type: Any) -> literals_pb2.Literal:
        self.engine._LITERAL_CACHE.clear()  # or a value's own past would count
        declared = self.engine.to_literal_type(python_type)
        literal = self.engine.to_literal(self.context, value, python_type, declared)
        return literal.to_flyte_idl()

    def guess_and_back(
        self, literal: literals_pb2.Literal, literal_type: types_pb2.LiteralType
    ) -> literals_pb2.Literal:
        """Read a literal as an executor does, and write what was read."""
        from flytekit.models.literals import Literal
        from flytekit.models.types import LiteralType

        guessed = self.engine.guess_python_type(
            LiteralType.from_flyte_idl(literal_type)
        )
        model = Literal.from_flyte_idl(literal)
        value = self.engine.to_python_value(self.context, model, guessed)
        return self.to_literal(value, guessed)


def content(literal: literals_pb2.Literal) -> Any:
    """Return what is in a literal, without the order of fields.

    After the wire it is random in flytekit.
    """
    if literal.WhichOneof("value") == "collection":
        return [content(item) for item in literal.collection.literals]
    if literal.WhichOneof("value") == "map":
        return {key: content(item) for key, item in literal.map.literals.items()}
    if literal.scalar.WhichOneof("value") == "union":
        return content(literal.scalar.union.value)
    if literal.scalar.WhichOneof("value") == "binary":
        return unpack(literal)
    return literal


def is_told(source: str, typed: Typed) -> bool:
    """Say whether flytekit can read values of a definition as it guesses the type."""
    if "(pydantic.BaseModel)" in source and typed.expression.startswith("Optional"):
        return False  # the guess is a dataclass, and the value tagged as a model
    return not any(word in source.replace(PRELUDE, "") for word in UNTOLD)


@pytest.mark.parametrize("seed", range(40))
def test_random_structs_go_out_and_come_back_as_with_flytekit(seed: int) -> None:
    """Literal types and literals are equal, and so is what an executor passes on."""
    pytest.importorskip("flytekit")
    pytest.importorskip("pydantic")
    rng, flytekit = random.Random(seed), Flytekit()  # noqa: S311 - which is no secret
    source, typed = random_definition(rng)
    ours = executed(source, typed, OUR_NAMES)
    theirs = executed(source, typed, flytekit.names)
    literal_type = default_engine.literal_type(ours.python_type)
    assert literal_type == flytekit.literal_type(theirs.python_type), source
    literal = default_engine.to_literal(ours.value, ours.python_type)
    assert literal == flytekit.to_literal(theirs.value, theirs.python_type), source
    read = default_engine.to_python(literal, ours.python_type)
    assert default_engine.to_literal(read, ours.python_type) == literal, source
    if not is_told(source, typed):
        return
    guessed = default_engine.guess_type(literal_type)
    passed_on = default_engine.to_literal(
        default_engine.to_python(literal, guessed), guessed
    )
    expected = flytekit.guess_and_back(literal, literal_type)
    assert content(passed_on) == content(expected), source
