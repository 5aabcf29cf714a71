"""`mandata transports`: the roads that mail leaves by, whose they are, their limits, and how they stand."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.foundation.actors import Actor

if TYPE_CHECKING:
    from mandata.delivery.services.showing import Listed

app = typer.Typer(
    no_args_is_help=True,
    help="""Transports: relays, direct delivery, Amazon SES and the catcher, by tier and weight.

    Without any, all mail goes to MANDATA_SMTP_URL.

    Examples:

        mandata transports list

        mandata transports add relay --kind relay --address smtp+starttls://mail.example.com:587 --user us
    """,
)

SECRET = "MANDATA_TRANSPORT_PASSWORD"  # noqa: S105 - the name of a variable
Name = Annotated[str, typer.Argument(help="The transport's name.")]
Address = Annotated[str | None, typer.Option(help="smtp://, smtp+starttls:// or smtps:// with host and port.")]
Sub = Annotated[str | None, typer.Option(help="Whose it is, by its name in the register; empty: the house's.")]
Tier = Annotated[int | None, typer.Option(help="The lowest tier is taken first.")]
Weight = Annotated[int | None, typer.Option(help="Its share within the tier.")]
Connections = Annotated[int | None, typer.Option(help="Connections of a sending process; direct: to each receiver.")]
Rate = Annotated[int | None, typer.Option(help="Messages a second; 0: no limit.")]
Daily = Annotated[int | None, typer.Option(help="Messages a day; 0: no limit.")]
Region = Annotated[str | None, typer.Option(help="Where it works, such as eu-central-1.")]
Terms = Annotated[str | None, typer.Option(help="Version of the conditions in force there.")]
TermsUrl = Annotated[str | None, typer.Option(help="Where those conditions are read.")]
Contract = Annotated[bool | None, typer.Option(help="Whether customers must contract with it themselves.")]
Sources = Annotated[
    list[str] | None, typer.Option("--source", help="Direct: ADDRESS=EHLO-NAME or ADDRESS=EHLO-NAME@POOL; many times.")
]
Windows = Annotated[
    list[str] | None, typer.Option("--maintenance", help="FROM/UNTIL in RFC 3339; many times. One empty: none.")
]
Options = Annotated[list[str] | None, typer.Option("--option", help="NAME=VALUE, see the documentation; many times.")]
User = Annotated[str | None, typer.Option(help=f"Log-in or key id; its secret is asked for, or read from {SECRET}.")]
_OPERATOR = Actor("operator")


@contextmanager
def _installation() -> Iterator[datetime]:
    with connected():
        django()
        from mandata.infra.clock import now

        yield now()


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List the transports, lowest tier first: whose, how much, and whether they take mail now. No secrets.

    Examples:

        mandata transports list

        mandata transports list --json
    """
    with _installation() as at:
        from mandata.delivery.services import showing

        rows = showing.listed(at=at)
        for one in rows:
            emit(as_json, _values(one), _words(one))
        if not rows and not as_json:
            typer.echo("No transport is set up: all mail goes to MANDATA_SMTP_URL.")


def _values(one: "Listed") -> dict[str, object]:
    return {
        **{name: getattr(one, name) for name in _SHOWN},
        "accepted_at": one.accepted_at.isoformat() if one.accepted_at else None,
        "checked_at": one.checked_at.isoformat() if one.checked_at else None,
        "maintenance": [[begins.isoformat(), until.isoformat()] for begins, until in one.windows],
        "sources": [
            {"address": it.address, "helo": it.helo, "pool": it.pool, "fault": it.fault, "listed": list(it.listed)}
            for it in one.sources
        ],
    }


_SHOWN = (
    "number", "name", "kind", "address", "region", "subprocessor", "standing", "tier", "weight", "connections", "rate",
    "daily", "secret", "terms", "terms_url", "accepted", "contract_directly", "options", "trouble", "decides",
)  # fmt: skip


_KINDS = {"relay": "relay", "direct": "direct delivery", "ses": "Amazon SES", "catcher": "mail catcher"}
_STANDINGS = {
    "ready": "takes mail",
    "paused": "paused",
    "maintained": "in maintenance",
    "terms": "takes no mail before its terms are accepted",
}
"""What people read; with --json the codes stand."""


