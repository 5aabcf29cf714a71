"""`mandata ends`, `export-controller`, `hand-over`: agreements that end, an archive of everything of a controller."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.foundation.errors import Fault


def ends(as_json: AsJson = False) -> None:
    """List the agreements that end: whose, since when, what is chosen, how far return and deletion are.

    Examples:

        mandata ends

        mandata ends --json
    """
    with connected():
        django()
        from mandata.retention.selectors import ends as selectors

        rows = [
            {
                "controller": str(row.controller_id),
                "name": row.controller_name,
                "state": row.end.state,
                "by": row.end.by,
                "ends": row.end.effective_at.isoformat(),
                "choice": row.end.choice,
            }
            for row in selectors.ends()
        ]
    told = "\n".join(
        "{controller}  {state:10} {day} UTC  {choice:7} {name}".format(day=row["ends"][:16].replace("T", " "), **row)
        for row in rows
    )
    emit(as_json, {"ends": rows}, told or "No agreement ends.")


def export_controller(
    controller: Annotated[str, typer.Argument(help="Id of the controller, as `mandata ends` or the console shows it.")],
    to: Annotated[Path, typer.Option(help="Folder that the archive is put into, whole or not at all.")],
    recipient: Annotated[str, typer.Option(help="Public key of the controller (age1… or ssh-…); only it opens it.")],
    as_json: AsJson = False,
) -> None:
    """Make an archive of everything of a controller, encrypted to its key, and put it into a folder. It is recorded.

    Examples:

        mandata export-controller 01a2… --to /srv/handover --recipient age1…
    """
    if not to.is_dir():
        raise Fault(f"There is no folder {to}.", remedy="Make it first; the archive appears in it whole.")
    try:
        controller_id = UUID(controller)
    except ValueError as error:
        raise Fault(f"{controller} is no id of a controller.", remedy="See `mandata ends`, or the console.") from error
    with connected():
        django()
        told = _export(controller_id, to.absolute(), recipient)
    emit(as_json, told, "{file}: {bytes} bytes, SHA-256 {sha256}\n{next}".format(**told))


def hand_over(
    controller: Annotated[str, typer.Argument(help="Id of the controller.")],
    archive: Annotated[str, typer.Argument(help="Id of the archive, as `mandata export-controller` told it.")],
    as_json: AsJson = False,
) -> None:
    """Record that the controller has got an archive that was put into a folder: from now on it counts as returned.

    Examples:

        mandata hand-over 01a2… 01a3…
    """
    try:
        controller_id, return_id = UUID(controller), UUID(archive)
    except ValueError as error:
        raise Fault("These are no ids of a controller and its archive.", remedy="See `mandata ends`.") from error
    with connected():
        django()
        from mandata.foundation.actors import Actor
        from mandata.infra.clock import now
        from mandata.infra.tenancy import scope
        from mandata.retention.services import returns

        with scope(controller_id):
            returns.hand_over(return_id=return_id, actor=Actor("operator"), at=now())
    emit(as_json, {"archive": str(return_id), "handed_over": True}, "Recorded: the controller has it.")


def _export(controller_id: UUID, to: Path, recipient: str) -> dict[str, object]:
    from mandata.accounts import selectors as accounts
    from mandata.foundation.actors import Actor
    from mandata.infra.clock import now
    from mandata.infra.tenancy import scope
    from mandata.retention.selectors import returns as selectors
    from mandata.retention.services import receivers, returns

    if not accounts.exists(controller_id):
        raise Fault(f"There is no controller {controller_id}.", remedy="See the console for its id.")
    with scope(controller_id):
        return_id = returns.ask(
            receiver=receivers.receiver(recipient=recipient),
            to=returns.Destination("folder", str(to)),
            actor=Actor("operator"),
            at=now(),
            queue=False,
        )
    returns.make(controller_id=controller_id, return_id=return_id)
    with scope(controller_id):
        made = selectors.one(return_id)
    if made.state != "ready" or made.how != "folder":
        raise Fault(
            made.error or "Another archive of this controller is being made.",
            remedy="Wait for it, then run this again.",
        )
    found = next(to.glob(f"{return_id}-*.zip.age"))
    then = f"Once the controller has it: mandata hand-over {controller_id} {return_id}"
    size = {"bytes": made.size, "sha256": made.digest, "rows": made.rows}
    return {"archive": str(return_id), "file": str(found), **size, "next": then}
