"""For how long each category of data is kept, on whose word, and up to when it goes (RET-1). Pure.

A category's period comes from the clause that names it; from the controller where the agreement leaves the period to
it, or is silent; else from us. Without any of these it is kept as long as the agreement lasts. A clause by which data
*may* go never deletes earlier than its later reading; the floor of a category is nobody's to lower.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from mandata.agreements.rules import windows
from mandata.agreements.rules.terms import Mark, Terms
from mandata.foundation import periods
from mandata.foundation.periods import Period, Reckoning
from mandata.foundation.words import mark as _

SETTINGS: Final = "content.settings"
"""The clause by which the controller sets by itself how long data is kept."""
SILENT: Final = "Art. 28(3)(a) GDPR"
"""Where an agreement says nothing of a category, the controller's instruction decides."""
LEAP: Final = timedelta(days=3)
"""After so long without a look a person decides: the installation stood still, or a clock is wrong."""
GROUNDS: Final[Mapping[str, str]] = {
    "claims": _("a claim is made or defended (Art. 17(3)(e) GDPR)"),
    "law": _("a law obliges to keep it (Art. 17(3)(b) GDPR)"),
    "authority": _("an authority has asked for it"),
    "dispute": _("the deletion itself is disputed"),
}
"""Why nothing of a category is deleted for the time being."""
HELD: Final[Mapping[str, str]] = {
    "under_way": _("the campaign has not ended"),
    "refusal": _("nothing else would keep the person from being written to again (Art. 21(3) GDPR)"),
    "restricted": _("the data is restricted (Art. 18 GDPR)"),
    "notice": _("it proves a notice under the agreement (Art. 17(3)(e) GDPR)"),
}
"""Why something stays though it is old enough."""


class Origin(StrEnum):
    """On whose word a category is kept for so long."""

    CLAUSE = "clause"
    CONTROLLER = "controller"
    OURS = "ours"
    AGREEMENT = "agreement"


ORIGINS: Final[Mapping[Origin, str]] = {
    Origin.CLAUSE: _("the agreement"),
    Origin.CONTROLLER: _("your own setting"),
    Origin.OURS: _("our own rule"),
    Origin.AGREEMENT: _("as long as the agreement lasts"),
}


@dataclass(frozen=True, slots=True)
class Category:
    """A category: its name, from when its time runs, the clause that may speak of it.

    `least`: what nobody may go below, with the reason; `ours`: what we do where nobody says anything. `settable` is
    false where only the law or the running of the service decides.
    """

    code: str
    name: str
    since: str
    clause: str = ""
    least: Period | None = None
    why_least: str = ""
    ours: Period | None = None
    settable: bool = True


def _p(text: str) -> Period:
    return Period.parse(text)


CATEGORIES: Final = (
    Category("content", _("Content of campaigns that have ended"), _("its creation"), "content.available"),
    Category("drafts", _("Drafts"), _("the last work at it"), "content.templates"),
    Category("events", _("Opens and clicks of single people"), _("the event")),
    Category(
        "messages",
        _("Who was sent which campaign"),
        _("the end of the campaign"),
        least=_p("30 days"),
        why_least=_("Its link to unsubscribe must work for 30 days (15 U.S.C. § 7704(a)(3))."),
    ),
    Category(
        "returns",
        _("Bounces and complaints"),
        _("its receipt"),
        least=_p("90 days"),
        why_least=_("The agreed shares of complaints and of dead addresses are counted from them."),
    ),
    Category("rejections", _("Rows that imports refused"), _("the end of the import"), ours=_p("1 year")),
    Category("uploads", _("Uploaded files that nobody imported"), _("the upload"), ours=_p("30 days")),
    Category(
        "consent",
        _("Subscriptions that have ended, with their evidence"),
        _("the end of the subscription"),
        least=_p("30 days"),
        why_least=_("Who has just left may still ask on what ground messages were sent."),
    ),
    Category(
        "people",
        _("People who are on no list any more"),
        _("the end of their last subscription"),
        least=_p("30 days"),
        why_least=_("Who left by mistake can come back for 30 days."),
    ),
    Category(
        "accesses",
        _("Accesses to the data, with their log"),
        _("the end of the access"),
        least=_p("400 days"),
        why_least=_("What is unusual about an access is seen by the accesses before it."),
        ours=_p("3 years"),
    ),
    Category("mails", _("Mails of the system to members"), _("its sending"), ours=_p("2 years"), settable=False),
)
"""In the order in which a page shows them; `holdings.ageing` says what goes."""
BY_CODE: Final[Mapping[str, Category]] = {one.code: one for one in CATEGORIES}

