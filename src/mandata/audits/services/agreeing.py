"""The terms of an audit: dates, scope, conduct, hours and their price; proposed by one party, agreed by the other
(AUD-2, AUD-4).
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import override

from mandata.agreements import pdf
from mandata.agreements import selectors as agreements
from mandata.agreements.rules.terms import Terms as Clauses
from mandata.agreements.rules.text import Chapter, Document, Paragraph
from mandata.agreements.rules.values import CURRENCIES, Money, Rates
from mandata.agreements.services import obligations
from mandata.assistance import selectors as assistance
from mandata.assistance.rules import billing
from mandata.assistance.services.statements import vat
from mandata.audits import selectors
from mandata.audits.errors import BadRequest, NotReady
from mandata.audits.models import Audit, Terms
from mandata.audits.rules import codes
from mandata.audits.services import steps
from mandata.foundation import canonical
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.vault.services import Vault

_FROM = ("requested", "accepted")


def price(
    *,
    hours: Decimal,
    day: date,
    costs: Decimal,
    at: datetime,
    audit: UUID | None = None,
    hour: Money | None = None,
    currency: str = "",
) -> dict[str, Any]:
    """What an audit of so many hours costs on a day by the agreement, as texts with two decimals, VAT apart.

    `state`: "billed" (the controller pays), "free" (the processor bears it), "quote" (no rate is stated yet), "waits"
    (the index of `missing_year` is not known). `nth`: the how-manieth of the calendar year; `readings`: the rate under
    each reading of an unclear clause.
    """
    ground = assistance.ground(at)
    if ground is None:
        raise NotReady(_("There is no agreement under which an audit could be made."))
    terms, year = ground[0].terms, ground[1]
    zone = ZoneInfo(terms.head.zone)
    nth = 1 + sum(one.astimezone(zone).year == day.year for one in selectors.earlier(but=audit))
    rates = terms.find("audit.rates", Rates)
    known = assistance.increases(rates.index) if rates else {}
    minutes = int(hours * 60)
    booked = billing.Booked("audits", day, minutes, True, hour, costs, currency, nth)
    line = billing.bill(terms, booked, contract_year=year, increases=known)
    percent = vat()
    (total,) = billing.totals([line], percent) or (billing.Total(line.currency, Decimal(0), None),)
    told: dict[str, Any] = {
        "state": line.state, "nth": nth, "code": line.code, "clause": line.clause, "source": line.source,
        "hour": f"{line.hour.amount:.2f}" if line.hour else "", "currency": line.currency,
        "work": f"{line.work:.2f}", "costs": f"{line.costs:.2f}", "net": f"{total.net:.2f}",
        "vat_percent": "" if percent is None else str(percent),
        "vat": "" if total.vat is None else f"{total.vat:.2f}", "gross": f"{total.gross:.2f}",
        "payer": "controller" if line.state != billing.FREE else "processor",
        "missing_year": line.missing_year, "readings": {},
    }  # fmt: skip
    if rates is not None and terms.clauses["audit.rates"].mark == "unclear":
        both = billing.readings(rates, nth=nth, contract_year=year, on=day, increases=known)
        told["readings"] = {name: str(one) for name, one in both.items()}
    return told


def conduct(terms: Clauses, *, on_site: bool) -> list[str]:
    """The rules of conduct that an agreement's clauses bring with them."""
    return [
        code
        for code, (clause, _words) in codes.CONDUCT.items()
        if (not clause or clause in terms.clauses) and (code != "site" or on_site)
    ]


