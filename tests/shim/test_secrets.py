from __future__ import annotations

import os

import pytest
from flyteidl.core import security_pb2
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import ContextError, SecretNotFoundError
from kit.shim.secrets import SecretsManager, secret_variables

MountType = security_pb2.Secret.MountType


def manager(environ, *, local=False, requests=()):
    """Make a manager of a container, with these variables and no others."""
    return SecretsManager(local=local, environ=environ, requests=requests)


def test_environment_variable():
    """The webhook's variable is found and stripped of white space."""
    secrets = manager({"_FSEC_DB_PASSWORD": "  hunter2\n"})
    assert secrets.get("db", "password") == "hunter2"


def test_attribute_style():
    """A group and a key can be written as attributes."""
    assert manager({"_FSEC_DB_USER": "x"}).db.user == "x"


def test_version_comes_first_and_is_optional():
    """The name with the version wins over the webhook's without it."""
    both = {"_FSEC_DB_V1_PASSWORD": "new", "_FSEC_DB_PASSWORD": "old"}
    assert manager(both).get("db", "password", "v1") == "new"
    assert manager({"_FSEC_DB_PASSWORD": "old"}).get("db", "password", "v1") == "old"


def test_key_without_group():
    """A secret may have a key only."""
    assert manager({"_FSEC_TOKEN": "t"}).get(key="token") == "t"


def test_prefix_of_the_environment():
    """FLYTE_SECRETS_ENV_PREFIX replaces the prefix."""
    environ = {"FLYTE_SECRETS_ENV_PREFIX": "_UNION_", "_UNION_DB_PASSWORD": "x"}
    assert manager(environ).get("db", "password") == "x"


def test_no_prefix_is_needed_only_outside_a_container():
    """A bare variable counts locally and not in a container."""
    environ = {"DB_PASSWORD": "bare"}
    assert manager(environ, local=True).get("db", "password") == "bare"
    with pytest.raises(SecretNotFoundError):
        manager(environ).get("db", "password")


def test_file(tmp_path):
    """A mounted file is found by lower-cased group and key."""
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "password").write_text("from file\n")
    secrets = manager({"FLYTE_SECRETS_DEFAULT_DIR": str(tmp_path)})
    assert secrets.get("DB", "Password") == "from file"


def test_file_with_prefix_and_version(tmp_path):
    """The file prefix stands before the last part of the path."""
    (tmp_path / "db" / "v1").mkdir(parents=True)
    (tmp_path / "db" / "v1" / "s_password").write_text("x")
    environ = {
        "FLYTE_SECRETS_DEFAULT_DIR": str(tmp_path),
        "FLYTE_SECRETS_FILE_PREFIX": "s_",
    }
    assert manager(environ).get("db", "password", "v1") == "x"


def test_binary_value(tmp_path):
    """A secret that is no text can be read as bytes."""
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "key").write_bytes(b"\xff\xfe")
    secrets = manager({"FLYTE_SECRETS_DEFAULT_DIR": str(tmp_path)})
    assert secrets.get("db", "key", encode_mode="rb") == b"\xff\xfe"


@pytest.mark.parametrize("mount", [MountType.ENV_VAR, MountType.ANY])
def test_env_var_of_the_request_holds_the_value(mount):
    """A request's env_var is another name of the secret."""
    request = security_pb2.Secret(
        group="db", key="password", env_var="PGPASSWORD", mount_requirement=mount
    )
    secrets = manager({"PGPASSWORD": "x"}, requests=[request])
    assert secrets.get("db", "password") == "x"


@pytest.mark.parametrize("mount", [MountType.FILE, MountType.ANY])
def test_env_var_of_a_mounted_file_holds_its_path(tmp_path, mount):
    """The webhook writes a mounted file's path into env_var."""
    file = tmp_path / "secret"
    file.write_text("in file")
    request = security_pb2.Secret(
        group="db", key="password", env_var="PGPASSFILE", mount_requirement=mount
    )
    secrets = manager({"PGPASSFILE": str(file)}, requests=[request])
    assert secrets.get("db", "password") == "in file"


def test_long_value_is_no_path():
    """A value that no path could be is a value, and shows up in no error."""
    request = security_pb2.Secret(group="db", key="k", env_var="P")
    assert manager({"P": "v" * 9999}, requests=[request]).get("db", "k") == "v" * 9999


def test_error_lists_the_places_and_no_values():
    """The error says flytekit's sentence and every place that was looked at."""
    secrets = manager({"_FSEC_DB_OTHER": "hunter2"}, local=True)
    with pytest.raises(SecretNotFoundError) as caught:
        secrets.get("db", "password", "v1")
    text = str(caught.value)
    assert (
        "Please make sure to add secret_requests=[Secret(group=db, key=password)] in "
        "@task. Unable to find secret for key password in group db in Env Var:"
    ) in text
    for place in (
        "_FSEC_DB_V1_PASSWORD",
        "_FSEC_DB_PASSWORD",
        "/etc/secrets/db/v1/password",
        "/etc/secrets/db/password",
        "The task does not request it",
    ):
        assert place in text
    assert "hunter2" not in text


def test_error_names_the_requests_own_variable():
    """A secret that is requested and missing is looked for under its env_var too."""
    request = security_pb2.Secret(group="db", key="password", env_var="PGPASSWORD")
    with pytest.raises(SecretNotFoundError, match="PGPASSWORD") as caught:
        manager({}, requests=[request]).get("db", "password")
    assert "does not request" not in str(caught.value)


def test_unreadable_file(tmp_path):
    """A file that is named and missing is an error with its path."""
    request = security_pb2.Secret(
        group="db", key="k", env_var="P", mount_requirement=MountType.FILE
    )
    secrets = manager({"P": str(tmp_path / "gone")}, requests=[request])
    with pytest.raises(SecretNotFoundError, match=r"gone.*No such file"):
        secrets.get("db", "k")


def test_nothing_asked_for():
    """A secret without group and key is a mistake of the caller."""
    with pytest.raises(ContextError, match="group or a key"):
        manager({}).get()


@pytest.mark.flytekit
def test_names_are_flytekits(monkeypatch):
    """The first names looked at are the ones flytekit makes."""
    from flytekit.core.context_manager import SecretsManager as Theirs

    for prefix in ("_FSEC_", "X_"):
        monkeypatch.setenv("FLYTE_SECRETS_ENV_PREFIX", prefix)
        theirs, ours = Theirs(), SecretsManager()
        for names in (("g", "k"), ("g", "k", "v"), ("G", "Key_1", None), ("g", None)):
            assert ours.get_secrets_env_var(*names) == theirs.get_secrets_env_var(
                *names
            )
            assert ours.get_secrets_file(*names) == theirs.get_secrets_file(*names)


def test_a_secret_of_any_bytes_goes_into_a_variable(tmp_path):
    """What is no text does not stop a call; the variable has the same bytes."""
    template = TaskTemplate()
    template.security_context.secrets.add(group="db", key="token")
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "token").write_bytes(b"\xff\xfe\x01")
    environ = {"FLYTE_SECRETS_DEFAULT_DIR": str(tmp_path)}
    found = secret_variables(template, environ)
    assert os.fsencode(found["_FSEC_DB_TOKEN"]) == b"\xff\xfe\x01"
