"""Who receives for a mail domain, by its mail exchangers: looked up in the background, joined at the freeze.

A provider is known by its name where `providers.toml` has it, else by the organisational domain of its first exchanger.
Only what serves several domains, has a rule of the operator's, or stands in the file is told apart when messages are
made: all others together are one, so that no domain of a single person shows in counters.
"""

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.delivery import catalogue
from mandata.delivery.models import Provider, Rule
from mandata.delivery.organisations import organisational
from mandata.delivery.resolver import NoAnswer, NoSuchName, mx, resolver
from mandata.infra import bulk
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.tenancy import scope

FRESH: Final = timedelta(days=7)
"""After so long a domain is looked up again."""
KEPT: Final = timedelta(days=60)
"""What no audience had for so long is forgotten."""
SHARED: Final = 5
"""So many domains make a provider that is told apart."""
_AT_ONCE: Final = 16
_MOST: Final = 2_000
_SILENT_FOR: Final = 60.0
_EVERY: Final = 3600.0

_UNKNOWN = """
with domains as (
    select mail_domain, count(*) as people, sha256(convert_to(mail_domain, 'UTF8')) as digest
    from audience_subscriber where provider = '' and mail_domain <> '' group by mail_domain
), used as (
    update delivery_provider p set used_at = %(at)s from domains d
    where p.digest = d.digest and p.used_at < %(fresh)s
)
select d.mail_domain from domains d
where not exists (select from delivery_provider p where p.digest = d.digest and p.found_at >= %(fresh)s)
order by d.people desc, d.mail_domain limit %(most)s
"""
_SHARED = "select provider from delivery_provider where provider <> '' group by provider having count(*) >= %b"

_log = log("delivery")
_silent_until = 0.0
_looked: dict[UUID, float] = {}


def fill(*, controller_id: UUID, at: datetime, seconds: float) -> int:
    """Look up the mail domains of a controller's people that are unknown or were looked up long ago, those of most
    people first, for so many seconds at most; return how many were found out. No transaction is open meanwhile."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return 0
    with scope(controller_id):
        rows = bulk.execute(_UNKNOWN, {"at": at, "fresh": at - FRESH, "most": _MOST})
    found, silent = _ask([row[0] for row in rows], seconds)
    if silent and not found:
        _silent_until = time.monotonic() + _SILENT_FOR
        _log.warning("providers.unknown", domains=silent)
    kept = sorted((digest(name), who) for name, who in found.items())  # in one order, whoever else does the same
    Provider.objects.bulk_create(
        [Provider(digest=key, provider=who, found_at=at, used_at=at) for key, who in kept], update_conflicts=True,
        unique_fields=["digest"], update_fields=["provider", "found_at", "used_at"], batch_size=1_000,
    )  # fmt: skip
    return len(found)


def _ask(domains: Sequence[str], seconds: float) -> tuple[dict[str, str], int]:
    """Return domain -> provider of those that DNS answered about in time, and about how many it was silent."""
    found: dict[str, str] = {}
    if not domains:
        return found, 0
    asked = resolver(env().dns, timeout=min(2.0, seconds))
    until, silent = time.monotonic() + seconds, 0
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="mx") as pool:
        for start in range(0, len(domains), _AT_ONCE):
            some = domains[start : start + _AT_ONCE]
            jobs = {pool.submit(of_exchangers, name, asked): name for name in some}
            for job in wait(jobs).done:
                try:
                    found[jobs[job]] = job.result()
                except NoAnswer:
                    silent += 1
            if time.monotonic() > until or (silent and not found):
                break
    return found, silent


def of_exchangers(domain: str, asked: object) -> str:
    """Return the provider of a domain by asking DNS; "" for a domain that takes no mail. Raises NoAnswer."""
    try:
        hosts = mx(domain, asked).hosts  # type: ignore[arg-type]
    except NoSuchName:
        return ""
    if not hosts:
        return ""
    name = catalogue.known(hosts[0][1]) or organisational(hosts[0][1])
    return name if len(name) <= catalogue.LONGEST else ""


def digest(domain: str) -> bytes:
    """Return how a domain stands in the cache."""
    return hashlib.sha256(domain.encode("utf-8")).digest()


def told_apart() -> list[str]:
    """Return the names of the providers that messages are counted by."""
    shared = [str(row[0]) for row in bulk.execute(_SHARED, [SHARED])]
    ruled = Rule.objects.exclude(provider="").values_list("provider", flat=True)
    return sorted({*catalogue.names(), *shared, *ruled})


def look_due(*, at: datetime) -> int:
    """Look up the domains of each controller once an hour, and forget what nobody needs; a loop of `mandata worker`."""
    clock = time.monotonic()
    for controller_id in accounts.ids():
        if _looked.get(controller_id, 0.0) > clock:
            continue
        more = fill(controller_id=controller_id, at=at, seconds=10.0) >= _MOST
        _looked[controller_id] = clock + (0.0 if more else _EVERY)
    Provider.objects.filter(used_at__lt=at - KEPT).delete()
    return 0
