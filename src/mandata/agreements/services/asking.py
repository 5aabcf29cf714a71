"""Asking the gates at the door; refusals are kept and recorded once for each cause and thing."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from django.db import Error, connection

from mandata.agreements import selectors
from mandata.agreements.errors import GateRefused
from mandata.agreements.models import Refusal
from mandata.agreements.rules.facts import ProcessFacts, SendFacts
from mandata.agreements.rules.gates.answers import QUESTIONS
from mandata.agreements.rules.verdicts import Verdict, refusals
from mandata.foundation.actors import Actor
from mandata.infra.tenancy import current_controller, scope
from mandata.record.services import append

_log = structlog.get_logger(__name__)

_ACTS: Final[Mapping[type, str]] = {one.facts: one.name for one in QUESTIONS.values()}


def check_campaign(facts: SendFacts, *, now: datetime) -> tuple[Verdict, ...]:
    """The checklist of a campaign before its launch: one verdict per check; changes and records nothing."""
    return selectors.check(facts, now=now)


def ask(
    facts: selectors.Facts, *, about: UUID, actor: Actor, at: datetime, record: bool = False
) -> tuple[Verdict, ...]:
    """Ask the gate at the door; return the verdicts where it permits, raise GateRefused where it refuses.

    ``about`` is what the act is done to (a campaign, an import, a case). A refusal is recorded once for each cause
    and thing, on a
    connection of its own, because the caller's transaction is rolled back. ``record`` enters a permit in the record,
    too, with its purpose (INS-6) and the instruction that it rests on (INS-1): once per campaign or import, not per
    batch.
    """
    act = facts.act if isinstance(facts, ProcessFacts) else _ACTS[type(facts)]
    verdicts = selectors.check(facts, now=at)
    found = refusals(verdicts)
    if found:
        _apart(lambda: _keep_refusals(act, about, found, actor, at))
        refuse(verdicts)
    if record:
        ground = selectors.ground(at)
        body: dict[str, object] = {
            "act": act,
            "about": about,
            "agreement": ground.agreement.id if ground.agreement else None,
            "purpose": facts.purpose,
            "instruction": selectors.instruction(verdicts, now=at),
            "checks": [verdict.code for verdict in verdicts],
            "evidence": {name: value for verdict in verdicts for name, value in verdict.evidence.items()},
        }
        append(kind="gate.permitted", body=body, actor=actor, at=at, clause="instruction.standing")
    return verdicts


def refuse(verdicts: tuple[Verdict, ...]) -> None:
    """Raise GateRefused where a check refuses."""
    found = refusals(verdicts)
    if found:
        _title, message, remedy = found[0].said(selectors.reader())
        raise GateRefused(found, message=message, remedy=remedy)


def keep(act: str, about: UUID, verdicts: tuple[Verdict, ...], *, actor: Actor, at: datetime) -> None:
    """Record the refusals among a gate's verdicts, once for each cause and thing; what is on record costs one query.

    For gates whose facts an upper area gathers; `refuse` then raises what they say.
    """
    known = set(Refusal.objects.filter(act=act, about=about).values_list("code", flat=True))
    found = tuple(verdict for verdict in refusals(verdicts) if verdict.code not in known)
    if found:
        _apart(lambda: _keep_refusals(act, about, found, actor, at))


def _keep_refusals(act: str, about: UUID, found: tuple[Verdict, ...], actor: Actor, at: datetime) -> None:
    for verdict in found:
        _title, reason, remedy = verdict.said()
        row, made = Refusal.objects.get_or_create(
            act=act,
            about=about,
            code=verdict.code,
            defaults={
                "clause": verdict.clause,
                "source": verdict.source,
                "evidence": dict(verdict.evidence),
                "reason": reason[:400],
                "remedy": remedy[:400],
                "at": at,
            },
        )
        if made:
            body: dict[str, object] = {"act": act, "about": about, "check": verdict.code, "source": verdict.source}
            body |= {"refusal": row.id, "evidence": dict(verdict.evidence)}
            append(kind="gate.refused", body=body, actor=actor, at=at, clause=verdict.clause)


def _apart(work: Callable[[], None]) -> None:
    """Do a small piece of work in the same scope, on another connection and in a transaction that nobody else rolls
    back.
    """
    controller = current_controller()

    def run() -> None:
        try:
            with scope(controller):
                work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="refusal") as pool:
        try:
            pool.submit(run).result()
        except Error as error:  # the refusal stands, also when it cannot be written down
            _log.error("refusal.not_recorded", error=type(error).__name__)
