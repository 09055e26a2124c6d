"""A real S3 server on loopback, moto's, that can be told to fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

__all__ = ["S3Server"]

KEY, SECRET = "kit-access-key", "kit-secret-value"


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None:
        """Keep the tests' output clean."""


class S3Server:
    """Answers as S3 does, except for what it is told to fail.

    Attributes:
        url: Its endpoint.
        requests: Method and path of all requests so far.
    """

    def __init__(self) -> None:
        self._s3 = DomainDispatcherApplication(create_backend_app)
        self._server = make_server(
            "127.0.0.1", 0, self._serve, threaded=True, request_handler=_Quiet
        )
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.requests: list[str] = []
        self._faults: list[list[Any]] = []

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def environ(self) -> dict[str, str]:
        """What flytekit's configuration reads of it."""
        return {
            "FLYTE_AWS_ENDPOINT": self.url,
            "FLYTE_AWS_ACCESS_KEY_ID": KEY,
            "FLYTE_AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def fail(self, request: str, status: str, *, times: int = 1) -> None:
        """Answer the next requests whose method and path begin so with a status."""
        code = status.split(" ", 1)[1].replace(" ", "")
        body = f"<Error><Code>{code}</Code><Message>told so</Message></Error>".encode()

        def answer(method: str, start: Callable[..., Any]) -> list[bytes]:
            start(status, [("Content-Length", str(len(body)))])
            return [] if method == "HEAD" else [body]

        self._faults.append([request, times, answer])

    def truncate(self, request: str, *, times: int = 1) -> None:
        """Break off the next such answers in the middle of the body."""
        self._faults.append([request, times, "truncate"])

    def slow_down(self, request: str, seconds: float, *, times: int = 10**6) -> None:
        """Wait before such answers."""
        self._faults.append([request, times, seconds])

    def forgive(self) -> None:
        """Forget what was to fail, and what was asked."""
        self._faults.clear()
        self.requests.clear()

    def _serve(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        request = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        self.requests.append(request)
        environ["HTTP_HOST"] = f"127.0.0.1:{self._server.server_port}"
        fault = self._next_fault(f"{request}?{environ['QUERY_STRING']}")
        if callable(fault):
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return fault(environ["REQUEST_METHOD"], start)
        if isinstance(fault, float):
            time.sleep(fault)
        body = self._s3(environ, start)
        return _broken(body) if fault == "truncate" else body

    def _next_fault(self, request: str) -> Any:
        for fault in self._faults:
            if request.startswith(fault[0]) and fault[1]:
                fault[1] -= 1
                return fault[2]
        return None


def _broken(body: Any) -> Iterator[bytes]:
    data = b"".join(body)
    yield data[: len(data) // 2]
    raise ConnectionAbortedError  # werkzeug closes the connection
