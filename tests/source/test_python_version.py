"""Source that is newer than its image's Python is refused where it is written."""

from __future__ import annotations

import sys

import pytest

import kit
from kit.errors import ShippingError
from kit.source import python_version
from kit.source.python_version import (
    Need,
    check_python,
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


TYPE_ALIAS = "type alias statement (`type X = SomeType`)"


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
        ("try: pass\nexcept* OSError: pass", (3, 11), "`except*`", (3, 11)),
        ("x = a[*b]", (3, 11), "a star in an index", (3, 11)),
        ("def f(*a: *b): pass", (3, 11), "a star before an annotation", (3, 11)),
        ("x = (*a, 1)\nprint(*a, t[(*a, 1)])", None, None, (3, 10)),
        (
            "type X = int",
            (3, 12),
            TYPE_ALIAS,
            (3, 12),
        ),
        ("class A[T]: pass", (3, 12), "type parameters in brackets", (3, 12)),
        ("x = f'{'a'}'", (3, 12), "f-strings (PEP 701)", (3, 12)),
        ("x = f'{\"\\n\"}'", (3, 12), "f-strings (PEP 701)", (3, 12)),
        ("x = f'{a # b\n}'", (3, 12), "f-strings (PEP 701)", (3, 12)),
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
    newer = need if need and need.version > (3, 10) else None
    assert (newer.version if newer else None) == version
    assert what is None or need.what == what


@pytest.mark.parametrize(
    ("module", "name", "version"),
    [
        ("tomllib", "", (3, 11)),
        ("asyncio", "TaskGroup", (3, 11)),
        ("enum", "StrEnum", (3, 11)),
        ("contextlib", "chdir", (3, 11)),
        ("itertools", "batched", (3, 12)),
        ("collections.abc", "Buffer", (3, 12)),
        ("copy", "replace", (3, 13)),
        ("warnings", "deprecated", (3, 13)),
        ("annotationlib", "", (3, 14)),
        ("uuid", "uuid7", (3, 14)),
    ],
)
def test_names_of_the_standard_library_are_known(module, name, version):
    """Modules, and names of modules, in both forms of an import."""
    dotted = f"{module}.{name}".strip(".")
    assert minimum_python(f"import {module}\n{dotted}\n").version == version
    if name:
        need = minimum_python(f"from {module} import {name}\n")
        assert need == Need(version, 1, dotted)


def test_nothing_is_claimed_without_vermin(monkeypatch):
    """Without the package a newer name is no finding, and newer syntax is one."""
    monkeypatch.setattr(python_version, "find_spec", lambda name: None)
    assert minimum_python("import tomllib  # alone\n") is None
    if sys.version_info >= (3, 11):
        assert minimum_python("x = a[*b]  # alone\n").version == (3, 11)


def test_the_error_says_the_line_both_versions_and_the_way_out():
    """It names whose source it is."""
    with pytest.raises(ShippingError) as raised:
        check_python(
            "import os\nimport tomllib\n", "python:3.10-slim", "The executor f"
        )
    assert str(raised.value) == (
        "The executor f needs Python 3.11, because of tomllib in line 2 of its source: "
        "`import tomllib`. The image 'python:3.10-slim' has Python 3.10, according "
        "to its name. Use an image with Python 3.11, or write the line without it."
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
