"""Files of web servers, which answer well, late, half, or not at all."""

from __future__ import annotations

import base64
import subprocess
import sys
import time

import pytest
from web_server import Answer

import kit
from kit.errors import (
    StorageError,
    StorageForbiddenError,
    StorageNotFoundError,
    StorageUnavailableError,
)
from kit.storage import download, exists, read_bytes
from kit.storage.urls import redacted
from kit.types import FlyteFile

DATA = bytes(range(256)) * 4000


def fetched(url, tmp_path):
    """Download a file and return what came."""
    download(url, str(tmp_path / "copy"))
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
    return (tmp_path / "copy").read_bytes()


@pytest.mark.parametrize(
    "answers",
    [
        [Answer(body=DATA)],
        [Answer(500), Answer(503), Answer(body=DATA)],
        [Answer(429), Answer(body=DATA)],
        [Answer(body=DATA[:99], length=len(DATA)), Answer(body=DATA)],
        [Answer(body=DATA, pause=0.3)],
        [Answer(body=DATA, length=None)],
        [Answer(302, headers={"Location": "/moved"})],
    ],
    ids=["ok", "500", "429", "truncated", "slow", "no length", "redirect"],
)
def test_what_arrives_in_the_end(web, answers, tmp_path):
    """A file is the whole file, however often it had to be asked for."""
    web.give("/moved", Answer(body=DATA))
    assert fetched(web.give("/in.bin", *answers), tmp_path) == DATA
    assert web.requests.count("/in.bin") == len(answers)


def test_empty_file(web, tmp_path):
    """A file of no bytes is a file."""
    assert fetched(web.give("/empty", Answer()), tmp_path) == b""


def test_names_in_urls(web, tmp_path):
    """Spaces and other scripts are quoted as browsers do."""
    web.give("/two%20words/%C3%BC.bin", Answer(body=b"x"))
    assert fetched(f"{web.url}/two words/ü.bin", tmp_path) == b"x"


@pytest.mark.parametrize(
    ("answer", "kind", "times"),
    [
        (Answer(404), StorageNotFoundError, 1),
        (Answer(410), StorageNotFoundError, 1),
        (Answer(401), StorageForbiddenError, 1),
        (Answer(403), StorageForbiddenError, 1),
        (Answer(418), StorageError, 1),
        (Answer(503), StorageUnavailableError, 4),
        (Answer(body=DATA, length=len(DATA) + 1), StorageUnavailableError, 4),
    ],
)
def test_what_never_arrives(web, answer, kind, times, tmp_path):
    """Only what may pass is asked for again; nothing is left here."""
    url = web.give("/in.bin", answer)
    for ask in (lambda: download(url, str(tmp_path / "x")), lambda: read_bytes(url)):
        web.requests.clear()
        with pytest.raises(kind) as caught:
            ask()
        assert type(caught.value) is kind
        assert web.requests == ["/in.bin"] * times
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_stops_in_the_middle(web, monkeypatch, tmp_path):
    """No next byte for the time that is set counts as no answer."""
    monkeypatch.setenv("KIT_STORAGE_TIMEOUT", "0.2")
    monkeypatch.setenv("KIT_STORAGE_RETRIES", "1")
    url = web.give("/slow", Answer(body=DATA, pause=1.0))
    with pytest.raises(StorageUnavailableError, match="KIT_STORAGE_TIMEOUT"):
        download(url, str(tmp_path / "x"))
    assert list(tmp_path.iterdir()) == []


def test_whether_it_is_there(web):
    """Only a server that says so counts as having nothing."""
    assert exists(web.give("/yes", Answer(body=b"x")))
    assert not exists(f"{web.url}/no")
    with pytest.raises(StorageForbiddenError):
        exists(web.give("/secret", Answer(403)))


def test_limit(web):
    """No more of an endless body is kept than asked for."""
    url = web.give("/large", Answer(body=bytes(5_000_000), length=None))
    with pytest.raises(StorageError, match="larger than the 1000 bytes"):
        read_bytes(url, limit=1000)


