"""Requests and limits: as admin reads and compares them, and as they arrive."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from flyteidl.core.tasks_pb2 import Resources

from kit.checks.report import Repair
from kit.checks.rule import Problem, Subject, error, note, warning
from kit.definition.resources import parse_quantity
from kit.errors import ResourcesError
from kit.forecast.kubernetes import is_dns_label, label_value_faults
from kit.forecast.registration import registration_words
from kit.forecast.resources import (
    Refusal,
    amounts,
    comparisons,
    entry_refusals,
    kubernetes_words,
)
from kit.template.macros import quoted_text

_ARGUMENTS = {"CPU": "cpu", "MEMORY": "mem", "GPU": "gpu"}
_ARGUMENTS |= {"EPHEMERAL_STORAGE": "ephemeral_storage"}
_UNPLACED = (Resources.UNKNOWN, Resources.STORAGE)


def _lists(subject: Subject) -> Iterator[tuple[str, Any]]:
    resources = subject.template.container.resources
    yield "requests", resources.requests
    yield "limits", resources.limits


def _entries(subject: Subject) -> Iterator[tuple[str, Resources.ResourceEntry]]:
    for part, entries in _lists(subject):
        for entry in entries:
            yield f"container.resources.{part}[{_name(entry.name)}]", entry


def _name(number: int) -> str:
    known = Resources.ResourceName.DESCRIPTOR.values_by_number.get(number)
    return str(known.name) if known else str(number)


def _entry_problems(
    subject: Subject, rule: str, message: str, fix: str
) -> Iterator[Problem]:
    for part, entries in _lists(subject):
        for refusal in entry_refusals(entries, subject.template.id):
            if refusal.rule == rule:
                path = f"container.resources.{part}[{refusal.resource}]"
                told = message.format(resource=refusal.resource, part=part)
                yield Problem(path, told, fix, refusal.words)


@error("RS001", "registration")
def amounts_are_quantities(subject: Subject) -> Iterator[Problem]:
    """Kubernetes can read the amounts."""
    message = "Registration is refused: the amount of {resource} is not a quantity."
    fix = "Write a number with one of the suffixes m, k, M, G, T, Ki, Mi, Gi, Ti."
    return _entry_problems(subject, "RS001", message, fix)


@error("RS002", "registration")
def entries_are_single(subject: Subject) -> Iterator[Problem]:
    """Each resource is named once."""
    message = "Registration is refused: {resource} is named more than once in {part}."
    return _entry_problems(subject, "RS002", message, "Name it once.")


@error("RS003", "registration")
def devices_are_whole(subject: Subject) -> Iterator[Problem]:
    """GPUs are not divided."""
    message = "Registration is refused: there are no parts of a GPU."
    return _entry_problems(subject, "RS003", message, "Ask for a whole number.")


def _comparison_problems(
    subject: Subject, rule: str, message: str, fix: str
) -> Iterator[Problem]:
    resources, platform = subject.template.container.resources, subject.platform.limits
    limits = {n: _text(getattr(platform, a)) for n, a in _ARGUMENTS.items()}
    refusals = comparisons(
        resources.requests, resources.limits, limits, subject.template.id
    )
    for refusal in refusals:
        if refusal.rule == rule:
            name, part = refusal.resource, _WRONG_PART[rule]
            path = f"container.resources.{part}[{name}]"
            top = limits[name]
            told, advice = (t.format(name=name, top=top) for t in (message, fix))
            repair = _repair(refusal, resources, top)
            yield Problem(path, told, advice, refusal.words, repair)


_WRONG_PART = {
    "RS004": "limits",
    "RS005": "requests",
    "RS007": "requests",
    "RS008": "limits",
}


def _text(amount: Any) -> str:
    return "" if amount is None else str(amount)


def _repair(refusal: Refusal, resources: Resources, top: str) -> Repair:
    """Lower what is over the platform's limit; raise what is under the request."""
    argument = _ARGUMENTS[refusal.resource]
    if refusal.rule == "RS007":
        return Repair("requests", _Setting(argument, top))
    if refusal.rule == "RS008":
        return Repair("limits", _Setting(argument, top))
    request = amounts(resources.requests)[refusal.resource].text
    return Repair("limits", _Setting(argument, request))


@dataclasses.dataclass(frozen=True)
class _Setting:
    """Sets one amount of resources."""

    argument: str
    amount: str

    def __call__(self, resources: Any) -> Any:
        return dataclasses.replace(resources, **{self.argument: self.amount})


@error("RS004", "registration")
def requests_meet_devices(subject: Subject) -> Iterator[Problem]:
    """As many GPUs are requested as are the limit."""
    message = "Registration is refused: request and limit of GPUs must be the same."
    return _comparison_problems(subject, "RS004", message, "Set the same number.")


