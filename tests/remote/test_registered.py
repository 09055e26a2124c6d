"""What is registered: versions, templates, and differences from them."""

from __future__ import annotations

import json

import flyte_tasks
import pytest
from flyte_tasks import GreetTask, greet

import kit
from kit.cli import main as run_app
from kit.errors import (
    CallError,
    RemoteNotFoundError,
    TargetError,
    TargetNotFoundError,
)
from kit.targets import parse_target


@pytest.fixture
def configured(double, monkeypatch):
    """Configure the double as users do."""
    monkeypatch.setenv("FLYTE_PLATFORM_URL", double.address)
    monkeypatch.setenv("FLYTE_PLATFORM_INSECURE", "true")
    return double


OLD = GreetTask("flyte_tasks.greet", word="servus")
PLACE = "flyte://flytesnacks/development/flyte_tasks.greet"


@pytest.fixture
def two_versions(configured):
    """Register two versions of a task."""
    kit.register(OLD, "v1")
    kit.register(greet, "v2")


@pytest.mark.usefixtures("two_versions")
def test_versions_are_listed_newest_first():
    """And the one that is defined here is marked."""
    found = kit.versions(greet)
    assert [entry.version for entry in found] == ["v2", "v1"]
    assert [entry.is_current for entry in found] == [True, False]
    assert found.current.version == "v2"
    assert found["v1"].template.custom == {"word": "servus"}
    assert found[0].image == "ghcr.io/acme/greet:1"
    assert repr(found) == "Versions('flyte_tasks.greet': 2 versions)"
    assert repr(kit.versions("flyte_tasks.greet", limit=1)).endswith(
        "1 version and more)"
    )
    assert kit.versions("flyte_tasks.greet")[0].is_current is None
    with pytest.raises(CallError, match="has no version 'v3' here: it has v2, v1"):
        found["v3"]


def test_all_pages_are_read(configured):
    """After exactly a page of them, too: the token is empty only after fewer."""
    for number in range(4):
        kit.register(greet, f"v{number}")
    with kit.Remote() as remote:
        for limit in (1, 2, 3, 4, 5):
            found = [
                task.id.version for task in remote.list_tasks(greet.name, limit=limit)
            ]
            assert found == ["v3", "v2", "v1", "v0"]
    assert len(kit.versions("nothing")) == 0
    for limit in (0, -1, True, "1"):
        with pytest.raises(CallError, match="limit"):
            kit.versions(greet, limit=limit)
    for thing in (None, 5, ""):
        with pytest.raises(CallError, match="Expected a task or the name"):
            kit.versions(thing)


@pytest.mark.usefixtures("two_versions")
def test_a_template_is_fetched():
    """Of a version, or the newest; check, diff and run take it."""
    old = kit.fetch("flyte_tasks.greet", "v1")
    assert old.custom == {"word": "servus"}
    assert kit.fetch("flyte_tasks.greet").id.version == "v2"
    assert "flyte_tasks.greet" in old._repr_mimebundle_()["text/plain"]
    assert kit.check(old).subject == "flyte_tasks.greet"
    difference = kit.diff(greet, against=old)
    assert [change.path for change in difference.changes] == ["custom.word"]
    with pytest.raises(CallError, match="pass trust=True"):
        kit.run(old, inputs={"name": "a", "n": 1})
    run = kit.run(old, trust=True, inputs={"name": "a", "n": 1}, wait=True)
    assert run.outputs["greeting"] == "servus a! "
    with pytest.raises(RemoteNotFoundError, match="No version of 'nope' is registered"):
        kit.fetch("nope")
    with pytest.raises(RemoteNotFoundError, match="missing entity"):
        kit.fetch("flyte_tasks.greet", "v9")


@pytest.mark.usefixtures("two_versions")
def test_a_text_names_what_is_registered(capsys):
    """In every command that reads a task; nothing of it is imported."""
    difference = kit.diff(greet, against=f"{PLACE}@v1")
    assert [change.path for change in difference.changes] == ["custom.word"]
    assert difference.old == f"{PLACE}@v1"
    target = f"{flyte_tasks.__file__}:greet"
    assert run_app(["diff", f"{PLACE}@v1", target, "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"]["outcome"] == "refused"
    assert run_app(["diff", f"{PLACE}@v2", target]) == 0
    assert run_app(["show", PLACE, "--format", "json"]) == 0
    assert run_app(["check", PLACE]) == 0
    capsys.readouterr()
    assert run_app(["run", f"{PLACE}@v1", "--name", "a", "--n", "1"]) == 2
    assert "--trust" in capsys.readouterr().err
    arguments = ["run", "--trust", f"{PLACE}@v1", "--name", "a", "--n", "1"]
    assert run_app(arguments) == 0, capsys.readouterr().err
    assert "servus a!" in capsys.readouterr().out


@pytest.mark.usefixtures("configured")
def test_what_is_not_registered_is_a_target_that_is_not_there():
    """With the server's words."""
    with pytest.raises(TargetNotFoundError, match="is not registered"):
        kit.diff(greet, against=f"{PLACE}@v9")
    with pytest.raises(TargetNotFoundError, match="is not registered"):
        kit.check(PLACE)


@pytest.mark.parametrize(
    "text", ["flyte:x", "flyte://a", "flyte://a/b", "flyte:///b/c", "flyte://a/b/c@"]
)
def test_what_is_not_of_the_form_is_refused(text):
    """Before anything is asked."""
    with pytest.raises(TargetError, match="is not flyte://project/domain/name@version"):
        parse_target(text)


@pytest.mark.usefixtures("two_versions")
def test_versions_show_themselves():
    """As text and as HTML."""
    bundle = kit.versions(greet)._repr_mimebundle_()
    for face in ("text/plain", "text/html"):
        assert "this definition" in bundle[face]
        assert "v1" in bundle[face]
