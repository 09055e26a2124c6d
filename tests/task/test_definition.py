from __future__ import annotations

import copy

import pytest
from flyteidl.core import tasks_pb2
from task_lab import Body, LabTask, lab_task

import kit
from kit.definition.accelerators import GPUAccelerator
from kit.definition.executor import ShimTaskExecutor, TrackedInstance
from kit.definition.interface import Interface
from kit.definition.metadata import DeckField, TaskMetadata
from kit.definition.resources import Resources, ResourceSpec
from kit.definition.security import Secret
from kit.definition.settings import SerializationSettings
from kit.errors import (
    DefinitionError,
    ExecutorError,
    ImageError,
    InterfaceError,
    MissingCustomError,
    MissingInterfaceError,
    ResourcesError,
    SecretError,
    UnsupportedTypeError,
)
from kit.resolver import default_task_template_resolver
from kit.shim.executable import ExecutableTemplateShimTask
from kit.task.task import PythonCustomizedContainerTask
from kit.template.view import TaskTemplateView

SETTINGS = SerializationSettings(project="p", domain="d", version="v")

module_level = lab_task(name="lab.module_level")


def test_a_plain_task_has_the_references_defaults():
    """Every property of the reference, as flytekit has it."""
    task = lab_task()
    assert task.name == "lab.task"
    assert task.task_config == {}
    assert task.task_type == "python-task"
    assert task.task_type_version == 0
    assert task.container_image == "ghcr.io/acme/lab:1"
    assert task.executor_type is Body
    assert isinstance(task.executor, Body)
    assert task.task_resolver is default_task_template_resolver
    assert task.environment == {}
    assert task.resources == ResourceSpec(Resources(), Resources())
    assert task.metadata == TaskMetadata()
    assert task.security_context is None
    assert task.docs is None
    assert task.enable_deck is False
    assert task.disable_deck is True
    assert task.deck_fields == []
    assert task.runtime is None
    assert task.python_interface.inputs == {}
    assert list(task.interface.inputs.variables) == []
    assert isinstance(task.task_template, TaskTemplateView)
    assert isinstance(task, (ExecutableTemplateShimTask, TrackedInstance))


def test_the_getters_return_their_parts():
    """As messages, and the rest as Python values."""
    task = lab_task(
        inputs={"a": int},
        outputs={"o": str},
        requests=Resources(cpu=1),
        limits=Resources(mem="1Gi"),
        accelerator=GPUAccelerator("nvidia-tesla-t4"),
    )
    container = task.get_container(SETTINGS)
    assert isinstance(container, tasks_pb2.Container)
    assert container.resources.requests[0].value == "1"
    assert list(container.args) == task.get_command(SETTINGS)
    assert task.get_image(SETTINGS) == "ghcr.io/acme/lab:1"
    assert task.get_config(SETTINGS) == {}
    assert task.get_k8s_pod(SETTINGS) is None
    assert task.get_sql(SETTINGS) is None
    extended = task.get_extended_resources(SETTINGS)
    assert extended.gpu_accelerator.device == "nvidia-tesla-t4"
    assert task.get_input_types() == {"a": int}
    assert task.get_type_for_input_var("a", 1) is int
    assert task.get_type_for_output_var("o", "x") is str
    with pytest.raises(KeyError):
        task.get_type_for_input_var("zz", 1)


def test_the_task_says_where_it_lives():
    """Found among the loaded modules."""
    assert module_level.instantiated_in == __name__
    assert module_level.lhs == "module_level"
    assert module_level.find_lhs() == "module_level"
    assert module_level.location == f"{__name__}.module_level"


def test_decks_are_on_when_asked_for():
    """All fields by default, and only known ones."""
    assert lab_task(enable_deck=True).deck_fields == [
        DeckField.SOURCE_CODE,
        DeckField.DEPENDENCIES,
        DeckField.TIMELINE,
        DeckField.INPUT,
        DeckField.OUTPUT,
    ]
    assert lab_task(enable_deck=True, deck_fields=None).deck_fields == []
    assert lab_task(deck_fields=["Bad"]).deck_fields == []
    with pytest.raises(DefinitionError, match="not a valid deck field"):
        lab_task(enable_deck=True, deck_fields=["Bad"])
    with pytest.raises(ValueError, match="only one of"):
        lab_task(enable_deck=True, disable_deck=False)
    with pytest.warns(FutureWarning, match="disable_deck was deprecated"):
        assert lab_task(disable_deck=False).enable_deck is True


def test_what_the_task_was_given_is_not_shared():
    """Changing the arguments afterwards changes nothing."""
    environment, secrets = {"A": "1"}, [Secret(group="g", key="k")]
    task = lab_task(environment=environment, secret_requests=secrets)
    environment["B"] = "2"
    secrets.clear()
    assert task.environment == {"A": "1"}
    assert len(task.security_context.secrets) == 1


