"""The place of a test, with the image that it needs."""

from __future__ import annotations

import pytest
from places import Place

_FIXTURES = {
    "kit-test/kit:latest": "slim",
    "kit-test/user:latest": "slim_user",
    "kit-test/flytekit:latest": "with_flytekit",
}


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Place:
    """Give a place that is ready."""
    place: Place = request.param
    if place.name == "docker":
        assert request.getfixturevalue(_FIXTURES[place.image]) == place.image
    return place
