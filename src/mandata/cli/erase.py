"""`mandata erase`: people are erased for good, many at once, each with a certificate."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from mandata.cli.installation import connected, django
from mandata.cli.output import AsJson, emit
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Fault

if TYPE_CHECKING:
    from mandata.holdings.progress import RunRow
    from mandata.holdings.rules import Subject

_OPERATOR = Actor("operator")
_GROUNDS = "no_longer_needed, consent_withdrawn, objection, unlawful, legal_obligation, child, controller, consumer"
_Ids = Annotated[list[str] | None, typer.Option("--subscriber", help="A person's reference; may be said often.")]
_Address = Annotated[
    str, typer.Option(help="- reads addresses from standard input, one on a line; they never stand in the command.")
]


def erase(
    controller: Annotated[str, typer.Option(help="The controller's id.")],
    ground: Annotated[str, typer.Option(help=f"Why: {_GROUNDS}.")],
    subscriber: _Ids = None,
    address: _Address = "",
    of_list: Annotated[str, typer.Option("--list", help="A list, by its number or id: everybody on it.")] = "",
    state: Annotated[str, typer.Option(help="With --list: only in this state, as subscribed or unsubscribed.")] = "",
    provider: Annotated[str, typer.Option(help="Only at this mailbox provider.")] = "",
    country: Annotated[str, typer.Option(help="Only in this country, as CZ.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Count what it touches, erase nobody, and end.")] = False,
    confirm: Annotated[int, typer.Option(help="How many people, as the preview says; else it is asked for.")] = -1,
    certificates: Annotated[Path | None, typer.Option(help="Write everybody's certificate into this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Erase people from everywhere: rows, files, keys, and so from backups, too. Nobody can undo it.

    First it is counted what is held of them and what stays on which ground; then the number of people is asked for, or
    compared with --confirm. Each person is erased whole or not at all. Killed at any moment, the same command goes on
    where it stopped. Exit code 1 where somebody is left: told by reference and holding.

    Examples:

        mandata erase --controller 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001 --list 3 --ground no_longer_needed --preview

        mandata erase --controller 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001 --list 3 --ground objection --confirm 48210

        mandata erase --controller 0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001 --address - --ground objection < addresses.txt
    """
    wanted = {"list": of_list, "state": state, "provider": provider, "country": country}
    if sum((bool(subscriber), bool(address), any(wanted.values()))) != 1:
        raise typer.BadParameter("Say whom: --subscriber, or --address -, or --list (or --provider, --country).")
    if state and not of_list:
        raise typer.BadParameter("--state is that on a list: say which, with --list.")
    if address not in ("", "-"):
        raise typer.BadParameter("An address never stands in a command; give --address - and write it on its input.")
    if certificates and certificates.exists():
        raise Fault(f"{certificates} exists already.", remedy="Name another file.")
    named = _uuids(subscriber or (), "reference")
    lines = [line.strip() for line in sys.stdin if line.strip()] if address else []
    with connected():
        django()
        job = _Job(_controller(controller), ground, as_json)
        left = job.run(named, lines, wanted, preview, confirm, certificates)
    raise typer.Exit(1 if left else 0)


