"""`mandata retention`: what would go by its age, and the deletion itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.foundation.errors import Fault

app = typer.Typer(
    no_args_is_help=True,
    help="""For how long each kind of data is kept, what would go today, and the daily deletion by hand.

    Examples:

        mandata retention preview 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001

        mandata retention run 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001
    """,
)

Controller = Annotated[UUID, typer.Argument(help="The controller's id.")]


@contextmanager
def _controller(controller: UUID) -> Iterator[datetime]:
    with connected():
        django()
        from mandata.accounts import selectors
        from mandata.infra.clock import now

        if not selectors.exists(controller):
            raise Fault("There is no such controller.", remedy="mandata controllers are listed in the console.")
        yield now()


@app.command("preview")
def preview(controller: Controller, as_json: AsJson = False) -> None:
    """Show each category with its rule, its source, and what would go if the daily deletion came now.

    Examples:

        mandata retention preview 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001

        mandata retention preview 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001 --json
    """
    with _controller(controller) as at:
        from mandata.infra.tenancy import scope
        from mandata.retention.selectors import keeping

        with scope(controller):
            found = keeping.preview(at)
        for one in found:
            rule = one.rule
            period = str(rule.period) if rule.period else "as long as the agreement lasts"
            values = {
                "category": rule.category.code, "period": str(rule.period or ""), "origin": rule.origin.value,
                "clause": rule.clause, "source": rule.source, "rows": one.rows, "held": dict(one.held),
                "hold": list(one.hold), "before": one.before.isoformat() if one.before else "",
            }  # fmt: skip
            stays = "".join(f"; {count} stay: {ground}" for ground, count in one.held.items())
            held = f"; on hold: {', '.join(one.hold)}" if one.hold else ""
            text = f"{rule.category.code}  {period}  ({rule.origin.value}, {rule.source})  {one.rows} would go"
            emit(as_json, values, text + stays + held)


@app.command("run")
def run(controller: Controller, as_json: AsJson = False) -> None:
    """Delete now what the daily deletion would delete, and go on with one that was cut short.

    Killed at any moment, the same command goes on behind the last whole batch. The first look of all, and the first
    one after a clock went back, deletes nothing.

    Examples:

        mandata retention run 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001

        mandata retention run 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001 --json
    """
    with _controller(controller) as at:
        from mandata.infra.tenancy import scope
        from mandata.retention.selectors import keeping as selectors
        from mandata.retention.services import keeping

        with scope(controller):
            began = selectors.unfinished()
            if not began and (fresh := keeping.daily(at=at, queue=False)):
                began = [fresh]
        for run_id in began:
            while keeping.work(controller_id=controller, run_id=run_id, at=at):
                pass
        with scope(controller):
            done = [one for one in selectors.log() if one.id in began]
        for one in done:
            values = {"run": str(one.id), "number": one.number, "state": one.state, "rows": one.done}
            told = ", ".join(f"{code}: {rows}" for code, rows in one.done.items()) or "nothing"
            emit(as_json, values, f"Deletion {one.number} {one.state}: {told}")
        if not done and not as_json:
            typer.echo("Nothing went: nothing is old enough, or today was only noted as a day on which it was looked.")
