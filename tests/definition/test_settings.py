"""Serialization settings."""

from __future__ import annotations

import pytest

from kit.definition.images import Image, ImageConfig
from kit.definition.settings import SerializationSettings
from kit.errors import DefinitionError


def test_defaults():
    """Nothing is chosen: no project, no images, and the runtime is the task's."""
    settings = SerializationSettings()

    assert (settings.project, settings.domain, settings.version) == ("", "", "")
    assert settings.env is None
    assert settings.image_config == ImageConfig()
    assert settings.runtime is None
    assert settings.flytekit_version == "1.16.31"
    assert repr(settings) == "SerializationSettings()"


def test_copies_with_changes():
    """Each with_… changes one field of a copy."""
    images = ImageConfig(Image("default", "acme/a", "1"))
    first = SerializationSettings(project="p", domain="d", version="v")

    second = (
        first.with_project("q")
        .with_domain("e")
        .with_version(None)
        .with_env({"A": "1"})
        .with_image_config(images)
        .with_runtime("flytekit")
    )

    assert second == SerializationSettings(
        project="q",
        domain="e",
        version=None,
        env={"A": "1"},
        image_config=images,
        runtime="flytekit",
    )
    assert first == SerializationSettings(project="p", domain="d", version="v")
    assert first.replace(version="w", project="q") == first.with_version(
        "w"
    ).with_project("q")


def test_settings_cannot_be_changed():
    """Neither a field nor the environment passed in changes them."""
    env = {"A": "1"}
    settings = SerializationSettings(env=env)
    env["A"] = "2"

    assert settings.env == {"A": "1"}
    with pytest.raises(AttributeError):
        settings.project = "p"


def test_unknown_runtime():
    """Only the two runtimes exist."""
    with pytest.raises(DefinitionError, match=r"Did you mean 'flytekit'\?"):
        SerializationSettings(runtime="flytkit")


def test_unknown_field():
    """The nearest field is suggested."""
    with pytest.raises(DefinitionError, match=r"Did you mean 'version'\?"):
        SerializationSettings().replace(verison="1")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"version": 1}, "version must be text, got 1 of type int"),
        ({"project": "a\0"}, "has a NUL character, which Flyte's database refuses"),
        ({"image_config": "acme/a:1"}, "image_config must be an ImageConfig"),
        ({"env": {"A": 1}}, "Environment variable A must be text"),
        ({"env": ["A"]}, "environment must map names to texts"),
    ],
)
def test_values_of_the_wrong_kind(values, message):
    """The error is raised where the settings are written."""
    with pytest.raises(DefinitionError) as error:
        SerializationSettings(**values)

    assert message in str(error.value)
