"""From a URL to the fsspec file system of its store."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import fsspec

from kit.errors import MissingPackageError, StorageError, nearest
from kit.storage.redaction import redacted
from kit.storage.settings import Patience

__all__ = ["Remote", "connect"]

_S3 = ("s3", "s3a")
_WEB = ("http", "https")
_PACKAGES = {
    **dict.fromkeys(_S3, ("s3fs", "s3")),
    **dict.fromkeys(_WEB, ("aiohttp", "http")),
    **dict.fromkeys(("gs", "gcs"), ("gcsfs", None)),
    **dict.fromkeys(("abfs", "abfss", "az", "adl"), ("adlfs", None)),
}
"""The package that brings a scheme's file system, and the extra of kit's with it."""


@dataclass(frozen=True)
class Remote:
    """A file or folder in another store.

    Attributes:
        filesystem: Of its store, by fsspec.
        path: What it is called there.
        kind: Whether it is of S3, of a web server, or of another store.
        patience: How a step is asked again: not at all where the file system asks
            each of its requests again.
    """

    filesystem: Any
    path: str
    kind: Literal["s3", "web", "other"]
    patience: Patience

    def ask(
        self, name: str, *arguments: Any, **options: Any
    ) -> Callable[[], Awaitable[Any]]:
        """Return what asks for its path, be its store made for an event loop or not."""
        if self.filesystem.async_impl:
            method = getattr(self.filesystem, f"_{name}")
            return lambda: method(self.path, *arguments, **options)
        plain = getattr(self.filesystem, name)
        return lambda: asyncio.to_thread(plain, self.path, *arguments, **options)

    def at(self, path: str) -> Remote:
        """Return another path of the same store."""
        return replace(self, path=path)

    def make_folder(self, path: str) -> None:
        """Make a folder, where a store has folders.

        In S3 it would make the bucket, which is not ours to do.
        """
        if self.kind == "other":
            self.filesystem.makedirs(path, exist_ok=True)


def connect(url: str) -> Remote:
    """Return what a URL stands for.

    Raises:
        MissingPackageError: The package for its store is not installed.
        StorageError: No store has such URLs.
        StorageSettingError: A variable for stores is no such setting.
    """
    scheme = url.partition("://")[0].lower()
    try:
        if scheme in _S3:
            return _connect_s3(url)
        if scheme in _WEB:
            return _connect_web(url)
        filesystem, path = fsspec.core.url_to_fs(url)
        return Remote(filesystem, path, "other", Patience.from_environment())
    except ImportError as error:
        raise _missing_package(url, scheme, error) from error
    except ValueError as error:
        if "Protocol not known" not in str(error):
            raise
        raise _unknown(url, scheme) from error


def _connect_s3(url: str) -> Remote:
    patience = Patience.from_environment()
    settings = sorted(
        (name, value)
        for name, value in os.environ.items()
        if name.startswith(("AWS_", "FLYTE_AWS_"))
    )
    filesystem = _s3_store(patience, tuple(settings), os.getpid())
    path = filesystem._strip_protocol(url)  # noqa: SLF001 - fsspec's own name for it in its docs
    return Remote(filesystem, path, "s3", replace(patience, retries=0))


@functools.lru_cache(maxsize=4)
def _s3_store(
    patience: Patience, settings: tuple[tuple[str, str], ...], process: int
) -> Any:
    """Return the store of some settings, with its connections, for all threads.

    fsspec's own cache keeps one for each thread for ever, and does not see that a
    variable has changed.
    """
    del process  # another one has connections of its own
    from kit.storage.remote.s3 import S3Store, s3_options

    return S3Store(patience=patience, **s3_options(dict(settings)))


def _connect_web(url: str) -> Remote:
    patience = Patience.from_environment()
    return Remote(_web(patience.timeout, os.getpid()), url, "web", patience)


@functools.lru_cache(maxsize=4)
def _web(wait: float, process: int) -> Any:
    """Return the file system of all web servers, as of :func:`_s3_store`."""
    del process
    import aiohttp

    # aiohttp's own limit is five minutes for all of a file, however large.
    limit = aiohttp.ClientTimeout(total=None, sock_connect=wait, sock_read=wait)
    # As curl and requests do: proxies and .netrc as the environment says.
    options = {"timeout": limit, "trust_env": True}
    return fsspec.filesystem("http", client_kwargs=options, skip_instance_cache=True)


def _missing_package(url: str, scheme: str, error: ImportError) -> MissingPackageError:
    package, extra = _PACKAGES.get(scheme, (error.name or str(error), None))
    return MissingPackageError(package, extra=extra, purpose=redacted(url))


def _unknown(url: str, scheme: str) -> StorageError:
    known = fsspec.available_protocols()
    return StorageError(
        f"Cannot open {redacted(url)}: no store has URLs of {scheme!r}."
        f"{nearest(scheme, known)} Expected a local path, or a URL of s3, https, gs, "
        "abfs or another protocol that fsspec knows."
    )
