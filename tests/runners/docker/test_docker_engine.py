"""Where an engine is looked for, and what is said when none can be used."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
import requests

from kit.errors import EngineError, EngineNotFoundError, EngineTooOldError
from kit.runners.docker import engine as engine_module
from kit.runners.docker.engine import Engine, connected, engine_errors

VERSION = {"ApiVersion": "1.41", "Arch": "amd64", "Version": "20.10.24"}


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Any]:
    """Give a function that answers Docker's version request on a socket."""
    servers: list[Server] = []

    def start(path: Path, **facts: object) -> Path:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({**VERSION, **facts}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        path.parent.mkdir(parents=True, exist_ok=True)
        servers.append(Server(str(path), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return path

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def no_usual_socket(monkeypatch, tmp_path: Path):
    """Let the usual socket, and the user's own settings, be none of this machine's."""
    monkeypatch.setattr("docker.constants.DEFAULT_UNIX_SOCKET", "http+unix:///no/sock")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)


def refusal(environ: dict[str, str] | None = None) -> str:
    """Return what is said when no engine answers."""
    with pytest.raises(EngineNotFoundError) as caught, connected(environ):
        pytest.fail("there was an engine")
    return str(caught.value)


def test_no_engine_at_all():
    """Each place is named with its reason, and what to do."""
    text = refusal()
    assert text.startswith("No container engine answers on this machine.\n")
    assert "\n  unix:///no/sock: there is no such socket\n" in text
    assert "sudo systemctl start docker" in text
    assert "runner='subprocess'" in text


def test_the_named_host_is_the_only_one_asked(serve, tmp_path: Path):
    """A wrong DOCKER_HOST is not made up for by another engine."""
    serve(tmp_path / "podman" / "podman.sock")
    host = f"unix://{tmp_path}/none.sock"
    text = refusal({"DOCKER_HOST": host, "XDG_RUNTIME_DIR": str(tmp_path)})
    assert f"\n  {host} (DOCKER_HOST): there is no such socket\n" in text
    assert "Invalid bind address protocol: foo://x" in refusal(
        {"DOCKER_HOST": "foo://x"}
    )


def test_a_socket_that_nobody_listens_on(tmp_path: Path):
    """A stale one is told from one that is not there."""
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(tmp_path / "stale.sock"))
    text = refusal({"DOCKER_HOST": f"unix://{tmp_path}/stale.sock"})
    assert "nothing listens there" in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use every socket")
def test_a_socket_that_is_not_for_this_user(serve, tmp_path: Path):
    """The group to join is named."""
    path = serve(tmp_path / "private.sock")
    path.chmod(0)
    text = refusal({"DOCKER_HOST": f"unix://{path}"})
    assert "sudo usermod -aG docker $USER" in text


def test_an_engine_that_hangs(tmp_path: Path, monkeypatch):
    """It is given up after some seconds."""
    monkeypatch.setattr(engine_module, "_HANDSHAKE_SECONDS", 0.2)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent.sock"))
        silent.listen()
        text = refusal({"DOCKER_HOST": f"unix://{tmp_path}/silent.sock"})
    assert "it did not answer in" in text


def test_an_engine_that_is_too_old(serve, tmp_path: Path):
    """Its version, the oldest that will do, and what has it are named."""
    path = serve(tmp_path / "old.sock", ApiVersion="1.38")
    with (
        pytest.raises(EngineTooOldError, match=r"1\.38 .*1\.40 is needed.*19\.03"),
        connected({"DOCKER_HOST": f"unix://{path}"}),
    ):
        pytest.fail("it was taken")


def test_the_context_of_the_docker_cli(serve, tmp_path: Path, monkeypatch):
    """Docker Desktop and others put their socket there."""
    path = serve(tmp_path / "desktop.sock")
    context = hashlib.sha256(b"desktop").hexdigest()
    meta = tmp_path / "config" / "contexts" / "meta" / context / "meta.json"
    meta.parent.mkdir(parents=True)
    endpoint = {"docker": {"Host": f"unix://{path}", "SkipTLSVerify": False}}
    facts = {"Name": "desktop", "Metadata": {}, "Endpoints": endpoint}
    meta.write_text(json.dumps(facts))
    (tmp_path / "config" / "config.json").write_text("{}")
    with connected({"DOCKER_CONTEXT": "desktop"}) as engine:
        assert engine.program == "docker"
    (tmp_path / "config" / "config.json").write_text('{"currentContext": "desktop"}')
    with connected() as engine:
        assert engine.architecture == "amd64"


def test_podmans_socket(serve, tmp_path: Path):
    """Podman serves the same interface; its own program is named in commands."""
    components = [{"Name": "Podman Engine"}]
    serve(tmp_path / "podman" / "podman.sock", Components=components)
    with connected({"XDG_RUNTIME_DIR": str(tmp_path)}) as engine:
        assert engine.program == "podman"


def test_what_goes_wrong_later():
    """A refusal carries the engine's words, a lost connection the reason."""
    response = requests.Response()
    response.status_code = 500
    refused = docker.errors.APIError("500", response, "no such thing")
    with pytest.raises(EngineError, match=r"^The engine could not move: no such thing"):
        fail_with(refused, "move")
    lost = requests.ConnectionError("Connection aborted", ConnectionRefusedError(111))
    with pytest.raises(EngineError, match=r"asked to look: nothing listens there\.$"):
        fail_with(lost, "look")


def fail_with(error: Exception, action: str) -> None:
    """Let what the engine was asked for end with an error."""
    with engine_errors(action):
        raise error


def test_an_engine_is_shown_by_its_facts():
    """Nothing of the connection is compared or run to show it."""
    assert "architecture='arm64'" in repr(Engine(None, "arm64", "podman"))
