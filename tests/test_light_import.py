"""``import kit`` and the container's side load flyteidl, protobuf and no more."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

ALLOWED = ("flyteidl", "google", "kit", "protoc_gen_openapiv2")
"""Beside the standard library: Flyte's messages and the options of their protos."""

REPORT = """
import sys
before = set(sys.modules)
{statement}
import json
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded(statement: str) -> set[str]:
    """Return the modules that a statement loads in a fresh interpreter."""
    command = [sys.executable, "-c", REPORT.format(statement=statement)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def foreign(modules: set[str]) -> set[str]:
    """Return the top packages that are neither the standard library's nor allowed."""
    tops = {module.partition(".")[0] for module in modules}
    return {
        top
        for top in tops
        if top not in sys.stdlib_module_names
        and top not in ALLOWED
        and not top.startswith("_")
    }


@pytest.mark.parametrize(
    "statement",
    [
        "import kit",
        "import kit; [getattr(kit, name) for name in kit.__all__]",
        "import kit.shim.container_command",
        "import kit.resolver",
    ],
)
def test_only_flyteidl_and_protobuf_are_loaded(statement):
    """No rich, IPython, pandas, grpc, fsspec, msgpack … before something needs them."""
    assert foreign(loaded(statement)) == set()


@pytest.mark.parametrize(
    "statement", ["import kit", "import kit.shim.container_command"]
)
def test_slow_modules_wait(statement):
    """What is slow to load waits for its first use, in the libraries used and here."""
    slow = {
        "asyncio",
        "google.protobuf.json_format",
        "importlib.metadata",
        "multiprocessing",
        "unittest",
        "xml",
    }
    assert loaded(statement) & slow == set()


def test_importing_changes_nothing_in_the_process():
    """No signal handler, no exception hook, no environment variable, no handler."""
    check = """
import logging, os, signal, sys
def state():
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    hooks = [sys.excepthook, sys.displayhook, list(sys.path), dict(os.environ)]
    return [handlers, hooks, list(logging.getLogger().handlers)]
before = state()
import kit
[getattr(kit, name) for name in kit.__all__]
import kit.entrypoint, kit.shim.container_command
assert state() == before
"""
    subprocess.run([sys.executable, "-c", check], check=True)
