"""The end of an agreement (RET-2): notice, withdrawal, choice, taking effect. In the controller's scope.

What is owed when opens as obligations about the end, by the agreement's own clauses; nothing here reckons a date.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.accounts.services import controllers
from mandata.agreements import selectors as agreements
from mandata.agreements import services as agreement
from mandata.agreements.selectors import obligations as obliged
from mandata.agreements.services import obligations
from mandata.agreements.services.authority import authorised
from mandata.campaigns import services as campaigns
from mandata.foundation import canonical
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import current_controller
from mandata.record.services import append
from mandata.retention import letters
from mandata.retention.errors import Ending, NoSuchEnd, ReasonsMissing, TooEarly
from mandata.retention.models import End
from mandata.retention.rules import ending as rules
from mandata.retention.selectors import ends as selectors
from mandata.retention.services import telling
from mandata.vault.services import Vault

KIND: Final = "end"
"""What obligations and notices of an end are about."""
_PROCESSOR: Final = "processor"


def give_notice(
    *,
    by: str,
    reason: str,
    words: str = "",
    effective: datetime | None = None,
    choice: str = "",
    actor: Actor,
    at: datetime,
) -> UUID:
    """Give notice of the end and return its id; where it takes effect at once, it does.

    `by`: "controller" (`actor` must be able to bind it), "processor" (with reasons in words, and not before the clause
    closure.notice, else the law, allows), "term". `reason`: a code of `rules.REASONS`; `words` stay sealed in the scope
    and go to the other party. Raises Ending (one is under way), NotAuthorised, ReasonsMissing, TooEarly, NoneInForce.
    """
    instant = max(effective or at, at)
    _lock()
    if by == "controller":
        actor = authorised(_member(actor))
    if End.objects.exclude(state="withdrawn").exists():
        raise Ending(
            _("The end of this agreement is under way already."),
            clause="agreement.end",
            remedy=_("Look at its timetable, or withdraw the notice first."),
        )
    if reason not in rules.REASONS.get(by, ()):
        raise ReasonsMissing(_("A notice needs one of the grounds listed."), clause="agreement.end")
    terms = selectors.terms(at)
    if by == _PROCESSOR:
        _demand_reasons(reason, words)
        since, clause = rules.earliest(terms, at)
        if instant < since:
            raise TooEarly(
                _("This notice can take effect on %(day)s at the earliest.") % {"day": f"{since:%Y-%m-%d %H:%M} UTC"},
                clause=clause,
                remedy=_("Choose that day or a later one."),
            )
    row = _entered(by, reason, words, instant, actor, at)
    ended = agreement.end(actor=actor, at=at, by=reason, effective=instant, about=(KIND, row.id))
    if ended.state != "ended":  # another version follows it, and ends in its place
        ended = next(iter(agreements.agreements()))
    End.objects.filter(id=row.id).update(agreement=ended.id, effective_at=min(instant, ended.ended_at or instant))
    _tell(row, words, at)
    if choice:
        choose(choice=choice, actor=actor, at=at)
    take_effect(at=at)
    end_id: UUID = row.id
    return end_id


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"retention:{current_controller()}"])


def _member(actor: Actor) -> UUID:
    return actor.id or UUID(int=0)


def _demand_reasons(reason: str, words: str) -> None:
    if reason in rules.NEED_WORDS and not words.strip():
        raise ReasonsMissing(
            _("The processor ends a service with its reasons only."),
            clause=rules.CLOSURE,
            remedy=_("State them in words: the controller gets them with the notice."),
        )


def _entered(by: str, reason: str, words: str, effective: datetime, actor: Actor, at: datetime) -> End:
    row = End(id=new_id(), by=by, reason=reason, noticed_at=at, noticed_by=str(actor)[:60], effective_at=effective)
    commitment = None
    if words.strip():
        vault = Vault.open()
        vault.create([row.id])
        said = {"reasons": words.strip()[:4000]}
        row.sealed = vault.seal(row.id, selectors.PLACE, canonical.dumps(said))
        commitment = vault.commit(row.id, said)
    row.save(force_insert=True)
    body: dict[str, object] = {"end": row.id, "by": by, "reason": reason, "effective": effective}
    clause = rules.CLOSURE if by == _PROCESSOR else "agreement.end"
    append(
        kind="retention.end_noticed",
        body=body,
        actor=actor,
        at=at,
        clause=clause,
        subject=row.id,
        commitment=commitment,
    )
    return row


def _tell(row: End, words: str, at: datetime) -> None:
    """Serve the notice to the other party, by the clause, and tell the members."""
    card = accounts.controller()
    party = "controller" if row.by != "controller" else _PROCESSOR
    language = card.language if party == "controller" else "en"
    letter = letters.noticed(card, by=row.by, effective=row.effective_at, reasons=words.strip(), language=language)
    clause = rules.CLOSURE if row.by == _PROCESSOR else "agreement.end"
    served = telling.serve(letter, kind="end.notice", party=party, clause=clause, about=row.id, at=at)
    if row.by == _PROCESSOR and _holds(rules.CLOSURE, at):
        owed = obligations.open_duty(
            duty=rules.CLOSURE, since=row.effective_at, cause=f"end:{row.id}:closure", at=at, about=(KIND, row.id)
        )
        if served is not None:
            obligations.meet(obligation_id=owed, evidence={"served": str(served)}, actor=SYSTEM, at=at)
    effective = row.effective_at
    telling.tell_members(
        lambda spoken: letters.members_told(card, effective=effective, language=spoken), kind="end.members", at=at
    )


def _holds(clause: str, at: datetime) -> bool:
    terms = selectors.terms(at)
    return terms is not None and clause in terms.clauses


def locked(*states: str) -> End:
    """Return the scope's end, locked until the transaction ends, in one of the states. Raises NoSuchEnd, Ending."""
    _lock()
    row: End | None = End.objects.exclude(state="withdrawn").select_for_update().first()
    if row is None:
        raise NoSuchEnd(_("No end of this agreement is under way."))
    if states and row.state not in states:
        raise Ending(
            _("The end of this agreement is not where this could be done."),
            clause="agreement.end",
            remedy=_("Reload the page: somebody else may have gone on."),
            evidence={"state": row.state},
        )
    return row


