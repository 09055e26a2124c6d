"""The channel: deadlines, repetitions, words, and what is not a Flyte."""

from __future__ import annotations

import http.server
import socket
import subprocess
import sys
import threading
import time

import grpc
import pytest
from flyte_double import Fault, FlyteDouble
from flyteidl.admin.version_pb2 import GetVersionRequest
from flyteidl.core.identifier_pb2 import Identifier, ResourceType

import kit
from kit.errors import (
    CallError,
    EndpointError,
    RemoteNotFoundError,
    RemoteRefusedError,
    RemoteUnavailableError,
)

VERSION = GetVersionRequest()


def identity(**changes):
    """Return a task's identifier."""
    facts = {
        "resource_type": ResourceType.TASK,
        "project": "flytesnacks",
        "domain": "development",
        "name": "t",
        "version": "v",
    }
    return Identifier(**{**facts, **changes})


def test_a_call_takes_and_returns_messages(remote, double):
    """And all calls share one connection."""
    answer = remote.call("GetVersion", VERSION)
    assert answer.control_plane_version.Version == "unknown"
    for _ in range(3):
        remote.call("GetVersion", VERSION)
    assert len(double.peers) == 1
    with pytest.raises(CallError, match="Did you mean 'GetTask'"):
        remote.call("GetTsk", VERSION)


def test_what_is_not_there_is_said_in_the_servers_words(remote):
    """With the code and the words as data, too."""
    with pytest.raises(
        RemoteNotFoundError, match="missing entity of type TASK"
    ) as told:
        remote.get_task(identity())
    assert told.value.code == "NOT_FOUND"
    assert told.value.words.startswith("missing entity")
    assert told.value.attempts == 1


@pytest.mark.parametrize("field", ["project", "domain", "name", "version"])
def test_an_identifier_with_an_empty_field_is_refused_here(remote, double, field):
    """The server would answer with some task."""
    with pytest.raises(CallError, match=f"id.{field} is empty"):
        remote.get_task(identity(**{field: ""}))
    assert double.calls == []


@pytest.mark.parametrize("words", ["x" * 32_000, "é" * 16_000])
def test_long_words_arrive_whole(remote, double, words):
    """They travel in a trailer, three characters a byte if they are not ASCII."""
    double.faults["GetVersion"] += [Fault("INVALID_ARGUMENT", words)]
    with pytest.raises(RemoteRefusedError) as told:
        remote.call("GetVersion", VERSION)
    assert told.value.words == words


def test_unavailable_twice_then_good(remote, double):
    """What is transient is sent again, after a pause."""
    double.faults["GetVersion"] += [Fault("UNAVAILABLE", "try again")] * 2
    remote.call("GetVersion", VERSION)
    assert double.count("GetVersion") == 3


def test_unavailable_for_ever_ends(remote, double, monkeypatch):
    """Within a bound, and says how often it asked."""
    monkeypatch.setattr("kit.remote.connection.PATIENCE", 0.5)
    double.faults["GetVersion"] += [Fault("UNAVAILABLE", "no healthy upstream")] * 99
    with pytest.raises(RemoteUnavailableError, match="no healthy upstream") as told:
        remote.call("GetVersion", VERSION)
    assert 2 < told.value.attempts < 9


def test_a_refusal_is_sent_once(remote, double):
    """Asking again does not help."""
    double.faults["GetVersion"] += [Fault("INTERNAL", "broken")] * 2
    with pytest.raises(RemoteRefusedError, match="refuses GetVersion: INTERNAL broken"):
        remote.call("GetVersion", VERSION)
    assert double.count("GetVersion") == 1


def test_a_slow_server_meets_the_deadline(double):
    """Which is the remote's, or the call's own."""
    double.faults["GetVersion"] += [Fault(delay=1.5)] * 2
    with kit.Remote(double.address, insecure=True, timeout=0.3) as remote:
        began = time.monotonic()
        with pytest.raises(RemoteUnavailableError, match="did not answer GetVersion"):
            remote.call("GetVersion", VERSION)
        assert time.monotonic() - began < 1.2
        remote.call("GetVersion", VERSION, timeout=5)


def test_a_restart_is_survived(remote, double):
    """Calls wait until the server is there again, on the same channel."""
    remote.call("GetVersion", VERSION)
    double.stop()
    threading.Timer(1.5, double.start).start()
    remote.call("GetVersion", VERSION)


def test_nothing_listens(unused_port):
    """Told within seconds, with what to look at."""
    remote = kit.Remote(f"127.0.0.1:{unused_port}", insecure=True)
    began = time.monotonic()
    with pytest.raises(EndpointError, match="Nothing listens at that port"):
        remote.call("GetVersion", VERSION)
    assert time.monotonic() - began < 4


