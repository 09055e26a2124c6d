"""The families that are loaded when the first type may be theirs."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys

import pytest
from flyteidl.core import types_pb2

import kit.types
from kit.types import LazyTransformer
from kit.types.engine import TypeEngine

# The engine keeps them to itself; a place is compared here with what it stands for.
PLACES = [
    transformer
    for transformer in kit.types.default_engine._own
    if isinstance(transformer, LazyTransformer)
]


def run(code: str) -> None:
    """Run code in a process that has loaded nothing yet."""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_place_is_named_and_shown_like_what_it_stands_for(place):
    """Tags of unions, errors and reprs do not tell whether the family is loaded."""
    real = place.load()
    assert (place.name, repr(place)) == (real.name, repr(real))
    assert place.load() is real


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
@pytest.mark.parametrize(
    "literal_type",
    [
        types_pb2.LiteralType(simple=types_pb2.INTEGER),
        types_pb2.LiteralType(simple=types_pb2.STRUCT),
        types_pb2.LiteralType(blob=types_pb2.BlobType(format="csv")),
        types_pb2.LiteralType(blob=types_pb2.BlobType(dimensionality=1)),
        types_pb2.LiteralType(schema=types_pb2.SchemaType()),
        types_pb2.LiteralType(
            structured_dataset_type=types_pb2.StructuredDatasetType()
        ),
        types_pb2.LiteralType(),
    ],
    ids=lambda literal_type: str(literal_type).split()[0] if str(literal_type) else "-",
)
def test_a_place_guesses_what_its_family_guesses(place, literal_type):
    """What is looked at before loading never hides a guess."""
    engine = kit.types.default_engine
    real = place.load()
    assert place.guess(literal_type, engine) == real.guess(literal_type, engine)


def test_numbers_and_text_load_no_other_family():
    """Plain values, lists and maps of them, both ways, and back from the types."""
    run("""
import sys
from kit.types import default_engine as engine
for value, kind in ((1, int), ("a", str), ([1.5], list[float]), ({"a": 1}, dict)):
    literal = engine.to_literal(value, kind)
    guessed = engine.guess_type(engine.literal_type(kind))
    assert engine.to_python(literal, guessed) == value
families = ("arrays", "datasets", "directories", "files", "frames", "models", "schema")
for family in (*families, "streams", "structs", "structured_dataset", "codecs"):
    assert f"kit.types.{family}" not in sys.modules, family
""")


@pytest.mark.parametrize(
    ("setup", "python_type"),
    [
        ("from kit import FlyteFile", "FlyteFile['csv']"),
        ("from kit import FlyteDirectory", "FlyteDirectory"),
        ("from kit import FlyteSchema", "FlyteSchema"),
        ("from kit import StructuredDataset", "StructuredDataset"),
        ("import os", "os.PathLike"),
        ("import typing", "typing.TextIO"),
        ("import typing", "typing.BinaryIO"),
        ("import pandas", "pandas.DataFrame"),
        ("import pyarrow", "pyarrow.Table"),
        ("import numpy", "numpy.ndarray"),
        ("from pydantic import BaseModel\nclass A(BaseModel):\n  x: int", "A"),
        ("from dataclasses import dataclass\n@dataclass\nclass A:\n  x: int", "A"),
    ],
)
def test_a_family_is_loaded_for_its_first_type(setup, python_type):
    """Each of its types finds it in a process that has loaded nothing else."""
    run(
        f"{setup}\nfrom kit.types import default_engine\n"
        f"assert default_engine.literal_type({python_type}).WhichOneof('type')"
    )


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("FlyteFile", "kit.types.files"),
        ("FlyteDirectory", "kit.types.directories"),
        ("FlyteSchema", "kit.types.schema"),
        ("StructuredDataset", "kit.types.datasets"),
    ],
)
def test_a_schema_that_names_a_class_of_flytes_is_read_as_that(name, home):
    """Although nothing else in the process has asked for the class yet."""
    python_type = getattr(kit.types, name)
    holder = dataclasses.make_dataclass("Holder", [("value", python_type)])
    literal_type = kit.types.default_engine.literal_type(holder)
    run(f"""
import dataclasses
from flyteidl.core import types_pb2
from kit.types import default_engine
declared = types_pb2.LiteralType.FromString({literal_type.SerializeToString()!r})
field, = dataclasses.fields(default_engine.guess_type(declared))
assert field.type.__module__ == {home!r}, field
""")


def test_an_engine_refuses_a_second_one_of_a_place_s_name():
    """Names are checked without loading anything."""
    nowhere = LazyTransformer("one", "kit.types.nowhere:Nothing")
    with pytest.raises(ValueError, match="'one' is registered already: Nothing"):
        TypeEngine([nowhere, nowhere])


def test_types_that_cannot_be_its_own_do_not_load_it():
    """Neither by what is loaded, nor by the type itself, nor by the literal type."""
    nowhere = LazyTransformer(
        "one",
        "kit.types.nowhere:Nothing",
        classes_in=["a.module.that.is.not.there"],
        types=[os.PathLike],
        guesses="blob",
    )
    engine = TypeEngine([nowhere])
    assert not nowhere.handles(int)
    number = types_pb2.LiteralType(simple=types_pb2.INTEGER)
    assert nowhere.guess(number, engine) is None
    with pytest.raises(ModuleNotFoundError, match=r"kit\.types\.nowhere"):
        nowhere.handles(os.PathLike)


def test_the_public_names_are_all_there():
    """Those that load on demand are listed too, and unknown ones refused."""
    assert set(kit.types.__all__) <= set(dir(kit.types))
    for name in kit.types.__all__:
        assert getattr(kit.types, name) is not None
    with pytest.raises(
        AttributeError, match=r"'kit\.types' has no attribute 'FlyteFil'"
    ):
        kit.types.FlyteFil  # noqa: B018 - the look-up is what is tested
