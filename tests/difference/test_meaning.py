from __future__ import annotations

import pytest
from diff_messages import messages, real_templates
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.types_pb2 import LiteralType, SimpleType
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.difference.diff import Difference, diff
from kit.difference.meaning import Change, Impact
from kit.forecast.registration import template_digest


def template(*, cached: bool = True) -> TaskTemplate:
    """Make a template of a task that is cached."""
    made = TaskTemplate(type="python-task", task_type_version=1)
    made.id.name, made.id.version, made.id.project = "etl.load", "v1", "lab"
    made.metadata.runtime.version = "1"
    made.metadata.discoverable = cached
    made.metadata.discovery_version = "1"
    made.metadata.retries.retries = 1
    variable = made.interface.inputs.variables["x"]
    variable.type.simple, variable.description = SimpleType.INTEGER, "The x."
    made.interface.outputs.variables["y"].type.simple = SimpleType.STRING
    made.container.image = "acme/etl:1"
    made.container.args.extend(["kit-execute", "m.Executor"])
    made.container.env.add(key="MODE", value="slow")
    made.container.resources.requests.add(name=1, value="500m")
    made.custom["table"] = "penguins"
    return made


def difference(alter, *, cached: bool = True) -> Difference:
    """Return what an alteration of the template makes."""
    old, new = template(cached=cached), template(cached=cached)
    alter(new)
    return diff(new, against=old)


def change(alter, *, cached: bool = False) -> Change:
    """Return the only change that an alteration makes."""
    (only,) = difference(alter, cached=cached).changes
    return only


def set_type(side: str, name: str, **kind):
    """Return an alteration of a variable's type."""

    def alter(new):
        variables = getattr(new.interface, side).variables
        variables[name].type.CopyFrom(LiteralType(**kind))

    return alter


def assign(place: str, value):
    """Return an alteration of one field."""

    def alter(new):
        *path, last = place.split(".")
        for name in path:
            new = getattr(new, name)
        setattr(new, last, value)

    return alter


OPTIONAL_INT = {
    "union_type": {
        "variants": [
            LiteralType(simple=SimpleType.INTEGER),
            LiteralType(simple=SimpleType.NONE),
        ]
    }
}


@pytest.mark.parametrize(
    ("alter", "impact", "why"),
    [
        (set_type("inputs", "z", simple=1), Impact.BREAK, "callers must pass it"),
        (
            lambda new: new.interface.inputs.variables.pop("x"),
            Impact.BREAK,
            "callers that pass it are refused",
        ),
        (
            set_type("inputs", "x", simple=SimpleType.STRING),
            Impact.BREAK,
            "what callers pass is of another type",
        ),
        (
            set_type("inputs", "x", **OPTIONAL_INT),
            Impact.INTERFACE,
            "what callers pass still fits",
        ),
        (
            lambda new: new.interface.outputs.variables.pop("y"),
            Impact.BREAK,
            "callers that take it do not find it",
        ),
        (
            set_type("outputs", "y", **OPTIONAL_INT),
            Impact.BREAK,
            "what callers take is of another type",
        ),
        (
            set_type("outputs", "n", simple=1),
            Impact.INTERFACE,
            "in Python, a call now returns several outputs",
        ),
    ],
)
def test_a_changed_interface_breaks_callers_or_does_not(alter, impact, why):
    """By what callers pass and take, as Flyte's compiler casts types."""
    found = change(alter)
    assert (found.impact, found.why) == (impact, why)


@pytest.mark.parametrize(
    ("place", "value", "impact"),
    [
        ("id.version", "v2", Impact.IDENTITY),
        ("id.project", "prod", Impact.IDENTITY),
        ("type", "sql", Impact.BEHAVIOUR),
        ("metadata.runtime.version", "2", Impact.COSMETIC),
        ("metadata.discovery_version", "2", Impact.COSMETIC),
        ("metadata.discoverable", True, Impact.BEHAVIOUR),
        ("metadata.retries.retries", 2, Impact.BEHAVIOUR),
        ("metadata.interruptible", True, Impact.BEHAVIOUR),
        ("metadata.deprecated_error_message", "old", Impact.COSMETIC),
        ("container.image", "acme/etl:2", Impact.IMAGE),
        ("container.architecture", 1, Impact.COSMETIC),
        ("extended_resources.gpu_accelerator.device", "t4", Impact.RESOURCES),
        ("security_context.run_as.iam_role", "admin", Impact.COSMETIC),
        ("sql.statement", "SELECT 1", None),
    ],
)
def test_each_place_has_its_meaning(place, value, impact):
    """For a task that is not cached."""
    found = difference(assign(place, value), cached=False)
    if impact is None:  # one target takes the place of the other
        assert Impact.BEHAVIOUR in found.impacts
    else:
        assert found.impacts == (impact,)


@pytest.mark.parametrize(
    ("alter", "path", "impact"),
    [
        (lambda new: new.container.args.append("-v"), "container.args[2]", "behaviour"),
        (
            lambda new: new.custom.update({"table": "whales"}),
            "custom.table",
            "behaviour",
        ),
        (lambda new: new.config.update({"a-b": "1"}), "config['a-b']", "behaviour"),
    ],
)
def test_behaviour_is_arguments_custom_and_config(alter, path, impact):
    """Each with its path."""
    found = change(alter)
    assert (found.path, found.impact.value) == (path, impact)


def test_the_same_amount_in_another_unit_is_cosmetic():
    """Though the digest differs."""

    def alter(new):
        new.container.resources.requests[0].value = "0.5"

    found = difference(alter)
    assert found.impacts == (Impact.COSMETIC,)
    assert found.verdict.outcome == "refused"

    def raised(new):
        new.container.resources.requests[0].value = "1"

    assert change(raised).impact is Impact.RESOURCES


