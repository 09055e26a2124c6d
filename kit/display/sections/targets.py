"""What other SDKs put into a template: pods, SQL, and a container's other fields."""

from __future__ import annotations

from collections.abc import Iterator

from flyteidl.core.tasks_pb2 import Container, DataLoadingConfig, Sql

from kit.display.enum_name import enum_name
from kit.display.sections.failure import failure_items
from kit.display.sections.subject import Subject
from kit.display.struct_value import read_struct
from kit.display.summary import Code, Fact, Facts, Item, Section, Tree

__all__ = ["config", "other_targets"]


def other_targets(subject: Subject) -> tuple[Section, ...]:
    """Show a pod or SQL, and of a container what kit never sets."""
    template = subject.template
    pod = (*failure_items(subject, "k8s_pod"), *_pod(subject))
    sql = (*failure_items(subject, "sql"), *(_sql(template.sql)))
    container = tuple(_container(template.container))
    return (
        Section("Pod", pod),
        Section("SQL", sql),
        Section("Container", container),
    )


def config(subject: Subject) -> Section:
    """List the template's config, its author's and kit's own."""
    facts = tuple(
        Fact(key, value, subject.source(f"config[{key}]"))
        for key, value in sorted(subject.template.config.items())
    )
    items = [*failure_items(subject, "config"), *([Facts(facts)] if facts else [])]
    return Section("Config", tuple(items))


def _pod(subject: Subject) -> Iterator[Item]:
    if not subject.template.HasField("k8s_pod"):
        return
    pod = subject.template.k8s_pod
    facts = [Fact("primary container", pod.primary_container_name)]
    facts += [Fact(f"label {k}", v) for k, v in sorted(pod.metadata.labels.items())]
    annotations = sorted(pod.metadata.annotations.items())
    facts += [Fact(f"annotation {key}", value) for key, value in annotations]
    facts += _data(pod.data_config)
    yield Facts(tuple(fact for fact in facts if fact.value))
    spec = read_struct(pod.pod_spec).value
    if spec:
        yield Tree(spec, "pod spec")


def _sql(sql: Sql) -> Iterator[Item]:
    if sql.ByteSize():
        yield Facts((Fact("dialect", enum_name(Sql.Dialect, sql.dialect)),))
        yield Code(sql.statement, "sql")


def _container(container: Container) -> Iterator[Item]:
    facts = [
        Fact("ports", ", ".join(str(port.container_port) for port in container.ports)),
        *(Fact(f"config {pair.key}", pair.value) for pair in container.config),
        *_data(container.data_config),
    ]
    if container.architecture:
        name = enum_name(Container.Architecture, container.architecture)
        facts.append(Fact("architecture", name))
    shown = tuple(fact for fact in facts if fact.value)
    if shown:
        yield Facts(shown)


def _data(data: DataLoadingConfig) -> Iterator[Fact]:
    """Tell how files are copied in and out, as raw containers have it."""
    if data.ByteSize():
        form = enum_name(DataLoadingConfig.LiteralMapFormat, data.format)
        yield Fact("inputs are copied to", f"{data.input_path} as {form}")
        yield Fact("outputs are copied from", data.output_path)
