from __future__ import annotations

import math
import subprocess
import sys

import pytest
from flyteidl.core import security_pb2, tasks_pb2

import kit
from kit.definition.images import ImageConfig
from kit.definition.interface import Docstring, Interface
from kit.definition.metadata import Documentation, SourceCode
from kit.definition.resources import Resources
from kit.definition.security import Secret
from kit.definition.settings import SerializationSettings
from kit.errors import (
    CustomError,
    CustomWarning,
    DefinitionError,
    ImageError,
    MissingInterfaceError,
)
from kit.template.serialize import (
    LOCAL_SETTINGS,
    task_spec,
    task_template,
    template_bytes,
)


def test_everything_of_a_definition_is_in_the_one_template(make_task, settings):
    """Secrets, type version and extended resources too, unlike in flytekit."""
    task = make_task(
        custom={"a": 1},
        secret_requests=[Secret(group="g", key="k")],
        task_type="sql",
        task_type_version=3,
        shared_memory="1Gi",
        enable_deck=True,
    )
    template = task_template(task, settings)
    assert template.type == "sql"
    assert template.task_type_version == 3
    assert template.security_context.secrets[0].key == "k"
    assert template.extended_resources.shared_memory.size_limit == "1Gi"
    assert template.metadata.generates_deck.value is True
    assert template.custom.fields["a"].number_value == 1
    assert template == task_spec(task, settings).template
    assert template == task.serialize_to_model(settings).to_flyte_idl()


def test_serializing_changes_nothing(make_task, settings):
    """The task, what it returns, and its messages are as before; nothing is kept."""
    custom = {"a": [1, 2]}
    task = make_task(custom=custom, enable_deck=True)
    before = {name: repr(value) for name, value in vars(task).items()}
    first = task_template(task, settings)
    first.custom.fields["a"].string_value = "changed"
    first.interface.Clear()
    assert {name: repr(value) for name, value in vars(task).items()} == before
    assert custom == {"a": [1, 2]}
    assert task_template(task, settings) != first
    assert task.metadata.generates_deck is False


def test_the_next_template_has_what_was_changed_on_the_task(make_task, settings):
    """Nothing caches a template."""
    task = make_task()
    task.environment["NEW"] = "1"
    task.container_image = "ghcr.io/acme/other:2"
    task.resources = task.resources.__class__(requests=Resources(cpu="1"))
    container = task_template(task, settings).container
    assert container.env[-1].key == "NEW"
    assert container.image == "ghcr.io/acme/other:2"
    assert container.resources.requests[0].value == "1"


def test_the_kit_runtime_is_the_default(make_task, settings):
    """An image needs only kit to run it."""
    template = task_template(make_task(), settings)
    assert template.metadata.runtime == tasks_pb2.RuntimeMetadata(
        type=tasks_pb2.RuntimeMetadata.FLYTE_SDK, version=kit.__version__, flavor="kit"
    )
    assert list(template.container.args) == [
        "kit-execute",
        "--inputs",
        "{{.input}}",
        "--output-prefix",
        "{{.outputPrefix}}",
        "--raw-output-data-prefix",
        "{{.rawOutputDataPrefix}}",
        "--resolver",
        "kit.resolver.default_task_template_resolver",
        "--",
        "{{.taskTemplatePath}}",
        "template_lab.Echo",
    ]


def test_the_flytekit_runtime_says_what_flytekit_says(make_task, settings):
    """The version is the settings'."""
    settings = settings.replace(runtime="flytekit", flytekit_version="1.16.9")
    template = task_template(make_task(), settings)
    runtime = template.metadata.runtime
    assert (runtime.flavor, runtime.version) == ("python", "1.16.9")
    assert template.container.args[0] == "pyflyte-execute"
    assert template.container.args[8] == (
        "flytekit.core.python_customized_container_task.default_task_template_resolver"
    )


def test_the_task_chooses_its_runtime_before_the_settings(make_task, settings):
    """A task made for images with flytekit stays so."""
    task = make_task(runtime="flytekit")
    template = task_template(task, settings.replace(runtime="kit"))
    assert template.container.args[0] == "pyflyte-execute"


def test_the_kit_runtime_tells_the_order_of_several_outputs(make_task, settings):
    """And the fields of a deck, since neither has a field of its own."""
    task = make_task(
        interface=Interface({}, {"z": int, "a": int}),
        enable_deck=True,
        deck_fields=["Timeline", "Input"],
    )
    assert dict(task_template(task, settings).config) == {
        "kit.output_order": "z,a",
        "kit.deck_fields": "Timeline,Input",
    }
    other = task_template(task, settings.replace(runtime="flytekit"))
    assert dict(other.config) == {}


def test_the_environment_of_settings_comes_first(make_task, settings):
    """The task's own values win in the place of the others; None is the empty text."""
    task = make_task(environment={"B": "task", "C": None})
    env = task_template(task, settings).container.env
    assert [(pair.key, pair.value) for pair in env] == [
        ("A", "settings"),
        ("B", "task"),
        ("C", ""),
    ]


def test_settings_without_an_environment_are_no_trouble(make_task):
    """In flytekit a task with an environment cannot be serialized then."""
    template = task_template(make_task(environment={"A": "1"}), SerializationSettings())
    assert template.container.env[0].value == "1"


