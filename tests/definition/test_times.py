from __future__ import annotations

import datetime as dt

import pytest

from kit.definition.times import parse_date, parse_datetime, parse_timedelta

UTC = dt.timezone.utc


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-05-01", dt.datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-01T10:00:00Z", dt.datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01 10:00:00.5", dt.datetime(2024, 5, 1, 10, 0, 0, 500000, UTC)),
        (
            "2024-05-01T10:00:00+02:00",
            dt.datetime(2024, 5, 1, 10, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        ),
    ],
)
def test_points_in_time(text, value):
    """ISO 8601 is read; a time without a zone is UTC."""
    assert parse_datetime(text) == value
    assert parse_datetime(text).tzinfo is not None


def test_dates():
    """A date is a date."""
    assert parse_date("2024-05-01") == dt.date(2024, 5, 1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("1.5", 1.5),
        ("0", 0),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("2d", 172_800),
        ("250ms", 0.25),
        ("1w", 604_800),
        ("1:30", 5400),
        ("1:30:15.5", 5415.5),
        ("100:00:00", 360_000),
        ("PT1H30M", 5400),
        ("P1DT1S", 86_401),
        ("P2W", 1_209_600),
        ("-1h", -3600),
    ],
)
def test_durations(text, seconds):
    """Seconds, units, a clock and ISO 8601 are understood."""
    assert parse_timedelta(text) == dt.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "1x", "1h30", "PT", "P", "1:75", "--5", "h", "1e5", "9" * 30 + "w"],
)
def test_what_is_no_duration(text):
    """Everything else is refused with its text."""
    with pytest.raises(ValueError, match="duration"):
        parse_timedelta(text)


def test_what_is_no_time():
    """The error shows what was expected."""
    with pytest.raises(ValueError, match="'noon' is no time: expected ISO 8601"):
        parse_datetime("noon")
    with pytest.raises(ValueError, match=r"'1\.5\.24' is no date"):
        parse_date("1.5.24")


@pytest.mark.parametrize(
    "text", ["9" * 60_000 + "x", "9" * 5_000 + ":00", "1s" * 51], ids=len
)
def test_a_long_duration_is_refused_before_it_is_read(text):
    """Its length is in the message, and no pattern is tried on it."""
    with pytest.raises(ValueError, match=f"it has {len(text):,} characters"):
        parse_timedelta(text)
