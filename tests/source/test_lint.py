"""A finished module is checked by means that did not make it."""

from __future__ import annotations

import pytest

from kit.errors import AuthoringError, UndefinedNameError
from kit.source import module as lint
from kit.source.module import check_module


@pytest.fixture(params=["pyflakes", "bytecode"])
def _linter(request, monkeypatch):
    if request.param == "bytecode":
        monkeypatch.setattr(lint, "find_spec", lambda name: None)


@pytest.mark.usefixtures("_linter")
def test_an_undefined_name_is_found():
    """With pyflakes and without it."""
    with pytest.raises(UndefinedNameError, match="'missing'"):
        check_module("def main(tt):\n    return missing\n", "main")


@pytest.mark.usefixtures("_linter")
def test_a_whole_module_passes():
    """Builtins, globals, classes and comprehensions are no findings."""
    check_module(
        "import os\nclass A:\n    x: int = 1\n"
        "    def m(self):\n        return super()\n"
        "def main(tt):\n    global g\n"
        "    g = [os for _ in range(2)]\n    return g, A\n",
        "main",
    )


def test_what_does_not_compile_is_refused():
    """The error says that it is not the user's mistake."""
    with pytest.raises(AuthoringError, match=r"does not compile.*report"):
        check_module("def main(:\n", "main")
