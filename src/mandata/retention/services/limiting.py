"""Limiting, suspending and ending the service for a controller: decided, told, in effect, objected to, lifted (OPS-2).

A decision is told with ground, clause and reasons before it binds or, at the latest, when it does: as a legal notice
with the decision itself as PDF. The gate asks for it from its time on, whether or not a job ran. In the open scope.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.accounts.services import controllers
from mandata.accounts.services import notices as outbox
from mandata.accounts.services.notices import Attachment
from mandata.agreements import pdf
from mandata.agreements.rules.facts import EVERY_ACT
from mandata.agreements.rules.text import Chapter, Document, Paragraph
from mandata.agreements.selectors.binding import clause_named, ground
from mandata.agreements.services import notices, obligations, suspension
from mandata.agreements.services.authority import authorised
from mandata.foundation import canonical
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.jobs import app
from mandata.infra.tenancy import current_controller
from mandata.record.services import append
from mandata.retention.errors import Incomplete, NoSuchRow, NotSo, TooEarly
from mandata.retention.models import Ground, Limiting
from mandata.retention.rules import limiting as rules
from mandata.retention.rules.limiting import Timing
from mandata.retention.selectors import limiting as selectors
from mandata.retention.services import ends
from mandata.vault.services import Vault

ABOUT: Final = "limiting"
OBJECTION: Final = "suspension.objection"
JOB: Final = "retention.take_effect"


def timing(*, kind: str, ground_code: str, at: datetime) -> Timing:
    """From when a decision may bind here, by which clause."""
    return rules.timing(ground(at).terms, kind, ground_code, at)


def decide(
    *,
    kind: str,
    ground_code: str,
    words: str,
    actor: Actor,
    at: datetime,
    acts: Sequence[str] = (),
    cap: int | None = None,
    effective: datetime | None = None,
    shorter: str = "",
    grounds: Sequence[UUID] = (),
) -> UUID:
    """Decide to limit ("limit": `acts` are stopped, or a campaign has at most `cap` recipients), suspend or end the
    service, tell the controller, and return the decision's id.

    `words`: the reasons, which the controller gets; `effective`: by default as soon as the clause allows; `shorter`:
    why notice is shorter than usual, where the clause says "usually"; `grounds`: occurrences of the register that it
    rests on. Raises Incomplete, TooEarly, NotSo (suspended already), and what `ends.give_notice` raises.
    """
    _demand(kind, ground_code, words, acts, cap)
    _lock()
    found = timing(kind=kind, ground_code=ground_code, at=at)
    instant = max(effective or found.earliest, at)
    _demand_time(found, instant, shorter)
    if kind == "suspend" and Limiting.objects.filter(kind="suspend", state__in=selectors.LIVE).exists():
        raise NotSo(_("The service is suspended already, or will be."), clause=rules.NOTICE)
    row = _entered(kind, ground_code, words, shorter, acts, cap, found, instant, actor, at)
    for one in Ground.objects.filter(id__in=list(grounds)):
        follow(ground_id=one.id, consequence=rules.FOLLOWS[kind], decision=row.id, actor=actor, at=at)
    if kind == "close":
        reason = rules.REASONS.get(ground_code, "notice")
        ends.give_notice(by="processor", reason=reason, words=words, effective=instant, actor=actor, at=at)
        Limiting.objects.filter(id=row.id).update(state="handed", closed_at=at)
    else:
        _bind(row, found, actor, at)
    decision_id: UUID = row.id
    return decision_id


def _demand(kind: str, ground_code: str, words: str, acts: Sequence[str], cap: int | None) -> None:
    if kind not in rules.KINDS or ground_code not in rules.GROUNDS:
        raise Incomplete(_("A decision needs its kind and its ground."), clause=rules.NOTICE)
    if not words.strip():
        raise Incomplete(
            _("A decision needs its reasons."), clause=rules.NOTICE, remedy=_("The controller gets them in writing.")
        )
    if kind == "limit" and not set(acts) <= set(rules.ACTS):
        raise Incomplete(_("This act cannot be limited."), clause=rules.NOTICE)
    if kind == "limit" and not acts and cap is None:
        raise Incomplete(
            _("A limit says which acts stop, or how many recipients a campaign may have."), clause=rules.NOTICE
        )
    if cap is not None and not 0 < cap <= 2_000_000_000:
        raise Incomplete(_("The number of recipients is a whole number above 0."), clause=rules.NOTICE)


def _demand_time(found: Timing, instant: datetime, shorter: str) -> None:
    if instant >= found.earliest or (found.usually and shorter.strip()):
        return
    message = _("By this clause the decision can take effect on %(day)s at the earliest.")
    remedy = _("Choose that time, or a ground that needs no notice ahead.")
    if found.usually:
        remedy = _("Choose that time, or say why the notice is shorter than usual.")
    raise TooEarly(message % {"day": f"{found.earliest:%Y-%m-%d %H:%M} UTC"}, clause=found.clause, remedy=remedy)


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"limiting:{current_controller()}"])


def _entered(
    kind: str,
    ground_code: str,
    words: str,
    shorter: str,
    acts: Sequence[str],
    cap: int | None,
    found: Timing,
    instant: datetime,
    actor: Actor,
    at: datetime,
) -> Limiting:
    row = Limiting(
        id=new_id(),
        number=1 + (Limiting.objects.aggregate(last=Max("number"))["last"] or 0),
        kind=kind,
        acts=[EVERY_ACT] if kind == "suspend" else sorted(acts),
        cap=cap if kind == "limit" else None,
        ground=ground_code,
        clause=found.clause,
        by=str(actor),
        decided_at=at,
        effective_at=instant,
    )
    said = {"reasons": words.strip()} | ({"shorter": shorter.strip()} if shorter.strip() else {})
    vault = Vault.open()
    vault.create([row.id])
    row.sealed = vault.seal(row.id, selectors.SEALED, canonical.dumps(said))
    row.save(force_insert=True)
    body: dict[str, object] = {
        "decision": row.id,
        "kind": kind,
        "acts": row.acts,
        "cap": row.cap,
        "ground": ground_code,
        "source": found.source,
        "earliest": found.earliest,
        "effective": instant,
        "shorter": bool(shorter.strip()),
    }
    commitment = vault.commit(row.id, said)
    append(kind="limiting.decided", body=body, actor=actor, at=at, clause=found.clause, commitment=commitment)
    return row


def _bind(row: Limiting, found: Timing, actor: Actor, at: datetime) -> None:
    """Tell the decision, open and meet what is owed as notice, and let it bind at its time."""
    served = _serve(row, found.source, at)
    limit = suspension.limit(
        decision=row.id, acts=row.acts, begins=row.effective_at, clause=row.clause or rules.NOTICE, cap=row.cap
    )
    Limiting.objects.filter(id=row.id).update(notice=served, limit=limit)
    if not found.at_once:
        cause = f"limiting:{row.id}"
        owed = suspension.notice_owed(
            decision=row.id, duty=rules.NOTICE, effect=row.effective_at, cause=cause, actor=actor, at=at
        )
        if owed is not None:
            obligations.meet(obligation_id=owed, evidence={"served": str(served)}, actor=actor, at=at)
    if row.effective_at > at:
        job = app.configure_task(JOB, queue="retention", schedule_at=row.effective_at)
        job.defer(controller_id=str(current_controller()))
    take_effect(at=at)


def take_effect(*, at: datetime) -> int:
    """Let decisions whose time has come take effect on the account's state, too; return how many did."""
    rows = list(Limiting.objects.select_for_update().filter(state="told", effective_at__lte=at).order_by("number"))
    for row in rows:
        row.state, row.took_effect_at = "effective", at
        row.save(update_fields=["state", "took_effect_at"])
        if row.kind == "suspend" and accounts.state() == "active":
            controllers.move(state="suspended", reason=row.ground, actor=SYSTEM, at=at)
        body: dict[str, object] = {"decision": row.id, "kind": row.kind}
        append(kind="limiting.effective", body=body, actor=SYSTEM, at=at, clause=row.clause)
    return len(rows)


