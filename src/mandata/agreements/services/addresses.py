"""Changed addresses are told to the other party, too, as a legal notice (AGR-7, `notices.contacts`)."""

from datetime import datetime
from typing import Final
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.accounts.services import addresses
from mandata.accounts.services.addresses import Changed
from mandata.agreements.language import words
from mandata.agreements.models import Served
from mandata.agreements.rules.words import Words, fill
from mandata.agreements.rules.words import mark as _
from mandata.agreements.services import everybody, ledger
from mandata.agreements.services.notices import serve
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.jobs import app
from mandata.infra.tenancy import INSTANCE, scope

JOB: Final = "agreements.tell_addresses"
KIND: Final = "addresses.changed"

_SUBJECT: Final = _("Changed addresses of {party}")
_TEXT: Final = _(
    "The addresses at which {party} receives {kind} have changed. From now on they are:\n\n{addresses}\n\n"
    "Notices to the earlier ones may not be read any more.\n"
)
_BOOKS: Final = {
    "notices": _("notices under the agreement"),
    "breaches": _("notices of breaches"),
    "invoices": _("invoices"),
}


def change(
    *, kind: str, first: str, second: str = "", names: tuple[str, str] = ("", ""), actor: Actor, at: datetime
) -> Changed | None:
    """Keep the controller's addresses for a kind of notice, and tell the old ones, the new ones and the processor.

    In the controller's scope. As `accounts.services.addresses.keep`: None where nothing changes, Refused for what is no
    address.
    """
    changed = addresses.keep(kind=kind, first=first, second=second, names=names, actor=actor, at=at)
    if changed is not None:
        card = accounts.controller()
        _serve("processor", card.legal_name or card.name, kind, changed.after, words("en"), new_id(), at)
    return changed


def change_processor(
    *, kind: str, first: str, second: str = "", names: tuple[str, str] = ("", ""), by: UUID, at: datetime
) -> Changed | None:
    """Keep the processor's addresses for a kind of notice, tell the old and the new, and have every controller told.

    Opens the installation's scope itself; the controllers are told by a job, each in its own scope.
    """
    with scope(INSTANCE):
        changed = addresses.keep(kind=kind, first=first, second=second, names=names, actor=Actor("operator", by), at=at)
        if changed is not None:
            app.configure_task(JOB, queue="agreements").defer(book=kind, change_id=str(new_id()))
    return changed


def tell_controllers(*, book: str, change_id: UUID, at: datetime) -> int:
    """Tell every controller whose account has not ended; return how many were told now. Run again, it goes on.

    Raises Untold where some could not be told.
    """
    reaches = accounts.processor_reached(book)
    return everybody.each_controller(lambda: _tell_here(book, reaches, change_id, at))


def _tell_here(book: str, reaches: tuple[accounts.Reach, ...], change_id: UUID, at: datetime) -> bool:
    if accounts.state() == "ended" or Served.objects.filter(kind=KIND, about=change_id).exists():
        return False
    said = words(accounts.controller().language)
    _serve("controller", env().operator_name, book, reaches, said, change_id, at)
    return True


def _serve(
    party: str, whose: str, book: str, reaches: tuple[accounts.Reach, ...], said: Words, about: UUID, at: datetime
) -> None:
    terms = ledger.last_agreement(at)[1]
    filling = {
        "party": whose,
        "kind": said.gettext(_BOOKS[book]),
        "addresses": "\n".join(f"- {one.address}" for one in reaches),
    }
    serve(
        kind=KIND,
        party=party,
        subject=fill(said.gettext(_SUBJECT), filling),
        text=fill(said.gettext(_TEXT), filling),
        clause="notices.contacts" if terms and "notices.contacts" in terms.clauses else "notices.channel",
        about=("addresses", about),
        at=at,
    )
