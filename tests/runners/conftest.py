"""An engine, images, and a look at what the tests of all runners leave behind."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path += [str(Path(__file__).parent / name) for name in ("contract", "docker")]

from daemon import locked, shared_engine, why_not
from footprint import MARK, Footprint
from local_images import PROGRAMS, SITE, flytekit_image, kit_image, python_image

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


def import_image(engine: Engine, folder: Path, name: str, make: Any) -> str:
    """Make an image of a root file system, unless another process did."""
    with locked(folder):
        if not engine.client.images.list(name):
            engine.client.api.import_image_from_data(
                make(), repository=name, tag="latest", changes=VARIABLES
            )
    return f"{name}:latest"


@pytest.fixture(scope="session")
def slim(engine: Engine, engine_folder: Path) -> str:
    """Name an image with kit and what it needs."""
    return import_image(engine, engine_folder, "kit-test/kit", kit_image)


@pytest.fixture(scope="session")
def slim_user(engine: Engine, engine_folder: Path, slim: str) -> str:
    """Name the same with a user who is not root, so that files are copied."""
    name = "kit-test/user:latest"
    with locked(engine_folder):
        if not engine.client.images.list(name):
            lines = io.BytesIO(f"FROM {slim}\nUSER lab\n".encode())
            engine.client.images.build(fileobj=lines, tag=name, rm=True)
    return name


@pytest.fixture(scope="session")
def with_flytekit(engine: Engine, engine_folder: Path) -> str:
    """Name an image with the real flytekit, without kit."""
    return import_image(engine, engine_folder, "kit-test/flytekit", flytekit_image)


@pytest.fixture(scope="session")
def with_python(engine: Engine, engine_folder: Path) -> str:
    """Name an image with Python and nothing else."""
    return import_image(engine, engine_folder, "kit-test/python", python_image)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, of this process and of those it starts."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv(MARK, str(folder))
    return folder


@pytest.fixture(autouse=True)
def nothing_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves anything behind but the folders of runs that say so."""
    engine = None
    process_storage()  # of this process, with a folder that stays until its end
    if request.node.get_closest_marker("docker") is not None:
        engine = request.getfixturevalue("engine")
    if request.node.get_closest_marker("flytekit") is not None:
        pytest.importorskip("flytekit")  # which makes folders that stay
    footprint = Footprint(request.getfixturevalue("scratch"), engine)
    yield
    assert footprint.left() == {}
