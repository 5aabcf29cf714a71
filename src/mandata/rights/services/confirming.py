"""That a request is the person's own: by the link to the known address, or by an officer who knows the person."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements.services import obligations as agreements
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import letters, rules, selectors
from mandata.rights.errors import AlreadyDecided
from mandata.rights.models import Case
from mandata.rights.selectors import Wrote
from mandata.rights.services import desk, steps


def ask_to_confirm(case: Case, wrote: Wrote, at: datetime) -> None:
    """Mail the link; whoever asked on paper and left no address is known by other means."""
    if not wrote.address:
        return
    expires_at = at + rules.CONFIRM_LASTS
    token = steps.new_link(case, "confirm", expires_at)
    letter = letters.confirmation(
        accounts.controller(), kind=case.kind, token=token, expires_at=expires_at, language=case.language
    )
    notice = steps.post(case, letter, to=wrote.address, name=wrote.name, kind="confirm", at=at)
    steps.enter(case, "confirmation_sent", actor=SYSTEM, at=at, detail={"notice": notice})
    # § 7021(a): receipt is confirmed whatever time it takes to verify who asks.
    agreements.meet_about(about=case.id, duties=(rules.CONFIRM,), evidence={"notice": notice}, actor=SYSTEM, at=at)


def confirm(*, token: str, at: datetime) -> str:
    """Confirm the case behind a mailed link; return the token of its page of progress. Opens the scope itself.

    A second click confirms nothing twice and leads to the page again. Raises BadLink, AlreadyDecided.
    """
    found = selectors.key(token, ("confirm",), at=at)
    with scope(found.controller_id):
        case = steps.locked(found.case_id)
        if rules.may_confirm(case.state):
            return confirmed(case, Actor("subject", case.subject), "link", at)
        if case.state not in rules.OPEN and not _by_itself(case):
            raise AlreadyDecided(_("This request has been answered already."), status=410)
        return steps.new_link(case, "progress", at + rules.PROGRESS_LASTS)


def _by_itself(case: Case) -> bool:
    """Whether a case was answered as it was confirmed: whoever comes back sees that."""
    return case.decided_by is None and case.state == "answered"


def confirm_by_hand(*, case_id: UUID, actor: Actor, at: datetime) -> None:
    """Confirm a case whose person an officer knows by other means (Art. 12(6) GDPR); who vouched stands in the record.

    Raises NoSuchCase, AlreadyDecided.
    """
    with scope(current_controller()):
        case = steps.locked(case_id)
        if not rules.may_confirm(case.state):
            raise AlreadyDecided(_("This request is confirmed or answered already."))
        confirmed(case, actor, "officer", at)


def confirmed(case: Case, actor: Actor, means: str, at: datetime) -> str:
    """Go on with a case whose person is known: what needs no decision is done at once, everything else is acknowledged
    and passed on to the controller. Return the token of its page of progress."""
    case.state, case.confirmed_at = "confirmed", at
    case.save(update_fields=["state", "confirmed_at"])
    steps.enter(case, "confirmed", actor=actor, at=at, detail={"means": means}, clause="Art. 12(6) GDPR")
    token = steps.new_link(case, "progress", at + rules.PROGRESS_LASTS)
    done = desk.at_once(case, at=at)
    _open_beside(case, at)
    steps.reach_manual(case, at=at)
    if done:  # the answer says all that an acknowledgement would
        evidence = {"outcome": "answered"}
        agreements.meet_about(about=case.id, duties=(rules.ACKNOWLEDGE,), evidence=evidence, actor=SYSTEM, at=at)
    else:
        _acknowledge(case, token, at)
    _pass_on(case, done, at)
    return token


def _acknowledge(case: Case, token: str, at: datetime) -> None:
    card, wrote = accounts.controller(), selectors.wrote(case)
    letter = letters.acknowledgement(
        card,
        kind=case.kind,
        number=case.number,
        token="" if rules.on_paper(case.channel) else token,
        due_at=case.due_at,
        language=case.language,
    )
    shown = steps.tell(case, letter, wrote, kind="acknowledged", at=at)
    steps.enter(case, "acknowledged", actor=SYSTEM, at=at, detail=shown, clause=rules.DUE_CLAUSES[case.regime])
    duties = (rules.ACKNOWLEDGE, rules.CONFIRM)
    agreements.meet_about(about=case.id, duties=duties, evidence=shown, actor=SYSTEM, at=at)


def _pass_on(case: Case, done: bool, at: datetime) -> None:
    card = accounts.controller()
    letter = (
        letters.already_done(card, kind=case.kind, number=case.number)
        if done
        else letters.to_controller(card, kind=case.kind, number=case.number, due_at=case.due_at)
    )
    mail = steps.tell_controller(letter, at=at)
    steps.enter(case, "passed_on", actor=SYSTEM, at=at, detail={"mail": mail}, clause="Art. 28(3)(e) GDPR")
    agreements.meet_about(about=case.id, duties=(rules.FORWARD,), evidence={"notice": mail}, actor=SYSTEM, at=at)


def _open_beside(case: Case, at: datetime) -> None:
    """What else the agreement owes once a request is known to be a person's own, not a stranger's: from now on."""
    agreements.open_for(
        event="person_request_received",
        since=at,
        cause=f"case:{case.id}",
        at=at,
        about=("case", case.id),
        only=(rules.FORWARD, rules.ACKNOWLEDGE),
    )


def done_at_once(case: Case, at: datetime) -> bool:
    """Carry out what needs no decision, once it is known what is asked; return whether it was done."""
    return desk.at_once(case, at=at)


def joined(case: Case, at: datetime) -> None:
    """Acknowledge a household's case and pass it on; each of its people confirms an own one."""
    _open_beside(case, at)
    _acknowledge(case, steps.new_link(case, "progress", at + rules.PROGRESS_LASTS), at)
    _pass_on(case, False, at)
