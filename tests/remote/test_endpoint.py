"""Where a Flyte is: arguments, environment variables and config files."""

from __future__ import annotations

import pytest

import kit
from kit.errors import CallError, EndpointError, SignInError
from kit.remote.endpoint import Endpoint

CONFIG = """
admin:
  endpoint: dns:///flyte.example.com
  authType: ClientSecret
  clientId: acme
  clientSecretLocation: {secret}
  scopes: [all, offline]
task:
  project: lab
console:
  endpoint: https://console.example.com
"""


@pytest.fixture
def home(tmp_path):
    """Make ~/.flyte."""
    folder = tmp_path / "home" / ".flyte"
    folder.mkdir()
    return folder


def test_the_users_yaml_is_read(home, tmp_path):
    """Endpoint, project, sign-in and console, as flytectl writes them."""
    secret = tmp_path / "secret"
    secret.write_text("open sesame\n")
    (home / "config.yaml").write_text(CONFIG.format(secret=secret))
    remote = kit.Remote.auto()
    assert repr(remote) == (
        "Remote('flyte.example.com:443', project='lab', domain='development')"
    )
    assert remote.endpoint.sign_in.mode == "ClientSecret"
    assert remote.endpoint.sign_in.secret() == "open sesame"
    assert remote.endpoint.console_url == "https://console.example.com/console"
    assert remote.endpoint.insecure is False


def test_variables_win_over_files(home, monkeypatch):
    """As in flytekit: FLYTE_<SECTION>_<OPTION>."""
    (home / "config.yaml").write_text("admin: {endpoint: 'a:1', insecure: false}")
    monkeypatch.setenv("FLYTE_PLATFORM_URL", "localhost:30080")
    monkeypatch.setenv("FLYTE_PLATFORM_INSECURE", "True")
    monkeypatch.setenv("FLYTE_CREDENTIALS_AUTH_MODE", "basic")
    remote = kit.Remote(domain="staging")
    assert remote.endpoint.address == "localhost:30080"
    assert remote.endpoint.insecure
    assert remote.endpoint.sign_in.mode == "ClientSecret"
    assert remote.domain == "staging"


def test_flytectl_config_wins_over_home(home, tmp_path, monkeypatch):
    """Whichever form the file has: YAML by its ending, else INI."""
    (home / "config.yaml").write_text("admin: {endpoint: 'a:1'}")
    ini = tmp_path / "config.ini"
    ini.write_text("[platform]\nurl = b:2\ninsecure = true\n[local]\nproject = p%x\n")
    monkeypatch.setenv("FLYTECTL_CONFIG", str(ini))
    assert kit.Remote.auto().endpoint.address == "b:2"
    assert kit.Remote.auto().project == "p%x"
    assert kit.Remote.auto(home / "config.yaml").endpoint.address == "a:1"


def test_no_endpoint_is_an_error_that_says_where_to_write_one():
    """What was looked for, and the shortest way out."""
    with pytest.raises(EndpointError, match="FLYTE_PLATFORM_URL is not set"):
        kit.Remote.auto()
    with pytest.raises(EndpointError, match="insecure=True"):
        kit.Remote(project="lab")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://localhost:30080", "Pass endpoint='localhost:30080', insecure=True"),
        ("https://u:pw@h/console", "Pass endpoint='h'"),
        ("localhost:99999", "expected host:port"),
        ("a b:1", "expected host:port"),
        ("", "expected host:port"),
        ("host:port", "expected host:port"),
    ],
)
def test_what_is_not_an_endpoint_is_refused(address, words):
    """With what to write; a password in it is not repeated."""
    with pytest.raises(EndpointError, match="endpoint") as told:
        kit.Remote(address)
    assert words in str(told.value)
    assert "pw" not in str(told.value)


def test_an_address_is_completed():
    """dns:/// is grpc's own; TLS has a port of its own; IPv6 has brackets."""
    assert Endpoint(address="dns:///h:81").address == "h:81"
    assert Endpoint(address="h").address == "h:443"
    assert Endpoint(address="[::1]:81").address == "[::1]:81"
    with pytest.raises(EndpointError, match="names no port"):
        Endpoint(address="h", insecure=True)


def test_a_broken_config_is_named_and_not_quoted(home, monkeypatch, tmp_path):
    """Its lines may hold secrets."""
    (home / "config.yaml").write_text("admin: {endpoint: [a, secret: 'x1y2z3'")
    with pytest.raises(EndpointError, match=r"config\.yaml.* cannot be read") as told:
        kit.Remote.auto()
    assert "x1y2z3" not in str(told.value)
    monkeypatch.setenv("FLYTECTL_CONFIG", str(tmp_path / "none.yaml"))
    with pytest.raises(EndpointError, match="that FLYTECTL_CONFIG names"):
        kit.Remote.auto()
    (home / "config.yaml").write_text("- a list")
    with pytest.raises(EndpointError, match="cannot be read"):
        kit.Remote.auto(home / "config.yaml")
    (home / "config.yaml").write_text("admin: nothing")
    with pytest.raises(EndpointError, match=r"names none \(admin.endpoint\)"):
        kit.Remote.auto(home / "config.yaml")


def test_a_sign_in_shows_its_mode_alone(monkeypatch):
    """Neither in a repr nor in an error."""
    sign_in = kit.SignIn(mode="clientsecret", client_id="me", client_secret="s3cr3t")
    assert repr(sign_in) == "SignIn(mode='ClientSecret')"
    remote = kit.Remote("localhost:1", insecure=True, sign_in=sign_in)
    assert "s3cr3t" not in repr(remote) + repr(remote.endpoint) + repr(vars(remote))
    monkeypatch.setenv("MINE", "other")
    assert kit.SignIn(client_secret_variable="MINE").secret() == "other"
    with pytest.raises(SignInError, match="Did you mean 'Pkce'"):
        kit.SignIn(mode="Pkse")
    with pytest.raises(SignInError, match="cannot be read"):
        kit.SignIn(client_secret_file="/nowhere").secret()


@pytest.mark.parametrize("timeout", [0, -1, True, "1", float("nan")])
def test_a_timeout_is_a_positive_number(timeout):
    """And nothing else."""
    with pytest.raises(CallError, match="positive number"):
        kit.Remote("localhost:1", insecure=True, timeout=timeout)
