"""Images, their macros and their names."""

from __future__ import annotations

import pytest

from kit.definition.images import (
    Image,
    ImageConfig,
    check_image_reference,
    render_image,
)
from kit.errors import ImageError

DIGEST = "sha256:" + "ab" * 32
IMAGES = ImageConfig.create_from(
    Image("default", "ghcr.io/acme/base", tag="1.2.3"),
    [
        Image("pinned", "docker.io/lib/tool", digest=DIGEST),
        Image("bare", "docker.io/lib/bare"),
    ],
)


@pytest.mark.parametrize(
    ("identifier", "fqn", "tag", "digest"),
    [
        ("localhost:5000/a/b:v1", "localhost:5000/a/b", "v1", None),
        ("a/b@sha256:1234", "a/b", None, "sha256:1234"),
        ("a/b:v1@sha256:1234", "a/b:v1", None, "sha256:1234"),
    ],
)
def test_a_name_is_read_apart(identifier, fqn, tag, digest):
    """A port is no tag, and a digest comes before a tag."""
    image = Image.look_up_image_info("x", identifier)

    assert (image.fqn, image.tag, image.digest) == (fqn, tag, digest)
    assert image.full == identifier
    assert image.version == (digest or tag)


def test_a_name_without_a_version():
    """It is an error unless it is allowed."""
    with pytest.raises(ImageError) as error:
        Image.look_up_image_info("x", "localhost:5000/a")

    flytekit = "Incorrectly formatted image localhost:5000/a, missing tag or digest"
    assert flytekit in str(error.value)
    assert isinstance(error.value, AssertionError)
    found = Image.look_up_image_info("x", "acme/a", allow_no_tag_or_digest=True)
    assert found == Image("x", "acme/a")


def test_tag_and_digest_exclude_each_other():
    """An image has one version."""
    with pytest.raises(ImageError) as error:
        Image("x", "a", tag="t", digest="d")

    flytekit = "Cannot specify both tag and digest. Got tag=t and digest=d"
    assert flytekit in str(error.value)


def test_images_are_found_by_name_the_default_first():
    """The default image is one of the images."""
    images = ImageConfig.from_images("acme/app:7", {"spark": "acme/spark", "": "a/b"})

    assert images.find_image("default").full == "acme/app:7"
    assert images.find_image("spark").tag is None
    assert images.find_image("nope") is None
    assert len(images.images) == 3


def test_no_default_image():
    """An empty name is no default image."""
    assert ImageConfig.from_images("").default_image is None


def test_the_default_image_is_no_text():
    """A name given as the image is an error that says where to put it."""
    with pytest.raises(ImageError) as error:
        ImageConfig(default_image="acme/app:7")

    flytekit = "Default image should be of type Image or None not <class 'str'>"
    assert flytekit in str(error.value)
    assert "from_images" in str(error.value)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("ghcr.io/x/y", "ghcr.io/x/y"),
        ("{{.image}}", "{{.image}}"),
        ("{{.image.a.b.c}}", "{{.image.a.b.c}}"),
        ("{{.image.default}}", "ghcr.io/acme/base:1.2.3"),
        ("{{  .IMAGES.default  }}", "ghcr.io/acme/base:1.2.3"),
        (
            "{{.images.default.fqn}}:{{.images.default.version}}",
            "ghcr.io/acme/base:1.2.3",
        ),
        (
            "{{.image.pinned.fqn}}:{{.image.pinned.version}}",
            f"docker.io/lib/tool@{DIGEST}",
        ),
        (
            "{{.image.pinned.fqn}}@{{.image.pinned.version}}",
            f"docker.io/lib/tool@{DIGEST}",
        ),
        ("{{.image.pinned.version}}", DIGEST),
        ("{{.image.bare}}", "docker.io/lib/bare:None"),
        ("x:{{.image.bare.version}}", "x:1.2.3"),
        (
            "{{.image.default}} and {{.image.default}}",
            "ghcr.io/acme/base:1.2.3 and ghcr.io/acme/base:1.2.3",
        ),
        ("", "ghcr.io/acme/base:1.2.3"),
        (None, "ghcr.io/acme/base:1.2.3"),
    ],
)
def test_macros_are_replaced(text, rendered):
    """Macros become parts of the configured images; other text stays."""
    assert render_image(text, IMAGES) == rendered


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{{.image.nope}}",
            "Image Config with name nope not found in the configuration",
        ),
        ("{{.image.Default}}", "Did you mean 'default'?"),
        (
            "{{.image.default.tag}}",
            "Only fqn and version are supported replacements, tag is not supported",
        ),
    ],
)
def test_macros_that_name_nothing(text, message):
    """A macro must name a configured image and a part of it."""
    with pytest.raises(ImageError) as error:
        render_image(text, IMAGES)

    assert message in str(error.value)


def test_no_image_at_all():
    """Without a default image the task must name one."""
    with pytest.raises(ImageError) as error:
        render_image("", ImageConfig())

    flytekit = "An image is required for PythonAutoContainer tasks"
    assert flytekit in str(error.value)


def test_no_version_to_lend():
    """A version that nobody has cannot be rendered."""
    images = ImageConfig(images=[Image("bare", "acme/bare")])

    with pytest.raises(ImageError, match="has neither tag nor digest"):
        render_image("{{.image.bare.version}}", images)


@pytest.mark.parametrize(
    "image",
    [
        "python",
        "python:3.12-slim",
        "ghcr.io/acme/runner:0.1",
        "localhost:5000/a/b__c/d-e:v1",
        "REGISTRY.example.com/team/app:Tag",
        f"acme/app:1@{DIGEST}",
        f"acme/app@{DIGEST}",
        "[2001:db8::1]:5000/app:1",
    ],
)
def test_names_that_engines_take(image):
    """Every form of a reference passes."""
    check_image_reference(image)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("", "An image must be a name such as"),
        (None, "An image must be a name such as"),
        ("acme/app:1 ", "has spaces or control characters"),
        ("acme/app\0:1", "has spaces or control characters"),
        ("ghcr.io/Acme/app:1", "has upper-case letters in its repository"),
        ("{{.image.x}}", "still has a macro in it"),
        ("acme/app@sha256:12", "has a malformed digest"),
        ("acme/app:-1", "has a malformed tag"),
        ("acme//app:1", "is not a reference of the form"),
    ],
)
def test_names_that_no_engine_takes(image, message):
    """The error says what is wrong with the name."""
    with pytest.raises(ImageError) as error:
        check_image_reference(image)

    assert message in str(error.value)
