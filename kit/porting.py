"""Names that plugins written for flytekit import and kit's own tasks do without.

A plugin of customized container tasks ports by its imports: most names are in ``kit``,
and these are the rest. Images are flytekit's public ones.
"""

from __future__ import annotations

import enum
import importlib
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

from kit.definition.settings import SerializationSettings
from kit.shim.context import ExecutionContext, current_context
from kit.storage import current_storage, download

__all__ = ["DefaultImages", "FlyteContext", "PythonVersion", "lazy_module", "logger"]

logger = logging.getLogger("kit")
"""What flytekit's ``flytekit.loggers.logger`` is for; its level is set as usual."""

_IMAGE = "FLYTE_INTERNAL_IMAGE"


class PythonVersion(enum.Enum):
    """The versions of Python that flytekit publishes images for."""

    PYTHON_3_8 = (3, 8)
    PYTHON_3_9 = (3, 9)
    PYTHON_3_10 = (3, 10)
    PYTHON_3_11 = (3, 11)
    PYTHON_3_12 = (3, 12)


class DefaultImages:
    """The image of a plugin's tasks by the running Python; subclasses name their own.

    Example:
        >>> DefaultImages.find_image_for(PythonVersion.PYTHON_3_11, "v1.16.0")
        'cr.flyte.org/flyteorg/flytekit:py3.11-1.16.0'
    """

    _DEFAULT_IMAGE_PREFIXES: ClassVar[Mapping[PythonVersion, str]] = {
        version: (
            f"cr.flyte.org/flyteorg/flytekit:py{version.value[0]}.{version.value[1]}-"
        )
        for version in PythonVersion
    }

    @classmethod
    def default_image(cls) -> str:
        """Return the image for the running Python."""
        return cls.find_image_for()

    @classmethod
    def find_image_for(
        cls,
        python_version: PythonVersion | None = None,
        flytekit_version: str | None = None,
    ) -> str:
        """Return the image for a version of Python and one of flytekit.

        A Python that has no image of its own gets that of the newest one that has.
        """
        given = os.environ.get(_IMAGE)
        if given:
            return given
        prefixes = cls._DEFAULT_IMAGE_PREFIXES
        wanted = python_version or _running(prefixes)
        version = (flytekit_version or "").replace("v", "") or cls.get_version_suffix()
        return prefixes[wanted] + version

    @classmethod
    def get_version_suffix(cls) -> str:
        """Return the version of flytekit that templates name."""
        return SerializationSettings().flytekit_version


def _running(prefixes: Mapping[PythonVersion, str]) -> PythonVersion:
    here = (sys.version_info.major, sys.version_info.minor)
    known = sorted(prefixes, key=lambda version: version.value)
    older = [version for version in known if version.value <= here]
    return older[-1] if older else known[0]


class lazy_module:  # noqa: N801 - flytekit's name
    """A module that is imported by the first use of a name in it.

    Example:
        >>> lazy_module("math").floor(2.5)
        2
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self._name), name)

    def __repr__(self) -> str:
        return f"lazy_module({self._name!r})"


class _FileAccess:
    """Files of a run, by the names that flytekit gives to what is done with them."""

    def get_data(
        self,
        remote_path: str,
        local_path: str,
        is_multipart: bool = False,  # noqa: FBT001, FBT002 - flytekit's signature
    ) -> str:
        """Copy a file, or a folder, from any store to a local path."""
        return download(remote_path, local_path, recursive=is_multipart)

    def get_random_local_path(self, file_path_or_file_name: str | None = None) -> str:
        """Return a new path, whose last part is that of another if one is given."""
        name = os.path.basename(file_path_or_file_name or "") or "file"  # noqa: PTH119
        return current_storage().new_local_path(name)


class FlyteContext:
    """flytekit's context, as far as executors of plugins use it."""

    file_access = _FileAccess()

    @classmethod
    def current_context(cls) -> FlyteContext:
        """Return the context of what runs."""
        return cls()

    @property
    def user_space_params(self) -> ExecutionContext:
        """What ``kit.current_context()`` returns."""
        return current_context()
