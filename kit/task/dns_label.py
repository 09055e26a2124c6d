"""Names as Kubernetes takes them."""

from __future__ import annotations

__all__ = ["dnsify"]

_LONGEST = 63
_HASH_LENGTH = 10


def dnsify(name: str) -> str:
    """Make a DNS label of a name, as flytekit does: lower case, dashes, 63 at most.

    >>> dnsify("My_Special.Node")
    'my-special-node'
    """
    if len(name) >= _LONGEST:
        import hashlib  # few names are that long

        digest = hashlib.sha224(name.encode()).hexdigest()[:_HASH_LENGTH]
        name = f"{digest}-{name[-(_LONGEST - _HASH_LENGTH - 1) :]}"
    label = ""
    for character in name:
        dash = label != "" and len(label) < _LONGEST - 1
        if character in "_-.":
            label += "-" if dash else ""
        elif character.islower() or character.isdigit():
            label += character
        elif character.isalnum():
            label += "-" if dash and label[-1] != "-" else ""
            label += character.lower()
    return label.removesuffix("-")
