from __future__ import annotations

import sys

import pytest
from flyteidl.core import literals_pb2

from kit.definition.metadata import TaskMetadata
from kit.errors import MissingPackageError
from kit.shim.cache import LocalCache, cache_key


def literal_map(**values):
    """Make a map of integers, texts and ready literals."""
    made = literals_pb2.LiteralMap()
    for name, value in values.items():
        if isinstance(value, literals_pb2.Literal):
            made.literals[name].CopyFrom(value)
        elif isinstance(value, str):
            made.literals[name].scalar.primitive.string_value = value
        else:
            made.literals[name].scalar.primitive.integer = value
    return made


@pytest.mark.parametrize(
    ("inputs", "key"),
    [
        ({}, "t-1-ea65cfadb0079394a8be1f4aa1e96e2b"),
        ({"a": 1, "b": 2}, "t-1-1894e9fd208828b5057a5290ed8a715c"),
        ({"s": "x" * 400}, "t-1-3e310d652e393f952d8de9d6ee7e2a6b"),
    ],
)
def test_key_is_the_known_one(inputs, key):
    """Keys are the ones recorded from flytekit, below and above 256 bytes."""
    assert cache_key("t", "1", literal_map(**inputs)) == key


def test_ignored_inputs_do_not_count():
    """An ignored input may have any value."""
    keys = {
        cache_key("t", "1", literal_map(a=1, b=value), ignore=("b",))
        for value in range(3)
    }
    assert keys == {cache_key("t", "1", literal_map(a=1))}


def test_a_hash_stands_for_its_literal():
    """A literal with a hash counts by the hash, also inside lists and maps."""

    def nested(value):
        made = literals_pb2.Literal()
        inner = made.collection.literals.add().map.literals["k"]
        inner.scalar.primitive.integer = value
        inner.hash = "same"
        return literal_map(a=made)

    assert cache_key("t", "1", nested(1)) == cache_key("t", "1", nested(2))


@pytest.mark.flytekit
def test_key_is_flytekits():
    """Random nested inputs give flytekit's key."""
    import random

    from flytekit.core.local_cache import _calculate_cache_key
    from flytekit.models.literals import LiteralMap

    rng = random.Random(7)  # noqa: S311 - the same cases every time

    def value(depth):
        made = literals_pb2.Literal()
        kind = rng.choice(["int", "str", "list", "map", "hash"] if depth else ["int"])
        if kind == "list":
            made.collection.SetInParent()
            made.collection.literals.extend(
                value(depth - 1) for _ in range(rng.randrange(3))
            )
        elif kind == "map":
            made.map.SetInParent()
            for key in "xyz"[: rng.randrange(4)]:
                made.map.literals[key].CopyFrom(value(depth - 1))
        elif kind == "str":
            made.scalar.primitive.string_value = "é" * rng.randrange(300)
        else:
            made.scalar.primitive.integer = rng.randrange(-9, 9)
        if kind == "hash":
            made.hash = str(rng.randrange(9))
        return made

    for _ in range(200):
        inputs = literal_map(a=value(3), b=value(2))
        model = LiteralMap.from_flyte_idl(inputs)
        ignore = rng.choice([(), ("b",)])
        theirs = _calculate_cache_key("m.t", "v", model, ignore)
        assert cache_key("m.t", "v", inputs, ignore) == theirs


def test_outputs_are_kept(tmp_path):
    """Outputs come back for equal inputs, and one warning says what a key lacks."""
    with LocalCache(tmp_path) as kept:
        metadata = TaskMetadata(cache=True, cache_version="1")
        assert kept.get("kept.t", metadata, literal_map(a=1)) is None
        kept.set("kept.t", metadata, literal_map(a=1), literal_map(o=2))
        with pytest.warns(UserWarning, match="neither the image nor the code"):
            assert kept.get("kept.t", metadata, literal_map(a=1)) == literal_map(o=2)
        assert kept.get("kept.t", metadata, literal_map(a=1)) == literal_map(o=2)
        assert kept.get("kept.t", metadata, literal_map(a=2)) is None
        kept.clear()
        assert kept.get("kept.t", metadata, literal_map(a=1)) is None


def test_place_of_the_cache(tmp_path, monkeypatch):
    """KIT_LOCAL_CACHE names the folder."""
    monkeypatch.setenv("KIT_LOCAL_CACHE", str(tmp_path / "elsewhere"))
    with LocalCache() as kept:
        assert "elsewhere" in repr(kept)
    assert (tmp_path / "elsewhere").is_dir()


def test_without_diskcache(tmp_path, monkeypatch):
    """A missing extra is named."""
    monkeypatch.setitem(sys.modules, "diskcache", None)
    with pytest.raises(MissingPackageError, match=r"flyte-task-kit\[cache\]"):
        LocalCache(tmp_path / "none")
