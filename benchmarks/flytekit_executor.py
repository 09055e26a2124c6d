"""The same executor for ``pyflyte-execute``."""

from __future__ import annotations

from typing import Any

from flytekit.core.shim_task import ShimTaskExecutor


class Add(ShimTaskExecutor):
    def execute_from_model(self, tt: Any, **kwargs: Any) -> Any:
        return int(tt.custom["base"]) + kwargs["a"]
