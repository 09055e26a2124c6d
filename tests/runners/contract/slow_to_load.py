# ruff: noqa: T201 - its import is to be seen
"""An executor whose module takes long to import."""

from __future__ import annotations

import os
import time

from contract_tasks import ContractExecutor

if "SLOW_TO_LOAD" in os.environ:
    print("loading", flush=True)
    time.sleep(60)


class SlowExecutor(ContractExecutor):
    """Does what its base does, later."""
