"""Tasks that the tests register and launch; a module that pods can import."""

from __future__ import annotations

import os
import time

import kit


class Greet(kit.ShimTaskExecutor):
    """Greets so many times."""

    def execute_from_model(self, tt, name: str, n: int):
        """Return the greeting."""
        return f"{tt.custom['word']} {name}! " * n


class GreetTask(kit.PythonCustomizedContainerTask):
    """Greets with a word of its own."""

    def __init__(self, name, word="hello", **facts):
        self.word = word
        facts.setdefault(
            "interface", kit.Interface({"name": str, "n": (int, 1)}, {"greeting": str})
        )
        super().__init__(name, None, "ghcr.io/acme/greet:1", Greet, **facts)

    def get_custom(self, settings):
        """Return the word."""
        return {"word": self.word}


greet = GreetTask("flyte_tasks.greet")


class Behave(kit.ShimTaskExecutor):
    """Behaves as it is told."""

    def execute_from_model(self, tt, how: str):
        """Succeed, fail, fail at first, or never end."""
        if how == "fails":
            return str(1 / 0)
        if how == "again":
            number = os.environ.get("FLYTE_ATTEMPT_NUMBER", "0")
            if number != "2":
                raise kit.RecoverableError(f"attempt {number}")
            return f"attempt {number}"
        if how == "sleeps":
            time.sleep(300)
        return how


class BehaveTask(kit.PythonCustomizedContainerTask):
    """A task without custom."""

    def get_custom(self, settings):
        """Return nothing."""
        return {}


behave = BehaveTask(
    "flyte_tasks.behave",
    None,
    "ghcr.io/acme/behave:1",
    Behave,
    interface=kit.Interface({"how": str}, {"how_it_was": str}),
    metadata=kit.TaskMetadata(retries=2),
)


class ReadFile(kit.ShimTaskExecutor):
    """Counts the letters of a file, and writes another one."""

    def execute_from_model(self, tt, source: kit.FlyteFile):
        """Return the count and the file."""
        text = open(source).read()  # noqa: PTH123, SIM115 - as authors write it
        with open("copy.txt", "w") as file:  # noqa: PTH123
            file.write(text.upper())
        return len(text), kit.FlyteFile("copy.txt")


read_file = BehaveTask(
    "flyte_tasks.read_file",
    None,
    "ghcr.io/acme/read:1",
    ReadFile,
    interface=kit.Interface(
        {"source": kit.FlyteFile}, {"count": int, "copy": kit.FlyteFile}
    ),
)


class Draw(kit.ShimTaskExecutor):
    """Draws a deck."""

    def execute_from_model(self, tt, n: int):
        """Return the number, with a deck."""
        kit.Deck("numbers", "<p>drawn</p>")
        return n


draw = BehaveTask(
    "flyte_tasks.draw",
    None,
    "ghcr.io/acme/draw:1",
    Draw,
    interface=kit.Interface({"n": int}, {"o": int}),
    enable_deck=True,
)


@kit.workflow
def flow(name: str = "w", n: int = 2) -> str:
    """Greet somebody twice."""
    return greet(name=name, n=n)
