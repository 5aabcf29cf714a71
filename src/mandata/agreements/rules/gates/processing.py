"""What every act needs, whatever it does: an agreement in force, no stop, an agreed purpose, an instruction (INS-1,
INS-6).
"""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.checks import processing as checks
from mandata.agreements.rules.facts.standing import SERVICE, Limited, Standing
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.verdicts import Check, Prepared, Verdict, prepared

SELLING: Final = frozenset({"sell", "sale", "rent", "share", "sharing"})
"""Purposes that no instruction permits (EVE 4.h, IMA 6)."""
_SERVING: Final = frozenset({"service", "provide", "operate", "run", "contract", "marketing"})
MEANT: Final[Mapping[str, frozenset[str]]] = {
    "service": _SERVING,
    "support": _SERVING | {"support", "support_access"},
}
"""The software's own purposes, and the codes of ``processing.purposes`` that stand for them, each agreement having
its own words.
"""
_RESTS_ON: Final[Mapping[str, tuple[str, ...]]] = {"profile": ("profile", "track"), "access": ("access", "support")}


def may_process(
    terms: Terms | None, standing: Standing, act: str, purpose: str = SERVICE, *, by_operator: bool = False
) -> tuple[Verdict, ...]:
    """What every act needs, check by check; where no agreement is in force, nothing else is asked.

    ``by_operator``: the operator's own suspension of an account does not stop its own look at it.
    """
    on, force = prepared(terms), terms is not None and standing.accepted and not standing.ended
    if not force:
        return (on.plain(checks.IN_FORCE, False),)
    found = [on.plain(checks.IN_FORCE, True), on.plain(checks.HALTED, not standing.halted)]
    if not by_operator:
        found.append(on.plain(checks.SUSPENDED, not standing.suspended))
        found += limited(on, standing, act)
    served = purposeful(on, standing, purpose)
    found.append(served)
    if not served.allowed:
        found += [on.plain(check, False) for check in (checks.SPECIFIED, checks.COMMERCIAL) if on.holds(check.clause)]
    found.append(instructed(on, standing, act))
    return tuple(found)


def limited(on: Prepared, standing: Standing, act: str) -> list[Verdict]:
    """The decisions that stop an act (OPS-2), each with its clause; nothing is said where none does."""
    stopping = [one for one in standing.limits if one.stops(act)]
    return [on.decide(_by(checks.LIMITED, one), False, {"act": act}) for one in stopping]


def capped(on: Prepared, standing: Standing, recipients: int) -> list[Verdict]:
    """The decisions under which a campaign has too many recipients (OPS-2); nothing is said where it has not."""
    over = [one for one in standing.limits if one.cap is not None and recipients > one.cap]
    return [on.decide(_by(checks.CAPPED, one), False, {"cap": one.cap or 0, "recipients": recipients}) for one in over]


def _by(check: Check, one: Limited) -> Check:
    return check._replace(clause=one.clause or check.clause)


def purposeful(on: Prepared, standing: Standing, purpose: str) -> Verdict:
    """Whether an act serves a purpose of the closed list, or one that both sides have agreed on in writing (INS-6)."""
    if purpose in SELLING:
        return on.plain(checks.NOT_SOLD, False)
    agreed = on.codes("processing.purposes")
    known = purpose in agreed or not agreed.isdisjoint(MEANT.get(purpose, ()))
    if not known and purpose:
        known = any(one.purpose == purpose and one.agreed for one in standing.written)
    if known:
        return on.remembered(checks.PURPOSE, ("purpose", purpose))
    return on.decide(checks.PURPOSE, False, {"purpose": purpose or "?", "agreed": ", ".join(sorted(agreed))})


def instructed(on: Prepared, standing: Standing, act: str) -> Verdict:
    """On which instruction an act rests: the standing one, or a written one to which both sides have agreed (INS-2).

    An agreement that says on what terms people have access has thereby instructed access on those terms.
    """
    acts = on.codes("instruction.standing")
    codes = _RESTS_ON.get(act, (act,))
    if any(code in acts for code in codes) or (act == "access" and on.holds("people.confidentiality")):
        return on.remembered(checks.INSTRUCTED, ("act", act), ("instruction", "standing"))
    orders = [one for one in standing.written if any(code in one.acts for code in codes)]
    agreed = next((one for one in orders if one.agreed), None)
    if agreed is not None:
        return on.decide(checks.INSTRUCTED, True, {"act": act, "instruction": agreed.number})
    if orders:
        return on.decide(checks.AGREED, False, {"act": act, "instruction": orders[0].number})
    return on.decide(checks.INSTRUCTED, False, {"act": act, "instruction": "none"})
