"""The values that a clause can hold: one frozen dataclass per kind, shared by all agreements.

A field annotated with a vocabulary's name takes one of its codes (``vocabulary.py``); ``OWN`` means the vocabulary
that the
clause's own specification names. A period of ``None`` stands for "without undue delay": the clause is then marked
``open`` and may
name a working target of ours.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from mandata.foundation.periods.values import Period as Period
from mandata.foundation.periods.values import Reckoning as Reckoning
from mandata.foundation.periods.values import Regime as Regime
from mandata.foundation.periods.values import Unit as Unit

OWN: Final = "own"


_EUROPE: Final = (
    "BGN",
    "CHF",
    "CZK",
    "DKK",
    "EUR",
    "GBP",
    "HUF",
    "ISK",
    "NOK",
    "PLN",
    "RON",
    "RSD",
    "SEK",
    "TRY",
    "UAH",
)
_WORLD: Final = (
    "AED",
    "AUD",
    "BRL",
    "CAD",
    "CNY",
    "HKD",
    "ILS",
    "INR",
    "JPY",
    "KRW",
    "MXN",
    "NZD",
    "SAR",
    "SGD",
    "USD",
)
CURRENCIES: Final = frozenset({*_EUROPE, *_WORLD})
"""Currencies in which an agreement may state sums (ISO 4217)."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a whole, written ``"0.05 %"``; kept exact, because a threshold decides over a contract."""

    percent: Decimal

    @classmethod
    def parse(cls, text: str) -> "Share":
        """Above 0 and at most 100, with a percent sign. Raises ValueError otherwise."""
        found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%", text)
        if found is None or not 0 < Decimal(found[1]) <= 100:
            raise ValueError("a share is a number above 0 and at most 100 with a percent sign: '0.05 %'")
        return cls(Decimal(found[1]))

    def exceeded_by(self, part: int, whole: int) -> bool:
        """Whether part of whole is *more than* this share. Nothing is exceeded where there is no whole."""
        return whole > 0 and Decimal(part) * 100 > self.percent * whole

    def __str__(self) -> str:
        return f"{self.percent.normalize():f} %"


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency (ISO 4217), written ``"USD 150"`` or ``"CZK 1500.50"``."""

    amount: Decimal
    currency: str

    @classmethod
    def parse(cls, text: str) -> "Money":
        """Above 0, with at most two decimals and no sign for thousands. Raises ValueError otherwise."""
        found = re.fullmatch(r"([A-Z]{3}) ([0-9]{1,12}(?:\.[0-9]{1,2})?)", text)
        if found is None or not Decimal(found[2]) > 0:
            raise ValueError("money is a currency's three letters and an amount above 0: 'USD 150'")
        if found[1] not in CURRENCIES:
            raise ValueError(f"{found[1]} is no currency that is known here")
        return cls(Decimal(found[2]), found[1])

    def __str__(self) -> str:
        return f"{self.currency} {self.amount}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the clause's possible rules; ``None`` where the seed is silent, with ``target`` for what we do
    meanwhile.
    """

    value: Annotated[str | None, OWN] = None
    target: Annotated[str | None, OWN] = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A closed list of codes of the clause's vocabulary, in the order in which the text names them."""

    items: Annotated[tuple[str, ...], OWN]


@dataclass(frozen=True, slots=True)
class Names:
    """Proper names that no language translates, for example of sub-processors."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """A duty: ``who`` acts within ``period`` after ``start``."""

    who: Annotated[str, "party"]
    start: Annotated[str, "event"]
    period: Period | None = None
    target: Period | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A right of ``who`` that lapses ``period`` after ``start``; read late where the rule leaves room, being the
    other's right. ``form`` is how it is exercised, where the agreement demands one.
    """

    who: Annotated[str, "party"]
    start: Annotated[str, "event"]
    period: Period | None = None
    target: Period | None = None
    form: Annotated[str | None, "channel"] = None


@dataclass(frozen=True, slots=True)
class Extension:
    """An answer may take ``total`` from ``start`` (counted once, not added on) if ``who`` tells of it within ``told``
    from the same event.
    """

    who: Annotated[str, "party"]
    start: Annotated[str, "event"]
    total: Period
    told: Period


@dataclass(frozen=True, slots=True)
class Recurring:
    """``who`` has something done by ``by`` once in every ``every``; with ``calendar`` whole calendar years count,
    whenever in them it falls.
    """

    who: Annotated[str, "party"]
    by: Annotated[str, "doer"]
    every: Period
    calendar: bool = False