def withdraw(*, actor: Actor, at: datetime) -> None:
    """Withdraw a notice that has not taken effect; the agreement goes on, and what was opened lapses.

    Only the side that gave it. Raises NoSuchEnd, Ending (it has taken effect), NotAuthorised.
    """
    row = locked("noticed")
    if row.by == "controller":
        actor = authorised(_member(actor))
    elif actor.kind != "operator":
        raise Ending(_("Only who gave the notice can withdraw it."), clause="agreement.end", status=403)
    if row.effective_at <= at or row.agreement is None:
        raise Ending(_("This notice has taken effect; it cannot be withdrawn."), clause="agreement.end")
    agreement.take_back(agreement_id=row.agreement, about=(KIND, row.id), actor=actor, at=at)
    End.objects.filter(id=row.id).update(state="withdrawn", withdrawn_at=at)
    append(kind="retention.end_withdrawn", body={"end": row.id}, actor=actor, at=at, subject=row.id)
    card = accounts.controller()
    telling.tell_members(lambda spoken: letters.withdrawn(card, language=spoken), kind="end.withdrawn", at=at)
    if row.by == "controller":
        letter = letters.withdrawn(card, language="en")
        telling.serve(letter, kind="end.withdrawn", party=_PROCESSOR, clause="agreement.end", about=row.id, at=at)


def choose(*, choice: str, actor: Actor, at: datetime) -> None:
    """Let the controller say what is to become of its data: `return`, `delete`, `both` (Art. 28(3)(g) GDPR).

    A request to return opens what the agreement owes from it (end.return); the wait for an instruction lapses. An
    operator enters what the controller instructed otherwise. Raises NoSuchEnd, Ending, NotAuthorised.
    """
    if choice not in rules.CHOICES:
        raise ReasonsMissing(_("Choose return, deletion, or both."), clause="end.deletion")
    row = locked("noticed", "ended")
    if actor.kind != "operator":
        actor = authorised(_member(actor))
    if row.choice == choice:
        return
    End.objects.filter(id=row.id).update(choice=choice, chosen_at=at)
    body: dict[str, object] = {"end": row.id, "choice": choice, "before": row.choice}
    append(kind="retention.end_chosen", body=body, actor=actor, at=at, clause="end.deletion", subject=row.id)
    if choice in ("return", "both"):
        cause = f"end:{row.id}:{rules.REQUESTED}"
        obligations.open_for(event=rules.REQUESTED, since=at, cause=cause, at=at, about=(KIND, row.id), actor=actor)
    silent = ("end.reminder", "end.silence")
    obligations.lapse_about(about=row.id, reason="instructed", duties=silent, actor=actor, at=at)


def plan(*, until: datetime, actor: Actor, at: datetime) -> None:
    """Enter until when the plan of termination assistance of the main agreement keeps the data (end.plan).

    Raises NoSuchEnd, Ending: also where the agreement has no such clause.
    """
    row = locked("noticed", "ended")
    if not _holds("end.plan", at):
        raise Ending(
            _("This agreement knows no plan for its end."),
            clause="end.plan",
            remedy=_("The periods of its clauses hold."),
        )
    End.objects.filter(id=row.id).update(plan_until=until)
    body: dict[str, object] = {"end": row.id, "until": until}
    append(kind="retention.end_planned", body=body, actor=actor, at=at, clause="end.plan", subject=row.id)


