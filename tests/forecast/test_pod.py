"""The pod of a task: what follows from the platform, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.core.security_pb2 import Secret
from forecast.literals import CORE, inputs, template

import kit
from kit.forecast import kubernetes as names
from kit.forecast.pods.attempt import PodLaunch
from kit.forecast.pods.container import overlay
from kit.forecast.pods.pod import PodForecast, forecast_pod
from kit.forecast.pods.propeller import Propeller

LAUNCH = PodLaunch(execution="f7x")


def pod_of(made: Any, platform: kit.Platform = CORE, **values: Any) -> PodForecast:
    """Return the forecast of a launch with the default command."""
    made.container.args[:] = ["--in={{.input}}", "{{.rawOutputDataPrefix}}"]
    return forecast_pod(made, inputs(**values), LAUNCH, platform)


def test_a_pod_without_configuration_is_flytes_built_in_one():
    """What only the platform knows is three dots."""
    forecast = pod_of(template(x=int), x=1)
    assert forecast.code == ""
    assert forecast.unknown == ()
    (container,) = forecast.pod["spec"]["containers"]
    assert forecast.pod["metadata"]["name"] == "f7x-labweigh-0"
    folder = "s3://…/metadata/propeller/flytesnacks-development-f7x/labweigh/data"
    assert container["args"][0] == f"--in={folder}/inputs.pb"
    amounts = {"cpu": "100m", "memory": "500Mi"}
    assert container["resources"] == {"limits": amounts, "requests": amounts}


def test_what_is_not_known_of_resources_is_not_written():
    """A platform without defaults gives a task that asks for nothing nothing."""
    forecast = pod_of(template(), kit.Platform())
    assert forecast.pod["spec"]["containers"][0]["resources"] == {}


def test_a_capital_costs_the_container_its_name():
    """The engine draws one; the forecast says so."""
    forecast = pod_of(template("Weigh"))
    assert forecast.pod["metadata"]["name"] == "f7x-weigh-0"
    assert forecast.pod["spec"]["containers"][0]["name"] == "…"
    assert "by lot" in forecast.unknown[0]


def test_a_task_that_waits_has_no_pod():
    """There is no error, either."""
    waiting = template()
    waiting.metadata.discoverable = waiting.metadata.cache_serializable = True
    forecast = pod_of(waiting, kit.Platform(catalog=False))
    assert (forecast.pod, forecast.code) == (None, "")
    assert "waits" in forecast.words


@pytest.mark.parametrize(
    ("platform", "fails"),
    [
        (kit.Platform(), False),
        (kit.Platform(pod_templates=("other",)), True),
        (
            kit.Platform(
                objects=(
                    {
                        "kind": "PodTemplate",
                        "metadata": {"name": "gpu"},
                        "template": {"spec": {"nodeSelector": {"pool": "gpu"}}},
                    },
                )
            ),
            False,
        ),
    ],
)
def test_a_pod_template_has_to_exist(platform, fails):
    """Where those of the platform are known."""
    made = template()
    made.metadata.pod_template_name = "gpu"
    forecast = pod_of(made, platform)
    assert (forecast.pod is None) == fails
    if fails:
        assert forecast.code == "FailedToBuildResource"
        assert "PodTemplate 'gpu' does not exist" in forecast.words
    elif platform.objects:
        assert forecast.pod["spec"]["nodeSelector"] == {"pool": "gpu"}


def test_secrets_are_asked_for_and_injected():
    """The webhook adds variables and files, if it is there."""
    made = template()
    made.security_context.secrets.add(
        group="acme", key="token", mount_requirement=Secret.ENV_VAR
    )
    bare = pod_of(made)
    names_of = [v["name"] for v in bare.pod["spec"]["containers"][0]["env"]]
    assert bare.pod["metadata"]["labels"]["inject-flyte-secrets"] == "true"
    assert "_FSEC_ACME_TOKEN" in names_of
    off = pod_of(made, kit.Platform(secrets_webhook=False))
    names_of = [v["name"] for v in off.pod["spec"]["containers"][0]["env"]]
    assert "_FSEC_ACME_TOKEN" not in names_of
    unsaid = pod_of(made, kit.Platform())
    assert (
        unsaid.pod["spec"]
        == pod_of(made, kit.Platform(secrets_webhook=False)).pod["spec"]
    )
    assert "not known" in unsaid.unknown[0]


def test_names_are_made_as_the_engine_makes_them():
    """Of hashes, in base 32 and base 36."""
    assert names.generated_name("f7x", "n0", 2) == "f7x-n0-2"
    assert names.generated_name("f7x", "a" * 21, 0).startswith("f7x-f")
    assert len(names.shard("f7x-n0-0")) == 2
    assert names.encode_base32(b"acme_") == "mfrw1zk6"
    assert names.label_text("Ä_b.C--") == "b-c"


def test_keys_of_configuration_maps_lose_their_case():
    """Those without a dot; lists of maps keep it."""
    engine = Propeller.from_config(
        {
            "plugins": {
                "k8s": {
                    "default-env-vars": {"UPPER": "1"},
                    "default-labels": {"Acme.io/Tier": "A"},
                    "default-annotations": {},
                    "default-env-vars-from-env": [{"Kept": "X"}],
                }
            }
        }
    )
    assert engine.default_env_vars == {"upper": "1"}
    assert engine.default_labels == {"acme.io/tier": "A", "Acme.io/Tier": "A"}
    assert engine.default_env_vars_from_env == {"Kept": "X"}
    assert "safe-to-evict" in str(engine.default_annotations)


def test_merging_never_writes_what_is_empty():
    """Maps by key, lists appended, as Go's mergo does it."""
    base = {"a": 1, "b": [1], "c": {"d": "x", "e": "y"}}
    over = {"a": 0, "b": [2], "c": {"d": "", "e": "z"}, "f": None}
    assert overlay(base, over) == {
        "a": 1,
        "b": [1, 2],
        "c": {"d": "x", "e": "z"},
        "f": None,
    }
