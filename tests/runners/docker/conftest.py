"""Images of a few files."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any

import pytest
from local_images import archive

from kit.runners.docker.engine import Engine


@pytest.fixture
def tiny(engine: Engine) -> Iterator[Any]:
    """Give a function that makes an image of a few files, gone after the test."""
    names: list[str] = []

    def make(
        files: dict[str, bytes],
        *changes: str,
        base: str | None = None,
        mode: int = 0o755,
    ) -> str:
        name = f"kit-test/tiny-{os.urandom(4).hex()}"
        names.append(name)
        if base is None:
            engine.client.api.import_image_from_data(
                archive(files, mode), repository=name, changes=list(changes)
            )
        else:
            lines = (f"FROM {base}", *(["COPY . /"] if files else []), *changes)
            files = {"Dockerfile": "\n".join(lines).encode(), **files}
            context = io.BytesIO(archive(files, mode))
            engine.client.images.build(
                fileobj=context, custom_context=True, tag=name, rm=True
            )
        return name

    yield make
    for name in names:
        engine.client.images.remove(name, force=True)
