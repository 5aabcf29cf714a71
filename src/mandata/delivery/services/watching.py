"""The loop that looks at sending domains and tracking hosts again, and at the age of keys and certificates (DLV-1).

What is due comes from a scope-free agenda of ids; DNS and the ACME server are asked while no transaction is open.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from mandata.delivery.errors import NoSuchDomain, NoSuchHost
from mandata.delivery.models import Domain, Host, Key
from mandata.delivery.services import certificates, claims, domains, hosts, keys, telling
from mandata.foundation.actors import SYSTEM
from mandata.foundation.errors import Fault
from mandata.infra import bulk
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.tenancy import INSTANCE, scope
from mandata.vault.services import begin as begin_vault

_MANY: Final = 20
_LEASE: Final = timedelta(minutes=10)
_DUE: Final = """
update delivery_watch set next_at = %(until)s where id in (
    select id from delivery_watch where next_at <= %(at)s order by next_at limit %(many)s for update skip locked
) returning id, kind, controller_id
"""
_log = log("domains")


def look_due(*, at: datetime) -> int:
    """Look at what is due; return how many. What fails is looked at again when its lease is over."""
    keep_shared(at=at)
    due = bulk.execute(_DUE, {"at": at, "until": at + _LEASE, "many": _MANY})
    look: dict[str, Callable[[UUID, UUID, datetime], None]] = {"domain": look_at_domain, "host": look_at_host}
    for owner_id, kind, controller_id in due:
        try:
            look[kind](controller_id, owner_id, at)
        except Fault as fault:
            _log.warning("domains.no_answer", id=str(owner_id), fault=str(fault))
        except (NoSuchDomain, NoSuchHost):
            claims.unwatch(owner_id)
    return len(due)


def look_at_domain(controller_id: UUID, domain_id: UUID, at: datetime) -> None:
    """Check a domain, patiently; turn keys that are old; say which records may go."""
    with scope(controller_id):
        wanted = domains.sought(domain_id)
        if keys.complete(domain_id, at=at):
            wanted = domains.sought(domain_id)
    answers = domains.ask_dns(wanted)
    with scope(controller_id):
        domains.settle(domain_id=domain_id, wanted=wanted, answers=answers, actor=SYSTEM, at=at, patient=True)
        _mind_keys(domain_id, at)


def _mind_keys(domain_id: UUID, at: datetime) -> None:
    row = Domain.objects.get(id=domain_id)
    if row.state == "verified" and keys.due_to_turn(domain_id, at=at):
        made = keys.turn_keys(domain_id=domain_id, actor=SYSTEM, at=at)
        telling.keys_to_publish(row.name, domain_id, made, at=at)
    over = keys.may_go(domain_id, at=at)
    if over:
        telling.keys_may_go(row.name, domain_id, [one.selector for one in over], at=at)
        Key.objects.filter(id__in=[one.id for one in over]).update(told_at=at)


def look_at_host(controller_id: UUID, host_id: UUID, at: datetime) -> None:
    """Check a host, patiently, and see to its certificate."""
    with scope(controller_id):
        row = Host.objects.filter(id=host_id).first()
        if row is None:
            raise NoSuchHost("There is no such tracking host.")
        name = row.name
    found = hosts.ask_dns(name)
    with scope(controller_id):
        state = hosts.settle(host_id=host_id, found=found, actor=SYSTEM, at=at, patient=True)
    if state == "verified":
        certificates.renew(controller_id=controller_id, host_id=host_id, at=at)


def keep_shared(*, at: datetime) -> None:
    """See that the operator's shared domain of the settings is there, with its keys; its former one goes."""
    name = env().shared_domain
    with scope(INSTANCE):
        held = {row.name: row.id for row in Domain.objects.all()}
        if set(held) == ({name} if name else set()):
            return
        begin_vault(at=at)
        for other, domain_id in held.items():
            if other != name:
                domains.remove_domain(domain_id=domain_id, actor=SYSTEM, at=at)
        if name and name not in held:
            domains.add_domain(name=name, actor=SYSTEM, at=at)
