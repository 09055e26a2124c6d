"""A copy that is stopped, or has no room, leaves nothing; a large one needs little."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from web_server import Answer

from kit.errors import StorageError
from kit.storage import download, write_bytes

COPY = """
import sys
from kit.storage import download, upload
print("ready", flush=True)
action, source, target, recursive = sys.argv[1:]
{"download": download, "upload": upload}[action](
    source, target, recursive=recursive == "yes"
)
"""


def interrupted(*arguments, when):
    """Run a copy in a process, stop it by SIGINT once ``when`` says, return stderr."""
    process = subprocess.Popen(
        [sys.executable, "-c", COPY, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    end = time.monotonic() + 20
    while not when() and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in errors
    return errors


def test_interrupted_download(web, tmp_path):
    """Ctrl-C in the middle of a file removes what came of it."""
    url = web.give("/large", Answer(body=bytes(9_000_000), pause=5))
    interrupted(
        *("download", url, str(tmp_path / "copy"), "no"),
        when=lambda: any(path.stat().st_size for path in tmp_path.iterdir()),
    )
    assert list(tmp_path.iterdir()) == []


def test_interrupted_folder(s3, tmp_path):
    """Ctrl-C in the middle of a folder removes all files of it."""
    for number in range(40):
        write_bytes(f"s3://bucket/stop/{number}", b"x")
    s3.slow_down("GET /bucket/stop/3", 3.0)
    interrupted(
        *("download", "s3://bucket/stop", str(tmp_path / "copy"), "yes"),
        when=lambda: len(list(tmp_path.rglob("*"))) > 10,
    )
    assert list(tmp_path.iterdir()) == []


def test_interrupted_upload(s3, objects, tmp_path):
    """Ctrl-C in the middle of an upload in parts leaves no part in the store."""
    (tmp_path / "data").write_bytes(bytes(30_000_000))
    s3.slow_down("PUT /bucket/stopped?partNumber=3", 1.0)
    interrupted(
        *("upload", str(tmp_path / "data"), "s3://bucket/stopped", "no"),
        when=lambda: s3.requests.count("PUT /bucket/stopped") >= 3,
    )
    found = objects.list_objects_v2(Bucket="bucket", Prefix="stopped")
    assert "Contents" not in found
    assert "Uploads" not in objects.list_multipart_uploads(Bucket="bucket")


PEAK = """
import resource, sys
from kit.storage import download, read_bytes, upload
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read_bytes("s3://bucket/small")  # what the packages themselves need
before = peak()
{"download": download, "upload": upload}[sys.argv[1]](*sys.argv[2:])
print(peak() - before)
"""


@pytest.mark.parametrize("action", ["download", "upload"])
def test_memory_is_bounded(s3, objects, action, tmp_path):
    """A file of 50 MB goes through in pieces."""
    write_bytes("s3://bucket/small", b"x")
    data = bytes(50_000_000)
    if action == "download":
        objects.put_object(Bucket="bucket", Key="fifty", Body=data)
        places = ["s3://bucket/fifty", str(tmp_path / "copy")]
    else:
        (tmp_path / "data").write_bytes(data)
        places = [str(tmp_path / "data"), "s3://bucket/fifty"]
    done = subprocess.run(
        [sys.executable, "-c", PEAK, action, *places],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 40_000, "KiB more than before"


@pytest.fixture
def tiny():
    """Give a file system of one mebibyte, where root can."""
    folder = Path(f"/tmp/kit-tiny-{os.getpid()}")  # noqa: S108 - unmounted below
    folder.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1m", "none", str(folder)],
        capture_output=True,
        check=False,
    )
    if not made or made.returncode:
        folder.rmdir()
        pytest.skip("only root mounts file systems")
    yield folder
    subprocess.run([str(shutil.which("umount")), str(folder)], check=True)
    folder.rmdir()


@pytest.mark.parametrize("store", ["s3", "web"])
def test_full_disk(s3, web, tiny, store):
    """It says that there is no room, asks no second time, and leaves what was there."""
    (tiny / "kept").write_bytes(b"x" * 1000)
    url = web.give("/two", Answer(body=bytes(2_000_000)))
    if store == "s3":
        url = "s3://bucket/two"
        write_bytes(url, bytes(2_000_000))
    s3.forgive()
    with pytest.raises(StorageError, match="No space left"):
        download(url, str(tiny / "kept"))
    assert [path.name for path in tiny.iterdir()] == ["kept"]
    assert (tiny / "kept").read_bytes() == b"x" * 1000
    assert len(s3.requests + web.requests) == 1
