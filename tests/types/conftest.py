"""A run's storage, for types whose values are files."""

from __future__ import annotations

import os

import pytest

from kit.storage import Storage, use_storage


@pytest.fixture(params=["local", "memory"])
def run_storage(request, tmp_path):
    """Be inside a run, whose outputs go to a folder or to another store."""
    prefix = tmp_path / "raw"
    if request.param == "memory":
        prefix = f"memory://{os.urandom(8).hex()}"
    with use_storage(Storage(str(prefix), str(tmp_path / "work"))) as storage:
        yield storage


@pytest.fixture
def local_run(tmp_path):
    """Be inside a run whose outputs go to a folder."""
    storage = Storage(str(tmp_path / "raw"), str(tmp_path / "work"))
    with use_storage(storage):
        yield storage