ELSEWHERE: Final[Mapping[str, tuple[str, str]]] = {
    "links": (_("Where links of campaigns lead"), _("a setting of the installation")),
    "raw": (_("Mail that came back, raw"), _("gone as soon as it is processed")),
    "answers": (_("Answers to requests, to be fetched"), _("until their link expires")),
    "cases": (_("Requests and their answers"), _("the agreement's archive of requests")),
    "backups": (_("Backups"), _("a setting of the installation, sooner where an agreement promises it")),
    "suppression": (_("Keyed hashes of who must not be written to"), _("until the person subscribes anew")),
    "record": (_("The record"), _("ids and counts only; personal parts go with the person")),
}
"""Categories that something else forgets, or that stay as the least that must (DSR-13): name, by what."""


@dataclass(frozen=True, slots=True)
class Rule:
    """For how long a category is kept: `period` None is as long as the agreement lasts.

    `clause`, `source`: on what it rests, empty where on nothing of the agreement; `marked`: "ours", "open" or "unclear"
    where the agreement's own source does not say it. `may_set`: whether the controller sets it itself.
    """

    category: Category
    period: Period | None
    origin: Origin
    clause: str
    source: str
    marked: str
    may_set: bool


def rule(category: Category, terms: Terms | None, setting: Period | None) -> Rule:
    """Resolve a category's rule by the terms and by what the controller has set."""
    named = windows.period(terms, category.clause) if terms is not None and category.clause else None
    granted = terms is not None and SETTINGS in terms.clauses
    free = category.settable and (granted or named is None)
    if setting is not None and free:
        key = SETTINGS if granted else ""
        return Rule(category, _least(setting, category), Origin.CONTROLLER, key, _source(terms, key), "", free)
    if named is not None and terms is not None:
        marked = terms.clauses[category.clause].mark
        said = "" if marked is Mark.SEED else str(marked.value)
        return Rule(category, named, Origin.CLAUSE, category.clause, _source(terms, category.clause), said, free)
    if category.ours is not None:
        return Rule(category, category.ours, Origin.OURS, "", "RET-1", "ours", free)
    key = SETTINGS if granted and category.settable else ""
    return Rule(category, None, Origin.AGREEMENT, key, _source(terms, key), "", free)


def rules(terms: Terms | None, settings: Mapping[str, Period]) -> tuple[Rule, ...]:
    """Resolve every category's rule, in their order."""
    return tuple(rule(one, terms, settings.get(one.code)) for one in CATEGORIES)


def _source(terms: Terms | None, key: str) -> str:
    return terms.source(key) if terms is not None and key else SILENT


def _least(period: Period, category: Category) -> Period:
    return category.least if category.least is not None and shorter(period, category.least) else period


def shorter(one: Period, other: Period) -> bool:
    """Whether a period is surely shorter than another, whenever it begins."""
    return _days(one) < _days(other)


_LENGTHS: Final = {"days": 1, "working days": 1, "weeks": 7, "months": 28, "years": 365}


def _days(period: Period) -> int:
    unit = period.unit.value
    return 0 if unit == "hours" else period.amount * _LENGTHS[unit]


def cutoff(period: Period, at: datetime, reckoning: Reckoning) -> datetime:
    """The latest midnight before which everything has had its period at an instant, by the later reading.

    What happened on that day or after it stays; so nothing goes a day too soon, whatever the calendar.
    """
    zone = ZoneInfo(reckoning.zone)
    guess = periods.before(period, at, reckoning).strict.astimezone(zone)
    day = guess.replace(hour=0, minute=0, second=0, microsecond=0)
    for _step in range(20):
        if windows.after(period, day.astimezone(ZoneInfo("UTC")), reckoning) <= at:
            return day
        day = (day - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return day


class Look(StrEnum):
    """What a daily run does when it comes."""

    RUN = "run"
    ASK = "ask"
    WAIT = "wait"


def look(at: datetime, last: datetime | None) -> Look:
    """Whether a daily run deletes, by the look before it: only where that was on an earlier day and not long ago.

    The first one, and the first one after a clock has gone back, only notes the day, so that one wrong clock deletes
    nothing; after a leap (`LEAP`) it does not delete by itself.
    """
    if last is None or at < last:
        return Look.WAIT
    if at - last > LEAP:
        return Look.ASK
    return Look.RUN if at.date() > last.date() else Look.WAIT
