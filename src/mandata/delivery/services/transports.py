"""The operator's transports: set up, changed, paused, taken away, their terms accepted (DLV-2). Need no scope.

Each act stands in the installation's own log. Without any transport the settings' relay is the only road. Secrets are
sealed under the installation's own keys and shown to nobody; the record holds names of what changed, no values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.delivery.errors import BadTransport, NoSuchTransport
from mandata.delivery.models import Pool, Source, Transport
from mandata.delivery.transports.settings import from_url
from mandata.foundation.actors import Actor
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append
from mandata.subprocessors import selectors as subprocessors
from mandata.vault.services import Vault
from mandata.vault.services import begin as begin_vault

KINDS: Final = ("relay", "direct", "ses", "catcher")
PLACE: Final = "delivery_transport.secret"
OPTIONS: Final[dict[str, tuple[type, ...]]] = {
    "configuration": (str,),  # ses: the configuration set
    "endpoint": (str,),  # ses: another endpoint than Amazon's
    "authorities": (str,),  # relay: a PEM file of authorities instead of the system's
    "verify": (bool,),  # relay: false takes any certificate
    "sts": (bool,),  # direct: false leaves MTA-STS aside
    "dane": (bool,),  # direct: false leaves DANE aside
}
_MOST_WINDOWS: Final = 50


@dataclass(frozen=True, slots=True)
class Window:
    """A time of maintenance in which nothing new is handed to a transport; `until` is no longer part of it."""

    begins: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class From:
    """An address that direct delivery sends from, the name it says in EHLO, and its pool ("": for everybody)."""

    address: str
    helo: str
    pool: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """What a transport is.

    `address` is smtp://, smtp+starttls:// or smtps:// with host and port for a relay and the catcher, empty for direct
    delivery and for SES. `subprocessor` is a name of the register, "" for the house. The lowest `tier` is taken first,
    within a tier by `weight`. `rate` is messages a second, `daily` messages a day, 0 for no limit. `terms` is the
    version of the conditions in force there; nothing is handed over before that version is accepted.
    """

    name: str
    kind: str
    address: str = ""
    subprocessor: str = ""
    tier: int = 1
    weight: int = 1
    connections: int = 10
    rate: int = 0
    daily: int = 0
    region: str = ""
    terms: str = ""
    terms_url: str = ""
    contract_directly: bool = False
    windows: Sequence[Window] = ()
    sources: Sequence[From] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


_FREE: Final = frozenset(one.name for one in fields(Details)) - {"name", "kind", "windows", "sources"}


def add(details: Details, *, actor: Actor, at: datetime, user: str = "", password: str = "") -> UUID:
    """Set a transport up, active at once, and return its id. Raises BadTransport."""
    _check(details)
    with scope(INSTANCE):
        begin_vault(at=at)
        number = (Transport.objects.aggregate(most=Max("number"))["most"] or 0) + 1
        columns = {name: getattr(details, name) for name in _FREE} | {"options": dict(details.options)}
        try:
            with transaction.atomic():
                row = Transport.objects.create(
                    name=details.name.strip(), kind=details.kind, number=number, created_at=at,
                    windows=_windows(details.windows), **columns,
                )  # fmt: skip
        except IntegrityError as error:
            raise BadTransport(
                _("There is a transport %(name)s already.") % {"name": details.name},
                remedy=_("Change that one, or give this one another name."),
            ) from error
        _put_sources(row, details.sources, at)
        if user or password:
            _seal(row, user, password)
        _record("transport.added", row, actor, at, type=row.kind, tier=row.tier, subprocessor=row.subprocessor)
    return row.id


def change(
    name: str, *, actor: Actor, at: datetime, user: str | None = None, password: str | None = None, **given: Any
) -> None:
    """Change what is given of `Details` (but the name and the kind). Raises NoSuchTransport, BadTransport.

    `user` or `password` replace the secret; what is given in `sources` and `windows` takes the place of all before.
    """
    with scope(INSTANCE):
        row = _locked(name)
        details = _details(row, given)
        _check(details)
        changed = sorted(one for one in given if one in _FREE and getattr(row, one) != given[one])
        for one in changed:
            setattr(row, one, given[one])
        if "windows" in given:
            row.windows = _windows(given["windows"])
            changed.append("windows")
        row.save()
        if "sources" in given:
            _put_sources(row, given["sources"], at)
            changed.append("sources")
        if user is not None or password is not None:
            before = secret(row)
            _seal(row, before[0] if user is None else user, before[1] if password is None else password)
            changed.append("secret")
        if changed:
            _record("transport.changed", row, actor, at, fields=changed)


def pause(name: str, *, actor: Actor, at: datetime) -> None:
    """Hand nothing new to a transport; what is under way is finished. Doing it again is done. NoSuchTransport."""
    _move(name, "paused", "transport.paused", actor, at)


def resume(name: str, *, actor: Actor, at: datetime) -> None:
    """Let a transport carry mail again. Doing it again is done. Raises NoSuchTransport."""
    _move(name, "active", "transport.resumed", actor, at)


def remove(name: str, *, actor: Actor, at: datetime) -> None:
    """Take a transport away and destroy its secret. Raises NoSuchTransport."""
    with scope(INSTANCE):
        row = _locked(name)
        held = row.secret is not None
        _record("transport.removed", row, actor, at)
        row_id = row.id
        row.delete()
        if held:
            Vault.open().destroy([row_id])


def accept_terms(name: str, *, version: str, actor: Actor, at: datetime) -> None:
    """Accept a version of a transport's conditions; it must be the one in force there.

    Raises NoSuchTransport, BadTransport.
    """
    with scope(INSTANCE):
        row = _locked(name)
        if version != row.terms:
            raise BadTransport(
                _("The terms in force of %(name)s are %(terms)s, not %(version)s.")
                % {"name": row.name, "terms": row.terms or _("none"), "version": version},
                remedy=_(
                    "Read them, then accept that version; a newer one is entered with `mandata transports change`."
                ),
            )
        row.accepted, row.accepted_at = version, at
        row.save(update_fields=["accepted", "accepted_at"])
        _record("transport.terms_accepted", row, actor, at, version=version)


def assign_pool(controller_id: UUID, pool: str, *, actor: Actor, at: datetime) -> None:
    """Have a controller's mail leave from the addresses of a pool; "" gives it back to the common ones.

    Raises BadTransport for a pool without an address.
    """
    if pool and not Source.objects.filter(pool=pool).exists():
        raise BadTransport(
            _("No transport has an address in a pool %(pool)s.") % {"pool": pool},
            remedy=_("Name a pool that `mandata transports list` shows."),
        )
    with scope(controller_id):
        accounts.controller()
    with transaction.atomic():
        Pool.objects.filter(controller_id=controller_id).delete()
        if pool:
            Pool.objects.create(controller_id=controller_id, pool=pool, since=at)
    with scope(INSTANCE):
        body: dict[str, object] = {"controller": controller_id, "pool": pool}
        append(kind="transport.pool_assigned", body=body, actor=actor, at=at)


def secret(row: Transport) -> tuple[str, str]:
    """Return user and password of a transport, opened; empty where it has none. In the installation's scope."""
    if row.secret is None:
        return "", ""
    user, password = orjson.loads(Vault.open().unseal(row.id, PLACE, bytes(row.secret)))
    return user, password


