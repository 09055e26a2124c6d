"""``kit.pod``: the pod of a task, its YAML, and where each line comes from."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import re
from pathlib import Path

import pytest
import yaml
from conformance.platforms import pods
from conformance.test_pod_vectors import CASES, launch_of
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.security_pb2 import Secret
from flyteidl.core.tasks_pb2 import Resources, TaskTemplate
from forecast.literals import template

import kit
from kit.forecast.pods.propeller import Propeller
from kit.forecast.pods.sources import leaves
from kit.pods import Pod, shown_pod

PARTIES = {"template", "launch", "platform", "engine", "Kubernetes"}


class Weigh(kit.ShimTaskExecutor):
    """Returns its input."""

    def execute_from_model(self, tt, **kwargs):
        """Return the weight."""
        return kwargs["grams"]


class WeighTask(kit.PythonCustomizedContainerTask[None]):
    """A task whose command names an input."""

    def get_custom(self, settings):
        """Return nothing."""
        return {}

    def get_command(self, settings):
        """Add an input to the command."""
        return ["{{.inputs.grams}}", *super().get_command(settings)]


def weigh(**changes) -> WeighTask:
    """Return a task."""
    arguments = {
        "name": "lab.weigh",
        "task_config": None,
        "container_image": "ghcr.io/acme/weigh:1.0",
        "executor_type": Weigh,
        "interface": kit.Interface({"grams": (int, 7)}, {"o": int}),
        "environment": {"UNIT": "g"},
    }
    return WeighTask(**{**arguments, **changes})


def test_a_pod_follows_from_a_task_and_a_platform():
    """Its command is rendered; default resources are the platform's."""
    made = kit.pod(weigh(), kit.Platform.sandbox(), inputs={"grams": 3700})
    (container,) = made.manifest["spec"]["containers"]
    assert made.accepted
    assert made.findings.ok
    assert container["args"][0] == "3700"
    assert container["resources"]["requests"] == {"cpu": "500m", "memory": "1Gi"}
    assert made.manifest["metadata"]["namespace"] == "flytesnacks-development"
    assert repr(made) == "Pod('f2f0b1c3d4e5f6a7b8c9-labweigh-0', nothing found)"


def test_inputs_that_are_not_given_are_defaults_or_stand_for_themselves():
    """Of a template, too, which has no defaults."""
    task = weigh()
    bare = kit.pod(task).manifest["spec"]["containers"][0]["args"][0]
    read = kit.pod(task.task_template).manifest["spec"]["containers"][0]["args"][0]
    assert (bare, read) == ("7", "«grams»")


def test_settings_name_where_the_task_lives():
    """Its namespace, its paths and its variables."""
    settings = kit.SerializationSettings(project="lab", domain="staging", version="v3")
    made = kit.pod(weigh(), settings=settings, launch=kit.PodLaunch(execution="x"))
    assert made.manifest["metadata"]["namespace"] == "lab-staging"
    assert "lab-staging-x/labweigh/data/inputs.pb" in made.yaml


@pytest.mark.parametrize("given", [3, "no/such.pb"])
def test_what_is_no_task_is_refused(given):
    """With what was expected."""
    with pytest.raises(kit.KitError, match=r"takes a task|No file"):
        kit.pod(given)


def test_inputs_of_a_template_are_refused():
    """It has no Python types."""
    with pytest.raises(kit.KitError, match="no Python types"):
        kit.pod(template(x=int), inputs={"x": 1})


def test_each_value_says_where_it_comes_from():
    """In a comment of its line."""
    made = kit.pod(weigh(requests=kit.Resources(cpu="1")), kit.Platform.sandbox())
    told = {line.text.strip(): str(line.source) for line in made.lines}
    assert told['image: "ghcr.io/acme/weigh:1.0"'] == "template: container.image"
    assert told["- name: UNIT"] == "template: container.env[UNIT]"
    assert told['memory: "1Gi"'] == "platform: defaults.mem"
    assert told['cpu: "1"'] == "template: container.resources.requests"
    assert told["restartPolicy: Never"] == "engine"
    assert told["dnsPolicy: ClusterFirst"] == "Kubernetes: default"
    assert told["- name: FLYTE_PLATFORM_URL"].startswith("platform: plugins.k8s.def")
    assert '  image: "ghcr.io/acme/weigh:1.0"  # template: container.image' in made.yaml


