"""The gates of data that leaves or is looked at: disclose, transfer, access, combine."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from mandata.agreements.rules import windows
from mandata.agreements.rules.checks import sharing as checks
from mandata.agreements.rules.checks.processing import HALTED
from mandata.agreements.rules.facts.acts import AccessFacts, CombineFacts, DiscloseFacts, Mechanism, TransferFacts
from mandata.agreements.rules.gates.processing import may_process
from mandata.agreements.rules.gates.telling import told
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Frequency, Recurring
from mandata.agreements.rules.verdicts import Check, Prepared, Verdict, prepared, refusals

_EEA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
EEA: Final = frozenset(_EEA.split())
"""The countries of the European Economic Area, ISO 3166-1."""
PRIVACY_SHIELD_LAPSED: Final = datetime(2020, 7, 15, 22, tzinfo=UTC)
"""16 July 2020 as a day in Brussels: Court of Justice, C-311/18."""
_BY_LAW: Final = frozenset({"authority", "requester"})
_RECIPIENTS: Final[Mapping[str, str]] = {
    "adviser": "advisers",
    "group": "group",
    "insurer": "insurers",
    "collector": "collectors",
    "other": "agreed",
}
"""Codes of ``disclosure.recipients`` by kind of recipient; an authority and an entitled requester come by law."""
BY_TERMS: Final = frozenset({"conditions", "law_conditions"})
"""Rules of ``transfer.ground`` by which the agreement itself instructs transfers that the law permits."""


def may_disclose(terms: Terms | None, facts: DiscloseFacts) -> tuple[Verdict, ...]:
    """Whether data may reach somebody now: a sub-processor while authorised for this controller (SPR-2, SPR-5 to
    SPR-7), another recipient with a ground (SPR-8).
    """
    found = list(may_process(terms, facts.standing, facts.act, facts.purpose))
    if terms is None or refusals(found):
        return tuple(found)
    on = prepared(terms)
    if facts.kind != "subprocessor":
        found += _other_recipient(on, facts)
    elif facts.authorised == "chosen":
        found.append(on.remembered(checks.CHOSEN, ("recipient", facts.recipient)))
    else:
        found += subprocessor(on, terms, facts)
    if facts.country:
        if facts.country not in EEA and on.holds("transfer.outside"):
            found.append(_of(on, checks.OUTSIDE, True, ("country", facts.country)))
        found += third_country(on, facts.country, facts.at, facts.mechanisms, instructed=_by_authorisation(facts))
    return tuple(found)


def _other_recipient(on: Prepared, facts: DiscloseFacts) -> list[Verdict]:
    """An instruction, or a ground in law that the agreement knows for such a recipient; never outside the relationship
    where it has to be direct (EVE 4.j).
    """
    who, code = ("recipient", facts.recipient), _RECIPIENTS.get(facts.kind, "law")
    known = on.codes("disclosure.recipients")
    grounded = facts.instructed or (bool(facts.ground.strip()) and (not known or code in known))
    check = checks.LISTED if known else checks.GROUND
    ground = ("ground", "instruction" if facts.instructed else facts.ground or "none")
    found = [_of(on, check, grounded, who, ground)]
    if on.holds("restriction.relationship"):
        direct = facts.instructed or facts.kind in _BY_LAW
        found.append(_of(on, checks.DIRECT, direct, who))
    return found


def _by_authorisation(facts: DiscloseFacts) -> bool:
    """Who authorised a sub-processor in a country has instructed the transfer to it; another recipient needs its own.

    (SCC 2021/915, clause 7.8: transfers on documented instructions, the authorised list being one.)
    """
    return facts.instructed or facts.kind == "subprocessor"


def subprocessor(on: Prepared, terms: Terms, facts: DiscloseFacts) -> list[Verdict]:
    """The checks on a sub-processor that is ours: register, contract, authorisation, notice and window, objection."""
    who: tuple[str, str] = ("recipient", facts.recipient)
    found = [
        _of(on, checks.STRUCK, not facts.struck, who),
        _of(on, checks.CONTRACT, facts.contract, who),
    ]
    classes = frozenset(facts.classes)
    if facts.recipient in on.listed("subprocessor.named"):
        found.append(_of(on, checks.NAMED, True, who))
    elif not classes.isdisjoint(on.codes("subprocessor.classes")):
        found.append(_of(on, checks.CLASSED, True, who, ("classes", ", ".join(facts.classes))))
    elif facts.authorised in ("list", "written"):
        found.append(_of(on, checks.AUTHORISED, True, who, ("by", facts.authorised)))
    elif facts.authorised == "named":
        found.append(_of(on, checks.NAMED, False, who))
    elif facts.authorised == "class":
        found.append(_of(on, checks.CLASSED, False, who, ("classes", ", ".join(facts.classes))))
    elif on.chosen("subprocessor.authorisation") == "specific":
        found.append(_of(on, checks.SPECIFIC, False, who))
    else:
        found += _noticed(on, terms, facts, who)
    free = facts.objection in ("none", "withdrawn", "resolved")
    found.append(_of(on, checks.OBJECTION, free, who, ("objection", facts.objection)))
    return found


def ends(terms: Terms, facts: DiscloseFacts) -> tuple[datetime | None, datetime | None]:
    """When notice and window have run for a controller that was told; None where it was not."""
    notice, window = facts.notice_until, facts.objection_until
    if facts.told_at is not None:
        notice = notice or windows.earliest(terms, "subprocessor.notice", facts.told_at)
        window = window or windows.until(terms, "subprocessor.objection", facts.told_at)
    return notice, window


def _noticed(on: Prepared, terms: Terms, facts: DiscloseFacts, who: tuple[str, str]) -> list[Verdict]:
    notice, window = ends(terms, facts)
    if notice is None or window is None:
        return [_of(on, checks.AUTHORISED, False, who, ("by", "none"))]
    return [
        _of(on, checks.AUTHORISED, True, who, ("by", "notice")),
        _of(on, checks.NOTICE, facts.at >= notice, who, ("until", told(notice))),
        _of(on, checks.WINDOW, facts.at >= window, who, ("until", told(window))),
    ]


def may_transfer(terms: Terms | None, facts: TransferFacts) -> tuple[Verdict, ...]:
    """Whether data may go to a country: where the controller chose, a third country only on instruction and with a
    mechanism in force (TRF-1 to TRF-3).
    """
    found = list(may_process(terms, facts.standing, facts.act, facts.purpose))
    if terms is None or refusals(found):
        return tuple(found)
    on, country = prepared(terms), ("country", facts.country)
    if facts.regions:
        chosen = facts.country in facts.regions
        found.append(_of(on, checks.REGION, chosen, country, ("regions", ", ".join(facts.regions))))
    found.append(_of(on, checks.OPPOSED, not facts.opposed, country))
    instructed = facts.instructed or facts.country in facts.regions
    return (*found, *third_country(on, facts.country, facts.at, facts.mechanisms, instructed=instructed))


def third_country(
    on: Prepared, country: str, at: datetime, mechanisms: tuple[Mechanism, ...], *, instructed: bool
) -> list[Verdict]:
    """Instruction and mechanism for a country outside the EEA; inside, and where no GDPR applies, neither is asked."""
    where = ("country", country)
    restricted = "gdpr" in on.codes("agreement.law") or on.holds("transfer.ground") or on.holds("transfer.safeguards")
    if not restricted:
        return [_of(on, checks.UNRESTRICTED, True, where)]
    if country in EEA:
        return [_of(on, checks.INSIDE, True, where)]
    instructed = instructed or on.chosen("transfer.ground") in BY_TERMS
    known = on.codes("transfer.safeguards")
    usable = [one for one in mechanisms if in_force(one, at) and (not known or one.kind in known)]
    named = ", ".join(one.kind for one in (usable or mechanisms)) or "none"
    return [
        _of(on, checks.INSTRUCTED, instructed, where),
        _of(on, checks.MECHANISM, bool(usable), where, ("mechanism", named)),
    ]


def in_force(mechanism: Mechanism, at: datetime) -> bool:
    """Whether a transfer mechanism holds at an instant (TRF-3: they lapse)."""
    end = mechanism.until
    if mechanism.kind == "privacy_shield" and (end is None or end > PRIVACY_SHIELD_LAPSED):
        end = PRIVACY_SHIELD_LAPSED
    return (mechanism.since is None or mechanism.since <= at) and (end is None or at < end)


def may_access(terms: Terms | None, facts: AccessFacts) -> tuple[Verdict, ...]:
    """Whether somebody of the staff may look: bound, trained, with a reason, at an activated product, from an agreed
    country (PPL-1, PPL-2, PPL-7, TRF-4).
    """
    found = list(may_process(terms, facts.standing, facts.act, facts.purpose, by_operator=True))
    if terms is None or refusals(found):
        return tuple(found)
    on, lapses = prepared(terms), trained_until(terms, facts)
    found.append(on.plain(checks.CONFIDENTIAL, facts.confidential))
    valid = facts.trained_at is not None and facts.trained_at <= facts.at and (lapses is None or facts.at < lapses)
    found.append(_of(on, checks.TRAINED, valid, ("until", told(lapses))))
    found.append(on.plain(checks.REASON, bool(facts.reason.strip())))
    if on.holds("people.support"):
        found.append(on.plain(checks.TICKET, bool(facts.ticket.strip())))
    agreed = on.listed("agreement.products")
    if agreed or facts.products:
        active = facts.product in facts.products and (not agreed or facts.product in agreed)
        found.append(_of(on, checks.PRODUCT, active, ("product", facts.product or "?")))
    return (*found, *_from_abroad(on, facts))


def _from_abroad(on: Prepared, facts: AccessFacts) -> list[Verdict]:
    countries, country = on.listed("location.access"), ("country", facts.country)
    listed = facts.country.lower() in {code.lower() for code in countries}
    if not countries:
        return third_country(on, facts.country, facts.at, facts.mechanisms, instructed=False)
    agreed = ("agreed", ", ".join(sorted(code.upper() for code in countries)))
    if not listed and facts.country not in EEA:
        return [_of(on, checks.COUNTRY, False, country, agreed)]
    place = third_country(on, facts.country, facts.at, facts.mechanisms, instructed=listed)
    return [_of(on, checks.COUNTRY, True, country, agreed), *place]


def trained_until(terms: Terms, facts: AccessFacts) -> datetime | None:
    """When training lapses: as kept, else by the agreement's own period; None where it never does."""
    if facts.trained_until is not None or facts.trained_at is None or "people.training" not in terms.clauses:
        return facts.trained_until
    value = terms.clauses["people.training"].value
    every = value.per if isinstance(value, Frequency) else value.every if isinstance(value, Recurring) else None
    every = every or windows.period(terms, "people.training")
    return None if every is None else windows.by(every, facts.trained_at, terms.reckoning)


