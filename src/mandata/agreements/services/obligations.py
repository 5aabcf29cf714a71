"""Obligations: opened by events, met with evidence, waived with reasons, lapsed, extended. In a controller's scope.

Times are reckoned once, when an obligation opens; a later change of a calendar moves nothing (``clocks.recompute``).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Max

from mandata.agreements import selectors
from mandata.agreements.errors import MayNotExtend, NoSuchDuty, NotYours
from mandata.agreements.models import Obligation
from mandata.agreements.rules import obligations as rules
from mandata.agreements.rules import owing
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.words import fill
from mandata.agreements.rules.words import mark as _
from mandata.agreements.services import clocks, ledger
from mandata.foundation import periods
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.periods import Step
from mandata.infra.clock import new_id
from mandata.infra.tenancy import current_controller

_NO_DUTY: Final = _("Nothing here knows a duty {duty}: no clause of the agreement, no law, no rule of ours.")
_SEE_DUTIES: Final = _("Look at the agreement's duties, for example with mandata duties.")
_NOT_OWED_TO_YOU: Final = _("Only the party to which something is owed can waive it.")
_MEET: Final = _("Meet it, and say by what.")
_NO_EXTENSION: Final = _("Neither the agreement nor the law allows this period to be extended.")
_EXTENDED: Final = _("This period has been extended already, and can be once only.")
_TOLD_TOO_LATE: Final = _("More time must be told, with the reasons, before {until}; that has passed.")
_ANSWER: Final = _("Answer at once.")
_REASON: Final = _("An extension needs its reasons.")
_OTHER: Final = {"processor": "controller", "controller": "processor", "operator": "person"}

About = tuple[str, UUID]


def open_duty(
    *,
    duty: str,
    since: datetime,
    cause: str,
    at: datetime,
    about: About | None = None,
    owed_by: str = "",
    owed_to: str = "",
    actor: Actor = SYSTEM,
    on: date | None = None,
    post: str = "",
) -> UUID:
    """Open an obligation under a clause (or what is owed beside it) and return its id; by the same cause it opens once.

    ``duty``: a clause's key; ``since``: the event, or the effect of which notice is owed ahead; ``cause``: names the
    event, such as ``case:…``, without personal data; ``about``: the kind and id of what it is about; ``owed_by`` and
    ``owed_to``: "processor", "controller", "person" where the clause leaves it open; ``on``: the day named for a duty
    that has no period; ``post``: which post of the party answers for it. Terms in force at ``at`` decide, else the last
    ones. Raises NoSuchDuty, Unreckonable.
    """
    agreement, terms = ledger.last_agreement(at)
    _lock()
    known = Obligation.objects.filter(duty=duty, cause=cause).values_list("id", flat=True).first()
    if known is not None:
        return UUID(str(known))
    counting = ledger.reckoning(terms)
    found = owing.fixed(duty, on, since, counting) if on else owing.owed(terms, duty, since, counting)
    if found is None:
        said = selectors.reader().gettext
        raise NoSuchDuty(fill(said(_NO_DUTY), {"duty": duty}), clause=duty, remedy=said(_SEE_DUTIES))
    by = owed_by or ("processor" if found.who in ("either", "") else found.who)
    row = Obligation(
        id=new_id(),
        number=1 + (Obligation.objects.aggregate(last=Max("number"))["last"] or 0),
        duty=duty,
        kind=str(found.kind),
        source=found.source[:120],
        agreement=None if found.by_law else agreement,
        cause=cause,
        about_kind=about[0] if about else "",
        about=about[1] if about else None,
        owed_by=by,
        owed_to=owed_to or rules.OWED_TO.get(duty) or _OTHER.get(by, "controller"),
        opened_at=at,
        since=since.astimezone(UTC),
        post=post[:120],
        period=str(found.length or (f"until {on}" if on else "")),
        reckoning={
            "regime": str(counting.regime),
            "calendar": counting.calendar,
            "version": found.due.calendar_version,
            "zone": counting.zone,
            "by_law": found.by_law,
            "fixed": on is not None,
        },
        steps=rules.freeze(found.due.steps),
        strict=found.due.strict,
        statutory=found.due.statutory,
        changed_at=at,
    )
    _entered(row, actor, at)
    row.save(force_insert=True)
    ledger.schedule(row)
    return row.id


def _lock() -> None:
    """One opening at a time for a controller: the same cause twice at once opens once, and numbers have no gap."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"obligations:{current_controller()}"])


