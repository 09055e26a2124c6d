"""One channel to a Flyte: calls with deadlines, repeated within bounds, and errors.

Every call goes through :meth:`Connection.call`. What is transient is repeated; what is
permanent (a wrong port, TLS, a host that does not exist) is recognized by grpc's words,
because its code, UNAVAILABLE, is the same. The server's own words are kept whole.
"""

from __future__ import annotations

import functools
import os
import re
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import kit
from kit.errors import (
    CallError,
    EndpointError,
    KitError,
    MissingPackageError,
    RemoteError,
    RemoteExistsError,
    RemoteNotFoundError,
    RemoteRefusedError,
    RemoteUnavailableError,
    SignInError,
    nearest,
)
from kit.remote.endpoint import Endpoint
from kit.remote.sign_in import Credentials

if TYPE_CHECKING:
    import grpc
    from google.protobuf.message import Message

DEFAULT_TIMEOUT = 30.0
"""Seconds that one attempt of a call may take."""

PATIENCE = 15.0
"""Seconds within which a call is sent again, if the server was there before."""

_FIRST_PATIENCE = 1.0
"""The same for a server that has never answered: the address is probably wrong."""

_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 2.0)
_MIB = 2**20
_OPTIONS = (
    # The server's words travel in a trailer: up to 32,000 bytes, each as up to three
    # characters. With less room another error arrives in their place.
    ("grpc.max_metadata_size", 256 * 1024),
    ("grpc.absolute_max_metadata_size", 512 * 1024),
    ("grpc.max_receive_message_length", 64 * _MIB),
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.primary_user_agent", f"kit/{kit.__version__}"),
)

_SERVICES = ("admin", "dataproxy", "auth", "identity")


class _Cause(NamedTuple):
    """A permanent cause of UNAVAILABLE.

    Attributes:
        words: What grpc says of it.
        advice: What to do.
    """

    words: re.Pattern[str]
    advice: str


_PERMANENT = (
    _Cause(
        re.compile("WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG"),
        "The server at that port speaks no TLS: pass insecure=True (admin.insecure: "
        "true).",
    ),
    _Cause(
        re.compile("CERTIFICATE_VERIFY_FAILED"),
        "Its certificate is not trusted here: pass ca_certificate='ca.pem' "
        "(admin.caCertFilePath).",
    ),
    _Cause(
        re.compile("[Tt]ls handshake failed|SSL_ERROR"),
        "TLS to it fails: is insecure right, and the port?",
    ),
    _Cause(
        re.compile("Failed parsing HTTP/2|http1.x"),
        "Something else than gRPC listens there: use the port of gRPC, which is not "
        "that of the console or of REST.",
    ),
    _Cause(
        re.compile("hostname lookup|[Mm]isformatted domain name|resolv"),
        "Its host has no address here: is it spelled right, and is the network up?",
    ),
    _Cause(
        re.compile("[Nn]etwork is unreachable|[Nn]o route to host"),
        "There is no way to that address: is the network, or the VPN, up?",
    ),
)
_REFUSED = _Cause(
    re.compile("[Cc]onnection refused"),
    "Nothing listens at that port: is Flyte running, and is the port forwarded?",
)
_CLOSED = _Cause(
    re.compile("[Ss]ocket closed|Connection reset"),
    "It closes the connection at once: it may want TLS (insecure=False).",
)
_AT_FIRST = (_REFUSED, _CLOSED)
"""Causes that are permanent if the server has never answered."""


