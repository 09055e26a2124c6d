"""What is started instead of a plain container: a pod or SQL; and the config."""

from __future__ import annotations

from collections.abc import Iterator

from flyteidl.core.tasks_pb2 import (
    Container,
    DataLoadingConfig,
    Sql,
)

from kit.display.leaves import read_struct
from kit.display.sections.subject import Subject, failure_items
from kit.display.summary import (
    Code,
    Fact,
    Facts,
    Item,
    Section,
    Tree,
)
from kit.messages import enum_name


def pod(subject: Subject) -> Section:
    """Show the pod of a template whose target is one."""
    return Section("Pod", (*failure_items(subject, "k8s_pod"), *_pod(subject)))


def sql(subject: Subject) -> Section:
    """Show the statement of a template whose target is SQL."""
    items = (*failure_items(subject, "sql"), *_sql(subject.template.sql))
    return Section("SQL", items)


def container(subject: Subject) -> Section:
    """Show of a container what kit never sets."""
    return Section("Container", tuple(_container(subject.template.container)))


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
