from __future__ import annotations

import contextlib
import copy
import gzip
import json
import pickle
import random

import pytest
from flyteidl.admin import workflow_pb2
from flyteidl.core import errors_pb2, literals_pb2, tasks_pb2

from kit.definition.metadata import TaskMetadata
from kit.errors import KitError, TemplateError
from kit.template.files import FORMATS, decode_template, encode_template
from kit.template.serialize import task_spec, task_template, template_bytes
from kit.template.view import TaskTemplateView, parse_template


def literal_map():
    """Make the bytes of inputs.pb."""
    literals = literals_pb2.LiteralMap()
    literals.literals["a"].scalar.primitive.integer = 1
    return literals.SerializeToString()


def error_document():
    """Make the bytes of error.pb."""
    document = errors_pb2.ErrorDocument()
    document.error.code, document.error.message = "USER", "failed"
    return document.SerializeToString()


def workflow_spec():
    """Make the bytes of a registered workflow."""
    spec = workflow_pb2.WorkflowSpec()
    spec.template.id.name = "wf"
    return spec.SerializeToString()


def test_a_template_is_read(make_task, settings):
    """What was written comes back."""
    data = template_bytes(make_task(custom={"a": 1}), settings)
    assert parse_template(data, "t.pb") == task_template(
        make_task(custom={"a": 1}), settings
    )


def test_a_template_of_a_newer_flyte_is_read(make_task, settings):
    """A field that this flyteidl does not know is kept and no reason to refuse."""
    data = template_bytes(make_task(), settings) + b"\xfa\x3f\x03new"
    assert b"new" in parse_template(data, "t.pb").SerializeToString()


@pytest.mark.parametrize(
    ("data", "seems"),
    [
        (b"", "an empty file"),
        (literal_map(), "a LiteralMap, such as inputs.pb"),
        (error_document(), "an ErrorDocument"),
        (workflow_spec(), "a WorkflowSpec"),
        (b'{"id": 1}', "JSON text"),
        (b"id {\n  name: 'x'\n}", "a text that starts with"),
        (b"<html><body>403</body></html>", "HTML or XML"),
        (gzip.compress(b"x", mtime=0), "a gzip file"),
        (pickle.dumps({"a": 1}), "a Python pickle"),
        (b"PK\x03\x04rest", "a zip file"),
        (b"\xff\xfe\x00\x01", "a damaged file or another message"),
        (tasks_pb2.TaskTemplate(type="x").SerializeToString(), "no id and no metadata"),
    ],
)
def test_what_is_no_template_is_refused_with_what_it_seems(data, seems):
    """The source is named, and what to look for."""
    with pytest.raises(TemplateError, match=r"s3://b/t\.pb is no task template") as e:
        parse_template(data, "s3://b/t.pb")
    assert seems in str(e.value)


def test_a_task_spec_is_refused_with_the_way_out(make_task, settings):
    """It is the file that is registered, and nearly the right one."""
    data = task_spec(make_task(), settings).SerializeToString()
    with pytest.raises(TemplateError, match="its template field is the TaskTemplate"):
        parse_template(data, "spec.pb")


def test_a_truncated_template_is_refused(make_task, settings):
    """At every length that is not the whole."""
    data = template_bytes(make_task(custom={"a": "b" * 50}), settings)
    whole = parse_template(data, "t")
    for length in range(len(data)):
        with contextlib.suppress(TemplateError):
            assert parse_template(data[:length], "t") != whole


def test_a_huge_file_is_not_parsed():
    """The limit is told."""
    with pytest.raises(TemplateError, match="more than 10 are not read"):
        parse_template(b"x" * 11, "t.pb", limit=10)


def _read_everything(template):
    view = TaskTemplateView.from_flyte_idl(template)
    for part in (view, view.metadata, view.interface, view.container, view.k8s_pod):
        for name in dir(type(part)):
            if not name.startswith("_"):
                getattr(part, name)


def _is_refused(data, form):
    try:
        _read_everything(decode_template(data, form, "fuzz"))
    except KitError:
        return True
    return False


def _mutated(data, rng):
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(changed))
        kind = rng.randrange(4)
        if kind == 0:
            changed[at] = rng.randrange(256)
        elif kind == 1:
            changed[at:at] = rng.randbytes(rng.randint(1, 5))
        elif kind == 2:
            del changed[at : at + rng.randint(1, 5)]
        else:
            start = rng.randrange(len(changed) or 1)
            changed[at:at] = changed[start : start + rng.randint(1, 40)]
        changed = changed or bytearray(b"\0")
    return bytes(changed)


@pytest.mark.parametrize("form", FORMATS)
def test_mutated_templates_are_read_or_refused(make_task, settings, form):
    """Hostile bytes give a template or kit's own error, in every form."""
    task = make_task(custom={"a": [1, {"b": None}]}, environment={"A": "1"})
    data = encode_template(task_template(task, settings), form)
    rng = random.Random(form)  # noqa: S311 - the same cases every time
    times = 20_000 if form == "pb" else 1000
    refused = sum(_is_refused(_mutated(data, rng), form) for _ in range(times))
    assert refused


_STRANGE = (
    None,
    1,
    -1,
    1.5,
    10**30,
    True,
    "",
    "x",
    [],
    [1],
    {},
    {"a": 1},
    "NaN",
    "-1s",
)


def _with_one_strange_value(tree, rng):
    """Replace one value, or rename one key, somewhere in a JSON tree."""
    places = []

    def walk(node):
        steps = node if isinstance(node, dict) else range(len(node))
        for step in steps:
            places.append((node, step))
            if isinstance(node[step], (dict, list)):
                walk(node[step])

    walk(tree)
    node, step = rng.choice(places)
    if isinstance(node, dict) and rng.random() < 0.2:
        node[rng.choice(["", "id", "type", "fields", "\0"])] = node.pop(step)
    else:
        node[step] = copy.deepcopy(rng.choice(_STRANGE))
    return tree


def test_json_with_strange_values_is_read_or_refused(make_task, settings):
    """Every field of every type gets every kind of wrong value."""
    task = make_task(custom={"a": [1, {"b": None}]}, environment={"A": "1"})
    task.metadata = TaskMetadata(timeout=5, retries=1, interruptible=True)
    tree = json.loads(encode_template(task_template(task, settings), "json"))
    rng = random.Random(0)  # noqa: S311 - the same cases every time
    refused = 0
    for _ in range(5000):
        changed = _with_one_strange_value(copy.deepcopy(tree), rng)
        refused += _is_refused(json.dumps(changed).encode(), "json")
    assert 0 < refused < 5000
