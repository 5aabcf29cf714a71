"""The operator's desk: a breach from awareness to its close. Opens the installation's scope itself."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from mandata.agreements.services import corrections, obligations
from mandata.audience.services.numbers import next_number
from mandata.foundation.actors import Actor
from mandata.incidents import rules
from mandata.incidents.errors import BadBreach, Changed, NoSuchThing, WrongState
from mandata.incidents.models import Affected, Breach, Correction
from mandata.incidents.services import steps
from mandata.infra.clock import new_id
from mandata.infra.tenancy import INSTANCE, scope

TOLD: Final = (*rules.CONTENT, "kinds", "certain", "began_at", "ended_at")
"""What a notice states: a change of it makes a new revision, of which the controllers can be told."""
OWN: Final = ("title", "found", "effects", "forbidden")
"""What the operator keeps for itself and the register."""


def open_breach(
    *,
    title: str,
    aware_at: datetime,
    actor: Actor,
    at: datetime,
    believed_at: datetime | None = None,
    began_at: datetime | None = None,
    ended_at: datetime | None = None,
    found: str = "",
    origin: str = "own",
    kinds: Sequence[str] = (),
    certain: bool = True,
    nature: str = "",
    consequences: str = "",
    measures: str = "",
    drill: bool = False,
    reported_by: UUID | None = None,
    breach_id: UUID | None = None,
) -> UUID:
    """Open a breach and return its id; nothing but a title and the time of awareness is needed.

    `aware_at`: when there was reasonable certainty; `believed_at`: when it was first believed, where that was
    earlier; `breach_id`: names it, so that a form sent twice opens one. Raises BadBreach.
    """
    with scope(INSTANCE):
        row = Breach(
            id=breach_id or new_id(),
            title=title.strip()[:120],
            drill=drill,
            origin=origin,
            reported_by=reported_by,
            found=found.strip()[:300],
            kinds=list(kinds),
            certain=certain,
            believed_at=believed_at or aware_at,
            aware_at=aware_at,
            began_at=began_at,
            ended_at=ended_at,
            nature=nature.strip(),
            consequences=consequences.strip(),
            measures=measures.strip(),
            opened_by=str(actor)[:60],
            opened_at=at,
            changed_at=at,
        )
        _sensible(row, at)
        known = Breach.objects.filter(id=row.id).values_list("id", flat=True).first()
        if known is not None:
            return UUID(str(known))
        row.number = next_number(Breach)
        row.save(force_insert=True)
        detail = {"origin": origin, "aware": aware_at, "began": began_at, "ended": ended_at, "certain": certain}
        steps.enter(row, "opened", actor=actor, at=at, detail=detail, clause=rules.NOTIFY)
        if not drill:
            steps.owe_handling(row, f"breach:{row.id}", aware_at, actor=actor, at=at)
        opened: UUID = row.id
        return opened


def _sensible(row: Breach, at: datetime) -> None:
    if not row.title or any(len(getattr(row, name)) > rules.LONGEST for name in (*rules.CONTENT, "effects")):
        raise BadBreach(_("A breach needs a title, and texts of a length that can be sent."))
    if row.origin not in rules.ORIGINS or set(row.kinds) - set(rules.KINDS):
        raise BadBreach(_("Nobody knows this origin or kind of a breach."))
    if not rules.times_hold(
        believed=row.believed_at, aware=row.aware_at, began=row.began_at, ended=row.ended_at, at=at
    ):
        raise BadBreach(
            _("These times cannot be: belief comes before certainty, the beginning before the end, none is to come."),
            remedy=_("Correct the times; leave out what is not known yet."),
        )


def amend(breach_id: UUID, *, revision: int, actor: Actor, at: datetime, **changes: Any) -> int:
    """Change what is known, by name of `TOLD` and `OWN`; return the revision, which is a new one where what is told
    changed.

    `revision`: the one that the person saw. Raises NoSuchBreach, WrongState, Changed, BadBreach.
    """
    if set(changes) - {*TOLD, *OWN}:
        raise ValueError("this cannot be changed")
    with scope(INSTANCE):
        row = _open(breach_id)
        if row.revision != revision:
            raise Changed(
                _("Somebody else has changed this breach meanwhile; nothing of yours was kept."),
                remedy=_("Look at what it says now, and enter your change again."),
            )
        before = {name: getattr(row, name) for name in changes}
        for name, value in changes.items():
            setattr(row, name, value.strip() if isinstance(value, str) else list(value) if name == "kinds" else value)
        _sensible(row, at)
        changed = [name for name in changes if getattr(row, name) != before[name]]
        if not changed:
            return int(row.revision)
        row.revision += bool(set(changed) & set(TOLD))
        row.changed_at = at
        row.save()
        steps.enter(row, "amended", actor=actor, at=at, detail={"what": sorted(changed), "revision": row.revision})
        return int(row.revision)


def contain(breach_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Say that nothing more gets out. Raises NoSuchBreach, WrongState."""
    with scope(INSTANCE):
        row = _open(breach_id)
        if row.state == "open":
            row.state, row.contained_at, row.changed_at = "contained", at, at
            row.save()
            steps.enter(row, "contained", actor=actor, at=at)


