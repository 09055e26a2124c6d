"""Where a run reads and writes its files: local paths, and any fsspec URL."""

from __future__ import annotations

from kit.paths import is_local_file, is_local_folder, is_remote, is_web, local_path
from kit.storage.files import (
    download,
    exists,
    listing,
    read_bytes,
    told,
    upload,
    write_bytes,
)
from kit.storage.opened import open_remote
from kit.storage.redaction import redacted
from kit.storage.run_storage import (
    Storage,
    current_storage,
    in_run,
    process_storage,
    use_storage,
)

__all__ = [
    "Storage",
    "current_storage",
    "download",
    "exists",
    "in_run",
    "is_local_file",
    "is_local_folder",
    "is_remote",
    "is_web",
    "listing",
    "local_path",
    "open_remote",
    "process_storage",
    "read_bytes",
    "redacted",
    "told",
    "upload",
    "use_storage",
    "write_bytes",
]
