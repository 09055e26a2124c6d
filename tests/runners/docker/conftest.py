"""An engine and images for these tests, and a look at what they leave behind."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1]))  # tasks of the tests of all runners

from daemon import containers_of, locked, shared_engine, why_not
from local_images import PROGRAMS, SITE, archive, flytekit_image, kit_image

from kit.runners.docker.engine import Engine, connected
from kit.storage import process_storage

VARIABLES = [f"ENV PATH={PROGRAMS}", f"ENV PYTHONPATH={SITE}", "ENV LANG=C.UTF-8"]


@pytest.fixture(scope="session")
def engine_folder(pytestconfig: pytest.Config) -> Path:
    """Where the processes of a test run meet."""
    return pytestconfig.cache.mkdir("engine")


@pytest.fixture(scope="session")
def engine(engine_folder: Path) -> Iterator[Engine]:
    """Give an engine, and see that all that was made in it is gone afterwards."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(shared_engine(engine_folder))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        if address is not None:
            patch.setenv("DOCKER_HOST", address)
        yield stack.enter_context(connected())


def import_image(
    engine: Engine, folder: Path, name: str, make: Any, changes: list[str]
) -> str:
    """Make an image of a root file system, unless another process did."""
    with locked(folder):
        if not engine.client.images.list(name):
            engine.client.api.import_image_from_data(
                make(), repository=name, tag="latest", changes=changes
            )
    return f"{name}:latest"


@pytest.fixture(scope="session")
def slim(engine: Engine, engine_folder: Path) -> str:
    """Name an image with kit and what it needs."""
    return import_image(engine, engine_folder, "kit-test/kit", kit_image, VARIABLES)


@pytest.fixture(scope="session")
def with_flytekit(engine: Engine, engine_folder: Path) -> str:
    """Name an image with the real flytekit, without kit."""
    name = "kit-test/flytekit"
    return import_image(engine, engine_folder, name, flytekit_image, VARIABLES)


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


@pytest.fixture(autouse=True)
def nothing_is_left(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fail a test that leaves a container, or a temporary folder but its runs'."""
    if request.node.get_closest_marker("docker") is None:
        yield
        return
    engine = request.getfixturevalue("engine")
    process_storage()  # of this process, with a folder that stays until its end
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield
    assert containers_of(engine, os.getpid()) == []
    left = [path.name for path in scratch.iterdir()]
    assert [name for name in left if not name.startswith("kit-run-")] == []
