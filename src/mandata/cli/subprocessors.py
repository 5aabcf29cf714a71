"""`mandata subprocessors`: the public register of sub-processors, and changes announced to every controller."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.foundation.actors import Actor

if TYPE_CHECKING:
    from mandata.subprocessors.selectors import Listed

app = typer.Typer(
    no_args_is_help=True,
    help="""Sub-processors: the public register, transfer mechanisms, and changes that every controller is told of.

    Examples:

        mandata subprocessors list

        mandata subprocessors announce "Swift Relay Ltd" --planned 2027-03-01
    """,
)

Name = Annotated[str, typer.Argument(help="The name in the register.")]
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="A day, in UTC.")]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its last day.")]
Struck = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it was struck down.")]
Many = Annotated[list[str] | None, typer.Option(help="May be given several times.")]
_OPERATOR = Actor("operator")


@contextmanager
def _installation() -> Iterator[datetime]:
    with connected():
        django()
        from mandata.infra.clock import now

        yield now()


def _day(day: datetime) -> datetime:
    return day.replace(tzinfo=UTC)


@app.command("list")
def listed(
    ended: Annotated[bool, typer.Option("--ended", help="Those that were struck off, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the register as everybody may see it: every tier, country, mechanism, announced changes.

    Examples:

        mandata subprocessors list

        mandata subprocessors list --ended --json
    """
    with _installation() as at:
        from mandata.subprocessors import selectors

        for one in selectors.register(at=at, ended=ended):
            emit(as_json, _values(one), _words(one))


def _values(one: "Listed") -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "role": one.role,
        "purposes": one.purposes,
        "country": one.country,
        "categories": one.categories,
        "classes": one.classes,
        "contact": one.contact,
        "address": one.address,
        "privacy_policy": one.privacy_url,
        "tier": one.tier,
        "chain": one.chain,
        "state": one.state,
        "since": one.since.isoformat() if one.since else None,
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "contract_on": one.contract_on,
        "covered": one.covered,
        "mechanisms": [
            {
                "id": str(rest.id) if rest.id else None,
                "kind": rest.kind,
                "reference": rest.reference,
                "from": rest.valid_from.isoformat(),
                "until": rest.valid_until.isoformat() if rest.valid_until else None,
                "struck_down": rest.struck_down_on.isoformat() if rest.struck_down_on else None,
                "holds": rest.holds,
            }
            for rest in one.mechanisms
        ],
        "announced": [
            {
                "id": str(change.id),
                "kind": change.kind,
                "planned_for": change.planned_for.isoformat(),
                "country": change.country,
                "replaces": change.replaces,
            }
            for change in one.coming
        ],
    }


def _words(one: "Listed") -> str:
    rests = ", ".join(f"{rest.kind}{'' if rest.holds else ' (lapsed)'}" for rest in one.mechanisms)
    parts = [f"{'  ' * (one.tier - 1)}{one.name}", one.country, one.role, one.state]
    parts += [rests] if rests else []
    parts += ["" if one.covered else "NO TRANSFER MECHANISM IN FORCE", "" if one.contract_on else "NO CONTRACT ON FILE"]
    parts += [f"{change.kind} announced for {change.planned_for:%Y-%m-%d}" for change in one.coming]
    return " · ".join(part for part in parts if part)


