"""From the operator's transports to the fleet that carries mail: each built once, and anew when it was changed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mandata.delivery.models import Transport
from mandata.delivery.resolver import resolver
from mandata.delivery.services import transports
from mandata.delivery.transports.exchangers import PATIENCE as DNS_PATIENCE
from mandata.delivery.transports.exchangers import Exchangers
from mandata.delivery.transports.fleet import Fleet
from mandata.delivery.transports.mtasts import Policies
from mandata.delivery.transports.ses import Ses, SesSettings
from mandata.delivery.transports.settings import SmtpSettings, from_url
from mandata.delivery.transports.ways import Direct, Relay, Way
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, scope

PATIENCE = 5.0
"""Seconds after which a relay that answers nobody leaves its mail to another transport."""


def fleet(*, dns_patience: float = DNS_PATIENCE) -> Fleet:
    """Return a fleet of all transports, or of the settings' relay where none is set up. `renew` looks again.

    `dns_patience`: seconds to wait for an answer about a domain before its letters come back.
    """
    yard = _Yard(dns_patience)
    return Fleet(yard.ways(), load=yard.ways)


class _Yard:
    """Builds ways and keeps them while what they were built from stays the same: connections live on with them."""

    def __init__(self, dns_patience: float) -> None:
        self._dns_patience = dns_patience
        self._built: dict[str, tuple[Any, Way]] = {}
        self._exchangers: dict[tuple[bool, bool], Exchangers] = {}

    def ways(self) -> Sequence[Way]:
        with scope(INSTANCE):
            rows = list(Transport.objects.prefetch_related("sources").order_by("number"))
            plans = [plan for row in rows for plan in self._plans(row)]
        if not rows:
            settings = from_url(env().smtp_url, helo=env().return_domain, connections=env().smtp_connections)
            plans = [("", ("relay", replace(settings, patience=PATIENCE)))]
        kept: dict[str, tuple[Any, Way]] = {}
        for key, plan in plans:
            before = self._built.get(key)
            kept[key] = before if before is not None and before[0] == plan else (plan, self._way(key, plan))
        self._built = kept
        return [way for _, way in kept.values()]

    def _plans(self, row: Transport) -> list[tuple[str, tuple[Any, ...]]]:
        key = str(row.number)
        if row.kind == "ses":
            return [(key, ("ses", ses_settings(row)))]
        if row.kind != "direct":
            return [(key, ("relay", relay_settings(row)))]
        trust = (bool(row.options.get("sts", True)), bool(row.options.get("dane", True)))
        sources = list(row.sources.all())
        plain = [(key, ("direct", direct_settings("", env().return_domain), row.connections, trust))]
        return plain if not sources else [
            (f"{key}@{one.address}", ("direct", direct_settings(one.address, one.helo), row.connections, trust))
            for one in sources
        ]  # fmt: skip

    def _way(self, key: str, plan: tuple[Any, ...]) -> Way:
        kind, settings, *more = plan
        if kind == "ses":
            return Ses(key, settings)
        if kind == "relay":
            return Relay(key, settings)
        connections, trust = more
        return Direct(key, settings, self._lookups(*trust), connections)

    def _lookups(self, sts: bool, dane: bool) -> Exchangers:
        if (sts, dane) not in self._exchangers:
            self._exchangers[(sts, dane)] = exchangers(sts=sts, dane=dane, patience=self._dns_patience)
        return self._exchangers[(sts, dane)]


def relay_settings(row: Transport) -> SmtpSettings:
    """Return what a session with a relay is told. In the installation's scope."""
    user, password = transports.secret(row)
    read = from_url(row.address, helo=env().return_domain, connections=row.connections)
    return SmtpSettings(
        host=read.host, port=read.port, helo=read.helo, connections=read.connections, tls=read.tls, user=user,
        password=password, patience=PATIENCE, verify=bool(row.options.get("verify", True)),
        authorities=str(row.options.get("authorities", env().authorities or "")),
    )  # fmt: skip


def direct_settings(source: str, helo: str) -> SmtpSettings:
    """Return what a session with a mail exchanger is told; host and protection come with each."""
    authorities = str(env().authorities or "")
    return SmtpSettings(host="", port=env().direct_port, helo=helo, source=source, authorities=authorities)


def ses_settings(row: Transport) -> SesSettings:
    """Return what Amazon SES is told. In the installation's scope."""
    key, word = transports.secret(row)
    return SesSettings(
        region=row.region, key=key, secret=word, endpoint=str(row.options.get("endpoint", "")),
        configuration=str(row.options.get("configuration", "")), connections=row.connections,
    )  # fmt: skip


def exchangers(*, sts: bool = True, dane: bool = True, patience: float = DNS_PATIENCE) -> Exchangers:
    """Return what looks mail exchangers up, by the settings' resolver."""
    settings = env()
    asked = resolver(settings.dns)
    places = Exchangers(
        asked, None, port=settings.direct_port, inside=settings.direct_inside, dane=dane, patience=patience
    )
    if sts:
        places.policies = Policies(
            asked, settings.var / "policies", port=settings.sts_port, authorities=str(settings.authorities or ""),
            reachable=places.reachable,
        )  # fmt: skip
    return places
