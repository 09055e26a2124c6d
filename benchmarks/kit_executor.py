"""The executor that ``kit-execute`` runs."""

from __future__ import annotations

from typing import Any

from kit.definition.executor import ShimTaskExecutor


class Add(ShimTaskExecutor):
    def execute_from_model(self, tt: Any, **kwargs: Any) -> Any:
        return int(tt.custom["base"]) + kwargs["a"]
