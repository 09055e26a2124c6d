"""The site's generated pages leave nothing out; `scripts/docs` builds it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

import kit
from kit.checks.rules import rules

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def pages():
    """The module that makes them."""
    place = DOCS / "generated_pages.py"
    spec = importlib.util.spec_from_file_location("generated_pages", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_public_name_has_a_page(pages):
    """Below a heading that says what it is for."""
    names = pages.public_names()
    assert sorted(name for found in names.values() for name in found) == kit.__all__
    assert set(names.pop(pages.OTHERS, ())) <= {
        "load_ipython_extension",
        "unload_ipython_extension",
    }
    listed = re.findall(r"^   (\w+)$", pages.api_page(), re.MULTILINE)
    assert sorted(listed) == kit.__all__


def test_every_rule_is_listed(pages):
    """With what it asks."""
    rows = re.findall(
        r"^\| `([\w.]+)` \| \w+ \| [\w-]+ \| .+ \|$", pages.rules_page(), re.MULTILINE
    )
    assert sorted(rows) == sorted(rule.name for rule in rules())


def test_every_page_is_in_the_contents():
    """A page that no contents list is found by nobody."""
    written = {
        str(path.relative_to(DOCS).with_suffix(""))
        for path in DOCS.rglob("*.md")
        if not re.search(r"_made|_build|jupyter_execute", str(path))
    }
    listed = set()
    for path in DOCS.rglob("*.md"):
        for block in re.findall(r"```\{toctree\}(.*?)```", path.read_text(), re.DOTALL):
            for entry in re.findall(r"^[\w./]+$", block, re.MULTILINE):
                listed.add(str((path.parent / entry).resolve().relative_to(DOCS)))
    assert written - listed == {"index"}