class _Job:
    """One run of the command against one controller."""

    def __init__(self, controller: UUID, ground: str, as_json: bool) -> None:
        self._controller = controller
        self._ground = ground
        self._as_json = as_json

    def run(
        self,
        named: Sequence[UUID],
        lines: Sequence[str],
        wanted: dict[str, str],
        preview: bool,
        confirm: int,
        out: Path | None,
    ) -> bool:
        """Do it all; return whether somebody is left who was to be erased."""
        from mandata.infra.tenancy import scope

        if not preview:
            self._finish_earlier()
        with scope(self._controller):
            people, strangers = self._resolved(lines)
            narrowed = self._narrowed(wanted) if any(wanted.values()) else None
        run = self._chosen(narrowed, [*named, *people])
        told = self._preview(run, strangers)
        if preview or not (run.people or strangers):
            self._cancel(run)
            return False
        typed = confirm if confirm >= 0 else int(typer.prompt(f"Nobody can undo this. Type {told} to erase", type=int))
        done = self._erased(run, typed, told, strangers)
        if out:
            self._certificates(done, out)
        return bool(done.failed) or done.state not in ("done", "cancelled")

    def _finish_earlier(self) -> None:
        """What was confirmed and killed goes on first, so that the same command finishes it."""
        from mandata.holdings import progress, runs
        from mandata.infra.clock import now
        from mandata.infra.tenancy import scope

        with scope(self._controller):
            earlier = progress.unfinished(self._ground, str(_OPERATOR))
        for run_id in earlier:
            with scope(self._controller):
                if progress.run(run_id).state == "stopped":
                    runs.again(run_id=run_id, actor=_OPERATOR, at=now())
            self._result(self._worked(run_id))

    def _resolved(self, lines: Sequence[str]) -> "tuple[list[UUID], list[Subject]]":
        """References that the addresses lead to, and those in no audience of whom something is held all the same."""
        from mandata.holdings import selectors

        found = selectors.subjects_by_address(lines)
        unknown = [one for one in found if not one.reference]
        strangers = [one for one in unknown if selectors.preview(one).touched]
        return [one.reference for one in found if one.reference], strangers

    def _narrowed(self, wanted: dict[str, str]) -> dict[str, str]:
        from mandata.audience.selectors import lists

        kept = {name: text for name, text in wanted.items() if text and name != "list"}
        if not wanted["list"]:
            return kept
        for one in lists():
            if wanted["list"] in (str(one.number), str(one.id)):
                return {**kept, "list_id": str(one.id)}
        raise Fault(f"There is no list {wanted['list']}.", remedy="Give the number or the id of one that there is.")

    def _chosen(self, wanted: dict[str, str] | None, references: Sequence[UUID]) -> "RunRow":
        from mandata.holdings import runs
        from mandata.infra.clock import now
        from mandata.infra.tenancy import scope

        with scope(self._controller):
            run = runs.choose(
                wanted=wanted, references=references, ground=self._ground, actor=_OPERATOR, at=now(), queue=False
            )
        return self._worked(run)

    def _worked(self, run_id: UUID) -> "RunRow":
        from mandata.holdings import progress, runs
        from mandata.infra.tenancy import scope

        while runs.run_slice(controller_id=self._controller, run_id=run_id, queue=False):
            pass
        with scope(self._controller):
            return progress.run(run_id)

    def _preview(self, run: "RunRow", strangers: "Sequence[Subject]") -> int:
        """Tell what it touches; return how many people it is about."""
        from mandata.holdings import selectors
        from mandata.infra.tenancy import scope

        with scope(self._controller):
            rows = selectors.rows_of(run.preview)
        people = run.people + len(strangers)
        values: dict[str, Any] = {
            "run": run.id,
            "people": people,
            "in_no_audience": len(strangers),
            "holdings": {row.key: [row.delete, row.anonymise, row.keep] for row in rows},
            "kept": {row.key: row.ground for row in rows if row.keep},
        }
        words = [f"{people} people ({len(strangers)} of them in no audience). Deleted, made anonymous, staying:"]
        words += [f"  {row.delete:>9} {row.anonymise:>9} {row.keep:>9}  {row.name}" for row in rows]
        words += [f"  {row.name} stays: {row.ground}" for row in rows if row.keep]
        emit(self._as_json, values, "\n".join(words))
        return people

    def _cancel(self, run: "RunRow") -> None:
        from mandata.holdings import runs
        from mandata.infra.clock import now
        from mandata.infra.tenancy import scope

        with scope(self._controller):
            runs.cancel(run_id=run.id, actor=_OPERATOR, at=now())

    def _erased(self, run: "RunRow", typed: int, told: int, strangers: "Sequence[Subject]") -> "RunRow":
        from mandata.holdings import runs, services
        from mandata.infra.clock import now
        from mandata.infra.tenancy import scope

        if typed != told:
            self._cancel(run)
            raise Fault(f"{typed} is not {told}; nobody was erased.", remedy="Look at the preview again.")
        if strangers:
            with scope(self._controller):
                services.erase_many(subjects=strangers, ground=self._ground, actor=_OPERATOR, at=now())
        if not run.people:
            return run
        with scope(self._controller):
            runs.confirm(run_id=run.id, people=run.people, actor=_OPERATOR, at=now())
        done = self._worked(run.id)
        self._result(done)
        return done

    def _result(self, done: "RunRow") -> None:
        from mandata.holdings import progress
        from mandata.infra.tenancy import scope

        with scope(self._controller):
            failures = progress.failures(done.id, done.failed)
        values = {name: getattr(done, name) for name in ("state", "people", "erased", "earlier", "failed", "error")}
        values |= {"run": done.id, "failures": [[one.subject, one.holdings, one.told] for one in failures]}
        words = [f"{done.erased} of {done.people} erased, {done.earlier} were gone already, {done.failed} failed."]
        words += [f"It stopped: {done.error}"] if done.error else []
        words += [f"  {one.subject} in {one.holdings}: {one.told}" for one in failures]
        emit(self._as_json, values, "\n".join(words))

    def _certificates(self, done: "RunRow", out: Path) -> None:
        from mandata.holdings import certificates
        from mandata.infra.clock import now
        from mandata.infra.tenancy import scope
        from mandata.record.services import sequence

        while sequence(self._controller, at=now()):
            pass
        part = out.with_name(out.name + ".part")
        with scope(self._controller), part.open("w", encoding="utf-8") as stream:
            stream.writelines(certificates.of_run(done.id))
        part.rename(out)


def _controller(text: str) -> UUID:
    from mandata.accounts import selectors as accounts

    (own,) = _uuids([text], "id of a controller")
    if own not in set(accounts.ids()):
        raise Fault("There is no such controller.", remedy="Give the id that the operator's list of controllers shows.")
    return own


def _uuids(texts: Iterable[str], what: str) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            raise Fault(f"{text[:40]} is no {what}.", remedy="It looks like 0190b5a0-7c1e-7d3a-9c55-….") from None
    return found
