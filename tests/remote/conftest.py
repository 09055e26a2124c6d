"""Fixtures: doubles of Flyte, and remotes of kit that talk to them."""

from __future__ import annotations

import pytest
from authorization_double import Authorization
from flyte_double import FlyteDouble

import kit


@pytest.fixture(autouse=True)
def _nothing_configured(tmp_path, monkeypatch):
    """Keep the config of whoever runs the tests out."""
    import os

    for name in os.environ:
        if name.startswith("FLYTE"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))


@pytest.fixture
def double(tmp_path):
    """Start a double of Flyte without authentication."""
    with FlyteDouble(tmp_path / "double") as started:
        yield started


@pytest.fixture
def remote(double):
    """Connect to the double."""
    with kit.Remote(double.address, insecure=True) as connected:
        yield connected


@pytest.fixture
def signed_double(tmp_path):
    """Start a double of Flyte with an authorization server of its own."""
    made = FlyteDouble(tmp_path / "double", authorization=Authorization())
    with made as started:
        yield started
