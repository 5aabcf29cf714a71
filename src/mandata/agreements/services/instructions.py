"""Instructions of the controller, in writing, by a named authorised member (INS-1): given, questioned, agreed, refused,
withdrawn, carried out; and processing that a law demands (INS-4). In a controller's scope, but for `oblige`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Max

from mandata.accounts import selectors as accounts
from mandata.agreements import letters, selectors
from mandata.agreements.errors import (
    BeyondAgreement,
    NoneInForce,
    NoSuchInstruction,
    WrongState,
)
from mandata.agreements.models import Instruction
from mandata.agreements.rules import instructions as rules
from mandata.agreements.rules.facts.concluding import InstructFacts
from mandata.agreements.rules.gates.concluding import instructs
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.words import fill
from mandata.agreements.rules.words import mark as _
from mandata.agreements.services import ledger, obligations
from mandata.agreements.services.acceptance import lock
from mandata.agreements.services.asking import keep
from mandata.agreements.services.asking import refuse as refuse_by
from mandata.agreements.services.authority import authorised
from mandata.agreements.services.notices import serve
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Refused
from mandata.infra.clock import new_id
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append
from mandata.vault.services import Vault
from mandata.vault.services import begin as begin_vault

BY_LAW: Final = "Article 28(3)(a) GDPR"
_NONE: Final = _("No agreement is in force.")
_ACCEPT: Final = _("An owner reads and accepts the agreement.")
_EMPTY: Final = _("An instruction is in writing and orders at least one act.")
_SAY: Final = _("Write what is to be done, on what data, and how.")
_UNKNOWN: Final = _("Nothing here knows the act {acts}.")
_SOLD: Final = _("Personal data is not sold, rented or shared; no instruction can permit it.")
_BEYOND: Final = _("This goes beyond the agreement: {what}.")
_SAY_BEYOND: Final = _("Say that it does; it then binds once the processor has agreed in writing.")
_GONE: Final = _("There is no such instruction.")
_STATE: Final = _("This instruction is {state}; that cannot follow.")
_RELOAD: Final = _("Reload the page: somebody else may have changed it.")
_LAW: Final = _("Say which law demands the processing.")
_LAWFUL: Final = _("A law demands this processing; neither party can question, refuse or withdraw it.")
_ONLY_DONE: Final = _("All that can be entered is that it was carried out.")


def give(
    *,
    member_id: UUID,
    words: str,
    acts: Sequence[str],
    at: datetime,
    scope_words: str = "",
    purpose: str = "",
    beyond: bool = False,
) -> UUID:
    """Give a written instruction and return its id; what stays within the agreement binds at once (INS-1).

    ``words``: what is to be done; ``acts``: codes of vocabulary "act"; ``scope_words``: on which data; ``purpose``: a
    code of the agreement's closed list, empty for that of the service. What goes ``beyond`` the agreement has to be
    called so, and binds once the processor has agreed (INS-2). The record holds a commitment to the words. Raises
    NoneInForce, NotAuthorised, BeyondAgreement, Refused.
    """
    member = authorised(member_id)
    lock()
    found, said = selectors.in_force(at), selectors.reader().gettext
    if found is None:
        raise NoneInForce(said(_NONE), clause="instruction.standing", remedy=said(_ACCEPT))
    exceeds = _read(found.terms, words, acts, purpose)
    if exceeds and not beyond:
        message = fill(said(_BEYOND), {"what": ", ".join(exceeds)})
        raise BeyondAgreement(
            message, clause="instruction.standing", remedy=said(_SAY_BEYOND), evidence={"beyond": list(exceeds)}
        )
    row = Instruction(
        id=new_id(),
        number=_next(),
        kind="written",
        agreement=found.id,
        acts=list(acts),
        words=words.strip(),
        scope=scope_words.strip()[:300],
        purpose=purpose,
        beyond=bool(exceeds) or beyond,
        state="given" if exceeds or beyond else "in_force",
        given_by=member_id,
        given_at=at,
    )
    row.save(force_insert=True)
    body: dict[str, object] = {"kind": "written", "agreement": found.id, "acts": row.acts, "purpose": purpose}
    body |= {"beyond": row.beyond, "state": row.state}
    _enter(row, "given", body, member, at, words={"words": row.words, "scope": row.scope})
    instruction_id: UUID = row.id
    return instruction_id


def _read(terms: Terms, words: str, acts: Sequence[str], purpose: str) -> tuple[str, ...]:
    said = selectors.reader().gettext
    if not words.strip() or not acts:
        raise Refused(said(_EMPTY), code="instruction.empty", remedy=said(_SAY), status=422)
    if strange := rules.unknown(acts):
        message = fill(said(_UNKNOWN), {"acts": ", ".join(strange)})
        raise Refused(message, code="instruction.unknown", remedy=said(_SAY), status=422)
    if rules.forbidden(purpose):
        raise Refused(said(_SOLD), code="instruction.sold", clause="processing.purposes", status=403)
    return rules.excess(terms, acts, purpose)


def _next() -> int:
    return 1 + (Instruction.objects.aggregate(last=Max("number"))["last"] or 0)


def _enter(
    row: Instruction,
    kind: str,
    body: Mapping[str, object],
    actor: Actor,
    at: datetime,
    *,
    words: Mapping[str, object] | None = None,
    clause: str = "instruction.standing",
) -> None:
    """An entry of the record; what people wrote enters as a commitment under a key of the instruction's own."""
    vault, commitment = Vault.open(), None
    if words:
        if not vault.keys([row.id]):
            vault.create([row.id])
        commitment = vault.commit(row.id, dict(words))
    append(
        kind=f"instruction.{kind}",
        body={"instruction": row.id, "number": row.number, **body},
        actor=actor,
        at=at,
        clause=clause,
        commitment=commitment,
    )


