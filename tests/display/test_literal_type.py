from __future__ import annotations

import pytest
from flyteidl.core.types_pb2 import (
    BlobType,
    EnumType,
    LiteralType,
    SchemaType,
    SimpleType,
    StructuredDatasetType,
    UnionType,
)

from kit.display.types import type_name

INTEGER = LiteralType(simple=SimpleType.INTEGER)
NOTHING = LiteralType(simple=SimpleType.NONE)
POINT = LiteralType(simple=SimpleType.STRUCT)
POINT.metadata["title"] = "Point"


@pytest.mark.parametrize(
    ("literal_type", "name"),
    [
        (INTEGER, "int"),
        (LiteralType(simple=SimpleType.BOOLEAN), "bool"),
        (LiteralType(simple=SimpleType.STRUCT), "dict"),
        (POINT, "Point"),
        (LiteralType(collection_type=INTEGER), "list[int]"),
        (LiteralType(map_value_type=POINT), "dict[str, Point]"),
        (LiteralType(union_type=UnionType(variants=[INTEGER, NOTHING])), "int | None"),
        (LiteralType(enum_type=EnumType(values=["a", "b"])), "enum(a, b)"),
        (LiteralType(blob=BlobType(format="csv")), "FlyteFile[csv]"),
        (
            LiteralType(blob=BlobType(dimensionality=BlobType.MULTIPART)),
            "FlyteDirectory",
        ),
        (
            LiteralType(
                structured_dataset_type=StructuredDatasetType(
                    columns=[
                        StructuredDatasetType.DatasetColumn(
                            name="x", literal_type=INTEGER
                        )
                    ]
                )
            ),
            "StructuredDataset[x: int]",
        ),
        (LiteralType(structured_dataset_type={}), "StructuredDataset"),
        (
            LiteralType(schema=SchemaType(columns=[SchemaType.SchemaColumn(name="x")])),
            "FlyteSchema[x]",
        ),
        (LiteralType(), "unset"),
        (LiteralType(simple=99), "unset"),
    ],
)
def test_literal_types_are_named_as_python_would(literal_type, name):
    """Each kind of literal type has a short name that a Python author knows."""
    assert type_name(literal_type) == name
