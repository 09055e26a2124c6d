"""Source that is newer than its image's Python is refused where it is written."""

from __future__ import annotations

import importlib
import sys

import pytest

import kit
from kit.errors import ShippingError
from kit.source.shipping import (
    _FIRST,
    check_python,
    first_version,
    minimum_python,
    python_of_image,
)
from kit.template.serialize import LOCAL_SETTINGS


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("python:3.10", (3, 10)),
        ("python:3.12.1-slim@sha256:" + "0" * 64, (3, 12)),
        ("docker.io/library/python:3.9-alpine", (3, 9)),
        ("public.ecr.aws/lambda/python:3.13", (3, 13)),
        ("cr.flyte.org/flyteorg/flytekit:py3.10-1.16.3", (3, 10)),
        ("quay.io/jupyter/base-notebook:python-3.11", (3, 11)),
        ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", (3, 12)),
        ("localhost:5000/training:2.6-cpu-py310-ubuntu22", (3, 10)),
        ("acme/model-py311:2", (3, 11)),
        ("python:3", None),
        ("python", None),
        ("python:latest", None),
        ("acme/model:3.10", None),
        ("acme/numpy312:1", None),
        ("nvcr.io/nvidia/pytorch:24.01-py3", None),
        ("acme/app:py3.1", None),
        ("{{.image.default.fqn}}:{{.image.default.version}}", None),
        ("", None),
    ],
)
def test_the_version_is_read_from_the_name(image, version):
    """Only where the name says it."""
    assert python_of_image(image) == version


@pytest.mark.parametrize(
    ("source", "version", "what", "since"),
    [
        ("match 1:\n    case 1: pass", None, None, (3, 10)),
        ("with (open('a') as f, open('b') as g): pass", None, None, (3, 10)),
        ("x = f'{1!r:>{2}}' \"{'a'}\"", None, None, (3, 10)),
        ("import tomllib", (3, 11), "tomllib", (3, 10)),
        ("import datetime as dt\nx = dt.UTC", (3, 11), "datetime.UTC", (3, 10)),
        ("x = dt.UTC", None, None, (3, 10)),
        ("from typing import Self as Me", (3, 11), "typing.Self", (3, 10)),
        ("try: pass\nexcept* OSError: pass", (3, 11), "except*", (3, 11)),
        ("x = a[*b]", (3, 11), "a star in an index", (3, 11)),
        ("def f(*a: *b): pass", (3, 11), "a star before an annotation", (3, 11)),
        ("x = (*a, 1)\nprint(*a, t[(*a, 1)])", None, None, (3, 10)),
        ("type X = int", (3, 12), "a `type` statement", (3, 12)),
        ("class A[T]: pass", (3, 12), "type parameters in brackets", (3, 12)),
        ("x = f'{'a'}'", (3, 12), "what its f-string holds in braces", (3, 12)),
        ("x = f'{\"\\n\"}'", (3, 12), "what its f-string holds in braces", (3, 12)),
        ("x = f'{a # b\n}'", (3, 12), "what its f-string holds in braces", (3, 12)),
        ("x = f'''{f\"{'a'}\" # b\n}'''", (3, 12), None, (3, 12)),
        ("x = f'''{f\"{'a'}\"}\n'''", None, None, (3, 10)),
        ("def f[T = int](): pass", (3, 13), "a default of a type parameter", (3, 13)),
        ("x = 1\ntype X = int\nfrom typing import Self", (3, 12), None, (3, 12)),
    ],
)
def test_what_source_needs(source, version, what, since):
    """The newest need is found, and nothing where Python 3.10 will do."""
    if sys.version_info < since:
        pytest.skip("syntax of a newer Python")
    need = minimum_python(source)
    assert (need.version if need else None) == version
    assert what is None or need.what == what


@pytest.mark.parametrize("name", sorted(_FIRST))
def test_this_python_has_the_names_of_its_time(name):
    """The table is true of the Python that runs the tests."""
    assert _is_there(name) == (sys.version_info >= first_version(name))


def _is_there(name):
    module, _, attribute = name.rpartition(".")
    return _has(name, "__name__") or (module != "" and _has(module, attribute))


def _has(module, attribute):
    try:
        return hasattr(importlib.import_module(module), attribute)
    except ImportError:
        return False


def test_the_error_says_the_line_both_versions_and_the_way_out():
    """It names whose source it is."""
    with pytest.raises(ShippingError) as raised:
        check_python(
            "import os\nimport tomllib\n", "python:3.10-slim", "The executor f"
        )
    assert str(raised.value) == (
        "The executor f needs Python 3.11, for tomllib in line 2 of its source: "
        "`import tomllib`. The image 'python:3.10-slim' has Python 3.10, as its name "
        "says. Take an image with Python 3.11, or write the line without it."
    )


def newer(tt) -> str:
    """Use what Python 3.10 does not have."""
    import tomllib

    return tomllib.__name__


@pytest.mark.parametrize("image", ["python:3.10", "{{.image.default}}"])
def test_a_template_for_an_older_image_is_an_error(image):
    """Macros are rendered first; a newer image, or an unknown one, is taken."""
    task = kit.container_task(image=image, ship="inline")(newer)
    images = kit.ImageConfig.from_images("acme/app:py3.10-1")
    settings = LOCAL_SETTINGS.with_image_config(images)
    with pytest.raises(ShippingError, match=r"needs Python 3\.11.*has Python 3\.10"):
        kit.task_template(task, settings)
    task.container_image = "python:3.13"
    assert kit.task_template(task, settings).container.image == "python:3.13"
