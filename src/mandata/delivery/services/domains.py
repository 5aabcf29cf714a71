"""Sending domains: added with fresh DKIM keys, checked against DNS, removed (DLV-1). Inside the controller's scope.

A name belongs to the first controller that proves it, for as long as its proof stands in DNS.
"""

import secrets
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from dns.resolver import Resolver

from mandata.delivery import selectors
from mandata.delivery.errors import DomainTaken, NoSuchDomain, NotADomain
from mandata.delivery.models import Domain
from mandata.delivery.organisations import organisational
from mandata.delivery.resolver import look_up, resolver
from mandata.delivery.rules import domains as rules
from mandata.delivery.rules.spf import Question
from mandata.delivery.services import claims, keys, telling
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Fault
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, current_controller
from mandata.record.services import append

KIND: Final = "domain"
EVERY: Final = timedelta(hours=1)
SOON: Final = timedelta(minutes=5)
_ROUNDS: Final = 12
Answers = dict[tuple[str, str], tuple[str, ...] | None]
Ask = Callable[[rules.Sought], Answers]


def add_domain(*, name: str, actor: Actor, at: datetime) -> UUID:
    """Add a sending domain with new keys (RSA-2048, RFC 8301; Ed25519, RFC 8463), each sealed; return its id.

    Raises NotADomain, DomainTaken: it is there already, or another controller has proven that it is its own.
    """
    try:
        domain = rules.domain_name(name)
    except ValueError:
        raise NotADomain(
            _("This is no domain name."), remedy=_("Write it like news.example.com, without http:// and without @.")
        ) from None
    _refuse_taken(domain)
    row = Domain(id=new_id(), name=domain, proof=secrets.token_hex(16), created_at=at)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise DomainTaken(_("This domain is there already."), remedy=_("Open it in the list.")) from None
    keys.complete(row.id, at=at)
    claims.watch(owner_id=row.id, kind=KIND, at=at, after=SOON)
    append(kind="domain.added", body={"domain": row.id, "name": domain}, actor=actor, at=at)
    return row.id


def _refuse_taken(domain: str) -> None:
    shared = domain == env().shared_domain and current_controller() != INSTANCE
    if shared or claims.is_taken(domain):
        raise DomainTaken(
            _("Another controller here has proven that %(domain)s is its own.") % {"domain": domain},
            clause="sending.domain_use",
            remedy=_(
                "Use a domain of your own, such as a subdomain. If this one has become yours, take the former owner’s "
                "record at _mandata.%(domain)s out of DNS; after the next look it is free."
            )
            % {"domain": domain},
        )


def ask_dns(sought: rules.Sought) -> Answers:
    """Ask DNS for everything that judging a domain needs, sender policies it includes among it.

    Raises Fault where DNS gives no answer about a record that sending needs; other silence is an answer of its own.
    """
    asked, answers = resolver(env().dns), Answers()
    required = {(record.name, record.type) for record in sought.records if record.required}
    for _round in range(_ROUNDS):
        needed = rules.questions(sought, answers)
        if not needed:
            break
        for question in needed:
            answers[question] = _answer(question, asked, question in required)
    return answers


def _answer(question: Question, asked: Resolver, required: bool) -> tuple[str, ...] | None:
    try:
        return look_up([question], asked)[question]
    except Fault:
        if required:
            raise
        return None


def sought(domain_id: UUID) -> rules.Sought:
    """Return what is looked for in DNS. Raises NoSuchDomain."""
    return _sought(_row(domain_id))


def verify_domain(*, domain_id: UUID, actor: Actor, at: datetime) -> tuple[rules.Check, ...]:
    """Ask DNS and keep what it says: keys whose records are there sign from now on, and a verified domain whose
    required records are gone becomes failing.

    Raises NoSuchDomain; Fault when DNS does not answer.
    """
    keys.complete(_row(domain_id).id, at=at)
    wanted = sought(domain_id)
    return settle(domain_id=domain_id, wanted=wanted, answers=ask_dns(wanted), actor=actor, at=at)


def settle(
    *, domain_id: UUID, wanted: rules.Sought, answers: Answers, actor: Actor, at: datetime, patient: bool = False
) -> tuple[rules.Check, ...]:
    """Keep what DNS answered. `patient`: what was good and is not any more is believed at the second look only; then
    the members are told, once. A name that another controller has proven stays unverified. Raises NoSuchDomain."""
    row = Domain.objects.select_for_update().filter(id=domain_id).first() or _row(domain_id)
    before = selectors.checks(row)
    checks = rules.evaluate(wanted, answers)
    if taken := rules.shown(wanted, checks):
        keys.take_up(row.id, [record.name.partition(".")[0] for record in taken], actor=actor, at=at)
        checks = rules.evaluate(_sought(row), answers)
    lost = rules.worse(before, checks)
    row.checked_at = at
    if lost and patient and row.doubted_at is None:
        row.doubted_at = at
        row.save(update_fields=["checked_at", "doubted_at"])
        claims.watch(owner_id=row.id, kind=KIND, at=at, after=SOON)
        return before
    checks = _keep(row, checks, actor, at)
    if lost and patient:
        telling.domain_worse(row.name, row.id, lost, at=at)
    keys.forget_gone(row.id, [check.name for check in checks if check.found and check.purpose == "dkim"], at=at)
    claims.watch(owner_id=row.id, kind=KIND, at=at, after=EVERY if row.state == "verified" else _pace(row, at))
    return checks


def _pace(row: Domain, at: datetime) -> timedelta:
    """A new domain is looked at often on its first day; one that stays unproven, hourly."""
    return SOON if at - row.created_at < timedelta(days=1) else EVERY


def _keep(row: Domain, checks: tuple[rules.Check, ...], actor: Actor, at: datetime) -> tuple[rules.Check, ...]:
    before = row.state
    if rules.verified(checks) and not claims.claim(name=row.name, kind=KIND, owner_id=row.id):
        checks = tuple(
            replace(check, result="wrong", code="taken") if check.purpose == "verification" else check
            for check in checks
        )
    if rules.verified(checks):
        row.state, row.verified_at = "verified", row.verified_at or at
    elif row.verified_at is not None:
        row.state = "failing"
        proven = all(check.result == "ok" for check in checks if check.purpose == "verification")
        if not proven or current_controller() == INSTANCE:
            claims.let_go(row.id)
    row.checks, row.doubted_at = [asdict(check) for check in checks], None
    row.save(update_fields=["state", "checks", "checked_at", "verified_at", "doubted_at"])
    if row.state != before:
        body: dict[str, object] = {"domain": row.id, "state": row.state}
        append(kind="domain.checked", body=body, actor=actor, at=at)
    return checks


def remove_domain(*, domain_id: UUID, actor: Actor, at: datetime) -> None:
    """Remove a domain and destroy its keys. Raises NoSuchDomain."""
    row = _row(domain_id)
    keys.destroy_all(row.id)
    claims.let_go(row.id)
    claims.unwatch(row.id)
    row.delete()
    append(kind="domain.removed", body={"domain": domain_id}, actor=actor, at=at)


def _sought(row: Domain) -> rules.Sought:
    return rules.Sought(row.name, organisational(row.name), selectors.records(row))


def _row(domain_id: UUID) -> Domain:
    row: Domain | None = Domain.objects.filter(id=domain_id).first()
    if row is None:
        raise NoSuchDomain(_("There is no such sending domain."))
    return row
