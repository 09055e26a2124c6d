from __future__ import annotations

import os
import pickle

import pytest
from flyteidl.core import literals_pb2

from kit.definition.metadata import TaskMetadata
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


METADATA = TaskMetadata(cache=True, cache_version="1")


def test_outputs_are_kept(tmp_path):
    """Outputs come back for equal inputs, and one warning says what a key lacks."""
    kept = LocalCache(tmp_path / "kept")
    assert kept.get("kept.t", METADATA, literal_map(a=1)) is None
    kept.set("kept.t", METADATA, literal_map(a=1), literal_map(o=2))
    with pytest.warns(UserWarning, match="neither the image nor the code"):
        assert kept.get("kept.t", METADATA, literal_map(a=1)) == literal_map(o=2)
    assert kept.get("kept.t", METADATA, literal_map(a=1)) == literal_map(o=2)
    assert kept.get("kept.t", METADATA, literal_map(a=2)) is None
    kept.clear()
    assert kept.get("kept.t", METADATA, literal_map(a=1)) is None


def test_place_of_the_cache(tmp_path, monkeypatch):
    """KIT_LOCAL_CACHE names the folder."""
    monkeypatch.setenv("KIT_LOCAL_CACHE", str(tmp_path / "elsewhere"))
    kept = LocalCache()
    assert "elsewhere" in repr(kept)
    kept.set("place.t", METADATA, literal_map(a=1), literal_map(o=2))
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: pickle.dumps(print),
    ],
    ids=["empty", "short", "long", "changed", "pickle"],
)
def test_a_damaged_entry_is_dropped(tmp_path, damage):
    """It is as if it were not there, and is not there the next time."""
    kept = LocalCache(tmp_path)
    kept.set("damaged.t", METADATA, literal_map(a=1), literal_map(o=2))
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(UserWarning, match=r"damaged\.t in the local cache is damaged"):
        assert kept.get("damaged.t", METADATA, literal_map(a=1)) is None
    assert list(tmp_path.iterdir()) == []


def test_outputs_whose_file_is_gone_are_dropped(tmp_path):
    """A path in a list in a union leads somewhere, or the task runs again."""
    (tmp_path / "out.txt").write_text("x")
    outputs = literals_pb2.LiteralMap()
    inner = outputs.literals["o"].scalar.union.value.collection.literals.add()
    inner.scalar.blob.uri = str(tmp_path / "out.txt")
    kept = LocalCache(tmp_path / "kept")
    kept.set("gone.t", METADATA, literal_map(), outputs)
    with pytest.warns(UserWarning, match="come from the local cache"):
        assert kept.get("gone.t", METADATA, literal_map()) == outputs
    (tmp_path / "out.txt").unlink()
    with pytest.warns(UserWarning, match=r"names '.*out\.txt', which is gone"):
        assert kept.get("gone.t", METADATA, literal_map()) is None


@pytest.mark.parametrize("place", ["file", "below a file", "loop", "NUL"])
def test_a_folder_that_cannot_be_one(tmp_path, place):
    """A warning says so, once, and no error does."""
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    places = {
        "file": tmp_path / "file",
        "below a file": tmp_path / "file" / "cache",
        "loop": tmp_path / "loop",
        "NUL": "a\0b",
    }
    kept = LocalCache(places[place])
    with pytest.warns(UserWarning, match="KIT_LOCAL_CACHE names another"):
        kept.set("place.t", METADATA, literal_map(a=1), literal_map(o=2))
    kept.set("place.t", METADATA, literal_map(a=1), literal_map(o=2))
    assert kept.get("place.t", METADATA, literal_map(a=1)) is None


def test_no_home(monkeypatch, tmp_path):
    """A process whose user has no home has no cache."""

    def expanduser(_path):
        msg = "Could not determine home directory."
        raise RuntimeError(msg)

    monkeypatch.setattr("pathlib.Path.expanduser", expanduser)
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning, match="cannot be used"):
        LocalCache("~/none")
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_outputs_go_first(tmp_path):
    """There is a limit to what is kept."""
    kept = LocalCache(tmp_path, limit=1000)
    for number in range(20):
        kept.set("old.t", METADATA, literal_map(a=number), literal_map(o="x" * 100))
        newest = max(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, ns=(number * 10**9, number * 10**9))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000
    with pytest.warns(UserWarning, match="come from the local cache"):
        assert kept.get("old.t", METADATA, literal_map(a=19)) is not None
    assert kept.get("old.t", METADATA, literal_map(a=0)) is None
    kept.set("old.t", METADATA, literal_map(a=0), literal_map(o="x" * 2000))
    assert kept.get("old.t", METADATA, literal_map(a=0)) is None
