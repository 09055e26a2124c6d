from __future__ import annotations

import copy
import datetime as dt
import json
import math
import pickle

import pytest
from flyteidl.core import identifier_pb2, tasks_pb2, types_pb2

from kit.definition.metadata import TaskMetadata
from kit.definition.security import Secret
from kit.errors import TemplateError
from kit.template.serialize import task_template
from kit.template.view import TaskTemplateView


@pytest.fixture
def message(make_task, settings):
    """A template with something in every part."""
    task = make_task(
        custom={"table": "penguins", "limit": 3},
        environment={"A": "task"},
        secret_requests=[Secret(group="db", key="password")],
        shared_memory=True,
        task_type_version=2,
        metadata=TaskMetadata(
            cache=True,
            cache_version="7",
            cache_ignore_input_vars=("x",),
            retries=2,
            timeout=90,
            interruptible=True,
            labels={"team": "ml"},
            deprecated="old",
            pod_template_name="big",
        ),
    )
    return task_template(task, settings)


def test_the_view_has_the_shape_that_flytekits_executors_expect(message):
    """Attribute by attribute, as flytekit's TaskTemplate model has them."""
    tt = TaskTemplateView.from_flyte_idl(message)
    assert (tt.id.project, tt.id.domain, tt.id.name) == (
        "lab",
        "development",
        "lab.echo",
    )
    assert tt.id.version == "v1"
    assert tt.id.resource_type == identifier_pb2.TASK
    assert (tt.type, tt.task_type_version) == ("python-task", 2)
    assert tt.custom == {"limit": 3.0, "table": "penguins"}
    assert type(tt.custom) is dict
    assert tt.config == {}
    assert tt.interface.inputs["x"].type.simple == types_pb2.INTEGER
    assert tt.interface.outputs["y"].description == "y"
    assert tt.container.image == "ghcr.io/acme/lab:1"
    assert tt.container.args[0] == "kit-execute"
    assert tt.container.command == []
    assert tt.container.env == {"A": "task", "B": "settings"}
    assert tt.container.config == {}
    assert tt.container.data_loading_config is None
    assert list(tt.container.resources.requests) == []
    assert tt.security_context.secrets[0].key == "password"
    assert tt.extended_resources.HasField("shared_memory")
    assert tt.k8s_pod is None
    assert tt.sql is None


def test_the_metadata_reads_as_python_values(message):
    """Durations are timedeltas, and what was not said is None."""
    metadata = TaskTemplateView.from_flyte_idl(message).metadata
    assert metadata.timeout == dt.timedelta(seconds=90)
    assert metadata.retries.retries == 2
    assert metadata.interruptible is True
    assert metadata.discoverable is True
    assert metadata.discovery_version == "7"
    assert metadata.cache_serializable is False
    assert metadata.cache_ignore_input_vars == ("x",)
    assert metadata.deprecated_error_message == "old"
    assert metadata.pod_template_name == "big"
    assert metadata.generates_deck is False
    assert metadata.is_eager is False
    assert metadata.runtime.flavor == "kit"
    assert metadata.k8s_object_metadata.labels == {"team": "ml"}
    assert metadata.k8s_object_metadata.annotations == {}


def test_an_empty_template_reads_as_nothing_said():
    """Nothing is made up for what is not there."""
    tt = TaskTemplateView.from_flyte_idl(tasks_pb2.TaskTemplate())
    assert tt.custom == {}
    assert tt.container is None
    assert tt.security_context is None
    assert tt.extended_resources is None
    assert tt.metadata.interruptible is None
    assert tt.metadata.timeout == dt.timedelta(0)
    assert tt.metadata.k8s_object_metadata is None
    assert tt.to_flyte_idl() == tasks_pb2.TaskTemplate()


def test_a_template_comes_back_exactly(message):
    """Viewing adds nothing and loses nothing, not even a field that nobody knows."""
    data = message.SerializeToString(deterministic=True) + b"\xfa\x3f\x03new"
    view = TaskTemplateView.from_flyte_idl(tasks_pb2.TaskTemplate.FromString(data))
    back = view.to_flyte_idl().SerializeToString(deterministic=True)
    assert sorted(back) == sorted(data)
    assert b"new" in back


