"""`mandata assistance`: what is open, the tables of indices and prices, time sheets and monthly statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from mandata.cli import pack
from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.foundation.errors import Fault

app = typer.Typer(
    no_args_is_help=True,
    help="""Help between the parties: what is open, what help costs, what was spent, monthly statements.

    Examples:

        mandata assistance list

        mandata assistance index 2025 2.4 --source "Czech Statistical Office, 13 January 2026"
    """,
)

Controller = Annotated[str, typer.Argument(help="The controller's id.")]


@contextmanager
def _installation() -> Iterator[datetime]:
    with connected():
        django()
        from mandata.infra.clock import now

        yield now()


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise Fault(f"{text} is no number.", remedy="Write it as 2.4.") from error


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List what is open at all controllers: requests, proceedings, what controllers told. Ids and times.

    Examples:

        mandata assistance list

        mandata assistance list --json
    """
    with _installation():
        from mandata.assistance.services import waiting

        total, things = waiting.listed(("request", "proceeding", "intake"), count=1_000)
        for one in things:
            told = {"controller": one.controller_id, "kind": one.kind, "id": one.id, "since": one.since}
            emit(as_json, told, f"{one.controller_id} {one.kind} {one.id}, since {one.since:%Y-%m-%d %H:%M} UTC")
        if not total:
            emit(as_json, {"open": 0}, "Nothing is open.")


@app.command("index")
def index(
    year: Annotated[int, typer.Argument(help="The calendar year.")],
    percent: Annotated[str, typer.Argument(help="By how many per cent it rose.")],
    source: Annotated[str, typer.Option(help="Where the office announced it.")],
    name: Annotated[str, typer.Option("--index", help="Code of the index.")] = "cz_cpi",
    as_json: AsJson = False,
) -> None:
    """State by how much an index rose in a year; the rates of audits rise by it.

    Examples:

        mandata assistance index 2025 2.4 --source "Czech Statistical Office, 13 January 2026"
    """
    with _installation() as at:
        from mandata.assistance.services import tables
        from mandata.infra.tenancy import INSTANCE

        tables.state_index(index=name, year=year, percent=_decimal(percent), source=source, by=INSTANCE, at=at)
    emit(as_json, {"index": name, "year": year, "percent": percent}, f"{name} {year}: {percent} per cent. Recorded.")


@app.command("price")
def price(
    work: Annotated[str, typer.Argument(help="Kind of help, such as rights, assessments or audits.")],
    hour: Annotated[str, typer.Argument(help="Price of an hour, without VAT.")],
    currency: Annotated[str, typer.Argument(help="Its currency (ISO 4217).")],
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="From which day on.")],
    as_json: AsJson = False,
) -> None:
    """State what an hour of a kind of help costs by the price list.

    Examples:

        mandata assistance price assessments 90 EUR --since 2026-01-01
    """
    with _installation() as at:
        from mandata.assistance.services import tables
        from mandata.infra.tenancy import INSTANCE

        tables.state_price(work=work, currency=currency, hour=_decimal(hour), since=since.date(), by=INSTANCE, at=at)
    emit(as_json, {"work": work, "hour": hour, "currency": currency}, f"{work}: {currency} {hour} an hour. Recorded.")


@app.command("tables")
def tables_(as_json: AsJson = False) -> None:
    """List the indices and the price list.

    Examples:

        mandata assistance tables

        mandata assistance tables --json
    """
    with _installation():
        from mandata.assistance import selectors

        rises, prices = selectors.rises(), selectors.price_list()
        for rise in rises:
            told = {"index": rise.index, "year": rise.year, "percent": str(rise.percent), "source": rise.source}
            emit(as_json, told, "{index} {year}: {percent} per cent ({source})".format(**told))
        for one in prices:
            row = {"work": one.work, "hour": str(one.hour), "since": one.since.isoformat()}
            emit(as_json, row, "{work}: {hour} an hour since {since}".format(**row))
        if not rises and not prices:
            emit(as_json, {"rows": 0}, "Neither an index nor a price is stated yet.")


@app.command("book")
def book(
    controller: Controller,
    obligation: Annotated[str, typer.Argument(help="Id of the duty that the time was spent on.")],
    kind: Annotated[str, typer.Option(help="Kind of help, such as rights, assessments or audits.")],
    minutes: Annotated[int, typer.Option(help="Minutes.")],
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day.")],
    beyond_usual: Annotated[bool, typer.Option(help="It goes beyond the usual measures.")] = False,
    as_json: AsJson = False,
) -> None:
    """Enter time spent on a duty of a controller's.

    Examples:

        mandata assistance book 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c002 \\
            --kind rights --minutes 30 --day 2026-03-02
    """
    with _installation() as at:
        from mandata.assistance.services import working
        from mandata.infra.tenancy import INSTANCE, scope

        with scope(pack.identifier(controller)):
            own = working.book(
                kind=kind,
                about=("obligation", pack.identifier(obligation)),
                day=day.date(),
                minutes=minutes,
                beyond_usual=beyond_usual,
                by=INSTANCE,
                at=at,
            )
    emit(as_json, {"work": own}, f"Entered and recorded; its id: {own}.")


@app.command("statement")
def statement(
    controller: Controller,
    month: Annotated[datetime, typer.Option(formats=["%Y-%m"], help="The month, such as 2026-03.")],
    out: Annotated[Path | None, typer.Option(help="Write it there as CSV.")] = None,
    as_json: AsJson = False,
) -> None:
    """Issue a month's statement of help, once; the controller is told.

    Examples:

        mandata assistance statement 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001 --month 2026-03 --out march.csv
    """
    with _installation() as at:
        from mandata.assistance import selectors
        from mandata.assistance.services import statements
        from mandata.foundation.actors import Actor
        from mandata.infra.tenancy import scope

        first = date(month.year, month.month, 1)
        with scope(pack.identifier(controller)):
            own = statements.issue(month=first, actor=Actor("operator"), at=at)
            found = selectors.statement(own)
            if out is not None:
                out.write_bytes(statements.as_csv(own))
    sums = ", ".join(f"{one['currency']} {one['net']}" for one in found.totals) or "nothing"
    told = {"statement": own, "month": f"{first:%Y-%m}", "lines": len(found.lines), "totals": list(found.totals)}
    emit(as_json, told, f"Statement {found.number} for {first:%Y-%m}: {len(found.lines)} lines, {sums} without VAT.")