def propose(
    *,
    audit_id: UUID,
    begins_on: date,
    ends_on: date,
    scope: Sequence[str],
    hours: Decimal,
    actor: Actor,
    at: datetime,
    on_site: bool = False,
    costs: Decimal = Decimal(0),
    hour: Decimal | None = None,
    currency: str = "",
    extra: Sequence[str] = (),
    words: str = "",
) -> UUID:
    """Propose terms for an audit and return their id; those that waited before are replaced.

    `hour` in `currency`: a rate that the parties agree on, where the agreement leaves it to them; without a currency
    sums are in that of the agreement's rates. Raises BadRequest, NotReady, NoSuch, WrongState.
    """
    who = steps.party(actor)
    row = steps.locked(audit_id, "accepted")
    terms = selectors.ground(at)
    if terms is None:
        raise NotReady(_("There is no agreement under which an audit could be made."))
    rates = terms.find("audit.rates", Rates)
    currency = currency or (rates.first.currency if rates else "")
    _possible(row, begins_on, ends_on, scope, hours, costs, hour, currency)
    asked = Money(hour, currency) if hour is not None else None
    told = price(hours=hours, day=begins_on, costs=costs, at=at, audit=row.id, hour=asked, currency=currency)
    Terms.objects.filter(audit=row.id, state="proposed").update(state="replaced", settled_at=at)
    last = Terms.objects.filter(audit=row.id).aggregate(last=Max("number"))["last"] or 0
    rules = [*conduct(terms, on_site=on_site), *(one for one in extra if one in codes.CONDUCT)]
    made = Terms(
        id=new_id(),
        audit=row.id,
        number=last + 1,
        proposed_by=who,
        proposed_at=at,
        begins_on=begins_on,
        ends_on=ends_on,
        scope=list(dict.fromkeys(scope)),
        on_site=on_site,
        conduct=list(dict.fromkeys(rules)),
        hours=hours,
        price=told,
    )
    said = {"words": words.strip()[: steps.MAX_WORDS]}
    made.sealed = Vault.open().seal(row.id, selectors.TERMS, canonical.dumps(said))
    made.save(force_insert=True)
    steps.enter(row, "terms_proposed", _told(made), actor=actor, at=at, clause=codes.AGREEMENT, words=said)
    steps.tell(row, steps.other(who), "proposed", said["words"], at=at, clause=codes.AGREEMENT)
    own: UUID = made.id
    return own


def _possible(
    row: Audit,
    begins_on: date,
    ends_on: date,
    scope: Sequence[str],
    hours: Decimal,
    costs: Decimal,
    hour: Decimal | None,
    currency: str,
) -> None:
    if ends_on < begins_on or begins_on < row.received_at.date():
        raise BadRequest(_("The audit ends before it begins, or begins before it was asked for."))
    if not scope or set(scope) - set(codes.SCOPE):
        raise BadRequest(_("Say what is to be looked at."), remedy=_("Choose at least one subject."))
    sums = [one for one in (hours, costs, hour) if one is not None]
    if any(not one.is_finite() or not 0 <= one < 10**6 or one != round(one, 2) for one in sums):
        raise BadRequest(_("Hours and sums are not below 0 and have two decimals at most."), clause="audit.rates")
    if (hour is not None or costs) and currency not in CURRENCIES:
        raise BadRequest(_("A sum needs its currency."), clause="audit.rates")


def _told(made: Terms) -> dict[str, object]:
    return {
        "terms": made.id, "proposal": made.number, "by": made.proposed_by, "begins": made.begins_on.isoformat(),
        "ends": made.ends_on.isoformat(), "scope": made.scope, "on_site": made.on_site, "conduct": made.conduct,
        "hours": str(made.hours), "price": made.price,
    }  # fmt: skip


def agree(*, audit_id: UUID, terms_id: UUID, actor: Actor, at: datetime) -> None:
    """Agree to the other party's terms: the separate written agreement on the audit (audit.agreement) is concluded.

    Raises NotYours for one's own, BadRequest for others than those that wait, NotReady where their price is not known
    yet, NoSuch, WrongState.
    """
    who = steps.party(actor)
    row = steps.locked(audit_id, "accepted")
    made = _waiting(row, terms_id)
    steps.demand(actor, steps.other(made.proposed_by))
    if made.price["state"] == billing.WAITS:
        raise NotReady(
            _("The price needs the index of %(year)s.") % {"year": made.price["missing_year"]},
            clause="audit.rates",
            remedy=_("The operator enters it in the table of indices; then propose the terms again."),
        )
    made.state, made.settled_at = "agreed", at
    made.save()
    zone = ZoneInfo(agreements_zone(at))
    row.state, row.wished_at = "agreed", datetime.combine(made.begins_on, time(9), zone)
    row.facts = {**row.facts, "on_site": made.on_site}
    steps.enter(row, "terms_agreed", {**_told(made), "agreed_by": who}, actor=actor, at=at, clause=codes.AGREEMENT)
    evidence: dict[str, object] = {"audit": row.id, "terms": made.id}
    obligations.meet_about(about=row.id, duties=(codes.AGREEMENT,), evidence=evidence, actor=actor, at=at)
    steps.tell(row, steps.other(who), "agreed", "", at=at, clause=codes.AGREEMENT)


