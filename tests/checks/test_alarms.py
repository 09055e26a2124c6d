"""What runs on Flyte raises no alarm, and what does not run raises one."""

from __future__ import annotations

import datetime as dt

import pytest
from checks.check_tasks import LoadTask, good, task_of
from checks.templates import add_resource, good_template, set_args, set_resources
from flyteidl.core import types_pb2

import kit
from kit.errors import CallError

KIT = kit.Platform()


def severities(thing, platform=KIT, **facts):
    """Return the severity of each rule that found something."""
    found = findings(thing, platform=platform, **facts)
    return {finding.rule: finding.severity.value for finding in found}


def findings(thing, **facts):
    """Return what is found, but that an image has to contain these tests."""
    found = kit.check(thing, **facts).findings
    return tuple(one for one in found if one.rule != "executor.imports")


def changed(change):
    """Return a good template with a change."""
    template = good_template()
    change(template)
    return template


def test_a_template_that_fits_the_cluster_is_a_warning():
    """Up to etcd's limit it launches, and the inputs have to fit, too."""
    large = changed(lambda t: t.container.args.append("x" * int(1.4 * 2**20)))
    assert severities(large) == {"TT017": "warning"}
    larger = changed(lambda t: t.container.args.append("x" * (2**21 + 2**19)))
    (finding,) = kit.check(larger).findings
    assert finding.severity is kit.Severity.ERROR
    assert "LIMIT_EXCEEDED" in finding.words


@pytest.mark.parametrize(
    ("kind", "platform", "expected"),
    [
        ("spark", KIT, "warning"),
        ("spark", kit.Platform(plugins=("container",)), "note"),
        ("spark", kit.Platform(plugins=("container", "spark")), "error"),
        ("sidecar", KIT, "error"),
        ("sidecar", kit.Platform(plugins=("container",)), "note"),
        ("container_array", kit.Platform.flyte_core(), "error"),
    ],
)
def test_a_type_is_an_error_where_its_plugin_is_enabled(kind, platform, expected):
    """Elsewhere the task runs as an ordinary container."""
    template = changed(lambda t: setattr(t, "type", kind))
    assert severities(template, platform)["TT009"] == expected


def _flytekits(template):
    """Make it a template of flytekit's own @task."""
    resolver = "flytekit.core.python_auto_container.default_task_resolver"
    set_args(template, "pyflyte-execute", "--resolver", resolver, "--", "app", "t")
    template.type = "spark"
    template.interface.outputs.variables["o0"].type.collection_type.simple = 1
    template.interface.outputs.variables["o1"].type.simple = 1


def test_rules_of_shims_leave_other_templates_alone():
    """Flytekit's own tasks return lists and several outputs, and are for plugins."""
    assert severities(changed(_flytekits)) == {}


def test_a_packaged_template_has_no_project_and_domain():
    """The tool that registers it fills them in; one of them alone is forgotten."""

    def clear(template, *parts):
        for part in parts:
            template.id.ClearField(part)

    packaged = changed(lambda t: clear(t, "project", "domain", "version"))
    assert severities(packaged) == {}
    assert severities(changed(lambda t: clear(t, "project"))) == {"ID003": "error"}


def test_where_pod_templates_are_known_a_missing_one_is_an_error():
    """Elsewhere it may be there."""
    template = changed(lambda t: setattr(t.metadata, "pod_template_name", "big"))
    assert severities(template) == {"TT015": "warning"}
    named = {"kind": "PodTemplate", "metadata": {"name": "big"}}
    spec = {"spec": {"containers": []}}
    known_object = kit.Platform(objects=({**named, "template": spec},))
    assert severities(template, known_object) == {}
    for known, expected in ((("big",), {}), ((), {"TT015": "error"})):
        assert severities(template, kit.Platform(pod_templates=known)) == expected


def test_without_a_webhook_no_secret_stops_a_pod():
    """None of them is there, which is told."""
    template = changed(
        lambda t: t.security_context.secrets.add(group="A_" * 30, key="k")
    )
    found = severities(template, kit.Platform(secrets_webhook=False))
    assert found == {"secret.webhook": "warning", "SE008": "note"}