def test_credentials_of_the_platform_are_not_shown():
    """Neither of its variables nor of its copilot; the manifest has them."""
    task = template(x=int)
    task.container.data_config.enabled = True
    storage = {"connection": {"secret-key": "topsecret", "access-key": "keyid"}}
    config = {
        "storage": storage,
        "plugins": {"k8s": {"default-env-vars": [{"DB_PASSWORD": "topsecret"}]}},
    }
    made = kit.pod(task, kit.Platform(propeller=config))
    shown = [made.yaml, json.dumps(made.to_json()), str(made._repr_mimebundle_())]
    assert not [text for text in shown if "topsecret" in text or "keyid" in text]
    assert "topsecret" in json.dumps(made.manifest)
    assert "(hidden)" in made.yaml


def test_a_refused_pod_is_shown_with_its_faults():
    """Each with the field, Kubernetes' words and who said the value."""
    task = template()
    task.extended_resources.gpu_accelerator.device = "x y"
    entry = task.container.resources.limits.add()
    entry.name, entry.value = Resources.GPU, "1"
    made = kit.pod(task, kit.Platform.sandbox())
    assert not made.accepted
    assert made.code == "BadTaskFormat"
    assert made.manifest is not None
    refused = [one for one in made.findings.errors if one.rule == "pod.refused"]
    assert [one.path.rpartition(".")[2] for one in refused] == ["values[0]", "operator"]
    assert (
        refused[0].fix == "It comes from template: extended_resources.gpu_accelerator."
    )
    assert "# error: spec.affinity" in made.yaml


def test_a_pod_that_the_engine_does_not_make_has_no_manifest():
    """It has the engine's words."""
    made = kit.pod(TaskTemplate(type="python-task"))
    assert made.manifest is None
    assert made.lines == ()
    assert made.findings.errors[0].words.startswith("could not build resource")
    assert "none: could not build" in repr(made)
    assert yaml.safe_load(made.yaml) is None


def test_what_is_not_known_is_a_note():
    """Whether a webhook is there, and the platform itself."""
    asking = weigh(secret_requests=[kit.Secret(group="acme", key="token")])
    told = " ".join(one.message for one in kit.pod(asking).findings.notes)
    assert "webhook" in told
    assert "No platform is given" in told


def test_a_key_of_the_platform_that_is_nearly_right_is_named():
    """It would be left out in silence."""
    config = {"plugins": {"k8s": {"default-toleration": []}}}
    (found,) = kit.pod(weigh(), kit.Platform(propeller=config)).findings.warnings
    assert "Did you mean plugins.k8s.default-tolerations?" in found.message


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"propeller": {"plugins": []}}, None),
        ({"propeller": {"plugins": "x"}}, "plugins of a platform's propeller"),
        ({"propeller": {"plugins": {"k8s": {"default-labels": 3}}}}, "default-labels"),
        (
            {"propeller": {"plugins": {"k8s": {"default-tolerations": "x"}}}},
            "must be a list",
        ),
        ({"propeller": {"propeller": {"inject-finalizer": "yes"}}}, "true or false"),
        ({"objects": [{"kind": "PodTemplate"}]}, "metadata.name"),
    ],
)
def test_facts_of_a_platform_are_checked_when_it_is_made(facts, told):
    """Not when the first pod is."""
    if told is None:
        kit.Platform.from_dict(facts)
        return
    with pytest.raises(kit.KitError, match=told):
        kit.Platform.from_dict(facts)


def test_the_documented_keys_of_a_platform_are_the_ones_that_are_read():
    """In docs/pod.md: all attributes, and all keys of propeller."""
    page = (Path(__file__).parents[1] / "docs" / "pod.md").read_text()
    told = set(re.findall(r"^\| `([-\w]+)`", page, re.MULTILINE))
    attributes = {entry.name for entry in dataclasses.fields(kit.Platform)}
    keys = {name.replace("_", "-") for name in Propeller.__dataclass_fields__}
    assert told == attributes | keys