def _words(one: "Listed") -> str:
    limits = [f"{one.rate} a second" if one.rate else "", f"{one.daily} a day" if one.daily else ""]
    parts = [
        one.name, _KINDS[one.kind], one.address or one.region, one.subprocessor or "the house",
        _STANDINGS[one.standing],
        f"tier {one.tier}, weight {one.weight}, {one.connections} connections", *limits,
        f"its terms {one.terms} are not accepted (`mandata transports accept-terms {one.name} {one.terms}`)"
        if one.terms != one.accepted
        else "",
        f"TROUBLE: {one.trouble}" if one.trouble else "",
    ]  # fmt: skip
    lines = [" · ".join(part for part in parts if part)]
    for it in one.sources:
        state = it.fault or (f"listed by {', '.join(it.listed)}" if it.listed else "good" if it.checked_at else "new")
        lines.append(f"  {it.address} {it.helo} {f'pool {it.pool} ' if it.pool else ''}· {state}")
    return "\n".join(lines)


@app.command("add")
def add(
    name: Name,
    kind: Annotated[str, typer.Option(help="relay, direct, ses or catcher.")],
    address: Address = None,
    subprocessor: Sub = None,
    tier: Tier = None,
    weight: Weight = None,
    connections: Connections = None,
    rate: Rate = None,
    daily: Daily = None,
    region: Region = None,
    terms: Terms = None,
    terms_url: TermsUrl = None,
    contract_directly: Contract = None,
    source: Sources = None,
    maintenance: Windows = None,
    option: Options = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Set a transport up. From now on it takes mail of those controllers who may use its sub-processor.

    Examples:

        mandata transports add relay --kind relay --address smtp+starttls://mail.example.com:587 --user us

        mandata transports add own --kind direct --source 192.0.2.1=out1.example.com

        mandata transports add amazon --kind ses --region eu-central-1 --subprocessor "Cloud Mail Ltd" --user AKIA
    """
    password = _secret() if user else ""
    with _installation() as at:
        from mandata.delivery.services.transports import Details
        from mandata.delivery.services.transports import add as put

        given = _given(
            address, subprocessor, tier, weight, connections, rate, daily, region, terms, terms_url, contract_directly,
            source, maintenance, option,
        )  # fmt: skip
        details = Details(name=name, kind=kind, **given)
        made = put(details, actor=_OPERATOR, at=at, user=user or "", password=password)
    emit(as_json, {"id": made, "name": name}, f"{name} is set up.")


@app.command("change")
def change(
    name: Name,
    address: Address = None,
    subprocessor: Sub = None,
    tier: Tier = None,
    weight: Weight = None,
    connections: Connections = None,
    rate: Rate = None,
    daily: Daily = None,
    region: Region = None,
    terms: Terms = None,
    terms_url: TermsUrl = None,
    contract_directly: Contract = None,
    source: Sources = None,
    maintenance: Windows = None,
    option: Options = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Change a transport. Only what is given changes; what may be given several times takes the place of all before.

    Examples:

        mandata transports change relay --weight 3 --daily 50000

        mandata transports change relay --maintenance 2027-01-02T22:00Z/2027-01-03T02:00Z --json
    """
    password = _secret() if user else None
    with _installation() as at:
        from mandata.delivery.services import transports

        given = _given(
            address, subprocessor, tier, weight, connections, rate, daily, region, terms, terms_url, contract_directly,
            source, maintenance, option,
        )  # fmt: skip
        if not given and user is None:
            raise typer.BadParameter("Say what to change, for example --weight 3.")
        transports.change(name, actor=_OPERATOR, at=at, user=user, password=password, **given)
    values = {"name": name, "changed": sorted([*given, *(["secret"] if user else [])])}
    emit(as_json, values, f"{name} is changed.")


@app.command("pause")
def pause(name: Name, as_json: AsJson = False) -> None:
    """Hand nothing new to a transport; what is under way is finished, and others of its tier take over.

    Examples:

        mandata transports pause relay
    """
    _move("pause", name, "paused", as_json)


@app.command("resume")
def resume(name: Name, as_json: AsJson = False) -> None:
    """Let a paused transport take mail again.

    Examples:

        mandata transports resume relay
    """
    _move("resume", name, "active", as_json)


@app.command("remove")
def remove(name: Name, as_json: AsJson = False) -> None:
    """Take a transport away and destroy its secret. Without any, mail goes to MANDATA_SMTP_URL again.

    Examples:

        mandata transports remove relay
    """
    _move("remove", name, "removed", as_json)


@app.command("hook")
def hook(name: Name, as_json: AsJson = False) -> None:
    """Show where the relay behind a transport posts its reports, and the secret that it signs them with.

    The secret is that one relay's; what it reports of messages that left by another transport counts for nothing.

    Examples:

        mandata transports hook relay

        mandata transports hook relay --json
    """
    with _installation():
        from mandata.delivery.services import hooked
        from mandata.infra.environment import env

        found = hooked.hook_of(name)
        address = f"{env().public_url.rstrip('/')}{found.path}"
    emit(as_json, {"name": name, "address": address, "secret": found.secret}, f"{address}\nSecret: {found.secret}")


@app.command("accept-terms")
def accept_terms(
    name: Name,
    version: Annotated[str, typer.Argument(help="The version that was read.")],
    as_json: AsJson = False,
) -> None:
    """Accept the conditions of a transport in the version in force there. Before that it takes no mail.

    Examples:

        mandata transports accept-terms amazon 2026-01
    """
    with _installation() as at:
        from mandata.delivery.services import transports

        transports.accept_terms(name, version=version, actor=_OPERATOR, at=at)
    emit(as_json, {"name": name, "accepted": version}, f"The terms of {name}, {version}, are accepted.")


@app.command("pool")
def pool(
    controller: Annotated[str, typer.Argument(help="The controller's id.")],
    name: Annotated[str, typer.Argument(help="The pool; empty gives the controller back to the common addresses.")],
    as_json: AsJson = False,
) -> None:
    """Have a controller's mail leave from the source addresses of a pool.

    Examples:

        mandata transports pool 0190f3a2-7c1b-7cc0-9c51-3f2a5b7d1e90 vip
    """
    from uuid import UUID

    try:
        controller_id = UUID(controller)
    except ValueError as error:
        raise typer.BadParameter(f"{controller} is no id.") from error
    with _installation() as at:
        from mandata.delivery.services import transports

        transports.assign_pool(controller_id, name, actor=_OPERATOR, at=at)
    emit(as_json, {"controller": controller, "pool": name}, f"Its mail leaves from {name or 'the common addresses'}.")


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(help="The transport's name; empty: all of them.")] = "", as_json: AsJson = False
) -> None:
    """Look whether a transport answers; of direct delivery, whether names and addresses hold and no list has them.

    The exit code is 1 where something is not as it should be.

    Examples:

        mandata transports check

        mandata transports check relay --json
    """
    good = True
    with _installation() as at:
        from mandata.delivery.services import probing, showing

        names = [name] if name else [row.name for row in showing.listed(at=at)]
        for one in names:
            for found in probing.check(one, at=at):
                good = good and found.good
                values = {"transport": one, "what": found.what, "good": found.good, "words": found.words}
                emit(as_json, values, f"{one}: {'' if found.good else 'NOT GOOD: '}{found.words}")
        if not names and not as_json:
            typer.echo("No transport is set up: all mail goes to MANDATA_SMTP_URL.")
    if not good:
        raise typer.Exit(1)


