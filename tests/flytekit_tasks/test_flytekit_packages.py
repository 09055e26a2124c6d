"""What the real ``pyflyte package`` writes, in every command that takes a task."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.tasks_pb2 import TaskTemplate

import kit
from kit.cli.app import run_app
from kit.flyte.entities import entities_of
from kit.template.files import read_package

NAMES = {
    *("birds.lite", "birds.alchemy", "birds.served", "birds.upload", "birds.weigh"),
    *("birds.double", "bridged_tasks.plain"),
}


@pytest.fixture(scope="module")
def package(tasks, tmp_path_factory) -> str:
    """Let pyflyte package the tasks of this folder; ImageSpecs are built by Docker."""
    folder = tmp_path_factory.mktemp("packaged")
    source = Path(tasks.__file__).read_text()
    before, _, after = source.partition("# Images that somebody builds")
    rest = after[after.index("class DoubleExecutor") :]
    (folder / "bridged_tasks.py").write_text(before + rest)
    command = [str(Path(sys.executable).with_name("pyflyte"))]
    command += ["--pkgs", "bridged_tasks", "package", "--image", "ghcr.io/birds/b:2"]
    command += ["--env", "STAGE=x"]  # flytekit fails on tasks with variables without
    command += ["--source", str(folder), "--output", str(folder / "birds.tgz")]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return str(folder / "birds.tgz")


def test_all_of_its_tasks_are_read(package):
    """Of flytekit's and of kit's; the workflow is passed over."""
    found = read_package(package)
    assert set(found) == NAMES
    assert all(isinstance(spec, TaskSpec) for spec in found.values())
    assert found["birds.double"].template.metadata.runtime.flavor == "kit"


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_is_shown_checked_compared_and_podded(package, name):
    """From Python."""
    target = f"{package}::{name}"
    assert kit.show(target).template.id.name == name
    assert kit.check(target).subject == name
    assert not kit.diff(target, against=target)
    assert kit.pod(target, kit.Platform.sandbox()).accepted


def test_a_packaged_task_is_the_one_of_the_module(package, tasks):
    """Where the settings are the same."""
    settings = kit.SerializationSettings(
        image_config=kit.ImageConfig.from_images("ghcr.io/birds/b:2")
    )
    target = f"{package}::birds.weigh"
    assert not kit.diff(tasks.weigh, against=target, settings=settings).breaks_callers


def test_commands_take_a_packaged_task(package, capsys):
    """With its name behind two colons."""
    target = f"{package}::birds.weigh"
    assert run_app(["show", target]) == 0
    assert run_app(["check", target]) == 0
    assert run_app(["diff", target, target]) == 0
    assert run_app(["pod", target, "--platform", "sandbox"]) == 0
    capsys.readouterr()
    assert run_app(["show", package]) != 0
    told = capsys.readouterr().err
    assert f"{package}::birds.weigh" in told
    assert run_app(["show", f"{package}::birds.weih"]) != 0
    assert "Did you mean 'birds.weigh'?" in capsys.readouterr().err


def test_a_whole_package_is_checked(package, capsys):
    """Each of its tasks, in one report a task."""
    assert run_app(["check", package, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {report["task"] for report in told["tasks"]} == NAMES
    assert run_app(["check", package]) == 0
    text = capsys.readouterr().out
    assert [name for name in NAMES if name not in text] == []
    assert "7 tasks" in text


def test_a_packaged_task_runs_if_it_is_trusted(package):
    """As any template file: it runs the code that it names."""
    target = f"{package}::birds.weigh"
    with pytest.raises(kit.KitError, match="trust"):
        kit.run(target, grams=1)
    run = kit.run(target, trust=True, grams=1, wait=True).raise_for_error()
    assert run.outputs["total"] == 21


def test_what_is_registered_of_it_has_project_domain_and_version(package):
    """Those of the client and of the version, in every task."""
    remote = kit.Remote("127.0.0.1:1", insecure=True, project="lab", domain="staging")
    made = entities_of(package, "v9", remote)
    assert {entity.id.name for entity in made} == NAMES
    for entity in made:
        place = (entity.id.project, entity.id.domain, entity.id.version)
        assert place == ("lab", "staging", "v9")
        assert entity.request.spec.template.id == entity.id


def archive(path: Path, members: dict[str, bytes]) -> str:
    """Write a package of some files."""
    with tarfile.open(path, "w:gz") as made:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return str(path)


def spec(name: str, image: str = "ghcr.io/a/b:1") -> bytes:
    """Return the bytes of a task."""
    template = TaskTemplate(type="python-task")
    template.id.name, template.id.resource_type = name, 1
    template.container.image = image
    template.metadata.runtime.version = "1"
    return TaskSpec(template=template).SerializeToString()


def test_foreign_members_are_passed_over(tmp_path):
    """Files that only end like messages, code, links and folders."""
    path = tmp_path / "x.tgz"
    archive(
        path,
        {
            "0_a.b_1.pb": spec("a.b"),
            "notes.pb": b"\xff\xfenothing",
            "../../etc/passwd": b"root",
            "fast1234.tar.gz": b"\x1f\x8bcode",
            "README.md": b"# Read me",
        },
    )
    assert list(read_package(str(path))) == ["a.b"]
    assert kit.show(str(path)).template.id.name == "a.b"


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"0_a_1.pb": b"\xff\xff"}, "no task template"),
        ({"0_a_1.pb": spec("a"), "1_a_1.pb": spec("a", "x/y:2")}, "two tasks named"),
    ],
)
def test_damaged_packages_are_named(tmp_path, members, told):
    """With the member."""
    with pytest.raises(kit.KitError, match=told):
        read_package(archive(tmp_path / "x.tgz", members))


@pytest.mark.parametrize("cut", [0, 1, 20, -8, -40])
def test_a_package_that_was_cut_off_is_refused(tmp_path, cut):
    """Wherever."""
    path = Path(archive(tmp_path / "x.tgz", {"0_a_1.pb": spec("a")}))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(kit.KitError):
        read_package(str(path))


def test_a_package_of_nothing_says_so(tmp_path, capsys):
    """For every command."""
    path = archive(tmp_path / "x.tgz", {"README.md": b"x"})
    for command in ("show", "check", "pod"):
        assert run_app([command, path]) != 0
        assert "no tasks in it" in capsys.readouterr().err


def test_a_bomb_is_not_unpacked(tmp_path):
    """An archive that grows beyond what is read."""
    path = tmp_path / "x.tgz"
    with tarfile.open(path, "w:gz") as made:
        info = tarfile.TarInfo("0_a_1.pb")
        info.size = 300 * 2**20
        with open("/dev/zero", "rb") as zeros:  # noqa: PTH123 - a device
            made.addfile(info, zeros)
    with pytest.raises(kit.KitError, match="holds too much"):
        read_package(str(path))
