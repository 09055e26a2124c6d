"""Quantities are read as Kubernetes reads them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from kit.definition.resources import Resources, parse_quantity, quantity_text
from kit.errors import ResourcesError

# What k8s.io/apimachinery v0.34.1 answers to each text.
VECTORS = json.loads(Path(__file__).with_name("quantity_vectors.json").read_text())
ACCEPTED = [case for case in VECTORS["vectors"] if "error" not in case]
REFUSED = [case for case in VECTORS["vectors"] if "error" in case]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case["in"])
def test_reads_what_kubernetes_reads(case):
    """Canonical form, rounded value and thousandths equal Kubernetes' own."""
    quantity = parse_quantity(case["in"])

    assert quantity.canonical == case["canonical"]
    assert quantity.value_ceil == case["value_ceil"]
    assert quantity.milli == case["milli"]
    assert quantity.is_whole_number == case["is_whole_number"]
    assert quantity.is_zero == case["is_zero"]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["in"])
def test_refuses_what_kubernetes_refuses(case):
    """The error starts with Kubernetes' own words and names the text."""
    with pytest.raises(ResourcesError) as error:
        parse_quantity(case["in"])

    assert str(error.value).startswith(case["error"])
    assert repr(case["in"]) in str(error.value)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("4GB", "Did you mean '4G' or '4Gi'?"),
        ("1GiB", "Did you mean '1Gi'?"),
        ("16g", "Did you mean '16G' or '16Gi'?"),
        ("1gi", "Did you mean '1Gi'?"),
        ("1 Gi", "Did you mean '1Gi'?"),
        ("10K", "Did you mean '10k' or '10Ki'?"),
        ("lots", "Write a number with one of the suffixes m, k, M, G, T, Ki, Mi"),
        ("", "Write a number with one of the suffixes"),
    ],
)
def test_says_what_was_probably_meant(text, suggestion):
    """A misspelt unit is answered with the units it may have meant."""
    with pytest.raises(ResourcesError) as error:
        parse_quantity(text)

    assert suggestion in str(error.value)


def test_what_is_finer_than_nano_is_rounded_up():
    """Whoever asks for something gets something."""
    assert parse_quantity("0.0000000001").amount == Fraction(1, 10**9)


def test_binary_amounts_are_capped_at_64_bits():
    """A binary quantity stops at the largest 64-bit number, as in Kubernetes."""
    assert parse_quantity("8Ei").amount == 2**63 - 1


def test_hostile_exponents_are_refused_at_once():
    """An exponent that would fill the memory is an error."""
    with pytest.raises(ResourcesError, match="unable to parse quantity's suffix"):
        parse_quantity("1e999999999")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1"),
        (0.5, "500m"),
        (0.1, "100m"),
        (1.5, "1500m"),
        (2.0, "2"),
        (0.0001, "100u"),
        (1e-9, "1n"),
        (1e-12, "1n"),
        (1e20, "100000000000000000000"),
        (-0.5, "-500m"),
        (2**70, str(2**70)),
    ],
)
def test_numbers_are_written_as_quantities(number, text):
    """A number keeps its value in the shortest unit that is exact."""
    assert quantity_text(number) == text
    parse_quantity(text)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none_are_refused(number):
    """Neither NaN nor infinity is an amount."""
    with pytest.raises(ResourcesError, match="give a finite number"):
        quantity_text(number)


@pytest.mark.parametrize(
    "text", ["9" * 20_000 + "x", "9" * 5_000, "0" * 101, "1" * 101]
)
def test_a_long_text_is_refused_before_it_is_read(text):
    """Its length is in the message, and no pattern or number is tried on it."""
    with pytest.raises(ResourcesError, match=f"it has {len(text):,} characters"):
        parse_quantity(text)


@pytest.mark.parametrize("number", [2**20_000, 10**400, -(2**400)], ids=hex)
def test_a_number_of_hundreds_of_bits_is_refused(number):
    """As an amount of Resources, too."""
    with pytest.raises(ResourcesError, match="bits is not a quantity"):
        quantity_text(number)
    with pytest.raises(ResourcesError):
        Resources(mem=number)
