"""Tracking hosts: names of the controller's that lead to the operator's door by CNAME, checked, used by campaigns that
are compiled from then on. Inside the controller's scope."""

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mandata.delivery.errors import HostTaken, NoSuchHost, NotAHost
from mandata.delivery.models import Host
from mandata.delivery.resolver import look_up, resolver
from mandata.delivery.rules.domains import domain_name
from mandata.delivery.rules.spf import Question
from mandata.delivery.services import claims, telling
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.record.services import append
from mandata.vault.services import Vault

KIND: Final = "host"
EVERY: Final = timedelta(hours=1)
SOON: Final = timedelta(minutes=5)


def target() -> str:
    """Return the operator's tracking host: where the CNAME has to lead."""
    return (urlsplit(env().tracking_url).hostname or "").lower()


def add_host(*, name: str, actor: Actor, at: datetime) -> UUID:
    """Add a tracking host and return its id. Raises NotAHost, HostTaken."""
    try:
        host = domain_name(name)
    except ValueError:
        raise NotAHost(
            _("This is no host name."), remedy=_("Write it like links.example.com, without http:// before it.")
        ) from None
    if host in {target(), (urlsplit(env().public_url).hostname or "").lower()}:
        raise NotAHost(_("This is a host of the operator."), remedy=_("Use a name below a domain of your own."))
    if claims.is_taken(host):
        _refuse_taken(host)
    row = Host(id=new_id(), name=host, created_at=at)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise HostTaken(_("This host is there already."), remedy=_("Look for it in the list.")) from None
    claims.watch(owner_id=row.id, kind=KIND, at=at, after=SOON)
    append(kind="host.added", body={"host": row.id, "name": host}, actor=actor, at=at)
    return row.id


def _refuse_taken(host: str) -> None:
    raise HostTaken(
        _("The host %(host)s is another controller’s.") % {"host": host},
        remedy=_("Use another name below a domain of your own."),
    )


def ask_dns(name: str) -> tuple[str, ...]:
    """Return where the name's CNAME leads; nothing where it has none. Raises Fault where DNS does not answer."""
    question = Question(name, "CNAME")
    return look_up([question], resolver(env().dns))[question]


def check_host(*, host_id: UUID, actor: Actor, at: datetime) -> str:
    """Ask DNS now and return the host's state. Raises NoSuchHost; Fault where DNS does not answer."""
    row = _row(host_id)
    return settle(host_id=host_id, found=ask_dns(row.name), actor=actor, at=at)


def settle(*, host_id: UUID, found: tuple[str, ...], actor: Actor, at: datetime, patient: bool = False) -> str:
    """Keep what DNS answered and return the state. `patient`: a good host's bad answer is believed at the second look,
    and told. Raises NoSuchHost."""
    row = Host.objects.select_for_update().filter(id=host_id).first() or _row(host_id)
    before, row.checked_at = row.state, at
    good = [one.rstrip(".").lower() for one in found] == [target()]
    if not good and before == "verified" and patient and row.doubted_at is None:
        row.doubted_at = at
        row.save(update_fields=["checked_at", "doubted_at"])
        claims.watch(owner_id=row.id, kind=KIND, at=at, after=SOON)
        return before
    row.code, row.found, row.doubted_at = _code(found, good), list(found), None
    if good and not claims.claim(name=row.name, kind=KIND, owner_id=row.id):
        good, row.code = False, "taken"
    if good:
        row.state, row.verified_at = "verified", row.verified_at or at
    elif row.verified_at is not None:
        row.state = "failing"
        claims.let_go(row.id)
    row.save(update_fields=["state", "code", "found", "checked_at", "verified_at", "doubted_at"])
    if row.state != before:
        body: dict[str, object] = {"host": row.id, "state": row.state}
        append(kind="host.checked", body=body, actor=actor, at=at)
        if row.state == "failing" and patient:
            telling.host_worse(row.name, at=at)
    young = at - row.created_at < timedelta(days=1) and row.state != "verified"
    claims.watch(owner_id=row.id, kind=KIND, at=at, after=SOON if young else EVERY)
    return str(row.state)


def _code(found: tuple[str, ...], good: bool) -> str:
    return "found" if good else "other_target" if found else "not_found"


def remove_host(*, host_id: UUID, actor: Actor, at: datetime) -> None:
    """Remove a host and destroy its key. Raises NoSuchHost."""
    row = _row(host_id)
    if row.private_key:
        Vault.open().destroy([row.id])
    claims.let_go(row.id)
    claims.unwatch(row.id)
    row.delete()
    append(kind="host.removed", body={"host": host_id}, actor=actor, at=at)


def _row(host_id: UUID) -> Host:
    row: Host | None = Host.objects.filter(id=host_id).first()
    if row is None:
        raise NoSuchHost(_("There is no such tracking host."))
    return row