def _locked(instruction_id: UUID, verb: str) -> Instruction:
    row: Instruction | None = (
        Instruction.objects.select_for_update().exclude(kind="standing").filter(id=instruction_id).first()
    )
    said = selectors.reader().gettext
    if row is None:
        raise NoSuchInstruction(said(_GONE))
    if row.kind == "law" and verb not in rules.BY_LAW:
        raise WrongState(said(_LAWFUL), clause=BY_LAW, remedy=said(_ONLY_DONE), evidence={"state": row.state})
    if row.state not in rules.FOLLOWS[verb]:
        message = fill(said(_STATE), {"state": said(rules.STATES[row.state])})
        raise WrongState(message, clause="instruction.standing", remedy=said(_RELOAD), evidence={"state": row.state})
    return row


def question(
    *, instruction_id: UUID, concern: str, actor: Actor, at: datetime, noticed: datetime | None = None
) -> None:
    """Point out to the controller that an instruction seems defective or unlawful (INS-5; Article 28(3) GDPR).

    It binds no more until the controller stands by it. Opens the duty instruction.unlawful from when it was
    ``noticed`` and meets it by the notice. Raises NoSuchInstruction, WrongState.
    """
    row = _locked(instruction_id, "question")
    before = row.state
    row.state, row.concern, row.concern_at = "questioned", concern.strip(), at
    row.save(update_fields=["state", "concern", "concern_at"])
    clause = "instruction.unlawful"
    _enter(row, "questioned", {"before": before}, actor, at, words={"concern": row.concern}, clause=clause)
    opened = obligations.open_for(
        event="instruction_seen",
        since=noticed or at,
        cause=f"instruction:{row.id}:{at.isoformat()}",
        at=at,
        about=("instruction", row.id),
        actor=actor,
    )
    notice = _tell(row, letters.questioned(row.number, row.concern, _language()), clause, at)
    for one in opened.values():
        obligations.meet(obligation_id=one, evidence={"notice": notice}, actor=actor, at=at)


def _language() -> str:
    return accounts.controller().language


def _tell(row: Instruction, letter: letters.Letter, clause: str, at: datetime) -> UUID:
    return serve(
        kind="instruction",
        party="controller",
        subject=letter.subject,
        text=letter.text,
        clause=clause,
        about=("instruction", row.id),
        at=at,
    )


def uphold(*, instruction_id: UUID, member_id: UUID, at: datetime) -> None:
    """Stand by an instruction that was questioned: it binds again, and frees the processor (INS-5).

    One beyond the agreement still waits for the processor's assent. Raises NotAuthorised, NoSuchInstruction,
    WrongState.
    """
    member = authorised(member_id)
    row = _locked(instruction_id, "uphold")
    row.state = "given" if row.beyond and row.decided_at is None else "in_force"
    row.save(update_fields=["state"])
    _enter(row, "upheld", {"state": row.state}, member, at, clause="instruction.unlawful")


def assent(*, instruction_id: UUID, actor: Actor, at: datetime) -> None:
    """The processor agrees to an instruction beyond the agreement; both sides have then agreed, and it binds (INS-2).

    ``actor``: somebody of the operator. Raises NoSuchInstruction, WrongState.
    """
    row = _locked(instruction_id, "assent")
    row.state, row.decided_by, row.decided_at = "in_force", actor.id, at
    row.save(update_fields=["state", "decided_by", "decided_at"])
    _enter(row, "agreed", {"by": actor.id}, actor, at)
    _tell(row, letters.agreed(row.number, _language()), "instruction.standing", at)


