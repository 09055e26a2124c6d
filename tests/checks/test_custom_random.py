"""What the source tells of custom, against what running it reads."""

from __future__ import annotations

import contextlib
import copy
import io
from types import SimpleNamespace

import pytest
from random_executors import CUSTOM, Writer

from kit.checks.custom.reader import usage_in
from kit.checks.custom.trace import traced
from kit.checks.rules.custom import missing_keys

FEW, MANY = 200, 4000


def _paths(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from _paths(item, (*path, key))


def _run(text, flag, n):
    """Run an executor and return what it read, and whether it failed."""
    custom, trace = traced(copy.deepcopy(CUSTOM))
    space = {"__name__": "random_executor"}
    exec(compile(text, "<random>", "exec"), space)  # noqa: S102 - ours
    failed = False
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            tt = SimpleNamespace(custom=custom)
            space["Executor"]().execute_from_model(tt, flag, n)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError):
            failed = True
        except (AssertionError, RuntimeError, RecursionError, NameError):
            failed = True
    return trace, failed


def check_executor(seed):
    """Compare what is claimed of one executor with four runs of it."""
    text = Writer(seed).module()
    usage = usage_in(text, "Executor", ("Executor", "object"))
    claims = list(missing_keys(CUSTOM, usage))
    sure = [claim for claim in claims if claim.severity is None]
    for flag in (False, True):
        for n in (0, 2):
            trace, failed = _run(text, flag, n)
            for path in _paths(CUSTOM):
                if isinstance(path[-1], str) and trace.has_read(path):
                    assert usage.may_read(path), f"{seed} reads {path}\n{text}"
            assert failed or not sure, f"{seed} does not miss {sure}\n{text}"
    return usage, claims


def check_executors(seeds):
    """Check many of them, and that enough is claimed to be a test."""
    told = 0
    for seed in seeds:
        try:
            usage, claims = check_executor(seed)
        except SyntaxError:
            continue  # not every nonsense is Python
        told += bool(claims) + (not usage.why_unknown)
    assert told > len(seeds) // 10


def test_what_is_read_is_never_unused_and_what_is_there_never_missing():
    """Neither claim is ever wrong for executors that are written at random."""
    check_executors(range(FEW))


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_neither_claim_is_wrong_for_many_more():
    """The same holds for thousands."""
    check_executors(range(FEW, MANY))
