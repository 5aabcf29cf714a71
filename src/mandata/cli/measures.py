"""`mandata measures`: what protects personal data, looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer

from mandata.cli.current import require_current
from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit

app = typer.Typer(
    no_args_is_help=True,
    help="""Measures: checks that look at the running installation, and what owners show.

    Examples:

        mandata measures check

        mandata measures list --json
    """,
)


@contextmanager
def _installation() -> Iterator[datetime]:
    with connected() as urls:
        require_current(urls.app)
        django()
        from mandata.infra.clock import now

        yield now()


@app.command("check")
def check(
    only: Annotated[str, typer.Option("--only", help="One check by its code; nothing is kept then.")] = "",
    as_json: AsJson = False,
) -> None:
    """Look at everything now and keep the results: what fails is an alarm and is owed to the controllers concerned.

    A round that was killed is taken up where it was. Exit code 0 when every check held, 1 when one did not; 2 for
    wrong usage.

    Examples:

        mandata measures check

        mandata measures check --json

        mandata measures check --only walls
    """
    with _installation() as at:
        from mandata.measures import selectors
        from mandata.measures.looking import CHECKS
        from mandata.measures.services import checking

        if only:
            if only not in CHECKS:
                raise typer.BadParameter(f"There is {', '.join(CHECKS)}.", param_hint="--only")
            verdict = checking.look(only, at)
            _told(as_json, only, verdict.outcome, verdict.reason, verdict.figures, 0)
            raise typer.Exit(int(verdict.outcome == "failed"))
        run_id = checking.take(by=None, at=at)
        good = checking.run(run_id=run_id, at=at)
        for one in selectors.latest().values():
            if one.run == run_id:
                _told(as_json, one.check, one.outcome, one.reason, one.figures, one.milliseconds)
    raise typer.Exit(int(not good))


def _told(as_json: bool, code: str, outcome: str, reason: str, figures: dict[str, Any], spent: int) -> None:
    from mandata.measures import words

    why, mend = words.REASONS.get(reason, words.REASONS["check_fault"])
    mark = {"held": "holds", "failed": "FAILS", "absent": "–"}[outcome]
    text = f"{mark:<6} {code:<16} {words.CHECKS[code]}"
    if outcome == "failed":
        text += f"\n{'':<24}{why} {mend}"
    values = {"check": code, "outcome": outcome, "reason": reason, "figures": figures, "milliseconds": spent}
    emit(as_json, values, text)


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List every measure with its headings and how it stands. Exit code 0.

    Examples:

        mandata measures list

        mandata measures list --json
    """
    with _installation() as at:
        from mandata.measures import selectors

        for one in selectors.register(at):
            values = {
                "measure": one.code,
                "headings": one.plan.headings,
                "checks": one.plan.checks,
                "state": one.standing.state,
                "at": one.standing.at,
                "owner": one.owner or None,
                "next": one.next_on,
            }
            emit(as_json, values, f"{one.standing.state:<8} {one.code:<28} {one.words}")


@app.command("history")
def history(
    check_code: Annotated[str, typer.Argument(help="A check by its code, as `mandata measures check` shows it.")],
    as_json: AsJson = False,
) -> None:
    """List what the last rounds found of one check, oldest first. Exit code 0; 2 where there is no such check.

    Examples:

        mandata measures history walls

        mandata measures history backups --json
    """
    with _installation():
        from mandata.measures import selectors
        from mandata.measures.rules.headings import CHECKS

        if check_code not in CHECKS:
            raise typer.BadParameter(f"There is {', '.join(CHECKS)}.", param_hint="CHECK_CODE")
        for one in selectors.history(check_code):
            values = {"at": one.at, "outcome": one.outcome, "reason": one.reason, "figures": one.figures}
            emit(as_json, values, f"{one.at:%Y-%m-%d %H:%M} {one.outcome:<7} {one.reason}")
