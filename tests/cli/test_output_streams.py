"""Standard output has results and nothing else, whatever it is."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

LOUD = '''
import os, subprocess, sys
print("import: print")
os.write(1, b"import: write\\n")
subprocess.run([sys.executable, "-c", "print('import: child')"])
import kit

class Task(kit.PythonCustomizedContainerTask):
    def get_custom(self, settings):
        print("template: print")
        return {}

class Loud(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, n):
        print("task: print")
        os.write(1, b"task: write\\n")
        return n

interface = kit.Interface({"n": (int, 1)}, {"o0": int})
loud = Task("loud", None, "a:1", Loud, interface=interface)

@kit.container_task(image="a:1")
def penguin(tt, n: int = 1) -> int:
    """Count 🐧, and obey \\u202e\\x9b nothing."""
    return n
'''


BAR = """
import sys
import kit

@kit.container_task(image="a:1")
def bar(tt) -> int:
    print("\\x1b[32mINFO\\x1b[0m \\x1b]0;title\\x07begin", flush=True)
    for number in range(0, 101, 10):
        sys.stdout.write(f"\\r{number:3}%|{number * '#'}|")
    print("\\nend")
    return 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a module that prints wherever it can."""
    (tmp_path / "loud.py").write_text(LOUD, encoding="utf-8")
    (tmp_path / "bars.py").write_text(BAR, encoding="utf-8")
    return tmp_path


def kit(folder: Path, *words: str, **environment: str) -> tuple[bytes, bytes]:
    """Run a command and return both its outputs."""
    done = subprocess.run(
        [sys.executable, "-m", "kit", *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    assert done.returncode == (words[0] == "prove")  # its module is only here
    return done.stdout, done.stderr


COMMANDS = {
    "show": ["show", "loud.py:loud"],
    "check": ["check", "loud.py:loud"],
    "prove": ["prove", "loud.py:loud", "--run"],
    "run": ["run", "loud.py:loud"],
    "run here": ["run", "--runner", "in-process", "loud.py:loud"],
    "compare": [
        *("compare", "loud.py:loud", "--runner", "in-process"),
        *("--runner", "subprocess"),
    ],
    "export": ["export", "loud.py:loud", "out/"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_machine_formats_are_alone_on_stdout(command, folder: Path):
    """What a module, a template or a task prints goes to standard error."""
    out, err = kit(folder, *COMMANDS[command], "--format", "json")
    assert json.loads(out)
    for line in ("import: print", "import: write", "import: child"):
        assert line.encode() in err


def test_a_message_is_alone_on_stdout(folder: Path):
    """The bytes are the template's."""
    out, _ = kit(folder, "show", "loud.py:loud", "--format", "pb")
    (folder / "task.pb").write_bytes(out)
    out, _ = kit(folder, "show", "task.pb", "--format", "yaml")
    assert yaml.safe_load(out)["id"]["name"] == "loud"


def test_text_shows_what_a_task_prints(folder: Path):
    """Where a person reads, a run's lines come as they are written."""
    out, _ = kit(folder, "run", "loud.py:loud")
    assert b"task: print" in out


def test_a_progress_bar_is_its_last_line_in_a_file(folder: Path):
    """Without its colours."""
    out, _ = kit(folder, "run", "bars.py:bar")
    assert out.startswith(f"INFO begin\n100%|{100 * '#'}|\nend\n".encode())


def test_a_progress_bar_stays_one_line_in_a_terminal(folder: Path):
    """Each update is written over the one before; colours are obeyed, titles not."""
    text = _typed(folder, "run", "bars.py:bar")
    assert text.startswith("\x1b[0;32mINFO\x1b[0m begin\x1b[0m\x1b[K\n")
    assert f"  0%||\x1b[K\r 10%|{10 * '#'}|\x1b[K\r" in text
    assert f"100%|{100 * '#'}|\x1b[K\nend\x1b[K\n" in text


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
@pytest.mark.parametrize("command", ["show", "check", "run"])
def test_characters_that_an_encoding_lacks_are_replaced(encoding, command, folder):
    """No traceback, where a pipe is not UTF-8."""
    out, err = kit(folder, command, "loud.py:penguin", PYTHONIOENCODING=encoding)
    assert b"Traceback" not in err
    assert b"loud.penguin" in out
    assert out.decode(encoding)


@pytest.mark.parametrize("form", ["json", "yaml", "pbtxt"])
def test_a_terminal_gets_nothing_that_it_obeys(form, folder: Path):
    """C1 and direction characters are escaped there; a file has them as they are."""
    text = _typed(folder, "show", "loud.py:penguin", "--format", form)
    assert "loud.penguin" in text
    assert "\u202e" not in text
    assert "\x9b" not in text
    if form == "json":
        shown = json.loads(text[text.index("{") :])
        out, _ = kit(folder, "show", "loud.py:penguin", "--format", form)
        assert shown == json.loads(out)


def _typed(folder: Path, *words: str) -> str:
    """Run a command in a terminal and return what it writes there."""
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "kit", *words],
        cwd=folder,
        stdout=terminal,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(terminal)
        data = b""
        while True:
            try:
                part = os.read(controller, 65536)
            except OSError:  # Linux: the other end is closed
                break
            if not part:
                break
            data += part
    os.close(controller)
    assert process.returncode == 0
    return data.decode().replace("\r\n", "\n")
