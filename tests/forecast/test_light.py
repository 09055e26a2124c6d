"""What every run asks loads nothing that a run does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("flyteidl.admin", "google.protobuf.json_format", "yaml", "grpc")


@pytest.mark.parametrize("module", ["arrival", "launch", "ending"])
def test_a_forecast_loads_core_messages_only(module):
    """No messages of flyteadmin, and no JSON."""
    code = f"import sys, kit.forecast.{module}; print(*sys.modules, sep='\\n')"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = ran.stdout.splitlines()
    assert f"kit.forecast.{module}" in loaded
    assert [m for m in loaded if m.startswith(HEAVY)] == []
