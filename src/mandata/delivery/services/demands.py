"""What mailbox providers would say to a campaign, from what is known now. Inside the controller's scope; changes
nothing."""

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from mandata.campaigns import selectors as campaigns
from mandata.delivery import selectors
from mandata.delivery.models import Source, Transport
from mandata.delivery.rules import bulk as rules
from mandata.delivery.services import keys, roads
from mandata.infra import bulk
from mandata.infra.environment import env

SPAN: Final = timedelta(days=30)
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_COUNTED: Final = """
with counted as (select id from campaigns_campaign where launched_at > %(since)s)
select
    (select coalesce(sum(count), 0)::bigint from delivery_counter
     where state = 'sent' and campaign_id in (select id from counted)),
    (select count(*) from delivery_return
     where kind = 'complaint' and received_at > %(since)s and campaign_id in (select id from counted))
"""


def demands(campaign_id: UUID, *, at: datetime) -> tuple[rules.Item, ...]:
    """Return how each demand of the large providers stands for a campaign. Raises NoSuchCampaign."""
    content = campaigns.content_facts(campaign_id)
    name = content.from_domain
    known = selectors.domain_named(name) if name else None
    checks = known.checks if known else keys.shared_checks(name)
    sent, complaints = bulk.execute(_COUNTED, {"since": at - SPAN})[0]
    return rules.items(
        rules.Facts(
            from_domain=name,
            checks=checks,
            signs=bool(name and keys.signing_keys(name)),
            one_click=content.one_click,
            link=content.link,
            sent=int(sent),
            complaints=int(complaints),
            **_roads(at),
        )
    )


def _roads(at: datetime) -> dict[str, Any]:
    rows = [row for row in Transport.objects.all() if roads.usable(row, at)]
    direct = [row for row in rows if row.kind == "direct"]
    relays = [row.address for row in rows if row.kind == "relay"] if rows else [env().smtp_url]
    faulty = [
        one.address
        for one in Source.objects.filter(transport__in=direct).order_by("address")
        if one.fault or one.listed
    ]
    return {
        "direct": bool(direct),
        "relayed": len(rows) > len(direct) or not rows,
        "faulty": faulty,
        "plain_relay": any(_is_plain(address) for address in relays),
    }


def _is_plain(address: str) -> bool:
    """A relay on this machine needs no encryption to be reached."""
    parts = urlsplit(address)
    return parts.scheme == "smtp" and (parts.hostname or "") not in _LOOPBACK
