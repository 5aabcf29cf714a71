"""What goes by its age: for each category the counting and the deleting that its areas offer, a batch at a time.

`retention` decides when; here stands what. A category that something else already forgets by itself is named with who
does it, so that nothing is done twice. All inside a controller's scope.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mandata.accounts import ageing as accounts
from mandata.audience import ageing as audience
from mandata.campaigns import ageing as campaigns
from mandata.delivery import ageing as delivery
from mandata.foundation.actors import SYSTEM
from mandata.foundation.errors import Fault
from mandata.holdings import erasing, selectors
from mandata.tracking import ageing as tracking

Counter = Callable[[datetime], int]


@dataclass(frozen=True, slots=True)
class Ageing:
    """One place of a category. `holding`: its key in the catalogue.

    `count(before)`: how many would go; `delete(before, limit, at)`: at most so many go, and how many did, 0 at the end;
    `held`: ground -> how many are old enough and stay.
    """

    category: str
    holding: str
    count: Counter
    delete: Callable[[datetime, int, datetime], int]
    held: Mapping[str, Counter] = field(default_factory=dict)
    batch: int = 10_000


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A category that another job forgets. `setting`: which setting or clause says when."""

    category: str
    holding: str
    job: str
    setting: str


def _plain(drop: Callable[[datetime, int], int]) -> Callable[[datetime, int, datetime], int]:
    return lambda before, limit, _at: drop(before, limit)


def _erase(before: datetime, limit: int, at: datetime) -> int:
    """Erase people whom nobody may write to any more, everywhere, each with a certificate (Art. 5(1)(e) GDPR)."""
    references = audience.nobodys(before, min(limit, erasing.BATCH))
    if not references:
        return 0
    order = erasing.Order("no_longer_needed", SYSTEM, at)
    outcome = erasing.as_many_as_possible(selectors.subjects(references), order)
    if not outcome.done and not outcome.earlier:
        raise Fault("Nobody of a batch could be erased.", remedy="Look at the erasures that failed.")
    return len(outcome.done) + len(outcome.earlier)


AGEING: Final = (
    Ageing(
        "content",
        "contacts",
        campaigns.count_content,
        _plain(campaigns.empty_content),
        {"under_way": campaigns.content_under_way},
    ),
    Ageing("drafts", "contacts", campaigns.count_drafts, _plain(campaigns.drop_drafts)),
    Ageing("events", "events", tracking.count_events, _plain(tracking.drop_events), batch=50_000),
    Ageing("messages", "firsts", tracking.count_firsts, _plain(tracking.drop_firsts)),
    Ageing(
        "messages",
        "messages",
        delivery.count_messages,
        _plain(delivery.drop_messages),
        {"under_way": delivery.messages_under_way},
    ),
    Ageing("returns", "returns", delivery.count_returns, _plain(delivery.drop_returns)),
    Ageing("rejections", "rejected_rows", audience.count_rejections, _plain(audience.drop_rejections)),
    Ageing("uploads", "uploads", audience.count_uploads, audience.drop_uploads, batch=50),
    Ageing(
        "consent",
        "subscriptions",
        audience.count_ended,
        _plain(audience.drop_ended),
        {"refusal": audience.ended_unknown},
    ),
    Ageing(
        "people",
        "subscribers",
        audience.count_nobodys,
        _erase,
        {"restricted": audience.nobodys_restricted},
        batch=erasing.BATCH,
    ),
    Ageing("accesses", "staff_accesses", accounts.count_accesses, _plain(accounts.drop_accesses)),
    Ageing("mails", "notices", accounts.count_mails, _plain(accounts.drop_mails), {"notice": accounts.mails_of_law}),
)
"""In the order in which they are gone through: what refers to a person goes before the person."""

ELSEWHERE: Final = (
    Elsewhere("links", "contacts", "tracking.drop_links", "MANDATA_LINK_DAYS"),
    Elsewhere("raw", "returns", "delivery.arriving", ""),
    Elsewhere("answers", "answers", "rights.expire", ""),
    Elsewhere("cases", "cases", "rights.expire", "rights.archive"),
    Elsewhere("backups", "backups", "backups.pruning", "MANDATA_BACKUP_DAYS"),
)


def of(category: str) -> tuple[Ageing, ...]:
    """Return the places of a category."""
    return tuple(one for one in AGEING if one.category == category)
