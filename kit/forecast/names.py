"""Names that Flyte makes: of nodes, pods, labels, and places in its store."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote

from flyteidl.core.identifier_pb2 import Identifier, ResourceType

_MOST_NODE_BYTES = 63


def node_id(task_name: str) -> str:
    """Return the id of the node of a task that is launched by itself.

    It has the letters and digits, of any script, and dashes of the name's last 63
    bytes; it may be empty, and then the launch is refused.

    >>> node_id("acme.load_birds")
    'acmeloadbirds'
    """
    end = task_name.encode()[-_MOST_NODE_BYTES:].decode(errors="replace")
    return "".join(c for c in end if c == "-" or unicodedata.category(c)[0] in "LN")


def workflow_of(task: Identifier) -> Identifier:
    """Return the workflow that flyteadmin makes of a task to launch it by itself."""
    workflow = Identifier()
    workflow.CopyFrom(task)
    workflow.resource_type = ResourceType.WORKFLOW
    workflow.name = f".flytegen.{task.name}"
    workflow.ClearField("org")
    return workflow


def variable_names(name: str) -> list[str]:
    """Return the variables that the engine reads in a variable's name.

    A name works if it is itself the only one: a run of ASCII letters, digits and
    underscores.

    >>> variable_names("x-y"), variable_names("größe"), variable_names("ñame")
    (['x', 'y'], ['gr', 'e'], ['ame'])
    """
    return _VARIABLE.findall(name)


_VARIABLE = re.compile(r"(?:\[[0-9]+\]\.)?([0-9A-Za-z_]+)")


_ALPHABET = "abcdefghijklmnopqrstuvwxyz123456"
_SHARDS = "abcdefghijklmnopqrstuvwxyz0123456789"
_MOST_UNIQUE_NODE = 20
_MOST_GENERATED = 50


def encode_base32(data: bytes) -> str:
    """Encode as Flyte's base32, which is lower case and has no padding."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return "".join(_ALPHABET[int(bits[i : i + 5], 2)] for i in range(0, len(bits), 5))


def fnv32a(text: str) -> int:
    """Return the FNV-1a hash of a text in 32 bits.

    >>> fnv32a("")
    2166136261
    """
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def shortened(text: str, most: int) -> str:
    """Return a text, or eight characters of its hash if it has too many bytes."""
    if len(text.encode()) <= most:
        return text
    return "f" + encode_base32(fnv32a(text).to_bytes(4, "big"))


def generated_name(execution: str, node: str, attempt: int) -> str:
    """Return the name that the engine generates for an attempt of a node."""
    unique = unique_node_id(node)
    return shortened(f"{execution}-{unique}-{attempt}", _MOST_GENERATED)


def unique_node_id(node: str) -> str:
    """Return the id of a node as it stands in other names."""
    return shortened(node, _MOST_UNIQUE_NODE)


def shard(name: str) -> str:
    """Return the two characters of a name that its raw data is spread by."""
    first, second = divmod(fnv32a(name) % len(_SHARDS) ** 2, len(_SHARDS))
    return _SHARDS[first] + _SHARDS[second]


def address(uri: str) -> str:
    """Return a URI as the engine writes it: its path is percent-encoded.

    >>> address("s3://b/größe/$x")
    's3://b/gr%C3%B6%C3%9Fe/$x'
    """
    scheme, separator, rest = uri.partition("://")
    bucket, slash, path = rest.partition("/")
    encoded = quote(unquote(path), safe="/$&+,:;=@")
    return f"{scheme}{separator}{bucket}{slash}{encoded}"


def label_text(text: str) -> str:
    """Return a text as the value of one of the engine's labels.

    >>> label_text(".flytegen.my_mod.Task")
    'flytegen-my-mod-task'
    """
    return re.sub("[^-a-z0-9]+", "-", text.lower())[:_MOST_NODE_BYTES].strip("-")


def subdomain(name: str) -> str:
    """Return a generated name as the name of a pod.

    >>> subdomain("x-Acme.MyTask-0")
    'x-acme.my-task-0'
    """
    kebab = re.sub("([a-z0-9])([A-Z])", r"\1-\2", name).lower()
    return re.sub("[^-.a-z0-9]", "", kebab).strip(".-")
