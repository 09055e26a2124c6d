from __future__ import annotations

import json

import pytest
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.difference.diff import diff
from kit.difference.edits import HIDDEN, without_secrets

SECRET = "hunter2-hunter2"  # noqa: S105 - a decoy
POD = {"containers": [{"name": "m", "env": [{"name": "API_KEY", "value": SECRET}]}]}


def faces(found) -> str:
    """Return all that is ever shown of a difference."""
    from kit.display.of_reports import summarize_difference

    whole = json.dumps(found.to_json()) + repr(found) + repr(found.changes)
    return whole + repr(summarize_difference(found))


def variable(template, value):
    """Put a value into a variable."""
    template.container.env.add(key="DB_PASSWORD", value=value)


@pytest.mark.parametrize(
    "alter",
    [
        variable,
        lambda template, value: template.config.update({"auth_token": value}),
        lambda template, value: template.custom.update({"db": {"password": value}}),
        lambda template, value: template.custom.update({"apiKey": value}),
        lambda template, value: template.custom.update({"client_secret": [value]}),
        lambda template, value: template.k8s_pod.pod_spec.update(
            json.loads(json.dumps(POD).replace(SECRET, value))
        ),
        lambda template, value: template.metadata.tags.update({"github_token": value}),
    ],
)
def test_values_with_the_name_of_a_secret_are_never_shown(alter):
    """Added, removed or changed, alone or within what holds them."""
    empty, old, new = TaskTemplate(), TaskTemplate(), TaskTemplate()
    alter(old, SECRET)
    alter(new, f"{SECRET}x")
    for before, after in ((empty, old), (old, empty), (old, new)):
        found = diff(after, against=before)
        assert found
        assert "hunter2" not in faces(found)
    assert HIDDEN in faces(found)


def test_a_hidden_change_says_why_it_is_hidden():
    """The reader knows that there is a value."""
    old, new = TaskTemplate(), TaskTemplate()
    old.config["token"], new.config["token"] = "a", "b"
    (change,) = diff(new, against=old).changes
    assert (change.before, change.after) == (HIDDEN, HIDDEN)
    assert change.why.endswith("a secret by its name, so not shown")
    variable(new, SECRET)
    added = diff(new, against=old).changes[-1]
    assert added.why.endswith("a secret by its name, so not shown")


@pytest.mark.parametrize(
    "name", ["tokens", "passwordless", "secret_name", "keyboard", "token_limit"]
)
def test_other_names_hide_nothing(name):
    """Only the end of a name counts."""
    assert without_secrets(("custom", name), "x") == "x"


def test_an_input_of_a_secrets_name_is_shown():
    """Its type and description are no secret."""
    old, new = TaskTemplate(), TaskTemplate()
    new.interface.inputs.variables["token"].description = "A token."
    (change,) = [c for c in diff(new, against=old).changes if "token" in c.path]
    assert change.after.description == "A token."
