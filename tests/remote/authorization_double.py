"""A double of an authorization server on loopback: tokens by all of flytekit's ways."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from flyteidl.service import auth_pb2, identity_pb2

_FRAME = "token parse error id token err: access token err: "
_NO_TOKEN = (
    "[JWT_VERIFICATION_FAILED] Could not retrieve bearer token from metadata, caused "
    "by: rpc error: code = Unauthenticated desc = Request unauthenticated with Bearer"
)
_NO_ID_TOKEN = (
    ", access token err: [JWT_VERIFICATION_FAILED] Could not retrieve id token from "
    "metadata, caused by: rpc error: code = Unauthenticated desc = Request "
    "unauthenticated with IDToken"
)


@dataclass
class Authorization:
    """What a Flyte trusts to sign its users in.

    Attributes:
        client: The id and the secret of the one client with a secret.
        seconds: How long a token is good.
        requests: The form of each request for a token.
    """

    client: tuple[str, str] = ("acme", "s3cr3t-of-acme")
    seconds: float = 60.0
    requests: list[dict[str, str]] = field(default_factory=list)
    port: int = 53593

    def __post_init__(self) -> None:
        self._tokens: dict[str, float] = {}
        self._challenges: dict[str, str] = {}
        self._devices: dict[str, int] = {}

    def start(self) -> None:
        double = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                double.authorize(self)

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                form = dict(urllib.parse.parse_qsl(self.rfile.read(size).decode()))
                status, answer = double.post(self.path, form, self.headers)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Write nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    # --- tokens -----------------------------------------------------------------------

    def make_token(self) -> str:
        """Return a new token that is good for a while."""
        token = f"token-{secrets.token_hex(16)}"
        self._tokens[token] = time.monotonic() + self.seconds
        return token

    def expire(self) -> None:
        """Let all tokens be expired."""
        self._tokens.update(dict.fromkeys(self._tokens, 0.0))

    def refusal(self, metadata: dict[str, str]) -> str:
        """Return why a call is not authenticated; empty if it is."""
        named = metadata.get("flyte-authorization") or metadata.get("authorization", "")
        scheme, _, token = named.partition(" ")
        if scheme.lower() != "bearer":
            return f"{_FRAME}{_NO_TOKEN}{_NO_ID_TOKEN}"
        if token not in self._tokens:
            words = "token contains an invalid number of segments"
            return f"{_FRAME}{words}{_NO_ID_TOKEN}"
        if self._tokens[token] < time.monotonic():
            return f"{_FRAME}Token is expired{_NO_ID_TOKEN}"
        return ""

    def authorize(self, handler: Any) -> None:
        """Approve a browser at once, and send it back with a code."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(handler.path).query))
        code = secrets.token_hex(8)
        self._challenges[code] = query["code_challenge"]
        back = urllib.parse.urlencode({"code": code, "state": query["state"]})
        handler.send_response(302)
        handler.send_header("Location", f"{query['redirect_uri']}?{back}")
        handler.end_headers()

    def post(
        self, path: str, form: dict[str, str], headers: Any
    ) -> tuple[int, dict[str, Any]]:
        """Answer a request for a token or for a device's code."""
        if path == "/oauth2/device":
            code = secrets.token_hex(8)
            self._devices[code] = 1
            return 200, {
                "device_code": code,
                "user_code": "ABCD",
                "verification_uri": f"{self.url}/device",
                "expires_in": 30,
                "interval": 1,
            }
        self.requests.append(form)
        return self._token(form, headers)

    def _token(self, form: dict[str, str], headers: Any) -> tuple[int, dict[str, Any]]:
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            told = headers.get("Authorization", "").removeprefix("Basic ")
            expected = base64.b64encode(":".join(self.client).encode()).decode()
            if told != expected:
                words = "Client authentication failed (e.g., unknown client)."
                return 401, {"error": "invalid_client", "error_description": words}
        elif grant == "authorization_code":
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if self._challenges.pop(form.get("code", ""), "") != challenge:
                return 400, {"error": "invalid_grant"}
        elif grant.endswith("device_code"):
            waits = self._devices.get(form.get("device_code", ""))
            if waits is None:
                return 400, {"error": "invalid_grant"}
            if waits:
                self._devices[form["device_code"]] -= 1
                return 400, {"error": "authorization_pending"}
        elif grant != "refresh_token":
            return 400, {"error": "unsupported_grant_type"}
        return 200, {
            "access_token": self.make_token(),
            "refresh_token": "refresh-me",
            "expires_in": int(self.seconds),
            "token_type": "bearer",
        }

    # --- AuthMetadataService, IdentityService -----------------------------------------

    def get_public_client_config(self, request: Any) -> Any:
        return auth_pb2.PublicClientAuthConfigResponse(
            client_id="flytectl",
            redirect_uri=f"http://localhost:{self.port}/callback",
            scopes=["offline", "all"],
            authorization_metadata_key="flyte-authorization",
        )

    def get_oauth2_metadata(self, request: Any) -> Any:
        return auth_pb2.OAuth2MetadataResponse(
            issuer=self.url,
            authorization_endpoint=f"{self.url}/oauth2/authorize",
            token_endpoint=f"{self.url}/oauth2/token",
            device_authorization_endpoint=f"{self.url}/oauth2/device",
            scopes_supported=["all"],
        )

    def user_info(self, request: Any) -> Any:
        return identity_pb2.UserInfoResponse(subject="acme")