# -- inside ------------------------------------------------------------------------------------------------------------


def _record(kind: str, row: Transport, actor: Actor, at: datetime, **body: object) -> None:
    append(kind=kind, body={"transport": row.id, "name": row.name, **body}, actor=actor, at=at)


def _move(name: str, state: str, kind: str, actor: Actor, at: datetime) -> None:
    with scope(INSTANCE):
        row = _locked(name)
        if row.state == state:
            return
        row.state = state
        row.save(update_fields=["state"])
        _record(kind, row, actor, at)


def _locked(name: str) -> Transport:
    row = Transport.objects.select_for_update().filter(name=name).first()
    if row is None:
        raise NoSuchTransport(
            _("There is no transport %(name)s.") % {"name": name}, remedy=_("`mandata transports list` shows them.")
        )
    return row


def _details(row: Transport, given: Mapping[str, Any]) -> Details:
    known = {name: getattr(row, name) for name in _FREE}
    sources = [From(one.address, one.helo, one.pool) for one in row.sources.order_by("created_at")]
    whole = {"name": row.name, "kind": row.kind, "sources": sources, "windows": (), **known, **given}
    return Details(**whole)


def _seal(row: Transport, user: str, password: str) -> None:
    vault = Vault.open()
    if row.secret is None:
        vault.create([row.id])
    row.secret = vault.seal(row.id, PLACE, orjson.dumps([user, password]))
    row.save(update_fields=["secret"])


