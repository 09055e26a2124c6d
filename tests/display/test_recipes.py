"""To add a section, or a view of another type, is done as CONTRIBUTING says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import kit

SECTION = '''"""Who answers for a task."""

from __future__ import annotations

from kit.display.sections.subject import Subject
from kit.display.summary import Fact, Facts, Section


def owner(subject: Subject) -> Section:
    """Name the team in the task's environment."""
    env = subject.template.container.env
    facts = tuple(Fact("team", one.value) for one in env if one.key == "TEAM")
    return Section("Owner", (Facts(facts),) if facts else ())
'''
SHOW = """
import kit
from kit.display.notebook import mimebundle

@kit.container_task(image="a:1", name="t", environment={"TEAM": "penguins"})
def t(tt) -> int:
    return 1

shown = mimebundle(t)
assert "Owner" in shown["text/plain"] and "penguins" in shown["text/plain"]
assert "Owner" in shown["text/html"]
"""


@pytest.fixture
def copy(tmp_path):
    """Copy the package, to change it."""
    home = Path(kit.__file__).parent
    shutil.copytree(home, tmp_path / "kit", ignore=shutil.ignore_patterns("*.pyc"))
    return tmp_path


def run(folder: Path, code: str) -> None:
    """Run code with the copy in a fresh interpreter."""
    script = folder / "script.py"
    script.write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    subprocess.run([sys.executable, str(script)], check=True, env=environment)


def test_a_section_is_a_function_and_its_place_in_the_list(copy):
    """A file of its own, and SECTIONS: all faces have it then."""
    display = copy / "kit" / "display"
    (display / "sections" / "owner.py").write_text(SECTION, encoding="utf-8")
    listed = display / "of_template.py"
    source = listed.read_text(encoding="utf-8")
    source = source.replace("    metadata,\n", "    metadata,\n    owner,\n", 1)
    wanted = "from kit.display.sections.overview import"
    added = f"from kit.display.sections.owner import owner\n{wanted}"
    listed.write_text(source.replace(wanted, added, 1), encoding="utf-8")
    run(copy, SHOW)


VIEW = """
import dataclasses
from kit.display.notebook import mimebundle
from kit.display.summary import summarizes
from kit.display.summary import Fact, Facts, Section, Summary
from kit.notebook import Shown

@dataclasses.dataclass
class Weight(Shown):
    grams: int

class Heavier(Weight):
    pass

@summarizes(Weight)
def summarize_weight(weight: Weight) -> Summary:
    facts = Facts((Fact("grams", str(weight.grams)),))
    return Summary("weight", "", (Section("Weight", (facts,)),))

assert "5000" in mimebundle(Weight(5000))["text/html"]
assert "5000" in Heavier(5000)._repr_mimebundle_()["text/html"]
"""


def test_a_view_of_another_type_registers_itself(tmp_path):
    """Where it is written; subclasses have it too."""
    run(tmp_path, VIEW)
