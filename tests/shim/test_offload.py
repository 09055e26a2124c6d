from __future__ import annotations

import pytest
from flyteidl.core import interface_pb2, literals_pb2, types_pb2

from kit.errors import ContextError, ConversionError, OutputError, StorageError
from kit.shim.offloading import OffloadLimits, load_offloaded, offload

STRING = interface_pb2.Variable(type=types_pb2.LiteralType(simple=types_pb2.STRING))
LIMITS = OffloadLimits(smallest=100, largest=1000)


def text(size):
    """Make a map with one text of this size."""
    made = literals_pb2.LiteralMap()
    made.literals["s"].scalar.primitive.string_value = "x" * size
    return made


@pytest.mark.parametrize(
    ("environ", "limits"),
    [
        ({}, None),
        ({"_F_L_MAX_SIZE_MB": "5"}, None),
        ({"_F_L_MIN_SIZE_MB": "1"}, OffloadLimits(2**20, 1000 * 2**20)),
        (
            {"_F_L_MIN_SIZE_MB": "10", "_F_L_MAX_SIZE_MB": "20"},
            OffloadLimits(10 * 2**20, 20 * 2**20),
        ),
    ],
)
def test_limits(environ, limits):
    """The engine's variables are MiB; without the smaller one nothing is offloaded."""
    assert OffloadLimits.from_environment(environ) == limits


def test_limits_that_are_no_numbers():
    """Another text is an error that shows it."""
    with pytest.raises(ContextError, match="'ten'"):
        OffloadLimits.from_environment({"_F_L_MIN_SIZE_MB": "ten"})


def test_small_outputs_stay():
    """Nothing changes below the limit, or without one."""
    for outputs, limits in ((text(10), LIMITS), (text(500), None)):
        before = outputs.SerializeToString()
        assert offload(outputs, {"s": STRING}, prefix="/out", limits=limits) == {}
        assert outputs.SerializeToString() == before


def test_large_output_is_replaced():
    """A large output becomes the place, size, type and hash of its file."""
    outputs, original = text(500), text(500).literals["s"]
    files = offload(outputs, {"s": STRING}, prefix="s3://b/out/", limits=LIMITS)
    assert files == {"s_offloaded_metadata.pb": original}
    literal = outputs.literals["s"]
    assert literal.offloaded_metadata.uri == "s3://b/out/s_offloaded_metadata.pb"
    assert literal.offloaded_metadata.size_bytes == original.ByteSize()
    assert literal.offloaded_metadata.inferred_type == STRING.type
    assert literal.hash
    assert not literal.HasField("scalar")


def test_own_hash_is_kept():
    """A literal that has a hash keeps it."""
    outputs = text(500)
    outputs.literals["s"].hash = "mine"
    offload(outputs, {"s": STRING}, prefix="/out", limits=LIMITS)
    assert outputs.literals["s"].hash == "mine"


def test_too_large_output():
    """A literal beyond what the engine takes is refused in flytekit's words."""
    with pytest.raises(OutputError, match="Literal s is too large to be offloaded"):
        offload(text(2000), {"s": STRING}, prefix="/out", limits=LIMITS)


@pytest.mark.flytekit
def test_hash_is_flytekits():
    """The hash equals the one flytekit computes."""
    from flytekit.utils.pbhash import compute_hash_string

    outputs = text(500)
    expected = compute_hash_string(outputs.literals["s"])
    offload(outputs, {"s": STRING}, prefix="/out", limits=LIMITS)
    assert outputs.literals["s"].hash == expected


def test_load(storage, tmp_path):
    """Offloaded literals are loaded wherever they stand in a map."""
    file = str(tmp_path / "a b.pb")
    storage.write_bytes(file, text(5).literals["s"].SerializeToString())
    inputs = literals_pb2.LiteralMap()
    inputs.literals["a"].offloaded_metadata.uri = file
    nested = inputs.literals["b"].collection.literals.add()
    nested.map.literals["k"].offloaded_metadata.uri = file
    load_offloaded(inputs)
    expected = text(5).literals["s"]
    assert inputs.literals["a"] == expected
    assert inputs.literals["b"].collection.literals[0].map.literals["k"] == expected


def test_load_what_is_not_there(storage, tmp_path):
    """A missing file and foreign bytes are told apart."""
    inputs = literals_pb2.LiteralMap()
    inputs.literals["a"].offloaded_metadata.uri = str(tmp_path / "missing.pb")
    with pytest.raises(StorageError, match=r"missing\.pb"):
        load_offloaded(inputs)
    storage.write_bytes(str(tmp_path / "missing.pb"), b"\xff\xff")
    with pytest.raises(ConversionError, match="is no Literal"):
        load_offloaded(inputs)
