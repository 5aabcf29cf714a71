"""Access of the operator's staff to a controller's data: asked at the gate, with a reason and an end (PPL-1, PPL-2,
PPL-7).

A page of the operator's that shows anything of one controller calls `require` in that controller's scope; where nobody
has opened an access, `AccessNeeded` says so, and the page asks for the reason and calls `open_access`.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.accounts.selectors import Access, Fitness
from mandata.accounts.services import staff
from mandata.agreements import selectors
from mandata.agreements.errors import AccessNeeded
from mandata.agreements.language import words
from mandata.agreements.rules.facts import AccessFacts
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Scopes
from mandata.agreements.rules.words import fill
from mandata.agreements.rules.words import mark as _
from mandata.agreements.services import notices, obligations
from mandata.agreements.services.asking import ask
from mandata.foundation.actors import Actor
from mandata.infra.environment import env
from mandata.infra.jobs import app
from mandata.infra.tenancy import INSTANCE, current_controller, scope
from mandata.record.services import append

_NEEDED: Final = _("You have no access to this controller's data now.")
_OPEN: Final = _("Say why you need it, and for how long; the controller reads your reason.")
_SUBJECT: Final = _("Our staff looks at your account")
_TEXT: Final = _(
    "{who} has opened an access to your account.\n\nReason: {reason}\nTicket: {ticket}\nUntil: {until}\n\n"
    "You see what is looked at, and can end the access at once:\n{url}\n"
)


LAPSING: Final = "agreements.training_lapsing"
TRAINING: Final = "people.training"
AHEAD: Final = timedelta(days=30)
"""So long before training lapses, the obligation to renew it opens for the operator."""


def commit(
    *, user_id: UUID, kind: str, on: date, evidence: str, by: UUID, at: datetime, until: date | None = None
) -> UUID:
    """Keep that somebody has signed or was trained, as `accounts.services.staff.commit`; a new training meets the
    obligation to renew the old one, and its own opens ahead of its last day. Opens the installation's scope itself.
    """
    with scope(INSTANCE):
        before = [one.id for one in accounts.commitments(user_id) if one.kind == "training"]
        made = staff.commit(user_id=user_id, kind=kind, on=on, until=until, evidence=evidence, by=by, at=at)
        if kind == "training" and until is not None:
            fit = accounts.fitness(user_id)
            if fit.trained_until == until:
                _renewed(before, made, by, at)
            opens = max(_after(until), at + AHEAD) - AHEAD
            app.configure_task(LAPSING, queue="agreements", schedule_at=opens).defer(commitment_id=str(made))
    return made


def _renewed(before: list[UUID], made: UUID, by: UUID, at: datetime) -> None:
    for one in before:
        obligations.meet_about(
            about=one, duties=[TRAINING], evidence={"commitment": made}, actor=Actor("operator", by), at=at
        )


def training_lapsing(*, commitment_id: UUID, at: datetime) -> UUID | None:
    """Open the operator's obligation to renew a training that is about to lapse; None where it was renewed meanwhile.

    Installation's scope, which it opens. Once for each training.
    """
    with scope(INSTANCE):
        found = next((one for one in accounts.commitments() if one.id == commitment_id), None)
        if found is None or found.until is None or accounts.fitness(found.user_id).trained_until != found.until:
            return None
        return obligations.open_duty(
            duty=TRAINING,
            since=max(_after(found.until), found.at) - AHEAD,
            cause=f"training:{found.id}",
            at=at,
            about=("training", found.id),
            owed_by="processor",
            owed_to="controller",
        )


def open_access(
    *,
    controller_id: UUID,
    user_id: UUID,
    reason: str,
    country: str,
    minutes: int,
    at: datetime,
    ticket: str = "",
    product: str = "",
) -> Access:
    """Open an access of a person of the staff to a controller's data, if the gate permits it, and record it there.

    `country`: from where (ISO 3166, two letters); `ticket`: the support case; `product`: what is to be looked at, where
    the agreement names products. Opens both scopes itself, so none may be open. Raises GateRefused by the clause
    (confidentiality, training, reason, product, country), Refused for a time out of bounds.
    """
    with scope(INSTANCE):
        fit = accounts.fitness(user_id)
    with scope(controller_id):
        facts = access_facts(fit, reason=reason, country=country, product=product, ticket=ticket, at=at)
        ask(facts, about=user_id, actor=Actor("operator", user_id), at=at)
        opened = staff.keep(
            user_id=user_id,
            reason=reason,
            ticket=ticket,
            country=facts.country,
            minutes=minutes,
            at=at,
            product=product,
        )
        _tell(opened, at)
        return opened


def _tell(opened: Access, at: datetime) -> None:
    """Tell the controller as it happens: a notice to its address for notices, in its language."""
    card, ground = accounts.controller(), selectors.ground(at)
    said = words(card.language).gettext
    values = {
        "who": opened.name,
        "reason": opened.reason,
        "ticket": opened.ticket or "–",
        "until": f"{opened.until:%Y-%m-%d %H:%M} UTC",
        "url": f"{env().public_url.rstrip('/')}/account/accesses/",
    }
    notices.serve(
        kind="staff.access",
        party="controller",
        subject=said(_SUBJECT),
        text=fill(said(_TEXT), values),
        at=at,
        clause="people.support" if ground.terms is not None and "people.support" in ground.terms.clauses else "",
        about=("access", opened.id),
    )


def access_facts(
    fit: Fitness, *, reason: str, country: str, product: str, at: datetime, ticket: str = ""
) -> AccessFacts:
    """What the gate is told of a person: days count from their beginning, and training to the end of its last day."""
    terms = selectors.ground(at).terms
    return AccessFacts(
        at=at,
        reason=reason,
        country=country.strip().upper(),
        confidential=fit.confidential_on is not None and _begins(fit.confidential_on) <= at,
        trained_at=_begins(fit.trained_on) if fit.trained_on else None,
        trained_until=_after(fit.trained_until) if fit.trained_until else None,
        product=product,
        products=products(terms),
        ticket=ticket.strip(),
    )


def products(terms: Terms | None) -> tuple[str, ...]:
    """The products that an agreement names, by their codes; nothing where it names none."""
    named = terms.find("agreement.products", Scopes) if terms else None
    return named.items if named else ()


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _after(day: date) -> datetime:
    """The first instant after a day; of the last day of all, its own beginning."""
    return _begins(day) if day == date.max else _begins(day + timedelta(days=1))


def require(*, user_id: UUID, page: str, at: datetime) -> Access:
    """Return the person's open access in the scope's controller and record the look; raises AccessNeeded without one.

    `page`: a code for what is shown, such as the route's name; no address, no words.
    """
    found = accounts.access(user_id, at=at)
    if found is None:
        said = selectors.reader().gettext
        raise AccessNeeded(
            said(_NEEDED),
            clause="PPL-2: access needs a reason",
            remedy=said(_OPEN),
            evidence={"controller": str(current_controller())},
        )
    staff.looked(access=found, page=page, at=at)
    return found


def committed(fit: Fitness, at: datetime) -> bool:
    """Whether a person has signed confidentiality and is trained, whatever an agreement says beside (PPL-1)."""
    signed = fit.confidential_on is not None and _begins(fit.confidential_on) <= at
    return signed and fit.trained_until is not None and at < _after(fit.trained_until)


def on_duty(*, user_id: UUID, fit: Fitness, page: str, at: datetime) -> bool:
    """Whether a page of the scope's controller may be seen without an access, because none can be opened: no agreement
    is in force, or all processing is stopped. What is owed then goes on (an end, an instruction, a notice), and only
    what the parties tell each other is on such a page; the look is recorded. Never for who is not committed.
    """
    if not committed(fit, at):
        return False
    standing = selectors.ground(at).standing
    if standing.accepted and not standing.ended and not standing.stopped:
        return False
    body: dict[str, object] = {"access": None, "page": page[:80]}
    append(kind="staff.looked", body=body, actor=Actor("operator", user_id), at=at)
    return True


def close_access(*, access_id: UUID, user_id: UUID, at: datetime) -> None:
    """Close an access of the scope before its time. Raises NotFound."""
    staff.close(access_id=access_id, actor=Actor("operator", user_id), at=at)


def end_access(*, access_id: UUID, actor: Actor, at: datetime) -> None:
    """The controller ends an access to its own data, at once and without a reason. Raises NotFound."""
    staff.close(access_id=access_id, actor=actor, at=at)
