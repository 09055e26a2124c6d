"""Real databases for flytekit's tasks: a file, and a server on loopback."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

if importlib.util.find_spec("flytekitplugins") is None:
    collect_ignore_glob = ["*"]

ROWS = [("gentoo", 5076), ("adelie", 3700), ("chinstrap", 3733)]
CREATE = "create table birds (name text, grams integer)"


@pytest.fixture(scope="session")
def birds_file(tmp_path_factory) -> str:
    """Return the path of a database of birds."""
    path = str(tmp_path_factory.mktemp("birds") / "birds.db")
    with sqlite3.connect(path) as connection:
        connection.execute(CREATE)
        connection.executemany("insert into birds values (?, ?)", ROWS)
        connection.execute("create view b as select * from birds")
    connection.close()
    return path


_BINARIES = Path("/usr/lib/postgresql/15/bin")
_USER = "postgres"


@pytest.fixture(scope="session")
def birds_server() -> Iterator[str]:
    """Start a PostgreSQL with a table of birds, and return its address."""
    if not (_BINARIES / "initdb").exists():
        pytest.skip("Debian's package postgresql-15 is not installed.")
    # Its user must be able to enter it, which a private TMPDIR does not allow.
    folder = Path(tempfile.mkdtemp(prefix="kit-server-", dir="/tmp"))
    password = folder / "password"
    password.write_text("feathers")
    as_root = os.geteuid() == 0
    if as_root:
        shutil.chown(folder, _USER)
        shutil.chown(password, _USER)
    run = ["runuser", "-u", _USER, "--"] if as_root else []
    data = str(folder / "data")
    login = ["-U", "birds", f"--pwfile={password}", "-A", "scram-sha-256"]
    command = [*run, str(_BINARIES / "initdb"), "-D", data, *login, "--no-sync"]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-F"]
    server = subprocess.Popen(
        [*run, str(_BINARIES / "postgres"), "-D", data, *settings],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        _fill(port)
        yield f"postgresql+psycopg2://birds@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder)


def _fill(port: int) -> None:
    import psycopg2

    for _ in range(300):
        try:
            connection = psycopg2.connect(
                host="127.0.0.1",
                port=port,
                user="birds",
                password="feathers",  # noqa: S106 - of a server on loopback
                dbname="postgres",
            )
            break
        except psycopg2.OperationalError:
            time.sleep(0.1)
    else:
        pytest.fail("PostgreSQL did not start in 30 seconds")
    with connection, connection.cursor() as cursor:
        cursor.execute(CREATE)
        cursor.executemany("insert into birds values (%s, %s)", ROWS)
    connection.close()


@pytest.fixture(scope="session")
def tasks(birds_file):
    """Import the tasks over the file."""
    os.environ["BIRDS"] = birds_file
    sys.path.insert(0, str(Path(__file__).parent))
    import bridged_tasks

    yield bridged_tasks
    sys.path.remove(str(Path(__file__).parent))