def _put_sources(row: Transport, sources: Sequence[From], at: datetime) -> None:
    wanted = {one.address: one for one in sources}
    row.sources.exclude(address__in=wanted).delete()
    for one in sources:
        values = {"helo": one.helo, "pool": one.pool}
        Source.objects.update_or_create(
            transport=row, address=one.address, defaults=values, create_defaults={**values, "created_at": at}
        )


def _windows(windows: Sequence[Window]) -> list[dict[str, str]]:
    return [{"from": one.begins.isoformat(), "until": one.until.isoformat()} for one in windows]


# -- what a transport must be ------------------------------------------------------------------------------------------


def _check(details: Details) -> None:
    for check in _CHECKS:
        if fault := check(details):
            raise BadTransport(fault, remedy=_("Correct it and try again; nothing has changed."))


def _name(details: Details) -> str:
    good = 0 < len(details.name.strip()) <= 60 and "/" not in details.name and "@" not in details.name
    return "" if good else _("A transport needs a name of at most 60 characters, without / and @.")


def _kind(details: Details) -> str:
    return "" if details.kind in KINDS else _("A transport is one of: %(kinds)s.") % {"kinds": ", ".join(KINDS)}


def _address(details: Details) -> str:
    if details.kind in ("direct", "ses"):
        return _("Only a relay and the catcher have an address.") if details.address else ""
    try:
        from_url(details.address)
    except ValueError:
        return _("An address is smtp://, smtp+starttls:// or smtps:// with a host and perhaps a port.")
    if urlsplit(details.address).username is not None or urlsplit(details.address).password is not None:
        return _("The address holds no user and no password; they are given apart and sealed.")
    return ""


def _numbers(details: Details) -> str:
    good = (
        1 <= details.tier <= 99
        and 1 <= details.weight <= 1000
        and 1 <= details.connections <= 500
        and 0 <= details.rate <= 1_000_000
        and 0 <= details.daily <= 1_000_000_000
    )
    return "" if good else _("Tier is 1 to 99, weight 1 to 1000, connections 1 to 500; limits are not below 0.")


def _region(details: Details) -> str:
    needed = details.kind == "ses" and not details.region
    return _("Amazon SES needs a region, for example eu-central-1.") if needed else ""


def _known(details: Details) -> str:
    if not details.subprocessor or subprocessors.exists(details.subprocessor):
        return ""
    return _("The register holds no sub-processor %(name)s.") % {"name": details.subprocessor}


def _maintained(details: Details) -> str:
    good = len(details.windows) <= _MOST_WINDOWS and all(one.begins < one.until for one in details.windows)
    return "" if good else _("A maintenance window begins before it ends, and there are at most 50.")


def _sourced(details: Details) -> str:
    if details.sources and details.kind != "direct":
        return _("Only direct delivery has source addresses.")
    for one in details.sources:
        try:
            ip_address(one.address)
        except ValueError:
            return _("%(address)s is no address of a network.") % {"address": one.address}
        if not one.helo or not one.helo.isascii() or " " in one.helo or len(one.pool) > 40:
            return _("Each source address has a name for EHLO, and its pool at most 40 characters.")
    addresses = [one.address for one in details.sources]
    return "" if len(set(addresses)) == len(addresses) else _("A source address is named once.")


def _options(details: Details) -> str:
    for name, value in details.options.items():
        if name not in OPTIONS or not isinstance(value, OPTIONS[name]):
            return _("There is no option %(name)s of this kind.") % {"name": name}
    return ""


_CHECKS: Final[tuple[Callable[[Details], str], ...]] = (
    _name, _kind, _address, _numbers, _region, _known, _maintained, _sourced, _options,
)  # fmt: skip
