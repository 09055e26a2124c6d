"""What a proof found installed that is only on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlparse

__all__ = ["local_notes"]


def local_notes(modules: Mapping[str, str]) -> list[str]:
    """Say of modules outside the folders of packages whose they are.

    Args:
        modules: The file of each module.
    """
    if not modules:
        return []
    editable = _editable_installs()
    return [_note(name, Path(file), editable) for name, file in modules.items()]


def _note(name: str, file: Path, editable: Mapping[Path, str]) -> str:
    for folder, distribution in editable.items():
        if file.is_relative_to(folder):
            return (
                f"{name} is imported from {folder}, an editable install of "
                f"{distribution} on this machine: install its files in the image too."
            )
    return (
        f"{name} is imported from {file}, which is not in a folder for installed "
        "packages: the image must have it as well."
    )


def _editable_installs() -> dict[Path, str]:
    """Return the folders of editable installs and their distributions (PEP 610)."""
    from importlib.metadata import distributions

    found: dict[Path, str] = {}
    for distribution in distributions():
        text = distribution.read_text("direct_url.json")
        if text is None:
            continue
        source = json.loads(text)
        if source.get("dir_info", {}).get("editable"):
            path = Path(unquote(urlparse(source["url"]).path))
            found[path] = distribution.metadata["Name"]
    return found
