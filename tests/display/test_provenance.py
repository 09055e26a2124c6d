"""Where values come from: what changes with an argument names that argument."""

from __future__ import annotations

import datetime as dt

import pytest
from display_tasks import SETTINGS, full_task, plain_task

import kit
from kit.display.leaves import leaves
from kit.display.provenance import source_of
from kit.resolver import TaskTemplateResolver
from kit.template.serialize import task_template


class OwnResolver(TaskTemplateResolver):
    """A resolver of the task's own."""

    @property
    def location(self):
        """Return where it lives."""
        return "display_tasks.resolver"


def leaves_of(task, settings=SETTINGS) -> dict[str, str]:
    """Return the leaves of a task's template by path."""
    return {leaf.path: leaf.value for leaf in leaves(task_template(task, settings))}


def changed(task, settings=SETTINGS, *, base=None) -> dict[str, str]:
    """Return the source of each leaf that differs from the full task's."""
    before, after = leaves_of(base or full_task()), leaves_of(task, settings)
    template = task_template(task, settings)
    return {
        path: source_of(path, task, settings, template)
        for path in after
        if before.get(path) != after[path]
    }


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("name", "other"),
        ("container_image", "acme/other:2"),
        ("task_type", "other"),
        ("task_type_version", 5),
        ("requests", kit.Resources(cpu="3", gpu="1")),
        ("limits", kit.Resources(cpu="3", mem="3Gi")),
        ("environment", {"TZ": "CET", "NEW": "1"}),
        ("secret_requests", [kit.Secret("x", "y")]),
        ("interface", kit.Interface({"a": int}, {"b": float, "c": float})),
        ("deck_fields", ["Input"]),
        ("accelerator", kit.GPUAccelerator("nvidia-a100")),
        ("shared_memory", "2Gi"),
        ("runtime", "flytekit"),
        ("task_resolver", OwnResolver()),
    ],
)
def test_what_changes_with_an_argument_names_it(argument, value):
    """Each leaf that differs comes from the argument, or is computed from it."""
    sources = changed(full_task(**{argument: value}))
    assert sources
    follows = {  # what is computed from something else that changes with it
        "runtime": ("settings.flytekit_version",),
        "interface": ("computed: no description, so the name",),
    }
    for path, source in sources.items():
        assert f"task argument {argument}" in source or source in follows.get(
            argument, ()
        ), path


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cache_version", "v4"),
        ("retries", 5),
        ("timeout", dt.timedelta(hours=1)),
        ("interruptible", True),
        ("cache_serialize", True),
        ("cache_ignore_input_vars", ("limit",)),
        ("deprecated", "use another"),
        ("pod_template_name", "big"),
        ("is_eager", True),
        ("labels", {"team": "fish"}),
        ("annotations", {"a": "b"}),
    ],
)
def test_what_changes_with_metadata_names_its_field(field, value):
    """The field as TaskMetadata has it, not as the wire calls it."""
    facts = {"cache": True, "cache_version": "v3", "labels": {"team": "birds"}}
    facts |= {"retries": 2, "timeout": dt.timedelta(minutes=10), field: value}
    sources = changed(full_task(metadata=kit.TaskMetadata(**facts)))
    assert list(sources.values()) == [f"task argument metadata.{field}"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("project", "other"),
        ("domain", "other"),
        ("version", "other"),
        ("env", {"REGION": "us"}),
        ("image_config", kit.ImageConfig.from_images("acme/other:9")),
    ],
)
def test_what_changes_with_a_setting_names_it(field, value):
    """Each leaf that differs says which setting it comes from."""
    sources = changed(full_task(), SETTINGS.replace(**{field: value}))
    assert sources
    assert all(f"settings.{field}" in source for source in sources.values())


def test_the_runtime_of_the_settings_is_named():
    """Where the task leaves it to them."""
    sources = changed(full_task(), SETTINGS.with_runtime("flytekit"))
    assert sources["metadata.runtime.flavor"] == "settings.runtime"
    assert sources["metadata.runtime.version"] == "settings.flytekit_version"
    assert sources["container.args[0]"] == "computed from settings.runtime"


def test_what_equals_a_default_is_called_so():
    """A task of few facts."""
    task = plain_task()
    template = task_template(task, SETTINGS)
    told = {p: source_of(p, task, SETTINGS, template) for p in leaves_of(task)}
    assert told["type"] == "the default of task_type"
    assert told["metadata.retries"] == "the default of retries"
    assert told["container.args[8]"] == "the default of task_resolver"
    assert told["id.resource_type"] == "computed: it is a task"


def test_methods_that_a_class_overrides_are_named():
    """What they read is theirs to know."""

    class Own(kit.PythonCustomizedContainerTask):
        def get_custom(self, settings):
            return {"a": 1}

        def get_image(self, settings):
            return "acme/own:1"

        def get_command(self, settings):
            return ["own"]

    task = full_task(Own)
    template = task_template(task, SETTINGS)
    told = {p: source_of(p, task, SETTINGS, template) for p in leaves_of(task)}
    assert told["custom.a"] == "method get_custom of Own"
    assert told["container.image"] == "method get_image of Own"
    assert told["container.args[0]"] == "method get_command of Own"


def test_a_container_of_ones_own_is_named_everywhere():
    """Nothing in it is kit's."""

    class Own(kit.PythonCustomizedContainerTask):
        def get_custom(self, settings):
            return {}

        def get_container(self, settings):
            made = super().get_container(settings)
            made.ports.add(container_port=80)
            return made

    task = full_task(Own)
    template = task_template(task, SETTINGS)
    for path in leaves_of(task):
        if path.startswith("container"):
            told = source_of(path, task, SETTINGS, template)
            assert told == "method get_container of Own", path


@kit.container_task(image="acme/f:1", custom={"a": 1}, retries=3, ship="inline")
def scale(tt, n: int = 1) -> int:
    """Scale a number.

    Args:
        tt: The template.
        n: The number.
    """
    return n


def test_a_decorated_task_names_the_decorators_arguments():
    """They are not those of the class."""
    template = task_template(scale, SETTINGS)
    told = {p: source_of(p, scale, SETTINGS, template) for p in leaves_of(scale)}
    assert told["id.name"] == "computed: module and name of the function"
    assert told["container.image"] == "task argument image"
    assert told["custom.a"] == "task argument custom"
    assert told["custom.kit.inline"] == "computed: the executor's source"
    assert told["metadata.retries.retries"] == "task argument retries"
    assert told["interface.inputs.n.type"] == "annotations of the function"
    assert told["interface.inputs.n.description"] == "the docstring"


def test_every_leaf_has_a_source():
    """No value of a task's template comes from nowhere."""
    for task in (full_task(), plain_task(), scale, plain_task(ship="inline")):
        template = task_template(task, SETTINGS)
        for path in leaves_of(task):
            assert source_of(path, task, SETTINGS, template), path
