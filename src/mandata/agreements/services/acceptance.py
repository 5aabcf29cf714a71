"""Accepting an agreement and ending it."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Max

from mandata.agreements import library, registers, selectors, shelf
from mandata.agreements.errors import AlreadyInForce, NoneInForce
from mandata.agreements.language import words
from mandata.agreements.models import Agreement as AgreementRow
from mandata.agreements.models import Instruction
from mandata.agreements.rules import text
from mandata.agreements.rules.acceptance import AcceptFacts, may_accept
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.text import Document, Parties, Party
from mandata.agreements.rules.words import mark as _
from mandata.agreements.services import obligations
from mandata.agreements.services.asking import refuse
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.tenancy import current_controller
from mandata.record.services import append
from mandata.vault.services import Vault

SILENCE: Final = "silence"
ENDING: Final = ("contract_ended", "cooperation_ended", "service_terminated")
"""The events that an agreement's end is, as its clauses name it."""
_ALREADY: Final = _("This agreement is in force already.")
_NONE: Final = _("No agreement is in force.")

About = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class Where:
    """From where somebody accepts: the network and the browser's family (``rules.evidence`` makes both from a
    request).
    """

    network: str = ""
    agent: str = ""


def accept(
    *,
    member_id: UUID,
    language: str,
    answers: Mapping[str, str],
    warranted: bool,
    shown: str,
    at: datetime,
    where: Where | None = None,
    name: str = "",
    source: str = "",
    effective: datetime | None = None,
) -> selectors.Agreement:
    """Bind the scope's controller to an agreement (AGR-1), give the standing instruction (INS-1), and record both.

    ``answers``: "yes" or "no" by question ("age", "consumer", "eea"); ``warranted``: the controller's warranties are
    confirmed; ``shown``: ``Offer.shown`` of the text that was read; ``name``: an agreement on offer, by default the
    installation's, or ``source``: the exact TOML of a version that was announced; ``effective``: from when on it
    binds, by default at once. An agreement in force is superseded then. Raises GateRefused by the clause,
    AlreadyInForce for the very same agreement.
    """
    source = source or shelf.source(name or env().default_agreement)
    terms = library.checked(source, f"{name or 'agreement'}.toml")
    lock()
    before = selectors.in_force(at)
    leaving = before is not None and before.state == "ended"  # who refused a version and now stays under the old one
    if before is not None and not leaving and (before.terms.digest, before.language) == (terms.digest, language):
        raise AlreadyInForce(selectors.reader().gettext(_ALREADY), clause="agreement.acceptance")
    exact = _exact_text(terms, language)
    facts = AcceptFacts(
        language=language,
        answers=answers,
        warranted=warranted,
        shown=_bytes(shown),
        text=text.digest(_rendered(terms, language, Party(""))),
        named=bool(selectors.operator().name and selectors.controller().name),
    )
    refuse(may_accept(terms, facts))
    given = {question: answers[question] for question, _question in terms.questions()}
    row = _kept(source, language, exact, given, member_id, where or Where(), at)
    row.effective_at = max(effective or at, at)
    return _bound(row, before, where or Where())


def carry_over(*, source: str, effective: datetime, at: datetime) -> selectors.Agreement:
    """Supersede the agreement in force by a version to which silence consented, by the clause change.silence (AGR-4).

    Language, answers and warranties are those of the acceptance before. Raises NoneInForce where nothing is in force.
    """
    lock()
    before = selectors.in_force(at)
    if before is None:
        raise NoneInForce(selectors.reader().gettext(_NONE), clause="change.silence")
    terms = library.checked(source, "agreement.toml")
    language = before.language if before.language in terms.head.languages else terms.head.languages[0]
    exact = _exact_text(terms, language)
    row = _kept(source, language, exact, before.answers, before.accepted_by, Where(), at)
    row.effective_at, row.how = effective, SILENCE
    return _bound(row, before, Where())


def _bound(row: AgreementRow, before: selectors.Agreement | None, where: Where) -> selectors.Agreement:
    for waiting in AgreementRow.objects.filter(ended_at=None, effective_at__gt=row.accepted_at):
        # accepted, not begun: it binds until the newer one does, or never
        _close(waiting.id, "superseded", "", max(waiting.effective_at, row.effective_at))
    if before is not None and (before.ended_at is None or before.ended_at > row.effective_at):
        _close(before.id, "superseded", "", row.effective_at)
        if before.state == "ended":
            _renewed(before, _acting(row), row.accepted_at)
    row.save(force_insert=True)
    _recorded(row, before, where)
    _instruct(row, library.checked(row.terms, f"{row.name}.toml"))
    return selectors.agreements()[0]


def _renewed(before: selectors.Agreement, actor: Actor, at: datetime) -> None:
    """An end that was still to come does not come: what would have followed from it lapses, instructions go on."""
    Instruction.objects.filter(kind="written", ended_at=before.ended_at).update(ended_at=None)
    obligations.lapse_about(about=before.id, reason="renewed", actor=actor, at=at)


def _rendered(terms: Terms, language: str, controller: Party) -> Document:
    known = language if language in terms.head.languages else terms.head.languages[0]
    parties = Parties(selectors.operator(), controller)
    return text.render(terms, parties, known, words(known), registers.annexes())


def _exact_text(terms: Terms, language: str) -> bytes:
    return text.dump(_rendered(terms, language, selectors.controller()))


def _bytes(shown: str) -> bytes:
    try:
        return bytes.fromhex(shown)
    except ValueError:
        return b""


