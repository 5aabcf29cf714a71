"""From an older database to an open installation: everything that happened since is replayed, compared and told, while
every face is shut. Each step may be repeated; killed anywhere, it begins again and ends the same.

1. the row in the database, so that every host is shut
2. the keys, from the newest recovery copy
3. the outside log: the record, suppressions and choices, messages, erasures
4. everything compared: heads that were published, the whole record
5. campaigns under way held, erasures of many stopped, waiting uploads destroyed, notices that had left taken for left
6. the report: a row, entries in the record; and only then the row goes
"""

import time
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from mandata.accounts import selectors as accounts
from mandata.accounts.services import notices
from mandata.audience import services as audience
from mandata.audience.services import replaying as people
from mandata.backups.models import Restore
from mandata.backups.services import journal
from mandata.backups.services.journal import Journal, Since
from mandata.campaigns import selectors as campaigns
from mandata.campaigns import services as campaign_services
from mandata.campaigns.errors import NoSuchCampaign, WrongState
from mandata.delivery import services as delivery
from mandata.delivery.services import replaying as messages
from mandata.foundation.actors import SYSTEM
from mandata.foundation.errors import Fault
from mandata.holdings import replaying as erasures
from mandata.holdings import runs, tenants
from mandata.infra import age, clock, restoring, stores
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.outside import Line
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import rules, verification
from mandata.record import selectors as record
from mandata.record import services as record_services
from mandata.record.services.stamping import certificates
from mandata.record.signing import signer
from mandata.vault import recovery
from mandata.vault.services import begin as begin_vault

REASON: Final = "restored"
_log = log("restore")
Told = Callable[[str], None]
"""Called with the name of each step as it begins."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is reopened. `began_at` is when the restore began, and its row's identity with `id`; `state_at` the instant
    whose state the database has, None where that is not known; `backup_at` when the backup began."""

    id: UUID
    kind: str
    began_at: datetime
    place: str = ""
    backup: UUID | None = None
    backup_at: datetime | None = None
    state_at: datetime | None = None
    folders: tuple[Path, ...] = ()
    heads: tuple[str, ...] = ()
    accept: str = ""
    notes: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Report:
    """What was done, as it is printed, kept and entered: counts, ids and kinds; no personal data."""

    restore: UUID
    kind: str
    backup: UUID | None
    backup_at: datetime | None
    state_at: datetime | None
    replayed_until: datetime | None = None
    keys: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    torn: int = 0
    replayed: dict[str, Any] = field(default_factory=dict)
    lost: dict[str, dict[str, int]] = field(default_factory=dict)
    campaigns_held: dict[str, list[str]] = field(default_factory=dict)
    campaigns_cancelled: int = 0
    erasures_stopped: int = 0
    imports: dict[str, int] = field(default_factory=dict)
    imports_cancelled: int = 0
    uploads_destroyed: int = 0
    notices_settled: int = 0
    heads: dict[str, int] = field(default_factory=dict)
    entries: int = 0
    findings: list[str] = field(default_factory=list)
    accepted: str = ""
    notes: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def reopen(
    order: Order,
    *,
    store: stores.Store | None,
    identities: list[age.Identity] | None,
    told: Told = lambda _step: None,
) -> dict[str, Any]:
    """Bring the database up to date and open the installation; return what was done: a `Report` for programs. One that
    was opened already, by a run that was killed right behind, only tells it.

    `identities` open the newest recovery copy in `store`; None: the keys are here already. Raises Fault, with
    everything still shut, where the database lacks what was published or the record does not hold.
    """
    if (before := _opened(order.id)) is not None:
        return before
    steps = _Steps(order, told)
    restoring.shut()
    with steps("keys"):
        if identities is not None and store is not None:
            done = recovery.recover(store, identities, at=clock.now(), state_at=order.state_at)
            steps.report.keys = _plain(done)
        elif not any((env().keys_folder / "controllers").glob("*")):
            raise Fault(
                "This machine has no keys: without them nothing of what was restored opens.",
                remedy="Run it again with --keys-identity, which opens the recovery copy; or put the keys folder back.",
            )
        with scope(INSTANCE):
            begin_vault(at=clock.now())
    since = steps.replay()
    with steps("verify"):
        steps.compare(since)
    with steps("hold"):
        _hold(since, steps.report)
    with steps("report"):
        _enter(order, steps.report)
        record_services.sequence_due(at=clock.now())
    _open(order, steps.report)
    return as_json(steps.report)


