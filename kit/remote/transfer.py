"""Files to and from Flyte's own bucket, by the signed URLs of its data proxy."""

from __future__ import annotations

import base64
import hashlib
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.errors import (
    CallError,
    RemoteNotFoundError,
    StorageError,
    StorageForbiddenError,
    StorageNotFoundError,
    StorageUnavailableError,
)
from kit.remote.client import Remote
from kit.shim.local_files import input_paths, with_moved_files
from kit.storage import local_path

if TYPE_CHECKING:
    from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier
    from flyteidl.core.literals_pb2 import LiteralMap

_TIMEOUT = 60.0
_TRIES = 3
_PAUSE = 0.5
_CHUNK = 2**20
_MOST_FILES = 10_000
_MOST_DOWNLOAD = 256 * 2**20
_PLAIN = re.compile(r"[A-Za-z0-9._-]+")
_MISSING, _FORBIDDEN = (404, 410), (400, 401, 403)
_TRANSIENT = (408, 429, 500, 502, 503, 504)


def uploaded_inputs(remote: Remote, inputs: LiteralMap) -> LiteralMap:
    """Upload the local files and folders that inputs name, and name the uploads.

    The same content goes to the same place, so that a second upload changes nothing.

    Raises:
        StorageError: A file cannot be read, or not be uploaded.
        RemoteError: Flyte gives no place for it.
    """
    places = {str(path): _uploaded(remote, path) for path in input_paths(inputs)}
    if not places:
        return inputs
    return with_moved_files(inputs, lambda uri: places.get(local_path(uri), uri))


def _uploaded(remote: Remote, path: Path) -> str:
    if path.is_dir():
        return upload_folder(remote, path)
    return upload_file(remote, path)


def upload_file(
    remote: Remote, path: Path, *, root: str = "", name: str | None = None
) -> str:
    """Upload a file, and return where it is.

    Args:
        remote: Where to.
        path: The file.
        root: The folder in the bucket; by default one that follows from the content.
        name: Its name there; by default its own, of plain letters.

    Raises:
        StorageError: It cannot be read, or not be uploaded.
        RemoteError: Flyte gives no place for it.
    """
    from flyteidl.service.dataproxy_pb2 import CreateUploadLocationRequest

    digest, size = _digest(path)
    request = CreateUploadLocationRequest(
        project=remote.project,
        domain=remote.domain,
        filename=name or _plain(path.name),
        content_md5=digest,
        filename_root=root,
    )
    request.expires_in.FromSeconds(int(_TIMEOUT * 10))
    place = remote.call("CreateUploadLocation", request)
    # The server says the length of the digest's text in place of the file's.
    headers = {k: v for k, v in place.headers.items() if k.lower() != "content-length"}
    headers.setdefault("Content-MD5", base64.b64encode(digest).decode())
    headers["Content-Length"] = str(size)
    _put(place.signed_url, path, headers)
    return str(place.native_url)


def upload_folder(remote: Remote, folder: Path) -> str:
    """Upload a folder with all its files, and return where it is.

    Raises:
        StorageError: A file cannot be read or uploaded, there are none or too many, or
            one has a name that the data proxy stores as another one.
        RemoteError: Flyte gives no place for it.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not 0 < len(files) <= _MOST_FILES:
        msg = (
            f"The folder {str(folder)!r} has {len(files):,} files; from 1 to "
            f"{_MOST_FILES:,} can be uploaded."
        )
        raise StorageError(msg)
    names = [path.relative_to(folder).as_posix() for path in files]
    for name in names:
        if not all(map(_PLAIN.fullmatch, name.split("/"))):
            msg = (
                f"The file {name!r} in {str(folder)!r} cannot be uploaded under its "
                "name: rename it, with letters, digits, '.', '_' and '-' only."
            )
            raise StorageError(msg)
    content = hashlib.sha256()
    for path, name in zip(files, names, strict=True):
        content.update(name.encode() + b"\0" + _digest(path)[0])
    root = content.hexdigest()[:32]
    where = ""
    for path, name in zip(files, names, strict=True):
        uploaded = upload_file(remote, path, root=root, name=name)
        where = uploaded.removesuffix(name)
    return where.rstrip("/")


def _plain(name: str) -> str:
    """Return a name that the data proxy stores as it is."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name) or "file"