def _kept(
    source: str, language: str, exact: bytes, answers: dict[str, str], member_id: UUID, where: Where, at: datetime
) -> AgreementRow:
    terms = library.checked(source, "agreement.toml")
    return AgreementRow(
        id=new_id(),
        number=1 + (AgreementRow.objects.aggregate(last=Max("number"))["last"] or 0),
        name=terms.name,
        version=terms.version,
        language=language,
        terms=source,
        terms_digest=bytes.fromhex(terms.digest),
        text=exact,
        text_digest=hashlib.sha256(exact).digest(),
        answers=answers,
        accepted_by=member_id,
        accepted_at=at,
        effective_at=at,
        accepted_network=where.network[:60],
        accepted_agent=where.agent[:120],
    )


def _recorded(row: AgreementRow, before: selectors.Agreement | None, where: Where) -> None:
    """The acceptance in the record; from where it came enters as a commitment, being personal."""
    vault = Vault.open()
    vault.create([row.id])
    body: dict[str, object] = {
        "agreement": row.id,
        "number": row.number,
        "name": row.name,
        "version": row.version,
        "language": row.language,
        "terms": row.terms_digest,
        "text": row.text_digest,
        "answers": row.answers,
        "warranted": True,
        "how": row.how,
        "effective": row.effective_at,
        "supersedes": before.id if before else None,
    }
    append(
        kind="agreement.accepted",
        body=body,
        actor=_acting(row),
        at=row.accepted_at,
        clause="change.silence" if row.how == SILENCE else "agreement.acceptance",
        commitment=vault.commit(row.id, asdict(where)),
    )


def _instruct(row: AgreementRow, terms: Terms) -> None:
    """The standing instruction that the agreement gives (INS-1)."""
    instruction = Instruction.objects.create(
        number=1 + (Instruction.objects.aggregate(last=Max("number"))["last"] or 0),
        kind="standing",
        agreement=row.id,
        acts=list(terms.items("instruction.standing")),
        given_by=row.accepted_by,
        given_at=row.effective_at,
    )
    append(
        kind="instruction.given",
        body={"instruction": instruction.id, "kind": "standing", "agreement": row.id, "acts": instruction.acts},
        actor=_acting(row),
        at=row.accepted_at,
        clause="instruction.standing",
    )


def _acting(row: AgreementRow) -> Actor:
    return SYSTEM if row.how == SILENCE else Actor("member", row.accepted_by)


def end(
    *, actor: Actor, at: datetime, by: str, effective: datetime | None = None, about: About | None = None
) -> selectors.Agreement:
    """End the agreement in force at ``effective`` (by default at once) and record it. Raises NoneInForce where there
    is none.

    ``by`` is the code of the ground: "notice", "disagreement", "inactivity", "serious_breach". ``about``: the kind and
    id of what the duties that open are about, by default the agreement. What survives the end
    is the clause
    agreement.survival; data is still returned and requests of data subjects are still carried out. What the agreement
    owes from its end on opens as obligations.
    """
    lock()
    found = selectors.in_force(at)
    if found is None:
        raise NoneInForce(selectors.reader().gettext(_NONE), clause="agreement.end")
    instant = effective or at
    if found.state == "ended" and found.ended_at is not None:
        instant = min(instant, found.ended_at)  # an end that is to come is not put off by another one
    if found.ended_at is None or found.state == "ended" or found.ended_at > instant:
        _close(found.id, "ended", by, instant)
    for waiting in AgreementRow.objects.filter(ended_at=None, effective_at__gt=at):
        _close(waiting.id, "ended", by, max(waiting.effective_at, instant))
    append(
        kind="agreement.ended",
        body={"agreement": found.id, "by": by, "effective": instant},
        actor=actor,
        at=at,
        clause="agreement.end",
    )
    thing = about or ("agreement", found.id)
    for event in ENDING:
        cause = f"{thing[0]}:{thing[1]}:{event}"
        obligations.open_for(event=event, since=instant, cause=cause, at=at, about=thing, actor=actor)
    return next(agreement for agreement in selectors.agreements() if agreement.id == found.id)


def take_back(*, agreement_id: UUID, about: About, actor: Actor, at: datetime) -> None:
    """Let an agreement whose end was still to come go on, and what its end had opened (`about`) lapse.

    Standing and written instructions that were to end with it go on as well. Raises NoneInForce where it has ended.
    """
    lock()
    row = AgreementRow.objects.filter(id=agreement_id, ended_at__gt=at).first()
    if row is None:
        raise NoneInForce(selectors.reader().gettext(_NONE), clause="agreement.end")
    Instruction.objects.filter(ended_at=row.ended_at).update(ended_at=None)
    AgreementRow.objects.filter(id=agreement_id).update(state="in_force", ended_at=None, ended_by="")
    obligations.lapse_about(about=about[1], reason="withdrawn", actor=actor, at=at)
    body: dict[str, object] = {"agreement": agreement_id, "effective": row.ended_at}
    append(kind="agreement.end_withdrawn", body=body, actor=actor, at=at, clause="agreement.end")


def _close(agreement_id: UUID, state: str, by: str, at: datetime) -> None:
    AgreementRow.objects.filter(id=agreement_id).update(state=state, ended_at=at, ended_by=by)
    Instruction.objects.filter(agreement=agreement_id, kind="standing", ended_at=None).update(ended_at=at)
    if state == "ended":  # written instructions outlive a new version, duties by law the agreement itself
        Instruction.objects.filter(kind="written", ended_at=None).update(ended_at=at)


def lock() -> None:
    """One acceptance or end at a time for a controller, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"agreements:{current_controller()}"])