@pytest.fixture
def unused_port():
    """Return a port at which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_the_port_of_something_else():
    """HTTP is not gRPC, and is not asked twice."""
    server = http.server.HTTPServer(
        ("127.0.0.1", 0), http.server.BaseHTTPRequestHandler
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    remote = kit.Remote(f"127.0.0.1:{server.server_port}", insecure=True)
    try:
        with pytest.raises(EndpointError, match="Something else than gRPC") as told:
            remote.call("GetVersion", VERSION)
    finally:
        server.shutdown()
        server.server_close()
    assert told.value.attempts == 1


def test_a_host_that_does_not_exist():
    """Nor is that asked twice."""
    remote = kit.Remote("nope.invalid:8089", insecure=True)
    with pytest.raises(EndpointError, match="Its host has no address here") as told:
        remote.call("GetVersion", VERSION)
    assert told.value.attempts == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Make a certificate of one's own for localhost."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def tls_double(tmp_path, certificate):
    """Start a double with TLS."""
    pair = [(certificate / name).read_bytes() for name in ("key.pem", "cert.pem")]
    credentials = grpc.ssl_server_credentials([tuple(pair)])
    with FlyteDouble(tmp_path / "tls", credentials=credentials) as started:
        yield started


def test_tls_with_a_known_authority(tls_double, certificate):
    """The authority's file, or no check at all."""
    address = f"localhost:{tls_double.port}"
    with kit.Remote(address, ca_certificate=certificate / "cert.pem") as remote:
        remote.call("GetVersion", VERSION)
    with (
        kit.Remote(address, ca_certificate="/nowhere.pem") as remote,
        pytest.raises(EndpointError, match=r"nowhere.pem cannot be read"),
    ):
        remote.call("GetVersion", VERSION)


def test_tls_mismatches_say_which(tls_double, double):
    """An unknown authority, TLS to a plain port, a plain channel to TLS."""
    with (
        kit.Remote(f"localhost:{tls_double.port}") as remote,
        pytest.raises(EndpointError, match="is not trusted here"),
    ):
        remote.call("GetVersion", VERSION)
    with (
        kit.Remote(f"localhost:{double.port}") as remote,
        pytest.raises(EndpointError, match="speaks no TLS: pass insecure=True"),
    ):
        remote.call("GetVersion", VERSION)
    with (
        kit.Remote(tls_double.address, insecure=True) as remote,
        pytest.raises(EndpointError, match=r"may want TLS \(insecure=False\)"),
    ):
        remote.call("GetVersion", VERSION)


def test_a_server_of_flyte_2_is_recognized(tmp_path):
    """It lacks what every Flyte 1 has, and answers another API."""

    class Flyte2(grpc.GenericRpcHandler):
        def service(self, details):
            if not details.method.startswith("/flyteidl2."):
                return None
            return grpc.unary_unary_rpc_method_handler(lambda data, context: b"")

    server = grpc.server(grpc_pool())
    server.add_generic_rpc_handlers((Flyte2(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with (
            kit.Remote(f"127.0.0.1:{port}", insecure=True) as remote,
            pytest.raises(EndpointError, match="is of Flyte 2"),
        ):
            remote.get_task(identity())
    finally:
        server.stop(None)


RESTARTED = """
import os, sys, time
from concurrent import futures
import kit
from flyteidl.admin.version_pb2 import GetVersionRequest

assert "grpc" not in sys.modules
try:
    kit.Remote("127.0.0.1:1", insecure=True).call("GetVersion", GetVersionRequest())
except kit.KitError:
    import grpc

class Slow(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(lambda *_: time.sleep(1) or b"")

server = grpc.server(futures.ThreadPoolExecutor(1))
server.add_generic_rpc_handlers([Slow()])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
channel = grpc.insecure_channel(f"127.0.0.1:{port}")
grpc.channel_ready_future(channel).result(10)
channel.unary_unary("/a/b").future(b"")
time.sleep(0.2)
server.stop(None).wait()
time.sleep(0.2)
print("GRPC_VERBOSITY" in os.environ)
"""


def test_grpc_logs_nothing_when_a_server_is_restarted():
    """Its lines would stand in the notebook, and no variable of it stays."""
    command = [sys.executable, "-c", RESTARTED]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert "GOAWAY" not in done.stderr


def test_a_server_of_something_else_is_no_flyte(tmp_path):
    """It speaks gRPC, and knows nothing of Flyte's."""
    server = grpc.server(grpc_pool())
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with (
            kit.Remote(f"127.0.0.1:{port}", insecure=True) as remote,
            pytest.raises(EndpointError, match="is not flyteadmin of Flyte 1"),
        ):
            remote.get_task(identity())
    finally:
        server.stop(None)


def grpc_pool():
    """Return threads for a server."""
    from concurrent import futures

    return futures.ThreadPoolExecutor(max_workers=2)


def test_grpc_is_loaded_by_the_first_call_and_flytekit_never(double):
    """A server without authentication needs nothing of flytekit."""
    program = f"""
import sys, kit
remote = kit.Remote({double.address!r}, insecure=True)
assert "grpc" not in sys.modules
from flyteidl.admin.version_pb2 import GetVersionRequest
remote.call("GetVersion", GetVersionRequest())
assert "grpc" in sys.modules
assert not any(name.partition(".")[0] == "flytekit" for name in sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_without_the_extra_the_error_says_what_to_install():
    """Nothing of it is missed before the first call."""
    program = """
import sys
sys.modules["grpc"] = None
import kit
from flyteidl.admin.version_pb2 import GetVersionRequest
remote = kit.Remote("localhost:1", insecure=True)
try:
    remote.call("GetVersion", GetVersionRequest())
except kit.KitError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert "pip install 'flyte-task-kit[remote]'" in done.stdout