def refuse(*, instruction_id: UUID, reason: str, actor: Actor, at: datetime) -> None:
    """The processor refuses an instruction, with its reason, and tells the controller.

    ``actor``: somebody of the operator. Raises NoSuchInstruction, WrongState.
    """
    row = _locked(instruction_id, "refuse")
    row.state, row.decided_by, row.decided_at = "refused", actor.id, at
    row.reason, row.ended_at = reason.strip(), at
    row.save(update_fields=["state", "decided_by", "decided_at", "reason", "ended_at"])
    _enter(row, "refused", {"by": actor.id}, actor, at, words={"reason": row.reason})
    _tell(row, letters.refused(row.number, row.reason, _language()), "instruction.standing", at)


def withdraw(*, instruction_id: UUID, member_id: UUID, at: datetime) -> None:
    """The controller takes an instruction back. Raises NotAuthorised, NoSuchInstruction, WrongState."""
    member = authorised(member_id)
    row = _locked(instruction_id, "withdraw")
    row.state, row.ended_at = "withdrawn", at
    row.save(update_fields=["state", "ended_at"])
    _enter(row, "withdrawn", {}, member, at)


def carry_out(*, instruction_id: UUID, evidence: Mapping[str, object], actor: Actor, at: datetime) -> None:
    """Note that an instruction was carried out, and by what it shows (ids, digests, counts; what is written freely
    enters the record as a commitment).

    Asks the gate first: nothing beyond the agreement without both sides' assent, nothing questioned that was not
    upheld, nothing by law without telling first. Raises GateRefused, NoSuchInstruction, WrongState.
    """
    row = _locked(instruction_id, "carry_out")
    terms = selectors.ground(at).terms
    if terms is not None:
        verdicts = instructs(terms, _facts(row))
        keep("instruct", row.id, verdicts, actor=actor, at=at)
        refuse_by(verdicts)
    plain, free = ledger.sorted_out(evidence)
    row.state, row.done_at, row.ended_at, row.evidence = "done", at, at, {**row.evidence, **plain, **free}
    row.save(update_fields=["state", "done_at", "ended_at", "evidence"])
    _enter(row, "carried_out", {"evidence": plain}, actor, at, words=free)


def _facts(row: Instruction) -> InstructFacts:
    law = row.kind == "law"
    return InstructFacts(
        written=bool(row.words),
        beyond=row.beyond,
        agreed=row.decided_at is not None,
        concern=bool(row.concern),
        pointed_out=row.concern_at is not None,
        confirmed=row.state == "in_force",
        by_law=law,
        told_first=law and not row.untold,
        telling_forbidden=row.untold,
    )


def oblige(
    *,
    controller_id: UUID,
    law: str,
    words: str,
    acts: Sequence[str],
    actor: Actor,
    at: datetime,
    untold: str = "",
) -> UUID:
    """Note processing that a law demands beyond any instruction, and tell the controller first (INS-4; Article 28(3)(a)
    GDPR). Opens the scope itself; return the id.

    ``untold``: why the law forbids to tell; then the row and its entry lie in the installation's scope and log, where
    the controller does not read them. Raises Refused.
    """
    said = selectors.reader().gettext
    if not law.strip() or not words.strip():
        raise Refused(said(_LAW), code="instruction.law", clause=BY_LAW, status=422)
    secret = bool(untold.strip())
    with scope(INSTANCE if secret else controller_id):
        if secret:
            begin_vault(at=at)
        row = Instruction(
            id=new_id(),
            number=_next(),
            kind="law",
            agreement=None if secret else _agreement(at),
            acts=list(acts),
            words=words.strip(),
            law=law.strip()[:300],
            untold=secret,
            controller=controller_id if secret else None,
            reason=untold.strip(),
            given_by=actor.id or controller_id,
            given_at=at,
        )
        row.save(force_insert=True)
        kept = {"law": row.law, "words": row.words, "untold": row.reason}
        body: dict[str, object] = {"kind": "law", "acts": row.acts, "told": not secret}
        _enter(row, "given", body, actor, at, words=kept, clause=BY_LAW)
        if not secret:
            notice = _tell(row, letters.obliged(row.law, row.words, _language()), "instruction.standing", at)
            Instruction.objects.filter(id=row.id).update(evidence={"told": str(notice)})
        instruction_id: UUID = row.id
        return instruction_id


def _agreement(at: datetime) -> UUID:
    found = selectors.ground(at).agreement
    if found is None:
        said = selectors.reader().gettext
        raise NoneInForce(said(_NONE), clause="instruction.standing", remedy=said(_ACCEPT))
    return found.id


def carry_out_untold(
    *, controller_id: UUID, instruction_id: UUID, evidence: Mapping[str, object], actor: Actor, at: datetime
) -> None:
    """The same as `carry_out` for what must not be told of a controller; opens the installation's scope itself."""
    with scope(INSTANCE):
        if not Instruction.objects.filter(id=instruction_id, controller=controller_id).exists():
            raise NoSuchInstruction(selectors.reader().gettext(_GONE))
        carry_out(instruction_id=instruction_id, evidence=evidence, actor=actor, at=at)
