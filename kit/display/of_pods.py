"""What is shown of a pod that Flyte would make: its parts, and who says each value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from kit.display.of_reports import finding_items
from kit.display.summary import (
    Badge,
    Code,
    Fact,
    Facts,
    Item,
    Section,
    Summary,
    Table,
    summarizes,
)
from kit.display.text import command_text
from kit.forecast.pods.sources import Path, leaves
from kit.pods import Pod, shown_pod

Json = dict[str, Any]
_LISTS = ("initContainers", "containers")


@summarizes(Pod)
def summarize_pod(pod: Pod) -> Summary:
    """Summarize a pod: what is wrong with it, its containers, and all of it as YAML."""
    status = "ACCEPTED" if pod.accepted else "NO POD"
    if pod.forecast.refused is not None:
        status = "REFUSED"
    return Summary(
        kind="pod",
        title=pod.task,
        status=status,
        badges=tuple(_badges(pod)),
        sections=pod_sections(pod),
    )


def pod_sections(pod: Pod) -> tuple[Section, ...]:
    """Return the sections of a pod, for a view of its own or for a part of another."""
    findings = finding_items(pod.findings.findings)
    if pod.manifest is None:
        return (Section("Findings", findings),)
    return _Sections(pod, shown_pod(pod)).all(findings)


def _badges(pod: Pod) -> Iterator[Badge]:
    if pod.platform.name:
        yield Badge(pod.platform.name)
    if pod.launch.attempt:
        yield Badge(f"attempt {pod.launch.attempt}")


class _Sections:
    """Draws the parts of a pod that is there."""

    def __init__(self, pod: Pod, manifest: Json) -> None:
        self._pod = pod
        self._manifest = manifest
        self._spec: Json = manifest["spec"]

    def all(self, findings: tuple[Item, ...]) -> tuple[Section, ...]:
        """Return the sections in their order."""
        containers = [
            section
            for part in _LISTS
            for index, container in enumerate(self._spec.get(part, ()))
            for section in self._container(part, index, container)
        ]
        return (
            Section("Findings", findings),
            Section("Pod", (self._overview(),)),
            *containers,
            Section("Scheduling", tuple(self._table(_SCHEDULING))),
            Section("Volumes", tuple(self._table(("spec.volumes",)))),
            Section(
                "Labels and annotations",
                tuple(self._table(("metadata.labels", "metadata.annotations"))),
                detail=True,
            ),
            Section("YAML", (Code(self._pod.yaml.rstrip("\n"), "yaml"),), detail=True),
        )

    def _overview(self) -> Facts:
        metadata = self._manifest["metadata"]
        facts = [
            Fact("name", metadata["name"], self._source(("metadata", "name"))),
            Fact("namespace", metadata["namespace"]),
        ]
        for key in ("serviceAccountName", "schedulerName", "restartPolicy"):
            if key in self._spec:
                value = str(self._spec[key])
                facts.append(Fact(_words(key), value, self._source(("spec", key))))
        return Facts(tuple(facts))

    def _container(self, part: str, index: int, container: Json) -> Iterator[Section]:
        path: Path = ("spec", part, index)
        name = container["name"]
        kind = "Init container" if part == "initContainers" else "Container"
        words = [*container.get("command", ()), *container.get("args", ())]
        items: list[Item] = [self._container_facts(path, container)]
        if words:
            items.append(Code(command_text(words), "shell", "command"))
        items += self._amounts(path, container)
        items += self._variables(path, container)
        mounts = container.get("volumeMounts", ())
        if mounts:
            rows = tuple(
                (
                    each["mountPath"],
                    each["name"],
                    self._source((*path, "volumeMounts", place, "mountPath")),
                )
                for place, each in enumerate(mounts)
            )
            columns = ("mounted at", "volume", "from")
            items.append(Table(columns, rows, styles=("code", "code", "dim")))
        yield Section(f"{kind} {name} ({index + 1})", tuple(items))

    def _container_facts(self, path: Path, container: Json) -> Facts:
        keys = ("image", "imagePullPolicy", "workingDir")
        return Facts(
            tuple(
                Fact(_words(key), str(container[key]), self._source((*path, key)))
                for key in keys
                if container.get(key)
            )
        )

    def _amounts(self, path: Path, container: Json) -> Iterator[Item]:
        resources = container.get("resources", {})
        rows = tuple(
            (
                name,
                side.removesuffix("s"),
                str(amount),
                self._source((*path, "resources", side, name)),
            )
            for side in ("requests", "limits")
            for name, amount in resources.get(side, {}).items()
        )
        if rows:
            columns = ("resource", "", "amount", "from")
            yield Table(columns, rows, styles=("text", "text", "code", "dim"))

    def _variables(self, path: Path, container: Json) -> Iterator[Item]:
        listed = container.get("env", ())
        last = {each["name"]: place for place, each in enumerate(listed)}
        rows = tuple(
            (
                each["name"],
                _value(each),
                self._source((*path, "env", place, "name")).partition("[")[0],
                "" if last[each["name"]] == place else "overridden below",
            )
            for place, each in enumerate(listed)
        )
        if not rows:
            return
        width = 4 if any(row[3] for row in rows) else 3
        columns = ("variable", "value", "from", "note")[:width]
        shown = tuple(row[:width] for row in rows)
        yield Table(columns, shown, styles=("code", "code", "dim", "text"))

    def _table(self, places: Iterable[str]) -> Iterator[Item]:
        rows: list[tuple[str, ...]] = []
        for place in places:
            steps: Path = tuple(place.split("."))
            value: Any = self._manifest
            for step in steps:
                value = value.get(step, {})
            rows += self._rows(value, steps) if value else ()
        if rows:
            columns = ("field", "value", "from")
            yield Table(columns, tuple(rows), styles=("code", "code", "dim"))

    def _rows(self, value: Any, path: Path) -> Iterator[tuple[str, ...]]:
        """Yield the values below a place; an element of a list is one of them."""
        if isinstance(value, dict) and not isinstance(path[-1], int):
            for key, each in value.items():
                yield from self._rows(each, (*path, key))
        elif isinstance(value, list) and any(isinstance(v, dict) for v in value):
            for index, each in enumerate(value):
                is_term = path[-1] == "nodeSelectorTerms"
                inner = each.get("matchExpressions", each) if is_term else each
                steps = (
                    (*path, index, "matchExpressions") if is_term else (*path, index)
                )
                yield from self._rows(inner, steps)
        else:
            known = (self._source(at) for at, _ in leaves(value, path))
            sources = dict.fromkeys(known)
            yield _dotted(path[1:]), _flat(value), ", ".join(sources)

    def _source(self, path: Path) -> str:
        source = self._pod.sources.get(path)
        return "" if source is None else str(source)


_SCHEDULING = (
    "spec.nodeSelector",
    "spec.affinity",
    "spec.tolerations",
    "spec.hostNetwork",
    "spec.securityContext",
    "spec.dnsConfig",
)


def _value(variable: Json) -> str:
    if "valueFrom" not in variable:
        return str(variable.get("value", "")) or "(empty)"
    kind, reference = next(iter(variable["valueFrom"].items()))
    secret = kind == "secretKeyRef"
    named = f"{reference.get('name', '')}/{reference.get('key', '')}"
    return f"secret {named}" if secret else f"{kind} {named}"


def _flat(value: Any) -> str:
    """Write a value on one line, without the quotes of JSON."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_flat(each)}" for key, each in value.items())
    if isinstance(value, list):
        return f"[{', '.join(map(_flat, value))}]"
    return value if isinstance(value, str) else json.dumps(value)


def _dotted(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text.replace("requiredDuringSchedulingIgnoredDuringExecution", "required…")


def _words(key: str) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in key)
