from __future__ import annotations

import os

import pytest
from diff_tasks import query
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.literals_pb2 import LiteralMap

from kit.definition.settings import SerializationSettings
from kit.difference.diff import compare_sides, diff
from kit.difference.meaning import Impact
from kit.difference.sources import read_sides
from kit.errors import KitError, StorageError, TargetError, TemplateError
from kit.template.files import write_template
from kit.template.serialize import LOCAL_SETTINGS, task_spec, task_template
from kit.template.view import TaskTemplateView

PLACE = SerializationSettings(project="lab", domain="development", version="v1")


def test_every_form_of_a_task_is_the_same_side(tmp_path):
    """A task equals its template, its spec, their bytes, their files, and its view."""
    task = query()
    template, spec = task_template(task, PLACE), task_spec(task, PLACE)
    forms = [template, spec, template.SerializeToString(), spec.SerializeToString()]
    forms.append(memoryview(template.SerializeToString()))
    forms.append(TaskTemplateView.from_flyte_idl(template))
    for ending in ("pb", "json", "yaml", "pbtxt"):
        for name, message in (("template", template), ("spec", spec)):
            path = tmp_path / f"{name}.{ending}"
            write_template(message, path)
            forms.extend((path, str(path)))
    for form in forms:
        assert not diff(task, against=form), form
        assert not diff(form, against=task), form


def test_a_task_is_put_where_the_other_side_is_registered():
    """So that only what matters differs; settings of one's own win."""
    registered = task_template(query(), PLACE)
    assert not diff(query(), against=registered)
    found = diff(query(), against=registered, settings=PLACE.with_version("v2"))
    assert [change.path for change in found.changes] == ["id.version"]
    assert found.impacts == (Impact.IDENTITY,)


def test_fields_of_the_settings_can_be_replaced():
    """As the command line's flags do, and the others stay the other side's."""
    registered = task_template(query(), PLACE)
    sides = read_sides(query(), registered, replaced={"runtime": "flytekit"})
    paths = {change.path for change in compare_sides(*sides).changes}
    assert "container.args[0]" in paths
    assert not any(path.startswith("id.") for path in paths)


def test_two_tasks_are_compared_as_local_calls_make_them():
    """There is no project to compare."""
    found = diff(query("SELECT 2"), against=query())
    (change,) = found.changes
    assert (change.path, change.before, change.after) == (
        "custom.query",
        "SELECT 1",
        "SELECT 2",
    )


def test_documentation_is_compared_where_both_sides_have_it():
    """A TaskTemplate has none, and then it is not missed."""
    documented = query(docstring="Ask another thing.")
    found = diff(documented, against=query())
    assert [change.path for change in found.changes] == [
        "description.short_description"
    ]
    assert found.verdict.outcome == "identical"
    assert not diff(documented, against=task_template(query(), LOCAL_SETTINGS))


def test_an_added_input_with_a_default_is_a_break_for_launches():
    """Templates carry no defaults; the sentence says who has it."""
    old = query(inputs={})
    (change,) = diff(query(), against=old).changes
    assert change.impact is Impact.BREAK
    assert "workflows get its default" in change.why
    required = query(inputs={"limit": int})
    (change,) = diff(required, against=old).changes
    assert change.why == "callers must pass it"


def test_the_compared_messages_are_copies():
    """What is done to a message afterwards does not change the result."""
    old, new = task_template(query(), PLACE), task_template(query(), PLACE)
    new.container.env.add(key="A", value="1")
    found = diff(new, against=old)
    new.container.env[0].value = "2"
    assert found.changes[0].after.value == "1"


BAD = [
    (b"", TemplateError, "an empty file"),
    (b"\x0a\x05ab", TemplateError, "no task template"),
    (b"\x1f\x8b\x08\x00", TemplateError, "a gzip file"),
    (b'{"a": 1}', TemplateError, "JSON text"),
    (LiteralMap().SerializeToString(), TemplateError, "no task template"),
    (b"\x12\x02\xff\xfe", TemplateError, "no task template"),
    (3, TargetError, "A int is no side of a diff: 3."),
    (None, KitError, "A NoneType is no side"),
    ([query], TargetError, "A list is no side"),
    (WorkflowSpec(), TargetError, "A WorkflowSpec is no side"),
    ("flyte:lab/development/x@v1", TargetError, "is not flyte://project"),
    ("tasks.py:load", TargetError, "No file 'tasks.py'."),
    ("git:HEAD", TargetError, "git:REVISION:path/module.py:task"),
    ("no_such.docx", TargetError, "No module 'no_such'"),
    ("task.pb::name", TargetError, "only packages"),
    ("missing.pb", TargetError, "No file 'missing.pb'."),
    ("missing.tgz", TargetError, "No file 'missing.tgz'."),
    ("nul\0.pb", StorageError, "nul"),
]


@pytest.mark.parametrize(("side", "kind", "message"), BAD)
def test_what_is_no_side_is_refused_in_a_sentence(side, kind, message):
    """Whichever side it is."""
    with pytest.raises(kind, match=message.replace("(", r"\(")):
        diff(side, against=query())
    with pytest.raises(kind):
        diff(query(), against=side)


def test_truncated_bytes_are_refused_or_another_template():
    """Every prefix of a spec: none crashes, and none is silently the same."""
    data = task_spec(query(), LOCAL_SETTINGS).SerializeToString()
    whole = TaskSpec.FromString(data)
    for size in range(len(data)):
        try:
            found = diff(data[:size], against=whole)
        except KitError:
            continue
        assert found


def test_a_folder_is_no_file(tmp_path):
    """Nor one whose name ends like a file's."""
    folder = tmp_path / "task.pb"
    folder.mkdir()
    with pytest.raises(StorageError, match=r"task\.pb"):
        diff(query(), against=folder)


def test_a_huge_file_is_not_read(tmp_path):
    """It takes neither time nor memory."""
    path = tmp_path / "huge.pb"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 100 * 2**20)
    with pytest.raises(StorageError, match="larger than"):
        diff(query(), against=path)
