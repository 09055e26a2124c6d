"""Runs in files: saved, loaded, replayed, damaged."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path
from random import Random

import pytest
from flyteidl.core.literals_pb2 import LiteralMap
from running_tasks import Order, count_in, decked, divide, double, shout

import kit
from kit.display.outputs.files import may_be_fetched
from kit.errors import CallError, SavedRunError, StorageError
from kit.runners import Phase


def test_a_failed_run_is_replayed_elsewhere(tmp_path: Path):
    """It fails in the same way, from the file alone."""
    failed = kit.run(divide, a=1, b=0)
    path = failed.save(tmp_path / "run.zip")
    again = kit.replay(path)
    assert again.phase is Phase.FAILED
    assert again.error.type == "ZeroDivisionError"
    assert again.number > failed.number
    with pytest.raises(CallError, match=r"kit\.replay"):
        kit.Run.load(path).rerun(b=1)


def test_a_loaded_run_is_as_it_ended(tmp_path: Path):
    """Phase, outputs, error, log and decks."""
    done = kit.run(decked, n=3)
    loaded = kit.Run.load(done.save(tmp_path / "run.zip"))
    assert repr(loaded) == repr(done)
    assert loaded.outputs == {"o0": 3}
    assert loaded.literals == done.literals
    assert loaded.timings == done.timings
    assert loaded.decks["mine"].html == done.decks["mine"].html
    failed = kit.run(divide, a=1, b=0)
    loaded = kit.Run.load(failed.save(tmp_path / "failed.zip"))
    assert loaded.error == failed.error
    assert loaded.logs.text() == failed.logs.text()


def test_files_come_along(tmp_path: Path):
    """Those that inputs name, in records too, and those that outputs name."""
    source = tmp_path / "größe.txt"
    source.write_text("quiet")
    done = kit.run(shout, file=kit.FlyteFile(str(source)))
    path = done.save(tmp_path / "run.zip")
    in_record = kit.run(count_in, order=Order(kit.FlyteFile(str(source))))
    record_path = in_record.save(tmp_path / "record.zip")
    assert in_record.outputs.o0 == 5
    source.unlink()
    Path(done.outputs.o0).unlink()
    assert Path(kit.Run.load(path).outputs.o0).read_text() == "QUIET"
    assert Path(kit.replay(path).outputs.o0).read_text() == "QUIET"
    assert kit.replay(record_path).outputs.o0 == 5


def test_saving_replaces_nothing_unasked(tmp_path: Path):
    """And leaves no halves."""
    run = kit.run(double, n=1)
    path = run.save(tmp_path / "run.zip")
    with pytest.raises(StorageError, match="overwrite=True"):
        run.save(path)
    assert run.save(path, overwrite=True) == path
    assert [file.name for file in tmp_path.iterdir()] == ["run.zip"]
    with pytest.raises(StorageError):
        run.save(tmp_path / "no" / "folder" / "run.zip")


def test_the_same_run_gives_the_same_file(tmp_path: Path):
    """No time of day is in it."""
    run = kit.run(double, n=1)
    one, two = run.save(tmp_path / "1.zip"), run.save(tmp_path / "2.zip")
    assert one.read_bytes() == two.read_bytes()


def test_the_debugger_opens_where_the_executor_raises(
    tmp_path: Path, monkeypatch, capsys
):
    """With its variables, and with what it prints on the terminal."""
    path = kit.run(divide, a=7, b=0).save(tmp_path / "run.zip")
    monkeypatch.setattr(sys, "stdin", io.StringIO("p a + 1\nq\n"))
    run = kit.replay(path, debug=True)
    out = capsys.readouterr().out
    assert "dividing" in out
    assert "return a // b" in out
    assert "(Pdb) 8" in out
    assert run.phase is Phase.FAILED
    with pytest.raises(CallError, match="in this process only"):
        kit.replay(path, debug=True, runner="docker")


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    """Write a zip file."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def contents(path: Path) -> dict[str, bytes]:
    """Read a zip file."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("name", ["../out.txt", "/kit-evil", "a/../../b", "..\\b"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name):
    """Whoever made the file."""
    path = kit.run(double, n=1).save(tmp_path / "run.zip")
    evil = zipped(tmp_path / "evil.zip", {**contents(path), name: b"x"})
    with pytest.raises(SavedRunError, match="leads elsewhere"):
        kit.Run.load(evil)
    assert not Path("/kit-evil").exists()


def test_no_input_is_said_to_lie_elsewhere(tmp_path: Path):
    """The files that came along are those in the file."""
    path = kit.run(double, n=1).save(tmp_path / "run.zip")
    files = contents(path)
    facts = json.loads(files["run.json"])
    facts["files"] = {"/etc/hostname": "../../etc/passwd"}
    files["run.json"] = json.dumps(facts).encode()
    with pytest.raises(SavedRunError, match="elsewhere"):
        kit.Run.load(zipped(tmp_path / "evil.zip", files))


def test_a_file_that_is_no_archive_is_named_once(tmp_path: Path):
    """In a sentence that begins with it."""
    (tmp_path / "junk.zip").write_bytes(b"PK junk")
    with pytest.raises(SavedRunError) as caught:
        kit.replay(tmp_path / "junk.zip")
    assert str(caught.value).startswith(f"{tmp_path / 'junk.zip'} is not a saved run")
    assert str(caught.value).count("junk.zip") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"run.json": b"[]"},
        {"run.json": b"{"},
        {"run.json": b'{"format": 99}'},
        {"run.json": b'{"format": 1}'},
        {"run.json": b"[" * 100_000},
        {"task.pb": b"\xff\xff\xff"},
        {"inputs.pb": b"\xff\xff\xff"},
        {"outputs.pb": b"\xff\xff\xff"},
    ],
)
def test_damaged_contents_are_refused_by_name(tmp_path: Path, change):
    """With the path and with what is wrong."""
    path = kit.run(double, n=1).save(tmp_path / "run.zip")
    bad = zipped(tmp_path / "bad.zip", {**contents(path), **change})
    with pytest.raises(
        SavedRunError, match=r"bad\.zip is not a saved run, or is damaged: "
    ):
        kit.Run.load(bad)


@pytest.mark.parametrize("data", [b"", b"no zip file", b"PK\x03\x04 truncated"])
def test_other_files_are_refused(tmp_path: Path, data):
    """Whatever they are."""
    path = tmp_path / "run.zip"
    path.write_bytes(data)
    with pytest.raises(SavedRunError, match="not a saved run"):
        kit.replay(path)
    with pytest.raises(StorageError):
        kit.replay(tmp_path / "none.zip")
    with pytest.raises(CallError):
        kit.replay(3)


def test_every_truncation_of_a_saved_run_is_noticed(tmp_path: Path):
    """Nothing else than an error of kit's comes of it."""
    data = kit.run(double, n=1).save(tmp_path / "run.zip").read_bytes()
    for length in range(0, len(data) - 1, max(1, len(data) // 40)):
        path = tmp_path / f"{length}.zip"
        path.write_bytes(data[:length])
        with pytest.raises(SavedRunError):
            kit.Run.load(path)


def test_secrets_of_the_environment_stay_here(tmp_path: Path, monkeypatch):
    """Their values are left out unless asked for, and a replay says what it lacks."""
    variables = {"DB_PASSWORD": "hunter2-hunter2", "DB_HOST": "db"}
    run = kit.run(double, n=1, environment=variables)
    path = run.save(tmp_path / "run.zip")
    with zipfile.ZipFile(path) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert b"hunter2" not in content
    assert kit.Run.load(path).request.environment == {"DB_HOST": "db"}
    with pytest.raises(CallError, match="not saved: DB_PASSWORD"):
        kit.replay(path)
    with pytest.raises(CallError, match="not saved: DB_PASSWORD"):
        kit.replay(kit.Run.load(path))
    again = kit.replay(path, environment={"DB_PASSWORD": "x"})
    assert again.request.environment == {**variables, "DB_PASSWORD": "x"}
    monkeypatch.setenv("DB_PASSWORD", "y")
    assert kit.replay(path).request.environment == {**variables, "DB_PASSWORD": "y"}
    run.save(tmp_path / "all.zip", with_secrets=True)
    assert kit.Run.load(tmp_path / "all.zip").request.environment == variables


@pytest.mark.parametrize(
    "uri",
    [
        *("{}", "file://{}", "FILE://{}", "{folder}/../{name}", "file://localhost{}"),
        *("local://{}", "LOCAL://{}", "asynclocal://{}", "simplecache::file://{}"),
        *(
            "filecache::{}",
            "dir::file://{}",
            "zip://x::{}",
            "git://{}",
            "reference://{}",
        ),
        *("unheard-of://{}", "{folder}/not-there-yet", "x::y::s3://bucket/{name}"),
    ],
)
def test_a_strangers_run_names_no_file_of_this_machine(tmp_path: Path, uri):
    """It is shown as an address, never read, and not saved along again."""
    private = tmp_path / "private.txt"
    private.write_text("private")
    source = tmp_path / "source.txt"
    source.write_text("quiet")
    (tmp_path / "here").mkdir()
    path = kit.run(shout, file=kit.FlyteFile(str(source))).save(tmp_path / "run.zip")
    named = uri.format(private, folder=tmp_path / "here", name=private.name)
    literal = LiteralMap()
    literal.literals["o0"].scalar.blob.uri = named
    changed = {"outputs.pb": literal.SerializeToString()}
    forged = zipped(tmp_path / "forged.zip", {**contents(path), **changed})
    loaded = kit.Run.load(forged)
    assert loaded.literals.literals["o0"].scalar.blob.uri.startswith("elsewhere://")
    with pytest.raises(kit.KitError):
        Path(loaded.outputs.o0).read_text()
    bundle = loaded._repr_mimebundle_()
    assert "private</" not in bundle["text/html"]
    told = " ".join(bundle["text/plain"].split())
    assert "not one of the run's own files" in told
    assert not may_be_fetched(loaded.outputs.o0)
    with zipfile.ZipFile(loaded.save(tmp_path / "again.zip")) as archive:
        assert not any("private" in name for name in archive.namelist())


def test_outputs_of_a_failed_run_say_why_there_are_none():
    """Not only that there are none."""
    failed = kit.run(divide, a=1, b=0)
    with pytest.raises(AttributeError, match="ZeroDivisionError: integer div"):
        _ = failed.outputs.o0


SEEDS = range(4)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_damage_is_an_error_of_kits_or_none(tmp_path: Path, seed):
    """Bytes changed, facts of other types, members missing: 100 files each."""
    random = Random(seed)  # noqa: S311 - not for secrets
    source = tmp_path / "source.txt"
    source.write_text("quiet")
    runs = [
        kit.run(decked, n=3, runner="in-process"),
        kit.run(shout, file=kit.FlyteFile(str(source)), runner="in-process"),
        kit.run(divide, a=1, b=0, runner="in-process"),
    ]
    paths = [run.save(tmp_path / f"{n}.zip") for n, run in enumerate(runs)]
    opened = 0
    for _ in range(100):
        path = damaged(random.choice(paths), random)
        try:
            run = kit.Run.load(path)
            run._repr_mimebundle_()
            assert run.outputs is not None
            assert run.decks is not None
        except kit.KitError:
            continue
        opened += 1
    assert 0 < opened < 100


ODD = (None, True, -1, 10**30, "x", [], {}, [1], {"a": 1}, float("inf"))


def damaged(path: Path, random: Random) -> Path:
    """Return a copy of a saved run in which something is wrong."""
    members = contents(path)
    name = random.choice(sorted(members))
    data = bytearray(members.pop(name))
    kind = random.random()
    if name.endswith(".json") and kind < 0.7:
        facts = json.loads(data)
        key = random.choice(sorted(facts))
        inner = facts[key] if isinstance(facts[key], dict) and facts[key] else facts
        inner[random.choice(sorted(inner))] = random.choice(ODD)
        members[name] = json.dumps(facts).encode()
    elif kind < 0.95:
        for _ in range(random.choice((1, 2, 5))):
            at = random.randrange(len(data) + 1)
            data[at : at + random.randrange(3)] = random.randbytes(random.randrange(3))
        members[name] = bytes(data)
    return zipped(path.with_name("damaged.zip"), members)


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("timeout", -5),
        ("timeout", float("nan")),
        ("timeout", 1e300),
        ("environment", {"A=B": "x"}),
        ("environment", {"A": "\0"}),
        ("phase", "RUNNING"),
        ("files", None),
        ("timings", []),
    ],
)
def test_facts_that_no_run_has_are_refused(tmp_path: Path, fact, value):
    """The file is named, and the fact."""
    members = contents(kit.run(double, n=1).save(tmp_path / "run.zip"))
    facts = {**json.loads(members["run.json"]), fact: value}
    members["run.json"] = json.dumps(facts).encode()
    with pytest.raises(SavedRunError, match=r"bad\.zip is not a saved run"):
        kit.Run.load(zipped(tmp_path / "bad.zip", members))


def test_a_success_has_outputs(tmp_path: Path):
    """Or it is none."""
    members = contents(kit.run(double, n=1).save(tmp_path / "run.zip"))
    del members["outputs.pb"]
    with pytest.raises(SavedRunError, match=r"no outputs\.pb"):
        kit.Run.load(zipped(tmp_path / "bad.zip", members))


@pytest.mark.parametrize("path", [3, None, b"run.zip", ["run.zip"]])
def test_what_is_no_path_is_refused(path):
    """In words of kit's."""
    with pytest.raises(CallError, match="got "):
        kit.Run.load(path)
    with pytest.raises(CallError, match="got "):
        kit.replay(path)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "no\0file", "x" * 5000, ""])
def test_what_is_no_file_is_not_read(path):
    """A device has no end."""
    with pytest.raises(StorageError, match=r"expected a run that run\.save"):
        kit.Run.load(path)
