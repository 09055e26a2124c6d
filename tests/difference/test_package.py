from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from diff_tasks import query
from flyteidl.admin.workflow_pb2 import WorkflowSpec

from kit.definition.settings import SerializationSettings
from kit.difference.diff import diff
from kit.errors import TargetError, TemplateError
from kit.template import files as package
from kit.template.serialize import task_spec

SETTINGS = SerializationSettings()


def spec_bytes(name: str) -> bytes:
    """Return the bytes of a registered task."""
    spec = task_spec(query(), SETTINGS)
    spec.template.id.name = name
    return spec.SerializeToString()


def write(path, members: dict[str, bytes], mode: str = "w:gz"):
    """Write an archive as ``pyflyte package`` does, with a folder in it."""
    with tarfile.open(path, mode) as archive:
        folder = tarfile.TarInfo("_pb_output")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, data in members.items():
            member = tarfile.TarInfo(f"_pb_output/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return str(path)


WORKFLOW = WorkflowSpec()
WORKFLOW.template.id.name = "lab.query"


@pytest.mark.parametrize(
    ("ending", "mode"), [("tgz", "w:gz"), ("tar.gz", "w:gz"), ("tar", "w")]
)
def test_the_only_task_of_a_package_needs_no_name(tmp_path, ending, mode):
    """Workflows, launch plans and code beside it are not looked at."""
    members = {
        "0_lab.query_1.pb": spec_bytes("lab.query"),
        "1_lab.query_2.pb": WORKFLOW.SerializeToString(),
        "2_lab.query_3.pb": b"\xff",
        "fast0123.tar.gz": b"code",
    }
    path = write(tmp_path / f"flyte-package.{ending}", members, mode)
    assert not diff(query(), against=path)
    assert not diff(query(), against=f"{path}::lab.query")


def test_one_of_several_tasks_is_named(tmp_path):
    """Without a name, or with a wrong one, the error lists them."""
    names = ("lab.query", "lab.load")
    members = {f"{n}_{name}_1.pb": spec_bytes(name) for n, name in enumerate(names)}
    path = write(tmp_path / "p.tgz", members)
    assert not diff(query(), against=f"{path}::lab.query")
    with pytest.raises(TargetError, match=r"has 2 tasks; say which: .*::lab\.load, "):
        diff(query(), against=path)
    with pytest.raises(TargetError, match=r"Did you mean 'lab\.load'"):
        diff(query(), against=f"{path}::lab.lod")


def test_a_package_without_tasks_says_so(tmp_path):
    """It may hold workflows only."""
    path = write(tmp_path / "p.tgz", {"0_w_2.pb": WORKFLOW.SerializeToString()})
    with pytest.raises(TargetError, match="has no tasks in it"):
        diff(query(), against=path)


def test_a_damaged_member_is_named(tmp_path):
    """With what it seems to be."""
    path = write(tmp_path / "p.tgz", {"0_x_1.pb": b"PK\x03\x04"})
    with pytest.raises(TemplateError, match=r"0_x_1\.pb in .* seems to be a zip file"):
        diff(query(), against=path)


@pytest.mark.parametrize("data", [b"", b"no archive", b"\x1f\x8b\x08\x00 broken"])
def test_what_is_no_archive_is_refused(tmp_path, data):
    """Whatever its name says."""
    path = tmp_path / "p.tgz"
    path.write_bytes(data)
    with pytest.raises(TemplateError, match="is no package"):
        diff(query(), against=path)


def test_a_cut_off_archive_is_refused(tmp_path):
    """At any length."""
    path = write(tmp_path / "p.tgz", {"0_lab.query_1.pb": spec_bytes("lab.query")})
    data = Path(path).read_bytes()
    for size in range(0, len(data) - 8, 7):
        cut = tmp_path / "cut.tgz"
        cut.write_bytes(data[:size])
        with pytest.raises((TemplateError, TargetError)):
            diff(query(), against=cut)


def test_an_archive_that_grows_is_not_unpacked(tmp_path, monkeypatch):
    """What is in it is bounded, whatever its own size."""
    monkeypatch.setattr(package, "_MOST_BYTES", 2**20)
    path = write(tmp_path / "p.tgz", {"fast.tar.gz": bytes(2**21)})
    with pytest.raises(TemplateError, match="it holds too much"):
        diff(query(), against=path)


def test_links_are_not_followed(tmp_path):
    """A member that points at another file is no task."""
    path = tmp_path / "p.tar"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("0_x_1.pb")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(TargetError, match="has no tasks"):
        diff(query(), against=path)