def test_credentials_are_used_and_never_told(web, tmp_path):
    """A user and password go to the server; no message or repr has them."""
    url = web.give("/private?X-Amz-Signature=0a1b2c", Answer(503))
    web.give("/private", Answer(503))
    url = url.replace("http://", "http://ada:correct-horse@")
    with pytest.raises(StorageUnavailableError) as caught:
        download(url, str(tmp_path / "x"))
    sent = base64.b64encode(b"ada:correct-horse").decode()
    assert web.headers[0]["Authorization"] == f"Basic {sent}"
    told = f"{caught.value}{caught.value.__cause__}{FlyteFile(url)!r}"
    for secret in ("correct-horse", "0a1b2c", sent):
        assert secret not in told
    assert "/private?X-Amz-Signature=***" in told


def test_lazy_download(web, tmp_path):
    """A file of the web comes when its path is asked for, and once."""
    file = FlyteFile(web.give("/lazy/in.csv", Answer(body=b"a,b\n")))
    assert web.requests == []
    for _ in range(2):
        with open(file, encoding="utf-8") as stream:  # noqa: PTH123 - a FlyteFile
            assert stream.read() == "a,b\n"
    assert web.requests == ["/lazy/in.csv"]
    assert file.download().endswith("/in.csv")


@pytest.mark.parametrize(
    ("url", "module", "install"),
    [
        ("s3://b/k?X-Amz-Signature=0a1b", "s3fs", "'flyte-task-kit[s3]'"),
        ("https://host/x", "aiohttp", "'flyte-task-kit[http]'"),
        ("gs://b/k", "gcsfs", "gcsfs"),
    ],
)
def test_missing_package(url, module, install):
    """A store whose package is not there is named, and the command that helps."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, module, url],
        capture_output=True,
        text=True,
        check=True,
    )
    text = done.stdout
    assert text.startswith(f"The package '{module}' is not installed")
    assert f"pip install {install}." in text
    assert url.partition("?")[0] in text
    assert "0a1b" not in text


def test_one_store_needs_no_package_of_another(web):
    """The web is read where nothing is installed for S3, and without rich."""
    url = web.give("/x", Answer(body=b"here"))
    script = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(['s3fs', 'aiobotocore', 'rich']))\n"
        "from kit.storage import read_bytes\n"
        "print(read_bytes(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, url], capture_output=True, text=True, check=True
    )
    assert done.stdout == "b'here'\n"


WITHOUT = """
import sys
from kit.errors import MissingPackageError
from kit.storage import read_bytes
sys.modules[sys.argv[1]] = None
try:
    read_bytes(sys.argv[2])
except MissingPackageError as error:
    print(error)
"""


@pytest.mark.parametrize("runner", ["subprocess", "in-process"])
def test_credentials_of_a_run_are_never_told(web, runner, monkeypatch):
    """Neither its error, its log nor what it shows has those of a URL."""
    monkeypatch.setenv("KIT_STORAGE_RETRIES", "0")

    @kit.container_task(image="acme/a:1", name="reads")
    def reads(tt, file: FlyteFile) -> str:
        with open(file) as stream:  # noqa: PTH123 - a FlyteFile
            return stream.read()

    url = web.give("/private", Answer(403)).replace("//", "//ada:correct-horse@")
    run = kit.run(reads, file=FlyteFile(f"{url}?sig=0a1b2c"), runner=runner)
    told = f"{run!r}{run.error}{run.logs.text()}{run._repr_mimebundle_()}"
    assert "StorageForbiddenError" in told
    assert "correct-horse" not in told
    assert "0a1b2c" not in told


def test_long_text_is_redacted_in_proportion_to_its_length():
    """A URI of a stranger's outputs may have a megabyte."""
    began = time.process_time()
    for text in ("a" * 300_000, "a." * 150_000, "a://" * 75_000, "a?" * 150_000):
        redacted(text, {})
    assert time.process_time() - began < 5
    assert redacted("-https://h/a?token=1") == "-https://h/a?token=***"
