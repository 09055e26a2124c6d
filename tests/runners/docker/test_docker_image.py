"""Images that are built for tasks, and the tasks run in them."""

from __future__ import annotations

import importlib
import io
import sys
import tarfile
import time
import zipfile

import image_tasks
import pytest
from local_images import PROGRAMS, PYTHON, archive
from runner_tasks import LabTask

import kit
from kit.decorator import container_task
from kit.definition.interface import Interface
from kit.errors import ImageBuildError, ImageNotFoundError, SecretInSourceError
from kit.images.build import LABEL, build
from kit.images.image import build_image, containerfile
from kit.running.start import run
from kit.source import imports as exported

pytestmark = pytest.mark.docker

TAG = "kit-test/built:1"


@container_task(image=TAG, ship="inline")
def twice(tt, n: int) -> int:
    """Twice a number."""
    return 2 * n


def lab_task(name, executor, **facts):
    """Return a task whose executor is a class in a module."""
    interface = facts.pop("interface", Interface({"n": int}, {"n": int}))
    return LabTask(name, None, TAG, executor, interface=interface, **facts)


def labelled(engine):
    """Return the images that kit has built, by their ids."""
    images = engine.client.images.list(filters={"label": LABEL})
    return {one.id: one for one in images}


def containers(engine):
    """Return the containers of those images."""
    return engine.client.api.containers(all=True, filters={"label": LABEL})


@pytest.fixture(scope="module", autouse=True)
def cached(engine):
    """Let the tests share layers, and remove them all at the end."""
    yield
    for one in labelled(engine).values():
        for tag in one.tags:
            engine.client.images.remove(tag)
    assert containers(engine) == []
    assert labelled(engine) == {}


@pytest.fixture(autouse=True)
def built(engine):
    """Give the images that are new; fail a test that leaves one without a name."""
    before = labelled(engine)
    yield lambda: [one for key, one in labelled(engine).items() if key not in before]
    assert [one for one in labelled(engine).values() if not one.tags] == []


def files_of(engine, name, folder="/opt/kit"):
    """Return the files that are in an image, by their paths in a folder."""
    box = engine.client.containers.create(name, ["-"], labels={"kit.test": ""})
    try:
        chunks, _ = box.get_archive(folder)
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
            return {one.name: (one, _bytes(tar, one)) for one in tar}
    finally:
        box.remove(force=True)


def _bytes(tar, member):
    file = tar.extractfile(member)
    return b"" if file is None else file.read()


def test_an_inline_task_runs_in_its_image(with_python, built, engine):
    """It has kit's runtime and nothing of the task; another build reuses it all."""
    lines = []
    made = build_image(twice, base=with_python, on_line=lines.append)
    assert run(twice, n=4, runner="docker").outputs["o0"] == 8
    assert (made.tag, made.task, made.is_the_tasks) == (TAG, twice.name, True)
    assert made.containerfile == containerfile(twice, base=with_python)
    assert {one.name: one.origin for one in made.packages}["protobuf"] == "local"
    assert made.modules == ()
    assert [line for line in lines if line.upper().startswith("STEP")]

    again = build_image(twice, base=with_python)
    assert again.id == made.id
    assert [one.id for one in built()] == [made.id]


def test_own_modules_go_with_a_task_and_any_user_may_read_them(with_python, engine):
    """Files are root's; the image can say that another user runs it."""
    made = build_image(image_tasks.counted, base=with_python, user="1000")
    assert made.modules == ("image_rows", "image_tasks")
    outputs = run(image_tasks.counted, n=3, runner="docker").outputs
    assert outputs["o0"] == {"rows": 3, "user": 1000, "owner": 0}
    modes = {member.mode & 0o444 for member, _ in files_of(engine, made.tag).values()}
    assert modes == {0o444}


def test_no_variable_and_no_secret_is_in_an_image(with_python, engine, monkeypatch):
    """Those are the template's and the cluster's to give."""
    monkeypatch.setenv("_FSEC_LAB_TOKEN", "value-of-a-secret")
    made = build_image(image_tasks.counted, base=with_python)
    facts = str(engine.client.api.inspect_image(made.id))
    facts += str(engine.client.api.history(made.id))
    data = b"".join(data for _, data in files_of(engine, made.tag).values())
    assert "IMAGE_LAB" not in facts
    for value in ("value-of-a-secret", "value-of-a-variable" * 2):
        assert value not in facts
        assert value.encode() not in data


def test_a_module_with_a_secret_in_it_is_refused(with_python, built, monkeypatch):
    """And nothing is built."""
    monkeypatch.setenv("_FSEC_LAB_TOKEN", "value-of-a-variable")
    with pytest.raises(SecretInSourceError, match=r"image_tasks\.py"):
        build_image(image_tasks.counted, base=with_python)
    assert built() == []


def test_an_exported_package_runs_in_its_image(with_python, tmp_path, monkeypatch):
    """The package is copied whole, and only what its executors import with it."""
    monkeypatch.setattr(exported, "_FOLDERS", {})

    @container_task(image=TAG, ship="export")
    def thrice(tt, n: int) -> dict[str, int]:
        return {"value": 3 * n}

    kit.export(thrice, tmp_path / "image_pack")
    made = build_image(thrice, "kit-test/built:2", base=with_python)
    assert made.modules == ("image_pack",)
    assert not made.is_the_tasks
    build_image(thrice, base=with_python)
    assert run(thrice, n=2, runner="docker").outputs["o0"] == {"value": 6}
    for name in [name for name in sys.modules if name.startswith("image_pack")]:
        del sys.modules[name]