def close(breach_id: UUID, *, effects: str, actor: Actor, at: datetime) -> None:
    """Close a breach with its effects (Art. 33(5) GDPR): everybody affected has been told what is known now, or nobody
    is affected.

    Raises NoSuchBreach, WrongState, BadBreach.
    """
    with scope(INSTANCE):
        row = _open(breach_id)
        if not row.forbidden:
            _all_told(row)
        if not effects.strip():
            raise BadBreach(
                _("The register needs the effects of the breach."),
                clause="Article 33(5) GDPR",
                remedy=_("Say what it led to, or that it led to nothing."),
            )
        row.effects, row.state, row.closed_at, row.changed_at = effects.strip()[: rules.LONGEST], "closed", at, at
        row.save()
        steps.enter(row, "closed", actor=actor, at=at)
        handled(row, {"closed": at}, actor, at)


def _all_told(row: Breach) -> None:
    untold = affected(row.id).filter(told__lt=row.revision)
    if not untold.exists():
        return
    if not untold.filter(told=0).exists():
        raise WrongState(
            _("What is known now has not been told: somebody who was told before knows less."),
            clause="Article 33(4) GDPR",
            remedy=_("Tell them, or enter by which other way they learned of it; then close it."),
        )
    raise WrongState(
        _("Not everybody affected has been told."),
        clause="Article 33(2) GDPR",
        remedy=_("Tell them, or narrow the scope; then close it."),
    )


def affected(breach_id: UUID) -> Any:
    """Whom a breach touches, or who may have been told so before and is touched no longer."""
    return Affected.objects.filter(breach_id=breach_id).filter(Q(records__gt=0) | Q(tried__gt=0) | Q(told__gt=0))


def behind(breach_id: UUID, revision: int) -> Any:
    """Who of them does not know a revision yet, or that it is affected after all."""
    return affected(breach_id).filter(Q(told__lt=revision) | Q(again_at__isnull=False))


def handled(row: Breach, evidence: dict[str, object], actor: Actor, at: datetime) -> None:
    """Meet what the operator owes itself: that those affected are found and told."""
    obligations.meet_about(about=row.id, duties=(rules.HANDLING,), evidence=evidence, actor=actor, at=at)


def reopen(breach_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Open a closed breach again, because more is known. Raises NoSuchBreach, WrongState."""
    with scope(INSTANCE):
        row = steps.locked(breach_id)
        if row.state != "closed":
            raise WrongState(_("This breach is not closed."))
        row.state, row.closed_at, row.changed_at = "contained" if row.contained_at else "open", None, at
        row.save()
        steps.enter(row, "reopened", actor=actor, at=at)


def correct(breach_id: UUID, *, what: str, post: str, due_on: date, actor: Actor, at: datetime) -> UUID:
    """Enter a corrective measure with the post that answers for it and its day, by which it is owed; one of a drill is
    only kept. Raises NoSuchBreach, BadBreach, BadDay."""
    if not what.strip() or not post.strip():
        raise BadBreach(_("A corrective measure needs its words and a post that answers for it."))
    with scope(INSTANCE):
        row = steps.locked(breach_id)
        made = Correction.objects.create(
            breach_id=row.id,
            what=what.strip()[:400],
            post=post.strip()[:120],
            due_on=due_on,
            by=str(actor)[:60],
            at=at,
        )
        if not row.drill:
            about = ("breach", row.id)
            corrections.state(what=made.id, about=about, post=made.post, due_on=due_on, actor=actor, at=at)
        detail = {"correction": made.id, "due": due_on.isoformat()}
        steps.enter(row, "correction_entered", actor=actor, at=at, detail=detail, clause="breach.register")
        own: UUID = made.id
        return own


def corrected(correction_id: UUID, *, proof: str, actor: Actor, at: datetime) -> UUID:
    """Say that a corrective measure is carried out, with where the proof lies; return the breach's id.

    Raises NoSuchThing, BadBreach.
    """
    if not proof.strip():
        raise BadBreach(_("Say where the proof of it lies."))
    with scope(INSTANCE):
        made = Correction.objects.select_for_update().filter(id=correction_id).first()
        if made is None:
            raise NoSuchThing(_("There is no such corrective measure."))
        row = steps.locked(made.breach_id)
        if made.done_at is None:
            Correction.objects.filter(id=made.id).update(done_at=at, proof=proof.strip()[:300])
            in_time = corrections.carried_out(what=made.id, evidence={"correction": made.id}, actor=actor, at=at)
            detail = {"correction": made.id, "late": not in_time}
            steps.enter(row, "correction_done", actor=actor, at=at, detail=detail, clause="breach.register")
        own: UUID = row.id
        return own


def _open(breach_id: UUID) -> Breach:
    row = steps.locked(breach_id)
    if row.state == "closed":
        raise WrongState(_("This breach is closed."), remedy=_("Open it again first."))
    return row
