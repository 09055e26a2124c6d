"""Wheels of the packages that are installed here, for pip in another Python.

A wheel is packed again from the files of an installed distribution, built from the
folder of an editable install, or downloaded by pip.  Which of them a base image needs,
and which fit its Python, is decided by pip in that image.
"""

from __future__ import annotations

import importlib.util
import io
import json
import platform
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from kit.errors import ImageBuildError, MissingPackageError
from kit.images.requirements import KIT
from kit.source.requirements import project_name

if TYPE_CHECKING:
    from importlib.metadata import Distribution

_TAIL_LINES = 8
_OF_THIS_MACHINE = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
_LEFT_OUT = (".pyc", ".pth")
_METADATA = re.compile(r"[^/]+\.dist-info/(METADATA|WHEEL)")
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_FILE, _PROGRAM = 0o100644 << 16, 0o100755 << 16


def installed(folder: Path | None = None) -> dict[str, Distribution]:
    """Return what is installed, by normalized names.

    Args:
        folder: Where to look; by default what this process imports from.
    """
    from importlib.metadata import distributions

    where: dict[str, Any] = {} if folder is None else {"path": [str(folder)]}
    found: dict[str, Distribution] = {}
    for distribution in distributions(**where):
        if "Name" in distribution.metadata:  # not so in what pip left half removed
            name = project_name(distribution.metadata["Name"])
            found.setdefault(name, distribution)
    return found


def in_wheels(
    wheels: Iterable[Path], folder: Path
) -> dict[str, tuple[Distribution, Path]]:
    """Return the distributions that wheels contain, by normalized names.

    Args:
        wheels: The wheels.
        folder: Where their metadata is unpacked.

    Raises:
        ImageBuildError: A file is not a wheel.
    """
    from importlib.metadata import Distribution

    found: dict[str, tuple[Distribution, Path]] = {}
    for wheel in wheels:
        try:
            with zipfile.ZipFile(wheel) as archive:
                names = [n for n in archive.namelist() if _METADATA.fullmatch(n)]
                archive.extractall(folder / "metadata", names)
            info = names[0].partition("/")[0]
        except (zipfile.BadZipFile, IndexError) as error:
            msg = f"{str(wheel)!r} is not a wheel. Make one with pip wheel."
            raise ImageBuildError(msg) from error
        distribution = Distribution.at(folder / "metadata" / info)
        found[project_name(distribution.metadata["Name"])] = distribution, wheel
    return found


def stub(distribution: Distribution) -> tuple[str, bytes]:
    """Return name and bytes of a wheel without files: all that pip needs to choose."""
    facts = distribution.metadata
    lines = ["Metadata-Version: 2.1", f"Name: {facts['Name']}"]
    lines.append(f"Version: {distribution.version}")
    for field in ("Requires-Python", "Requires-Dist", "Provides-Extra"):
        lines += [f"{field}: {value}" for value in facts.get_all(field) or ()]
    stem = _stem(distribution)
    texts = {
        f"{stem}.dist-info/METADATA": "\n".join(lines),
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
    }
    members = [(name, text.encode(), False) for name, text in texts.items()]
    data = _wheel(members, stem)
    return f"{stem}-{_tags(distribution)}.whl", data


def write_wheel(distribution: Distribution, folder: Path) -> Path:
    """Write the wheel of an installed distribution, and return its path.

    Raises:
        ImageBuildError: Which files it has is not known here, or pip cannot build it.
    """
    name, files = distribution.metadata["Name"], distribution.files
    own = next((file for file in files or () if file.name == "WHEEL"), None)
    if own is None or files is None:
        msg = (
            f"The files of {name} are not known here, because it was not installed "
            "from a wheel. Install it with pip, or choose a base image that has it."
        )
        raise ImageBuildError(msg)
    source = editable_folder(distribution)
    if source is not None and name != KIT:
        return _build(name, source, folder)
    members = list(_metadata(distribution))
    if source is None:
        members += _files(distribution)
    else:
        members += _tree("kit", Path(__file__).parents[1])
    stem = own.parts[0].removesuffix(".dist-info")
    path = folder / f"{_stem(distribution)}-{_tags(distribution)}.whl"
    path.write_bytes(_wheel(members, stem))
    return path


def editable_folder(distribution: Distribution) -> Path | None:
    """Return the folder of an editable install, None for any other (PEP 610)."""
    try:
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    except ValueError:
        return None
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlparse(origin["url"]).path))


def download(
    requirements: Iterable[str], options: Iterable[str], folder: Path
) -> list[Path]:
    """Let pip download wheels, and all that they need, from its index.

    Args:
        requirements: As pip takes them.
        options: Further options, such as the Python that they are for.
        folder: Where they go; wheels that are there already are preferred.

    Raises:
        ImageBuildError: There are no such wheels, or no such index.
    """
    words = ["download", "--only-binary=:all:", "--prefer-binary", "--no-input"]
    words += [f"--dest={folder}", f"--find-links={folder}", *options]
    _pip([*words, *requirements], "pip cannot download what the image needs")
    return sorted(folder.glob("*.whl"))


