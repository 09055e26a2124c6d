"""The place of a test, with the image that it needs."""

from __future__ import annotations

import pytest
from places import Place


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Place:
    """Give a place that is ready."""
    place: Place = request.param
    if place.name == "docker":
        image = "slim" if place.runtime == "kit" else "with_flytekit"
        assert request.getfixturevalue(image) == place.image
    return place
