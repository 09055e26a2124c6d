"""Tests against a live Flyte, whose endpoint an environment variable names."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import pytest

import kit

sys.path.insert(0, str(Path(__file__).parents[1] / "remote"))  # the tasks are there

ENDPOINT = os.environ.get("KIT_LIVE_FLYTE", "")
WHY = (
    "no live Flyte: set KIT_LIVE_FLYTE=host:port (gRPC without TLS; KIT_LIVE_ENGINE=1 "
    "if it runs pods that can import this folder's tasks)"
)


@pytest.fixture(scope="session")
def remote():
    """Connect to the live Flyte."""
    if not ENDPOINT:
        pytest.skip(WHY)
    with kit.Remote(ENDPOINT, insecure=True) as connected:
        yield connected


@pytest.fixture(scope="session")
def engine(remote):
    """Connect to a live Flyte that runs pods."""
    if not os.environ.get("KIT_LIVE_ENGINE"):
        pytest.skip("the live Flyte runs no pods: KIT_LIVE_ENGINE is not set")
    return remote


@pytest.fixture
def version():
    """Return a version that was never used."""
    return f"live-{secrets.token_hex(6)}"
