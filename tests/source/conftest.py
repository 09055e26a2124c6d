"""Modules that only a test has, as files beside a notebook are."""

from __future__ import annotations

import importlib
import sys
import textwrap

import pytest


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Return a function that writes a module into an importable folder and loads it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    # pytest's own loader would rewrite the code, and so be no plain module.
    monkeypatch.setattr(sys, "meta_path", [*filter(_is_plain, sys.meta_path)])

    def write_module(name, source):
        path = tmp_path / f"{name}.py"
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield write_module
    for name in [name for name in sys.modules if name.startswith("kit_local_")]:
        del sys.modules[name]


def _is_plain(finder):
    return "AssertionRewritingHook" not in type(finder).__name__


@pytest.fixture
def fresh():
    """Return a function that executes source as a fresh module."""

    def execute(source):
        found: dict = {"__name__": "fresh"}
        exec(compile(source.text, "fresh", "exec", dont_inherit=True), found)  # noqa: S102 - what is tested
        return found[source.executor]

    return execute
