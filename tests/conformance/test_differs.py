"""The rules of DIFFERS hold for cases that are in no file, too.

flytekit itself says what it makes of each; kit must do what the one entry says.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from conformance import strategies
from conformance.vectors import Case
from conformance.verdict import AS_DIFFERS, applying, outcome_of, verdict

pytestmark = pytest.mark.flytekit

SMALL = {
    "name": "own.task",
    "container_image": "ghcr.io/acme/runner:0.1",
    "executor": "shimcorpus.executors.Own",
    "inputs": None,
    "outputs": None,
}
ENTRIES: dict[str, tuple[str, dict[str, Any]]] = {
    "unknown keyword": (
        "task_spec",
        {"task": {**SMALL, "extra_kwargs": {"retires": 3}}},
    ),
    "misplaced keyword": (
        "task_template",
        {"task": {**SMALL, "extra_kwargs": {"retries": 3, "cache": True}}},
    ),
    "pickled element": ("literal_type", {"type": "List[bytes]"}),
    "pickled input": (
        "received",
        {
            "task": {**SMALL, "inputs": [["v", "Dict[str, Any]"]]},
            "kwargs": {"v": "{}"},
        },
    ),
    "pickle on the wire": (
        "guess_type",
        {
            "literal_type": {"blob": {"format": "PythonPickle"}},
            "literal_type_b64": "Kg4KDFB5dGhvblBpY2tsZQ==",
        },
    ),
    "default of a call": (
        "received",
        {"task": {**SMALL, "inputs": [["a", "int", "5"]]}, "kwargs": {}},
    ),
    "dataclass of a local call": (
        "received",
        {
            "prelude": "@dataclasses.dataclass\nclass P:\n    x: int\n",
            "task": {**SMALL, "inputs": [["p", "P"]]},
            "kwargs": {"p": "P(1)"},
        },
    ),
    "list among outputs": (
        "call",
        {
            "task": {**SMALL, "outputs": [["xs", "List[float]"], ["s", "str"]]},
            "returns": "([1.5], 'x')",
        },
    ),
    "outputs by name": (
        "call",
        {
            "task": {**SMALL, "outputs": [["xs", "int"], ["s", "str"]]},
            "returns": "{'s': 'x', 'xs': 1}",
        },
    ),
    "secrets seen by the executor": (
        "call",
        {
            "task": {
                **SMALL,
                "outputs": [["n", "int"]],
                "secret_requests": [{"group": "g"}],
            },
            "returns": "len(tt.security_context.secrets) if tt.security_context else 0",
        },
    ),
    "optional list output": (
        "call",
        {
            "task": {**SMALL, "outputs": [["o", "Optional[List[int]]"]]},
            "returns": "[1]",
        },
    ),
    "text for an int": (
        "dispatch",
        {
            "task": {**SMALL, "outputs": [["o", "int"]]},
            "returns": "'1'",
            "inputs_b64": "",
            "via": "resolver",
        },
    ),
    "task type version": (
        "task_template",
        {"task": {**SMALL, "task_type_version": 3, "enable_deck": True}},
    ),
    "float of memory": (
        "task_spec",
        {"task": {**SMALL, "requests": {"cpu": 0.25, "mem": 1024}}},
    ),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_a_rule_holds_for_other_cases(oracle, name):
    """Kit differs from flytekit here, and does what DIFFERS says instead."""
    kind, definition = ENTRIES[name]
    entry = strategies.case(kind, **definition)
    answer = oracle.ask(entry)
    case = dataclasses.replace(Case.of(entry), name=name, **answer)
    assert verdict(case) == AS_DIFFERS


def test_a_wrong_result_is_no_difference(oracle):
    """The rules let through only what kit documents: a wrong message fails."""
    entry = strategies.case("task_spec", task={**SMALL, "custom": "{'a': 1}"})
    other = strategies.case("task_spec", task={**SMALL, "custom": "{'a': 2}"})
    case = dataclasses.replace(Case.of(entry), **oracle.ask(other))
    with pytest.raises(AssertionError, match="expected:"):
        verdict(case)


def test_a_wrong_output_is_no_difference(oracle):
    """An output of the right type with another value fails, too."""
    task = {**SMALL, "outputs": [["o", "int"]]}
    entry = strategies.case("call", task=task, returns="1")
    other = strategies.case("call", task=task, returns="2")
    case = dataclasses.replace(Case.of(entry), **oracle.ask(other))
    wrong = outcome_of(dataclasses.replace(case, definition=other["definition"]))
    [outputs] = applying(case)
    assert outputs.problem(case, wrong) is not None
