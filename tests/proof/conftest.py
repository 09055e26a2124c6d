"""An image that has what the notebook's folder has not."""

from __future__ import annotations

import pytest
from prove_lab import Image


@pytest.fixture
def image(tmp_path, monkeypatch):
    """Make a folder that containers import from, and this process too."""
    folder = tmp_path / "image"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return Image(folder)