def test_without_a_catalog_a_version_of_the_cache_is_not_asked_for():
    """The task runs, and is not cached."""
    template = changed(lambda t: setattr(t.metadata, "discoverable", True))
    assert severities(template, kit.Platform(catalog=False)) == {"CA001": "warning"}


def test_what_flytectl_fills_in_is_no_error():
    """Where it is the whole arg."""
    whole = changed(lambda t: t.container.args.append("{{ .dest_dir }}"))
    assert severities(whole) == {"AR013": "warning"}


def test_prefixes_of_annotations_may_have_capitals():
    """Those of labels may not."""
    annotated = changed(
        lambda t: t.metadata.metadata.annotations.update({"Acme.io/x": "y z"})
    )
    assert severities(annotated) == {}
    labelled = changed(lambda t: t.metadata.metadata.labels.update({"Acme.io/x": "y"}))
    assert severities(labelled) == {"TT016": "error"}


@pytest.mark.parametrize("part", ["requests", "limits"])
@pytest.mark.parametrize("unpartitioned", [True, False])
def test_an_accelerator_needs_a_request_or_a_limit(part, unpartitioned):
    """And ``unpartitioned=False`` selects the device as well."""

    def accelerate(template):
        set_resources(template, [("CPU", "1")], [])
        add_resource(template, part, "GPU", "1")
        if part == "limits":
            add_resource(template, "requests", "GPU", "1")
        accelerator = template.extended_resources.gpu_accelerator
        accelerator.device, accelerator.unpartitioned = "a100", unpartitioned

    assert severities(changed(accelerate)) == {}


@pytest.mark.parametrize("name", ["été...", "数量", "etl.٣"])
def test_letters_of_any_script_make_a_node(name):
    """The launch is accepted, and its container finds no files."""
    template = changed(lambda t: setattr(t.id, "name", name))
    assert severities(template) == {"launch.letters": "error"}


def test_what_stays_as_it_is_in_args_runs():
    """A macro that the engine does not know is a warning."""
    assert severities(changed(lambda t: set_args(t, "{{.nope}}"))) == {
        "AR009": "warning"
    }


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.34", {}), ("v1.30.2", {}), ("1.29", {"CT007": "error"}), ("", None)],
)
def test_names_of_variables_depend_on_kubernetes(version, expected):
    """Since 1.30 they may begin with a digit."""
    template = changed(lambda t: t.container.env.add(key="1A", value="x"))
    found = severities(template, kit.Platform(kubernetes=version))
    assert found == ({"CT007": "warning"} if expected is None else expected)


def test_runs_that_wait_for_each_other_need_a_catalog():
    """An error where the platform has none."""

    def serialize(template):
        template.metadata.discoverable = True
        template.metadata.discovery_version = "1"
        template.metadata.cache_serializable = True

    template = changed(serialize)
    for catalog, expected in (
        (True, {}),
        (None, {"cache.catalog": "warning"}),
        (False, {"cache.catalog": "error"}),
    ):
        assert severities(template, kit.Platform(catalog=catalog)) == expected


def test_dictionaries_with_typed_values_have_no_order():
    """Nor have dataclasses; and ignored inputs are no part of the key."""

    def cache(template):
        template.metadata.discoverable = True
        template.metadata.discovery_version = "1"
        variables = template.interface.inputs.variables
        variables["typed"].type.map_value_type.simple = types_pb2.INTEGER
        variables["plain"].type.simple = types_pb2.STRUCT
        template.metadata.cache_ignore_input_vars.append("plain")

    assert severities(changed(cache)) == {}


class Narrow(kit.ShimTaskExecutor):
    """Takes something else."""

    def execute_from_model(self, tt, y, z=1):
        """Return the table's name."""
        return tt.custom["table"]


class Static(kit.ShimTaskExecutor):
    """Has a static method."""

    @staticmethod
    def execute_from_model(tt, x):
        """Return the table's name."""
        return tt.custom["table"]