def agreements_zone(at: datetime) -> str:
    """The zone of the agreement that binds, in which an audit's days are meant."""
    terms = selectors.ground(at)
    return terms.head.zone if terms else "UTC"


def decline(*, audit_id: UUID, terms_id: UUID, words: str, actor: Actor, at: datetime) -> None:
    """Decline the other party's terms, or take back one's own. Raises BadRequest, NoSuch, WrongState."""
    row = steps.locked(audit_id, "accepted")
    made, text = _waiting(row, terms_id), steps.said(words)
    made.state, made.settled_at = "declined", at
    made.save()
    steps.enter(row, "terms_declined", {"terms": made.id}, actor=actor, at=at, words={"words": text})
    steps.tell(row, steps.other(steps.party(actor)), "declined", text, at=at)


def _waiting(row: Audit, terms_id: UUID) -> Terms:
    made: Terms | None = Terms.objects.filter(id=terms_id, audit=row.id, state="proposed").first()
    if made is None:
        raise BadRequest(
            _("These terms do not wait for an answer any more."), remedy=_("Look at the newest ones of the audit.")
        )
    return made


def as_pdf(*, audit_id: UUID, language: str) -> bytes:
    """The agreement on an audit, or the terms that wait, as PDF in a language ("en", "cs"). Raises NoSuch, NotReady."""
    found = selectors.audit(audit_id)
    terms = found.agreed or found.proposed
    if terms is None:
        raise NotReady(_("No terms are proposed for this audit yet."))
    with override(language):
        parts = (
            Paragraph("", "days", _("Days"), f"{terms.begins_on} – {terms.ends_on}", (), "", ""),
            Paragraph("", "who", _("Who inspects"), found.inspector or _(codes.INSPECTORS["customer"]), (), "", ""),
            Paragraph(
                "", "scope", _("What is looked at"), "", tuple(_(codes.SCOPE[one]) for one in terms.scope), "", ""
            ),
            Paragraph(
                "", "conduct", _("Conduct"), "", tuple(_(codes.CONDUCT[one][1]) for one in terms.conduct), "", ""
            ),
            Paragraph("", "price", _("Price"), "", tuple(priced(terms)), "", ""),
            *((Paragraph("", "more", _("Besides"), terms.words, (), "", ""),) if terms.words else ()),
        )
        parties = f"{agreements.operator().name} – {agreements.controller().name}"
        title = _("Agreement on audit %(number)s") % {"number": found.number}
        return pdf.pdf(Document(language, title, parties, (Chapter("1", _("Terms"), parts),)))


def priced(terms: selectors.TermsView) -> list[str]:
    """The price in words of the active language, one line for each part."""
    one = terms.price
    if one["state"] == billing.FREE:
        return [_("The processor bears the costs of the audit.")]
    if one["state"] == billing.QUOTE:
        return [_("No rate is stated yet.")]
    if one["state"] == billing.WAITS:
        return [_("The price needs the index of %(year)s.") % {"year": one["missing_year"]}]
    lines = [
        _("%(hours)s man-hours at %(currency)s %(hour)s (audit %(nth)s of the year; %(source)s): %(currency)s %(work)s")
        % {**one, "hours": terms.hours},
        _("Costs: %(currency)s %(costs)s") % one,
        _("Without VAT: %(currency)s %(net)s") % one,
    ]
    if one["vat"]:
        lines.append(_("VAT of %(vat_percent)s per cent: %(currency)s %(vat)s; in all %(currency)s %(gross)s") % one)
    named = {"yearly_july": _("rising each year"), "once_july": _("rising once")}
    readings = [f"{named[name]}: {value}" for name, value in sorted(one["readings"].items()) if name in named]
    if readings:
        said = _("The clause can be read in two ways; an hour costs %(readings)s.")
        lines.append(said % {"readings": "; ".join(readings)})
    return lines
