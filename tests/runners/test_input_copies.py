"""Local inputs are copies, as those of a pod are: no run changes the user's files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

import kit


@kit.container_task(image="i:1", ship="inline")
def appends(tt, f: kit.FlyteFile) -> kit.FlyteFile:
    """Write to an input and pass it on."""
    with Path(f).open("a") as file:
        file.write("more")
    return f


@kit.container_task(image="i:1", ship="inline")
def removes(tt, d: kit.FlyteDirectory) -> kit.FlyteDirectory:
    """Remove a file of an input and pass it on."""
    Path(d, "a.txt").unlink()
    return d


@kit.container_task(image="i:1", ship="inline")
def makes(tt, kind: str) -> kit.FlyteDirectory:
    """Make a folder with something in it that a store does not keep."""
    made = kit.FlyteDirectory.new("made")
    folder = Path(made)
    if kind != "empty":
        (folder / "tool").write_text("#!/bin/sh")
        (folder / "tool").chmod(0o700)
        (folder / "nothing").mkdir()
        (folder / "link").symlink_to("tool")
    return made


@kit.container_task(image="i:1", ship="inline")
def lists(tt, d: kit.FlyteDirectory) -> list[str]:
    """List a folder."""
    return sorted(path.name for path in Path(d).iterdir())


@dataclass
class Order:
    """Names a file, and has a text that is a path as well."""

    file: kit.FlyteFile
    path: str


@kit.container_task(image="i:1", ship="inline")
def appends_to_field(tt, order: Order) -> str:
    """Write to a file that is a field."""
    with Path(order.file).open("a") as file:
        file.write("more")
    return order.path


def in_workflow(task, **inputs):
    """Run a task as the only node of a workflow."""

    @kit.workflow
    def flow(f: kit.FlyteFile) -> kit.FlyteFile:
        return task(f=f)

    return flow(**inputs)


def names(folder: os.PathLike[str]) -> list[str]:
    """List the names in a folder."""
    return sorted(path.name for path in Path(folder).iterdir())


WAYS = {
    "call": lambda task, **inputs: task(**inputs),
    "in-process": lambda task, **inputs: (
        kit.run(task, runner="in-process", **inputs).raise_for_error().outputs.o0
    ),
    "subprocess": lambda task, **inputs: (
        kit.run(task, **inputs).raise_for_error().outputs.o0
    ),
}


@pytest.mark.parametrize("way", [*WAYS, "workflow"])
def test_a_file_that_is_changed_and_passed_on(tmp_path: Path, way):
    """What comes out is the input as it was, for the pod had a copy of its own."""
    mine = tmp_path / "mine.txt"
    mine.write_text("w")
    run = {**WAYS, "workflow": in_workflow}[way]
    out = run(appends, f=kit.FlyteFile(str(mine)))
    assert mine.read_text() == "w"
    assert Path(out).read_text() == "w"
    assert Path(out) == mine


@pytest.mark.parametrize("way", WAYS)
def test_a_folder_that_is_changed_and_passed_on(tmp_path: Path, way):
    """It is whole here, as it is in a store."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "a.txt").write_text("a")
    (mine / "b.txt").write_text("b")
    out = WAYS[way](removes, d=kit.FlyteDirectory(str(mine)))
    assert names(mine) == ["a.txt", "b.txt"]
    assert names(out) == ["a.txt", "b.txt"]


@pytest.mark.parametrize("way", WAYS)
def test_a_file_in_a_record(tmp_path: Path, way):
    """Its text that is a path too is no file, and arrives as it is."""
    mine = tmp_path / "mine.txt"
    mine.write_text("w")
    order = Order(kit.FlyteFile(str(mine)), path=str(tmp_path))
    assert WAYS[way](appends_to_field, order=order) == str(tmp_path)
    assert mine.read_text() == "w"


@pytest.mark.flytekit
def test_flytekits_runtime_gets_copies_too(tmp_path: Path):
    """It opens local paths in place, so that the run's folder has copies of them."""
    pytest.importorskip("flytekit")
    made = kit.container_task(image="i:1", ship="inline", runtime="flytekit")
    flytes = made(_appends)
    mine = tmp_path / "mine.txt"
    mine.write_text("w")
    run = kit.run(flytes, f=kit.FlyteFile(str(mine)))
    assert run.succeeded, run.error
    assert mine.read_text() == "w"


def _appends(tt, f: kit.FlyteFile) -> str:
    with Path(f).open("a") as file:
        file.write("more")
    return os.fspath(f)


@pytest.mark.parametrize("way", ["in-process", "subprocess"])
def test_a_folder_goes_out_as_a_store_keeps_it(tmp_path: Path, way):
    """Files only: no link, no permission, no folder without files."""
    out = Path(WAYS[way](makes, kind="full"))
    assert names(out) == ["link", "tool"]
    assert not (out / "link").is_symlink()
    assert not os.access(out / "tool", os.X_OK)


def test_what_a_store_loses_is_in_the_log():
    """When the output is made, by kind."""
    run = kit.run(makes, kind="full")
    assert (
        "1 folders without files, 1 links (files take their place), 2 permissions"
        in run.logs.text("stderr")
    )


def test_an_empty_folder_is_not_there_for_who_reads_it(tmp_path: Path):
    """On Flyte: "there is no such file or folder"."""
    (tmp_path / "empty").mkdir()
    run = kit.run(lists, d=kit.FlyteDirectory(str(tmp_path / "empty")))
    assert run.error.type == "kit.errors.StorageNotFoundError"


@pytest.mark.parametrize("runner", ["in-process", "subprocess"])
def test_an_empty_folder_is_made_and_read_by_nobody(runner: str):
    """As on Flyte: the first execution succeeds, and whoever reads it fails."""
    run = kit.run(makes, runner=runner, kind="empty", keep=True)
    assert run.succeeded, run.error
    reader = kit.run(lists, runner=runner, d=run.outputs.o0)
    assert reader.error.type == "kit.errors.StorageNotFoundError"