def lift(*, decision_id: UUID, words: str, actor: Actor, at: datetime) -> None:
    """Lift a decision, or withdraw one that does not bind yet, with reasons, and tell the controller.

    Raises NoSuchRow, NotSo, Incomplete.
    """
    row = _live(decision_id)
    if not words.strip():
        raise Incomplete(_("Lifting a decision needs its reasons."), clause=rules.NOTICE)
    row.state = "lifted" if row.state == "effective" else "withdrawn"
    row.closed_at, row.closed_by = at, str(actor)
    _write(row, lifted=words)
    suspension.unlimit(decision=row.id, at=at)
    others = Limiting.objects.filter(kind="suspend", state="effective").exclude(id=row.id)
    if row.kind == "suspend" and accounts.state() == "suspended" and not others.exists():
        controllers.move(state="active", reason="lifted", actor=actor, at=at)
    body: dict[str, object] = {"decision": row.id, "kind": row.kind, "state": row.state}
    append(kind="limiting.lifted", body=body, actor=actor, at=at, clause=row.clause)
    _tell_lifted(row, words, at)


def object_to(*, decision_id: UUID, words: str, member_id: UUID, at: datetime) -> None:
    """File the controller's objection to a decision, once; an answer with reasons is owed from now on.

    Raises NotAuthorised, NoSuchRow, NotSo, Incomplete.
    """
    actor, row = authorised(member_id), _live(decision_id)
    if row.objected_at is not None:
        raise NotSo(_("You have objected to this decision already."), clause=rules.NOTICE)
    if not words.strip():
        raise Incomplete(_("Say why you object."), clause=rules.NOTICE)
    row.objected_at, row.objected_by = at, member_id
    _write(row, objection=words)
    obligations.open_duty(
        duty=OBJECTION, since=at, cause=f"limiting:{row.id}", at=at, about=(ABOUT, row.id), actor=actor
    )
    commitment = Vault.open().commit(row.id, {"objection": words.strip()})
    body: dict[str, object] = {"decision": row.id}
    append(kind="limiting.objected", body=body, actor=actor, at=at, clause=row.clause, commitment=commitment)