@pytest.mark.parametrize(
    ("alter", "parts"),
    [
        (assign("metadata.discovery_version", "2"), ("version",)),
        (assign("metadata.discovery_version", " 1 "), ()),
        (assign("id.name", "etl.save"), ("name",)),
        (assign("id.domain", "production"), ("domain",)),
        (assign("id.version", "v2"), ()),
        (assign("container.image", "acme/etl:2"), ()),
        (set_type("inputs", "x", simple=SimpleType.FLOAT), ("inputs",)),
        (set_type("outputs", "y", simple=SimpleType.FLOAT), ("outputs",)),
        (
            lambda new: new.metadata.cache_ignore_input_vars.append("x"),
            ("ignored",),
        ),
        (lambda new: new.metadata.cache_ignore_input_vars.append("q"), ()),
        (
            lambda new: new.interface.inputs.variables["x"].type.metadata.update(
                {"title": "X"}
            ),
            (),
        ),
    ],
)
def test_the_cache_misses_what_its_key_has(alter, parts):
    """And nothing else; types without what only describes them."""
    found = difference(alter)
    assert found.cache_parts == parts
    assert (Impact.CACHE in found.impacts) is bool(parts)


def test_a_description_is_part_of_the_cache_key():
    """As the backend digests whole variables."""

    def alter(new):
        new.interface.inputs.variables["x"].description = "Another word."

    found = change(alter, cached=True)
    assert found.impacts == (Impact.CACHE, Impact.COSMETIC)
    assert found.why == "documentation; the cache key has the digest of the inputs"


def test_without_a_cache_nothing_is_missed():
    """Nor where only one side is cached."""
    assert not difference(assign("id.name", "b"), cached=False).cache_parts
    old, new = template(cached=False), template()
    new.metadata.discovery_version = "2"
    assert not diff(new, against=old).cache_parts


def test_old_results_are_taken_for_new_code():
    """The cache version was not raised, and what runs differs."""
    assert difference(assign("container.image", "acme/etl:2")).takes_old_results
    assert not difference(assign("id.version", "v2")).takes_old_results
    assert not difference(assign("metadata.discovery_version", "2")).takes_old_results
    altered = assign("container.image", "acme/etl:2")
    assert not difference(altered, cached=False).takes_old_results


def test_the_same_template_again_is_taken_as_registered():
    """Whatever version it has now."""
    found = difference(assign("id.version", "v2"))
    assert found.verdict.outcome == "identical"
    assert found.verdict.words == "task with identical structure already exists"
    assert found.verdict.old_digest == template_digest(template()).hex()


def test_another_template_is_refused():
    """With the backend's words."""
    verdict = difference(assign("container.image", "acme/etl:2")).verdict
    assert verdict.outcome == "refused"
    assert verdict.words.startswith("etl.load task with different structure already")
    assert verdict.old_digest != verdict.new_digest


def test_tasks_of_different_names_are_never_compared():
    """Each has versions of its own."""
    assert difference(assign("id.name", "etl.save")).verdict.outcome == "separate"


def test_what_has_no_digest_has_no_verdict():
    """A Value without a kind is one that flyteadmin cannot hash."""
    found = difference(lambda new: new.custom.fields["n"].SetInParent())
    assert found.verdict.outcome == "unknown"
    assert "nil Value" in found.verdict.meaning


def test_a_nan_in_custom_is_recognized():
    """It is a text in the digest, as the container gets it."""
    old, new = template(), template()
    for each in (old, new):
        each.custom.update({"n": float("nan")})
    assert diff(new, against=old).verdict.outcome == "identical"
    new.custom.update({"n": float("inf")})
    assert diff(new, against=old).verdict.outcome == "refused"


@given(st.sampled_from(real_templates()), st.sampled_from(real_templates()))
@settings(max_examples=40, deadline=None)
def test_the_verdict_agrees_with_the_changes(old, new):
    """Identical means: nothing but the identifier differs, and the other way round."""
    found = diff(new, against=old)
    if found.verdict.outcome == "separate":
        assert any(change.path == "id.name" for change in found.changes)
    elif found.verdict.outcome != "unknown":
        alike = all(change.steps[0] == "id" for change in found.changes)
        assert (found.verdict.outcome == "identical") is alike


@given(messages(TaskTemplate), messages(TaskTemplate))
@settings(max_examples=40, deadline=None)
def test_any_two_templates_can_be_compared(old, new):
    """Every change has a place, a meaning and a reason, and all of it is JSON."""
    found = diff(new, against=old)
    for item in found.changes:
        assert item.path
        assert item.impacts
        assert item.why
    assert found.to_json()["different"] is bool(found)


def test_the_representations_are_short_and_always_the_same():
    """A cell that ends in a difference shows how much there is."""
    assert repr(difference(lambda new: None)) == "Difference('etl.load': identical)"
    found = difference(assign("container.image", "acme/etl:2"))
    assert repr(found) == "Difference('etl.load': 1 change: image)"
    assert repr(found.changes[0]) == (
        "Change(container.image: 'acme/etl:1' -> 'acme/etl:2', image)"
    )


def test_an_interface_that_is_gone_breaks_callers():
    """And one that is empty in another way does not."""
    assert (
        change(lambda new: new.interface.ClearField("outputs")).impact is Impact.BREAK
    )
    assert change(lambda new: new.ClearField("interface")).impact is Impact.BREAK
    old, new = template(), template()
    old.interface.outputs.Clear()
    new.interface.ClearField("outputs")
    (only,) = diff(new, against=old).changes
    assert only.impact is Impact.COSMETIC


def test_a_difference_is_true_if_anything_differs():
    """As the exit status of diff."""
    assert difference(assign("id.version", "v2"))
    assert not difference(lambda new: None)