def _opened(restore: UUID) -> dict[str, Any] | None:
    with scope(INSTANCE):
        row = Restore.objects.filter(id=restore).exclude(opened_at=None).first()
    return None if row is None else dict(row.report)


class _Steps:
    """The steps of one run, each timed and told."""

    def __init__(self, order: Order, told: Told) -> None:
        self._order, self._told = order, told
        self._name, self._began = "", 0.0
        self.report = Report(order.id, order.kind, order.backup, order.backup_at, order.state_at)
        self.report.notes = dict(order.notes)

    def __call__(self, name: str) -> "_Steps":
        self._name = name
        return self

    def __enter__(self) -> None:
        self._told(self._name)
        self._began = time.monotonic()
        _log.info("restore.step", step=self._name)

    def __exit__(self, *_: object) -> None:
        self.report.seconds[self._name] = round(time.monotonic() - self._began, 2)

    def replay(self) -> Since:
        """Replay the outside log, area by area, in the order in which they build on each other."""
        report, source = self.report, Journal(self._order.folders, self._order.backup_at)
        with self("look"):
            since = journal.look(source, *_known(self._order))
            report.lines, report.torn = journal.names(iter(since.lines.items())), since.torn
            report.replayed_until = since.last_at
            report.lost = {str(who): journal.names(iter(kinds.items())) for who, kinds in since.lost.items()}
        with self("record"):
            report.replayed["record"] = _plain(record_services.replay_placed(source.lines()))
        gone = tenants.deleted_in(source.lines())  # of these nothing is brought up to date: it goes
        with self("people"):
            report.replayed["people"] = _plain(people.replay(_without(source.lines(), gone)))
        with self("messages"):
            report.replayed["messages"] = _plain(messages.replay(_without(source.lines(), gone)))
        with self("erasures"):
            report.replayed["erasures"] = _plain(erasures.replay(_without(source.lines(), gone)))
        with self("controllers"):
            report.replayed["controllers"] = tenants.replay(source.lines())
        return since

    def compare(self, since: Since) -> None:
        """Refuse a head older than one that was published, and a record that does not hold."""
        record_services.sequence_due(at=clock.now())
        published = dict(since.heads)
        for note in self._order.heads:
            head = rules.read_head(signer().public_key(), note)
            who = UUID(head.origin.removeprefix("mandata/"))
            published[who] = max(published.get(who, 0), head.size)
        for who, size in published.items():
            with scope(who):
                there = self.report.heads[str(who)] = record.size()
            if there < size:
                raise Fault(
                    f"The log {who} ends at {there} entries, and a head over {size} was published.",
                    remedy="Name every folder with a copy of the outside log by --outside; nothing was opened.",
                )
        self._verify()

    def _verify(self) -> None:
        logs = sorted({*accounts.ids(), *verification.known_logs()})
        verdicts = verification.verify_all(logs, signer().public_key(), certificates())
        self.report.entries = sum(verdict.size for verdict in verdicts)
        found = [f"{one.log} {each.where}: {each.what}" for one in verdicts for each in one.findings]
        self.report.findings, self.report.accepted = found[:100], self._order.accept if found else ""
        if found and not self._order.accept:
            raise Fault(
                f"The record does not hold ({len(found)} findings): {'; '.join(found[:3])}.",
                remedy="Restore an earlier backup; or, where this is known, open it all the same with --accept REASON.",
            )


def _without(lines: Iterable[Line], gone: Container[UUID]) -> Iterator[Line]:
    """Leave out the lines of controllers that were deleted as a whole."""
    return (line for line in lines if line.controller not in gone)


def _known(order: Order) -> tuple[dict[str, int], set[str]]:
    """Return what the database knew before anything was replayed: kept with the restore's row, for a run that goes on
    behind one that was killed."""
    with scope(INSTANCE):
        row = Restore.objects.filter(id=order.id).first()
    if row is not None and "sizes" in row.report:
        return dict(row.report["sizes"]), set(row.report["waiting"])
    logs = sorted({*accounts.ids(), *verification.known_logs(), INSTANCE})
    found, waiting = journal.sizes(logs), journal.waiting(logs)
    values = {"kind": order.kind, "place": order.place, "backup": order.backup, "began_at": order.began_at}
    with scope(INSTANCE):
        Restore.objects.create(id=order.id, report={"sizes": found, "waiting": waiting}, **values)
    return found, set(waiting)


