"""``kit pod``: the pod of a task on a terminal, as YAML and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from kit.cli.app import run_app

TASKS = """
import kit

@kit.container_task(image="ghcr.io/acme/app:1.0", name="etl.good", ship="inline",
                    requests=kit.Resources(gpu="1"), limits=kit.Resources(gpu="1"))
def good(tt, x: int) -> int:
    return x

@kit.container_task(image="ghcr.io/acme/app:1.0", name="etl.bad", ship="inline",
                    requests=kit.Resources(gpu="1"), limits=kit.Resources(gpu="1"),
                    accelerator=kit.GPUAccelerator("x y"))
def bad(tt, x: int) -> int:
    return x
"""
OURS = """
defaults: {cpu: 250m, mem: 512Mi}
propeller: {plugins: {k8s: {default-labels: {team: birds}}}}
"""


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    """Return the file of two tasks, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / f"podded_{tmp_path.name}.py"
    path.write_text(TASKS)
    return path.name


def test_a_pod_fits_a_terminal(tasks, capsys):
    """Its containers, resources and variables, and where they come from."""
    assert run_app(["pod", f"{tasks}:good", "--platform", "sandbox"]) == 0
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 80
    flat = " ".join(told.split())
    assert flat.startswith("pod etl.good ACCEPTED [sandbox]")
    assert "cpu request 500m platform: defaults.cpu" in flat
    assert "nvidia.com/gpu request 1 template: container.resources.requests" in flat
    assert "Not shown: Labels and annotations, YAML." in flat


def test_a_platform_of_ones_own_is_read(tasks, tmp_path):
    """And the pod is written as YAML with comments."""
    (tmp_path / "ours.yaml").write_text(OURS)
    arguments = ["--platform", "ours.yaml", "--project", "lab", "-o", "pod.yaml"]
    assert run_app(["pod", f"{tasks}:good", *arguments]) == 0
    text = (tmp_path / "pod.yaml").read_text()
    made = yaml.safe_load(text)
    assert (made["apiVersion"], made["kind"]) == ("v1", "Pod")
    assert made["metadata"]["namespace"] == "lab-development"
    assert "team: birds  # platform: plugins.k8s.default-labels[team]" in text
    assert 'cpu: "250m"  # platform: defaults.cpu' in text


def test_a_refused_pod_ends_with_one(tasks, capsys):
    """And says which value, in Kubernetes' words."""
    assert run_app(["pod", f"{tasks}:bad"]) == 1
    flat = " ".join(capsys.readouterr().out.split())
    assert "pod etl.bad REFUSED" in flat
    assert 'Invalid value: "x y": a valid label must be' in flat
    assert "It comes from template: extended_resources.gpu_accelerator." in flat


def test_programs_read_the_pod_as_json(tasks, capsys):
    """With sources by JSON pointers."""
    assert run_app(["pod", f"{tasks}:good", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["accepted"] is True
    assert told["pod"]["spec"]["containers"][0]["image"] == "ghcr.io/acme/app:1.0"
    assert told["sources"]["/spec/containers/0/image"] == "template: container.image"


def test_an_attempt_has_its_own_name(tasks, capsys):
    """And so does an execution."""
    flags = ["--execution", "f7", "--attempt", "2", "--format", "yaml"]
    assert run_app(["pod", f"{tasks}:good", *flags]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["metadata"]["name"] == (
        "f7-etlgood-2"
    )


def test_a_page_has_the_same_facts(tasks):
    """With the YAML folded."""
    assert run_app(["pod", f"{tasks}:good", "-o", "pod.html"]) == 0
    page = Path("pod.html").read_text()
    assert "template: container.image" in page
    assert "apiVersion: v1" in page


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["--platform", "sandbx"], 2, "Did you mean 'sandbox'?"),
        (["--format", "pb"], 2, "not a protobuf message"),
        (["-o", "pod.xyz"], 2, "no known ending"),
        (["--attempt", "-1"], 2, "not in the range"),
    ],
)
def test_wrong_flags_are_named(tasks, capsys, arguments, status, told):
    """Before anything is made."""
    assert run_app(["pod", f"{tasks}:good", *arguments]) == status
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("facts", ["propeller: 3", "nonsense: 1", "[1]", "defaults: x"])
def test_a_file_of_no_platform_is_refused(tasks, tmp_path, capsys, facts):
    """In a sentence."""
    (tmp_path / "ours.yaml").write_text(facts)
    assert run_app(["pod", f"{tasks}:good", "--platform", "ours.yaml"]) != 0
    told = capsys.readouterr().err
    assert told.startswith("Error: ")
    assert "Traceback" not in told
