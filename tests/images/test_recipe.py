"""What can be asked of an image, and what cannot."""

from __future__ import annotations

import sys

import pytest

import kit
from kit.decorator import container_task
from kit.definition.settings import SerializationSettings
from kit.errors import CallError, ImageError
from kit.images.image import build_image, chosen_tag, containerfile
from kit.images.requirements import task_requirements
from kit.template.serialize import LOCAL_SETTINGS


@container_task(image="acme/lab:{{.image.default.version}}", ship="inline")
def twice(tt, n: int) -> int:
    """Twice a number, read from text."""
    import yaml

    return yaml.safe_load(str(2 * n))


@container_task(image="", ship="inline", enable_deck=True)
def framed(tt, n: int) -> int:
    """Count rows."""
    import pandas as pd

    return len(pd.DataFrame({"n": range(n)}))


def test_the_base_is_the_python_that_runs_this():
    """In its slim form, unless another one is named."""
    major, minor = sys.version_info[:2]
    assert f"\nFROM python:{major}.{minor}-slim\n" in containerfile(twice)
    assert "\nFROM acme/base:1\n" in containerfile(twice, base="acme/base:1")
    assert kit.containerfile(twice, user="lab").endswith("\nUSER lab\n")


def test_an_inline_task_needs_kit_and_what_it_imports():
    """With the extra of kit's that converts the values of these."""
    found = task_requirements(twice, LOCAL_SETTINGS.with_image_config(_images()))
    assert found.packages == ("flyte-task-kit", "PyYAML")
    assert found.modules == {}
    found = task_requirements(framed, LOCAL_SETTINGS, ["duckdb>=1"])
    assert found.packages == ("flyte-task-kit[deck,pandas]", "pandas", "duckdb>=1")


def test_flytekits_runtime_is_called_as_its_distribution():
    """And an inline task needs kit besides."""
    settings = LOCAL_SETTINGS.with_runtime("flytekit")
    assert task_requirements(framed, settings).packages[1] == "flytekit"


def _images():
    return kit.ImageConfig.from_images("acme/lab:7")


def test_the_name_is_the_tasks_own_with_its_macros_rendered():
    """Or the one that is given."""
    settings = SerializationSettings(image_config=_images())
    assert chosen_tag(None, twice, settings) == "acme/lab:7"
    assert chosen_tag("other:2", twice, settings) == "other:2"
    with pytest.raises(CallError, match="names no image by itself"):
        chosen_tag(None, twice, LOCAL_SETTINGS)


@pytest.mark.parametrize(
    ("tag", "error", "message"),
    [
        (
            None,
            CallError,
            r"'tests.*framed' names no image by itself\. Give .*\.build_image\(task",
        ),
        ("acme/X:1", ImageError, "has upper-case letters"),
        (f"acme@sha256:{'a' * 64}", CallError, "under the digest"),
    ],
)
def test_names_that_cannot_be_built(tag, error, message):
    """Each says what to do."""
    with pytest.raises(error, match=message.replace("tests.*", ".*")):
        chosen_tag(tag, framed, LOCAL_SETTINGS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"packages": "duckdb"}, r"packages must be a list of requirements, got the t"),
        ({"packages": ["a b c"]}, r"'a b c' is neither a requirement such as"),
        ({"packages": ["nowhere.whl"]}, r"No wheel 'nowhere.whl'"),
        ({"user": "a b"}, r"user must be a name or number .* got 'a b'"),
        ({"source": "pypi"}, r"source must be 'local' or 'index', got 'pypi'"),
        ({"pull": "yes"}, r"pull must be one of 'never', 'missing', 'always', got"),
    ],
)
def test_what_cannot_be_meant(options, message):
    """Said before an engine is asked."""
    with pytest.raises(CallError, match=message):
        build_image(framed, "acme/lab:1", **options)


def test_an_image_is_for_a_task():
    """Nothing else has needs."""
    with pytest.raises(CallError, match=r"kit\.build_image takes a task"):
        containerfile(print)
    with pytest.raises(ImageError, match="has spaces"):
        containerfile(framed, base="a b")


def test_the_old_name_still_builds_and_warns():
    """It passes everything on, and says what to write."""
    with (
        pytest.warns(DeprecationWarning, match=r"Call kit\.build_image\."),
        pytest.raises(CallError, match="source must be 'local' or 'index'"),
    ):
        kit.image(framed, "acme/lab:1", source="pypi")
