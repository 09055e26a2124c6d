"""The code that makes edits permanent, executed."""

from __future__ import annotations

import linecache

import preview_tasks
import pytest
from preview_tasks import SETTINGS, heaviest, query_task
from test_edits import TEXTS

import kit
from kit.template.serialize import task_template
from kit.widgets.preview import Preview

OF_TASK = [
    key
    for key in TEXTS
    if key not in {"project", "domain", "version", "runtime"}
    and key not in {"default_image", "settings_env"}
]
OF_SETTINGS = [key for key in TEXTS if key not in OF_TASK]


def edited(task, keys, settings=SETTINGS) -> Preview:
    """Return a preview with these fields edited."""
    view = Preview(task, settings)
    for key in keys:
        view.edit(key, TEXTS[key])
    assert view.edits.errors == {}
    return view


def pasted(code: str):
    """Run code as if it were pasted into a cell, and return the task."""
    linecache.cache["<pasted>"] = (len(code), None, code.splitlines(True), "<pasted>")
    names = {"kit": kit, "__name__": "preview_tasks"}
    exec(compile(code, "<pasted>", "exec"), names)  # noqa: S102 - what kit wrote
    return names["heaviest"]


@pytest.mark.parametrize("keys", [*([key] for key in OF_TASK), OF_TASK])
def test_the_decorator_makes_the_template_that_is_shown(keys):
    """Whatever was edited of a task that was written as a function."""
    view = edited(heaviest, keys)
    made = pasted(view.code)
    assert made.name == heaviest.name
    kept = kit.task_template(made, SETTINGS)
    for field in ("metadata", "interface", "config", "security_context", "type"):
        assert getattr(kept, field) == getattr(view.template, field)
    for field in ("image", "resources", "env"):
        assert getattr(kept.container, field) == getattr(view.template.container, field)
    own = {key: value for key, value in kept.custom.items() if key != "kit.inline"}
    assert own == dict(view.template.custom.items())
    assert made.function(None, "Gentoo", 2) == [{"mass": 2}]


@pytest.mark.parametrize("keys", [*([key] for key in OF_TASK), OF_TASK])
def test_assignments_make_the_template_that_is_shown(keys):
    """Of a task that was made of a class; its custom is a method to write."""
    task = query_task()
    view = edited(task, keys)
    code = view.code
    names = {"kit": kit, "task": task}
    exec(code, names)  # noqa: S102 - what kit wrote
    if "get_custom" in names:
        type(task).get_custom, before = names["get_custom"], type(task).get_custom
    try:
        assert task_template(task, SETTINGS) == view.template
    finally:
        if "get_custom" in names:
            type(task).get_custom = before


@pytest.mark.parametrize("keys", [*([key] for key in OF_SETTINGS), OF_SETTINGS])
def test_settings_make_the_template_that_is_shown(keys):
    """As changes of those that were given."""
    view = edited(query_task(), keys)
    names = {"kit": kit, "settings": SETTINGS}
    exec(view.code, names)  # noqa: S102 - what kit wrote
    assert names["settings"] == view.settings


def test_settings_that_were_not_given_are_made():
    """With what was edited, and nothing of a local call's placeholders."""
    view = kit.preview(query_task())
    view.edit("project", "birds")
    view.edit("default_image", "acme/base:3")
    assert view.code.startswith("settings = kit.SerializationSettings(")
    assert "PLACEHOLDER" not in view.code
    names = {"kit": kit}
    exec(view.code, names)  # noqa: S102 - what kit wrote
    assert names["settings"].image_config.default_image.full == "acme/base:3"


def test_a_tasks_variable_is_named(monkeypatch):
    """If a module holds it."""
    task = query_task()
    monkeypatch.setattr(preview_tasks, "my_query", task, raising=False)
    view = edited(task, ["retries"])
    assert view.code == "my_query.metadata = kit.TaskMetadata(retries=5)\n"


def test_what_no_expression_makes_is_told():
    """In a comment, instead of code that would not do it."""

    @kit.container_task(image="acme/a:1", custom=lambda settings: {"a": 1}, name="a")
    def calculated(tt, n: int) -> int:
        return n

    view = kit.preview(calculated)
    view.edit("cpu", "2")
    assert view.code.startswith("# The custom of task a cannot be exported as source")


def test_without_edits_there_is_no_code():
    """Nothing has to be made permanent."""
    assert kit.preview(heaviest).code == ""


def test_other_decorators_and_comments_stay():
    """Only the one that makes the task is written anew."""
    code = kit_preview_of(documented).code
    assert "# half of it" in code
    assert code.count("@") == 2
    assert "@unchanged\ndef documented(tt, n: int) -> int:\n" in code


def kit_preview_of(task):
    """Return a preview with an edit."""
    view = kit.preview(task)
    view.edit("cpu", "2")
    return view


def unchanged(function):
    """Decorate a function without any effect."""
    return function


@kit.container_task(image="acme/a:1", name="documented")
@unchanged
def documented(tt, n: int) -> int:
    """Halve a number."""
    return n // 2  # half of it


def test_a_function_whose_source_is_lost_says_so():
    """In a comment; what cannot be pasted is not passed off as code."""
    names = {"kit": kit, "__name__": "lost"}
    source = (
        "@kit.container_task(image='acme/a:1', name='lost', ship='inline')\n"
        "def lost(tt, n: int) -> int:\n    return n\n"
    )
    exec(compile(source, "<lost>", "exec"), names)  # noqa: S102 - a test's
    code = kit_preview_of(names["lost"]).code
    assert "def lost(tt" in code
    assert "# The source of lost is not available" in code
