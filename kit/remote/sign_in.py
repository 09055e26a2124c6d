"""Signing in to a Flyte: by flytekit's authenticators, which its users have already.

The first call goes without a token; only after UNAUTHENTICATED is flytekit's package
``clients`` loaded, and asked for one. What its import changes in the process (the
handler of SIGINT, the hook for exceptions, filters of warnings) is put back, and what
its authenticators log is dropped: secrets, tokens and the output of commands are in it.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from kit.errors import MissingPackageError, RemoteError, SignInError
from kit.remote.endpoint import Endpoint

if TYPE_CHECKING:
    from kit.remote.connection import Connection

_HTTP_TIMEOUT = 30.0
_KEPT_FAILURE_SECONDS = 5.0


class Headers(NamedTuple):
    """The headers that sign a call.

    Attributes:
        headers: Names and values.
        number: How often they were renewed.
    """

    headers: tuple[tuple[str, str], ...] = ()
    number: int = 0

    def __repr__(self) -> str:
        return f"Headers(number={self.number})"


class Credentials:
    """The credentials of one connection: none, until a server wants some.

    Args:
        endpoint: Where, and how to sign in there.
        connection: What asks the server where it has its tokens from.

    Attributes:
        current: What to sign the next call with.
    """

    def __init__(self, endpoint: Endpoint, connection: Connection) -> None:
        self.current = Headers()
        self._endpoint = endpoint
        self._connection = connection
        self._authenticator: Any = None
        self._proxy: Any = None
        self._lock = threading.Lock()
        self._failure: SignInError | MissingPackageError | None = None
        self._failed_at = 0.0

    @property
    def steps(self) -> int:
        """How often a call may be refused before a sign-in counts as failed."""
        return 2 if self._endpoint.sign_in.proxy_command else 1

    def renew(self, used: Headers) -> None:
        """Sign in after these headers were refused, unless another thread just did.

        Raises:
            SignInError: It failed.
            MissingPackageError: flytekit is not installed.
        """
        with self._lock:
            if used.number != self.current.number:
                return
            recent = time.monotonic() - self._failed_at < _KEPT_FAILURE_SECONDS
            if self._failure is not None and recent:
                raise self._failure
            try:
                headers = self._sign_in()
            except (SignInError, MissingPackageError) as error:
                self._failure, self._failed_at = error, time.monotonic()
                raise
            self.current = Headers(headers, used.number + 1)

    def _sign_in(self) -> tuple[tuple[str, str], ...]:
        """Return new headers: those of a proxy first, if there is one."""
        command = self._endpoint.sign_in.proxy_command
        with _process_unchanged():
            helper = _flytekit()
            if command and self._proxy is None:
                self._proxy = helper.get_proxy_authenticator(_platform(self._endpoint))
                self._refresh(self._proxy, "The proxy's command")
                return _headers(self._proxy)
            if self._authenticator is None:
                self._authenticator = self._made(helper)
            self._refresh(self._authenticator, self._endpoint.sign_in.mode)
            return _headers(self._proxy, self._authenticator)

    def _made(self, helper: Any) -> Any:
        try:
            made = helper.get_authenticator(
                _platform(self._endpoint), _store(self._connection)
            )
        except RemoteError as error:
            msg = f"{_where(self._endpoint)} does not say how to sign in: {error}"
            raise SignInError(msg) from None
        except Exception as error:  # noqa: BLE001 - any of flytekit's, with secrets in it
            raise SignInError(_said(self._endpoint, error)) from None
        _bound(made)
        return made

    def _refresh(self, authenticator: Any, what: str) -> None:
        try:
            authenticator.refresh_credentials()
        except Exception as error:  # noqa: BLE001 - any of flytekit's, with secrets in it
            raise SignInError(_said(self._endpoint, error, what)) from None


def _where(endpoint: Endpoint) -> str:
    return f"Flyte at {endpoint.address!r}"


def _said(endpoint: Endpoint, error: Exception, what: str = "") -> str:
    """Return what is known of a failure, and nothing that it quotes."""
    sign_in = endpoint.sign_in
    facts = f"{type(error).__name__}"
    text = str(error)
    status = text.partition("Status Code (")[2].partition(")")[0]
    if status.isdigit():
        reason = next((word for word in _OAUTH_ERRORS if f'"{word}"' in text), "")
        facts = f"the token endpoint answers {status} {reason}".rstrip()
    elif sign_in.mode == "ClientSecret" and not (
        sign_in.client_id and _secret(sign_in)
    ):
        facts = (
            "it needs a client id and a secret (admin.clientId, clientSecretLocation)"
        )
    elif sign_in.mode == "ExternalCommand" or what.startswith("The proxy"):
        command = sign_in.proxy_command if what.startswith("The") else sign_in.command
        name = command[0] if command else ""
        facts = f"the command {name!r} fails; run it in a terminal to see why"
        facts = facts if name else "it names no command (admin.command)"
    elif "Device Authentication is not available" in text:
        facts = "its authorization server has no device flow"
    return (
        f"{_where(endpoint)} wants a sign-in, and {what or sign_in.mode} failed: "
        f"{facts}."
    )


_OAUTH_ERRORS = (
    *("invalid_client", "invalid_scope", "invalid_request", "invalid_grant"),
    *("unauthorized_client", "access_denied", "unsupported_grant_type"),
)


def _secret(sign_in: Any) -> str:
    try:
        return str(sign_in.secret())
    except SignInError:
        return ""


def _headers(*authenticators: Any) -> tuple[tuple[str, str], ...]:
    pairs = (
        each.fetch_grpc_call_auth_metadata()
        for each in authenticators
        if each is not None
    )
    return tuple((name.lower(), value) for name, value in filter(None, pairs))


def _flytekit() -> Any:
    try:
        from flytekit.clients import auth_helper
    except ImportError as error:
        raise MissingPackageError(
            "flytekit",
            extra="remote",
            purpose="This Flyte wants a sign-in, which",
        ) from error
    return auth_helper


def _platform(endpoint: Endpoint) -> Any:
    """Return flytekit's form of an endpoint."""
    from flytekit.configuration import PlatformConfig

    sign_in = endpoint.sign_in
    return PlatformConfig(
        endpoint=endpoint.address,
        insecure=endpoint.insecure,
        insecure_skip_verify=not endpoint.verify,
        ca_cert_file_path=endpoint.ca_certificate or None,
        command=list(sign_in.command) or None,
        proxy_command=list(sign_in.proxy_command) or None,
        client_id=sign_in.client_id or None,
        client_credentials_secret=sign_in.secret() or None,
        scopes=list(sign_in.scopes),
        auth_mode=sign_in.mode,
        audience=sign_in.audience or None,
        http_proxy_url=sign_in.http_proxy or None,
    )


