"""The file system of S3: s3fs with kit's retries, and flytekit's variables."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import s3fs
from fsspec.callbacks import DEFAULT_CALLBACK
from fsspec.utils import isfilelike
from s3fs.errors import translate_boto_error

from kit.errors import StorageSettingError
from kit.storage.failures import failure, is_transient, without_credentials
from kit.storage.retries import RetryPolicy, with_retries
from kit.storage.urls import redacted

_CHUNK = 1 << 18
_STYLES = ("auto", "path", "virtual")

_begun: ContextVar[list[str]] = ContextVar("kit_multipart_uploads")


def s3_store(policy: RetryPolicy, environ: Mapping[str, str]) -> S3Store:
    """Return the store of these settings, with its connections, for all threads."""
    settings = sorted(
        (name, value)
        for name, value in environ.items()
        if name.startswith(("AWS_", "FLYTE_AWS_"))
    )
    return _s3_store(policy, tuple(settings), os.getpid())


@functools.lru_cache(maxsize=4)
def _s3_store(
    policy: RetryPolicy, settings: tuple[tuple[str, str], ...], process: int
) -> S3Store:
    """Make the store, once.

    fsspec's own cache keeps one for each thread for ever, and does not see that a
    variable has changed.
    """
    del process  # another one has connections of its own
    return S3Store(policy=policy, **s3_options(dict(settings)))


def s3_options(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what :class:`S3Store` is made with, from flytekit's variables.

    What they leave out botocore looks for in its own places: ``AWS_…`` variables,
    ``~/.aws``, the machine's role.

    Raises:
        StorageSettingError: A variable is no such setting.
    """
    options: dict[str, Any] = {}
    config: dict[str, Any] = {"retries": {"total_max_attempts": 1}}
    if endpoint := environ.get("FLYTE_AWS_ENDPOINT"):
        options["endpoint_url"] = _checked_endpoint(endpoint)
    if key := environ.get("FLYTE_AWS_ACCESS_KEY_ID"):
        options["key"] = key
    if secret := environ.get("FLYTE_AWS_SECRET_ACCESS_KEY"):
        options["secret"] = secret
    if style := environ.get("FLYTE_AWS_ADDRESSING_STYLE"):
        if style not in _STYLES:
            msg = (
                f"FLYTE_AWS_ADDRESSING_STYLE is {style!r:.80}, expected one of "
                f"{', '.join(_STYLES)}."
            )
            raise StorageSettingError(msg)
        config["s3"] = {"addressing_style": style}
    return {**options, "config_kwargs": config}


def _checked_endpoint(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        msg = (
            f"FLYTE_AWS_ENDPOINT is {redacted(endpoint)!r:.200}, expected a URL such "
            "as 'http://localhost:30002'."
        )
        raise StorageSettingError(msg)
    return endpoint


class S3Store(s3fs.S3FileSystem):  # type: ignore[misc] # it has no types
    """The file system of S3.

    Args:
        policy: How a request is asked again; s3fs's and botocore's own ways are off.
        options: As of s3fs.
    """

    cachable = False  # whoever connects keeps it

    def __init__(self, *, policy: RetryPolicy, **options: Any) -> None:
        super().__init__(use_listings_cache=False, **options)
        self.anon: bool
        self._policy = policy
        self.connect_timeout = self.read_timeout = policy.timeout
        self.retries = policy.retries + 1  # of bodies that end early

    async def _call_s3(self, method: str, *akwarglist: Any, **kwargs: Any) -> Any:
        """Make one request, and again where that may help."""

        async def call() -> Any:
            await self.set_session()
            bound = getattr(await self.get_s3(kwargs.get("Bucket")), method)
            arguments = self._get_s3_method_kwargs(bound, *akwarglist, **kwargs)
            try:
                return await bound(**arguments)
            except Exception as error:
                translated = translate_boto_error(error)
                if translated is error:
                    raise
                raise translated from error

        try:
            answer = await with_retries(call, self._policy)
        except Exception as error:
            if is_transient(error):  # as an error that nothing asks again
                where = "/".join(filter(None, map(kwargs.get, ("Bucket", "Key"))))
                raise failure("reach", f"s3://{where}", error) from None
            if not without_credentials(error):
                raise
            if not self.anon:  # what is public is there for whoever has none
                self.anon = True
                await self.set_session(refresh=True)
            answer = await with_retries(call, self._policy)
        if method == "create_multipart_upload":
            _begun.get([]).append(answer["UploadId"])
        return answer

    async def _get_file(
        self, rpath: str, lpath: Any, callback: Any = DEFAULT_CALLBACK, **_: Any
    ) -> None:
        """Copy an object to a path or into an open file, all of one version."""
        with contextlib.ExitStack() as stack:
            file = lpath
            if not isfilelike(lpath):
                file = stack.enter_context(Path(lpath).open("wb"))  # noqa: ASYNC230 - a local file
            reading = _Download(self, rpath, file, callback)
            await with_retries(reading.go_on, self._policy)

    async def _put_file(self, lpath: str, rpath: str, **options: Any) -> None:
        """Copy a local file to an object; given up, it leaves no parts behind."""
        bucket, key, _ = self.split_path(rpath)
        with _uploads_begun() as begun:
            try:
                await super()._put_file(lpath, rpath, **options)
            except asyncio.CancelledError:
                for upload in begun:
                    await self._abort_mpu(bucket, key, upload)
                raise


@contextlib.contextmanager
def _uploads_begun() -> Iterator[list[str]]:
    begun: list[str] = []
    token = _begun.set(begun)
    try:
        yield begun
    finally:
        _begun.reset(token)


class _Download:
    """An object on its way into a file: broken off, it goes on where it was.

    Args:
        store: Where the object is.
        path: Which one.
        file: Open to be written, at its begin.
        callback: Told of the size and of each chunk.
    """

    def __init__(self, store: S3Store, path: str, file: Any, callback: Any) -> None:
        bucket, key, version = store.split_path(path)
        self._store, self._file, self._callback = store, file, callback
        self._object = {"Bucket": bucket, "Key": key}
        if version:
            self._object["VersionId"] = version
        self._position = 0
        self._tag: str | None = None

    async def go_on(self) -> None:
        """Read from where an earlier attempt ended, of the very same version."""
        request = dict(self._object)
        if self._position and self._tag:
            request |= {"Range": f"bytes={self._position}-", "IfMatch": self._tag}
        answer = await self._store._call_s3("get_object", **request)  # noqa: SLF001 - as s3fs's own files do
        self._tag = answer.get("ETag")
        if not self._position:
            self._callback.set_size(answer.get("ContentLength"))
        with contextlib.closing(answer["Body"]) as body:
            while chunk := await body.read(_CHUNK):
                self._file.write(chunk)
                self._position += len(chunk)
                self._callback.relative_update(len(chunk))
