"""What goes by its age here, for `holdings.ageing`: mails of the system's own that are settled, and accesses to the
controller's data with their log. In the open scope."""

from datetime import datetime
from typing import Final

from mandata.accounts import personal
from mandata.infra import bulk

# Legal notices prove what was told (AGR-7); mails to data subjects belong to their case; those to the operator of an
# unusual access name it, and a member.
_SETTLED: Final = """(subject is null or kind = 'access_unusual') and state in ('sent', 'failed')
    and coalesce(sent_at, created_at) < %(before)b"""
_COUNT: Final = f"select count(*) from accounts_notice where {_SETTLED} and not legal"  # noqa: S608 - our own words
_LEGAL: Final = f"select count(*) from accounts_notice where {_SETTLED} and legal"  # noqa: S608 - our own words
_PAGE: Final = f"""
select id from accounts_notice where {_SETTLED} and not legal order by created_at limit %(limit)b
"""  # noqa: S608 - our own words


def count_mails(before: datetime) -> int:
    """Return how many mails to members were settled before an instant."""
    return int(bulk.execute(_COUNT, {"before": before})[0][0])


def mails_of_law(before: datetime) -> int:
    """Return how many of that age stay because they are notices under the agreement."""
    return int(bulk.execute(_LEGAL, {"before": before})[0][0])


def drop_mails(before: datetime, limit: int) -> int:
    """Delete at most so many of them with their keys; return how many."""
    found = [one for (one,) in bulk.execute(_PAGE, {"before": before, "limit": limit})]
    return personal.forget(found) if found else 0  # where there are none there may be no keys either


# A row of the log is judged by until it is 400 days old; before that the database keeps it, whatever a clock says.
_LOGGED: Final = "at < least(%(before)b, now() - interval '400 days')"
_OVER: Final = "coalesce(closed_at, until) < %(before)b"
_ACCESSES: Final = (
    ("accounts_accessalert", "at < %(before)b"),
    ("accounts_accesslog", _LOGGED),
    ("accounts_staffaccess", _OVER),
)


def count_accesses(before: datetime) -> int:
    """Return how many accesses of the staff, rows of their log and alerts were over before an instant."""
    parts = " + ".join(f"(select count(*) from {table} where {old})" for table, old in _ACCESSES)  # noqa: S608 - ours
    return int(bulk.execute(f"select {parts}", {"before": before})[0][0])


def drop_accesses(before: datetime, limit: int) -> int:
    """Delete at most so many of them, what was unusual first; return how many. The record keeps its entries."""
    gone = 0
    for table, old in _ACCESSES:
        statement = f"""
            with old as (select id from {table} where {old} order by id limit %(limit)b)
            delete from {table} t using old where t.id = old.id returning 1"""  # noqa: S608 - our own words
        gone += len(bulk.execute(statement, {"before": before, "limit": limit - gone})) if gone < limit else 0
    return gone
