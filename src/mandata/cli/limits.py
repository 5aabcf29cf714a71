"""`mandata limits`: what receiving providers are sent at most, and warm-up plans."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.foundation.actors import Actor

app = typer.Typer(
    no_args_is_help=True,
    help="""Limits by receiving provider, warm-up plans, and the lanes that are slowed down now.

    Examples:

        mandata limits list

        mandata limits set Seznam --rate 20 --connections 5 --daily 200000
    """,
)

_OPERATOR = Actor("operator")

Provider = Annotated[str, typer.Argument(help="The provider as lists show it; none: every one without its own limit.")]
Transport = Annotated[
    str, typer.Option("--transport", help="Name of a transport, or settings for that of MANDATA_SMTP_URL; none: each.")
]
Name = Annotated[str, typer.Argument(help="A sending domain, or a source address.")]


@contextmanager
def _installation() -> Iterator[datetime]:
    with connected():
        django()
        from mandata.infra.clock import now

        yield now()


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List the limits that the operator has set.

    Examples:

        mandata limits list

        mandata limits list --json
    """
    with _installation():
        from mandata.delivery.services import caps

        rows = caps.rules()
        for one in rows:
            rate = f"{one.per_second:g}/s" if one.per_second else "–"
            daily = f"{one.daily}/day" if one.daily else "–"
            connections = f"{one.connections} connections" if one.connections else "–"
            who = one.provider or "every provider"
            emit(as_json, one._asdict(), f"{who}  {one.transport or 'every transport'}  {rate}  {connections}  {daily}")
        if not rows and not as_json:
            typer.echo("No limit is set.")


@app.command("set")
def set_(
    provider: Provider = "",
    transport: Transport = "",
    rate: Annotated[float | None, typer.Option(help="Messages a second, such as 20 or 0.5.")] = None,
    connections: Annotated[int | None, typer.Option(help="Connections at a time, of all workers.")] = None,
    daily: Annotated[int | None, typer.Option(help="Messages a day, in UTC.")] = None,
) -> None:
    """Set what a provider is sent at most, by all workers on all hosts together; what is not given is not limited here.

    Examples:

        mandata limits set Seznam --rate 20 --connections 5

        mandata limits set --transport settings --daily 500000
    """
    with _installation() as at:
        from mandata.delivery.services import caps

        caps.set_limit(
            transport=transport, provider=provider, per_second=rate, connections=connections, daily=daily,
            actor=_OPERATOR, at=at,
        )  # fmt: skip
        typer.echo("Kept, and recorded. Workers keep to it within two seconds.")


@app.command()
def drop(provider: Provider = "", transport: Transport = "") -> None:
    """Take a limit away.

    Examples:

        mandata limits drop Seznam

        mandata limits drop --transport settings
    """
    with _installation() as at:
        from mandata.delivery.services import caps

        caps.drop_limit(transport=transport, provider=provider, actor=_OPERATOR, at=at)
        typer.echo("Taken away, and recorded.")


@app.command()
def lanes(as_json: AsJson = False) -> None:
    """Show how each lane with a limit stands now: its pace, what of today is used, and what slowed it down.

    Examples:

        mandata limits lanes

        mandata limits lanes --json
    """
    with _installation() as at:
        from mandata.delivery.services import caps

        rows = caps.lanes_now(at=at)
        for one in rows:
            rate = one.pace or one.per_second
            who = one.name or ("all others" if one.kind == "lane" else "every provider")
            words = f"{one.key}  {one.transport or 'every transport'}  {who}"
            words += f"  {f'{rate:g}/s' if rate else '–'}"
            words += f"  {one.granted} of {one.daily} today" if one.daily is not None else f"  {one.granted} today"
            if one.slowed_at is not None:
                words += f"  slowed down by {one.said}, free {one.free_again:%Y-%m-%d %H:%M:%S} UTC"
            emit(as_json, one._asdict() | {"key": one.key}, words)
        if not rows and not as_json:
            typer.echo("No lane is limited or slowed down.")


@app.command()
def free(lane: Annotated[str, typer.Argument(help="A lane's key, such as road:0 or lane:1:Seznam.")]) -> None:
    """Let a lane that was slowed down go at its full pace at once.

    Examples:

        mandata limits free lane:0:Seznam
    """
    with _installation() as at:
        from mandata.delivery.services import caps

        caps.free(key=lane, actor=_OPERATOR, at=at)
        typer.echo("It goes at its full pace again.")


@app.command("warm-up")
def warm_up(
    name: Name,
    plan: Annotated[str, typer.Option(help="Messages on each day, with commas; none: the usual two weeks.")] = "",
    begins: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its first day, in UTC; none: today.")
    ] = None,
) -> None:
    """Warm a new sending domain or source address up: so many messages on each of its first days.

    Examples:

        mandata limits warm-up news.shop.example

        mandata limits warm-up 192.0.2.7 --plan 100,200,400,800 --begins 2027-03-01
    """
    with _installation() as at:
        from mandata.delivery.rules import warmup
        from mandata.delivery.services import caps

        days = [int(part) if part.strip().isdigit() else 0 for part in plan.split(",")] if plan else warmup.USUAL
        day = begins.replace(tzinfo=UTC).date() if begins is not None else at.date()
        caps.begin_warmup(kind=_kind(name), name=name, begins_on=day, plan=days, actor=_OPERATOR, at=at)
        typer.echo("Kept, and recorded. Workers keep to it within two seconds.")


@app.command("warm-ups")
def warm_ups(as_json: AsJson = False) -> None:
    """List the warm-up plans, with today's cap and what of it is used.

    Examples:

        mandata limits warm-ups

        mandata limits warm-ups --json
    """
    with _installation() as at:
        from mandata.delivery.services import caps

        rows = caps.plans(at=at)
        for one in rows:
            cap = "no cap any more" if one.cap is None else f"{one.used} of {one.cap} today"
            day = f"day {one.day} of {len(one.plan)}" if one.day > 0 else f"begins {one.begins_on}"
            emit(as_json, one._asdict(), f"{one.kind}  {one.name}  {day}  {cap}")
        if not rows and not as_json:
            typer.echo("Nothing is being warmed up.")


@app.command("end-warm-up")
def end_warm_up(name: Name) -> None:
    """End a warm-up before its plan is over.

    Examples:

        mandata limits end-warm-up news.shop.example
    """
    with _installation() as at:
        from mandata.delivery.services import caps

        caps.end_warmup(kind=_kind(name), name=name, actor=_OPERATOR, at=at)
        typer.echo("Ended, and recorded.")


def _kind(name: str) -> str:
    from ipaddress import ip_address

    try:
        ip_address(name.strip())
    except ValueError:
        return "domain"
    return "source"