def test_what_is_set_later_is_checked_too():
    """And arrives in the next template."""
    task = lab_task()
    task.environment = {"A": "1"}
    task.metadata = TaskMetadata(retries=2)
    task.container_image = None
    assert task.container_image == ""
    assert task.serialize_to_model(_with_image()).metadata.retries.retries == 2
    with pytest.raises(DefinitionError, match="must be text"):
        task.environment = {"A": 1}
    with pytest.raises(ImageError):
        task.container_image = "UPPER CASE"
    with pytest.raises(DefinitionError, match="metadata must be of type TaskMetadata"):
        task.metadata = {"retries": 2}
    task.environment["B"] = 2
    with pytest.raises(DefinitionError, match="Environment variable B must be text"):
        task.get_container(_with_image())


def _with_image():
    from kit.definition.images import ImageConfig

    return SETTINGS.with_image_config(ImageConfig.from_images("acme/base:1"))


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"requets": None}, DefinitionError, "Did you mean 'requests'?"),
        ({"retries": 3}, TypeError, "metadata=kit.TaskMetadata"),
        ({"security_ctx": None}, TypeError, "secret_requests"),
        ({"name": ""}, DefinitionError, "needs a name"),
        ({"name": "a\0b"}, DefinitionError, "NUL"),
        ({"name": "x" * 5000}, DefinitionError, "5000 bytes"),
        ({"name": 3}, TypeError, "must be text"),
        ({"container_image": "a b:1"}, ImageError, "spaces"),
        ({"container_image": object()}, ImageError, "must be a text"),
        ({"task_type": ""}, DefinitionError, "task_type"),
        ({"task_type_version": -1}, DefinitionError, "task_type_version"),
        ({"environment": {"A=B": "1"}}, DefinitionError, "A=B"),
        ({"environment": ["A"]}, DefinitionError, "must map names"),
        ({"requests": {"cpu": "1"}}, ResourcesError, "kit.Resources"),
        ({"secret_requests": ["token"]}, SecretError, "should be of type"),
        ({"secret_requests": Secret(group="g")}, TypeError, "must be a list, got"),
        ({"metadata": {}}, DefinitionError, "TaskMetadata"),
        ({"docs": "text"}, DefinitionError, "Documentation"),
        ({"runtime": "kitt"}, DefinitionError, "Did you mean 'kit'?"),
        ({"shared_memory": 5}, ResourcesError, "shared_memory"),
        ({"executor_type": print}, ExecutorError, "must be a class"),
        ({"executor_type": ShimTaskExecutor}, ExecutorError, "execute_from_model"),
        ({"interface": {"a": int}}, InterfaceError, "interface must be"),
        ({"inputs": {"a": object}}, UnsupportedTypeError, "inputs.a"),
    ],
)
def test_what_cannot_work_is_refused_when_the_task_is_made(arguments, error, said):
    """With the value, what was expected, and what to do."""
    with pytest.raises(error) as caught:
        lab_task(**arguments)
    assert said in str(caught.value)


def test_a_missing_interface_shows_when_it_is_needed():
    """The task can be made and compiled without, as in flytekit."""
    task = lab_task(interface=None)
    assert task.python_interface.inputs == {}
    with pytest.raises(MissingInterfaceError, match="interface=kit"):
        _ = task.interface


def test_get_custom_must_be_overridden():
    """A NotImplementedError, with the method to add."""

    class Bare(PythonCustomizedContainerTask):
        pass

    task = Bare("b", None, "a/b:1", Body, interface=Interface())
    with pytest.raises(NotImplementedError, match=r"get_custom\(self, settings\)"):
        task.serialize_to_model(SETTINGS)
    with pytest.raises(MissingCustomError, match="Bare does not override"):
        task()


def test_a_name_may_be_left_for_later():
    """As in flytekit, where None leaves the name unset."""
    assert lab_task(name=None).serialize_to_model(SETTINGS).id.name == ""


def test_the_repr_is_one_short_line():
    """The same in every process."""
    assert repr(lab_task()) == "LabTask('lab.task', Body)"


def test_a_task_class_is_generic_over_its_configuration():
    """PythonCustomizedContainerTask[Config] is a base as any."""

    class Config:
        table = "penguins"

    class Sql(PythonCustomizedContainerTask[Config]):
        def get_custom(self, settings):
            return {"table": self.task_config.table}

    task = Sql("sql", Config(), "a/b:1", Body, interface=Interface())
    assert task.task_template.custom == {"table": "penguins"}
    assert issubclass(LabTask, PythonCustomizedContainerTask)


def test_a_wrong_attribute_is_answered_with_the_nearest_one():
    """Also on the task that the decorator makes."""

    @kit.container_task(image="acme/a:1", name="near")
    def near(tt) -> int:
        return 1

    with pytest.raises(AttributeError, match=r"no attribute 'custm'.*mean 'custom'"):
        near.custm  # noqa: B018 - it raises
    with pytest.raises(AttributeError, match=r"'metdata'.*mean 'metadata'"):
        near.metdata  # noqa: B018 - it raises
    with pytest.raises(AttributeError, match=r"has no attribute 'zzzzzz'\.$"):
        near.zzzzzz  # noqa: B018 - it raises
    assert not hasattr(near, "_repr_json_")
    assert copy.copy(near).custom == near.custom


def test_an_attribute_that_fails_says_why():
    """What a property raises is not taken for an attribute that is not there."""
    task = LabTask("lab.none", {}, "acme/a:1", Body)
    with pytest.raises(MissingInterfaceError, match="has no interface"):
        task.interface  # noqa: B018 - it raises