@pytest.mark.flytekit
def test_flytekits_runtime_runs_in_its_image(with_flytekit, tiny):
    """What the base image has of it in the same version is not copied again."""
    python = {f"{PROGRAMS}/python3".lstrip("/"): PYTHON.read_bytes()}
    base = tiny(python, base=with_flytekit)
    interface = Interface({"n": int}, {"rows": int})
    executor = image_tasks.CountExecutor
    task = lab_task("image.rows", executor, interface=interface, runtime="flytekit")
    made = build_image(task, base=base)
    origins = {one.name: one.origin for one in made.packages}
    assert origins["flytekit"] == "base"
    assert origins["flyte-task-kit"] == "local"
    done = run(task, n=4, runner="docker")
    assert done.raise_for_error().outputs["rows"] == 4
    assert "pyflyte-execute" in done.command


def test_wheels_go_into_an_image(with_python, tmp_path, engine):
    """With what they require, and their programs."""
    wheel = tmp_path / "image_wheel-1.0-py3-none-any.whl"
    info = "image_wheel-1.0.dist-info"
    files = {
        "image_wheel.py": "def main(): print('from a wheel')\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: image-wheel\nVersion: 1.0\n"
        "Requires-Dist: iniconfig\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\n"
        "image-wheel = image_wheel:main\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archived:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archived.writestr(name, text)
    made = build_image(twice, base=with_python, packages=[wheel], check=False)
    origins = {one.name: one.origin for one in made.packages}
    assert (origins["image-wheel"], origins["iniconfig"]) == ("wheel", "local")
    said = engine.client.containers.run(
        TAG, ["image-wheel"], network_mode="none", remove=True
    )
    assert said == b"from a wheel\n"


def test_packages_can_come_from_the_index(with_python):
    """In the versions that are here, for the Python of the base image."""
    made = build_image(twice, base=with_python, source="index")
    origins = {one.name: one.origin for one in made.packages}
    assert (origins["msgpack"], origins["flyte-task-kit"]) == ("index", "local")
    assert run(twice, n=4, runner="docker").outputs["o0"] == 8


@pytest.mark.parametrize(
    ("packages", "message"),
    [
        (["no-such-package>=2"], r"(?s)not installed here, or.*no-such-package>=2 "),
        (["protobuf<3"], r"(?s)not installed here, or.*protobuf<3\n.*source='index'"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_built(
    packages, message, with_python, built
):
    """By pip in the base image, with what to do."""
    with pytest.raises(ImageBuildError, match=message):
        build_image(twice, base=with_python, packages=packages)
    assert built() == []


def test_a_base_without_python_is_refused(tiny):
    """With one that has it."""
    with pytest.raises(ImageBuildError, match=r"has no python3 on its PATH\. Choose"):
        build_image(twice, base=tiny({"x": b""}))


def test_a_base_that_is_not_there(engine):
    """The engine looks for it where it looks for all images."""
    with pytest.raises(ImageNotFoundError, match=r"no image 'kit-test/nowhere:1'"):
        build_image(twice, base="kit-test/nowhere:1", pull="never")


def test_an_image_that_the_task_does_not_load_in_is_not_kept(
    with_python, built, tmp_path, monkeypatch
):
    """Its last lines say why."""
    (tmp_path / "image_lame.py").write_text(
        "import os\nassert 'IMAGE_LAME' in os.environ, 'only on this machine'\n"
        "class Executor:\n    def execute_from_model(self, tt): pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("IMAGE_LAME", "1")
    executor = importlib.import_module("image_lame").Executor
    task = lab_task("image.lame", executor)
    with pytest.raises(ImageBuildError, match=r"(?s)cannot be loaded.*only on this"):
        build_image(task, base=with_python)
    assert built() == []


def context_of(base, *lines):
    """Return a build's context of a Containerfile alone."""
    text = "\n".join([f"FROM {base}", 'LABEL kit.image="true"', *lines])
    return io.BytesIO(archive({"Containerfile": text.encode()}))


def test_a_build_that_fails_says_why_and_leaves_nothing(with_python, engine, built):
    """In the engine's words, after the last lines."""
    command = 'RUN ["python3", "-c", "print(\'so far\'); raise SystemExit(3)"]'
    with pytest.raises(ImageBuildError, match=r"(?s)(code:|status) 3.*so far"):
        build(engine, context_of(with_python, command), platform=None, on_line=str)
    assert built() == []
    context = context_of(with_python, "COPY nothing/ /opt/")
    with pytest.raises(
        ImageBuildError, match=r"COPY failed|no such file|not found|no items"
    ):
        build(engine, context, platform=None, on_line=str)
    assert built() == []


def test_ctrl_c_stops_a_build_and_leaves_nothing(with_python, engine, built):
    """Its container is gone, whatever it was doing."""
    command = 'RUN ["python3", "-uc", "print(\'begun\'); import time; time.sleep(60)"]'

    def interrupt(line):
        if line == "begun":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(
            engine, context_of(with_python, command), platform=None, on_line=interrupt
        )
    assert built() == []
    deadline = time.monotonic() + 10
    while containers(engine):
        assert time.monotonic() < deadline, "its container goes on"
        time.sleep(0.05)
