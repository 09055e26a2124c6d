"""``kit demo`` and ``kit check-env``."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import subprocess
import sys
from pathlib import Path

from kit.cli import main
from kit.demo.penguins import TABLE, write_database
from kit.demo.sqlite import heaviest
from kit.running.start import run


def test_the_demo_shows_the_whole_way(capsys, tmp_path: Path):
    """Data, template, command, loader arguments, outputs and where the files are."""
    assert main(["demo", "--directory", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    for part in (
        "344 penguins in",
        "task penguins.heaviest",
        "- '{{.input}}'",
        "- kit.resolver.default_task_template_resolver",
        "- kit.demo.sqlite.SQLiteQueryExecutor",
        "stdout  querying penguins.sqlite",
        "SUCCEEDED",
        "rows: 3 rows",
        "-m kit.entrypoint",
        "directory  ",
    ):
        assert part in out
    row = next(line for line in out.splitlines() if "6300" in line)
    assert row.split() == ["Gentoo", "Biscoe", "male", "6300", "221"]
    prose = [line for line in out.splitlines() if str(tmp_path) not in line]
    assert max(map(len, prose)) <= 80
    assert (tmp_path / "run-1" / "outputs" / "outputs.pb").is_file()


def test_the_demo_can_be_run_again(capsys, tmp_path: Path):
    """A second run has a folder of its own and takes its options."""
    words = ["demo", "--directory", str(tmp_path), "--species", "Adelie"]
    assert main([*words, "--limit", "1"]) == 0
    assert main([*words, "--limit", "2"]) == 0
    assert "rows: 2 rows" in capsys.readouterr().out
    assert (tmp_path / "run-2").is_dir()


def test_the_demo_does_not_load_pandas(tmp_path: Path):
    """The table is read with the standard library."""
    source = (
        "import sys; from kit.cli import main;"
        f"status = main(['demo', '--directory', {str(tmp_path)!r}]);"
        "sys.exit(status or ' '.join({'pandas', 'numpy'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", source], check=True, capture_output=True)


def test_the_data_are_the_real_ones(tmp_path: Path):
    """All 344 rows of the published table, with its missing values."""
    digest = hashlib.sha256(TABLE.read_bytes()).hexdigest()
    assert digest == "f204db2c753b0937caac3cb35258562c14f073e4bbc76be24b4c51ce22767a93"
    assert write_database(tmp_path / "p.sqlite") == 344
    with contextlib.closing(sqlite3.connect(tmp_path / "p.sqlite")) as database:
        species = dict(
            database.execute("SELECT species, count(*) FROM penguins GROUP BY species")
        )
        unknown = database.execute("SELECT count(*) FROM penguins WHERE sex IS NULL")
        assert unknown.fetchone() == (11,)
        kinds = database.execute("SELECT DISTINCT typeof(body_mass_g) FROM penguins")
        assert {kind for (kind,) in kinds} == {"integer", "null"}
    assert species == {"Adelie": 152, "Chinstrap": 68, "Gentoo": 124}


def test_inputs_are_parameters_of_the_query(tmp_path: Path):
    """What would be an injection is a species nobody has seen."""
    write_database(tmp_path / "p.sqlite")
    task = heaviest(tmp_path / "p.sqlite")
    done = run(task, species="' OR 1=1 --", runner="in-process")
    assert done.outputs == {"rows": [], "count": 0}


def test_an_unwritable_folder_is_an_error(capsys, tmp_path: Path):
    """The demo ends with 1 and a sentence."""
    (tmp_path / "file").touch()
    assert main(["demo", "--directory", str(tmp_path / "file" / "below")]) == 1
    err = capsys.readouterr().err
    assert "cannot be written" in err
    assert "Traceback" not in err
