"""`mandata domains`: sending domains and tracking hosts of every controller, and the operator's shared domain."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from mandata.cli.installation import connected, django, read
from mandata.cli.output import AsJson, emit
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Fault

if TYPE_CHECKING:
    from mandata.delivery.rules.domains import Check, Record
    from mandata.delivery.selectors import SendingDomain

app = typer.Typer(
    no_args_is_help=True,
    help="""Sending domains: records, checks, keys; tracking hosts with their certificates; the shared domain.

    Examples:

        mandata domains list

        mandata domains show news.example.com

        mandata domains certificates
    """,
)

Name = Annotated[str, typer.Argument(help="The domain.")]
_OPERATOR = Actor("operator")


@contextmanager
def _installation() -> Iterator[datetime]:
    with connected():
        django()
        from mandata.infra.clock import now

        yield now()


def _everybody() -> list[UUID]:
    from mandata.accounts import selectors as accounts
    from mandata.infra.tenancy import INSTANCE

    return [INSTANCE, *accounts.ids()]


def _found(name: str) -> tuple[UUID, UUID]:
    """The controller and the id of a domain; the one who has proven it where several have added it. Raises Fault."""
    from mandata.delivery import selectors
    from mandata.infra.tenancy import scope

    found = []
    for controller_id in _everybody():
        with scope(controller_id):
            one = selectors.domain_named(name)
        if one is not None:
            found.append((one.state != "verified", controller_id, one.id))
    if not found:
        raise Fault(f"Nobody has a sending domain {name}.", remedy="See `mandata domains list`.")
    _, controller_id, domain_id = min(found)
    return controller_id, domain_id


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List every sending domain: whose it is, its state, when DNS was last asked.

    Examples:

        mandata domains list

        mandata domains list --json
    """
    with _installation():
        from mandata.accounts import selectors as accounts
        from mandata.delivery import selectors
        from mandata.infra.tenancy import scope

        for controller_id in _everybody():
            with scope(controller_id):
                owner, rows = accounts.holder().name, selectors.domains()
            for one in rows:
                values = {
                    "domain": one.name,
                    "controller": str(controller_id),
                    "name": owner,
                    "state": one.state,
                    "checked_at": one.checked_at and one.checked_at.isoformat(),
                }
                asked = f"{one.checked_at:%Y-%m-%d %H:%M}" if one.checked_at else "never"
                emit(as_json, values, f"{_STATES[one.state]:16} {one.name}  {owner}  (DNS asked: {asked})")


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show the records to publish and what was found when DNS was last asked.

    Examples:

        mandata domains show news.example.com

        mandata domains show news.example.com --json
    """
    with _installation():
        from mandata.delivery import selectors
        from mandata.infra.tenancy import scope

        controller_id, domain_id = _found(name)
        with scope(controller_id):
            _tell(selectors.domain(domain_id), as_json)


@app.command()
def check(name: Name, as_json: AsJson = False) -> None:
    """Ask DNS now (the resolver of MANDATA_DNS, or the system's), keep what it says, and show it.

    The exit code is 1 where the domain may not send.

    Examples:

        mandata domains check news.example.com
    """
    if _asked(name, as_json) != "verified":
        raise typer.Exit(1)


def _asked(name: str, as_json: bool) -> str:
    """Ask DNS about a domain and tell of it; return the state that it is in then."""
    with _installation() as at:
        from mandata.delivery import selectors, services
        from mandata.infra.tenancy import scope

        controller_id, domain_id = _found(name)
        with scope(controller_id):
            services.verify_domain(domain_id=domain_id, actor=_OPERATOR, at=at)
            found = selectors.domain(domain_id)
        _tell(found, as_json)
        return str(found.state)


@app.command()
def turn(name: Name, as_json: AsJson = False) -> None:
    """Make a successor for each key that signs. It signs once DNS shows its record; the old one stays for 14 days.

    Examples:

        mandata domains turn news.example.com
    """
    with _installation() as at:
        from mandata.delivery import services
        from mandata.infra.tenancy import scope

        controller_id, domain_id = _found(name)
        with scope(controller_id):
            made = services.turn_keys(domain_id=domain_id, actor=_OPERATOR, at=at)
        emit(as_json, {"domain": name, "selectors": made}, f"Publish the records of {', '.join(made)}.")


@app.command()
def shared(as_json: AsJson = False) -> None:
    """Show the operator's shared domain (MANDATA_SHARED_DOMAIN), made with its keys at the first time; ask DNS.

    Examples:

        mandata domains shared
    """
    name = read().shared_domain
    if not name:
        raise Fault("There is no shared domain.", remedy="Set MANDATA_SHARED_DOMAIN, like mail.example.com.")
    with _installation() as at:
        from mandata.delivery.services import watching

        watching.keep_shared(at=at)
    _asked(name, as_json)


@app.command()
def certificates(as_json: AsJson = False) -> None:
    """List every tracking host: its state, until when its certificate holds, what the ACME server refused.

    Examples:

        mandata domains certificates

        mandata domains certificates --json
    """
    with _installation() as at:
        from mandata.delivery import selectors
        from mandata.infra.tenancy import scope

        found = False
        for controller_id in _everybody():
            with scope(controller_id):
                rows = selectors.hosts(at)
            for one in rows:
                found = True
                until = one.expires_at.isoformat() if one.expires_at else None
                values = {"host": one.name, "controller": str(controller_id), "state": one.state, "until": until}
                until = f"{one.expires_at:%Y-%m-%d %H:%M} UTC" if one.expires_at else "none yet"
                words = f"{_HOSTS[one.state]:16} {one.name}  (certificate until: {until})"
                failed = f"  not renewed: {one.failure}" if one.failure else ""
                emit(as_json, values | {"failure": one.failure}, words + failed)
        if not found and not as_json:
            typer.echo("No controller has a tracking host.")


_STATES = {"pending": "not yet verified", "verified": "may send", "failing": "records are gone"}
_HOSTS = {"pending": "not yet proven", "verified": "leads here", "failing": "leads elsewhere"}
_RESULTS = {"ok": "found", "missing": "NOT FOUND", "wrong": "WRONG", "unasked": "not asked"}
_PURPOSES = {
    "verification": "proof of ownership",
    "dkim": "signature (DKIM)",
    "spf": "allowed servers (SPF)",
    "dmarc": "policy (DMARC)",
    "return_path": "return address",
    "mx": "mail to the domain (MX)",
    "bimi": "logo (BIMI)",
}
"""What people read; with --json the codes stand."""


def _tell(one: "SendingDomain", as_json: bool) -> None:
    checks = {(check.purpose, check.name): check for check in one.checks}
    emit(as_json, {"domain": one.name, "state": one.state}, f"{one.name}: {_STATES[one.state]}")
    for record in one.records:
        _tell_record(record, checks.pop((record.purpose, record.name), None), as_json)
    for check in checks.values():
        values = {"purpose": check.purpose, "name": check.name, "result": check.result, "code": check.code}
        emit(
            as_json,
            values | {"found": list(check.found)},
            f"{_RESULTS[check.result]:10} {_PURPOSES[check.purpose]}{_said(check.code)}",
        )


def _tell_record(record: "Record", check: "Check | None", as_json: bool) -> None:
    result, code = (check.result, check.code) if check else ("unasked", "not_asked")
    values = {
        "purpose": record.purpose,
        "type": record.type,
        "name": record.name,
        "value": record.value,
        "required": record.required,
        "stage": record.stage,
        "result": result,
        "code": code,
        "notes": list(check.notes) if check else [],
        "found": list(check.found) if check else [],
    }
    about = f"{_PURPOSES[record.purpose]}{_said(code)}{'' if record.required else '; may be left out'}"
    indent = " " * 11
    told = f"{_RESULTS[result]:10} {record.type:5} {record.name}\n{indent}{record.value}\n{indent}{about}"
    emit(as_json, values, told)


def _said(code: str) -> str:
    """What DNS said, in the words of its code; nothing where that would say the result again."""
    return "" if code in {"found", "not_found", "not_asked"} else f": {code.replace('_', ' ')}"