def answer(*, decision_id: UUID, outcome: str, words: str, actor: Actor, at: datetime) -> None:
    """Answer an objection with reasons: "upheld" lifts the decision, "dismissed" leaves it.

    Raises NoSuchRow, NotSo, Incomplete.
    """
    row = _live(decision_id)
    if row.objected_at is None or row.answered_at is not None:
        raise NotSo(_("No objection waits for an answer here."), clause=rules.NOTICE)
    if outcome not in ("upheld", "dismissed") or not words.strip():
        raise Incomplete(_("An answer says whether the objection is upheld, and why."), clause=rules.NOTICE)
    row.answered_at, row.outcome = at, outcome
    _write(row, answer=words)
    commitment = Vault.open().commit(row.id, {"answer": words.strip()})
    body: dict[str, object] = {"decision": row.id, "outcome": outcome}
    append(kind="limiting.answered", body=body, actor=actor, at=at, clause=row.clause, commitment=commitment)
    obligations.meet_about(about=row.id, duties=[OBJECTION], evidence={"outcome": outcome}, actor=actor, at=at)
    if outcome == "upheld":
        lift(decision_id=decision_id, words=words, actor=actor, at=at)
        return
    card = accounts.controller()
    with translation.override(card.language):
        subject = _("Your objection to decision %(number)s") % {"number": row.number}
        text = _("Your objection was considered and dismissed. The reasons:\n\n%(words)s\n") % {"words": words.strip()}
        notices.serve(
            kind="limiting.answer", party="controller", subject=subject, text=text, at=at, clause=row.clause,
            about=(ABOUT, row.id),
        )  # fmt: skip


def follow(*, ground_id: UUID, consequence: str, actor: Actor, at: datetime, decision: UUID | None = None) -> None:
    """Enter what followed from an occurrence of the register. Raises NoSuchRow, Incomplete."""
    row = Ground.objects.select_for_update().filter(id=ground_id).first()
    if row is None:
        raise NoSuchRow(_("There is no such occurrence."), clause=rules.SERIOUS)
    if consequence not in rules.CONSEQUENCES or consequence == "open":
        raise Incomplete(_("Say what follows."), clause=rules.SERIOUS)
    row.consequence, row.decision = consequence, decision or row.decision
    row.decided_by, row.decided_at = str(actor), at
    row.save(update_fields=["consequence", "decision", "decided_by", "decided_at"])
    body: dict[str, object] = {"ground": row.id, "consequence": consequence, "decision": row.decision}
    append(kind="ground.followed", body=body, actor=actor, at=at, clause=rules.SERIOUS)


def _live(decision_id: UUID) -> Limiting:
    row: Limiting | None = Limiting.objects.select_for_update().filter(id=decision_id).first()
    if row is None:
        raise NoSuchRow(_("There is no such decision."), clause=rules.NOTICE)
    if row.state not in selectors.LIVE:
        raise NotSo(_("This decision does not stand any more."), clause=rules.NOTICE)
    return row


