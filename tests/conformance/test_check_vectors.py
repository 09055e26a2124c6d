"""What check says of a template is what the live Flyte made of it."""

from __future__ import annotations

import base64

import pytest
from flyteidl.core.tasks_pb2 import TaskTemplate

import kit
from conformance.platforms import pods

STAGES = ("registration", "launch", "run")
MISSED = {
    "inputs_struct": "a literal of a kind that kit makes none of",
    "inputs_binary_other": "a literal of a kind that kit makes none of",
    "inputs_missing": "of the launch: check sees it with inputs=",
    "inputs_wrong_type": "of the launch: check sees it with inputs=",
    "pod_privileged": "a policy of the cluster",
}
"""What fails on Flyte and is no error of check, and why."""
ALARMED = {
    "inputs_union_bare": "an optional literal without its union: kit makes none",
    "image_upper": "nobody pulled the image when the pods were recorded",
    "image_space_in": "nobody pulled the image when the pods were recorded",
    "image_unicode": "nobody pulled the image when the pods were recorded",
    "name_unicode": "nobody ran the container, which does not find its files",
    "name_unicode_only": "nobody ran the container, which does not find its files",
}
"""What became a pod and is an error of check, and why."""
RECORDED = [
    pytest.param(case, platform, id=f"{index}-{case['name']}")
    for index, (case, platform) in enumerate(pods())
    if "template_b64" in case and "launch" not in case
]


@pytest.mark.parametrize(("case", "platform"), RECORDED)
def test_check_finds_what_fails_and_only_that(case, platform):
    """An error of check for each failure, and none for what became a pod."""
    template = TaskTemplate.FromString(base64.b64decode(case["template_b64"]))
    report = kit.check(template, platform=platform)
    errors = [f"{one}" for one in report.errors if one.stage in STAGES]
    if "error" in case:
        assert bool(errors) != (case["name"] in MISSED), case["error"]
    else:
        assert bool(errors) == (case["name"] in ALARMED), errors
