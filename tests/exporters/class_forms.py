"""Tasks as plugins define them: a config, a task class, an executor class of it."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import sqlite3
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import kit
from kit import FlyteFile


@dataclass
class LiteConfig:
    """Which database."""

    uri: str
    is_compressed: bool = False


class QueryMixin:
    """What tasks of queries share."""

    query: str

    def described(self):
        """Return the query on one line."""
        return " ".join(self.query.split())


class LiteTask(QueryMixin, kit.PythonCustomizedContainerTask[LiteConfig]):
    """A query on SQLite."""

    _TYPE = "lite"

    def __init__(self, name, query, task_config, inputs=None, **facts):
        self.query = query
        super().__init__(
            name,
            task_config,
            "acme/lite:1",
            LiteExecutor,
            task_type=self._TYPE,
            interface=kit.Interface(inputs or {}, {"rows": list[dict[str, int]]}),
            **facts,
        )

    def get_custom(self, settings):
        """Return the query and where the database is."""
        config = self.task_config
        return {
            "query": self.described(),
            "uri": config.uri,
            "is_compressed": config.is_compressed,
        }


class LiteExecutor(kit.ShimTaskExecutor[LiteTask]):
    """Runs the query."""

    def execute_from_model(self, tt, **inputs) -> Any:
        """Return the rows."""
        with tempfile.TemporaryDirectory() as folder:
            path = tt.custom["uri"]
            if tt.custom["is_compressed"]:
                with zipfile.ZipFile(path) as archive:
                    path = archive.extract(archive.namelist()[0], folder)
            query = re.sub(
                r"{{\s*\.inputs\.(\w+)\s*}}",
                lambda found: str(inputs[found[1]]),
                tt.custom["query"],
            )
            with contextlib.closing(sqlite3.connect(path)) as database:
                cursor = database.execute(query)
                names = [column[0] for column in cursor.description]
                return [dict(zip(names, row, strict=True)) for row in cursor]


@dataclass
class Summary:
    """What the executor returns, and the interface declares."""

    text: str
    words: int = 0
    seen: list[str] = field(default_factory=list)


class CountTask(kit.PythonCustomizedContainerTask[LiteConfig]):
    """Counts words."""

    def __init__(self, name, task_config, **facts):
        super().__init__(
            name,
            task_config,
            "acme/count:1",
            CountExecutor,
            interface=kit.Interface({"text": str}, {"o0": Summary}),
            **facts,
        )

    def get_custom(self, settings):
        """Return the config."""
        return {"uri": self.task_config.uri}


class CountExecutor(kit.ShimTaskExecutor[CountTask]):
    """Counts."""

    def execute_from_model(self, tt, text: str) -> Summary:
        """Return a summary."""
        return Summary(text, len(text.split()), [tt.custom["uri"]])


class ShellTask(kit.PythonCustomizedContainerTask[dict]):
    """A command."""

    def __init__(self, name: str, task_config: dict, **facts):
        super().__init__(
            name=name,
            task_config=task_config,
            container_image="acme/shell:1",
            executor_type=ShellExecutor,
            interface=kit.Interface({"word": str}, {"out": str}),
            **facts,
        )

    def get_custom(self, settings):
        """Return the command, as JSON."""
        return {"command": json.dumps(self.task_config["command"])}


class ShellExecutor(kit.ShimTaskExecutor[ShellTask]):
    """Runs a command."""

    def execute_from_model(self, tt: Any, word: str) -> str:
        """Return what it writes."""
        command = [*shlex.split(json.loads(tt.custom["command"])), word]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip()


class PostTask(kit.PythonCustomizedContainerTask[dict]):
    """Sends a text to a server, with a secret."""

    def __init__(self, name, url, **facts):
        super().__init__(
            name,
            {"url": url},
            "acme/post:1",
            PostExecutor,
            interface=kit.Interface({"text": str}, {"answer": str}),
            secret_requests=[kit.Secret(group="lab", key="token")],
            **facts,
        )

    def get_custom(self, settings):
        """Return the address."""
        return dict(self.task_config)


class PostExecutor(kit.ShimTaskExecutor[PostTask]):
    """Sends it."""

    def execute_from_model(self, tt, **inputs) -> str:
        """Return what the server answers."""
        token = kit.current_context().secrets.get("lab", "token")
        headers = {"Authorization": f"Bearer {token}"}
        request = Request(tt.custom["url"], inputs["text"].encode(), headers)  # noqa: S310 - a loopback server
        with urlopen(request) as answer:  # noqa: S310 - idem
            return Path(answer.read().decode()).name


JSONL = FlyteFile["jsonl"]


@dataclass
class Batch:
    """What is known of a file."""

    lines: int = 0
    error: FlyteFile | None = None


class UploadTask(kit.PythonCustomizedContainerTask[dict]):
    """Reads a file of lines."""

    def __init__(self, name: str, key: str, **facts: Any):
        super().__init__(
            name,
            {"key": key},
            "acme/upload:1",
            UploadExecutor,
            interface=kit.Interface({"file": JSONL}, {"o0": Batch}),
            **facts,
        )

    def get_custom(self, settings: kit.SerializationSettings) -> dict:
        """Return the config."""
        return dict(self.task_config)


class UploadExecutor(kit.ShimTaskExecutor[UploadTask]):
    """Counts the lines."""

    def execute_from_model(self, tt: Any, file: JSONL) -> Batch:
        """Return how many there are."""
        return Batch(len(Path(file).read_text().splitlines()))


lite = LiteTask(
    "forms.lite", "select {{ .inputs.n }}\n as n", LiteConfig(":memory:"), {"n": int}
)
count = CountTask("forms.count", LiteConfig("somewhere"))
shell = ShellTask("forms.shell", {"command": "echo -n"})
upload = UploadTask("forms.upload", "k")
post = PostTask("forms.post", "http://127.0.0.1:9/")
