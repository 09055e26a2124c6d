from __future__ import annotations

import json
import math

import pytest
import yaml
from flyteidl.core import tasks_pb2

from kit.errors import StorageError, TemplateError
from kit.template.files import (
    FORMATS,
    decode_template,
    encode_template,
    read_template,
    write_template,
)
from kit.template.serialize import task_spec, task_template


@pytest.fixture
def task(make_task):
    """A task with something of every kind of value in its template."""
    return make_task(
        custom={"text": "ü: - {}", "when": "2024-01-01", "n": [1, 2.5, None, True]},
        environment={"YES": "no", "NULL": "null"},
    )


@pytest.mark.parametrize("form", [*FORMATS, "yml"])
def test_every_form_reads_back_what_was_written(tmp_path, task, settings, form):
    """By the ending of the name; paths may have spaces and Unicode."""
    template = task_template(task, settings)
    path = tmp_path / f"a täsk.{form}"
    write_template(template, path)
    assert read_template(path) == template
    assert read_template(str(path)) == template
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("form", FORMATS)
def test_a_task_spec_is_read_as_its_template(tmp_path, task, settings, form):
    """That is the file which is registered."""
    path = tmp_path / f"spec.{form}"
    write_template(task_spec(task, settings), path)
    assert read_template(path) == task_template(task, settings)


@pytest.mark.parametrize("form", FORMATS)
def test_a_form_is_written_the_same_way_every_time(task, settings, form):
    """Equal messages give equal bytes, in whatever order their maps are."""
    one = task_template(task, settings)
    other = tasks_pb2.TaskTemplate.FromString(one.SerializeToString())
    assert encode_template(one, form) == encode_template(other, form)


def test_json_and_yaml_have_the_protos_names(task, settings):
    """As Flyte's own files do, with sorted keys."""
    template = task_template(task, settings)
    tree = json.loads(encode_template(template, "json"))
    assert tree["id"]["resource_type"] == "TASK"
    assert list(tree) == sorted(tree)
    assert yaml.safe_load(encode_template(template, "yaml")) == tree


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_nan_has_no_json_form(form):
    """The error names the forms that have one."""
    template = tasks_pb2.TaskTemplate()
    template.custom.fields["x"].number_value = math.nan
    with pytest.raises(TemplateError, match=r"Use \.pb or \.pbtxt"):
        encode_template(template, form)


def test_a_name_of_unknown_ending_is_refused(tmp_path):
    """The known ones are listed, the nearest suggested."""
    for read_or_write in (read_template, lambda p: write_template(_minimal(), p)):
        with pytest.raises(TemplateError, match=r"Did you mean 'json'") as caught:
            read_or_write(tmp_path / "t.jsn")
        assert ".pb, .json, .yaml, .pbtxt" in str(caught.value)


def test_a_missing_file_is_a_storage_error(tmp_path):
    """In flytekit's words."""
    with pytest.raises(StorageError, match="File not found"):
        read_template(tmp_path / "none.pb")


def _minimal():
    template = tasks_pb2.TaskTemplate(type="t")
    template.id.name = "n"
    template.metadata.retries.retries = 1
    return template


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        ("json", "", "it is an empty file"),
        ("json", "{", "it is no JSON"),
        ("json", "[1]", "its top level is no mapping but list"),
        ("json", '{"tpye": "x"}', "tpye"),
        ("json", '{"id": {"name": "x"}}', "no metadata and no type"),
        ("json", "[" * 100_000, "it is no JSON"),
        ("yaml", "a: [", "it is no YAML"),
        ("yaml", "a: !!python/object:os.system {}", "it is no YAML"),
        ("yaml", "a: &x [1]\nb: *x", "aliases"),
        ("yaml", "{" * 5_000, "it is no YAML"),
        ("pbtxt", "id { name: 3 }", "it is no protobuf text"),
        ("pbtxt", "custom {" * 5_000, "it is no protobuf text"),
    ],
)
def test_what_is_no_template_is_refused(form, text, said):
    """Whatever stands in the file, kit's own error says what it is."""
    with pytest.raises(TemplateError) as caught:
        decode_template(text.encode(), form, "t")
    assert said in str(caught.value)


def test_bytes_that_are_no_text_are_refused():
    """A binary template under the wrong name."""
    with pytest.raises(TemplateError, match="no UTF-8 text"):
        decode_template(b"\xff\x00", "json", "t.json")


def test_a_date_in_yaml_stays_text():
    """YAML's own types would turn it into a date, which JSON lacks."""
    text = b"type: t\nid: {name: n, version: 2024-01-01}\nmetadata: {}\n"
    assert decode_template(text, "yaml", "t").id.version == "2024-01-01"
