from __future__ import annotations

import json

from conformance.vectors import folder
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.types_pb2 import LiteralType, SimpleType, TypeStructure

from kit.difference.meaning import cache_key


def cached(names: str = "") -> TaskTemplate:
    """Make a cached template with integers as inputs."""
    template = TaskTemplate()
    template.metadata.discoverable = True
    template.metadata.discovery_version = "1.0.0"
    for name in names:
        template.interface.inputs.variables[name].type.simple = SimpleType.INTEGER
    return template


def test_datasets_are_versioned_as_by_the_backend():
    """The versions that Flyte's own tests expect."""
    content = json.loads((folder() / "hash_vectors.json").read_text(encoding="utf-8"))
    empty, two = content["upstream_catalog_vectors"][:2]
    assert cache_key(cached()).dataset_version == empty["dataset_version"]
    assert cache_key(cached("12")).dataset_version == two["dataset_version"]


def test_what_only_describes_a_type_is_left_out_at_any_depth():
    """Metadata and annotations of members, items, variants and columns."""
    plain, described = cached("x"), cached("x")
    for template, title in ((plain, ""), (described, "T")):
        inner = LiteralType(simple=SimpleType.STRUCT)
        if title:
            inner.metadata.update({"title": title})
            inner.annotation.annotations.update({"note": title})
        dataset = LiteralType()
        dataset.structured_dataset_type.columns.add(name="c", literal_type=inner)
        union = LiteralType()
        union.union_type.variants.extend([inner, dataset])
        whole = LiteralType(
            collection_type=LiteralType(map_value_type=union),
            structure=TypeStructure(dataclass_type={"m": inner}),
        )
        template.interface.inputs.variables["x"].type.CopyFrom(whole)
    assert cache_key(plain) == cache_key(described)


def test_metadata_for_the_cache_key_stays_in_it():
    """The wire form of dataclasses is part of the key."""
    plain, packed = cached("x"), cached("x")
    annotation = packed.interface.inputs.variables["x"].type.annotation
    annotation.annotations.update({"cache-key-metadata": {"format": "msgpack"}})
    assert cache_key(plain) != cache_key(packed)


def test_a_task_that_is_not_cached_has_no_key():
    """Whatever cache version it names."""
    template = cached()
    template.metadata.discoverable = False
    assert cache_key(template) is None
