"""GPUs and TPUs by name, their partitions, and shared memory: extended resources.

The names are those of ``flytekit.extras.accelerators``; each must be the name that the
cluster's nodes carry.
"""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from flyteidl.core import tasks_pb2

from kit.errors import ResourcesError

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")
MIG = TypeVar("MIG", bound="MultiInstanceGPUAccelerator")

# The mount that flytekit writes (flytekit.core.constants).
_SHARED_MEMORY_NAME = "flyte-shared-memory"
_SHARED_MEMORY_PATH = "/dev/shm"  # noqa: S108 - a mount of the pod, not a temporary file


class BaseAccelerator(abc.ABC, Generic[T]):
    """A device that a task runs on; ``T`` is its message."""

    @abc.abstractmethod
    def to_flyte_idl(self) -> T:
        """Write the device as Flyte's message."""


class GPUAccelerator(BaseAccelerator[tasks_pb2.GPUAccelerator]):
    """A device by the name that the cluster's nodes carry.

    Example:
        >>> GPUAccelerator("nvidia-l4")
        GPUAccelerator('nvidia-l4')
    """

    def __init__(self, device: str) -> None:
        if not isinstance(device, str) or not device:
            msg = f"A device is a name such as 'nvidia-tesla-t4', got {device!r}."
            raise ResourcesError(msg)
        self._device = device

    def to_flyte_idl(self) -> tasks_pb2.GPUAccelerator:
        """Write the device as Flyte's message."""
        return tasks_pb2.GPUAccelerator(device=self._device)

    def __repr__(self) -> str:
        return f"GPUAccelerator({self._device!r})"


class MultiInstanceGPUAccelerator(BaseAccelerator[tasks_pb2.GPUAccelerator]):
    """A device that can be had in parts; subclasses name the ``device``.

    Example:
        >>> A100.partition_1g_5gb.to_flyte_idl().partition_size
        '1g.5gb'
        >>> A100.unpartitioned.to_flyte_idl().unpartitioned
        True
    """

    device: ClassVar[str]
    _partition: str | None = None
    _whole: bool = False

    @property
    def unpartitioned(self) -> Self:
        """The device on nodes where it is not divided."""
        whole = type(self)()
        whole._whole = True  # noqa: SLF001 - same class
        return whole

    @classmethod
    def partitioned(cls, partition_size: str) -> Self:
        """Return the part of that size, such as ``"1g.5gb"`` or ``"2x4"``."""
        part = cls()
        part._partition = partition_size
        return part

    def to_flyte_idl(self) -> tasks_pb2.GPUAccelerator:
        """Write the device as Flyte's message."""
        message = tasks_pb2.GPUAccelerator(device=self.device)
        if self._partition is not None:
            message.partition_size = self._partition
        elif self._whole:
            message.unpartitioned = True
        return message

    def __repr__(self) -> str:
        part = f", {self._partition!r}" if self._partition is not None else ""
        return f"{type(self).__name__}({self.device!r}{part})"


class _Part:
    """An attribute that is a part of the device whose class it stands in."""

    def __init__(self, size: str) -> None:
        self._size = size

    def __get__(self, instance: Any, owner: type[MIG]) -> MIG:
        return owner.partitioned(self._size)


class _A100(MultiInstanceGPUAccelerator):
    """https://docs.nvidia.com/datacenter/tesla/mig-user-guide/#partitioning."""

    device = "nvidia-tesla-a100"

    partition_1g_5gb = _Part("1g.5gb")
    partition_2g_10gb = _Part("2g.10gb")
    partition_3g_20gb = _Part("3g.20gb")
    partition_4g_20gb = _Part("4g.20gb")
    partition_7g_40gb = _Part("7g.40gb")


class _A10080GB(MultiInstanceGPUAccelerator):
    device = "nvidia-a100-80gb"

    partition_1g_10gb = _Part("1g.10gb")
    partition_2g_20gb = _Part("2g.20gb")
    partition_3g_40gb = _Part("3g.40gb")
    partition_4g_40gb = _Part("4g.40gb")
    partition_7g_80gb = _Part("7g.80gb")


