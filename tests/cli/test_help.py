"""The help of every command, as a terminal shows it."""

from __future__ import annotations

import click
import pytest

from kit.cli import main
from kit.cli.app import app


@pytest.mark.parametrize("command", app.list_commands(click.Context(app)))
def test_help_is_laid_out(command, capsys):
    """Within 80 columns, and no mark of its layout is left in it."""
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Usage: kit {command}")
    assert "\\b" not in out
    assert "\b" not in out
    assert max(map(len, out.splitlines())) <= 80
