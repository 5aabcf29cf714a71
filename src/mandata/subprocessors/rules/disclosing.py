"""From what the register and a controller's scope hold to what the gate of disclosures is told, and its answer.

On what a sub-processor stands for a controller is found here, the first that fits: what the controller decided itself
(chosen, in writing), the agreement's names and classes (the gate looks itself), the list at signing, a notice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mandata.agreements.rules.checks import sharing as checks
from mandata.agreements.rules.facts.acts import DiscloseFacts
from mandata.agreements.rules.facts.standing import SERVICE, Standing
from mandata.agreements.rules.gates.sharing import may_disclose
from mandata.agreements.rules.gates.telling import told
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.verdicts import Verdict, decide, prepared
from mandata.subprocessors.rules import countries
from mandata.subprocessors.rules.windows import COUNTRY

STANDING: Final = frozenset({"open", "excluded", "ended"})
"""States of an objection that keep the gate shut."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A change that was not withdrawn, with what it is for the controller: notice and objection, if any.

    ``told`` says that a notice was made out to it; its two ends are None until it is delivered. ``shown_at`` is when
    the change stood in the public register.
    """

    kind: str
    shown_at: datetime
    planned_for: datetime
    country: str = ""
    told: bool = False
    notice_until: datetime | None = None
    objection_until: datetime | None = None
    objection: str = "none"


@dataclass(frozen=True, slots=True)
class Entry:
    """A sub-processor of the register, and what the controller has to do with it."""

    name: str
    state: str
    country: str
    classes: tuple[str, ...]
    since: datetime | None
    ended_at: datetime | None
    contract: bool
    mechanisms: tuple[countries.Kept, ...] = ()
    changes: tuple[Seen, ...] = ()
    given: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """On what an act rests: the agreement (None: none), when and how it was accepted, where the controller stands.

    ``expressly``: not by silence, which approves no sub-processor of which a window is still open.
    """

    terms: Terms | None
    accepted_at: datetime | None
    standing: Standing
    expressly: bool = True


def active(entry: Entry, now: datetime) -> bool:
    """Whether the register has it at work: begun or due to begin, and not ended."""
    if entry.ended_at is not None and entry.ended_at <= now:
        return False
    begun = any(one.kind != COUNTRY and one.planned_for <= now for one in entry.changes)
    return begun or (entry.state != "planned" and entry.since is not None and entry.since <= now)


def place(entry: Entry, now: datetime) -> str:
    """In which country it works at an instant: a change of country takes effect on its day, whoever does what."""
    moves = [one for one in entry.changes if one.kind == COUNTRY and one.planned_for <= now and one.country]
    return max(moves, key=lambda one: one.planned_for).country if moves else entry.country


def listed(entry: Entry, basis: Basis) -> bool:
    """Whether it stood in the register, at work or announced, when the controller accepted the agreement (SPR-7)."""
    shown = [one.shown_at for one in entry.changes if one.kind != COUNTRY and (basis.expressly or not one.told)]
    shown += [entry.since] if entry.since is not None and (basis.expressly or not _told(entry)) else []
    return basis.accepted_at is not None and any(one <= basis.accepted_at for one in shown)


def _told(entry: Entry) -> bool:
    return any(one.told and one.kind != COUNTRY for one in entry.changes)


def ground(terms: Terms, entry: Entry, basis: Basis) -> str:
    """On what it stands for a controller: chosen, written, named, class, list, notice or none."""
    if entry.given:
        return entry.given
    on = prepared(terms)
    if entry.name in on.listed("subprocessor.named"):
        return "named"
    if not frozenset(entry.classes).isdisjoint(on.codes("subprocessor.classes")):
        return "class"
    if listed(entry, basis):
        return "list"
    silent = on.chosen("subprocessor.authorisation") != "specific"  # then silence refuses (EDPB Opinion 22/2024)
    return "notice" if silent and _told(entry) else "none"


def facts(basis: Basis, entry: Entry, *, now: datetime, purpose: str = SERVICE) -> DiscloseFacts:
    """What the gate of disclosures is told of a sub-processor."""
    by = "none" if basis.terms is None else ground(basis.terms, entry, basis)
    engaged = [one for one in entry.changes if one.kind != COUNTRY and one.told] if by == "notice" else []
    standing = [one.objection for one in entry.changes if _opposes(one, now)]
    country = place(entry, now)
    return DiscloseFacts(
        recipient=entry.name,
        at=now,
        authorised=by,
        classes=entry.classes,
        notice_until=_latest(one.notice_until and max(one.notice_until, one.planned_for) for one in engaged),
        objection_until=_latest(one.objection_until for one in engaged),
        objection=standing[0] if standing else "none",
        contract=entry.contract,
        struck=not active(entry, now),
        country=country,
        mechanisms=countries.mechanisms(country, entry.mechanisms),
        standing=basis.standing,
        purpose=purpose,
    )


def _opposes(one: Seen, now: datetime) -> bool:
    """An objection to a change of country bites once the data would go there; any other at once."""
    return one.objection in STANDING and (one.kind != COUNTRY or one.planned_for <= now)


def _latest(ends: Iterable[datetime | None]) -> datetime | None:
    found = list(ends)
    known = [one for one in found if one is not None]
    return max(known) if known and len(known) == len(found) else None


def verdicts(basis: Basis, entry: Entry, *, now: datetime, purpose: str = SERVICE) -> tuple[Verdict, ...]:
    """What the gate says to data going to a sub-processor now, check by check (SPR-2, SPR-5, TRF-2, TRF-3)."""
    found = may_disclose(basis.terms, facts(basis, entry, now=now, purpose=purpose))
    if basis.terms is None or entry.given == "chosen":
        return found
    moved = [one for one in entry.changes if one.kind == COUNTRY and one.planned_for <= now and _concerns(one, basis)]
    return (*found, *(verdict for one in moved for verdict in _moved(basis.terms, entry, one, now)))


def _concerns(one: Seen, basis: Basis) -> bool:
    """A change of country concerns whom it was told, or who should have been told: whose agreement is older."""
    return one.told or basis.accepted_at is None or basis.accepted_at < one.planned_for


def _moved(terms: Terms, entry: Entry, one: Seen, now: datetime) -> tuple[Verdict, ...]:
    """Who was told of a change of country waits for the end of both periods, as with a new sub-processor."""
    who = {"recipient": f"{entry.name} ({one.country})"}
    if prepared(terms).chosen("subprocessor.authorisation") == "specific":
        return (decide(terms, checks.SPECIFIC, entry.given == "written", **who),)
    if one.notice_until is None or one.objection_until is None:
        return (decide(terms, checks.AUTHORISED, False, by="none", **who),)
    return (
        decide(terms, checks.NOTICE, now >= one.notice_until, until=told(one.notice_until), **who),
        decide(terms, checks.WINDOW, now >= one.objection_until, until=told(one.objection_until), **who),
    )


def unknown(basis: Basis, name: str, *, now: datetime) -> tuple[Verdict, ...]:
    """What the gate says to a sub-processor that the register does not hold: no."""
    entry = Entry(name, "planned", "", (), None, None, contract=False)
    return may_disclose(basis.terms, facts(basis, entry, now=now))
