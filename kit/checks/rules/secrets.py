"""Secrets: how they are mounted, and what keeps a pod from starting."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from flyteidl.core.security_pb2 import Secret

from kit.checks.report import Repair, Severity
from kit.checks.rule import Problem, Subject, error, note, warning
from kit.forecast.kubernetes import secret_faults, taken_mount, variable_faults

_ENV, _FILE, _ANY = Secret.ENV_VAR, Secret.FILE, Secret.ANY
_AS_FILE = (_FILE, _ANY)
_VOLUME_BYTES = 39
_ENV_VAR = re.compile(r"[A-Z_][A-Z0-9_]*")
_DESCRIPTOR = 262_144


def _mounted(subject: Subject) -> Iterator[tuple[str, Secret]]:
    """Yield the secrets where they may be put into pods."""
    return iter(()) if subject.platform.secrets_webhook is False else _secrets(subject)


def _secrets(subject: Subject) -> Iterator[tuple[str, Secret]]:
    for index, secret in enumerate(subject.template.security_context.secrets):
        yield f"security_context.secrets[{index}]", secret


@error("SE001", "silent")
def secrets_are_whole(subject: Subject) -> Iterator[Problem]:
    """Each secret has a group and a key."""
    for path, secret in _secrets(subject):
        lacking = [part for part in ("group", "key") if not getattr(secret, part)]
        if lacking:
            message = (
                "The pod starts with none of its secrets, and nothing says so: this "
                f"one has no {' and no '.join(lacking)}."
            )
            words = (
                "k8s Secrets Webhook require both key and group to be set. Secret: […]"
            )
            yield Problem(path, message, "Give each secret a group and a key.", words)


@error("SE002", "run")
def mounts_are_known(subject: Subject) -> Iterator[Problem]:
    """Each secret is mounted in a way that Flyte knows."""
    for path, secret in _secrets(subject):
        if secret.mount_requirement not in Secret.MountType.values():
            words = f"invalid mount requirement [{secret.mount_requirement}]"
            message = "The task fails before it starts: Flyte knows no such mount."
            fix = "Use ANY, ENV_VAR or FILE."
            yield Problem(f"{path}.mount_requirement", message, fix, words)


@error("SE003", "run")
def groups_fit_volumes(subject: Subject) -> Iterator[Problem]:
    """The volume that is made of a group has a name that Kubernetes takes."""
    for path, secret in _mounted(subject):
        size = len(secret.group.encode()) + 1 + len(secret.group_version.encode())
        if secret.mount_requirement in _AS_FILE and size > _VOLUME_BYTES:
            message = "The pod is refused: a volume's name that is made of this group "
            message += "has more than 63 characters."
            fix = f"Keep group and version within {_VOLUME_BYTES - 1} bytes, or use "
            fix += "Secret.MountType.ENV_VAR."
            yield Problem(f"{path}.group", message, fix)


@error("secret.name", "run")
def names_are_kubernetes(subject: Subject) -> Iterator[Problem]:
    """Group and key are names that a secret of Kubernetes can have."""
    manager = subject.platform.secret_manager
    if manager != "K8s":
        return
    for path, secret in _mounted(subject):
        is_variable = secret.mount_requirement == _ENV
        severity = None if is_variable else Severity.WARNING
        start = "The pod is refused" if is_variable else "No such secret can exist"
        for words in secret_faults("…", secret.group or "x", secret.key or "x"):
            part = "name" if ".name: " in words else "key"
            value = secret.group if part == "name" else secret.key
            message = f"{start}: {value!r:.80} is not a valid {part} of a secret."
            fix = "Use lower-case letters, digits, '-' and '.'."
            if part == "key":
                fix = "Use letters, digits, '-', '_' and '.'."
            where = f"{path}.{'group' if part == 'name' else 'key'}"
            yield Problem(where, message, fix, words, severity=severity)


@error("secret.env_var", "run")
def variables_are_kubernetes(subject: Subject) -> Iterator[Problem]:
    """Kubernetes takes the name of a secret's own variable."""
    for path, secret in _mounted(subject):
        name = secret.env_var
        faults = variable_faults("spec.containers[0].env[…]", name) if name else ()
        for words in faults:
            message = (
                f"The pod is refused: {name!r:.80} is not a valid name of a variable."
            )
            fix = "Use upper-case letters, digits and underscores."
            yield Problem(f"{path}.env_var", message, fix, words)


@error("secret.mount_path", "run")
def mount_paths_are_free(subject: Subject) -> Iterator[Problem]:
    """No volume of a pod is where the files of a secret's group are mounted."""
    mounts = [
        mount
        for container in subject.pod_list("containers")
        for mount in _objects(container.get("volumeMounts"))
    ]
    taken = {str(mount.get("mountPath", "")) for mount in mounts}
    taken.add(subject.template.extended_resources.shared_memory.mount_path)
    for path, secret in _mounted(subject):
        place = f"/etc/flyte/secrets/{secret.group.lower()}"
        if secret.mount_requirement in _AS_FILE and place in taken:
            message = f"The pod is refused: a volume is mounted at {place!r:.120}, too."
            words = taken_mount("spec.containers[0].volumeMounts[1]", place)
            yield Problem(path, message, "Mount the volume elsewhere.", words)


def _objects(listed: Any) -> list[dict[str, Any]]:
    if not isinstance(listed, list):
        return []
    return [one for one in listed if isinstance(one, dict)]