@error("RS005", "registration")
def requests_within_limits(subject: Subject) -> Iterator[Problem]:
    """No request exceeds its limit, in whole units."""
    message = "Registration is refused: the request of {name} exceeds its limit."
    fix = "Raise the limit, or lower the request."
    return _comparison_problems(subject, "RS005", message, fix)


@error("RS007", "registration")
def requests_within_platform(subject: Subject) -> Iterator[Problem]:
    """No request exceeds what the platform allows."""
    message = "Registration is refused: the request of {name} exceeds the platform's."
    fix = "Ask for {top} at most, or have the platform's limit raised."
    return _comparison_problems(subject, "RS007", message, fix)


@error("RS008", "registration")
def limits_within_platform(subject: Subject) -> Iterator[Problem]:
    """No limit next to a request exceeds what the platform allows."""
    message = "Registration is refused: the limit of {name} exceeds the platform's."
    fix = "Set {top} at most, or have the platform's limit raised."
    return _comparison_problems(subject, "RS008", message, fix)


@warning("RS006", "silent")
def small_requests_within_limits(subject: Subject) -> Iterator[Problem]:
    """No request exceeds its limit within a whole unit, which admin does not see."""
    resources = subject.template.container.resources
    most = amounts(resources.limits)
    for name, request in amounts(resources.requests).items():
        limit = most.get(name)
        if limit is None or request.amount <= limit.amount:
            continue
        if request.value_ceil <= limit.value_ceil:
            message = (
                "It registers, for admin compares whole numbers, and the request of "
                f"{name}, {request.canonical}, is lowered to {limit.canonical}."
            )
            repair = Repair("limits", _Setting(_ARGUMENTS[name], request.text))
            path = f"container.resources.requests[{name}]"
            yield Problem(path, message, "Raise the limit.", repair=repair)


@warning("RS009", "silent")
def limits_have_requests(subject: Subject) -> Iterator[Problem]:
    """A limit without a request is compared with nothing."""
    resources = subject.template.container.resources
    asked = {_name(entry.name) for entry in resources.requests}
    for name, limit in amounts(resources.limits).items():
        if name in asked:
            continue
        message = (
            f"There is no request of {name}: its limit becomes the request, and is "
            "lowered to the platform's without a word."
        )
        fix = "Request what the task needs."
        repair = Repair("requests", _Setting(_ARGUMENTS[name], limit.text))
        path = f"container.resources.limits[{name}]"
        yield Problem(path, message, fix, repair=repair)


@note("RS010", "silent")
def defaults_are_known(subject: Subject) -> Iterator[Problem]:
    """A task that asks for nothing gets the platform's defaults."""
    resources = subject.template.container.resources
    if not subject.is_container or resources.requests or resources.limits:
        return
    defaults = subject.platform.defaults
    known = f": cpu {defaults.cpu}, mem {defaults.mem}" if defaults.cpu else ""
    message = f"Nothing is asked for, so requests and limits are the platform's{known}."
    yield Problem("container.resources", message, "Set requests and limits.")


@warning("RS011", "silent")
def memory_is_whole(subject: Subject) -> Iterator[Problem]:
    """Memory is not counted in thousandths of a byte."""
    for path, entry in _entries(subject):
        if entry.name == Resources.MEMORY and entry.value.endswith("m"):
            meant = f"{entry.value[:-1]}M"
            message = f"{entry.value!r:.40} of memory are thousandths of a byte."
            part = "requests" if ".requests[" in path else "limits"
            repair = Repair(part, _Setting("mem", meant))
            yield Problem(path, message, f"Write {meant!r:.40}.", repair=repair)


@error("RS012", "run")
def amounts_are_not_negative(subject: Subject) -> Iterator[Problem]:
    """No amount is below zero."""
    for path, entry in _entries(subject):
        if _sign(entry.value) == -1:
            message = f"It registers, and its pod is refused: {entry.value!r:.40} is "
            yield Problem(path, f"{message}below zero.", "Ask for more than nothing.")


@note("RS013", "silent")
def zeros_are_meant(subject: Subject) -> Iterator[Problem]:
    """An amount of zero is as none."""
    for path, entry in _entries(subject):
        if entry.name not in _UNPLACED and _sign(entry.value) == 0:
            message = "Zero is as if nothing was said: the platform's default holds."
            yield Problem(path, message, "Leave it out.")


def _sign(text: str) -> int | None:
    """Return -1, 0 or 1 as the amount is; None if it is not a quantity."""
    try:
        amount = parse_quantity(text).amount
    except ResourcesError:
        return None
    return (amount > 0) - (amount < 0)


