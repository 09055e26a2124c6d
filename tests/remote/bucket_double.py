"""A double of a bucket: signed PUT and GET over HTTP on loopback, files in a folder."""

from __future__ import annotations

import base64
import hashlib
import http.server
import secrets
import threading
import urllib.parse
from pathlib import Path
from typing import Any

from flyteidl.service import dataproxy_pb2


class Bucket:
    """Files that are written by signed URLs; their native names are addresses of it.

    Attributes:
        requests: The method and the path of each request that came.
        uploads: How many files were stored.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[tuple[str, str]] = []
        self.fail_next: list[int] = []
        self.uploads = 0
        self._signed: dict[str, tuple[str, Path, bytes]] = {}
        self._known: dict[Path, bytes] = {}
        self._decks: dict[str, Path] = {}

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        bucket = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                self._serve("PUT")

            def do_GET(self) -> None:
                self._serve("GET")

            def log_message(self, *_: Any) -> None:
                """Write nothing."""

            def _serve(self, method: str) -> None:
                size = int(self.headers.get("Content-Length", 0))
                data = self.rfile.read(size)
                path = urllib.parse.urlsplit(self.path).path
                bucket.requests.append((method, path))
                status, body = bucket.serve(method, path, data, self.headers)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def serve(
        self, method: str, path: str, data: bytes, headers: Any
    ) -> tuple[int, bytes]:
        """Carry a signed request out."""
        if self.fail_next:
            return self.fail_next.pop(0), b"<Error>of the bucket</Error>"
        if method == "GET" and path.startswith("/bucket/"):
            return self._read(path)
        allowed, place, digest = self._signed.get(path, ("", Path(), b""))
        if allowed != method:
            return 403, b"<Error>AccessDenied</Error>"
        if method == "GET":
            return (200, place.read_bytes()) if place.is_file() else (404, b"NoSuchKey")
        return self._store(place, digest, data, headers.get("Content-MD5", ""))

    def _store(
        self, place: Path, digest: bytes, data: bytes, told: str
    ) -> tuple[int, bytes]:
        if told != base64.b64encode(digest).decode():
            return 403, b"<Error>SignatureDoesNotMatch</Error>"
        if hashlib.md5(data).digest() != digest:  # noqa: S324 - the protocol's
            return 400, b"<Error>BadDigest</Error>"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        self.uploads += 1
        return 200, b""

    def _read(self, path: str) -> tuple[int, bytes]:
        """Answer who reads the bucket by itself: a pod, and the store of kit."""
        place = self.place(self.url + path)
        if place.is_dir():
            names = "".join(f'<a href="{name.name}">x</a>' for name in place.iterdir())
            return 200, names.encode()
        return (200, place.read_bytes()) if place.is_file() else (404, b"NoSuchKey")

    def native(self, place: Path) -> str:
        """Return the address of a file of the bucket."""
        return f"{self.url}/bucket/{place.relative_to(self.folder).as_posix()}"

    def place(self, native_url: str) -> Path:
        """Return where the file of an address is."""
        name = urllib.parse.unquote(native_url.partition("/bucket/")[2])
        return self.folder / name

    def _sign(self, method: str, place: Path, digest: bytes = b"") -> str:
        path = f"/{secrets.token_hex(8)}/{urllib.parse.quote(place.name)}"
        self._signed[path] = (method, place, digest)
        return self.url + path

    # --- the data proxy ---------------------------------------------------------------

    def create_upload_location(self, request: Any) -> Any:
        from flyte_double import Refusal

        if not request.project or not request.domain:
            words = "project and domain are required parameters"
            raise Refusal("INVALID_ARGUMENT", words)
        if not request.content_md5 and not request.filename_root:
            words = "content_md5 or filename_root is a required parameter"
            raise Refusal("INVALID_ARGUMENT", words)
        digest = base64.b32encode(request.content_md5).decode()
        root = request.filename_root or digest
        name = request.filename or secrets.token_hex(10)
        place = self.folder / request.project / request.domain / root / name
        if self._known.setdefault(place, request.content_md5) != request.content_md5:
            words = (
                f"file already exists at location [{place}], specify a matching hash "
                "if you wish to rewrite"
            )
            raise Refusal("ALREADY_EXISTS", words)
        encoded = base64.b64encode(request.content_md5).decode()
        answer = dataproxy_pb2.CreateUploadLocationResponse(
            signed_url=self._sign("PUT", place, request.content_md5),
            native_url=self.native(place),
        )
        answer.headers["Content-MD5"] = encoded
        answer.headers["Content-Length"] = str(len(encoded))  # as the real one: a trap
        return answer

    def create_download_location(self, request: Any) -> Any:
        url = self._sign("GET", self.place(request.native_url))
        return dataproxy_pb2.CreateDownloadLocationResponse(signed_url=url)

    def create_download_link(self, request: Any) -> Any:
        from flyte_double import Refusal

        name = request.node_execution_id.execution_id.name
        if name not in self._decks:
            raise Refusal("NOT_FOUND", f"no deckUrl found for request [{name}]")
        url = self._sign("GET", self._decks[name])
        answer = dataproxy_pb2.CreateDownloadLinkResponse(signed_url=[url])
        answer.pre_signed_urls.signed_url.append(url)
        return answer

    def put_deck(self, execution: str, place: Path) -> None:
        """Note where the deck of an execution is, before the file is there."""
        self._decks[execution] = place