def _entered(row: Obligation, actor: Actor, at: datetime) -> None:
    body: dict[str, object] = {
        "cause": row.cause,
        "agreement": row.agreement,
        "source": row.source,
        "owed_by": row.owed_by,
        "owed_to": row.owed_to,
        "since": row.since,
        "period": row.period,
        "regime": row.reckoning["regime"],
        "calendar": row.reckoning["version"] or row.reckoning["calendar"],
        "zone": row.reckoning["zone"],
        "strict": row.strict,
        "statutory": row.statutory,
        "about": {"kind": row.about_kind, "id": row.about} if row.about else None,
    }
    ledger.enter(row, "opened", body, actor=actor, at=at)


def open_for(
    *,
    event: str,
    since: datetime,
    cause: str,
    at: datetime,
    about: About | None = None,
    owed_by: str = "",
    owed_to: str = "",
    only: Sequence[str] = (),
    actor: Actor = SYSTEM,
) -> dict[str, UUID]:
    """Open every duty that starts with an event (a code of vocabulary "event"); return their ids by key.

    ``owed_by`` decides only where a clause binds either party; ``only`` names the duties that are meant where the event
    is of several kinds. The same event (``cause``) opens each duty once.
    """
    _agreement, terms = ledger.last_agreement(at)
    return {
        duty: open_duty(
            duty=duty,
            since=since,
            cause=cause,
            at=at,
            about=about,
            owed_by=owed_by if _leaves_open(terms, duty) else "",
            owed_to=owed_to,
            actor=actor,
        )
        for duty in rules.opened_by(terms, event)
        if not only or duty in only
    }


def _leaves_open(terms: Terms | None, duty: str) -> bool:
    clause = terms.clauses.get(duty) if terms else None
    return clause is not None and getattr(clause.value, "who", "") == "either"


def meet(
    *, obligation_id: UUID, evidence: Mapping[str, object], actor: Actor, at: datetime, when: datetime | None = None
) -> None:
    """Close an obligation as met. ``evidence``: ids, codes, digests and times enter the record as they are, what was
    written freely as a commitment.

    ``when``: since when it is met, where that was earlier; a clock that stands still is started again first. Raises
    NoSuchObligation, ObligationClosed.
    """
    row = ledger.locked(obligation_id)
    instant = min(when or at, at)
    clocks.restart(row, ends=instant, actor=actor, at=at)
    plain, free = ledger.sorted_out(evidence)
    late = rules.is_late(ledger.times(row), instant)
    row.evidence = {**row.evidence, **plain, **free}
    _close(row, "met", actor, at, {"evidence": plain, "met": instant, "late": late}, words=free, when=instant)


def meet_about(
    *,
    about: UUID,
    duties: Iterable[str] = (),
    evidence: Mapping[str, object],
    actor: Actor,
    at: datetime,
) -> int:
    """Meet what is open about a thing, of the duties named or all; return how many that were."""
    return _each(about, duties, lambda one: meet(obligation_id=one, evidence=evidence, actor=actor, at=at))


def lapse_about(*, about: UUID, reason: str, duties: Iterable[str] = (), actor: Actor = SYSTEM, at: datetime) -> int:
    """Let lapse what is open about a thing that has itself come to nothing; return how many that were."""
    return _each(about, duties, lambda one: lapse(obligation_id=one, reason=reason, actor=actor, at=at))


def _each(about: UUID, duties: Iterable[str], verb: Callable[[UUID], None]) -> int:
    wanted = tuple(duties)
    rows = Obligation.objects.filter(about=about, state="open").order_by("id")
    ids = list((rows.filter(duty__in=wanted) if wanted else rows).values_list("id", flat=True))
    for one in ids:
        verb(one)
    return len(ids)