class Connection:
    """One channel to a Flyte; it is opened by its first call. Threads may share it.

    Args:
        endpoint: Where.
        timeout: Seconds that one attempt of a call may take.
    """

    def __init__(self, endpoint: Endpoint, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self.calls = 0
        self._answered = False
        self._credentials = Credentials(endpoint, self)
        self._lock = threading.Lock()
        self._opened: grpc.Channel | None = None
        self._stubs: dict[str, Any] = {}

    def call(self, method: str, request: Message, timeout: float | None = None) -> Any:
        """Call a method of flyteadmin, of its data proxy, or about signing in.

        Args:
            method: Its name, as ``GetTask``.
            request: The message that it takes.
            timeout: Seconds that one attempt may take.

        Returns:
            The message that it answers.

        Raises:
            EndpointError: Nothing of Flyte 1 answers there.
            RemoteUnavailableError: It does not answer, also when asked again.
            SignInError: It wants a sign-in, and that failed.
            RemoteError: It refuses the call: a subclass by the server's code.
            MissingPackageError: grpcio is not installed.
        """
        began, attempts, sign_ins = time.monotonic(), 0, 0
        while True:
            attempts += 1
            used = self._credentials.current
            try:
                return self._send(method, request, used.headers, timeout)
            except _grpc().RpcError as error:
                code, words = error.code().name, error.details() or ""
            self._answered = self._answered or code not in _SILENT
            may_sign_in = method not in _OPEN and sign_ins < self._credentials.steps
            if code == "UNAUTHENTICATED" and may_sign_in:
                sign_ins += 1
                self._credentials.renew(used)
                continue
            if _is_transient(code, words) and self._may_repeat(words, began):
                time.sleep(_PAUSES[min(attempts, len(_PAUSES)) - 1])
                continue
            raise self._error(method, code, words, attempts)

    def close(self) -> None:
        """Close the channel; a later call opens another one."""
        with self._lock:
            channel, self._opened = self._opened, None
            self._stubs.clear()
        if channel is not None:
            channel.close()

    def _send(
        self,
        method: str,
        request: Message,
        headers: tuple[tuple[str, str], ...],
        timeout: float | None,
    ) -> Any:
        stub = self._stub(method)
        self.calls += 1
        answer = stub(request, timeout=timeout or self.timeout, metadata=headers)
        self._answered = True
        return answer

    def _stub(self, method: str) -> Any:
        with self._lock:
            if not self._stubs:
                if self._opened is None:
                    self._opened = _open(self.endpoint)
                self._stubs = _stubs(self._opened)
            if method not in self._stubs:
                msg = f"Flyte has no method {method!r}."
                raise CallError(msg + nearest(method, self._stubs))
            return self._stubs[method]

    def _may_repeat(self, words: str, began: float) -> bool:
        patience = PATIENCE
        if not self._answered and any(each.words.search(words) for each in _AT_FIRST):
            patience = _FIRST_PATIENCE
        return time.monotonic() - began < patience

    def _error(self, method: str, code: str, words: str, attempts: int) -> KitError:
        where = f"Flyte at {self.endpoint.address!r}"
        facts: dict[str, Any] = {"code": code, "words": words, "attempts": attempts}
        if code == "UNAVAILABLE":
            causes = _PERMANENT if self._answered else (*_PERMANENT, *_AT_FIRST)
            for cause in causes:
                if cause.words.search(words):
                    msg = f"{where} cannot be reached. {cause.advice} grpc: {words}"
                    return EndpointError(msg, **facts)
            msg = f"{where} is not available ({_times(attempts)}): {words}"
            return RemoteUnavailableError(msg, **facts)
        if code == "DEADLINE_EXCEEDED":
            msg = (
                f"{where} did not answer {method} in time. Is it overloaded? "
                "kit.Remote(timeout=SECONDS) waits longer."
            )
            return RemoteUnavailableError(msg, **facts)
        if code == "UNAUTHENTICATED":
            msg = f"{where} does not accept the sign-in: {words}"
            return SignInError(msg, **facts)
        if code == "UNIMPLEMENTED" and self._is_foreign(method):
            return EndpointError(self._what_it_is(words), **facts)
        msg = f"{where} refuses {method}: {code} {words}".rstrip()
        return _CLASSES.get(code, RemoteError)(msg, **facts)

    def _is_foreign(self, method: str) -> bool:
        """Return whether the server lacks what every Flyte 1 has."""
        if method == "GetVersion":
            return True
        from flyteidl.admin.version_pb2 import GetVersionRequest

        try:
            headers = self._credentials.current.headers
            self._send("GetVersion", GetVersionRequest(), headers, None)
        except _grpc().RpcError as error:
            return bool(error.code().name == "UNIMPLEMENTED")
        return False

    def _what_it_is(self, words: str) -> str:
        where = f"The server at {self.endpoint.address!r}"
        if self._opened is not None and _is_flyte_2(self._opened, self.timeout):
            return (
                f"{where} is of Flyte 2, which has another API. kit registers and "
                "launches on Flyte 1. Its templates are the same: kit show, kit export."
            )
        return (
            f"{where} is not flyteadmin of Flyte 1: {words}. Expected the address of "
            "its gRPC."
        )


_OPEN = ("GetPublicClientConfig", "GetOAuth2Metadata")
"""What a sign-in asks, and so must not wait for one."""

_SILENT = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED")
_CLASSES: dict[str, type[RemoteError]] = {
    "NOT_FOUND": RemoteNotFoundError,
    "ALREADY_EXISTS": RemoteExistsError,
    **dict.fromkeys(
        (
            *("INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE", "INTERNAL"),
            *("RESOURCE_EXHAUSTED", "PERMISSION_DENIED", "UNKNOWN", "UNIMPLEMENTED"),
        ),
        RemoteRefusedError,
    ),
}


def _is_transient(code: str, words: str) -> bool:
    """Return whether the same call may go well a moment later."""
    if code == "UNAVAILABLE":
        return not any(cause.words.search(words) for cause in _PERMANENT)
    if code == "INTERNAL":
        return "RST_STREAM" in words
    return code == "RESOURCE_EXHAUSTED" and "too many requests" in words.lower()


def _times(attempts: int) -> str:
    return "asked once" if attempts == 1 else f"asked {attempts} times"


@functools.cache
def _grpc() -> Any:
    """Import gRPC, without the lines that it writes when a server is restarted."""
    chosen = os.environ.get(_VERBOSITY)
    os.environ.setdefault(_VERBOSITY, "ERROR")  # it is read once, by the import
    try:
        import grpc
    except ImportError as error:
        raise MissingPackageError(
            "grpcio", extra="remote", purpose="A connection to Flyte"
        ) from error
    finally:
        if chosen is None:
            del os.environ[_VERBOSITY]
    return grpc


_VERBOSITY = "GRPC_VERBOSITY"


def _open(endpoint: Endpoint) -> grpc.Channel:
    if endpoint.insecure:
        return _grpc().insecure_channel(endpoint.address, _OPTIONS)
    certificates = _authorities(endpoint)
    credentials = _grpc().ssl_channel_credentials(certificates)
    return _grpc().secure_channel(endpoint.address, credentials, _OPTIONS)


def _authorities(endpoint: Endpoint) -> bytes | None:
    """Return the certificates that are trusted; None for the system's."""
    try:
        if not endpoint.verify:
            import ssl

            host, _, port = endpoint.address.rpartition(":")
            where = (host.strip("[]"), int(port))
            return ssl.get_server_certificate(where, timeout=10).encode()
        if endpoint.ca_certificate:
            return Path(endpoint.ca_certificate).read_bytes()
    except OSError as error:
        what = endpoint.ca_certificate or f"certificate of {endpoint.address!r}"
        raise EndpointError(f"The {what} cannot be read: {error}.") from error
    return None


def _stubs(channel: grpc.Channel) -> dict[str, Any]:
    """Return the methods of all services by name."""
    from importlib import import_module

    found: dict[str, Any] = {}
    for name in _SERVICES:
        module = import_module(f"flyteidl.service.{name}_pb2_grpc")
        for attribute, stub_class in vars(module).items():
            if attribute.endswith("Stub"):
                found.update(vars(stub_class(channel)))
    return found


def _is_flyte_2(channel: grpc.Channel, timeout: float) -> bool:
    """Ask for a method of Flyte 2: a server that lacks its service is none."""
    call = channel.unary_unary("/flyteidl2.task.TaskService/GetTaskDetails")
    try:
        call(b"", timeout=timeout)
    except _grpc().RpcError as error:
        return error.code().name not in ("UNIMPLEMENTED", *_SILENT)
    return True