def test_an_executor_takes_the_inputs_of_its_task():
    """A parameter without an input and an input without a parameter are told."""
    report = kit.check(task_of(executor_type=Narrow))
    assert [(f.rule, f.path) for f in report.errors] == [
        ("executor.inputs", "interface.inputs"),
        ("executor.inputs", "interface.inputs.x"),
    ]
    assert "unexpected keyword argument 'x'" in report.errors[1].words
    assert kit.check(task_of(executor_type=Static)).findings == ()
    with pytest.raises(TypeError, match="argument"):
        task_of(executor_type=Narrow)(x=1)


class Hooked(LoadTask):
    """Overrides what no container calls."""

    def post_execute(self, user_params, rval):
        """Return something else."""
        return f"{rval}!"


def test_methods_that_no_container_calls_are_told():
    """They are ignored here as well."""
    task = task_of(kind=Hooked)
    assert severities(task) == {"executor.hooks": "warning"}
    assert task(x=2) == "tt"


@kit.container_task(
    image="a/a:1", name="counted", requests=kit.Resources(cpu="1"), custom={"k": 1}
)
def counted(tt, n: int = 4, late: dt.timedelta = dt.timedelta(0)) -> int:
    """Return a number that is a float."""
    return tt.custom["k"]


def test_an_integer_of_custom_that_is_returned_as_one_is_a_warning():
    """It is a float there, and no int."""
    (finding,) = (f for f in findings(counted) if f.severity is kit.Severity.WARNING)
    assert (finding.rule, finding.path) == ("custom.changes", "custom.k")
    assert "counted returns it as an int" in finding.message
    with pytest.raises(kit.KitError, match="int"):
        counted()


def test_defaults_do_not_travel():
    """Whoever launches the task by itself gives them."""
    found = kit.check(counted).notes
    defaults = [f for f in found if f.rule == "launch.defaults"]
    assert [f.path for f in defaults] == [
        "interface.inputs.late",
        "interface.inputs.n",
    ]
    assert all("default" in f.message and f.stage == "launch" for f in defaults)


@kit.container_task(
    image="a/a:1", name="nested", requests=kit.Resources(cpu="1", mem="1Gi")
)
def nested(tt, x: dict[str, dict[str, int]], y: list[int]) -> int:
    """Return a number."""
    return 1


@pytest.mark.parametrize(
    ("inputs", "path", "told"),
    [
        ({"x": {"a": {"k": 1}, "b": {}}, "y": []}, "inputs.x", "wrong type"),
        ({"x": {}, "y": list(range(40_000))}, "inputs.y", "etcdserver"),
        ({"x": {}, "y": ["a"]}, "inputs", ""),
        ({"x": {}}, "inputs", ""),
    ],
)
def test_a_launch_is_checked_with_its_inputs(inputs, path, told):
    """What Flyte refuses is an error at the input, in Flyte's words."""
    assert findings(nested, inputs={"x": {"a": {"k": 1}}, "y": [1]}) == ()
    (finding,) = findings(nested, inputs=inputs)
    assert (finding.rule, finding.path) == ("launch.refused", path)
    assert finding.severity is kit.Severity.ERROR
    assert told in finding.words


def test_inputs_of_templates_cannot_be_checked():
    """They have no Python types."""
    with pytest.raises(CallError, match="inputs of a task"):
        kit.check(good_template(), inputs={"x": 1})
    assert kit.check(good, inputs={"x": 1}).findings == ()


def test_a_default_that_cannot_be_sent_is_an_error():
    """A duration that would stop Flyte's engine, also in a list; others are fine."""
    long = dt.timedelta(days=150_000)
    inputs = {
        "x": (dt.timedelta, long),
        "xs": (list[dt.timedelta], [long]),
        "y": (dt.timedelta, dt.timedelta(days=100_000)),
        "n": (int | None, 3),
    }
    task = task_of(interface=kit.Interface(inputs, {}))
    found = [f for f in kit.check(task).errors if f.rule == "launch.default"]
    assert [f.path for f in found] == ["interface.inputs.x", "interface.inputs.xs"]
    assert "292 years" in found[0].message
