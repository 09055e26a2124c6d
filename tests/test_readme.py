"""What the README and the pages of ``docs`` show is what happens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "howto").glob("*.md")),
    *sorted((ROOT / "docs" / "reference").glob("*.md")),
]
BLOCKS = [
    block
    for page in PAGES
    for block in re.findall(
        r"^```(\w+)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL
    )
]


def _environment() -> dict[str, str]:
    scripts = Path(sys.executable).parent
    return {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
    }


def _python_blocks_with_output() -> list[tuple[str, str]]:
    """Pair each Python block with the text block right behind it."""
    pairs = []
    for (language, source), (next_language, text) in zip(
        BLOCKS, [*BLOCKS[1:], ("", "")], strict=True
    ):
        if language == "python":
            pairs.append((source, text if next_language == "text" else ""))
    return pairs


def _commands() -> list[tuple[str, str]]:
    """Return each ``kit`` command of the console blocks with the output it shows."""
    found = []
    for language, text in BLOCKS:
        if language == "console":
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                if command.startswith("kit "):
                    found.append((command.split("#")[0].strip(), output))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold the modules that the README has its reader save."""
    path = tmp_path_factory.mktemp("readme")
    for source, _ in _python_blocks_with_output():
        if match := re.match(r"# (\w+\.py)\n", source):
            (path / match[1]).write_text(source)
    return path


@pytest.mark.parametrize(("source", "output"), _python_blocks_with_output())
def test_python_block_prints_what_it_shows(
    source: str, output: str, folder: Path
) -> None:
    """Each Python block runs as a script and prints the text that stands behind it."""
    script = folder / "block.py"
    script.write_text(source)
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == output


@pytest.mark.parametrize(("command", "output"), _commands())
def test_command_prints_what_it_shows(command: str, output: str, folder: Path) -> None:
    """Each `kit` command exits with 0 and prints the lines shown for it, in order."""
    done = subprocess.run(  # noqa: S602 - the README's own, as a reader types them
        command,
        shell=True,
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = iter(done.stdout.splitlines())
    for line in output.splitlines():
        assert any(line.rstrip() == given.rstrip() for given in printed), line


def test_there_is_something_to_run() -> None:
    """The tests above are not empty."""
    assert _python_blocks_with_output()
    assert _commands()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Each link to a file of the project names one that exists."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text())
    kept = [link for link in links if "_made/" not in link]  # Sphinx follows those
    assert [link for link in kept if not (page.parent / link).exists()] == []