def may_combine(terms: Terms | None, facts: CombineFacts) -> tuple[Verdict, ...]:
    """Nothing crosses from one controller to another (EVE 4.k, CCPA § 7050(a)(3)(A)); accounts of one customer may be
    counted, and only counts leave (BIL-12). That counting is the operator's own check of its price list, so it rests on
    the clause and on no instruction; the controller's stop holds for it all the same.
    """
    on, standing = prepared(terms), facts.standing
    needed = may_process(terms, standing, "combine", facts.purpose, by_operator=True)
    found = [one for one in needed if not one.code.startswith("instruction.") or one.check is HALTED]
    if refusals(found):
        return tuple(found)
    origin = ("origin", facts.source)
    if facts.source == "other_controller":
        counted = facts.same_customer and facts.result == "counts"
        ways = (checks.LISTS_APART, checks.COUNTED_ONLY)
        check = next((one for one in ways if on.holds(one.clause)), checks.COUNTED)
        found.append(_of(on, check, counted, origin, ("result", facts.result)))
    else:
        found.append(_of(on, checks.OWN, facts.source == "own", origin))
    return tuple(found)


def _of(on: Prepared, check: Check, allowed: bool, *evidence: tuple[str, str]) -> Verdict:
    return on.decide(check, allowed, dict(evidence))