def waive(*, obligation_id: UUID, reason: str, actor: Actor, at: datetime) -> None:
    """Close an obligation because the party to which it is owed does not insist.

    The reason stays in the controller's scope; the record holds a commitment to it. Raises NoSuchObligation,
    ObligationClosed, NotYours.
    """
    row = ledger.locked(obligation_id)
    whose = {"member": "controller", "operator": "processor"}.get(actor.kind)
    if whose != row.owed_to:
        said = selectors.reader().gettext
        raise NotYours(said(_NOT_OWED_TO_YOU), clause=row.duty, remedy=said(_MEET))
    row.reason = reason.strip()
    clocks.restart(row, ends=at, actor=actor, at=at)
    _close(row, "waived", actor, at, {}, words={"reason": row.reason})


def lapse(*, obligation_id: UUID, reason: str, actor: Actor = SYSTEM, at: datetime) -> None:
    """Close a right that was not used in its window, or a duty whose ground is gone. ``reason``: a code.

    Raises NoSuchObligation, ObligationClosed.
    """
    row = ledger.locked(obligation_id)
    row.reason = reason
    clocks.restart(row, ends=at, actor=actor, at=at)
    _close(row, "lapsed", actor, at, {"reason": reason})


def _close(
    row: Obligation,
    state: str,
    actor: Actor,
    at: datetime,
    body: Mapping[str, object],
    *,
    words: Mapping[str, object] | None = None,
    when: datetime | None = None,
) -> None:
    row.state, row.closed_at, row.closed_by, row.changed_at = state, when or at, str(actor)[:60], at
    ledger.enter(row, state, body, actor=actor, at=at, words=words)
    row.save()
    ledger.strike(row.id)


def extend(*, obligation_id: UUID, reason: str, actor: Actor, at: datetime) -> None:
    """Give an answer the longer period that its clause or the law allows: one period from the same event (never added
    on), told with reasons in time (Article 12(3) GDPR).

    The reasons stay in the controller's scope; telling the person is the caller's. Raises NoSuchObligation,
    ObligationClosed, MayNotExtend.
    """
    row = ledger.locked(obligation_id)
    said = selectors.reader().gettext
    allowed = rules.extension(ledger.terms_of(row), row.duty)
    if allowed is None:
        raise MayNotExtend(said(_NO_EXTENSION), clause=row.duty, remedy=said(_ANSWER))
    total, told, clause, source = allowed
    if "extended" in row.evidence:
        raise MayNotExtend(said(_EXTENDED), clause=clause or source, remedy=said(_ANSWER))
    if not reason.strip():
        raise MayNotExtend(said(_REASON), clause=clause or source)
    counting, shift = ledger.reckoning_of(row), ledger.stood(row)
    until = periods.due(told, row.since, counting).statutory + shift
    if at >= until:
        message = fill(said(_TOLD_TOO_LATE), {"until": f"{until:%Y-%m-%d %H:%M} UTC"})
        raise MayNotExtend(message, clause=clause or source, remedy=said(_ANSWER))
    before = {"strict": row.strict, "statutory": row.statutory}
    _longer(row, total, shift, at)
    row.evidence = {**row.evidence, "extended": at.isoformat(), "reasons": reason.strip()}
    body = {"before": before, "strict": row.strict, "statutory": row.statutory, "period": row.period, "source": source}
    ledger.enter(row, "extended", body, actor=actor, at=at, words={"reasons": reason.strip()})
    row.save()
    ledger.schedule(row, standing=ledger.standing(row) is not None)


def _longer(row: Obligation, total: periods.Period, shift: timedelta, at: datetime) -> None:
    counting = ledger.reckoning_of(row)
    found = periods.due(total, row.since, counting)
    step = Step(rules.EXTENDED, (("at", at.astimezone(ZoneInfo(counting.zone))), ("total", total)))
    stops = [one for one in row.steps if one["message"] in rules.STOOD.values()]
    row.steps = rules.freeze([step, *found.steps]) + stops
    row.period = str(total)
    row.strict, row.statutory = found.strict + shift, found.statutory + shift
    row.reckoning = {**row.reckoning, "version": found.calendar_version}
    ledger.moved(row, at)
