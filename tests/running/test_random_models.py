"""Random classes arrive as themselves: equal values of equal types, in all runners.

Containers are in ``tests/runners/docker/test_docker_matrix.py``.
"""

from __future__ import annotations

import pytest
from random_models import MAKERS, SEEDS, TASKS, shown

import kit


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_class_arrives_as_itself(seed):
    """In a call and in a run of this process, from the template as it arrives."""
    value = MAKERS[seed].value()
    assert TASKS[seed](seed=seed, x=value) == (True, shown(value))
    run = kit.run(TASKS[seed], runner="in-process", seed=seed, x=value)
    assert tuple(run.outputs.values()) == (True, shown(value))


@pytest.mark.parametrize("seed", SEEDS[::20])
def test_and_in_a_fresh_process(seed):
    """Which knows nothing of the value but its bytes."""
    value = MAKERS[seed].value()
    run = kit.run(TASKS[seed], seed=seed, x=value)
    assert run.succeeded, run.error
    assert tuple(run.outputs.values()) == (True, shown(value))
