"""The executor of these tests for the real flytekit, in an image without kit."""

from __future__ import annotations

from typing import Any

from endings import Endings
from flytekit.core.shim_task import ShimTaskExecutor
from flytekit.exceptions.user import FlyteRecoverableException


class FlytekitExecutor(Endings, ShimTaskExecutor):
    """Ends as the input ``mode`` says."""

    RECOVERABLE = FlyteRecoverableException

    def execute_from_model(
        self, tt: Any, mode: str, n: int, payload: str, **kwargs: Any
    ) -> Any:
        """Do what the mode is called."""
        return self.act(mode, n, payload)