def pip_wheel(folder: Path) -> Path:
    """Return a wheel of pip, which runs in a base image that has none.

    Raises:
        MissingPackageError: There is no pip here.
    """
    bundled = _bundled_pip()
    if bundled is not None:
        return bundled
    known = installed().get("pip")
    if known is None:
        raise MissingPackageError("pip", purpose="kit.build_image")
    return write_wheel(known, folder)


def _bundled_pip() -> Path | None:
    """Return the wheel of pip that came with this Python, if it has one."""
    spec = importlib.util.find_spec("ensurepip")
    places = [] if spec is None else list(spec.submodule_search_locations or ())
    found = [
        path for place in places for path in Path(place).glob("_bundled/pip-*.whl")
    ]
    return max(found, default=None)


def _build(name: str, source: Path, folder: Path) -> Path:
    """Let pip build the wheel of an editable install."""
    before = set(folder.glob("*.whl"))
    words = ["wheel", "--no-deps", f"--wheel-dir={folder}", str(source)]
    _pip(
        words,
        f"pip cannot build a wheel of {name}, an editable install of {source}. Build "
        "it yourself and give its path in packages. pip wrote",
    )
    return next(iter(set(folder.glob("*.whl")) - before))


def _pip(words: list[str], problem: str) -> None:
    program = ["-m", "pip"]
    if importlib.util.find_spec("pip") is None:
        bundled = _bundled_pip()
        if bundled is None:
            raise MissingPackageError("pip", purpose="kit.build_image")
        program = [f"{bundled}/pip"]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, *program, "--disable-pip-version-check", "--quiet", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ImageBuildError(f"{problem}:\n{_error_lines(done.stderr)}")


def _error_lines(text: str) -> str:
    """Return what pip says of an error, without its other lines."""
    lines = [line for line in text.strip().splitlines() if not line.startswith("[")]
    errors = [line.partition("ERROR: ")[2] for line in lines if "ERROR: " in line]
    return "\n".join(f"  {line}" for line in errors or lines[-_TAIL_LINES:])


def _stem(distribution: Distribution) -> str:
    """Return the beginning of a wheel's name, as pip compares it."""
    parts = (distribution.metadata["Name"], distribution.version)
    return "-".join(re.sub(r"[^\w.!+]+", "_", part) for part in parts)


def _tags(distribution: Distribution) -> str:
    """Return the tags of a wheel's name.

    What was compiled on this machine names no C library.  It needs one that is at least
    as new as the one here, which the tag of that library says.
    """
    text = distribution.read_text("WHEEL") or ""
    lines = (line.partition(":") for line in text.splitlines())
    tags = [value.strip().split("-") for key, _, value in lines if key == "Tag"]
    if not tags:
        return "py3-none-any"
    kinds = [list(dict.fromkeys(parts)) for parts in zip(*tags, strict=True)]
    library, version = platform.libc_ver()
    if library == "glibc":
        newer = f"manylinux_{version.replace('.', '_')}_"
        kinds[2] = [re.sub(r"^linux_", newer, name) for name in kinds[2]]
    return "-".join(".".join(kind) for kind in kinds)


Member = tuple[str, bytes, bool]


def _metadata(distribution: Distribution) -> Iterator[Member]:
    """Yield name, bytes and whether it is a program of each file of the metadata."""
    for file in distribution.files or ():
        is_metadata = file.parts[0].endswith(".dist-info")
        path = Path(str(file.locate()))
        if is_metadata and file.name not in _OF_THIS_MACHINE and path.is_file():
            yield str(file), path.read_bytes(), False


def _files(distribution: Distribution) -> Iterator[Member]:
    """Yield all other files, but those outside of the folder for packages."""
    for file in distribution.files or ():
        path = Path(str(file.locate()))
        is_inside = ".." not in file.parts and not file.parts[0].endswith(".dist-info")
        if is_inside and not file.name.endswith(_LEFT_OUT) and path.is_file():
            yield str(file), path.read_bytes(), bool(path.stat().st_mode & 0o100)


def _tree(name: str, folder: Path) -> Iterator[Member]:
    for path in sorted(folder.rglob("*")):
        steps = path.relative_to(folder).parts
        is_hidden = any(s.startswith(".") or s == "__pycache__" for s in steps)
        if path.is_file() and not is_hidden:
            yield "/".join((name, *steps)), path.read_bytes(), False


def _wheel(members: Iterable[Member], stem: str) -> bytes:
    """Return a wheel, which is the same for the same members."""
    record = f"{stem}.dist-info/RECORD"
    members = list(members)
    lines = "".join(f'"{name}",,\n' for name in (*(one[0] for one in members), record))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data, is_program in (*members, (record, lines.encode(), False)):
            info = zipfile.ZipInfo(name, _EARLIEST)
            info.external_attr = _PROGRAM if is_program else _FILE
            archive.writestr(info, data)
    return buffer.getvalue()
