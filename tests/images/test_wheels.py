"""Wheels of what is installed here."""

from __future__ import annotations

import importlib.metadata
import io
import json
import platform
import subprocess
import sys
import zipfile

import pytest

from kit.errors import ImageBuildError
from kit.images.wheels import (
    editable_folder,
    in_wheels,
    installed,
    pip_wheel,
    stub,
    write_wheel,
)


def names_in(wheel):
    """Return the names of the files in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return sorted(archive.namelist())


def installed_by_pip(wheel, folder):
    """Let pip install a wheel into a folder."""
    words = ["-m", "pip", "install", "--no-deps", "--no-index", "--target", folder]
    subprocess.run([sys.executable, *words, wheel], check=True, capture_output=True)


def test_files_come_from_the_record(make_distribution, tmp_path):
    """Without what is of this machine only, and with what types need."""
    files = {"one/__init__.py": "", "one/a.pyc": "", "one/b.pyi": "", "../bin/one": ""}
    one = make_distribution("one", files=files, direct_url__json="{}", INSTALLER="pip")
    wheel = write_wheel(one, tmp_path)
    assert wheel.name == "one-1.0-py3-none-any.whl"
    assert names_in(wheel) == [
        "one-1.0.dist-info/METADATA",
        "one-1.0.dist-info/RECORD",
        "one-1.0.dist-info/WHEEL",
        "one/__init__.py",
        "one/b.pyi",
    ]


def test_pip_installs_what_was_packed_again(make_distribution, tmp_path):
    """With its programs, for the Python that runs pip; programs stay executable."""
    points = "[console_scripts]\none = one.cli:App.main\n"
    files = {"one/cli.py": "class App:\n  main = lambda: print('it runs')", "one/x": ""}
    one = make_distribution("one", files=files, entry_points__txt=points)
    one.locate_file("one/x").chmod(0o755)
    target = tmp_path / "target"
    installed_by_pip(write_wheel(one, tmp_path), target)
    done = subprocess.run(
        [target / "bin/one"],
        env={"PYTHONPATH": str(target)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == "it runs\n"
    assert (target / "one/x").stat().st_mode & 0o111
    assert not (target / "one/cli.py").stat().st_mode & 0o111


def test_the_same_files_are_the_same_bytes(make_distribution, tmp_path):
    """So that engines find them in their cache."""
    one = make_distribution("one", files={"one.py": "1"})
    before = write_wheel(one, tmp_path).read_bytes()
    one.locate_file("one.py").touch()
    assert write_wheel(one, tmp_path).read_bytes() == before


def test_a_stub_has_the_requirements_and_no_files(make_distribution):
    """Nor a long description."""
    requires = ["two>=1", "three; extra == 'more'"]
    facts = {"Requires-Python": ">=3.10", "Provides-Extra": "more", "Summary": "Long."}
    one = make_distribution("one.lab", requires=requires, facts=facts)
    name, data = stub(one)
    assert name == "one.lab-1.0-py3-none-any.whl"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(archive.namelist()) == 3
        text = archive.read("one.lab-1.0.dist-info/METADATA").decode()
    assert text.splitlines()[1:] == [
        *("Name: one.lab", "Version: 1.0", "Requires-Python: >=3.10"),
        *("Requires-Dist: two>=1", "Requires-Dist: three; extra == 'more'"),
        "Provides-Extra: more",
    ]


def test_what_was_compiled_here_needs_a_c_library_that_is_as_new(make_distribution):
    """Its own tag says only the machine."""
    library, version = platform.libc_ver()
    one = make_distribution("one", tag="cp311-cp311-linux_x86_64")
    expected = f"-manylinux_{version.replace('.', '_')}_x86_64.whl"
    assert stub(one)[0].endswith(
        expected if library == "glibc" else "-linux_x86_64.whl"
    )


def test_kit_may_be_an_editable_install(tmp_path):
    """Its package is packed from where it is, and its metadata."""
    own = importlib.metadata.distribution("flyte-task-kit")
    names = names_in(write_wheel(own, tmp_path))
    assert {"kit/entrypoint.py", "kit/display/static/kit.css"} <= set(names)
    assert any(name.endswith(".dist-info/entry_points.txt") for name in names)
    assert not any("__pycache__" in name for name in names)


def test_a_wheel_of_another_editable_install_is_built(make_distribution, tmp_path):
    """By its own build backend, which the error names when it fails."""
    folder = tmp_path / "author"
    folder.mkdir()
    origin = json.dumps({"url": folder.as_uri(), "dir_info": {"editable": True}})
    one = make_distribution("one", direct_url__json=origin)
    assert editable_folder(one) == folder
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]'
    )
    (folder / "backend.py").write_text(
        "import zipfile\n"
        "def build_wheel(folder, *_):\n"
        "    name = 'one-2.0-py3-none-any.whl'\n"
        "    with zipfile.ZipFile(f'{folder}/{name}', 'w') as archive:\n"
        "        info = 'Name: one\\nVersion: 2.0\\nMetadata-Version: 2.1'\n"
        "        archive.writestr('one-2.0.dist-info/METADATA', info)\n"
        "        archive.writestr('one-2.0.dist-info/WHEEL', 'Wheel-Version: 1.0')\n"
        "        archive.writestr('one-2.0.dist-info/RECORD', '')\n"
        "    return name\n"
    )
    assert write_wheel(one, tmp_path).name == "one-2.0-py3-none-any.whl"
    (folder / "backend.py").write_text("raise RuntimeError('no such luck')")
    with pytest.raises(ImageBuildError, match=r"wheel of one, an editable install of"):
        write_wheel(one, tmp_path)


def test_what_was_not_installed_from_a_wheel_is_refused(make_distribution, tmp_path):
    """Nobody knows its files."""
    one = make_distribution("one")
    (one.locate_file("one-1.0.dist-info") / "RECORD").unlink()
    with pytest.raises(ImageBuildError, match=r"files of one are not known.*with pip"):
        write_wheel(one, tmp_path)


def test_what_is_no_wheel_is_refused(tmp_path):
    """Whatever it is called."""
    (tmp_path / "one-1.0-py3-none-any.whl").write_text("x")
    with pytest.raises(ImageBuildError, match=r"whl' is not a wheel"):
        in_wheels(tmp_path.glob("*.whl"), tmp_path)


def test_a_wheel_of_pip_runs_without_being_installed(tmp_path):
    """In a Python that has no packages."""
    command = [sys.executable, "-I", "-S", f"{pip_wheel(tmp_path)}/pip", "--version"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stdout.startswith("pip ")


def test_what_is_installed_here_is_known_by_normalized_names():
    """As requirements name it."""
    assert {"typing-extensions", "flyte-task-kit"} <= set(installed())
