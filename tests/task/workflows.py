"""Tasks that the tests of workflows call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kit import Interface, PythonCustomizedContainerTask, ShimTaskExecutor, TaskMetadata


@dataclass
class Point:
    x: int
    y: float = 0.5


class Steps(ShimTaskExecutor):
    """Does what the template's `step` names."""

    def execute_from_model(self, tt: Any, **inputs: Any) -> Any:
        return getattr(self, tt.custom["step"])(**inputs)

    def make(self, n: int) -> list[int]:
        return list(range(n))

    def total(self, xs: list[int], scale: float, note: str | None) -> int:
        return int(sum(xs) * scale)

    def split(self, n: int) -> dict[str, Any]:
        return {"half": n // 2, "rest": n % 2}

    def point(self, x: int) -> Any:
        return Point(x)

    def say(self, text: str) -> None:
        if text == "fail":
            msg = "told to fail"
            raise ValueError(msg)


class StepTask(PythonCustomizedContainerTask[str]):
    def get_custom(self, settings: Any) -> dict[str, Any]:
        return {"step": self.task_config}


def step(name: str, inputs: dict, outputs: dict, **options: Any) -> StepTask:
    """Define a task of one step."""
    return StepTask(
        f"flows.{name}",
        name,
        "ghcr.io/acme/flows:1",
        Steps,
        interface=Interface(inputs, outputs),
        **options,
    )


make = step(
    "make",
    {"n": int},
    {"xs": list[int]},
    metadata=TaskMetadata(retries=2, timeout=60, interruptible=True),
)
total = step(
    "total",
    {"xs": list[int], "scale": (float, 1.0), "note": str | None},
    {"total": int},
)
split = step("split", {"n": int}, {"half": int, "rest": int})
point = step("point", {"x": int}, {"p": Point})
say = step("say", {"text": str}, {})
