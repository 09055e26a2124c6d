"""PodTemplates: which one a pod is made with, and how it is merged."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from kit.forecast.platform import Platform
from kit.forecast.pods.api_server import fill_pod_spec

Json = dict[str, Any]


def find_template(name: str, namespace: str, platform: Platform) -> Json | None:
    """Return a PodTemplate as the API server keeps it, or ``None``.

    It is looked for in the namespace of the execution, then in the engine's.
    """
    found = [
        each
        for each in platform.objects
        if each.get("kind") == "PodTemplate" and each["metadata"]["name"] == name
    ]
    own = [each for each in found if each["metadata"].get("namespace") == namespace]
    for each in (*own, *found):
        template: Json = copy.deepcopy(dict(each["template"]))
        fill_pod_spec(template["spec"])
        return template
    return None


def container_resources(template: Json, name: str, *, init: bool) -> Json:
    """Return the resources that a PodTemplate has for a container."""
    part, ending = ("initContainers", "-init") if init else ("containers", "")
    for wanted in (name, f"primary{ending}", f"default{ending}"):
        for each in template["spec"].get(part, ()):
            if each["name"] == wanted:
                resources: Json = each.get("resources", {})
                return resources
    return {}


def merge_template(
    template: Json, metadata: Json, spec: Json, primary: str, primary_init: str
) -> tuple[Json, Json]:
    """Merge a pod over a PodTemplate; containers by the template's special names."""
    merged = overlay(template["spec"], spec)
    for part, ending, first in (
        ("containers", "", primary),
        ("initContainers", "-init", primary_init),
    ):
        named = {each["name"]: each for each in template["spec"].get(part, ())}
        containers = [
            _container(each, named, ending, is_primary=each["name"] == first)
            for each in spec.get(part, ())
        ]
        merged[part] = containers
    return overlay(template.get("metadata", {}), metadata), merged


def _container(
    own: Json, named: Mapping[str, Json], ending: str, *, is_primary: bool
) -> Json:
    special = (f"default{ending}", f"primary{ending}")
    bases = [named[special[0]]] if special[0] in named else []
    if is_primary and special[1] in named:
        bases.append(named[special[1]])
    if not is_primary and own["name"] in named and own["name"] not in special:
        bases.append(named[own["name"]])
    merged: Json = {}
    for each in (*bases, own):
        merged = overlay(merged, each)
    return merged


def overlay(base: Any, over: Any) -> Any:
    """Merge as Go's mergo does: maps by key, lists appended, empty values never."""
    if isinstance(base, dict) and isinstance(over, dict):
        merged = dict(base)
        for key, value in over.items():
            merged[key] = overlay(base[key], value) if key in base else value
        return copy.deepcopy(merged)
    if isinstance(base, list) and isinstance(over, list):
        return copy.deepcopy([*base, *over])
    return copy.deepcopy(base if over in (None, "", 0, False) else over)