@dataclass(frozen=True, slots=True)
class Scopes:
    """Codes of the clause's vocabulary, each with the categories of data that belong to it; none where nobody has
    stated them yet.
    """

    scope: Annotated[tuple[tuple[str, tuple[str, ...]], ...], OWN]

    @property
    def items(self) -> tuple[str, ...]:
        """The codes alone, in order."""
        return tuple(code for code, _categories in self.scope)

    def categories(self, code: str) -> tuple[str, ...]:
        """The categories that belong to a code, empty where none is stated or the code is not listed."""
        return dict(self.scope).get(code, ())


@dataclass(frozen=True, slots=True)
class Ahead:
    """A duty to tell: ``who`` gives notice of ``effect`` at least ``period`` before it, by one of ``channels`` or
    all.
    """

    who: Annotated[str, "party"]
    effect: Annotated[str, "effect"]
    channels: Annotated[tuple[str, ...], "channel"]
    period: Period | None = None
    target: Period | None = None
    usually: bool = False
    all_channels: bool = False


@dataclass(frozen=True, slots=True)
class After:
    """A state lasts ``period`` from ``start``; what then follows is the clause's own sentence."""

    start: Annotated[str, "event"]
    period: Period


@dataclass(frozen=True, slots=True)
class Before:
    """A duty of ``who`` that is to be met at least ``period`` before ``effect``."""

    who: Annotated[str, "party"]
    effect: Annotated[str, "effect"]
    period: Period


@dataclass(frozen=True, slots=True)
class Weekly:
    """A stretch of every week: it begins on ``weekday`` at ``clock`` (24 hours, "12:00") and lasts ``period``."""

    weekday: Annotated[str, "weekday"]
    clock: str
    period: Period


@dataclass(frozen=True, slots=True)
class Lasting:
    """A plain length, for example of a minimum term."""

    period: Period


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most ``times`` in each ``per``, each at most ``longest``."""

    times: int
    per: Period
    longest: Period


@dataclass(frozen=True, slots=True)
class Threshold:
    """A share that must not be exceeded."""

    share: Share


@dataclass(frozen=True, slots=True)
class Counted:
    """How a share is counted: ``over`` what, within which ``period``; below ``least`` cases it only warns."""

    over: Annotated[str, "counted"]
    period: Period
    least: int


@dataclass(frozen=True, slots=True)
class Cap:
    """Liability at most the sums named by ``base`` for the last ``period`` before what ``before`` names."""

    base: Annotated[str, "base"]
    period: Period
    before: Annotated[str, "measured"] = "event"


@dataclass(frozen=True, slots=True)
class Rate:
    """What an hour of work costs; with ``limit`` it is the most that an hour may cost. ``vat_apart``: VAT comes on
    top.
    """

    hour: Money
    limit: bool = False
    vat_apart: bool = False


@dataclass(frozen=True, slots=True)
class Rates:
    """What a man-hour costs for the ``first`` occasion in a calendar year and for each ``further`` one, VAT apart.

    ``index`` names the statistic by which both rise, ``rises`` when and how often.
    """

    first: Money
    further: Money
    index: Annotated[str, "index"]
    rises: Annotated[str, "rise"]
    vat_apart: bool = True


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount of money above, or at most, which something follows."""

    money: Money


@dataclass(frozen=True, slots=True)
class Interest:
    """Late interest: a share of what is owed for each ``per`` of delay, one begun counting as a whole one."""

    share: Share
    per: Period


@dataclass(frozen=True, slots=True)
class Frequency:
    """At most (or, as the clause says, at least) ``times`` in each ``per``."""

    times: int
    per: Period


@dataclass(frozen=True, slots=True)
class Dated:
    """A calendar date."""

    date: date


@dataclass(frozen=True, slots=True)
class Question:
    """A yes-or-no question put before acceptance.

    ``refuse`` and ``advise`` name the answer that has that consequence, if any.
    """

    refuse: Annotated[str | None, "answer"] = None
    advise: Annotated[str | None, "answer"] = None
    minimum: int | None = None


Value = (
    Choice
    | Listing
    | Names
    | Within
    | Window
    | Extension
    | Recurring
    | Scopes
    | Ahead
    | After
    | Before
    | Weekly
    | Lasting
    | Allowance
    | Threshold
    | Counted
    | Cap
    | Rate
    | Rates
    | Sum
    | Interest
    | Frequency
    | Dated
    | Question
)
