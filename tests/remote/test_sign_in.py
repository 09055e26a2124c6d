"""Signing in: by all of flytekit's ways, after the server asked, without a trace."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import webbrowser
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from flyte_double import FlyteDouble
from flyteidl.admin.version_pb2 import GetVersionRequest

import kit
from kit.errors import KitError, MissingPackageError, SignInError

VERSION = GetVersionRequest()
SECRET = "s3cr3t-of-acme"


def connect(double, **facts):
    """Return a remote that signs in to a double."""
    sign_in = kit.SignIn(**{"client_id": "acme", "client_secret": SECRET, **facts})
    return kit.Remote(double.address, insecure=True, sign_in=sign_in)


def test_the_first_call_goes_without_a_token(signed_double):
    """One is asked for after UNAUTHENTICATED, and kept."""
    with connect(signed_double, mode="ClientSecret") as remote:
        remote.call("GetVersion", VERSION)
        remote.call("GetVersion", VERSION)
    assert [name for name, _ in signed_double.calls] == [
        *("GetVersion", "GetPublicClientConfig", "GetOAuth2Metadata", "GetVersion"),
        "GetVersion",
    ]
    assert len(signed_double.authorization.requests) == 1


def test_an_expired_token_is_renewed(signed_double):
    """After one refused call."""
    with connect(signed_double, mode="ClientSecret") as remote:
        remote.call("GetVersion", VERSION)
        signed_double.authorization.expire()
        remote.call("GetVersion", VERSION)
    assert len(signed_double.authorization.requests) == 2


def test_many_threads_sign_in_once(signed_double):
    """The others wait for the one that does."""
    with (
        connect(signed_double, mode="ClientSecret") as remote,
        ThreadPoolExecutor(8) as pool,
    ):
        list(pool.map(lambda _: remote.call("GetVersion", VERSION), range(16)))
    assert len(signed_double.authorization.requests) == 1


def test_a_server_without_authentication_takes_any_sign_in(double):
    """Flytekit fails there: it asks for metadata that the server has not."""
    with connect(double, mode="ClientSecret") as remote:
        remote.call("GetVersion", VERSION)


def test_a_token_that_is_good_for_nothing_ends(signed_double):
    """It is not asked for again and again."""
    command = (sys.executable, "-c", "print('garbage-token-xyz')")
    with (
        connect(signed_double, mode="ExternalCommand", command=command) as remote,
        pytest.raises(SignInError, match="does not accept the sign-in") as told,
    ):
        remote.call("GetVersion", VERSION)
    assert "invalid number of segments" in told.value.words
    assert signed_double.count("GetVersion") == 2


def test_a_command_gives_the_token(signed_double):
    """Whatever prints one."""
    token = signed_double.authorization.make_token()
    command = (sys.executable, "-c", f"print({token!r})")
    with connect(signed_double, mode="ExternalCommand", command=command) as remote:
        remote.call("GetVersion", VERSION)


def test_a_browser_signs_in(signed_double, monkeypatch):
    """PKCE: the browser is sent to the server, and comes back with a code."""

    def browse(url):
        open_in_background = threading.Thread(
            target=lambda: requests.get(url, timeout=20), daemon=True
        )
        open_in_background.start()
        return True

    monkeypatch.setattr(webbrowser, "open_new_tab", browse)
    with connect(signed_double, mode="Pkce") as remote:
        remote.call("GetVersion", VERSION)
    assert signed_double.authorization.requests[0]["grant_type"] == "authorization_code"


def test_a_device_signs_in(signed_double, capsys):
    """The user is told where to go; the token is asked for until it is there."""
    with connect(signed_double, mode="DeviceFlow") as remote:
        remote.call("GetVersion", VERSION)
    assert "user_code=ABCD" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            {"mode": "ClientSecret", "client_secret": "wr0ng-s3cr3t"},
            "the token endpoint answers 401 invalid_client",
        ),
        (
            {"mode": "ClientSecret", "client_secret": ""},
            "needs a client id and a secret",
        ),
        (
            {
                "mode": "ExternalCommand",
                "command": (
                    sys.executable,
                    "-c",
                    "import sys; print('t0ken-out'); sys.exit('t0ken-err')",
                ),
            },
            "fails; run it in a terminal",
        ),
        ({"mode": "ExternalCommand", "command": ("no-such-program",)}, "fails; run it"),
        ({"mode": "ExternalCommand"}, "names no command"),
    ],
)
def test_a_failed_sign_in_shows_no_credential(
    signed_double, facts, words, caplog, capsys
):
    """Not in the message, its cause, the log, or on the terminal."""
    caplog.set_level(logging.DEBUG)
    remote = connect(signed_double, **facts)
    for _ in range(2):
        with pytest.raises(SignInError, match="wants a sign-in") as told:
            remote.call("GetVersion", VERSION)
    assert words in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__
    written = caplog.text + "".join(capsys.readouterr()) + str(told.value)
    for secret in ("wr0ng-s3cr3t", SECRET, "t0ken-out", "t0ken-err"):
        assert secret not in written
    assert len(signed_double.authorization.requests) <= 1


def test_a_proxy_is_signed_in_to_first(signed_double, monkeypatch):
    """Its header goes along with the server's own."""
    seen = []
    refusal = signed_double.authorization.refusal

    def refuse(metadata):
        seen.append(metadata.get("proxy-authorization", ""))
        return refusal(metadata)

    monkeypatch.setattr(signed_double.authorization, "refusal", refuse)
    command = (sys.executable, "-c", "print('for-the-proxy')")
    with connect(signed_double, mode="ClientSecret", proxy_command=command) as remote:
        remote.call("GetVersion", VERSION)
    assert seen == ["", "Bearer for-the-proxy", "Bearer for-the-proxy"]


