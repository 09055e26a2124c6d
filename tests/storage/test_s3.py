"""Files in S3: whole, patiently, and with errors that say what it is."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from kit.errors import (
    StorageError,
    StorageForbiddenError,
    StorageNotFoundError,
    StorageSettingError,
    StorageUnavailableError,
)
from kit.storage import (
    Storage,
    download,
    exists,
    listing,
    read_bytes,
    upload,
    write_bytes,
)
from kit.storage.remote import connect

NAMES = ["plain", "two words.txt", "ünï-コード.txt", "50% off#1?.txt", "a+b&c=d.txt"]


def keys(objects, prefix=""):
    """List the keys of the bucket below a prefix."""
    found = objects.list_objects_v2(Bucket="bucket", Prefix=prefix)
    return [entry["Key"] for entry in found.get("Contents", [])]


def unfinished(objects):
    """List the uploads in parts that were begun and neither ended nor given up."""
    return objects.list_multipart_uploads(Bucket="bucket").get("Uploads", [])


@pytest.mark.parametrize("name", NAMES)
def test_any_key(s3, objects, name, tmp_path):
    """Keys with spaces, signs and other scripts are taken as they are."""
    url = f"s3://bucket/names/{name}"
    write_bytes(url, b"\0content")
    assert objects.get_object(Bucket="bucket", Key=f"names/{name}")["ETag"]
    assert read_bytes(url) == b"\0content"
    assert exists(url)
    assert (url, False) in listing("s3://bucket/names")
    local = download(url, str(tmp_path / "copy"))
    assert upload(local, f"{url}.2") == f"{url}.2"
    assert read_bytes(f"{url}.2") == b"\0content"


def test_empty_file(s3, tmp_path):
    """A file of no bytes is a file."""
    (tmp_path / "empty").write_bytes(b"")
    upload(str(tmp_path / "empty"), "s3://bucket/empty")
    assert read_bytes("s3://bucket/empty") == b""
    assert read_bytes("s3://bucket/empty", limit=0) == b""
    download("s3://bucket/empty", str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == b""


def test_limit(s3):
    """No more is read than asked for, however large the object."""
    write_bytes("s3://bucket/five", b"12345")
    assert read_bytes("s3://bucket/five", limit=5) == b"12345"
    with pytest.raises(StorageError, match="larger than the 4 bytes"):
        read_bytes("s3://bucket/five", limit=4)


def test_folder_and_back(s3, objects, tmp_path):
    """A folder goes with all that is in it, and comes back the same."""
    source = tmp_path / "source"
    (source / "in" / "ner").mkdir(parents=True)
    contents = {"a.txt": b"a", "in/b c.txt": b"", "in/ner/ü": b"\0"}
    for name, data in contents.items():
        (source / name).write_bytes(data)
    upload(str(source), "s3://bucket/folder", recursive=True)
    assert keys(objects, "folder/") == sorted(f"folder/{name}" for name in contents)
    copy = tmp_path / "copy"
    download("s3://bucket/folder", str(copy), recursive=True)
    files = {p.relative_to(copy).as_posix(): p for p in copy.rglob("*") if p.is_file()}
    assert {name: path.read_bytes() for name, path in files.items()} == contents


@pytest.mark.parametrize("key", ["up/../../evil", "up//twice", "up/x/.."])
def test_keys_that_lead_out_of_the_folder(s3, objects, key, tmp_path):
    """No key writes outside the folder that was asked for."""
    for each in (key, "up/twice"):
        objects.put_object(Bucket="bucket", Key=each, Body=b"x")
    with pytest.raises(StorageError, match=r"leads out of it|is there twice"):
        download("s3://bucket/up", str(tmp_path / "in" / "copy"), recursive=True)
    assert list(tmp_path.rglob("*")) == [tmp_path / "in"]
    objects.delete_object(Bucket="bucket", Key=key)


def test_markers_of_empty_folders(s3, objects, tmp_path):
    """An object that stands for a folder becomes one."""
    for key in ("marked/", "marked/empty/", "marked/file"):
        objects.put_object(Bucket="bucket", Key=key, Body=b"")
    download("s3://bucket/marked", str(tmp_path / "copy"), recursive=True)
    assert sorted(p.name for p in (tmp_path / "copy").iterdir()) == ["empty", "file"]
    assert (tmp_path / "copy" / "empty").is_dir()


def test_missing(s3, tmp_path):
    """What is not there is told at once, and nothing is left here."""
    for recursive in (False, True):
        with pytest.raises(StorageNotFoundError, match="s3://bucket/nothing"):
            download("s3://bucket/nothing", str(tmp_path / "x"), recursive=recursive)
    with pytest.raises(StorageNotFoundError, match="File not found"):
        read_bytes("s3://bucket/nothing")
    with pytest.raises(StorageNotFoundError, match="no such bucket"):
        write_bytes("s3://other-bucket/x", b"")
    assert not exists("s3://bucket/nothing")
    assert list(tmp_path.iterdir()) == []
    assert s3.requests.count("GET /bucket/nothing") == 2


@pytest.mark.parametrize("status", ["403 AccessDenied", "403 InvalidAccessKeyId"])
def test_forbidden(s3, status):
    """What is refused is not asked for again."""
    s3.fail("GET /bucket/secret", status, times=9)
    with pytest.raises(StorageForbiddenError, match="permissions and the credentials"):
        read_bytes("s3://bucket/secret")
    assert s3.requests == ["GET /bucket/secret"]


@pytest.mark.parametrize(
    "status", ["500 InternalError", "503 SlowDown", "429 TooMany", "502 Bad Gateway"]
)
def test_asked_again(s3, status):
    """A store that fails twice is asked a third time."""
    write_bytes("s3://bucket/later", b"data")
    s3.forgive()
    s3.fail("GET /bucket/later", status, times=2)
    assert read_bytes("s3://bucket/later") == b"data"
    assert s3.requests == ["GET /bucket/later"] * 3


def test_asked_no_more_than_said(s3, monkeypatch):
    """A store that only fails is asked as often as the setting says, once for all."""
    monkeypatch.setenv("FLYTE_AWS_RETRIES", "2")
    s3.fail("", "503 SlowDown", times=99)
    with pytest.raises(StorageUnavailableError, match="KIT_STORAGE_RETRIES"):
        read_bytes("s3://bucket/later")
    assert len(s3.requests) == 3


def test_a_body_that_breaks_off_goes_on(s3, tmp_path):
    """What has arrived is kept, and the rest is of the same version."""
    data = os.urandom(3_000_000)
    write_bytes("s3://bucket/broken", data)
    s3.forgive()
    s3.truncate("GET /bucket/broken")
    download("s3://bucket/broken", str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == data
    assert s3.requests == ["GET /bucket/broken"] * 2


def test_a_body_that_always_breaks_off(s3, tmp_path):
    """It ends as an error, and nothing of it is left."""
    write_bytes("s3://bucket/broken", os.urandom(3_000_000))
    s3.truncate("GET /bucket/broken", times=99)
    with pytest.raises(StorageUnavailableError):
        download("s3://bucket/broken", str(tmp_path / "copy"))
    assert list(tmp_path.iterdir()) == []


def test_large_upload_in_parts(s3, objects, tmp_path):
    """A part that fails is sent again, alone."""
    data = os.urandom(16_000_000)
    (tmp_path / "data").write_bytes(data)
    s3.fail("PUT /bucket/parts?partNumber=2", "503 SlowDown")
    upload(str(tmp_path / "data"), "s3://bucket/parts")
    assert objects.get_object(Bucket="bucket", Key="parts")["Body"].read() == data
    assert s3.requests.count("PUT /bucket/parts") == 5
    assert unfinished(objects) == []


def test_failed_upload_in_parts(s3, objects, tmp_path):
    """An upload that fails leaves neither an object nor parts of one."""
    (tmp_path / "data").write_bytes(bytes(16_000_000))
    s3.fail("PUT /bucket/never?partNumber=3", "403 AccessDenied", times=9)
    with pytest.raises(StorageForbiddenError):
        upload(str(tmp_path / "data"), "s3://bucket/never")
    assert keys(objects, "never") == []
    assert unfinished(objects) == []


def test_the_same_file_twice_at_once(s3, tmp_path):
    """Two downloads to one path both end well, and the file is whole."""
    data = os.urandom(2_000_000)
    write_bytes("s3://bucket/twice", data)
    threads = [
        threading.Thread(
            target=download, args=("s3://bucket/twice", str(tmp_path / "copy"))
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "copy").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_a_failed_folder_leaves_nothing(s3, tmp_path):
    """A folder whose one file cannot be had is not there at all."""
    for name in ("a", "b", "c"):
        write_bytes(f"s3://bucket/partly/{name}", b"x")
    s3.fail("GET /bucket/partly/b", "403 AccessDenied", times=9)
    with pytest.raises(StorageForbiddenError):
        download("s3://bucket/partly", str(tmp_path / "copy"), recursive=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", [150, pytest.param(1000, marks=pytest.mark.nightly)])
def test_many_small_files(s3, count, tmp_path):
    """All of them go and come, each with its own content."""
    (tmp_path / "many").mkdir()
    for number in range(count):
        (tmp_path / "many" / f"{number:04}").write_bytes(b"x" * number)
    storage = Storage(str(tmp_path / "raw"), str(tmp_path / "work"))
    storage.upload(str(tmp_path / "many"), "s3://bucket/many", recursive=True)
    copy = storage.download("s3://bucket/many", str(tmp_path / "copy"), recursive=True)
    sizes = [path.stat().st_size for path in sorted(Path(copy).iterdir())]
    assert sizes == list(range(count))


def test_public_without_credentials(s3, objects, monkeypatch):
    """What anyone may read is read by whoever has no credentials."""
    objects.put_object(
        Bucket="bucket", Key="public", Body=b"for all", ACL="public-read"
    )
    monkeypatch.delenv("FLYTE_AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("FLYTE_AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    assert read_bytes("s3://bucket/public") == b"for all"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FLYTE_AWS_ENDPOINT", "localhost:9000"),
        ("FLYTE_AWS_ADDRESSING_STYLE", "sideways"),
        ("FLYTE_AWS_RETRIES", "often"),
        ("KIT_STORAGE_RETRIES", "-1"),
        ("KIT_STORAGE_BACKOFF", "nan"),
        ("KIT_STORAGE_TIMEOUT", "0"),
    ],
)
def test_settings_that_are_none(s3, monkeypatch, name, value):
    """A variable that is no such setting is named, with what was expected."""
    monkeypatch.setenv(name, value)
    with pytest.raises(StorageSettingError, match=rf"{name} is '{value}', expected"):
        read_bytes("s3://bucket/x")
    assert s3.requests == []


def test_settings_that_change(s3, monkeypatch):
    """New credentials count at once, and all threads share the connections."""
    monkeypatch.setenv("FLYTE_AWS_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("KIT_STORAGE_RETRIES", "0")
    with pytest.raises(StorageUnavailableError):
        write_bytes("s3://bucket/changed", b"x")
    monkeypatch.setenv("FLYTE_AWS_ENDPOINT", s3.url)
    write_bytes("s3://bucket/changed", b"x")
    stores = []
    for _ in range(2):
        thread = threading.Thread(
            target=lambda: stores.append(connect("s3://bucket/changed").filesystem)
        )
        thread.start()
        thread.join()
    assert stores[0] is stores[1]
