"""What lets a reader in is not told."""

from __future__ import annotations

import pytest

from kit.storage import redacted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s3://bucket/key", "s3://bucket/key"),
        ("/a/b?c=d", "/a/b?c=d"),
        ("s3://bucket/what?.csv", "s3://bucket/what?.csv"),
        ("https://ada:pw@host/x", "https://***@host/x"),
        ("https://ada:p:w@h@host/x", "https://***@host/x"),
        ("sftp://ada@host/x", "sftp://ada@host/x"),
        ("https://h/x?sig=a&n=1#f", "https://h/x?sig=***&n=***#f"),
        ("https://h/x?token", "https://h/x?***"),
        (
            "no 'http://h/?t=1', and 'http://a:b@h'",
            "no 'http://h/?t=***', and 'http://***@h'",
        ),
        ("simplecache::https://a:b@h/x?k=v", "simplecache::https://***@h/x?k=***"),
    ],
)
def test_urls(text, shown):
    """Passwords and the values of queries are hidden, and nothing else."""
    assert redacted(text, {}) == shown


def test_credentials_in_the_environment():
    """What a store's variables hold is hidden wherever it stands."""
    environ = {
        "FLYTE_AWS_SECRET_ACCESS_KEY": "abc/def+ghi",
        "AWS_ACCESS_KEY_ID": "minio",
    }
    assert redacted("signed with abc/def+ghi at minio", environ) == (
        "signed with *** at minio"
    )
