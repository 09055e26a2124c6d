"""A module that a fresh interpreter does not find: what it is, and how to bring it."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from pathlib import Path

from kit.authoring.proof.case import Case

__all__ = ["explain_missing_module"]

_DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "distutils": "setuptools",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "git": "gitpython",
    "jwt": "pyjwt",
    "kit": "flyte-task-kit",
    "pkg_resources": "setuptools",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "usb": "pyusb",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
"""Distributions that are not called as the module they bring."""


def explain_missing_module(name: str, case: Case) -> tuple[str, str]:
    """Return what is missing and the repair.

    Args:
        name: The module that was not found.
        case: Where it was missing.
    """
    top = name.partition(".")[0]
    place = _place_here(top, case.folder)
    if place is not None:
        what = f"the module {name} is only here, in {place}"
        return what, _bring(top, case)
    if _is_made_here(top):
        what = f"the module {name} was made in this process and is in no file"
        return what, "Write it to a file and install that in the image."
    if top != name and _is_installed(top):
        repair = f"Install the version of {top} that has it, or correct the name."
        return f"{top} is installed but has no module {name}", repair
    distribution = _DISTRIBUTIONS.get(top, top)
    return f"the module {name} of the package {distribution} is not installed", (
        f"Install it in the image: add 'RUN pip install {distribution}' to its "
        "Containerfile (and here, to prove it here)."
    )


def _bring(top: str, case: Case) -> str:
    if top == case.module.partition(".")[0]:
        return (
            "Send its source with ship='inline', or write it out with "
            "kit.export(task, 'folder/') and install that in the image."
        )
    return (
        f"Install {top} in the image, or put what the executor needs of it into a "
        "cell, or write it out with kit.export(task, 'folder/')."
    )


def _place_here(top: str, folder: Path) -> Path | None:
    """Find a module that this process could import and a fresh one cannot."""
    spec = PathFinder.find_spec(top, [str(folder), *sys.path])
    if spec is None or _is_installed(top):
        return None
    if spec.origin is not None:
        return Path(spec.origin)
    return next((Path(place) for place in spec.submodule_search_locations or ()), None)


def _is_made_here(top: str) -> bool:
    module = sys.modules.get(top)
    return module is not None and getattr(module, "__file__", None) is None


def _is_installed(top: str) -> bool:
    from kit.source.importable import is_importable  # asks a fresh interpreter

    return is_importable(top)
