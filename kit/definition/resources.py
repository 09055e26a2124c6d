"""Resources of a task, and the quantities of Kubernetes that they are written in."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from flyteidl.core import tasks_pb2

from kit.definition.settings import explain_keywords
from kit.errors import ResourcesError

if TYPE_CHECKING:
    from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

_Pair: TypeAlias = "list[Any] | tuple[Any, ...]"
_ACCEPTED: dict[str, tuple[type, ...]] = {
    "cpu": (str, int, float),
    "mem": (str, int),
    "gpu": (str, int),
    "ephemeral_storage": (str, int),
}
_NAMES = {
    "ephemeral_storage": tasks_pb2.Resources.ResourceName.EPHEMERAL_STORAGE,
    "cpu": tasks_pb2.Resources.ResourceName.CPU,
    "gpu": tasks_pb2.Resources.ResourceName.GPU,
    "mem": tasks_pb2.Resources.ResourceName.MEMORY,
}
_TEMPLATE_ORDER = ("ephemeral_storage", "cpu", "gpu", "mem")
_OVERRIDE_ORDER = ("cpu", "mem", "gpu", "ephemeral_storage")


@explain_keywords(ResourcesError, memory="mem", ram="mem", disk="ephemeral_storage")
@dataclass(frozen=True)
class Resources:
    """Amounts of a task's resources: its requests, its limits, or both in pairs.

    Texts are Kubernetes quantities. Numbers are cores, bytes and devices. A pair is a
    request and a limit, for :meth:`ResourceSpec.from_multiple_resource`.

    Attributes:
        cpu: Cores: ``2``, ``0.5``, ``"500m"``.
        mem: Bytes: ``"2Gi"``, ``"512M"``.
        gpu: Devices, a whole number.
        ephemeral_storage: Scratch space in bytes.

    Raises:
        ResourcesError: A value is of the wrong type, or Kubernetes would refuse it.

    Example:
        >>> Resources(cpu=0.5, mem="2Gi")
        Resources(cpu=0.5, mem='2Gi')
    """

    cpu: str | int | float | _Pair | None = None
    mem: str | int | _Pair | None = None
    gpu: str | int | _Pair | None = None
    ephemeral_storage: str | int | _Pair | None = None

    def __post_init__(self) -> None:
        for name, accepted in _ACCEPTED.items():
            value = getattr(self, name)
            if value is not None:
                _check_value(name, value, accepted)

    def __repr__(self) -> str:
        values = ((name, getattr(self, name)) for name in _ACCEPTED)
        shown = ", ".join(f"{n}={v!r}" for n, v in values if v is not None)
        return f"Resources({shown})"


@dataclass(frozen=True)
class ResourceSpec:
    """What a task asks for and what it may take at most."""

    requests: Resources = field(default_factory=Resources)
    limits: Resources = field(default_factory=Resources)

    @classmethod
    def from_multiple_resource(cls, resource: Resources) -> ResourceSpec:
        """Read pairs apart into requests and limits; a single value is a request.

        Example:
            >>> ResourceSpec.from_multiple_resource(Resources(cpu=(1, 2), mem="1Gi"))
            ResourceSpec(requests=Resources(cpu=1, mem='1Gi'), limits=Resources(cpu=2))
        """
        requests: dict[str, Any] = {}
        limits: dict[str, Any] = {}
        for entry in dataclasses.fields(resource):
            value = getattr(resource, entry.name)
            if isinstance(value, (list, tuple)):
                requests[entry.name], limits[entry.name] = value
            else:
                requests[entry.name] = value
        return cls(Resources(**requests), Resources(**limits))


def resources_message(
    requests: Resources | None, limits: Resources | None
) -> tasks_pb2.Resources:
    """Write requests and limits as a container's resources.

    The entries' order and the rule that empty texts and the number 0 are left out are
    flytekit's (``flytekit.core.utils._get_container_definition``); the text ``"0"``
    stays.

    Raises:
        ResourcesError: A value is a pair; those are for ``ResourceSpec``.
    """
    message = tasks_pb2.Resources()
    _add_entries(message.requests, requests, _TEMPLATE_ORDER, keep_zero=False)
    _add_entries(message.limits, limits, _TEMPLATE_ORDER, keep_zero=False)
    return message


def override_resources(
    requests: Resources | None, limits: Resources | None
) -> tasks_pb2.Resources:
    """Write requests and limits as a node's overrides.

    There the entries have another order and zeros stay, and numbers are written as
    Python prints them (``flytekit.core.resources``, the conversion to a model).

    Raises:
        ResourcesError: A value is a pair; those are for ``ResourceSpec``.
    """
    message = tasks_pb2.Resources()
    _add_entries(message.requests, requests, _OVERRIDE_ORDER, keep_zero=True)
    _add_entries(message.limits, limits, _OVERRIDE_ORDER, keep_zero=True)
    return message


def _add_entries(
    entries: RepeatedCompositeFieldContainer[tasks_pb2.Resources.ResourceEntry],
    resources: Resources | None,
    order: tuple[str, ...],
    *,
    keep_zero: bool,
) -> None:
    if resources is None:
        return
    write = str if keep_zero else _text
    for name in order:
        value = getattr(resources, name)
        if value or (keep_zero and value is not None):
            if not isinstance(value, str):
                _check_single(name, value)
            entries.add(name=_NAMES[name], value=write(value))


def _text(value: str | float) -> str:
    if isinstance(value, str):
        return value

    return quantity_text(value)


def _check_single(name: str, value: object) -> None:
    if isinstance(value, (list, tuple)):
        msg = (
            f"{value} can not be a list or tuple. Give {name} one value in "
            f"requests and one in limits."
        )
        raise ResourcesError(msg)


def _check_value(name: str, value: Any, accepted: tuple[type, ...]) -> None:
    is_pair = isinstance(value, (list, tuple))
    for one in value if is_pair else (value,):
        if not isinstance(one, accepted) or isinstance(one, bool):
            kinds = ", ".join(kind.__name__ for kind in accepted)
            msg = f"{value} should be of type {kinds} or a list/tuple of {kinds}"
            raise ResourcesError(f"{msg}, as the value of {name}.")
        _check_amount(name, one)
    if is_pair and len(value) != 2:  # noqa: PLR2004 - a request and a limit
        msg = f"{value} must be of length 2, the request and the limit of {name}."
        raise ResourcesError(msg)


@functools.lru_cache(maxsize=256)  # the same few amounts, over and over
def _check_amount(name: str, value: str | float) -> None:
    if value == "":
        return  # left out on the wire, as flytekit does

    quantity = parse_quantity(_text(value))
    if quantity.amount.numerator < 0:
        msg = f"{name}={value!r} is negative: Kubernetes refuses amounts below 0."
        raise ResourcesError(msg)
    if name == "gpu" and not quantity.is_whole_number:
        msg = f"gpu must be a whole number, got: {value!r} instead."
        raise ResourcesError(msg)


_GRAMMAR = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
_PARTS = re.compile(
    r"[+-]?0*(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?"
    r"(?P<suffix>[eEinumkKMGTP]*[-+]?[0-9]*)",
    re.ASCII,
)
_EXPONENT = re.compile(r"[eE]([-+]?[0-9]{1,9})", re.ASCII)

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12}
_DECIMAL |= {"P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_NAMES = {exponent: name for name, exponent in _DECIMAL.items()}
_BINARY_NAMES = {0: "", **{exponent: name for name, exponent in _BINARY.items()}}

_NANO = 10**9
_INT64_MAX = 2**63 - 1
_INT64_DIGITS = 18
_EXPONENT_LIMIT = 1000  # beyond it a few characters would cost minutes
_MOST_CHARACTERS = 100  # longer texts are not read: a file of a stranger may have them
_MOST_BITS = 300


@dataclass(frozen=True)
class Quantity:
    """An amount of a resource, exact to a billionth.

    Attributes:
        text: What was written.
        amount: The exact value, in cores, bytes or devices.
        family: Which suffixes it was written with: ``"decimal"`` (``m``, ``k``, ``M``),
            ``"exponent"`` (``e3``) or ``"binary"`` (``Ki``, ``Mi``).

    Example:
        >>> parse_quantity("1024Mi").canonical, parse_quantity("0.5").canonical
        ('1Gi', '500m')
    """

    text: str
    amount: Fraction
    family: str

    @property
    def value_ceil(self) -> int:
        """The value in whole units, rounded away from zero: what Flyte compares."""
        return _int64_or_zero(_away_from_zero(self.amount))

    @property
    def milli(self) -> int:
        """The value in thousandths, rounded away from zero; 0 beyond 64 bits."""
        return _int64_or_zero(_away_from_zero(self.amount * 1000))

    @property
    def is_whole_number(self) -> bool:
        """Whether it counts whole things, as devices must; in rounded thousandths.

        So flyteadmin counts (``isWholeNumber`` in its ``task_validator.go``).
        """
        return self.milli % 1000 == 0

    @property
    def is_zero(self) -> bool:
        """Whether it is nothing at all."""
        return self.amount == 0

    @property
    def canonical(self) -> str:
        """The text Kubernetes shows for this amount."""
        if _is_kept_as_written(self.text):
            return self.text
        if self.is_zero:
            return "0"
        if self.family == "binary" and abs(self.amount) >= 1024 and self._is_exact:  # noqa: PLR2004 - one Ki
            return self._binary()
        return self._decimal()

    @property
    def _is_exact(self) -> bool:
        return self.amount.denominator == 1

    def _binary(self) -> str:
        number, exponent = self.amount.numerator, 0
        while exponent < max(_BINARY_NAMES) and number % 1024 == 0:
            number, exponent = number // 1024, exponent + 10
        return f"{number}{_BINARY_NAMES[exponent]}"

    def _decimal(self) -> str:
        number, exponent = int(self.amount * _NANO), -9
        while number % 1000 == 0:
            number, exponent = number // 1000, exponent + 3
        if self.family == "exponent" or exponent not in _DECIMAL_NAMES:
            return f"{number}e{exponent}" if exponent else str(number)
        return f"{number}{_DECIMAL_NAMES[exponent]}"


@functools.lru_cache(maxsize=256)  # templates are made over and over
def parse_quantity(text: str) -> Quantity:
    """Read a quantity exactly as Kubernetes does.

    Raises:
        ResourcesError: Kubernetes would refuse it; the text is Kubernetes' own,
            followed by what was probably meant. Or it is longer than any amount.
    """
    if len(text) > _MOST_CHARACTERS:
        msg = (
            f"{text[:20]!r}… is not a quantity: it has {len(text):,} characters, and "
            f"at most {_MOST_CHARACTERS} are read. Write a number with one of the "
            "suffixes m, k, M, G, T, Ki, Mi, Gi, Ti."
        )
        raise ResourcesError(msg)
    parts = _PARTS.fullmatch(text)
    if parts is None or not text:
        msg = f"quantities must match the regular expression '{_GRAMMAR}'"
        raise ResourcesError(f"{msg}, got {text!r}.{_suggestion(text)}")
    whole, fraction, suffix = parts["whole"], parts["part"] or "", parts["suffix"]
    factor, family = _interpret(text, suffix)
    digits = int(f"{whole}{fraction}" or "0")
    amount = _rounded(Fraction(digits, 10 ** len(fraction)) * factor)
    if family == "binary":
        amount = min(amount, Fraction(_INT64_MAX))
    return Quantity(text, -amount if text[0] == "-" else amount, family)


def _interpret(text: str, suffix: str) -> tuple[Fraction, str]:
    if suffix in _DECIMAL:
        return Fraction(10) ** _DECIMAL[suffix], "decimal"
    if suffix in _BINARY:
        return Fraction(2) ** _BINARY[suffix], "binary"
    exponent = _EXPONENT.fullmatch(suffix)
    if exponent is not None and abs(int(exponent[1])) <= _EXPONENT_LIMIT:
        return Fraction(10) ** int(exponent[1]), "exponent"
    msg = f"unable to parse quantity's suffix {suffix!r} in {text!r}."
    raise ResourcesError(msg + _suggestion(text))


def _rounded(amount: Fraction) -> Fraction:
    return Fraction(math.ceil(amount * _NANO), _NANO)


def _away_from_zero(amount: Fraction) -> int:
    return math.ceil(amount) if amount > 0 else math.floor(amount)


def _int64_or_zero(number: int) -> int:
    return number if abs(number) <= _INT64_MAX else 0


def _is_kept_as_written(text: str) -> bool:
    """Say whether Kubernetes keeps the text it read, taking it for canonical."""
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return False
    whole, fraction, suffix = (
        parts["whole"] or "0",
        parts["part"] or "",
        parts["suffix"],
    )
    digits = whole + fraction
    if suffix in _BINARY:
        short = 14 - len(whole) - int(_BINARY[suffix] * 3 / 10) >= 0
        return short and not fraction and int(digits) % 8 != 0
    exponent = _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
    scale = exponent - len(fraction)
    short = len(digits) <= _INT64_DIGITS and scale >= min(_DECIMAL.values())
    return short and scale % 3 == 0 and digits[0] != "0" and not digits.endswith("000")


_MISSPELT = re.compile(
    r"\s*([+-]?[0-9]*\.?[0-9]+)\s*([kmgtpe])(i?)b?\s*", re.ASCII | re.IGNORECASE
)


def _suggestion(text: str) -> str:
    match = _MISSPELT.fullmatch(text.replace("_", ""))
    if match is None:
        return " Write a number with one of the suffixes m, k, M, G, T, Ki, Mi, Gi, Ti."
    number, letter = match[1], match[2].upper()
    decimal = "k" if letter == "K" else letter
    if match[3]:
        return f" Did you mean '{number}{letter}i'?"
    return f" Did you mean '{number}{decimal}' or '{number}{letter}i'?"


def quantity_text(number: float) -> str:
    """Write a Python number as a quantity: ``1`` is ``"1"`` and ``0.5`` is ``"500m"``.

    What is finer than a billionth is rounded up, as Kubernetes does.

    Raises:
        ResourcesError: The number is not finite.
    """
    if isinstance(number, int) and number.bit_length() > _MOST_BITS:
        bits = number.bit_length()
        msg = f"A number of {bits:,} bits is not a quantity: write it as text."
        raise ResourcesError(msg)
    if not math.isfinite(number):
        msg = f"{number} is not a quantity: give a finite number."
        raise ResourcesError(msg)
    exact = Fraction(repr(number)) if isinstance(number, float) else Fraction(number)
    if exact.denominator == 1:
        return str(exact.numerator)
    nano = _away_from_zero(exact * _NANO)
    for exponent in (-3, -6):
        step = 10 ** (9 + exponent)
        if nano % step == 0:
            return f"{nano // step}{_DECIMAL_NAMES[exponent]}"
    return f"{nano}n"
