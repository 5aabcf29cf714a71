"""Reads of assistance, inside a controller's scope: requests, proceedings, what was told, files, time and statements.

The price list and the table of indices are the operator's and stand above controllers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.values import Money
from mandata.assistance.errors import NoSuch
from mandata.assistance.models import File, Index, Intake, Proceeding, Request, Statement, Step, Tariff, Work
from mandata.assistance.rules import billing
from mandata.foundation import canonical
from mandata.vault.services import Vault

REQUEST: Final = "assistance_request.sealed"
PROCEEDING: Final = "assistance_proceeding.sealed"
STEP: Final = "assistance_step.sealed"
INTAKE: Final = "assistance_intake.sealed"
FILE: Final = "assistance_file.sealed"
FILE_NAME: Final = "assistance_file.sealed_name"


@dataclass(frozen=True, slots=True)
class FileView:
    """A file without its content; `sha256` in hexadecimal."""

    id: UUID
    about: UUID
    kind: str
    name: str = field(repr=False)
    media_type: str
    size: int
    sha256: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class RequestView:
    """A document or help asked for; `owed_by` is who was asked."""

    id: UUID
    number: int
    owed_by: str
    matter: str
    state: str
    words: str = field(repr=False)
    answer: str = field(repr=False)
    received_at: datetime
    asked_by: str
    closed_at: datetime | None
    entries: tuple[UUID, ...]
    files: tuple[FileView, ...] = ()


@dataclass(frozen=True, slots=True)
class StepView:
    """A word on a proceeding."""

    id: UUID
    kind: str
    by: str
    at: datetime
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProceedingView:
    """An authority's proceeding with its course."""

    id: UUID
    number: int
    told_by: str
    state: str
    authority: str = field(repr=False)
    reference: str = field(repr=False)
    words: str = field(repr=False)
    opened_at: datetime
    told_at: datetime
    closed_at: datetime | None
    entries: tuple[UUID, ...]
    steps: tuple[StepView, ...] = ()
    files: tuple[FileView, ...] = ()


