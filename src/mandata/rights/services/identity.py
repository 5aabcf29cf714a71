"""Who asks: more than the link only where a doubt is reasoned, and the proof deleted with the decision (DSR-2).

Source: Article 12(6) GDPR; Cal. Code Regs. tit. 11 §§ 7060, 7062.
"""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.audience import personal as audience
from mandata.foundation.actors import Actor
from mandata.holdings import selectors as holdings
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import letters, rules, selectors
from mandata.rights.errors import BadProof, NotAskable, NotThisKind, WordsMissing
from mandata.rights.models import Case, Doubt
from mandata.rights.selectors import PLACE, Wrote, packed
from mandata.rights.selectors.sealed import PROOF_PLACE, WHY_PLACE
from mandata.rights.services import closing, confirming, refusing, steps
from mandata.vault.services import Vault

CLAUSE = "Art. 12(6) GDPR"


def doubt(*, case_id: UUID, why: str, actor: Actor, at: datetime) -> UUID:
    """Ask the person for a proof, with the officer's reasons, which go into the letter; return the doubt's id.

    From now on the strict clock runs on; the suspended one stands still where the law lets it. Raises
    NoSuchCase, AlreadyDecided, WordsMissing (a doubt without reasons is none), NotThisKind (asked already; a kind that
    nobody has to be known for).
    """
    with scope(current_controller()):
        case = steps.locked(case_id)
        if case.state not in rules.OPEN:
            raise closing.decided(case)
        if not why.strip():
            raise WordsMissing(
                _("More is asked of a person only where there are reasonable doubts."),
                clause=CLAUSE,
                remedy=_("Write why you doubt."),
            )
        if case.waits_since is not None or not rules.kind(case.kind).verified:
            raise NotThisKind(_("A proof is awaited already, or none may be asked for."), clause=CLAUSE)
        vault, expires_at = Vault.open(), at + rules.PROOF_LASTS
        said = why.strip()[: rules.MAX_REASONS]
        row = Doubt.objects.create(
            case_id=case.id, why=vault.seal(case.id, WHY_PLACE, said.encode()), asked_at=at, asked_by=actor.id
        )
        Case.objects.filter(id=case.id).update(waits_since=at)
        letter = letters.proof(
            accounts.controller(),
            number=case.number,
            why=said,
            token=steps.new_link(case, "proof", expires_at),
            expires_at=expires_at,
            language=case.language,
        )
        shown = steps.tell(case, letter, selectors.wrote(case), kind="proof", at=at)
        steps.enter(case, "doubted", actor=actor, at=at, detail={"doubt": row.id, **shown}, clause=CLAUSE)
        return UUID(str(row.id))


def give(*, token: str, content: bytes, at: datetime) -> None:
    """Take the person's proof through its link, sealed; a later one takes the place of an earlier. Opens the scope
    itself. Raises BadLink, BadProof, NotThisKind (decided meanwhile)."""
    found = selectors.key(token, ("proof",), at=at)
    media = rules.media_of(content)
    if not media or len(content) > rules.MAX_PROOF:
        raise BadProof(
            _("This file cannot be taken."),
            clause=CLAUSE,
            remedy=_("Send a PDF, JPEG or PNG file of at most 5 MB."),
        )
    with scope(found.controller_id):
        case = steps.locked(found.case_id)
        row = _open_doubt(case)
        sealed = Vault.open().seal(case.id, PROOF_PLACE, content)
        Doubt.objects.filter(id=row.id).update(proof=sealed, media=media, given_at=at)
        actor = Actor("subject", case.subject)
        steps.enter(
            case, "proof_given", actor=actor, at=at, detail={"doubt": row.id, "bytes": len(content)}, clause=CLAUSE
        )


def look(*, case_id: UUID, actor: Actor, at: datetime) -> tuple[str, bytes]:
    """Return media type and content of the proof: a deliberate act that stands in the record. Raises NoSuchCase,
    NotThisKind where there is none (any more)."""
    with scope(current_controller()):
        case = steps.locked(case_id)
        row = _open_doubt(case)
        if not row.proof:
            raise NotThisKind(_("No proof has come yet."), clause=CLAUSE)
        steps.enter(case, "proof_shown", actor=actor, at=at, detail={"doubt": row.id}, clause=CLAUSE)
        return row.media, Vault.open().unseal(case.id, PROOF_PLACE, bytes(row.proof))


def settle(*, case_id: UUID, accepted: bool, words: str = "", actor: Actor, at: datetime) -> None:
    """Decide about a doubt: the proof is deleted at once, whatever is decided. Accepted, the case goes on (and counts
    as confirmed); else it is refused, because nobody can tell that the data is the person's.

    Raises NoSuchCase, NotThisKind.
    """
    with scope(current_controller()):
        case = steps.locked(case_id)
        row = _open_doubt(case)
        Doubt.objects.filter(id=row.id).update(proof=b"", decided_at=at, accepted=accepted)
        since = case.waits_since or at
        stood = case.stood + max(int((at - since).total_seconds()), 0)
        case.waits_since, case.stood = None, stood
        case.save(update_fields=["waits_since", "stood"])
        detail = {"doubt": row.id, "accepted": accepted, "proof_deleted": bool(row.proof), "stood": stood}
        steps.enter(case, "doubt_settled", actor=actor, at=at, detail=detail, clause=CLAUSE)
        if not accepted:
            refusing.refuse(case_id=case.id, reason=rules.IDENTITY[case.regime], words=words, actor=actor, at=at)
        elif rules.may_confirm(case.state):
            confirming.confirmed(case, actor, "proof", at)
        elif rules.may_answer(case.state):
            # The link was used while the proof was awaited, which held back what needs no decision.
            confirming.done_at_once(case, at)


def _open_doubt(case: Case) -> Doubt:
    row: Doubt | None = Doubt.objects.filter(case_id=case.id, decided_at=None).order_by("-asked_at").first()
    if row is None:
        raise NotThisKind(_("Nothing is awaited of this person."), clause=CLAUSE)
    return row


def identify(*, case_id: UUID, address: str, actor: Actor, at: datetime) -> bool:
    """Say under which address somebody is known who asked on paper without one; return whether it is in the audience.

    Raises NoSuchCase, AlreadyDecided, NotThisKind (the address is known already), NotAskable.
    """
    with scope(current_controller()):
        case = steps.locked(case_id)
        if case.state not in rules.OPEN:
            raise closing.decided(case)
        wrote = selectors.wrote(case)
        subject = holdings.subject_by_address(address)
        if wrote.address:
            raise NotThisKind(_("The address of this person is known."), clause="Art. 12(2) GDPR")
        if subject is None:
            raise NotAskable(_("This is no e-mail address."), remedy=_("Write one such as name@example.com."))
        known = audience.address_of(subject.reference) if subject.reference else None
        said = Wrote(known or subject.address, wrote.name, wrote.words, wrote.post, wrote.details)
        sealed = Vault.open().seal(case.id, PLACE, packed(said))
        Case.objects.filter(id=case.id).update(
            subject=subject.reference, email_index=subject.email_index, sealed=sealed
        )
        case.subject = subject.reference
        steps.enter(
            case,
            "identified",
            actor=actor,
            at=at,
            detail={"known": subject.reference is not None},
            clause="Art. 12(2) GDPR",
        )
        return subject.reference is not None
