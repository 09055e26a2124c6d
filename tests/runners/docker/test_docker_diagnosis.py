"""Containers that cannot start, and images that are not there: errors that help."""

from __future__ import annotations

import struct

import pytest
from container_tasks import container_task
from local_images import saved_image

import kit
from kit.definition.images import Image, ImageConfig
from kit.definition.resources import Resources
from kit.definition.settings import SerializationSettings
from kit.errors import EngineError, ImageNotFoundError, TemplateError
from kit.runners import RunRequest
from kit.runners.docker import DockerRunner
from kit.running.run import Run
from kit.running.start import run
from kit.template.serialize import LOCAL_SETTINGS, task_template

pytestmark = pytest.mark.docker

ARM = 183
AMD = 62


def elf(machine: int) -> bytes:
    """Return the head of a program for a processor, with nothing to run."""
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    return ident + struct.pack(
        "<HHIQQQIHHHHHH", 2, machine, 1, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0
    )


def run_image(image: str, **options) -> Run:
    """Run a task in an image."""
    runner = options.pop("runner", DockerRunner(grace=0.5))
    return run(container_task(image=image, **options), mode="ok", runner=runner)


def not_started(image: str) -> str:
    """Return why a run in an image did not start."""
    failed = run_image(image)
    assert failed.error.type == "NotStarted"
    assert failed.error.origin == "SYSTEM"
    return failed.error.message


def test_an_image_that_is_not_there(slim):
    """The error names what is near, and both ways to get it."""
    with pytest.raises(ImageNotFoundError) as caught:
        run_image("kit-test/kti:latest")
    text = str(caught.value)
    assert (
        "has no image 'kit-test/kti:latest'. Did you mean 'kit-test/kit:latest'?"
        in text
    )
    assert "docker pull kit-test/kti:latest" in text
    assert "docker build -t kit-test/kti:latest" in text


def test_an_image_that_no_registry_has():
    """A pull that was allowed says why it failed."""
    with pytest.raises(ImageNotFoundError, match=r"cannot be pulled: .*127\.0\.0\.1:1"):
        run_image("127.0.0.1:1/no/image:1", runner=DockerRunner(pull="missing"))


def test_an_image_without_the_runtime(tiny):
    """The error says what the image has instead."""
    path = "ENV PATH=/bin:/opt/bin"
    text = not_started(tiny({"bin/python3": elf(AMD)}, path))
    assert "no 'kit-execute' on its PATH (/bin:/opt/bin)" in text
    assert text.endswith("have Python, but no runtime: add flyte-task-kit to it")
    text = not_started(tiny({"opt/bin/pyflyte-execute": elf(AMD)}, path))
    assert "flytekit's runtime: make the task with runtime='flytekit'" in text
    text = not_started(tiny({"readme": b""}, path))
    assert text.endswith("no Python: build it on one that has, with flyte-task-kit")


def needs_serial(tt, n: int) -> int:
    """Import a module that the image does not have."""
    import serial

    return len(serial.__name__) * n


def test_an_image_without_a_module_that_the_task_imports(slim):
    """The error names the package, and what builds an image that has it."""
    task = kit.container_task(image=slim, ship="inline")(needs_serial)
    failed = run(task, n=1, runner="docker")
    assert failed.error.type == "ModuleNotFoundError"
    assert failed.error.message.startswith("No module named 'serial'. The image")
    assert "install the package 'pyserial' in it" in failed.error.message
    assert failed.error.message.endswith("imports: kit.build_image(task)")


def test_an_image_with_an_entrypoint(tiny):
    """Arguments come after it, on the cluster and here; the error says so."""
    text = not_started(tiny({"readme": b""}, 'ENTRYPOINT ["/entry.sh"]'))
    assert "has no '/entry.sh'; that is the image's own ENTRYPOINT" in text


def test_a_program_for_another_machine(tiny):
    """A container that the kernel refuses is not called a crash."""
    text = not_started(tiny({"bin/kit-execute": elf(ARM)}, "ENV PATH=/bin"))
    assert "'kit-execute' in the image" in text
    assert "no program for amd64: it is built for another machine" in text


def test_an_image_for_another_machine(engine):
    """Its architecture and the engine's are both named."""
    image = "kit-test/foreign:latest"
    data = saved_image(image, {"bin/kit-execute": elf(ARM)}, "arm64")
    engine.client.images.load(data)
    text = not_started(image)
    engine.client.images.remove(image)
    assert f"is for arm64, and this engine runs {engine.architecture}" in text
    assert f"for linux/{engine.architecture}" in text


def test_a_platform_that_the_image_has_not(slim):
    """The error says what there is, and how to get the other."""
    with pytest.raises(
        ImageNotFoundError, match="for amd64, not for linux/s390x"
    ) as no:
        run_image(slim, runner=DockerRunner(platform="linux/s390x"))
    assert f"docker pull --platform linux/s390x {slim}" in str(no.value)


def test_a_program_that_the_user_may_not_run(tiny, slim):
    """The error says whose permission is missing."""
    program = "opt/bin/kit-execute"
    image = tiny({program: b"#!/bin/sh"}, "USER 1000", base=slim, mode=0o600)
    assert "does not permit its user to execute 'kit-execute'" in not_started(image)


def test_gpus_that_the_engine_has_not(slim):
    """What is missing is said: a toolkit for GPUs."""
    with pytest.raises(EngineError, match=r"asks for 2 GPU\(s\).*container toolkit"):
        run_image(slim, requests=Resources(gpu=2))


def test_a_network_that_the_engine_has_not(slim, engine):
    """The error says how to see which it has."""
    if engine.program == "podman":
        pytest.skip("Podman says so when the container is made")
    runner = DockerRunner(network="nowhere")
    with pytest.raises(EngineError, match=r"network nowhere not found.*network ls"):
        run_image(slim, runner=runner)


def test_an_image_of_the_settings_that_are_not_there(slim):
    """Settings are asked for by name, and with them it runs."""
    task = container_task(image="{{.image.lab.fqn}}:{{.image.lab.version}}")
    with pytest.raises(TemplateError, match=r"settings=kit\.SerializationSettings"):
        run(task, mode="identity", runner="docker")
    name, _, tag = slim.partition(":")
    images = ImageConfig(default_image=None, images=[Image("lab", name, tag)])
    settings = SerializationSettings(image_config=images)
    done = run(task, mode="identity", runner="docker", settings=settings)
    assert done.succeeded
    assert done.template.container.image == slim


def test_a_template_without_an_image():
    """There is nothing to run, which is found before any engine is asked."""
    template = task_template(container_task(), LOCAL_SETTINGS)
    template.container.image = ""
    with pytest.raises(TemplateError, match="names no image"):
        DockerRunner().run(RunRequest(template=template.SerializeToString()))