@dataclass(frozen=True, slots=True)
class IntakeView:
    """What the controller told for the processor's part."""

    id: UUID
    number: int
    kind: str
    state: str
    title: str = field(repr=False)
    words: str = field(repr=False)
    contact: str = field(repr=False)
    at: datetime
    by: str
    seen_at: datetime | None
    ended_at: datetime | None
    files: tuple[FileView, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkView:
    """A line of the time sheet with what it comes to by the agreement; `line` None where no agreement ever bound."""

    id: UUID
    kind: str
    about_kind: str
    about: UUID
    day: date
    minutes: int
    beyond_usual: bool
    costs: Decimal
    by: UUID
    at: datetime
    statement: UUID | None
    line: billing.Line | None


@dataclass(frozen=True, slots=True)
class StatementView:
    """A month's statement as it was issued."""

    id: UUID
    number: int
    month: date
    at: datetime
    lines: tuple[dict[str, Any], ...]
    totals: tuple[dict[str, Any], ...]
    vat_percent: Decimal | None


def _opened(place: str, sealed: Mapping[UUID, bytes]) -> dict[UUID, dict[str, str]]:
    if not sealed:
        return {}
    return {own: canonical.loads(text) for own, text in Vault.open().unseal_many(place, sealed).items()}


def files(about: UUID) -> tuple[FileView, ...]:
    """Return the files of a thing, oldest first, without their content."""
    return _files([about]).get(about, ())


def _files(things: Iterable[UUID]) -> dict[UUID, tuple[FileView, ...]]:
    rows = list(File.objects.filter(about__in=list(things)).defer("sealed").order_by("at", "id"))
    if not rows:
        return {}
    names = Vault.open().unseal_many(FILE_NAME, {row.id: bytes(row.sealed_name) for row in rows})
    found: dict[UUID, list[FileView]] = {}
    for row in rows:
        name = names.get(row.id, b"").decode()
        view = FileView(
            row.id, row.about, row.kind, name, row.media_type, row.size, bytes(row.sha256).hex(), row.at, row.by
        )
        found.setdefault(row.about, []).append(view)
    return {about: tuple(some) for about, some in found.items()}


def content(file_id: UUID, *, about: UUID) -> tuple[FileView, bytes]:
    """Return a file of a thing with its content. Raises NoSuch, KeyDestroyed."""
    row = File.objects.filter(id=file_id, about=about).first()
    if row is None:
        raise NoSuch(_("There is no such file."))
    view = next(one for one in files(about) if one.id == file_id)
    return view, Vault.open().unseal(row.id, FILE, bytes(row.sealed))


def requests(*, owed_by: str = "", state: str = "", limit: int = 100) -> list[RequestView]:
    """Return requests, the newest first; `owed_by` "processor" or "controller", or both."""
    rows = Request.objects.order_by("-number")
    rows = rows.filter(owed_by=owed_by) if owed_by else rows
    return _requests(list((rows.filter(state=state) if state else rows)[:limit]))


def request(request_id: UUID) -> RequestView:
    """Return one request. Raises NoSuch."""
    found = _requests(list(Request.objects.filter(id=request_id)))
    if not found:
        raise NoSuch(_("There is no such request."))
    return found[0]


def _requests(rows: list[Request]) -> list[RequestView]:
    said = _opened(REQUEST, {row.id: bytes(row.sealed) for row in rows})
    held = _files([row.id for row in rows])
    return [
        RequestView(
            row.id,
            row.number,
            row.owed_by,
            row.matter,
            row.state,
            said.get(row.id, {}).get("words", ""),
            said.get(row.id, {}).get("answer", ""),
            row.received_at,
            row.asked_by,
            row.closed_at,
            tuple(UUID(one) for one in row.entries),
            held.get(row.id, ()),
        )
        for row in rows
    ]


def proceedings(limit: int = 100) -> list[ProceedingView]:
    """Return proceedings, the newest first."""
    return _proceedings(list(Proceeding.objects.order_by("-number")[:limit]))


def proceeding(proceeding_id: UUID) -> ProceedingView:
    """Return one proceeding with its course. Raises NoSuch."""
    found = _proceedings(list(Proceeding.objects.filter(id=proceeding_id)))
    if not found:
        raise NoSuch(_("There is no such proceeding."))
    return found[0]


def _proceedings(rows: list[Proceeding]) -> list[ProceedingView]:
    said = _opened(PROCEEDING, {row.id: bytes(row.sealed) for row in rows})
    held = _files([row.id for row in rows])
    steps: dict[UUID, list[StepView]] = {}
    vault, keys = Vault.open(), Vault.open().keys([row.id for row in rows])
    for one in Step.objects.filter(proceeding__in=[row.id for row in rows]).order_by("at", "id"):
        key = keys.get(one.proceeding)
        sealed = bytes(one.sealed)
        words = vault.unseal_with(one.proceeding, STEP, sealed, key=key).decode() if key else ""
        steps.setdefault(one.proceeding, []).append(StepView(one.id, one.kind, one.by, one.at, words))
    return [
        ProceedingView(
            row.id,
            row.number,
            row.told_by,
            row.state,
            said.get(row.id, {}).get("authority", ""),
            said.get(row.id, {}).get("reference", ""),
            said.get(row.id, {}).get("words", ""),
            row.opened_at,
            row.told_at,
            row.closed_at,
            tuple(UUID(one) for one in row.entries),
            tuple(steps.get(row.id, ())),
            held.get(row.id, ()),
        )
        for row in rows
    ]


def intakes(*, kind: str = "", current: bool = False, limit: int = 100) -> list[IntakeView]:
    """Return what the controller told, the newest first; `current` leaves out what was replaced or taken back."""
    rows = Intake.objects.order_by("-number")
    rows = rows.filter(kind=kind) if kind else rows
    return _intakes(list((rows.filter(state="current") if current else rows)[:limit]))


def intake(intake_id: UUID) -> IntakeView:
    """Return one of what the controller told. Raises NoSuch."""
    found = _intakes(list(Intake.objects.filter(id=intake_id)))
    if not found:
        raise NoSuch(_("There is no such entry."))
    return found[0]


def _intakes(rows: list[Intake]) -> list[IntakeView]:
    said = _opened(INTAKE, {row.id: bytes(row.sealed) for row in rows})
    held = _files([row.id for row in rows])
    return [
        IntakeView(
            row.id,
            row.number,
            row.kind,
            row.state,
            said.get(row.id, {}).get("title", ""),
            said.get(row.id, {}).get("words", ""),
            said.get(row.id, {}).get("contact", ""),
            row.at,
            row.by,
            row.seen_at,
            row.ended_at,
            held.get(row.id, ()),
        )
        for row in rows
    ]


def increases(index: str) -> dict[int, Decimal]:
    """Return by how many percent an index rose, by calendar year."""
    return dict(Index.objects.filter(index=index).order_by("year").values_list("year", "percent"))


@dataclass(frozen=True, slots=True)
class Rise:
    """A row of the table of indices."""

    index: str
    year: int
    percent: Decimal
    source: str
    at: datetime


def rises() -> list[Rise]:
    """Return the table of indices, the newest year first."""
    rows = Index.objects.order_by("index", "-year")
    return [Rise(row.index, row.year, row.percent, row.source, row.at) for row in rows]


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the price list: what an hour of a kind of help costs from a day on, without VAT."""

    work: str
    hour: Money
    since: date


def price_list() -> list[Listed]:
    """Return the operator's price list of help, by kind, the newest first."""
    rows = Tariff.objects.order_by("work", "currency", "-since")
    return [Listed(row.work, Money(row.hour, row.currency), row.since) for row in rows]


def listed(work: str, day: date, currency: str = "") -> Money | None:
    """Return what an hour of a kind of help costs on a day by the price list, in a currency where one is named."""
    rows = Tariff.objects.filter(work=work, since__lte=day).order_by("-since", "currency")
    row = (rows.filter(currency=currency) if currency else rows).first()
    return Money(row.hour, row.currency) if row else None


def ground(at: datetime) -> tuple[agreements.Agreement, int] | None:
    """Return the agreement by which help is billed at an instant, and the year in which the contract took effect: that
    of the first one. None where none ever bound."""
    found = agreements.ground(at).agreement
    if found is None:
        return None
    first = min(one.effective_at for one in agreements.agreements())
    return found, first.astimezone(ZoneInfo(found.terms.head.zone)).year


def lines(rows: Iterable[Work], at: datetime) -> list[WorkView]:
    """Return work with what it comes to by the agreement and the tables as they are now."""
    found, tables = ground(at), dict[str, dict[int, Decimal]]()
    return [_worked(row, found, tables) for row in rows]


def _worked(
    row: Work, found: tuple[agreements.Agreement, int] | None, tables: dict[str, dict[int, Decimal]]
) -> WorkView:
    line = None
    if found is not None:
        agreement, year = found
        rates = agreement.terms.clauses.get("audit.rates")
        index = str(getattr(rates.value, "index", "")) if rates else ""
        if index not in tables:
            tables[index] = increases(index)
        line = billing.bill(agreement.terms, booked(row), contract_year=year, increases=tables[index])
    return WorkView(
        row.id,
        row.kind,
        row.about_kind,
        row.about,
        row.day,
        row.minutes,
        row.beyond_usual,
        row.costs,
        row.by,
        row.at,
        row.statement,
        line,
    )


def booked(row: Work) -> billing.Booked:
    """Return a line of the time sheet as the rule takes it: with its own rate, else that of the price list."""
    hour = Money(row.hour, row.currency) if row.hour is not None else listed(row.kind, row.day, row.currency)
    return billing.Booked(
        row.kind,
        row.day,
        row.minutes,
        row.beyond_usual,
        hour,
        row.costs,
        row.currency or (hour.currency if hour else ""),
        row.audit_of_year,
    )


def work(*, at: datetime, about: UUID | None = None, limit: int = 200) -> list[WorkView]:
    """Return the time sheet, the newest day first, priced as of now; of one thing where `about` is given."""
    rows = Work.objects.filter(cancelled_at=None).order_by("-day", "-id")
    return lines((rows.filter(about=about) if about else rows)[:limit], at)


def unbilled(until: date, *, at: datetime) -> list[WorkView]:
    """Return what stands in no statement yet, of days before `until`, oldest first."""
    rows = Work.objects.filter(cancelled_at=None, statement=None, day__lt=until).order_by("day", "id")
    return lines(rows, at)


def statements(limit: int = 60) -> list[StatementView]:
    """Return the statements, the newest month first."""
    return [_statement(row) for row in Statement.objects.order_by("-month")[:limit]]


def statement(statement_id: UUID) -> StatementView:
    """Return one statement. Raises NoSuch."""
    row = Statement.objects.filter(id=statement_id).first()
    if row is None:
        raise NoSuch(_("There is no such statement."))
    return _statement(row)


def _statement(row: Statement) -> StatementView:
    return StatementView(row.id, row.number, row.month, row.at, tuple(row.lines), tuple(row.totals), row.vat_percent)