def _write(row: Limiting, **said: str) -> None:
    known = selectors.words(row) | {name: text.strip() for name, text in said.items()}
    row.sealed = Vault.open().seal(row.id, selectors.SEALED, canonical.dumps(known))
    row.save()


def what(kind: str, acts: Sequence[str], cap: int | None) -> str:
    """Return in words what a decision stops."""
    if kind == "close":
        return _("the service ends")
    if kind == "suspend":
        return _("the whole service is suspended")
    names = {
        "send": _("sending"),
        "import": _("importing"),
        "track": _("recording opens and clicks"),
        "profile": _("reports on single people"),
    }
    parts = [_("%(act)s is stopped") % {"act": names[one]} for one in acts if one in names]
    if cap is not None:
        parts.append(_("a campaign has %(cap)s recipients at most") % {"cap": cap})
    return "; ".join(parts)


def _letter(row: Limiting, source: str, at: datetime) -> tuple[str, tuple[str, ...]]:
    terms = ground(at).terms
    clause = ", ".join(part for part in (clause_named(row.clause, terms) if row.clause else "", source) if part)
    when = f"{row.effective_at:%Y-%m-%d %H:%M} UTC"
    subject = _("Decision %(number)s: %(what)s") % {"number": row.number, "what": what(row.kind, row.acts, row.cap)}
    said = selectors.words(row)
    lines = (
        _("What: %(what)s, from %(when)s.") % {"what": what(row.kind, row.acts, row.cap), "when": when},
        _("Ground: %(ground)s.") % {"ground": _(rules.GROUNDS[row.ground])},
        _("It rests on: %(clause)s.") % {"clause": clause},
        _("The reasons: %(words)s") % {"words": said.get("reasons", "")},
        _("Why the notice is shorter than usual: %(words)s") % {"words": said["shorter"]} if "shorter" in said else "",
        _("Your data stays within your reach all the time: it can be seen, taken out and deleted, and people's "
          "requests are carried out."),
        _("You can object, with reasons, on this page: %(url)s. You get an answer with reasons.")
        % {"url": f"{env().public_url.rstrip('/')}/privacy/limits/"},
    )  # fmt: skip
    return subject, tuple(line for line in lines if line)


def document(row_id: UUID, *, source: str, at: datetime) -> bytes:
    """Return a decision as PDF in the controller's language. Raises NoSuchRow."""
    row = Limiting.objects.filter(id=row_id).first()
    if row is None:
        raise NoSuchRow(_("There is no such decision."), clause=rules.NOTICE)
    card = accounts.controller()
    with translation.override(card.language):
        subject, lines = _letter(row, source, at)
        paragraph = Paragraph("1", "decision", subject, lines[0], lines[1:], "", "")
        title = _("Decision on the service")
        made = Document(card.language, title, card.legal_name or card.name, (Chapter("1", title, (paragraph,)),))
    return pdf.pdf(made, note=f"{env().operator_name}, {row.decided_at:%Y-%m-%d %H:%M} UTC")


def _serve(row: Limiting, source: str, at: datetime) -> UUID:
    card = accounts.controller()
    with translation.override(card.language):
        subject, lines = _letter(row, source, at)
        text = "\n\n".join(lines) + "\n"
    made = document(row.id, source=source, at=at)
    served = notices.serve(
        kind="limiting.decision", party="controller", subject=subject, text=text, at=at,
        clause=row.clause or rules.NOTICE, about=(ABOUT, row.id),
        attachments=[Attachment(f"decision-{row.number}.pdf", "application/pdf", made)],
    )  # fmt: skip
    _owners(subject, text, at)
    return served


def _tell_lifted(row: Limiting, words: str, at: datetime) -> None:
    card = accounts.controller()
    with translation.override(card.language):
        subject = _("Decision %(number)s is lifted") % {"number": row.number}
        text = _("What was limited or suspended by decision %(number)s is free again. The reasons:\n\n%(words)s\n")
        text %= {"number": row.number, "words": words.strip()}
    notices.serve(
        kind="limiting.lifted", party="controller", subject=subject, text=text, at=at, clause=row.clause,
        about=(ABOUT, row.id),
    )  # fmt: skip
    _owners(subject, text, at)


def _owners(subject: str, text: str, at: datetime) -> None:
    """Tell the owners, too, beside the party's addresses for notices."""
    for owner in accounts.owners():
        outbox.send_notice(
            to=owner.email, to_name=owner.name, subject=subject, text=text, kind="controller_limited", at=at
        )