class _TpuTopologies(MultiInstanceGPUAccelerator):
    """https://cloud.google.com/tpu/docs/v5e, whose slices v6e shares."""

    slice_1x1 = _Part("1x1")
    slice_2x2 = _Part("2x2")
    slice_2x4 = _Part("2x4")
    slice_4x4 = _Part("4x4")
    slice_4x8 = _Part("4x8")
    slice_8x8 = _Part("8x8")
    slice_8x16 = _Part("8x16")
    slice_16x16 = _Part("16x16")


class _V5E(_TpuTopologies):
    device = "tpu-v5-lite-podslice"


class _V6E(_TpuTopologies):
    device = "tpu-v6e-slice"


class _V5P(MultiInstanceGPUAccelerator):
    """https://cloud.google.com/tpu/docs/v5p."""

    device = "tpu-v5p-slice"

    slice_2x2x1 = _Part("2x2x1")
    slice_2x2x2 = _Part("2x2x2")
    slice_2x4x4 = _Part("2x4x4")
    slice_4x4x4 = _Part("4x4x4")
    slice_4x4x8 = _Part("4x4x8")
    slice_4x8x8 = _Part("4x8x8")
    slice_8x8x8 = _Part("8x8x8")
    slice_8x8x16 = _Part("8x8x16")
    slice_8x16x16 = _Part("8x16x16")
    slice_16x16x16 = _Part("16x16x16")
    slice_16x16x24 = _Part("16x16x24")


A10G = GPUAccelerator("nvidia-a10g")
L4 = GPUAccelerator("nvidia-l4")
L4_VWS = GPUAccelerator("nvidia-l4-vws")
L40S = GPUAccelerator("nvidia-l40s")
K80 = GPUAccelerator("nvidia-tesla-k80")
M60 = GPUAccelerator("nvidia-tesla-m60")
P4 = GPUAccelerator("nvidia-tesla-p4")
P100 = GPUAccelerator("nvidia-tesla-p100")
T4 = GPUAccelerator("nvidia-tesla-t4")
V100 = GPUAccelerator("nvidia-tesla-v100")
H100 = GPUAccelerator("nvidia-h100")
H200 = GPUAccelerator("nvidia-h200")
RTX_PRO_6000 = GPUAccelerator("nvidia-rtx-pro-6000")
A100 = _A100()
A100_80GB = _A10080GB()
V5E = _V5E()
V5P = _V5P()
V6E = _V6E()


def extended_resources(
    accelerator: BaseAccelerator[tasks_pb2.GPUAccelerator] | None = None,
    shared_memory: bool | str | None = None,  # noqa: FBT001 - flytekit's argument
) -> tasks_pb2.ExtendedResources | None:
    """Write an accelerator and shared memory as Flyte's message.

    Args:
        accelerator: The device, one of this module's or any with ``to_flyte_idl``.
        shared_memory: ``True`` for as much as the task's memory, or a quantity.

    Returns:
        The message, or ``None`` when neither is asked for.

    Raises:
        ResourcesError: The accelerator is none, or the size is no quantity.
    """
    shares = shared_memory is not None and shared_memory is not False
    if accelerator is None and not shares:
        return None
    message = tasks_pb2.ExtendedResources()
    if accelerator is not None:
        if not hasattr(accelerator, "to_flyte_idl"):
            msg = (
                f"{accelerator!r} is not an accelerator: use one of "
                f"kit.definition.accelerators, or GPUAccelerator('device name')."
            )
            raise ResourcesError(msg)
        message.gpu_accelerator.CopyFrom(accelerator.to_flyte_idl())
    if shares:
        message.shared_memory.CopyFrom(_shared_memory(shared_memory))
    return message if message.ByteSize() else None


def _shared_memory(size: object) -> tasks_pb2.SharedMemory:
    from kit.definition.resources import parse_quantity

    message = tasks_pb2.SharedMemory(
        mount_name=_SHARED_MEMORY_NAME, mount_path=_SHARED_MEMORY_PATH
    )
    if isinstance(size, str):
        if size:
            parse_quantity(size)
        message.size_limit = size
    elif size is not True:
        msg = f"shared_memory must be True or a size such as '1Gi', got {size!r}."
        raise ResourcesError(msg)
    return message
