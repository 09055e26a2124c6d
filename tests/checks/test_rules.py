"""Each rule finds what breaks it, and nothing in what does not."""

from __future__ import annotations

import pytest
from checks.rule_cases import CASES
from checks.templates import good_template, set_args, set_resources, spec_of
from flyteidl.admin.task_pb2 import TaskSpec

import kit
from kit.checks.rules import rules
from kit.definition.resources import parse_quantity

NAMED = [
    pytest.param(case, id=f"{index}-{case.rule}") for index, case in enumerate(CASES)
]
ONLY_IN_SPECS = {"ID016", "TT018"}
OF_TASKS = ("custom.", "executor.", "launch.defaults", "launch.default")
"""Rules that templates alone do not break; other files test them."""


def rules_of(report):
    """Return the rules that found something."""
    return {finding.rule for finding in report.findings}


def test_a_good_template_has_no_findings():
    """Nothing is said of what nothing is wrong with."""
    assert kit.check(good_template()).findings == ()


@pytest.mark.parametrize("case", NAMED)
def test_a_rule_finds_what_breaks_it(case):
    """In its place, with the backend's words."""
    template = good_template()
    case.spoil(template)
    report = kit.check(template, platform=case.platform)
    found = [finding for finding in report.findings if finding.rule == case.rule]
    assert found
    assert any(case.words in finding.words for finding in found)
    assert not case.path or case.path in [finding.path for finding in found]
    assert all(finding.message and finding.stage for finding in found)
    assert all(finding.fix for finding in found)


def test_each_rule_has_a_case():
    """No rule is untested, and none is told twice in the table."""
    named = {rule.name for rule in rules() if not rule.name.startswith(OF_TASKS)}
    assert named - {case.rule for case in CASES} == ONLY_IN_SPECS


def test_a_spec_without_a_template_is_told():
    """Nothing else is said of what is not there."""
    report = kit.check(TaskSpec())
    assert [(f.rule, f.words) for f in report.findings] == [("ID016", "missing spec")]


def test_a_long_short_description_is_told():
    """Old databases have a column of 4,000 characters."""
    spec = spec_of(good_template())
    spec.description.short_description = "x" * 4_000
    assert kit.check(spec).findings == ()
    spec.description.short_description += "x"
    assert rules_of(kit.check(spec)) == {"TT018"}


@pytest.mark.parametrize(
    ("requests", "limits", "rules"),
    [
        ([("CPU", "1")], [("CPU", "1")], set()),
        ([("CPU", "2")], [("CPU", "2")], set()),
        ([("CPU", "2000m")], [], set()),
        ([("CPU", "2100m")], [], {"RS007"}),
        ([("CPU", "500m")], [("CPU", "200m")], {"RS006"}),
        ([("MEMORY", "1048577")], [("MEMORY", "1Mi")], {"RS005"}),
        ([("GPU", "1")], [("GPU", "1")], set()),
        ([("GPU", "2")], [("GPU", "2")], {"RS007"}),
        ([], [("GPU", "8")], {"RS009"}),
        ([("EPHEMERAL_STORAGE", "2Ti")], [], set()),
        ([("CPU", "4GB")], [("CPU", "1")], {"RS001"}),
    ],
)
def test_resources_are_compared_as_admin_does(requests, limits, rules):
    """Whole units, requests only, and what cannot be read is said once."""
    template = good_template()
    set_resources(template, requests, limits)
    assert rules_of(kit.check(template, platform=kit.Platform.flyte_core())) == rules


@pytest.mark.parametrize(
    ("args", "inputs"),
    [
        (["{{.inputs.x}}"], {"x": "STRING"}),
        (["{{ $Inputs.x }}", "{{.NAMESPACE}}"], {"x": "INTEGER"}),
        (["sh", "-c", 'echo "$0"', "{{.inputs.x}}"], {"x": "STRING"}),
        (["sh", "-c", "echo {{.inputs.x}}"], {"x": "INTEGER"}),
        (["echo", "$$(HOME)", "{ {", "}}"], {}),
        (["{{.inputs.x}}"], {"x": "DATETIME"}),
    ],
)
def test_what_the_engine_renders_is_not_told(args, inputs):
    """These arrive as they are meant."""
    template = good_template()
    set_args(template, *args, **inputs)
    assert kit.check(template).findings == ()


@pytest.mark.parametrize("name", ["a" * 255, "x.y-z_1"])
def test_names_that_flyte_takes_are_not_told(name):
    """It has no pattern for them."""
    template = good_template()
    template.id.name = name
    assert kit.check(template).findings == ()


@pytest.mark.parametrize(
    "image",
    [
        "app@sha256:" + "a" * 64,
        "localhost:5000/acme/app:1.0",
        "ghcr.io/acme/app:latest-2024",
    ],
)
def test_images_that_are_pinned_are_not_told(image):
    """By a digest, or by any tag but latest."""
    template = good_template()
    template.container.image = image
    assert kit.check(template).findings == ()


def test_images_of_the_own_runtime_are_not_told():
    """Each runtime is at home in its own image, and may be in any other."""
    template = good_template()
    template.container.image = "ghcr.io/acme/flyte-task-kit:0.1"
    assert kit.check(template).findings == ()
    template.container.args[0] = "pyflyte-execute"
    template.container.image = "cr.flyte.org/flyteorg/flytekit:py3.12-1.16"
    assert kit.check(template).findings == ()


def test_what_registration_fills_in_is_not_told():
    """Packages leave project, domain and version to the tool that registers them."""
    template = good_template()
    template.id.project = "{{ registration.project }}"
    template.id.domain = "{{ registration.domain }}"
    template.id.version = "{{ registration.version }}"
    platform = kit.Platform(projects=("lab",), domains=("development",))
    assert kit.check(template, platform=platform).findings == ()


def test_zero_platform_limits_limit_nothing():
    """So the sandbox is configured."""
    template = good_template()
    set_resources(template, [("CPU", "64"), ("GPU", "8")], [("GPU", "8")])
    zeros = kit.Platform(limits=kit.Resources(cpu="0", mem="0", gpu="0"))
    assert kit.check(template, platform=zeros).findings == ()


@pytest.mark.parametrize(
    ("text", "whole"), [("1.9999999", True), ("1.0000001", False), ("1500m", False)]
)
def test_devices_are_counted_in_rounded_thousandths(text, whole):
    """As admin's isWholeNumber does."""
    assert parse_quantity(text).is_whole_number is whole
