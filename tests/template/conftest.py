from __future__ import annotations

import pytest
from template_lab import Echo, LabTask

from kit.definition.images import Image, ImageConfig
from kit.definition.interface import Interface
from kit.definition.settings import SerializationSettings


@pytest.fixture
def settings():
    """Settings of a project with one image."""
    default = Image("default", "ghcr.io/acme/base", tag="1.2.3")
    return SerializationSettings(
        project="lab",
        domain="development",
        version="v1",
        env={"A": "settings", "B": "settings"},
        image_config=ImageConfig.create_from(default),
    )


@pytest.fixture
def make_task():
    """Make a task; ``custom`` is what its get_custom returns."""

    def make(*, custom=None, kind=LabTask, **arguments):
        arguments = {
            "name": "lab.echo",
            "container_image": "ghcr.io/acme/lab:1",
            "executor_type": Echo,
            "interface": Interface({"x": int}, {"y": int}),
            **arguments,
        }
        return kind(task_config=custom, **arguments)

    make.base = LabTask
    return make