def test_the_process_stays_as_it_is(signed_double):
    """Flytekit's import replaces the handler of Ctrl-C, and the hook of errors."""
    program = f"""
import logging, signal, sys, warnings
def state():
    return [signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM),
            sys.excepthook, list(logging.root.handlers), list(logging.root.filters),
            list(warnings.filters)]
import kit
from flyteidl.admin.version_pb2 import GetVersionRequest
sign_in = kit.SignIn(mode="ClientSecret", client_id="acme", client_secret={SECRET!r})
remote = kit.Remote({signed_double.address!r}, insecure=True, sign_in=sign_in)
before = state()
remote.call("GetVersion", GetVersionRequest())
assert "flytekit" in sys.modules
assert state() == before, [pair for pair in zip(before, state()) if pair[0] != pair[1]]
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_without_flytekit_the_error_says_what_to_install(signed_double):
    """Only a server that wants a sign-in needs it."""
    program = f"""
import sys
sys.modules["flytekit"] = None
import kit
from flyteidl.admin.version_pb2 import GetVersionRequest
remote = kit.Remote({signed_double.address!r}, insecure=True)
try:
    remote.call("GetVersion", GetVersionRequest())
except kit.KitError as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith(MissingPackageError.__name__)
    assert "pip install 'flyte-task-kit[remote]'" in done.stdout


def test_ctrl_c_stays_pythons(signed_double):
    """After a sign-in, too."""
    with connect(signed_double, mode="ClientSecret") as remote:
        before = signal.getsignal(signal.SIGINT)
        remote.call("GetVersion", VERSION)
        assert signal.getsignal(signal.SIGINT) is before


def test_a_server_that_says_not_how_to_sign_in(tmp_path):
    """A token is wanted, and its metadata are not there."""
    from authorization_double import Authorization

    made = FlyteDouble(tmp_path, authorization=Authorization())
    with made as double:
        double.services = ("AdminService", "DataProxyService")
        with (
            connect(double, mode="ClientSecret") as remote,
            pytest.raises(KitError, match="does not say how to sign in"),
        ):
            remote.call("GetVersion", VERSION)