def _digest(path: Path) -> tuple[bytes, int]:
    digest, size = hashlib.md5(usedforsecurity=False), 0
    try:
        with path.open("rb") as file:
            for chunk in iter(lambda: file.read(_CHUNK), b""):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise StorageError(f"Cannot upload {str(path)!r}: {error}.") from error
    return digest.digest(), size


def _put(url: str, path: Path, headers: Mapping[str, str]) -> None:
    what = f"upload {str(path)!r}"
    for attempt in _attempts():
        try:
            with path.open("rb") as file:
                request = urllib.request.Request(  # noqa: S310 - checked below
                    _checked(url, what), data=file, headers=dict(headers), method="PUT"
                )
                urllib.request.urlopen(request, timeout=_TIMEOUT).close()  # noqa: S310
                return
        except OSError as error:  # noqa: PERF203 - of HTTP, too; each round is a call
            _check_transient(error, what, attempt)


def download(remote: Remote, native_url: str) -> bytes:
    """Return the content of a file of the bucket, by a signed URL.

    Raises:
        StorageError: There is no such file, or it is too large.
        RemoteError: Flyte gives no URL for it.
    """
    from flyteidl.service.dataproxy_pb2 import CreateDownloadLocationRequest

    request = CreateDownloadLocationRequest(native_url=native_url)
    request.expires_in.FromSeconds(int(_TIMEOUT * 10))
    return _got(remote.call("CreateDownloadLocation", request).signed_url, native_url)


def deck_page(remote: Remote, node: NodeExecutionIdentifier) -> bytes | None:
    """Return the deck.html of a node's execution; None if there is none.

    While the task runs the deck has an address already, and no file yet.

    Raises:
        StorageError: It cannot be downloaded.
        RemoteError: Flyte gives no link to it.
    """
    from flyteidl.service.dataproxy_pb2 import CreateDownloadLinkRequest

    request = CreateDownloadLinkRequest(node_execution_id=node)
    request.artifact_type = 1  # type: ignore[assignment] # ARTIFACT_TYPE_DECK
    try:
        answer = remote.call("CreateDownloadLink", request)
        links = [*answer.pre_signed_urls.signed_url, *answer.signed_url]
        return _got(links[0], "the deck") if links else None
    except (RemoteNotFoundError, StorageNotFoundError):
        return None


def _got(url: str, name: str) -> bytes:
    what = f"download {name}"
    for attempt in _attempts():
        try:
            where = _checked(url, what)
            with urllib.request.urlopen(where, timeout=_TIMEOUT) as answer:  # noqa: S310
                data: bytes = answer.read(_MOST_DOWNLOAD + 1)
        except OSError as error:
            _check_transient(error, what, attempt)
            continue
        if len(data) > _MOST_DOWNLOAD:
            raise StorageError(f"Cannot {what}: it has over {_MOST_DOWNLOAD:,} bytes.")
        return data
    raise AssertionError


def _attempts() -> Iterator[int]:
    for attempt in range(1, _TRIES + 1):
        yield attempt
        time.sleep(_PAUSE * attempt)


def _checked(url: str, what: str) -> str:
    if not url.startswith(("http://", "https://")):
        msg = f"Cannot {what}: the data proxy gives a URL of no known scheme."
        raise CallError(msg)
    return url


def _check_transient(error: OSError, what: str, attempt: int) -> None:
    """Return if another attempt may help, else raise what is wrong.

    A signed URL is a credential for a while: it is in no text.
    """
    status = None
    if isinstance(error, urllib.error.HTTPError):
        status = error.code
        error.close()  # it holds the connection
    if status is None:
        reason: Any = getattr(error, "reason", error)
        kind: type[StorageError] = StorageUnavailableError
        told = f"its bucket does not answer ({type(reason).__name__})"
    elif status in _MISSING:
        kind, told = StorageNotFoundError, f"it is not there (HTTP {status})"
    elif status in _FORBIDDEN:
        kind, told = StorageForbiddenError, f"its bucket refuses it (HTTP {status})"
    else:
        kind, told = StorageUnavailableError, f"its bucket fails (HTTP {status})"
    may_help = status is None or status in _TRANSIENT
    if not may_help or attempt == _TRIES:
        raise kind(f"Cannot {what}: {told}.") from None
