"""An executor that forks: the run is what its first process does."""

from __future__ import annotations

import os
import sys
import time

import pytest

import kit


@kit.container_task(image="i:1", ship="inline")
def forks(tt, how: str) -> int:
    """Fork, and let the child leave the executor in some way."""
    child = os.fork()
    if child == 0:
        if how == "raises":
            msg = "in the child"
            raise ValueError(msg)
        if how == "exits":
            sys.exit(3)
        if how == "exits with text":
            sys.exit("no")
        return 99
    _, status = os.waitpid(child, 0)
    time.sleep(0.2)
    return os.waitstatus_to_exitcode(status)


@pytest.mark.parametrize(
    ("how", "status"),
    [("raises", 1), ("exits", 3), ("exits with text", 1), ("returns", 0)],
)
def test_a_forked_child_does_not_speak_for_the_run(how, status):
    """It ends where it leaves the executor, and its parent's outputs count."""
    run = kit.run(forks, how=how)
    assert run.succeeded, run.error
    assert run.outputs.o0 == status
    told = "a process that the task forked failed: ValueError: in the child"
    assert (told in run.logs.text()) is (how == "raises")
    assert run.on_flyte.agrees