def test_a_view_cannot_be_written(message):
    """An executor that tries learns it at once."""
    tt = TaskTemplateView.from_flyte_idl(message)
    with pytest.raises(AttributeError):
        tt.type = "other"
    with pytest.raises(AttributeError):
        tt.metadata.timeout = None


def test_what_an_executor_does_to_custom_stays_in_its_view(message):
    """The message, and with it every other view, is as before."""
    tt = TaskTemplateView.from_flyte_idl(message)
    tt.custom["table"] = "changed"
    tt.to_flyte_idl().type = "changed"
    assert tt.to_flyte_idl() == message
    assert TaskTemplateView.from_flyte_idl(message).custom["table"] == "penguins"


def test_outputs_come_in_the_order_the_template_says():
    """A protobuf map has no order; names that the order lacks follow sorted."""
    message = tasks_pb2.TaskTemplate(config={"kit.output_order": "z,a,gone"})
    for name in ("a", "m", "z", "b"):
        message.interface.outputs.variables[name].type.simple = types_pb2.INTEGER
        message.interface.inputs.variables[name].type.simple = types_pb2.INTEGER
    interface = TaskTemplateView(message).interface
    assert list(interface.outputs) == ["z", "a", "b", "m"]
    assert list(interface.inputs) == ["a", "b", "m", "z"]


def test_pods_and_sql_are_other_targets():
    """Templates of other task types are viewed too."""
    pod = tasks_pb2.TaskTemplate()
    pod.k8s_pod.primary_container_name = "main"
    pod.k8s_pod.metadata.labels["a"] = "b"
    pod.k8s_pod.pod_spec.fields["hostNetwork"].bool_value = True
    view = TaskTemplateView.from_flyte_idl(pod).k8s_pod
    assert view.primary_container_name == "main"
    assert view.metadata.labels == {"a": "b"}
    assert view.pod_spec == {"hostNetwork": True}
    assert view.data_config is None
    sql = tasks_pb2.TaskTemplate(sql=tasks_pb2.Sql(statement="select 1"))
    assert TaskTemplateView.from_flyte_idl(sql).sql.statement == "select 1"


def test_views_are_equal_when_their_messages_are(message):
    """They can be compared, hashed, copied and pickled like values."""
    one, other = TaskTemplateView(message), TaskTemplateView.from_flyte_idl(message)
    assert one == other
    assert hash(one) == hash(other)
    assert one != TaskTemplateView(tasks_pb2.TaskTemplate())
    assert one != "a text"
    assert copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - our own bytes


def test_a_nan_in_custom_is_refused_when_the_template_is_loaded():
    """As in flytekit; the template itself may still be shown."""
    message = tasks_pb2.TaskTemplate()
    message.custom.fields["x"].number_value = math.nan
    with pytest.raises(TemplateError, match="NaN"):
        TaskTemplateView.from_flyte_idl(message)
    assert TaskTemplateView(message).to_flyte_idl() == message


def test_a_timeout_that_python_cannot_count_is_a_template_error():
    """Hostile bytes give kit's own error when they are read."""
    message = tasks_pb2.TaskTemplate()
    message.metadata.timeout.seconds = 2**62
    with pytest.raises(TemplateError, match="timeout"):
        _ = TaskTemplateView(message).metadata.timeout


def test_reprs_are_short_and_the_same_every_time(message):
    """One line each, without addresses."""
    tt = TaskTemplateView(message)
    assert repr(tt) == "TaskTemplateView('lab.echo', type='python-task')"
    assert repr(tt.interface) == "TypedInterface(x -> y)"
    assert repr(tt.container) == "Container('ghcr.io/acme/lab:1')"
    assert repr(tt.metadata).startswith("TaskMetadata(runtime=kit ")
    assert json.dumps(tt.custom)
