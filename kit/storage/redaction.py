"""URLs and messages as they may be shown: without what would let a reader in."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

__all__ = ["redacted"]

_HIDDEN = "***"
_PASSWORD = re.compile(r"(?<=://)[^\s/@:'\"]*:[^\s/'\"]*@")
_QUERY = re.compile(r"([A-Za-z][\w+.-]*://[^\s?'\"<>]+\?)([^\s'\"<>]+)")
_VALUE = re.compile(r"=[^&#;]*")

# An access key's id is no secret, but with the other half it is a credential.
_SECRET_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "FLYTE_AWS_ACCESS_KEY_ID",
    "FLYTE_AWS_SECRET_ACCESS_KEY",
)
_SHORTEST_SECRET = 8
"""Shorter values are words, such as a sandbox's user name, that stand in hosts too."""


def redacted(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Hide passwords and the values of queries in the URLs of a text.

    Args:
        text: A URL, or a message with some in it.
        environ: Where the credentials of stores are, hidden wherever they stand.

    >>> redacted("https://ada:pw@host/in.csv?X-Amz-Signature=0a1b&n=2")
    'https://***@host/in.csv?X-Amz-Signature=***&n=***'
    >>> redacted("s3://bucket/what?.csv is not there")
    's3://bucket/what?.csv is not there'
    """
    text = _PASSWORD.sub(f"{_HIDDEN}@", text)
    text = _QUERY.sub(_hide_query, text)
    for secret in _secrets(os.environ if environ is None else environ):
        text = text.replace(secret, _HIDDEN)
    return text


def _hide_query(match: re.Match[str]) -> str:
    place, query = match.groups()
    if "=" in query:
        return place + _VALUE.sub(f"={_HIDDEN}", query)
    # Of a web server the whole query may be a token; a key may have a question mark.
    return place + (_HIDDEN if place.lower().startswith("http") else query)


def _secrets(environ: Mapping[str, str]) -> list[str]:
    values = {environ.get(name, "") for name in _SECRET_VARIABLES}
    return sorted((v for v in values if len(v) >= _SHORTEST_SECRET), key=len)[::-1]
