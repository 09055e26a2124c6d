"""Where a Flyte is and how to sign in: arguments, environment and config files.

The files and variables are those that Flyte's users have already, with flytekit's
precedence: a variable wins over a file, and the first file that exists is the one::

    $FLYTECTL_CONFIG           YAML of flytectl, or INI of flytekit by its ending
    ./flytekit.config          INI
    ~/.flyte/config            INI
    ~/.flyte/config.yaml       YAML
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from kit.errors import EndpointError, SignInError, nearest

SIGN_IN_MODES = ("Pkce", "ClientSecret", "DeviceFlow", "ExternalCommand")
"""The ways to sign in, as flytectl's ``authType`` names them."""

_OTHER_NAMES = {
    "standard": "Pkce",
    "basic": "ClientSecret",
    "client_credentials": "ClientSecret",
    "external_process": "ExternalCommand",
}
DEFAULT_PROJECT = "flytesnacks"
DEFAULT_DOMAIN = "development"


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """How to sign in to a Flyte that wants it; nothing of it is shown but the mode.

    Attributes:
        mode: One of :data:`SIGN_IN_MODES`.
        client_id: The application's name, for ClientSecret.
        client_secret: Its secret.
        client_secret_file: A file that contains it.
        client_secret_variable: An environment variable that contains it.
        command: The program and arguments that print a token, for ExternalCommand.
        proxy_command: The same, for a proxy in front of Flyte.
        scopes: What to ask for; the server's by default.
        audience: For whom the token is; the server's by default.
        http_proxy: The proxy of the requests that get tokens.

    Raises:
        SignInError: The mode is unknown.
    """

    mode: str = "Pkce"
    client_id: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    client_secret_file: str = field(default="", repr=False)
    client_secret_variable: str = field(default="", repr=False)
    command: tuple[str, ...] = field(default=(), repr=False)
    proxy_command: tuple[str, ...] = field(default=(), repr=False)
    scopes: tuple[str, ...] = field(default=(), repr=False)
    audience: str = field(default="", repr=False)
    http_proxy: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        known = {name.lower(): name for name in SIGN_IN_MODES}
        named = _OTHER_NAMES.get(self.mode, known.get(self.mode.lower()))
        if named is None:
            msg = f"Unknown sign-in {self.mode!r}: use {' or '.join(SIGN_IN_MODES)}."
            raise SignInError(msg + nearest(self.mode, SIGN_IN_MODES))
        object.__setattr__(self, "mode", named)

    def secret(self) -> str:
        """Return the client's secret, from where it is.

        Raises:
            SignInError: Its file cannot be read.
        """
        if self.client_secret_variable in os.environ:
            return os.environ[self.client_secret_variable]
        if not self.client_secret_file:
            return self.client_secret
        try:
            return Path(self.client_secret_file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            msg = f"The file of the client secret cannot be read: {error}."
            raise SignInError(msg) from error


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a Flyte is.

    Attributes:
        address: Host and port of flyteadmin's gRPC.
        insecure: Whether it is without TLS.
        verify: Whether the server's certificate is checked.
        ca_certificate: A file of the authorities that are trusted; the system's by
            default.
        console: The address of its console, if that is elsewhere.
        sign_in: How to sign in, if it wants that.
        source: Where this was said, for errors.

    Raises:
        EndpointError: The address is not one.
    """

    address: str
    insecure: bool = False
    verify: bool = True
    ca_certificate: str = ""
    console: str = ""
    sign_in: SignIn = field(default_factory=SignIn)
    source: str = ""

    def __post_init__(self) -> None:
        address = _checked_address(self.address, insecure=self.insecure)
        object.__setattr__(self, "address", address)

    @property
    def console_url(self) -> str:
        """Where its console is: by convention next to the API."""
        host = self.console.rstrip("/").removesuffix("/console")
        if not host:
            host = self.address
        if "://" in host:
            return f"{host}/console"
        return f"{'http' if self.insecure else 'https'}://{host}/console"


_ADDRESS = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[^\s/:@\[\]]+)(?::(?P<port>\d{1,5}))?")
_MOST_PORT = 65535


def _checked_address(address: Any, *, insecure: bool) -> str:
    """Return host and port; the port is 443 with TLS if none is given."""
    text = str(address).strip() if isinstance(address, str) else ""
    bare = text.removeprefix("dns:///")
    scheme, separator, rest = bare.partition("://")
    if separator:
        host = rest.partition("/")[0].rpartition("@")[2]
        word = ", insecure=True" if scheme == "http" else ""
        msg = (
            f"The endpoint starts with {scheme + separator!r}; expected a host and a "
            f"port, without a scheme. Pass endpoint={host!r}{word}."
        )
        raise EndpointError(msg)
    found = _ADDRESS.fullmatch(bare)
    if found is None or int(found["port"] or 1) not in range(1, _MOST_PORT + 1):
        msg = (
            f"{address!r:.100} is not an endpoint: expected host:port, such as "
            "'localhost:30080' or 'flyte.example.com'."
        )
        raise EndpointError(msg)
    if found["port"]:
        return bare
    if insecure:
        msg = f"{bare!r} names no port: without TLS, write one: '{bare}:30080'."
        raise EndpointError(msg)
    return f"{bare}:443"


class _Entry(NamedTuple):
    """A setting: its place in INI (and so its variable) and in YAML."""

    section: str
    option: str
    yaml: str = ""
    read: Callable[[Any], Any] = str

    @property
    def variable(self) -> str:
        return f"FLYTE_{self.section}_{self.option}".upper()


def _truth(value: Any) -> bool:
    if isinstance(value, str):
        return value.lower() not in ("", "false", "0", "off", "no")
    return bool(value)


def _words(value: Any) -> tuple[str, ...]:
    return tuple(value.split(",") if isinstance(value, str) else map(str, value))


_ENTRIES = {
    "address": _Entry("platform", "url", "admin.endpoint"),
    "insecure": _Entry("platform", "insecure", "admin.insecure", _truth),
    "unverified": _Entry(
        "platform", "insecure_skip_verify", "admin.insecureSkipVerify", _truth
    ),
    "ca_certificate": _Entry("platform", "ca_cert_file_path", "admin.caCertFilePath"),
    "console": _Entry("platform", "console_endpoint", "console.endpoint"),
    "project": _Entry("local", "project", "task.project"),
    "domain": _Entry("local", "domain", "task.domain"),
}
_SIGN_IN = {
    "mode": _Entry("credentials", "auth_mode", "admin.authType"),
    "client_id": _Entry("credentials", "client_id", "admin.clientId"),
    "client_secret": _Entry("credentials", "client_secret"),
    "client_secret_file": _Entry(
        "credentials", "client_secret_location", "admin.clientSecretLocation"
    ),
    "client_secret_variable": _Entry(
        "credentials", "client_secret_env_var", "admin.clientSecretEnvVar"
    ),
    "command": _Entry("credentials", "command", "admin.command", _words),
    "proxy_command": _Entry(
        "credentials", "proxy_command", "admin.proxyCommand", _words
    ),
    "scopes": _Entry("credentials", "scopes", "admin.scopes", _words),
    "audience": _Entry("credentials", "audience", "admin.audience"),
    "http_proxy": _Entry("platform", "http_proxy_url", "admin.httpProxyURL"),
}


class Configured(NamedTuple):
    """What environment and config files say.

    Attributes:
        endpoint: Where Flyte is.
        project: The project to use; empty if none is said.
        domain: The domain to use; empty if none is said.
    """

    endpoint: Endpoint
    project: str
    domain: str


def configured(path: str | os.PathLike[str] | None = None) -> Configured:
    """Read where Flyte is from the environment and from a config file.

    Args:
        path: The file; by default the first that exists, as above.

    Raises:
        EndpointError: Neither names an endpoint, or the file cannot be read.
        SignInError: It names an unknown way to sign in.
    """
    file = _config_file(path)
    content = _read(file) if file is not None else {}
    facts = _facts(_ENTRIES, content)
    if not facts.get("address"):
        raise EndpointError(_no_endpoint(file))
    project, domain = facts.pop("project", ""), facts.pop("domain", "")
    verify = not facts.pop("unverified", False)
    sign_in = _facts(_SIGN_IN, content)
    has_secret = sign_in.get("client_secret_file") or (
        sign_in.get("client_secret_variable", "") in os.environ
    )
    if has_secret:  # as flytekit takes it
        sign_in["mode"] = "ClientSecret"
    named = _ENTRIES["address"].variable
    source = f"${named}" if named in os.environ else str(file)
    try:
        endpoint = Endpoint(
            **facts, verify=verify, sign_in=SignIn(**sign_in), source=source
        )
    except EndpointError as error:
        raise EndpointError(f"{source}: {error}") from None
    return Configured(endpoint, project, domain)


def _no_endpoint(file: Path | None) -> str:
    missing = f"{file} names none (admin.endpoint)" if file else "no config file exists"
    return (
        f"No endpoint of Flyte is known: FLYTE_PLATFORM_URL is not set, and {missing}. "
        "Pass kit.Remote(endpoint='localhost:30080', insecure=True), or write "
        "~/.flyte/config.yaml (flytectl config init), or set FLYTECTL_CONFIG."
    )


def _facts(entries: Mapping[str, _Entry], content: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, entry in entries.items():
        value: Any = os.environ.get(entry.variable)
        if value is None:
            value = content.get(f"{entry.section}.{entry.option}")
        if value is None and entry.yaml:
            value = _at(content, entry.yaml)
        if value is not None and value != "":
            found[name] = entry.read(value)
    return found


def _at(content: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(content, Mapping):
            return None
        content = content.get(key)
    return content


def _config_file(path: str | os.PathLike[str] | None) -> Path | None:
    named = os.fspath(path) if path is not None else os.environ.get("FLYTECTL_CONFIG")
    if named:
        if not Path(named).is_file():
            source = "" if path is not None else " that FLYTECTL_CONFIG names"
            raise EndpointError(f"The config file{source} does not exist: {named!r}.")
        return Path(named)
    home = Path.home() / ".flyte"
    places = (Path("flytekit.config"), home / "config", home / "config.yaml")
    return next((place for place in places if place.is_file()), None)


def _read(path: Path) -> Mapping[str, Any]:
    """Return the content: YAML as it is, INI by ``section.option``."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix in (".yaml", ".yml"):
            return _read_yaml(text)
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(text)
    except (OSError, ValueError, configparser.Error) as error:
        kind = type(error).__name__  # its text has lines of the file: maybe secrets
        msg = f"The config file {str(path)!r} cannot be read: {kind}."
        raise EndpointError(msg) from None
    return {
        f"{section}.{option}": value
        for section in parser.sections()
        for option, value in parser.items(section)
    }


def _read_yaml(text: str) -> Mapping[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(text) or {}
        return dict(content.items())
    except (yaml.YAMLError, RecursionError, AttributeError) as error:
        raise ValueError from error
