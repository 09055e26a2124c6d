"""What is noted while an executor runs."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

import kit
from kit.checks.custom.trace import trace_run, traced
from kit.errors import CallError

CUSTOM = {"a": {"b": 1.0}, "rows": [{"x": "y"}]}


def _pickled(value):
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - ours


@pytest.mark.parametrize(
    "take",
    [dict, json.dumps, copy.deepcopy, _pickled, repr, sorted, lambda d: {**d}],
)
def test_a_traced_dictionary_gives_what_a_plain_one_does(take):
    """It is a dictionary with the same content, and notes that all was taken."""
    custom, trace = traced(CUSTOM)
    assert isinstance(custom, dict)
    assert take(custom) == take(copy.deepcopy(CUSTOM))
    assert () in trace.iterated
    assert trace.has_read(("a",))


def test_reads_are_noted_by_their_paths():
    """Keys, in dictionaries in lists too; and those that are not there."""
    custom, trace = traced(CUSTOM)
    assert custom["rows"][0]["x"] == "y"
    assert custom.get("c", 5) == 5
    with pytest.raises(KeyError):
        custom["a"]["z"]
    assert trace.read == {("rows",), ("rows", 0, "x"), ("c",), ("a",), ("a", "z")}
    assert trace.missing == {("a", "z")}
    assert trace.iterated == set()


def test_changes_are_those_of_a_dictionary():
    """What is written, taken out and defaulted is as in any dictionary."""
    custom, _ = traced(CUSTOM)
    custom["n"] = 1
    assert custom.setdefault("n", 2) == custom.pop("n") == 1
    del custom["rows"]
    assert custom == {"a": {"b": 1.0}}
    assert custom | {"c": 1} == {"a": {"b": 1.0}, "c": 1}


@kit.container_task(image="a/a:1", custom={"a": {"b": 1}, "c": 2}, name="traced")
def reader(tt, key: str) -> float:
    """Read one number."""
    return tt.custom["a"][key]


def test_a_run_is_traced_from_its_template():
    """The executor gets a traced custom, and its outputs are a call's."""
    done = trace_run(reader, key="b")
    assert (done.outputs, done.exception) == (reader(key="b"), None)
    assert done.trace.read == {("a",), ("a", "b")}


def test_a_run_that_fails_leaves_its_trace():
    """The exception is there with what was read until then."""
    done = trace_run(reader, key="z")
    assert isinstance(done.exception, KeyError)
    assert done.trace.missing == {("a", "z")}
    with pytest.raises(CallError):
        trace_run(reader)
