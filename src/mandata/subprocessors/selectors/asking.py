"""Whether data may go to a sub-processor now: asked at every launch and at every claim. In a controller's scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.facts.standing import SERVICE
from mandata.agreements.rules.verdicts import Verdict, combine
from mandata.infra import bulk
from mandata.infra.tenancy import current_controller
from mandata.subprocessors.rules import disclosing
from mandata.subprocessors.rules.countries import Kept
from mandata.subprocessors.rules.disclosing import Basis, Entry, Seen

_CHANGES: Final = """
    select json_agg(json_build_array(
        c.kind, c.announced_at, c.planned_for, coalesce(c.details ->> 'country', ''), n.id is not null,
        case when v.arrived then n.notice_until end, case when v.arrived then n.objection_until end,
        coalesce(o.state, 'none')))
    from subprocessors_change c
    left join subprocessors_changenotice n on n.controller_id = %(controller)s and n.change = c.id
    left join lateral (
        -- counted from a delivery that still holds: a mail that was taken can come back
        select n.delivered_at = min(deemed_at) as arrived from agreements_served
        where controller_id = %(controller)s and (id = n.served or second_of = n.served)
    ) v on n.id is not null
    left join lateral (
        select state from subprocessors_objection
        where controller_id = %(controller)s and change = c.id
        order by (state in ('open', 'excluded', 'ended')) desc, at desc limit 1
    ) o on true
    where c.subprocessor_id = s.id and c.state <> 'withdrawn'
"""
_ENTRY: Final = f"""
    s.id, s.name, s.state, s.country, s.classes, s.since, s.ended_at, s.contract_on is not null,
    (select json_agg(json_build_array(m.kind, m.valid_from, m.valid_until, m.struck_down_on) order by m.valid_from)
     from subprocessors_mechanism m where m.subprocessor_id = s.id),
    ({_CHANGES}),
    (select a.ground from subprocessors_authorisation a
     where a.controller_id = %(controller)s and a.subprocessor = s.id and a.ended_at is null)
"""  # noqa: S608 - our own words
_CHAIN: Final = f"""
    with recursive chain as (
        select s.*, 0 as depth from subprocessors_subprocessor s where s.name = %(name)s or s.id::text = %(name)s
        union all
        select s.*, depth + 1 from subprocessors_subprocessor s join chain on s.parent_id = chain.id and depth < 9
    )
    select {_ENTRY} from chain s order by s.depth, s.id
"""  # noqa: S608
_ALL: Final = f"select {_ENTRY} from subprocessors_subprocessor s order by s.tier, s.name"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Known:
    """An entry of the register as a controller's facts, with its id."""

    id: UUID
    entry: Entry


def basis(now: datetime) -> Basis:
    """On what a disclosure of the scope's data rests."""
    ground = agreements.ground(now)
    found = ground.agreement
    if found is None:
        return Basis(None, None, ground.standing)
    return Basis(found.terms, found.accepted_at, ground.standing, expressly=found.how != "silence")


def may_disclose(name: str | UUID, *, now: datetime, purpose: str = SERVICE, on: Basis | None = None) -> Verdict:
    """Say in one answer whether data may go to a sub-processor, by its name or id, and to those behind it (SPR-5).

    One query, beside those for ``on`` (the agreement, `basis`) where it is not given. A name that the register does
    not hold is refused.
    """
    return combine(check(name, now=now, purpose=purpose, on=on))


def check(name: str | UUID, *, now: datetime, purpose: str = SERVICE, on: Basis | None = None) -> tuple[Verdict, ...]:
    """The same check by check: of the sub-processor itself, then of each active one behind it."""
    on = on or basis(now)
    chain = [known.entry for known in _read(_CHAIN, name=str(name))]
    if not chain:
        return disclosing.unknown(on, str(name), now=now)
    reached = [chain[0], *(one for one in chain[1:] if disclosing.active(one, now))]
    return tuple(verdict for one in reached for verdict in disclosing.verdicts(on, one, now=now, purpose=purpose))


def known() -> list[Known]:
    """The whole register as facts of the scope's controller, first tiers first."""
    return _read(_ALL)


def _read(statement: str, **values: str) -> list[Known]:
    rows = bulk.execute(statement, {"controller": current_controller(), **values}, prepare=True)
    return [Known(row[0], _entry(row)) for row in rows]


def _entry(row: Sequence[Any]) -> Entry:
    _id, name, state, country, classes, since, ended_at, contract, mechanisms, changes, given = row
    return Entry(
        name=name,
        state=state,
        country=country,
        classes=tuple(_plain(classes)),
        since=since,
        ended_at=ended_at,
        contract=contract,
        mechanisms=tuple(_kept(one) for one in _plain(mechanisms)),
        changes=tuple(_seen(one) for one in _plain(changes)),
        given=given or "",
    )


def _plain(value: Any) -> list[Any]:
    # Django has psycopg leave jsonb as text; json_agg of nothing is null
    found = orjson.loads(value) if isinstance(value, str | bytes) else value
    return list(found or ())


def _kept(one: Sequence[Any]) -> Kept:
    kind, since, last, struck = one
    return Kept(kind, date.fromisoformat(since), _day(last), _day(struck))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _seen(one: Sequence[Any]) -> Seen:
    kind, shown, planned, country, told, notice, objection, state = one
    return Seen(
        kind=kind,
        shown_at=datetime.fromisoformat(shown),
        planned_for=datetime.fromisoformat(planned),
        country=country,
        told=told,
        notice_until=_instant(notice),
        objection_until=_instant(objection),
        objection=state,
    )
