"""Which roads a controller's mail may take now, and through whose hands: asked before anything leaves (SPR-5, DLV-2).

Each transport belongs to a sub-processor of the register or to the house. A controller's mail takes those whose
sub-processor is authorised for it; where none is, the gate is shut. Without any transport the only road is the one of
the settings, and MANDATA_SMTP_SUBPROCESSOR names whose it is; empty, it is the operator's own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from mandata.agreements.rules.verdicts import Verdict, refusals
from mandata.agreements.services import asking
from mandata.delivery.models import Pool, Transport
from mandata.delivery.transports.port import Road
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Fault
from mandata.infra.environment import env
from mandata.infra.tenancy import current_controller
from mandata.subprocessors import selectors as subprocessors
from mandata.subprocessors.rules.disclosing import Basis

ACT: Final = "disclose"
OWN: Final = Road("")
"""The road of the settings."""
_REWRITTEN_BY_SES: Final = frozenset({b"date", b"message-id"})
_OURS = ("disclose.", "transfer.")
"""Checks of the road itself; what every act needs is asked of the campaign anyway."""


def allowed(*, at: datetime, on: Basis | None = None) -> tuple[Road, ...]:
    """Return the roads that the scope's mail may take now, lowest tier first; none where the gate is shut, or where
    what it leaves open is paused, being maintained, or waits for its terms to be accepted.

    ``on``: on what the gate rests, where that is known already.
    """
    rows = _rows()
    if not rows:
        return () if refusals(_said(env().smtp_subprocessor, at, on)) else (OWN,)
    open_ = [row for row in rows if usable(row, at)]
    shut: dict[str, bool] = {}
    for name in {row.subprocessor for row in open_}:
        shut[name] = bool(refusals(_said(name, at, on)))
    pool = _pool() if any(row.kind == "direct" for row in open_) else ""
    return tuple(road for row in open_ if not shut[row.subprocessor] for road in _roads(row, pool))


def check(*, at: datetime, on: Basis | None = None) -> tuple[Verdict, ...]:
    """Return what the gate says to the scope's data going down the road now; nothing where the road is our own.

    With several transports: what it says to the first that is permitted, else to the first at all. ``on``: on what it
    rests, where that is known already.
    """
    rows = _rows()
    names = list(dict.fromkeys(row.subprocessor for row in rows)) if rows else [env().smtp_subprocessor]
    said = [_said(name, at, on) for name in names]
    return next((verdicts for verdicts in said if not refusals(verdicts)), said[0])


def ask(campaign_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Ask for a campaign before it is launched or resumed. Raises GateRefused; the refusal is kept once."""
    verdicts = check(at=at)
    asking.keep(ACT, campaign_id, verdicts, actor=actor, at=at)
    asking.refuse(verdicts)


def known() -> None:
    """See at the start of a process that every road's sub-processor is on the register. Raises Fault."""
    name = env().smtp_subprocessor
    if name and not subprocessors.exists(name):
        raise Fault(
            f"MANDATA_SMTP_SUBPROCESSOR: the register holds no sub-processor {name}.",
            remedy="Add it with `mandata subprocessors add`, correct the name, or leave the setting empty.",
        )


def usable(row: Transport, at: datetime) -> bool:
    """Return whether a transport takes mail now: active, its terms accepted, outside its maintenance windows."""
    return row.state == "active" and row.terms == row.accepted and not maintained(row, at)


def maintained(row: Transport, at: datetime) -> bool:
    """Return whether a transport is in one of its maintenance windows."""
    return any(
        datetime.fromisoformat(window["from"]) <= at < datetime.fromisoformat(window["until"]) for window in row.windows
    )


def _said(name: str, at: datetime, on: Basis | None) -> tuple[Verdict, ...]:
    found = subprocessors.check(name, now=at, on=on) if name else ()
    return tuple(verdict for verdict in found if verdict.code.startswith(_OURS))


def _rows() -> Sequence[Transport]:
    return list(Transport.objects.prefetch_related("sources").order_by("tier", "number"))


def _pool() -> str:
    found = Pool.objects.filter(controller_id=current_controller()).values_list("pool", flat=True).first()
    return found or ""


def _roads(row: Transport, pool: str) -> list[Road]:
    """A transport's roads: one, or one for each of the addresses that this controller's mail may leave from."""
    key = str(row.number)
    sources = list(row.sources.all())
    direct = row.kind == "direct"
    if not direct or not sources:
        road = Road(key, row.number, "", row.tier, row.weight, row.rate, row.daily, direct)
        return [road._replace(rewrites=_REWRITTEN_BY_SES) if row.kind == "ses" else road]
    chosen = [one for one in sources if one.pool == pool and not one.fault]
    return [
        Road(f"{key}@{one.address}", row.number, one.address, row.tier, row.weight, row.rate, row.daily, True)
        for one in chosen
    ]
