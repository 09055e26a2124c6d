"""A real web server on loopback that answers as it is told, well or badly."""

from __future__ import annotations

import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Answer", "WebServer"]


class Answer:
    """One answer.

    Args:
        status: Its status.
        body: What is sent.
        length: What the header says of its length; by default the truth, None for no
            such header.
        pause: Seconds to wait in the middle of the body.
        headers: Further ones.
    """

    def __init__(self, status=200, body=b"", *, length=-1, pause=0.0, headers=()):
        self.status, self.body, self.pause = status, body, pause
        self.headers = dict(headers)
        if length is not None:
            self.headers["Content-Length"] = str(len(body) if length < 0 else length)


class WebServer:
    """Gives the answers of a path in turn, and the last one from then on."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.requests: list[str] = []
        self.headers: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def give(self, path: str, *answers: Answer) -> str:
        """Set the answers of a path; return its URL."""
        self.answers[path] = list(answers)
        return self.url + path

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path = self.path.partition("?")[0]
                server.requests.append(path)
                server.headers.append(dict(self.headers))
                answers = server.answers.get(path, [Answer(404, b"none")])
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                self.close_connection = True
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                half = len(answer.body) // 2
                self.wfile.write(answer.body[:half])
                self.wfile.flush()
                time.sleep(answer.pause)
                self.wfile.write(answer.body[half:])

            def log_message(self, *_):
                """Keep the tests' output clean."""

            def handle(self):
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    super().handle()  # or whoever asked went away

        return Handler