def take_effect(*, at: datetime) -> bool:
    """Let a notice whose time has come take effect: the service ends, content on the engine goes at once where the
    clause end.engine says so. Return whether it did now. Nothing ends where the agreement was renewed meanwhile."""
    renewed(at=at)
    row = End.objects.select_for_update().filter(state="noticed", effective_at__lte=at).first()
    if row is None:
        return False
    End.objects.filter(id=row.id).update(state="ended", took_effect_at=at)
    append(
        kind="retention.ended",
        body={"end": row.id, "effective": row.effective_at},
        actor=SYSTEM,
        at=at,
        clause="agreement.end",
        subject=row.id,
    )
    if accounts.state() != "ended":
        controllers.move(state="ended", reason="agreement_ended", actor=SYSTEM, at=at)
    if _holds("end.engine", at):
        emptied = campaigns.destroy_content(at=at)
        End.objects.filter(id=row.id).update(engine_emptied_at=at)
        body: dict[str, object] = {"end": row.id, "campaigns": emptied}
        append(kind="retention.engine_emptied", body=body, actor=SYSTEM, at=at, clause="end.engine", subject=row.id)
    return True


def renewed(*, at: datetime) -> bool:
    """Let a notice lapse whose end does not come, because the controller has accepted an agreement since that is in
    force at that time; return whether one did."""
    row = End.objects.select_for_update().filter(state="noticed").first()
    if row is None or agreements.in_force(row.effective_at) is None:
        return False
    End.objects.filter(id=row.id).update(state="withdrawn", withdrawn_at=at)
    obligations.lapse_about(about=row.id, reason="renewed", actor=SYSTEM, at=at)
    body: dict[str, object] = {"end": row.id, "renewed": True}
    append(kind="retention.end_withdrawn", body=body, actor=SYSTEM, at=at, clause="agreement.end", subject=row.id)
    return True


def adopt(*, at: datetime) -> bool:
    """Take on an agreement that ended by other ways (a version refused, inactivity): it gets its end. Return
    whether."""
    if End.objects.exclude(state="withdrawn").exists():
        return False
    found = next(iter(agreements.agreements()), None)
    if found is None or found.state != "ended" or found.ended_at is None or agreements.in_force(found.ended_at):
        return False
    _lock()
    by, reason = ("term", "inactivity") if found.ended_by == "inactivity" else ("controller", "disagreement")
    row = _entered(by, reason, "", found.ended_at, SYSTEM, at)
    End.objects.filter(id=row.id).update(agreement=found.id)
    take_effect(at=at)
    return True


def proceed(*, at: datetime) -> None:
    """Do what time has brought: a notice takes effect, access ends, a reminder is due. Called every hour."""
    adopt(at=at)
    take_effect(at=at)
    row = End.objects.filter(state="ended").first()
    if row is None:
        return
    one = selectors.view(row)
    _end_access(one, at)
    _remind(one, at)


def _end_access(one: selectors.EndView, at: datetime) -> None:
    if one.access_ended_at is not None or selectors.access(at) != rules.NONE:
        return
    End.objects.filter(id=one.id).update(access_ended_at=at)
    append(
        kind="retention.access_ended", body={"end": one.id}, actor=SYSTEM, at=at, clause="end.access", subject=one.id
    )
    _meet(one.id, ("end.access",), at)


def _remind(one: selectors.EndView, at: datetime) -> None:
    """Tell the controller that it may instruct, once the clause's time of silence is over; its answer has a time."""
    if one.choice or one.reminded_at is not None:
        return
    due = next((found for found in obliged.about(one.id, at) if found.duty == "end.reminder"), None)
    if due is None or due.state != "open" or due.statutory > at:
        return
    card = accounts.controller()
    letter = letters.reminder(card, language=card.language)
    served = telling.serve(letter, kind="end.reminder", party="controller", clause="end.reminder", about=one.id, at=at)
    End.objects.filter(id=one.id).update(reminded_at=at)
    obligations.meet(obligation_id=due.id, evidence={"served": str(served)}, actor=SYSTEM, at=at)
    cause = f"end:{one.id}:{rules.REMINDED}"
    obligations.open_for(event=rules.REMINDED, since=at, cause=cause, at=at, about=(KIND, one.id))


def _meet(end_id: UUID, duties: Sequence[str], at: datetime, **evidence: object) -> None:
    told = {"end": str(end_id), **evidence}
    obligations.meet_about(about=end_id, duties=duties, evidence=told, actor=SYSTEM, at=at)
