"""``kit.check``: what it takes, what it reports, how it repairs."""

from __future__ import annotations

import time
import warnings

import pytest
from checks.check_tasks import LoadTask, bad, decorated, good, task_of
from checks.templates import good_template

import kit
from kit.errors import CallError, CheckError, DefinitionError
from kit.template.view import TaskTemplateView

SETTINGS = kit.SerializationSettings(project="lab", domain="staging", version="v1")


def rules_of(report):
    """Return the rules that found something, in the report's order."""
    return [finding.rule for finding in report.findings]


def test_a_good_task_has_no_findings():
    """Neither in a local run nor where it is registered."""
    assert kit.check(good).findings == ()
    assert kit.check(good, SETTINGS, kit.Platform.flyte_core()).findings == ()


def test_the_settings_decide_the_identifier():
    """What is empty is told; what a local run stands in for is given later."""
    report = kit.check(good, kit.SerializationSettings())
    assert rules_of(report) == ["ID004", "ID003", "ID006"]
    platform = kit.Platform(projects=("lab",), domains=("production",))
    assert rules_of(kit.check(good, SETTINGS, platform)) == ["ID009"]
    assert kit.check(good, None, platform).ok


def test_errors_come_first():
    """And the report says which, and raises them."""
    report = kit.check(bad)
    assert rules_of(report) == ["RS005", "CT008"]
    assert [f.rule for f in report.errors] == ["RS005"]
    assert [f.rule for f in report.warnings] == ["CT008"]
    assert not report.ok
    assert repr(report) == "CheckReport('etl.bad', 1 error, 1 warning)"
    with pytest.raises(CheckError, match=r"RS005.*the request of CPU exceeds its"):
        report.raise_for_errors()


def test_templates_and_specs_are_checked_like_tasks():
    """As message, or as the executor's view of one."""
    template = good_template()
    template.type = "spark"
    spec = kit.task_spec(task_of(task_type="spark"), SETTINGS)
    for thing in (template, TaskTemplateView(template), spec):
        assert rules_of(kit.check(thing)) == ["TT009"]


@pytest.mark.parametrize("thing", [None, 3, LoadTask])
def test_other_things_are_refused(thing):
    """With what it takes."""
    with pytest.raises(CallError, match="takes a task"):
        kit.check(thing)


def test_what_is_checked_is_not_changed():
    """A template is the same before and after."""
    template = good_template()
    template.k8s_pod.pod_spec.update({"containers": [{}]})
    template.custom.update({"kit.inline": {"module": "m"}})
    before = template.SerializeToString(deterministic=True)
    kit.check(template)
    assert template.SerializeToString(deterministic=True) == before


class Fails(LoadTask):
    """Raises where its container is made."""

    def get_container(self, settings):
        """Raise."""
        return {}["gone"]


def test_what_a_task_raises_is_a_finding():
    """And the rest of it is checked."""
    task = task_of(
        kind=Fails, requests=kit.Resources(cpu="2"), limits=kit.Resources(cpu="1")
    )
    report = kit.check(task)
    failure = next(f for f in report.findings if f.rule == "container.fails")
    assert failure.words == "KeyError: 'gone'"
    assert "RS005" in rules_of(report)
    assert "CT005" not in rules_of(report)


def test_an_executor_that_cannot_ship_is_told_once():
    """Though two parts of the template want it."""

    class Inner(kit.ShimTaskExecutor):
        def execute_from_model(self, tt, **kwargs):
            return tt.custom["table"]

    report = kit.check(task_of(executor_type=Inner, ship="module"))
    assert rules_of(report) == ["PY001"]
    assert "Inner" in report.errors[0].message


def test_a_check_warns_of_nothing():
    """Doubtful numbers are findings, not warnings."""

    class Doubtful(LoadTask):
        def get_custom(self, settings):
            return {"table": 2**53 + 1}

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = kit.check(task_of(kind=Doubtful))
    assert "custom.changes" in rules_of(report)


def test_a_fix_says_the_arguments_that_change():
    """As values and as Python, and changes nothing."""
    fix = kit.check(bad).fix()
    assert fix.arguments == {
        "limits": kit.Resources(cpu="1100m"),
        "environment": {"A": "2"},
    }
    assert fix.python == "limits=kit.Resources(cpu='1100m'),\nenvironment={'A': '2'},"
    assert repr(fix) == f"Fix: {fix.python}"
    assert bad.resources.limits == kit.Resources(cpu="1")


def test_a_fix_can_be_applied():
    """Then the finding is gone."""
    task = task_of(requests=kit.Resources(cpu="1100m"), limits=kit.Resources(cpu="1"))
    kit.check(task).fix().apply(task)
    assert kit.check(task).findings == ()
    assert not kit.check(task).fix()


def test_a_fix_of_a_decorated_task_speaks_of_the_decorator():
    """Whose arguments are those of the metadata, too."""
    fix = kit.check(decorated, platform=kit.Platform.flyte_core()).fix()
    assert fix.python.splitlines() == [
        "requests=kit.Resources(cpu='2', mem='1Gi'),",
        "cache_ignore_input_vars=('x',),",
    ]
    before = decorated.resources, decorated.metadata
    try:
        fix.apply(decorated)
        assert kit.check(decorated, platform=kit.Platform.flyte_core()).findings == ()
    finally:
        decorated.resources, decorated.metadata = before


def test_repairs_of_one_argument_add_up():
    """Each starts from what the one before made."""
    limits = kit.Resources(cpu="1", mem="1Gi", gpu="2")
    requests = kit.Resources(cpu="1100m", mem="2Gi", gpu="1")
    fix = kit.check(task_of(requests=requests, limits=limits)).fix()
    expected = kit.Resources(cpu="1100m", mem="2Gi", gpu="1")
    assert fix.arguments == {"limits": expected}


def test_secrets_are_repaired_in_the_definition():
    """They cannot be set on a task."""
    secrets = [kit.Secret("g", "k", group_version="1")]
    fix = kit.check(task_of(secret_requests=secrets)).fix()
    assert fix.python == "secret_requests=(kit.Secret(group='g', key='k'),),"
    with pytest.raises(DefinitionError, match="define it anew"):
        fix.apply(task_of(secret_requests=secrets))


def test_a_template_has_nothing_to_repair():
    """There are no arguments."""
    template = good_template()
    template.container.env.add(key="FLYTE_ATTEMPT_NUMBER", value="1")
    report = kit.check(template)
    assert rules_of(report) == ["CT008"]
    assert not report.fix()
    assert repr(report.fix()) == "Fix: nothing to change"


def test_a_usual_task_is_checked_in_a_moment():
    """Ten milliseconds are the aim; a busy machine gets ten times that."""
    kit.check(good)
    start = time.perf_counter()
    for _ in range(20):
        kit.check(good)
    assert (time.perf_counter() - start) / 20 < 0.1