def _store(connection: Connection) -> Any:
    """Return what flytekit asks for the server's client configuration."""
    from flyteidl.service.auth_pb2 import (
        OAuth2MetadataRequest,
        PublicClientAuthConfigRequest,
    )
    from flytekit.clients.auth.authenticator import ClientConfig, ClientConfigStore

    class Store(ClientConfigStore):  # type: ignore[misc]
        """Asks by the connection itself, which has deadlines."""

        def get_client_config(self) -> Any:
            client = connection.call(
                "GetPublicClientConfig", PublicClientAuthConfigRequest()
            )
            server = connection.call("GetOAuth2Metadata", OAuth2MetadataRequest())
            return ClientConfig(
                token_endpoint=server.token_endpoint,
                authorization_endpoint=server.authorization_endpoint,
                redirect_uri=client.redirect_uri,
                client_id=client.client_id,
                scopes=client.scopes,
                header_key=client.authorization_metadata_key or None,
                device_authorization_endpoint=server.device_authorization_endpoint,
                audience=client.audience,
            )

    return Store()


def _bound(authenticator: Any) -> None:
    """Give the requests for tokens a timeout, which flytekit's have not."""
    import requests

    class Adapter(requests.adapters.HTTPAdapter):
        def send(self, request: Any, *args: Any, **options: Any) -> Any:
            options["timeout"] = options.get("timeout") or _HTTP_TIMEOUT
            return super().send(request, *args, **options)

    session = getattr(authenticator, "_session", None)
    if isinstance(session, requests.Session):
        for scheme, adapter in list(session.adapters.items()):
            if type(adapter) is requests.adapters.HTTPAdapter:
                session.mount(scheme, Adapter())


@contextlib.contextmanager
def _process_unchanged() -> Iterator[None]:
    """Undo what flytekit changes in the process, and drop what it logs meanwhile."""
    is_main = threading.current_thread() is threading.main_thread()
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.getsignal(number) for number in numbers]
    hook, filters = sys.excepthook, list(warnings.filters)
    root, silent, own = (
        logging.getLogger(),
        logging.NullHandler(),
        threading.get_ident(),
    )

    def is_others(record: logging.LogRecord) -> bool:
        return record.thread != own

    root.addHandler(silent)  # without one, logging.error installs one
    root.addFilter(is_others)
    try:
        yield
    finally:
        root.removeFilter(is_others)
        root.removeHandler(silent)
        sys.excepthook = hook
        warnings.filters[:] = filters  # type: ignore[index]
        for number, handler in zip(numbers, handlers, strict=True):
            if is_main and handler is not None:
                signal.signal(number, handler)