@app.command("add")
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="What it does for us.")],
    country: Annotated[str, typer.Option(help="Where data is processed: two letters of ISO 3166-1.")],
    purpose: Many = None,
    category: Many = None,
    class_: Annotated[
        list[str] | None, typer.Option("--class", help="A class of the agreements it belongs to.")
    ] = None,
    contact: Annotated[str, typer.Option(help="Whom to ask about data protection there.")] = "",
    address: Annotated[str, typer.Option()] = "",
    privacy_policy: Annotated[str, typer.Option(help="Address of its privacy policy.")] = "",
    behind: Annotated[str, typer.Option(help="The sub-processor that engaged it; empty: we did.")] = "",
    contract_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Since when the same duties bind it.")
    ] = None,
    evidence: Annotated[str, typer.Option(help="Where the contract lies.")] = "",
    active: Annotated[bool, typer.Option("--active", help="At work already; else planned, until announced.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a sub-processor on the register. Planned ones are seen by nobody, and get no data, before `announce`.

    Examples:

        mandata subprocessors add "Swift Relay Ltd" --role "delivery of e-mail" --country IE --contract-on 2026-01-02

        mandata subprocessors add "Rack and Ruin AS" --role hosting --country NO --behind "Swift Relay Ltd" --json
    """
    with _installation() as at:
        from mandata.subprocessors.services import register

        details = register.Details(
            name=name,
            role=role,
            country=country,
            purposes=tuple(purpose or ()),
            categories=tuple(category or ()),
            classes=tuple(class_ or ()),
            contact=contact,
            address=address,
            privacy_url=privacy_policy,
            parent=behind,
            contract_on=contract_on.date() if contract_on else None,
            contract_evidence=evidence,
        )
        made = register.add(details, actor=_OPERATOR, at=at, active=active)
    state = "active" if active else "planned"
    emit(as_json, {"id": made, "name": name, "state": state}, f"{name} is on the register ({state}).")


@app.command("correct")
def correct(
    name: Name,
    role: Annotated[str | None, typer.Option(help="What it does for us.")] = None,
    purpose: Many = None,
    category: Many = None,
    class_: Annotated[
        list[str] | None, typer.Option("--class", help="A class of the agreements it belongs to.")
    ] = None,
    contact: Annotated[str | None, typer.Option(help="Whom to ask about data protection there.")] = None,
    address: Annotated[str | None, typer.Option()] = None,
    privacy_policy: Annotated[str | None, typer.Option(help="Address of its privacy policy.")] = None,
    contract_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Since when the same duties bind it.")
    ] = None,
    evidence: Annotated[str | None, typer.Option(help="Where the contract lies.")] = None,
    as_json: AsJson = False,
) -> None:
    """Correct or complete an entry, for example with the contract without which no data goes there.

    Only what is given changes; what may be given several times takes the place of all that stood there. Another
    country is a change that controllers are told of first: `announce`.

    Examples:

        mandata subprocessors correct "Swift Relay Ltd" --contract-on 2026-01-02 --evidence "folder 7"
    """
    given = {
        "role": role,
        "purposes": tuple(purpose) if purpose else None,
        "categories": tuple(category) if category else None,
        "classes": tuple(class_) if class_ else None,
        "contact": contact,
        "address": address,
        "privacy_url": privacy_policy,
        "contract_on": contract_on.date() if contract_on else None,
        "contract_evidence": evidence,
    }
    details: dict[str, object] = {key: value for key, value in given.items() if value is not None}
    if not details:
        raise typer.BadParameter("Say what to correct, for example --contract-on 2026-01-02.")
    with _installation() as at:
        from mandata.subprocessors.services import register

        register.change(name, actor=_OPERATOR, at=at, **details)
    emit(as_json, {"name": name, "corrected": sorted(details)}, f"The register tells of {name} so now.")


@app.command("mechanism")
def mechanism(
    name: Name,
    kind: Annotated[str, typer.Option(help="adequacy, scc, bcr or privacy_shield.")],
    since: Day,
    until: Until = None,
    struck_down: Struck = None,
    reference: Annotated[str, typer.Option(help="Decision, module, register number.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put on file on what transfers to a sub-processor rest, and how long. A lapsed one shuts the gate by itself.

    Examples:

        mandata subprocessors mechanism "Prairie Mail Inc." --kind scc --since 2026-01-02 --until 2027-12-31
    """
    with _installation() as at:
        from mandata.subprocessors.services import register

        resting = register.Resting(
            kind,
            since.date(),
            until.date() if until else None,
            struck_down.date() if struck_down else None,
            reference,
        )
        made = register.mechanism(name, resting, actor=_OPERATOR, at=at)
    emit(as_json, {"id": made, "name": name, "kind": kind}, f"{name}: {kind} is on file.")


@app.command("announce")
def announce(
    name: Name,
    planned: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Not before this day, in UTC.")],
    country: Annotated[str, typer.Option(help="Its new country, where that is what changes.")] = "",
    replaces: Annotated[str, typer.Option(help="Whom it replaces.")] = "",
    as_json: AsJson = False,
) -> None:
    """Announce a change to every controller, each by its own agreement. The workers send the notices.

    For each controller the gate opens when its notice period and its window for objections have run, not before the
    day, and not while an objection of its stands. The same change announced again is the same change.

    Examples:

        mandata subprocessors announce "Swift Relay Ltd" --planned 2027-03-01

        mandata subprocessors announce "Swift Relay Ltd" --planned 2027-03-01 --replaces "Slow Relay Ltd" --json

        mandata subprocessors announce "Prairie Mail Inc." --planned 2027-03-01 --country IE
    """
    kind = "country" if country else "replace" if replaces else "add"
    with _installation() as at:
        from mandata.subprocessors.services import changes

        made = changes.announce(
            kind=kind,
            subprocessor=name,
            planned_for=_day(planned),
            replaces=replaces,
            country=country,
            actor=_OPERATOR,
            at=at,
        )
    values = {"change": made, "kind": kind, "name": name, "planned_for": _day(planned).isoformat()}
    emit(as_json, values, f"{name}: announced ({kind}), not before {planned:%Y-%m-%d}.")


@app.command("withdraw")
def withdraw(
    change: Annotated[str, typer.Argument(help="The change's id; `list --json` tells it.")], as_json: AsJson = False
) -> None:
    """Take back an announced change that has not taken effect; who was told is told of this, too.

    Examples:

        mandata subprocessors withdraw 0190f3a2-7c1b-7cc0-9c51-3f2a5b7d1e90
    """
    from uuid import UUID

    try:
        change_id = UUID(change)
    except ValueError as error:
        raise typer.BadParameter(f"{change} is no id; `mandata subprocessors list --json` tells ids.") from error
    with _installation() as at:
        from mandata.subprocessors.services import changes

        changes.withdraw(change_id, actor=_OPERATOR, at=at)
    emit(as_json, {"change": change_id, "state": "withdrawn"}, "The change is withdrawn.")


@app.command("end")
def end(name: Name, as_json: AsJson = False) -> None:
    """Strike a sub-processor from the register: from now on no data goes there, for anybody.

    Examples:

        mandata subprocessors end "Slow Relay Ltd"
    """
    with _installation() as at:
        from mandata.subprocessors.services import register

        register.end(name, actor=_OPERATOR, at=at)
    emit(as_json, {"name": name, "state": "ended"}, f"{name} is struck from the register.")