@warning("secret.webhook", "run")
def webhook_is_there(subject: Subject) -> Iterator[Problem]:
    """The platform has a webhook that puts secrets into pods."""
    if subject.platform.secrets_webhook is False:
        for path, _ in _secrets(subject):
            message = "The platform puts no secrets into pods: this one is not there."
            yield Problem(path, message, "Have Flyte's webhook for secrets enabled.")


@error("SE004", "run")
def versions_are_one(subject: Subject) -> Iterator[Problem]:
    """The files of a group are of one version."""
    versions: dict[str, set[str]] = defaultdict(set)
    for path, secret in _mounted(subject):
        if secret.mount_requirement not in _AS_FILE:
            continue
        versions[secret.group].add(secret.group_version)
        if len(versions[secret.group]) > 1:
            message = (
                f"The pod is refused: files of two versions of {secret.group!r:.60} "
                "get one volume and two mounts."
            )
            yield Problem(f"{path}.group_version", message, "Ask for one version.")


@error("SE005", "silent")
def variables_have_no_version(subject: Subject) -> Iterator[Problem]:
    """A variable is called by group and key, without a version."""
    for index, (path, secret) in enumerate(_secrets(subject)):
        if secret.group_version and secret.mount_requirement == _ENV:
            group, key = secret.group.upper(), secret.key.upper()
            message = (
                f"Flyte sets _FSEC_{group}_{key}, and secrets.get with this version "
                f"looks for _FSEC_{group}_{secret.group_version.upper()}_{key}."
            )
            yield _versioned(path, index, message)


@error("SE006", "silent")
def files_have_no_version(subject: Subject) -> Iterator[Problem]:
    """A file is found by group and key, without a version."""
    for index, (path, secret) in enumerate(_secrets(subject)):
        if secret.group_version and secret.mount_requirement in _AS_FILE:
            group, key = secret.group.lower(), secret.key.lower()
            message = (
                f"Flyte mounts /etc/flyte/secrets/{group}/{key}, and secrets.get with "
                f"this version looks in {group}/{secret.group_version}/{key}."
            )
            yield _versioned(path, index, message)


def _versioned(path: str, index: int, message: str) -> Problem:
    fix = "Leave group_version out: Flyte ignores it for the value, too."
    repair = Repair("secret_requests", _Unversioned(index))
    return Problem(f"{path}.group_version", message, fix, repair=repair)


@dataclasses.dataclass(frozen=True)
class _Unversioned:
    """Leaves the version of one secret out."""

    index: int

    def __call__(self, secrets: Any) -> Any:
        changed = list(secrets)
        secret = changed[self.index]
        changed[self.index] = dataclasses.replace(secret, group_version=None)
        return tuple(changed)


@warning("SE007", "silent")
def keys_differ(subject: Subject) -> Iterator[Problem]:
    """The files of a group have different names in lower case."""
    seen: dict[tuple[str, str], str] = {}
    for path, secret in _secrets(subject):
        name = secret.group.lower(), secret.key.lower()
        first = seen.setdefault(name, secret.key)
        if first != secret.key and secret.mount_requirement in _AS_FILE:
            message = (
                f"{first!r:.60} and {secret.key!r:.60} are one file: names are in "
            )
            yield Problem(f"{path}.key", f"{message}lower case.", "Rename one key.")


@note("SE008", "run")
def secrets_may_lack(subject: Subject) -> Iterator[Problem]:
    """A secret that does not exist keeps no pod from starting."""
    if subject.template.security_context.secrets:
        message = (
            "If a secret does not exist, the task starts, and fails on reading it."
        )
        path = "security_context.secrets"
        yield Problem(path, message, "Make sure that the namespace has them.")


@warning("SE009", "silent")
def manager_can_mount(subject: Subject) -> Iterator[Problem]:
    """The platform's secret manager mounts secrets in the way that is asked for."""
    manager = subject.platform.secret_manager
    for path, secret in _secrets(subject):
        if manager != "K8s" and secret.mount_requirement == _ENV:
            message = (
                f"The pod starts with none of its secrets: {manager}'s manager sets no "
                "variables."
            )
            words = (
                "Env_Var is not a supported mount requirement for "
                f"{manager} Secret Manager"
            )
            fix = "Use Secret.MountType.FILE."
            yield Problem(f"{path}.mount_requirement", message, fix, words)


@error("SE010", "python", "Invalid environment variable name")
def names_are_variables(subject: Subject) -> Iterator[Problem]:
    """The name of a secret's own variable is one that flytekit takes."""
    for path, secret in _secrets(subject):
        if secret.env_var and not _ENV_VAR.fullmatch(secret.env_var):
            words = f"Invalid environment variable name: {secret.env_var}"
            message = f"flytekit refuses the template: {secret.env_var!r:.60}."
            fix = "Use upper-case letters, digits and underscores."
            yield Problem(f"{path}.env_var", message, fix, words)


@warning("SE011", "run", f"secret descriptor cannot exceed [{_DESCRIPTOR}]")
def descriptors_are_small(subject: Subject) -> Iterator[Problem]:
    """What is said of secrets fits into the pod's annotations."""
    total = sum(secret.ByteSize() for _, secret in _secrets(subject)) * 2
    if total > _DESCRIPTOR:
        message = f"The pod is refused: about {total:,} bytes of annotations say which "
        message += "secrets it wants."
        fix = "Ask for fewer secrets; Kubernetes takes 262,144 bytes."
        yield Problem("security_context.secrets", message, fix)
