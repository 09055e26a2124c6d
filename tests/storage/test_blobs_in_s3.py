"""Files, directories and tables whose data is in S3."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from kit.errors import StorageForbiddenError, StorageNotFoundError
from kit.storage import Storage, exists, read_bytes, use_storage, write_bytes
from kit.types import FlyteDirectory, FlyteFile, StructuredDataset, default_engine

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "ü", ""]})


@pytest.fixture(autouse=True)
def run(s3, tmp_path, request):
    """Work as a run whose outputs go to S3."""
    prefix = f"s3://bucket/raw/{request.node.name}"
    with use_storage(Storage(prefix, str(tmp_path / "work"))) as storage:
        yield storage


def test_written_where_it_shall_be():
    """A new remote file is there when its block ends."""
    file = FlyteFile.new_remote_file("out.txt")
    assert file.path.startswith("s3://bucket/raw/")
    with file.open("w") as stream:
        stream.write("grüße")
    assert read_bytes(str(file.path)) == "grüße".encode()
    with FlyteFile(str(file.path)).open() as stream:
        assert stream.read() == "grüße"


@pytest.mark.parametrize("size", [10, 12_000_000])
def test_a_failed_block_writes_nothing(size, objects):
    """What was written before an exception does not look like a whole file."""
    file = FlyteFile.new_remote_file("out.bin")
    with pytest.raises(TypeError), file.open("wb") as stream:
        stream.writelines([bytes(size), "no bytes"])
    assert not exists(str(file.path))
    assert "Uploads" not in objects.list_multipart_uploads(Bucket="bucket")


def test_a_file_goes_out_and_comes_in(tmp_path, s3):
    """It is uploaded under the prefix or where it says, and comes when asked for."""
    (tmp_path / "a b.csv").write_text("a\n1\n")
    literal = default_engine.to_literal(FlyteFile(str(tmp_path / "a b.csv")), FlyteFile)
    assert literal.scalar.blob.uri.startswith("s3://bucket/raw/")
    assert literal.scalar.blob.uri.endswith("/a b.csv")
    chosen = FlyteFile(str(tmp_path / "a b.csv"), remote_path="s3://bucket/chosen.csv")
    assert default_engine.to_literal(chosen, FlyteFile).scalar.blob.uri == (
        "s3://bucket/chosen.csv"
    )
    s3.forgive()
    received = default_engine.to_python(literal, FlyteFile)
    assert s3.requests == []
    with open(received) as stream:  # noqa: PTH123 - a FlyteFile
        assert stream.read() == "a\n1\n"


def test_a_directory_goes_out_and_comes_in(tmp_path):
    """Its files are listed in place, and come together."""
    folder = tmp_path / "folder"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "ü.txt").write_text("x")
    literal = default_engine.to_literal(FlyteDirectory(str(folder)), FlyteDirectory)
    received = default_engine.to_python(literal, FlyteDirectory)
    for topdown in (True, False):
        assert [path for _, path in received.crawl(None, topdown)] == ["in/ü.txt"]
    assert [type(entry) for entry in FlyteDirectory.listdir(received)] == [
        FlyteDirectory
    ]
    assert (received / "in" / "ü.txt").exists() is False
    received.download()
    assert (received / "in" / "ü.txt").read_text() == "x"


@pytest.mark.parametrize("kind", [pd.DataFrame, pa.Table])
def test_a_table_goes_out_and_comes_in(kind):
    """It is parquet in S3, read in place, and by columns."""
    frame = FRAME if kind is pd.DataFrame else pa.Table.from_pandas(FRAME)
    literal = default_engine.to_literal(frame, kind)
    assert literal.scalar.structured_dataset.uri.startswith("s3://bucket/raw/")
    received = default_engine.to_python(literal, kind)
    assert received.equals(frame)
    dataset = default_engine.to_python(literal, StructuredDataset)
    assert [len(part) for part in dataset.open(kind).iter()] == [3]


def test_a_table_as_csv():
    """It is one file in S3."""
    dataset = StructuredDataset(FRAME[["a"]], file_format="csv")
    literal = default_engine.to_literal(dataset, StructuredDataset)
    received = default_engine.to_python(literal, StructuredDataset)
    assert received.open(pd.DataFrame).all()["a"].tolist() == [1, 2, 3]


def test_a_table_of_the_web(web, tmp_path):
    """It comes here first, and what came is removed."""
    from web_server import Answer

    FRAME.to_parquet(tmp_path / "t.parquet")
    url = web.give("/t.parquet", Answer(body=(tmp_path / "t.parquet").read_bytes()))
    dataset = StructuredDataset(uri=f"{url}?sig=secret", file_format="parquet")
    for frame in (dataset.open(pd.DataFrame).all(), *dataset.open(pd.DataFrame).iter()):
        assert frame.equals(FRAME)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [
        tmp_path / "t.parquet"
    ]
    assert "secret" not in repr(dataset)


def test_tables_that_cannot_be_had(s3):
    """The store's own answers are told as such."""
    nothing = StructuredDataset(uri="s3://bucket/none", file_format="parquet")
    with pytest.raises(StorageNotFoundError, match="s3://bucket/none") as caught:
        nothing.open(pd.DataFrame).all()
    assert caught.value.__cause__ is None  # it says all there is to know
    write_bytes("s3://bucket/secret-table", b"x")
    for verb in ("HEAD", "GET"):
        s3.fail(f"{verb} /bucket/secret-table", "403 AccessDenied", times=99)
    secret = StructuredDataset(uri="s3://bucket/secret-table", file_format="parquet")
    with pytest.raises(StorageForbiddenError):
        secret.open(pd.DataFrame).all()
