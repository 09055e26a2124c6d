"""Requirements and theirs, among what is installed."""

from __future__ import annotations

from kit.images.base import this_python
from kit.images.packages import installed, resolve


def resolved(known, *requirements, python=None):
    """Resolve requirements in this Python, or another."""
    environment = (python or this_python()).environment
    return resolve(requirements, environment, {one.name: one for one in known})


def test_what_is_required_comes_with_what_that_requires(make_distribution):
    """Circles included."""
    one = make_distribution("one", requires=["two>=1"])
    two = make_distribution("two", requires=["one"])
    assert list(resolved([one, two], "one").found) == ["one", "two"]


def test_extras_are_followed_as_far_as_they_were_asked_for(make_distribution):
    """Also if the plain distribution was met before."""
    one = make_distribution("one", requires=["more; extra == 'plus'", "base"])
    known = [one, make_distribution("more"), make_distribution("base")]
    assert list(resolved(known, "one").found) == ["base", "one"]
    assert list(resolved(known, "one", "one[plus]").found) == ["base", "more", "one"]


def test_markers_are_those_of_the_image(make_distribution, another_python):
    """What only this Python needs stays here."""
    marker = f"python_version < '{'.'.join(map(str, another_python.minor))}'"
    known = [make_distribution("one", requires=[f"old; {marker}"])]
    known.append(make_distribution("old"))
    assert list(resolved(known, "one").found) == ["old", "one"]
    assert list(resolved(known, "one", python=another_python).found) == ["one"]


def test_what_is_missing_says_who_needs_it(make_distribution):
    """A version that was asked for and is not here is missing as well."""
    one = make_distribution("one", requires=["gone>=2"])
    resolution = resolved([one], "one", "one>=3", "nothing")
    assert resolution.missing == {"gone>=2": "one", "nothing": "", "one>=3": ""}


def test_what_is_installed_here_is_known_by_normalized_names():
    """As requirements name it."""
    assert {"typing-extensions", "flyte-task-kit"} <= set(installed())
