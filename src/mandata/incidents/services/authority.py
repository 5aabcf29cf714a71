"""What a controller does about a breach: the form for the authority, sent or not needed; effects and remedies.

In the controller's scope. Art. 33(1), (3), (4) and (5) GDPR.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements.selectors import obligations as owed
from mandata.agreements.services import obligations
from mandata.foundation.actors import Actor
from mandata.incidents import rules
from mandata.incidents.errors import BadBreach, WrongState
from mandata.incidents.models import Share
from mandata.incidents.services import steps
from mandata.infra.tenancy import current_controller, scope

FIELDS: Final = ("authority", "officer", "consequences", "measures", "cross_border", "subjects", "records", "delay")
"""What an officer adds to the form, or puts in the place of what we filled in."""
MOST: Final = 1_000
_LONG: Final = 5_000


def fill(*, share_id: UUID, values: dict[str, str], actor: Actor, at: datetime) -> None:
    """Keep what the officer adds to the form; empty values give way to what we know. Raises NoSuchBreach, BadBreach."""
    if set(values) - set(FIELDS) or any(len(one) > _LONG for one in values.values()):
        raise BadBreach(_("The form has no such part, or it is too long."))
    with scope(current_controller()):
        share = steps.share(share_id)
        share.form = {name: text.strip() for name, text in values.items() if text.strip()}
        share.save(update_fields=["form"])
        steps.enter(share, "form_filled", actor=actor, at=at, detail={"parts": sorted(share.form)})


def sent(*, share_id: UUID, when: datetime, proof: str, delay: str = "", actor: Actor, at: datetime) -> None:
    """Say that the authority was notified, when, and where the proof lies; later than its time, with the reasons.

    Raises NoSuchBreach, WrongState, BadBreach.
    """
    with scope(current_controller()):
        share = _undecided(share_id)
        if not proof.strip() or when > at or (share.own_aware_at is not None and when < share.own_aware_at):
            raise BadBreach(
                _("A notification has a time that has been, after you became aware, and a proof."),
                clause="Article 33(1) GDPR",
                remedy=_("Give the file number or say where the confirmation lies."),
            )
        if _late(share, when) and not delay.strip():
            raise BadBreach(
                _("After its time a notification states the reasons for the delay."),
                clause="Article 33(1) GDPR",
                remedy=_("Write the reasons that the notification stated."),
            )
        share.authority_words, share.delay = proof.strip()[:MOST], delay.strip()[:MOST]
        _decide(share, "sent", when, actor, at)


def not_needed(*, share_id: UUID, reason: str, actor: Actor, at: datetime) -> None:
    """Say that no notification is needed, because a risk is unlikely, and why (Art. 33(1) and (5) GDPR).

    Raises NoSuchBreach, WrongState, BadBreach.
    """
    if not reason.strip():
        raise BadBreach(
            _("Why a risk to people is unlikely has to be documented."),
            clause="Article 33(5) GDPR",
            remedy=_("Write the reasons; they stay in your register."),
        )
    with scope(current_controller()):
        share = _undecided(share_id)
        share.authority_words = reason.strip()[:MOST]
        _decide(share, "not_needed", at, actor, at)


def _undecided(share_id: UUID) -> Share:
    share = steps.share(share_id)
    if share.authority == "sent":
        raise WrongState(_("The authority has been notified already."), remedy=_("More is added there by its number."))
    return share


def _late(share: Share, when: datetime) -> bool:
    """By the obligation, never by arithmetic of ours."""
    running = [one for one in owed.about(share.id, when) if one.duty == rules.AUTHORITY and one.state != "lapsed"]
    return any(when >= one.statutory for one in running)


def _decide(share: Share, how: str, when: datetime, actor: Actor, at: datetime) -> None:
    share.authority, share.authority_at, share.authority_by = how, when, actor.id
    share.save()
    kind = "authority_told" if how == "sent" else "authority_not_needed"
    steps.enter(share, kind, actor=actor, at=at, detail={"when": when}, clause=rules.AUTHORITY)
    for one in owed.about(share.id, at):
        if one.duty == rules.AUTHORITY and one.state == "open":
            if how == "sent":
                evidence = {"breach": share.breach, "when": when}
                obligations.meet(obligation_id=one.id, evidence=evidence, actor=actor, at=at, when=when)
            else:
                obligations.lapse(obligation_id=one.id, reason="risk_unlikely", actor=actor, at=at)


def document(*, share_id: UUID, effects: str, remedies: str, actor: Actor, at: datetime) -> None:
    """Keep effects and remedial action in the controller's own register (Art. 33(5) GDPR). Raises NoSuchBreach."""
    if max(len(effects), len(remedies)) > rules.LONGEST:
        raise BadBreach(_("This text is too long."))
    with scope(current_controller()):
        share = steps.share(share_id)
        share.effects, share.remedies = effects.strip(), remedies.strip()
        share.save(update_fields=["effects", "remedies"])
        steps.enter(share, "documented", actor=actor, at=at, clause="Article 33(5) GDPR")
