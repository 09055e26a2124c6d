"""Accelerators and shared memory."""

from __future__ import annotations

import pytest

from kit.definition import accelerators
from kit.definition.accelerators import extended_resources
from kit.errors import ResourcesError


def test_a_device_is_written_by_its_name():
    """The message holds the name that nodes carry."""
    message = extended_resources(accelerators.T4)

    assert message.gpu_accelerator.device == "nvidia-tesla-t4"
    assert not message.HasField("shared_memory")


def test_a_part_names_its_size():
    """A partition of a device is written with its size."""
    message = accelerators.A100.partition_2g_10gb.to_flyte_idl()

    assert (message.device, message.partition_size) == ("nvidia-tesla-a100", "2g.10gb")


def test_a_divisible_device_alone_says_nothing_of_parts():
    """Neither a size nor unpartitioned is set."""
    message = accelerators.A100.to_flyte_idl()

    assert message.WhichOneof("partition_size_value") is None


def test_unpartitioned_says_so():
    """Only nodes where the device is whole will do."""
    assert accelerators.A100.unpartitioned.to_flyte_idl().unpartitioned


def test_any_part_can_be_named():
    """A size that has no constant is given as text."""
    part = accelerators.V6E.partitioned("4x16")

    assert part.to_flyte_idl().partition_size == "4x16"
    assert repr(part) == "_V6E('tpu-v6e-slice', '4x16')"


def test_devices_of_ones_own():
    """A subclass that names a device has parts too."""

    class Big(accelerators.MultiInstanceGPUAccelerator):
        device = "acme-big"

    assert Big.partitioned("half").to_flyte_idl().partition_size == "half"


def test_shared_memory_as_large_as_the_tasks():
    """True mounts /dev/shm without a size."""
    memory = extended_resources(shared_memory=True).shared_memory

    assert memory.mount_name == "flyte-shared-memory"
    assert memory.mount_path == "/dev/shm"  # noqa: S108 - a mount of the pod
    assert memory.size_limit == ""


def test_shared_memory_of_a_size():
    """A quantity is the limit."""
    assert extended_resources(shared_memory="2Gi").shared_memory.size_limit == "2Gi"


@pytest.mark.parametrize("nothing", [None, False])
def test_nothing_asked_for_is_no_message(nothing):
    """Without device and memory there are no extended resources."""
    assert extended_resources(shared_memory=nothing) is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"accelerator": "T4"}, "'T4' is not an accelerator: use one of"),
        ({"shared_memory": 1}, "shared_memory must be True or a size such as '1Gi'"),
        ({"shared_memory": "2GB"}, "Did you mean '2G' or '2Gi'?"),
    ],
)
def test_what_is_neither_is_refused(values, message):
    """The error says what can be passed."""
    with pytest.raises(ResourcesError) as error:
        extended_resources(**values)

    assert message in str(error.value)


@pytest.mark.parametrize("device", ["", None, 4])
def test_a_device_needs_a_name(device):
    """An accelerator without a name selects nothing."""
    with pytest.raises(ResourcesError, match="A device is a name such as"):
        accelerators.GPUAccelerator(device)
