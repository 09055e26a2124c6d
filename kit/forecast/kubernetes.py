"""What Kubernetes says of names, labels and annotations that it refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping

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


def metadata_faults(
    labels: Mapping[str, str], annotations: Mapping[str, str]
) -> list[str]:
    """Return what an API server says of an object's labels and annotations.

    Kubernetes reads maps in no order, so the order of the faults of one kind is not
    that of its words.
    """
    faults = []
    for key, value in labels.items():
        faults += [_invalid("labels", key, f) for f in qualified_name_faults(key)]
        faults += [_invalid("labels", value, f) for f in label_value_faults(value)]
    for key in annotations:
        lower = key.lower()
        faults += [
            _invalid("annotations", key, f) for f in qualified_name_faults(lower)
        ]
    size = sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items())
    if size > _MOST_ANNOTATION_BYTES:
        most = f"may not be more than {_MOST_ANNOTATION_BYTES} bytes"
        faults.append(f"metadata.annotations: Too long: {most}")
    return faults


def joined(faults: list[str]) -> str:
    """Return several faults as Kubernetes lists them."""
    return faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]"


def _invalid(field: str, value: str, fault: str) -> str:
    return f"metadata.{field}: Invalid value: {quoted_text(value)}: {fault}"


def _length_faults(text: str, most: int) -> list[str]:
    too_long = len(text.encode()) > most
    return [f"must be no more than {most} characters"] if too_long else []


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None