def pod_of(name: str) -> Pod:
    """Return the pod of a recorded case."""
    case, platform = CASES[name]
    made = TaskTemplate.FromString(base64.b64decode(case["template_b64"]))
    literals = LiteralMap.FromString(base64.b64decode(case["inputs_b64"]))
    return Pod.of(made, literals, launch_of(case), platform)


MADE = [name for name, (case, _) in CASES.items() if "template_b64" in case]


def test_there_are_recorded_pods():
    """Of all platforms."""
    assert len(MADE) == len({*MADE})
    assert {name.rpartition("@")[2] for name in MADE} == {
        case["platform"] for case, _ in pods()
    }


@pytest.mark.parametrize("name", MADE)
def test_every_value_of_a_recorded_pod_has_a_source_and_a_line(name):
    """And YAML reads back what is shown."""
    made = pod_of(name)
    if made.manifest is None:
        assert made.findings.findings
        return
    known = {path for path, _ in leaves(made.manifest) if path[0] not in _KIND}
    assert known == set(made.sources)
    assert {source.party for source in made.sources.values()} <= PARTIES
    assert yaml.load(made.yaml, Loader=yaml.CSafeLoader) == shown_pod(made)


_KIND = ("apiVersion", "kind")
FULL = [name for name in MADE if name.endswith(("@d", "@e", "@c"))]
_LATE = ("args", "command", "resources", "env")


def values_of(made: Pod, parties: set[str]) -> set[str]:
    """Return the values of some parties, without the places in lists."""
    found = set()
    for path, value in leaves(made.manifest):
        source = made.sources.get(path)
        if source is None or source.party not in parties:
            continue
        steps = [step for step in path if not isinstance(step, int)]
        if not set(steps) & set(_LATE):
            found.add(f"{steps} {value!r}")
    return found


@pytest.mark.parametrize("name", FULL)
def test_what_is_not_the_platforms_is_there_without_it(name):
    """On a platform that configures nothing, the others' values stay."""
    made = pod_of(name)
    if made.manifest is None or made.template.metadata.pod_template_name:
        return
    config = {"plugins": {"k8s": {"gpu-resource-name": gpu_name(made)}}}
    bare = dataclasses.replace(made.platform, propeller=config, objects=())
    other = Pod.of(made.template, made.inputs, made.launch, bare)
    if other.manifest is None:
        return
    kept = values_of(made, {"template", "launch", "engine"})
    assert not {value for value in kept - everything(other) if not LABELS.search(value)}


LABELS = re.compile("acme.io/gpu|flyte-copilot|gpu-partition|accelerator")
"""What is the template's and the engine's with a name that the platform gives."""


def gpu_name(made: Pod) -> str:
    """Return what the platform calls GPUs."""
    section = made.platform.propeller.get("plugins", {}).get("k8s", {})
    return section.get("gpu-resource-name", "nvidia.com/gpu")


def everything(made: Pod) -> set[str]:
    """Return all values of a pod, without the places in lists."""
    return {
        f"{[step for step in path if not isinstance(step, int)]} {value!r}"
        for path, value in leaves(made.manifest)
    }


def test_secrets_of_a_webhook_are_the_engines():
    """Their variables, volumes and mounts."""
    task = template()
    task.security_context.secrets.add(
        group="acme", key="token", mount_requirement=Secret.FILE
    )
    made = kit.pod(task, kit.Platform.sandbox())
    spec = made.manifest["spec"]
    last = len(spec["containers"][0]["env"]) - 1
    for path in (
        ("spec", "containers", 0, "env", last, "name"),
        ("spec", "containers", 0, "volumeMounts", 0, "mountPath"),
        ("spec", "volumes", 0, "name"),
    ):
        assert str(made.sources[path]) == "engine: secrets webhook"


def test_a_pod_is_not_changed_by_looking_at_it():
    """Neither its manifest nor the platform."""
    platform = kit.Platform.sandbox()
    made = kit.pod(weigh(), platform)
    before = copy.deepcopy(made.manifest)
    assert made.yaml == made.yaml
    assert made.manifest == before
    assert platform == kit.Platform.sandbox()
