"""flytekit's files and tables in an interface are what kit's own are."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import pytest

from kit.definition.interface import Interface, typed_interface
from kit.types import (
    FlyteDirectory,
    FlyteFile,
    FlyteSchema,
    HashMethod,
    StructuredDataset,
    default_engine,
)

pytestmark = pytest.mark.flytekit


def pairs() -> list[tuple[Any, Any]]:
    """Return flytekit's classes and kit's."""
    from flytekit import kwtypes
    from flytekit.types.directory import FlyteDirectory as TheirDirectory
    from flytekit.types.file import FlyteFile as TheirFile
    from flytekit.types.schema import FlyteSchema as TheirSchema
    from flytekit.types.structured import StructuredDataset as TheirDataset

    columns = kwtypes(a=int)
    return [
        (TheirFile, FlyteFile),
        (TheirFile["csv"], FlyteFile["csv"]),
        (TheirDirectory, FlyteDirectory),
        (TheirDirectory["csv"], FlyteDirectory["csv"]),
        (TheirDataset, StructuredDataset),
        (Annotated[TheirDataset, columns], Annotated[StructuredDataset, columns]),
        (TheirSchema, FlyteSchema),
        (TheirSchema[kwtypes(a=int)], FlyteSchema[kwtypes(a=int)]),
        (list[TheirFile], list[FlyteFile]),
        (dict[str, TheirFile | None], dict[str, FlyteFile | None]),
        (TheirFile | int, FlyteFile | int),
    ]


def test_their_literal_types_are_those_of_flytekit():
    """In an interface, below lists, dicts and unions too."""
    from flytekit.core.type_engine import TypeEngine

    for theirs, ours in pairs():
        made = default_engine.literal_type(theirs)
        assert made == default_engine.literal_type(ours)
        assert made == TypeEngine.to_literal_type(theirs).to_flyte_idl()
        declared = typed_interface(Interface({"x": theirs}))
        assert declared.inputs.variables["x"].type == made


def test_values_of_either_are_taken(tmp_path, run_storage):
    """A file keeps its URL; what is read is kit's own."""
    from flytekit.types.file import FlyteFile as TheirFile

    path = tmp_path / "a.csv"
    path.write_text("a\n1\n", encoding="utf-8")
    for value in (TheirFile(str(path)), FlyteFile(str(path)), str(path)):
        literal = default_engine.to_literal(value, TheirFile["csv"])
        assert literal.scalar.blob.metadata.type.format == "csv"
        read = default_engine.to_python(literal, TheirFile["csv"])
        assert isinstance(read, FlyteFile["csv"])
        assert Path(read).read_text(encoding="utf-8") == "a\n1\n"
    hashed = Annotated[TheirFile, HashMethod(lambda _file: "h")]
    assert default_engine.to_literal(str(path), hashed).hash == "h"


def test_a_schema_of_flytekits_goes_out(run_storage):
    """Its folder is stored where kit's would be."""
    pd = pytest.importorskip("pandas")
    from flytekit import kwtypes
    from flytekit.types.schema import FlyteSchema as TheirSchema

    kind = TheirSchema[kwtypes(a=int)]
    schema = kind()
    schema.open().write(pd.DataFrame({"a": [1, 2]}))
    literal = default_engine.to_literal([schema], list[kind]).collection.literals[0]
    assert literal.scalar.schema.type.columns[0].name == "a"
    read = default_engine.to_python(literal, FlyteSchema)
    assert read.open(pd.DataFrame).all()["a"].tolist() == [1, 2]


def test_a_guessed_dataclass_has_json():
    """As the one that flytekit makes."""

    @dataclasses.dataclass
    class Row:
        n: int
        names: list[str]

    guessed = default_engine.guess_type(default_engine.literal_type(Row))
    value = default_engine.to_python(
        default_engine.to_literal(Row(1, ["a"]), Row), guessed
    )
    assert value.to_json() == '{"n": 1, "names": ["a"]}'
    assert guessed.from_json(value.to_json()) == value
