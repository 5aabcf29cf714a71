"""`mandata breaches`: the breach desk from the command line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from mandata.cli.due import instant
from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Fault

app = typer.Typer(
    no_args_is_help=True,
    help="""Breaches: opened from awareness, counted by filters, told to each controller, kept in a register.

    Examples:

        mandata breaches list

        mandata breaches open "A stolen copy" --aware 2026-03-27T22:30:00+01:00
    """,
)

Which = Annotated[UUID, typer.Argument(help="The id of a breach, as `mandata breaches list --json` tells it.")]
_OPERATOR = Actor("operator")


@contextmanager
def _installation() -> Iterator[datetime]:
    with connected():
        django()
        from mandata.infra.clock import now

        yield now()


def _instant(text: str) -> datetime:
    try:
        return instant(text)
    except ValueError as error:
        raise Fault(f"{text[:80]!r} is no instant: {error}.", remedy="For example 2026-03-27T22:30:00+01:00.") from None


@app.command("list")
def listed(
    drills: Annotated[bool, typer.Option("--drills", help="Drills, and nothing else.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the breaches, the newest first: whom they touch, and how many controllers wait to be told.

    Examples:

        mandata breaches list

        mandata breaches list --drills --json
    """
    with _installation():
        from mandata.incidents.selectors import desk

        for one in desk.breaches(drill=drills, limit=1_000):
            values = {name: getattr(one, name) for name in type(one).__slots__}
            whose = f"{one.controllers} controller{'s' * (one.controllers != 1)}"
            counted = f"{whose}, {one.subjects} data subjects, {one.untold} not told"
            since = f"{one.aware_at:%Y-%m-%d %H:%M}"
            emit(as_json, values, f"{one.number:>4} {one.id} {one.state:<10} {since} {one.title}: {counted}")


@app.command("open")
def opened(
    title: Annotated[str, typer.Argument(help="What it is called; only the operator sees it.")],
    aware: Annotated[str, typer.Option(help="When we became aware: ISO 8601 with an offset.")],
    nature: Annotated[str, typer.Option(help="What happened; every affected controller reads it.")] = "",
    drill: Annotated[
        bool, typer.Option("--drill", help="A drill: nothing is owed, and it is counted nowhere.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Open a breach; a title and the time of awareness are enough.

    Examples:

        mandata breaches open "A stolen copy" --aware 2026-03-27T22:30:00+01:00

        mandata breaches open "Spring drill" --aware 2026-03-27T22:30:00+01:00 --drill --json
    """
    with _installation() as at:
        from mandata.incidents.services import desk

        made = desk.open_breach(
            title=title, aware_at=_instant(aware), nature=nature, drill=drill, actor=_OPERATOR, at=at
        )
        emit(as_json, {"id": made}, f"Open: {made}")


@app.command("scope")
def scoped(
    breach: Which,
    filter_: Annotated[str, typer.Option("--filter", help="A filter as JSON; without one, counts again.")] = "",
    as_json: AsJson = False,
) -> None:
    """Add a filter and count whom the breach touched; several filters add up, and nobody is counted twice.

    A filter is JSON with any of controllers, holdings, since, until, dated, lists, export, access, epoch, by_hand; all
    that it names must hold, and {} is everything there.

    Examples:

        mandata breaches scope 01a204b2-6948-79c6-87f4-1bee18c8992e

        mandata breaches scope 01a204b2-6948-79c6-87f4-1bee18c8992e --filter '{"until": "2026-03-01T00:00:00Z"}'
    """
    with _installation() as at:
        from mandata.incidents.selectors import desk
        from mandata.incidents.services import scoping

        if filter_:
            try:
                wanted = json.loads(filter_)
            except ValueError:
                raise Fault("The filter is no JSON.", remedy='For example {"holdings": ["subscribers"]}.') from None
            scoping.add_filter(breach, wanted, actor=_OPERATOR, at=at)
        scoping.count(breach, actor=_OPERATOR, at=at)
        start = 0
        while page := desk.standings(breach, at=at, start=start, count=200)[1]:
            for one in page:
                values = {"controller": one.whose, "name": one.name, "subjects": one.subjects, "records": one.records}
                emit(as_json, values, f"{one.subjects:>9} {one.records:>9} {one.name}")
            start += len(page)


@app.command("tell")
def tell(breach: Which, as_json: AsJson = False) -> None:
    """Have every affected controller told what is known now, each once; a worker sends the notices.

    Examples:

        mandata breaches tell 01a204b2-6948-79c6-87f4-1bee18c8992e
    """
    with _installation() as at:
        from mandata.incidents.services import telling

        count = telling.tell(breach, actor=_OPERATOR, at=at)
        emit(as_json, {"notices": count}, f"{count} to be told; a worker tells them.")


@app.command("show")
def show(breach: Which, as_json: AsJson = False) -> None:
    """Show one breach: each controller with its counts, when it was told and by when it had to be.

    Examples:

        mandata breaches show 01a204b2-6948-79c6-87f4-1bee18c8992e --json
    """
    with _installation() as at:
        from mandata.incidents.selectors import desk

        view, start = desk.breach(breach, at=at), 0
        row = view.row
        emit(
            as_json,
            {"id": row.id, "title": row.title, "state": row.state, "aware_at": row.aware_at, "facts": dict(view.facts)},
            f"{row.number}: {row.title} ({row.state}), aware since {row.aware_at:%Y-%m-%d %H:%M} UTC",
        )
        while page := desk.standings(breach, at=at, start=start, count=200)[1]:
            for one in page:
                due = one.owed.statutory if one.owed else None
                values = {"controller": one.whose, "name": one.name, "subjects": one.subjects, "records": one.records}
                values |= {"told_at": one.told_at, "arrived_at": one.aware_at, "due": due, "failure": one.failure}
                told = f"told {one.told_at:%Y-%m-%d %H:%M}" if one.told_at else "not told"
                by = f", due {due:%Y-%m-%d %H:%M}" if due else ""
                emit(
                    as_json, values, f"{one.subjects:>9} {one.records:>9} {one.name}: {told}{by} {one.failure}".rstrip()
                )
            start += len(page)


@app.command("register")
def register(as_json: AsJson = False) -> None:
    """Print the register of breaches (Art. 33(5) GDPR) as CSV, or with --json one object a line; never a drill.

    Examples:

        mandata breaches register > breaches.csv

        mandata breaches register --json
    """
    with _installation():
        from mandata.incidents.selectors import register as selectors

        rows = selectors.whole()
        if not as_json:
            typer.echo(selectors.as_csv(rows, selectors.COLUMNS).decode("utf-8"), nl=False)
            return
        for row in rows:
            emit(True, row, "")