@warning("RS014", "silent")
def entries_are_placed(subject: Subject) -> Iterator[Problem]:
    """Each entry is of a resource that Flyte asks Kubernetes for."""
    for path, entry in _entries(subject):
        if entry.name in _UNPLACED or entry.name not in Resources.ResourceName.values():
            message = "Flyte drops this resource when the task is launched."
            fix = "Use CPU, MEMORY, GPU or EPHEMERAL_STORAGE."
            yield Problem(path, message, fix)


@error("CT006", "registration")
def unplaced_entries_parse(subject: Subject) -> Iterator[Problem]:
    """Even amounts that are dropped later can be read."""
    for path, entry in _entries(subject):
        if entry.name in _UNPLACED and _sign(entry.value) is None:
            name = _name(entry.name)
            words = registration_words(subject.template)
            message = (
                f"Registration is refused: the amount of {name} is not a quantity."
            )
            yield Problem(path, message, "Leave the entry out.", words)


@warning("RS015", "silent")
def accelerator_has_limit(subject: Subject) -> Iterator[Problem]:
    """An accelerator is looked for where GPUs are asked for."""
    extended = subject.template.extended_resources
    if not extended.HasField("gpu_accelerator") or not subject.is_container:
        return
    asked = (entry for path, entry in _entries(subject) if entry.name == Resources.GPU)
    if not any(_sign(entry.value) for entry in asked):
        device = extended.gpu_accelerator.device
        message = (
            f"The accelerator {device!r:.60} is not looked for: no GPU is asked for."
        )
        fix = "Set limits=kit.Resources(gpu=1)."
        path = "extended_resources.gpu_accelerator"
        yield Problem(path, message, fix, repair=Repair("limits", _one_device))


def _one_device(limits: Any) -> Any:
    return dataclasses.replace(limits, gpu="1")


@note("RS016", "silent")
def accelerator_has_device(subject: Subject) -> Iterator[Problem]:
    """An accelerator has a name."""
    accelerator = subject.template.extended_resources.gpu_accelerator
    is_set = subject.template.extended_resources.HasField("gpu_accelerator")
    if is_set and not accelerator.device:
        message = "No node is selected by the device: the accelerator has none."
        path = "extended_resources.gpu_accelerator.device"
        yield Problem(path, message, "Name the device.")


@error("accelerator.device", "run")
def device_is_label_value(subject: Subject) -> Iterator[Problem]:
    """The accelerator's device is a value that a label of a node can have."""
    device = subject.template.extended_resources.gpu_accelerator.device
    for fault in label_value_faults(device):
        message = f"The pod is refused: {device!r:.80} is not a valid label value."
        fix = "Write one device, as the nodes of the cluster are labelled."
        words = f"Invalid value: {quoted_text(device)}: {fault}"
        path = "extended_resources.gpu_accelerator.device"
        yield Problem(path, message, fix, words)


@error("RS017", "run")
def shared_memory_has_place(subject: Subject) -> Iterator[Problem]:
    """Shared memory is mounted somewhere, under a name."""
    extended = subject.template.extended_resources
    if not extended.HasField("shared_memory"):
        return
    for part in ("mount_name", "mount_path"):
        if not getattr(extended.shared_memory, part):
            words = f"{part.replace('_', ' ')} is not set"
            message = f"The task fails before it starts: shared memory has no {part}."
            path = f"extended_resources.shared_memory.{part}"
            yield Problem(path, message, "Use shared_memory=True.", words)
            return


@error("RS018", "run")
def shared_memory_has_size(subject: Subject) -> Iterator[Problem]:
    """The size of shared memory is a quantity above zero; none is no limit."""
    shared = subject.template.extended_resources.shared_memory
    path = "extended_resources.shared_memory.size_limit"
    try:
        amount = parse_quantity(shared.size_limit or "0").amount
    except ResourcesError as cause:
        words = f"Unable to parse size limit: {kubernetes_words(cause)}"
        message = f"The task fails before it starts: {cause}"
        yield Problem(path, message, "Write a size such as '2Gi'.", words)
        return
    if amount < 0:
        words = "SizeLimit field must be a valid resource quantity"
        message = f"The pod is refused: {shared.size_limit!r:.40} is below zero."
        yield Problem(path, message, "Write a size such as '2Gi'.", words)


@error("shared_memory.name", "run")
def shared_memory_has_volume(subject: Subject) -> Iterator[Problem]:
    """The name of shared memory is one of a volume, and no other volume has it."""
    name = subject.template.extended_resources.shared_memory.mount_name
    taken = {volume.get("name") for volume in subject.pod_list("volumes")}
    if name and (name in taken or not is_dns_label(name)):
        message = f"The pod is refused: no volume can be called {name!r:.80}."
        fix = "Use up to 63 lower-case letters, digits and '-'."
        if name in taken:
            message = f"The pod is refused: it has two volumes {name!r:.80}."
            fix = "Use another name."
        path = "extended_resources.shared_memory.mount_name"
        yield Problem(path, message, fix, "spec.volumes[0].name: …")