def test_image_macros_are_rendered_with_the_settings(make_task, settings):
    """A name that the settings lack is an error."""
    task = make_task(container_image="{{.image.default.fqn}}:x")
    assert task_template(task, settings).container.image == "ghcr.io/acme/base:x"
    with pytest.raises(ImageError, match="Image Config with name default not found"):
        task_template(task, settings.replace(image_config=ImageConfig()))


def test_local_settings_render_any_image(make_task):
    """A local run starts no container, so that a macro must not stop it."""
    task = make_task(container_image="{{.image.gpu.fqn}}:{{.image.gpu.version}}")
    template = task_template(task, LOCAL_SETTINGS)
    assert template.container.image == "flyteorg.io/placeholder:image"
    assert template.id.project == "PLACEHOLDER_PROJECT"
    assert template.id.domain == "LOCAL"
    assert template.id.version == "PLACEHOLDER_VERSION"


def test_a_number_that_will_not_arrive_is_warned_of(make_task, settings):
    """Each with its path."""
    with pytest.warns(CustomWarning) as caught:
        task_template(make_task(custom={"a": [math.nan], "b": 2**53 + 1}), settings)
    assert [str(entry.message).partition(":")[0] for entry in caught] == [
        "custom.a[0]",
        "custom.b",
    ]


def test_custom_that_is_no_json_is_an_error(make_task, settings):
    """Before anything runs."""
    with pytest.raises(CustomError, match="not JSON serializable"):
        task_template(make_task(custom={"a": {1}}), settings)


def test_a_task_without_interface_is_an_error(make_task, settings):
    """An AttributeError too, as in flytekit, with the way out."""
    with pytest.raises(MissingInterfaceError, match="has no interface") as caught:
        task_template(make_task(interface=None), settings)
    assert isinstance(caught.value, AttributeError)
    assert "interface=kit.Interface" in str(caught.value)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"kit.mine": "x"}, "kit's own"),
        ({"a": 1}, "must be text"),
        (["a"], "must return a dictionary"),
    ],
)
def test_config_holds_texts_under_names_of_its_own(make_task, settings, config, said):
    """Keys that begin with kit. are reserved."""

    class Configured(make_task.base):
        def get_config(self, settings):
            return config

    with pytest.raises(DefinitionError, match=said):
        task_template(make_task(kind=Configured), settings)


def test_a_pod_may_stand_in_for_the_container(make_task, settings):
    """But not beside it."""

    class Pod(make_task.base):
        def get_k8s_pod(self, settings):
            return tasks_pb2.K8sPod(primary_container_name="main")

    class OnlyPod(Pod):
        def get_container(self, settings):
            return None

    template = task_template(make_task(kind=OnlyPod), settings)
    assert template.WhichOneof("target") == "k8s_pod"
    with pytest.raises(DefinitionError, match="At most one of container, k8s_pod"):
        task_template(make_task(kind=Pod), settings)


def test_getters_may_return_models_that_know_their_message(make_task, settings):
    """Code that was written for flytekit returns its models."""

    class Model:
        def to_flyte_idl(self):
            return tasks_pb2.Sql(statement="select 1")

    class Sql(make_task.base):
        def get_container(self, settings):
            return None

        def get_sql(self, settings):
            return Model()

    assert task_template(make_task(kind=Sql), settings).sql.statement == "select 1"


def test_a_getter_of_something_else_is_an_error(make_task, settings):
    """The message says what was expected."""

    class Wrong(make_task.base):
        def get_extended_resources(self, settings):
            return security_pb2.SecurityContext()

    with pytest.raises(DefinitionError, match="Expected a ExtendedResources"):
        task_template(make_task(kind=Wrong), settings)


def test_the_docstring_wins_over_docs_and_changes_neither(make_task, settings):
    """Where it has text; the rest of docs stays."""
    docs = Documentation("from docs", source_code=SourceCode("https://x"))
    interface = Interface({"x": int}, docstring=Docstring("From docstring.\n\nLong."))
    spec = task_spec(make_task(docs=docs, interface=interface), settings)
    assert spec.description.short_description == "From docstring."
    assert spec.description.long_description.value == "Long."
    assert spec.description.source_code.link == "https://x"
    assert docs.short_description == "from docs"
    assert not task_spec(make_task(), settings).HasField("description")


_PROGRAM = """
import sys; sys.path.insert(0, {tests!r})
from template_lab import Echo, LabTask
from kit.definition.interface import Interface
from kit.template.serialize import LOCAL_SETTINGS, template_bytes
interface = Interface({{n: int for n in "qwertyuiop"}}, {{n: int for n in "asdfghjkl"}})
task = LabTask("t", {{n: n for n in "zxcvbnm"}}, "a/b:1", Echo, interface=interface)
sys.stdout.write(template_bytes(task, LOCAL_SETTINGS).hex())
"""


def test_bytes_are_the_same_in_every_process(request):
    """Maps are sorted, though their own order changes from process to process."""
    program = _PROGRAM.format(tests=str(request.path.parent))
    runs = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True
        ).stdout
        for _ in range(3)
    }
    assert len(runs) == 1
    assert runs.pop()


def test_bytes_are_the_templates(make_task, settings):
    """They parse to the same message."""
    task = make_task(custom={"a": 1})
    parsed = tasks_pb2.TaskTemplate.FromString(template_bytes(task, settings))
    assert parsed == task_template(task, settings)
