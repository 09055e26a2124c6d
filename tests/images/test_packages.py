"""What pip chooses for a base image."""

from __future__ import annotations

import dataclasses
import re

import pytest

from kit.errors import ImageBuildError
from kit.images import packages
from kit.images.packages import gather
from kit.images.wheels import stub


@pytest.fixture
def here(make_distribution, monkeypatch):
    """Let other distributions than those of the tests be installed here."""

    def install(*made):
        known = {one.metadata["Name"]: one for one in made}
        monkeypatch.setattr(packages, "installed", lambda: known)

    return install


def gathered(base, folder, *requirements, wheels=()):
    """Return the names of the distributions that go into an image."""
    folder.mkdir(exist_ok=True)
    made = gather(requirements, base, "local", wheels, folder)
    text = made.files["requirements.txt"].decode()
    assert {"pip.whl", "requirements.txt"} < set(made.files)
    return [line.partition("==")[0] for line in text.splitlines()]


def test_what_is_required_comes_with_what_that_requires(
    base, here, make_distribution, tmp_path
):
    """As far as its extras and markers say so; circles included."""
    here(
        make_distribution(
            "one",
            requires=["two>=1", "more; extra == 'plus'"],
            facts={"Provides-Extra": "plus"},
        ),
        make_distribution("two", requires=["one", "old; python_version < '3'"]),
        make_distribution("more"),
    )
    assert gathered(base, tmp_path / "a", "one") == ["one", "two"]
    assert gathered(base, tmp_path / "b", "one[plus]") == ["more", "one", "two"]


def test_a_given_wheel_comes_before_what_is_installed(
    base, here, make_distribution, tmp_path
):
    """In its version."""
    here(make_distribution("one"))
    name, data = stub(make_distribution("one", "2.0"))
    (tmp_path / name).write_bytes(data)
    made = gather([], base, "local", [tmp_path / name], tmp_path)
    assert [dataclasses.astuple(one) for one in made.packages] == [
        ("one", "2.0", "wheel")
    ]
    assert made.files[name] == tmp_path / name


@pytest.mark.parametrize(
    ("tag", "requires", "wanted", "message"),
    [
        ("py3-none-any", [], "two", r"  Could not find .* requirement two \("),
        ("py3-none-any", ["two>3"], "one", r"requirement two>3 \(from one\)"),
        ("py3-none-any", [], "one<1", r"  The user requested \(constraint\) one==1.0"),
        ("cp26-cp26-win32", [], "one", r"  one 1.0 is compiled for cp26-cp26-win32"),
    ],
)
def test_what_does_not_fit_is_said_in_the_words_of_pip(
    tag, requires, wanted, message, base, here, make_distribution, tmp_path
):
    """Who needs it, and what to do."""
    here(make_distribution("one", tag=tag, requires=requires))
    with pytest.raises(ImageBuildError, match=message) as caught:
        gathered(base, tmp_path / "a", wanted)
    text = str(caught.value)
    assert re.match(
        r"What the image needs is not installed here, or does not fit", text
    )
    assert text.endswith("source='index' (--source index).")


def test_another_python_takes_other_packages(base, here, make_distribution, tmp_path):
    """The author says which."""
    here(make_distribution("one", facts={"Requires-Python": "<3"}))
    with pytest.raises(
        ImageBuildError,
        match=r"  Package 'one' requires a different Python: .* not in '<3'",
    ):
        gathered(base, tmp_path / "a", "one")
