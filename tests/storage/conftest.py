"""Real servers of files on loopback, one of each for all tests."""

from __future__ import annotations

import boto3
import pytest
from s3_server import KEY, SECRET, S3Server
from web_server import WebServer


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Ask again at once, and with no credentials but those of the test."""
    monkeypatch.setenv("KIT_STORAGE_BACKOFF", "0.01")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def s3_server():
    """Start an S3 server with a bucket named ``bucket``."""
    server = S3Server()
    _client(server).create_bucket(Bucket="bucket")
    yield server
    server.close()


@pytest.fixture
def s3(s3_server, monkeypatch):
    """Have the S3 server found as flytekit finds its own."""
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    s3_server.forgive()
    return s3_server


@pytest.fixture
def objects(s3):
    """Give what looks at the bucket by other means than kit's."""
    return _client(s3)


def _client(server):
    return boto3.client(
        "s3",
        endpoint_url=server.url,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )


@pytest.fixture(scope="session")
def web_server():
    """Start a web server."""
    server = WebServer()
    yield server
    server.close()


@pytest.fixture
def web(web_server):
    """Give the web server with nothing in it."""
    web_server.answers.clear()
    web_server.requests.clear()
    web_server.headers.clear()
    return web_server
