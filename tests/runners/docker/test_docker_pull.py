"""Images from a registry, which runs on this machine."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import pytest
from local_images import archive, digest, image_config

from kit.errors import ImageNotFoundError
from kit.runners.docker.engine import find_image

pytestmark = pytest.mark.docker

KIND = "application/vnd.docker"
MANIFEST = f"{KIND}.distribution.manifest.v2+json"


class Registry(http.server.ThreadingHTTPServer):
    """Serves one image under every name, and counts who asks for it."""

    daemon_threads = True

    def __init__(self, architecture: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        layer = archive({"readme": b"pulled"})
        config = image_config(layer, architecture)
        kinds = {
            "config": (f"{KIND}.container.image.v1+json", config),
            "layer": (f"{KIND}.image.rootfs.diff.tar", layer),
        }
        facts = {
            name: {"mediaType": kind, "size": len(data), "digest": digest(data)}
            for name, (kind, data) in kinds.items()
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": facts["config"],
            "layers": [facts["layer"]],
        }
        self.manifest = json.dumps(manifest).encode()
        self.blobs = {digest(data): data for _, data in kinds.values()}
        self.asked = 0


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers what an engine asks when it pulls."""

    server: Registry

    def do_GET(self) -> None:
        """Answer with a manifest or a blob, of which HEAD takes the head."""
        kind, body = "application/octet-stream", b"{}"
        if "/manifests/" in self.path:
            kind, body = MANIFEST, self.server.manifest
            self.server.asked += self.command == "GET"
        elif "/blobs/" in self.path:
            body = self.server.blobs[self.path.rpartition("/")[2]]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Docker-Content-Digest", digest(body))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name http.server calls

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def registry(engine) -> Iterator[tuple[Registry, str]]:
    """Give a registry, and the name of the image in it."""
    server = Registry(engine.architecture)
    name = f"127.0.0.1:{server.server_port}/kit-test/pulled:1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server, name
    server.shutdown()
    server.server_close()
    if engine.client.images.list(name):
        engine.client.images.remove(name, force=True)


def test_an_image_is_pulled_when_that_is_allowed(engine, registry):
    """Never by itself; once if it is missing; each time if always."""
    server, name = registry
    with pytest.raises(ImageNotFoundError, match="has no image"):
        find_image(engine, name)
    assert server.asked == 0
    for asked in (1, 1):
        image = find_image(engine, name, pull="missing")
        assert (image.architecture, image.path) == (engine.architecture, "/bin")
        assert server.asked == asked
    find_image(engine, name, pull="always")
    assert find_image(engine, name).name == name
