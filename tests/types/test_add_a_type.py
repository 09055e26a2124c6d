"""The newcomer's recipe for a type, followed in a copy of the package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import kit

PACKAGE = Path(kit.__file__).parent

TRANSFORMER = '''"""IP addresses, as text."""

from __future__ import annotations

import ipaddress

from flyteidl.core import types_pb2

from kit.types.engine import Transformer


class AddressTransformer(Transformer):
    """``ipaddress.IPv4Address``."""

    name = "ip address"

    def handles(self, python_type):
        return python_type is ipaddress.IPv4Address

    def literal_type(self, python_type, engine):
        return types_pb2.LiteralType(simple=types_pb2.STRING)

    def encoder(self, python_type, engine):
        write = engine.encoder(str)
        return lambda value, out: write(str(value), out)

    def decoder(self, python_type, engine):
        read = engine.decoder(str)
        return lambda literal: python_type(read(literal))
'''
ENTRY = """        LazyTransformer(
            "ip address",
            "kit.types.addresses:AddressTransformer",
            classes_in=["ipaddress"],
        ),
        LazyTransformer(
            "Object-Dataclass-Transformer","""
TASK = """
import sys
import kit
assert "kit.types.addresses" not in sys.modules
import ipaddress

@kit.container_task(image="acme/a:1", name="next", ship="inline")
def following(tt, host: ipaddress.IPv4Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(host) + 1

print(following(host=ipaddress.IPv4Address("10.0.0.1")))
"""


def test_to_add_a_type_write_a_transformer_and_name_it_in_builtin(tmp_path):
    """One new file, one entry in ``kit/types/builtin.py``: a task can use it."""
    package = tmp_path / "kit"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "types/addresses.py").write_text(TRANSFORMER, encoding="utf-8")
    builtin = package / "types/builtin.py"
    before = builtin.read_text(encoding="utf-8")
    last = ENTRY[ENTRY.rindex("        LazyTransformer(") :]
    assert before.count(last) == 1
    builtin.write_text(before.replace(last, ENTRY), encoding="utf-8")
    script = tmp_path / "task.py"
    script.write_text(TASK, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("10.0.0.2\n", 0), done.stderr
