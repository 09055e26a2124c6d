"""Times, dates and durations as text: ISO 8601, and what people type."""

from __future__ import annotations

import datetime as dt
import re

_UNITS = {
    "w": "weeks",
    "d": "days",
    "h": "hours",
    "m": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
}
_LARGE_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))
_FRACTION = re.compile(r"\.([0-9]{1,6})[0-9]*")
_SECONDS = re.compile(r"\d+(?:\.\d+)?")
_CLOCK = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?")
_MOST_CHARACTERS = 100
"""Of a duration; the patterns take the square of the length of what they refuse."""
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|us|[wdhms])")
_ISO = re.compile(
    r"P(?=.)(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"
)


def parse_datetime(text: str) -> dt.datetime:
    """Read ISO 8601, as in ``2024-05-01T10:00:00Z``; without a zone it is UTC.

    Raises:
        ValueError: It is not of that form.
    """
    stripped = text.strip()
    if stripped.endswith(("Z", "z")):  # Python 3.10 does not read it
        stripped = f"{stripped[:-1]}+00:00"
    stripped = _FRACTION.sub(lambda part: f".{part[1]:0<6}", stripped)  # nor others
    try:
        moment = dt.datetime.fromisoformat(stripped)
    except ValueError as error:
        msg = f"{text!r} is no time: expected ISO 8601, as in 2024-05-01T10:00:00Z."
        raise ValueError(msg) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)


def parse_date(text: str) -> dt.date:
    """Read ``2024-05-01``.

    Raises:
        ValueError: It is not of that form.
    """
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError as error:
        msg = f"{text!r} is no date: expected year-month-day, as in 2024-05-01."
        raise ValueError(msg) from error


def parse_timedelta(text: str) -> dt.timedelta:
    """Read ``90`` (seconds), ``1h30m``, ``1:30:00`` or ISO 8601's ``PT1H30M``.

    Raises:
        ValueError: It is none of these, or too long.
    """
    if len(text) > _MOST_CHARACTERS:
        msg = (
            f"{text[:20]!r}… is not a duration: it has {len(text):,} characters. "
            "Expected 90 (seconds), 1h30m or 1:30:00."
        )
        raise ValueError(msg)
    stripped = text.strip()
    sign = -1 if stripped.startswith("-") else 1
    try:
        duration = _unsigned(stripped.removeprefix("-"))
    except OverflowError as error:
        msg = f"{text!r} is too long a duration."
        raise ValueError(msg) from error
    if duration is None:
        msg = f"{text!r} is no duration: expected 90 (seconds), 1h30m or 1:30:00."
        raise ValueError(msg)
    return sign * duration


def _unsigned(text: str) -> dt.timedelta | None:
    if _SECONDS.fullmatch(text):
        return dt.timedelta(seconds=float(text))
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = map(float, clock.groups(default="0"))
        return dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if _ISO.fullmatch(text):
        text = text.replace("P", "").replace("T", "").lower()
    if not text or _PART.sub("", text).strip():
        return None
    parts = (
        dt.timedelta(**{_UNITS[unit]: float(number)})
        for number, unit in _PART.findall(text)
    )
    return sum(parts, dt.timedelta())


def write_timedelta(duration: dt.timedelta) -> str:
    """Write a duration with its units, as :func:`parse_timedelta` reads it.

    >>> write_timedelta(dt.timedelta(hours=1.5)), write_timedelta(-dt.timedelta(days=1))
    ('1h30m', '-1d')
    """
    rest = abs(duration)
    nothing = dt.timedelta()
    text = "-" if duration < nothing else ""
    for unit, seconds in _LARGE_UNITS:
        count = rest // dt.timedelta(seconds=seconds)
        rest -= count * dt.timedelta(seconds=seconds)
        text += f"{count}{unit}" if count else ""
    if rest > nothing or duration == nothing:
        digits = f"{rest.seconds}.{rest.microseconds:06}".rstrip("0").rstrip(".")
        text += f"{digits}s"
    return text
