"""Names: what Kubernetes refuses, and those that Flyte gives to nodes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote, unquote

from flyteidl.core.identifier_pb2 import Identifier, ResourceType

from kit.template.macros import quoted_text

_ALPHANUMERIC = "alphanumeric characters, '-', '_' or '.'"
_ENDS = "and must start and end with an alphanumeric character"
_LABEL = "([a-z0-9]([-a-z0-9]*[a-z0-9])?)"
_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"({_NAME})?"

_NOT_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
    f"characters, '-' or '.', {_ENDS} (e.g. 'example.com', regex used for validation "
    f"is '{_SUBDOMAIN}')"
)
_NOT_NAME = (
    f"name part must consist of {_ALPHANUMERIC}, {_ENDS} (e.g. 'MyName',  or "
    f"'my.name',  or '123-abc', regex used for validation is '{_NAME}')"
)
_NOT_QUALIFIED = (
    f"a qualified name must consist of {_ALPHANUMERIC}, {_ENDS} (e.g. 'MyName',  or "
    f"'my.name',  or '123-abc', regex used for validation is '{_NAME}') with an "
    "optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
_NOT_LABEL_VALUE = (
    f"a valid label must be an empty string or consist of {_ALPHANUMERIC}, {_ENDS} "
    "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    f"'{_LABEL_VALUE}')"
)
_NOT_VARIABLE = (
    "a valid environment variable name must consist only of printable ASCII characters "
    "other than '='"
)
_NOT_KEY = (
    f"a valid config key must consist of {_ALPHANUMERIC} (e.g. 'key.name',  or "
    "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
_MOST_ANNOTATION_BYTES = 256 * 2**10


def subdomain_faults(name: str) -> list[str]:
    """Return why a text is no DNS subdomain, as the name of an object must be."""
    faults = _length_faults(name, 253)
    return faults if _matches(_SUBDOMAIN, name) else [*faults, _NOT_SUBDOMAIN]


def is_dns_label(name: str) -> bool:
    """Say whether a text is a DNS label, as the name of a container must be."""
    return len(name) <= 63 and _matches(_LABEL, name)  # noqa: PLR2004 - DNS' own


def qualified_name_faults(key: str) -> list[str]:
    """Return why a text is no key of a label: a name, with a prefix and ``/`` or not.

    >>> qualified_name_faults("acme.io/")[0]
    'name part must be non-empty'
    """
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        return [_NOT_QUALIFIED]
    faults = []
    if slash:
        faults = [f"prefix part {fault}" for fault in subdomain_faults(prefix)]
        faults = faults if prefix else ["prefix part must be non-empty"]
    if not name:
        faults.append("name part must be non-empty")
    faults += [f"name part {fault}" for fault in _length_faults(name, 63)]
    return faults if _matches(_NAME, name) else [*faults, _NOT_NAME]


def label_value_faults(value: str) -> list[str]:
    """Return why a text is no value of a label."""
    faults = _length_faults(value, 63)
    return faults if _matches(_LABEL_VALUE, value) else [*faults, _NOT_LABEL_VALUE]


def variable_faults(path: str, name: str) -> list[str]:
    """Return what an API server says of the name of a container's variable.

    Args:
        path: The place of the variable: ``spec.containers[0].env[1]``.
        name: Its name.
    """
    if not name:
        return [f"{path}.name: Required value"]
    if not _matches("[ -<>-~]+", name):
        return [invalid(f"{path}.name", name, _NOT_VARIABLE)]
    return []


def secret_faults(path: str, name: str, key: str) -> list[str]:
    """Return what an API server says of a variable that is read from a secret.

    Args:
        path: The place of the variable.
        name: The name of the secret.
        key: The key in it.
    """
    place = f"{path}.valueFrom.secretKeyRef"
    faults = [invalid(f"{place}.name", name, each) for each in subdomain_faults(name)]
    if not key:
        return [*faults, f"{place}.key: Required value"]
    if len(key) > _MOST_KEY:
        most = f"must be no more than {_MOST_KEY} characters"
        faults.append(invalid(f"{place}.key", key, most))
    if not _matches("[-._a-zA-Z0-9]+", key):
        faults.append(invalid(f"{place}.key", key, _NOT_KEY))
    return faults


_MOST_KEY = 253


def taken_mount(path: str, place: str) -> str:
    """Return what an API server says of a volume that is mounted where another is.

    Args:
        path: The place of the mount: ``spec.containers[0].volumeMounts[1]``.
        place: Where it is mounted.
    """
    return invalid(f"{path}.mountPath", place, "must be unique")


def metadata_faults(
    labels: Mapping[str, str], annotations: Mapping[str, str]
) -> list[str]:
    """Return what an API server says of an object's labels and annotations.

    Kubernetes reads maps in no order, so the order of the faults of one kind is not
    that of its words.
    """
    faults = []
    at, notes = "metadata.labels", "metadata.annotations"
    for key, value in labels.items():
        faults += [invalid(at, key, fault) for fault in qualified_name_faults(key)]
        faults += [invalid(at, value, fault) for fault in label_value_faults(value)]
    for key in annotations:
        told = qualified_name_faults(key.lower())
        faults += [invalid(notes, key, fault) for fault in told]
    size = sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items())
    if size > _MOST_ANNOTATION_BYTES:
        most = f"may not be more than {_MOST_ANNOTATION_BYTES} bytes"
        faults.append(f"metadata.annotations: Too long: {most}")
    return faults


def joined(faults: list[str]) -> str:
    """Return several faults as Kubernetes lists them."""
    return faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]"


def invalid(path: str, value: str, fault: str) -> str:
    """Return what an API server says of a value that it does not take.

    >>> invalid("spec.x", "a b", "no blanks")
    'spec.x: Invalid value: "a b": no blanks'
    """
    return f"{path}: Invalid value: {quoted_text(value)}: {fault}"


def _length_faults(text: str, most: int) -> list[str]:
    too_long = len(text.encode()) > most
    return [f"must be no more than {most} characters"] if too_long else []


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None


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