def _hold(since: Since, report: Report) -> None:
    """Let nothing of the past go on by itself; each controller in one transaction."""
    for controller in accounts.ids():
        at = clock.now()
        with scope(controller):
            for campaign in since.cancelled.get(controller, ()):
                report.campaigns_cancelled += _cancel(campaign, at)
            held = campaigns.due_of_controller()
            for campaign in held:
                campaign_services.hold(campaign_id=campaign, reason=REASON, actor=SYSTEM, at=at)
            known = campaigns.held_of_controller(REASON)
            if known:
                report.campaigns_held[str(controller)] = [str(one) for one in known]
            report.erasures_stopped += runs.stop_all(error=REASON, at=at)
            cancelled, destroyed = audience.empty_all(actor=SYSTEM, at=at)
            if destroyed:
                report.imports[str(controller)] = destroyed
            report.imports_cancelled += cancelled
            report.uploads_destroyed += destroyed
            report.notices_settled += _settle(since.notices.get(controller, {}))
    with scope(INSTANCE):
        report.notices_settled += _settle(since.notices.get(INSTANCE, {}))


def _cancel(campaign: UUID, at: datetime) -> int:
    """A controller's own stop counts also where the row of it is gone."""
    try:
        delivery.cancel(campaign_id=campaign, actor=SYSTEM, at=at)
    except (NoSuchCampaign, WrongState):
        return 0
    return 1


def _settle(settled: Mapping[UUID, tuple[str, datetime]]) -> int:
    return sum(notices.settled_before(notice_id=one, state=state, at=at) for one, (state, at) in settled.items())


def _enter(order: Order, report: Report) -> None:
    """Tell the installation's log what was done, and each controller's what concerns it."""
    at = clock.now()
    known = set(Restored.of(order.id))
    for controller in accounts.ids():
        body = _of(controller, report)
        if body and controller not in known:
            with scope(controller):
                record_services.append(
                    kind="backups.restored", body={"restore": order.id, **body}, actor=SYSTEM, at=at, subject=order.id
                )
    with scope(INSTANCE):
        if INSTANCE not in known:
            told = {"lines": report.lines, "torn": report.torn, "held": sum(map(len, report.campaigns_held.values()))}
            body = {"restore": order.id, "kind": order.kind, "backup": order.backup, "state_at": order.state_at, **told}
            body |= {"imports": report.imports_cancelled, "findings": len(report.findings), "accepted": report.accepted}
            record_services.append(kind="backups.restored", body=body, actor=SYSTEM, at=at, subject=order.id)


def _of(controller: UUID, report: Report) -> dict[str, object]:
    who = str(controller)
    body: dict[str, object] = {}
    if lost := report.lost.get(who):
        body["lost"] = lost
    if held := report.campaigns_held.get(who):
        body["held"] = held
    if imports := report.imports.get(who):
        body["imports"] = imports
    return body


class Restored:
    """Which logs were told of a restore already, by the run that was killed behind it."""

    @staticmethod
    def of(restore: UUID) -> Collection[UUID]:
        """Return the logs that have an entry about it."""
        found = []
        for who in (*accounts.ids(), INSTANCE):
            with scope(who):
                if record.entries(kind="backups.restored", subject=restore, limit=1):
                    found.append(who)
        return found


def _open(order: Order, report: Report) -> None:
    with transaction.atomic():
        with scope(INSTANCE):
            values = {
                "kind": order.kind,
                "place": order.place,
                "backup": order.backup,
                "began_at": order.began_at,
                "opened_at": clock.now(),
                "held": not report.findings,
                "report": _plain(report),
            }
            Restore.objects.update_or_create(id=order.id, defaults=values)
        restoring.open_again()


def _plain(value: Any) -> Any:
    """Return a report, or what a replay returned, as JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID | Path):
        return str(value)
    return value.hex() if isinstance(value, bytes) else value


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as JSON has it."""
    plain: dict[str, Any] = _plain(report)
    return plain
