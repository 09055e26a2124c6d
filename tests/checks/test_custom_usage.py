"""The rules about custom: each found, and not found where all is well."""

from __future__ import annotations

import pytest
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.checks.custom.reader import usage_in
from kit.checks.custom.usage import RoundTrip
from kit.checks.rule import Subject
from kit.checks.rules.custom import (
    keys_are_provided,
    keys_are_read,
    missing_keys,
    unused_keys,
)

HELPERS = """
import contextlib, json
KEY = "table"

def table_of(c):
    return c["table"]

def nested(tt):
    return inner(tt)

def inner(tt):
    return tt.custom["table"]

def forever(tt, n=0):
    return forever(tt, n + 1) or tt.custom["table"]
"""


def subject_of(custom, usage):
    """Return what rules look at, for an executor that gets this custom."""
    subject = Subject(template=TaskTemplate())
    vars(subject).update(custom=RoundTrip(custom, custom), custom_usage=usage)
    return subject


def look(body, custom, parameters="tt, n: int = 0"):
    """Return the paths that are told missing (with E or W) and unused."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    usage = usage_in(f"{HELPERS}\n\ndef f({parameters}):\n{lines}\n", "f")
    subject = subject_of(custom, usage)
    missing = {
        f"{finding.severity.name[0]} {finding.path}"
        for finding in keys_are_provided.findings(subject)
    }
    unused = {finding.path for finding in keys_are_read.findings(subject)}
    return missing, unused


READS_TABLE = {
    "directly": 'return tt.custom["table"]',
    "by an alias": 'c = tt.custom\nreturn c["table"]',
    "by a second alias": 'c = d = tt.custom\nreturn d["table"]',
    "by a walrus": 'return (c := tt.custom)["table"] + c["table"]',
    "by an alias of the template": 'x = tt\nreturn x.custom["table"]',
    "by a constant": "return tt.custom[KEY]",
    "by a local constant": 'k = "table"\nreturn tt.custom[k]',
    "by a helper": "return table_of(tt.custom)",
    "by a helper's helper": "return nested(tt)",
    "by a keyword argument": "return table_of(c=tt.custom)",
    "by a recursive helper": "return forever(tt)",
    "in a comprehension": 'return [x for x in tt.custom["table"]]',
    "in a text": "return f\"{tt.custom['table']}\"",
    "in a with statement": 'with open("x"):\n    return tt.custom["table"]',
    "by __getitem__": 'return tt.custom.__getitem__("table")',
    "by pop": 'return tt.custom.pop("table")',
    "before a change": 'x = tt.custom["table"]\ntt.custom["table"] = 1\nreturn x',
}


@pytest.mark.parametrize("how", READS_TABLE)
def test_a_key_that_is_read_is_neither_missing_nor_unused(how):
    """It is found however it is read; and so is its absence, and another one."""
    body = READS_TABLE[how]
    assert look(body, {"table": "p"}) == (set(), set())
    missing, unused = look(body, {"tabel": "p"})
    assert {path[2:] for path in missing} == {"custom.table"}
    assert unused == {"custom.tabel"}


def test_a_plain_read_is_an_error_and_one_in_a_branch_a_warning():
    """Only what each run gets to is sure to fail."""
    assert look('tt.custom["x"]', {})[0] == {"E custom.x"}
    assert look('if n:\n    tt.custom["x"]', {})[0] == {"W custom.x"}
    assert look('if n:\n    return\ntt.custom["x"]', {})[0] == {"W custom.x"}
    assert look('return n and tt.custom["x"]', {})[0] == {"W custom.x"}


NOT_NEEDED = {
    "get": 'tt.custom.get("x")',
    "get with a default": 'tt.custom.get("x", 1)',
    "in": '"x" in tt.custom',
    "after in": 'if "x" in tt.custom:\n    tt.custom["x"]',
    "after not in": 'if "x" not in tt.custom:\n    return\ntt.custom["x"]',
    "with in": 'return "x" in tt.custom and tt.custom["x"]',
    "KeyError": 'try:\n    tt.custom["x"]\nexcept KeyError:\n    pass',
    "LookupError": 'try:\n    tt.custom["x"]\nexcept LookupError:\n    pass',
    "suppress": 'with contextlib.suppress(KeyError):\n    tt.custom["x"]',
    "setdefault": 'tt.custom.setdefault("x", 1)\ntt.custom["x"]',
    "pop": 'tt.custom.pop("x", None)',
    "written": 'tt.custom["x"] = 1\ntt.custom["x"]',
    "updated": 'tt.custom.update(x=1)\ntt.custom["x"]',
    "match": 'match tt.custom:\n    case {"x": 1}:\n        return 1',
    "other": 'c = tt.custom\nc = {"x": 1}\nc["x"]',
    "maybe other": 'c = tt.custom\nif n:\n    c = {"x": 1}\nc["x"]',
    "in a nested function": 'def g():\n    return tt.custom["x"]\nreturn g',
    "shadowed": 'def g(tt):\n    return tt["x"]\nreturn g({"x": 1})',
    "handed on": 'json.loads(tt.custom)\ntt.custom["x"]',
}


@pytest.mark.parametrize("how", NOT_NEEDED)
def test_a_key_that_may_be_absent_is_not_missing(how):
    """What is guarded, defaulted, written or something else is no error."""
    assert look(NOT_NEEDED[how], {"other": 1})[0] == set()


READS_ALL = {
    "keywords": "return dict(**tt.custom)",
    "unpacked": "return {**tt.custom}",
    "items": "return [k for k, v in tt.custom.items()]",
    "a loop": "for k in tt.custom:\n    print(tt.custom[k])",
    "an unknown callee": "return json.dumps(tt.custom)",
    "the template": "return json.dumps(tt)",
    "an unknown key": "return tt.custom[str(n)]",
    "kept": "global C\nC = tt.custom",
    "returned": "return tt.custom",
    "a tuple": "c, m = tt.custom, n\nreturn c",
    "a lambda": 'return (lambda c: c["a"])(tt.custom)',
    "a name of two values": 'c = tt.custom\nc = c["a"]\nreturn c',
    "a computed key of a loop": "for k in dict(n):\n    tt.custom[k]",
    "getattr": 'return getattr(tt, "custom")["x"]',
    "a message": "return tt.to_flyte_idl()",
    "a starred call": "return print(*tt.custom)",
    "a method": "get = tt.custom.copy\nreturn get()",
    "a collection": "return [tt.custom][0]",
}


@pytest.mark.parametrize("how", READS_ALL)
def test_where_all_may_be_read_nothing_is_unused(how):
    """A dynamic read is no reason for a claim."""
    assert look(READS_ALL[how], {"a": 1, "b": {"c": 2}})[1] == set()


def test_nested_keys_are_told_by_their_path():
    """A path is as deep as the source reads."""
    custom = {"a": {"b": 1, "c": 2}, "rows": [{"x": 1, "y": 2}]}
    body = 'tt.custom["a"]["b"]\nfor row in tt.custom["rows"]:\n    row["x"]'
    assert look(body, custom) == (set(), {"custom.a.c", "custom.rows[0].y"})
    assert look('tt.custom["a"]["z"]["q"]', custom)[0] == {"E custom.a.z"}
    assert look('tt.custom["rows"][1]', custom)[0] == {"E custom.rows[1]"}
    assert look('tt.custom["rows"][-1]', custom)[0] == set()


def test_a_number_is_no_key():
    """Keys arrive as text, and the fix says so."""
    usage = usage_in("def f(tt):\n    return tt.custom[1]\n", "f")
    (finding,) = missing_keys({"1": "x"}, usage)
    assert finding.words == "KeyError: 1"
    assert finding.fix == "Keys arrive as text: read ['1']."


def test_a_near_key_is_offered():
    """A typing error is told with the key that is meant."""
    usage = usage_in('def f(tt):\n    return tt.custom["tabel"]\n', "f")
    (finding,) = missing_keys({"table": "x"}, usage)
    assert finding.severity is None
    assert finding.words == "KeyError: 'tabel'"
    assert "Did you mean 'table'?" in finding.fix


def test_methods_are_followed_through_bases_and_super():
    """An executor's class reads what its own and inherited methods read."""
    text = """
class Base:
    def part(self, tt):
        return tt.custom["base"]

    def execute_from_model(self, tt, **kwargs):
        return self.part(tt)


class Executor(Base):
    def part(self, tt):
        return super().part(tt), tt.custom["own"]
"""
    usage = usage_in(text, "Executor", ("Executor", "Base", "object"))
    assert {read.path for read in usage.needs()} == {("base",), ("own",)}
    assert not usage.why_unknown


@pytest.mark.parametrize(
    "text",
    [
        "import m\nf = m.f",
        "@decorated\ndef f(tt):\n    return 1",
        "def f(*args):\n    return args[0].custom",
        "from m import f",
    ],
)
def test_what_cannot_be_followed_is_unknown(text):
    """Nothing is claimed, and the reason is told."""
    usage = usage_in(text, "f")
    assert usage.why_unknown
    assert list(unused_keys({"a": 1}, (), usage)) == []


def test_long_and_deep_sources_end():
    """What explodes when it is followed is given up, soon."""
    calls = "\n".join(
        f"def f{n}(c):\n    return f{n + 1}(c), f{n + 1}(c)" for n in range(60)
    )
    text = f"{calls}\ndef f60(c):\n    return c\ndef f(tt):\n    return f0(tt.custom)"
    assert usage_in(text, "f").why_unknown
    deep = "def f(tt):\n    c = tt.custom\n    while c:\n        c = c['next']\n"
    assert usage_in(deep, "f").may_read(("next", "next", "other"))
    grows = "def g(c):\n    g(c['next'])\ndef f(tt):\n    g(tt.custom)"
    assert "too long" in usage_in(grows, "f").why_unknown
