"""What is shown of an image."""

from __future__ import annotations

import dataclasses

from kit.display.console import plain_text
from kit.display.notebook import mimebundle, summarize
from kit.images.image import BuiltImage
from kit.images.packages import ImagePackage

IMAGE = BuiltImage(
    task="lab.<b>load</b>",
    tag="acme/load:1",
    id="sha256:0123",
    size=101_700_000,
    base="python:3.11-slim",
    python="Python 3.11 on x86_64 with glibc 2.36",
    containerfile="FROM python:3.11-slim\nCOPY kit/ /opt/kit/\n",
    packages=(ImagePackage("yaml", "6.0", "local"), ImagePackage("torch", "2", "base")),
    modules=("lab",),
    is_the_tasks=True,
    notes=("The module gone is imported somewhere.",),
)


def test_an_image_says_what_is_in_it_and_what_to_do_with_it():
    """Its Containerfile is for those who look closer; its id is in no face."""
    text = plain_text(summarize(IMAGE))
    for words in (
        "image acme/load:1",
        "102 MB, with the base image",
        "this environment",
        "the base image",
        "note: The module gone is imported somewhere.",
        'kit.run(task, runner="docker")',
        "docker push acme/load:1",
    ):
        assert words in text
    assert "COPY" not in text
    assert "COPY kit/ /opt/kit/" in plain_text(summarize(IMAGE), details=True)
    assert IMAGE.id not in plain_text(summarize(IMAGE), details=True)
    assert repr(IMAGE) == "BuiltImage('acme/load:1', 101.7 MB)"


def test_an_image_under_another_name_says_how_a_task_takes_it():
    """Its task names another one."""
    other = dataclasses.replace(IMAGE, is_the_tasks=False, program="podman")
    text = plain_text(summarize(other))
    assert "set image='acme/load:1' where the task is defined" in text
    assert "podman push acme/load:1" in text


def test_both_faces_tell_the_same():
    """And what comes from a task is escaped."""
    bundle = mimebundle(IMAGE)
    html = bundle["text/html"]
    for words in ("python:3.11-slim", "102 MB", "torch", "COPY kit/ /opt/kit/"):
        assert words in html
    assert "<b>load" not in html
    assert "lab.<b>load</b>" in bundle["text/plain"]