# -- inside ------------------------------------------------------------------------------------------------------------


def _move(verb: str, name: str, state: str, as_json: bool) -> None:
    with _installation() as at:
        from mandata.delivery.services import transports

        getattr(transports, verb)(name, actor=_OPERATOR, at=at)
    emit(as_json, {"name": name, "state": state}, f"{name} is {state}.")


def _secret() -> str:
    """The secret of a log-in: from the environment, or asked for; never an argument, which others could read."""
    return os.environ.get(SECRET) or getpass.getpass("Its secret (nothing is shown): ")


def _given(*values: Any) -> dict[str, Any]:
    names = (
        "address", "subprocessor", "tier", "weight", "connections", "rate", "daily", "region", "terms", "terms_url",
        "contract_directly", "sources", "windows", "options",
    )  # fmt: skip
    found = {name: value for name, value in zip(names, values, strict=True) if value is not None}
    for name, read in (("sources", _source), ("windows", _window), ("options", _option)):
        if name in found:
            found[name] = tuple(read(text) for text in found[name] if text)
    if "options" in found:
        found["options"] = dict(found["options"])
    return found


def _source(text: str) -> object:
    from mandata.delivery.services.transports import From

    address, equals, rest = text.partition("=")
    helo, _, pool_name = rest.partition("@")
    if not equals:
        raise typer.BadParameter(f"{text} is no ADDRESS=EHLO-NAME.")
    return From(address, helo, pool_name)


def _window(text: str) -> object:
    from mandata.delivery.services.transports import Window

    begins, _, until = text.partition("/")
    try:
        found = [datetime.fromisoformat(part) for part in (begins, until)]
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no FROM/UNTIL, like 2027-01-02T22:00Z/2027-01-03T02:00Z.") from error
    return Window(*(one if one.tzinfo else one.replace(tzinfo=UTC) for one in found))


def _option(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text} is no NAME=VALUE.")
    return name, {"true": True, "false": False}.get(value.lower(), value)
