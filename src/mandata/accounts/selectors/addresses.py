"""Where a party is reached for a kind of notice: its address book, and what holds where the book says nothing (AGR-7).

The controller's book stands in its scope, the processor's in the installation's.
"""

from dataclasses import dataclass

from mandata.accounts.models import NoticeAddress
from mandata.accounts.rules import BOOKS, same_address
from mandata.accounts.selectors.people import controller
from mandata.infra.beside import beside
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, current_controller, in_scope, scope


@dataclass(frozen=True, slots=True)
class Reach:
    """An address of a party. `stated` is False where it follows from the party's contacts, not from its book."""

    address: str
    name: str
    stated: bool = True


def reached(kind: str) -> tuple[Reach, ...]:
    """Return the first and, where there is one, the second address of the scope's party for a kind of notice.

    `kind`: one of `rules.BOOKS`. A kind that the book does not hold follows the book's general addresses for notices;
    where there are none, the party's contacts hold: the controller's contact and privacy contact, or the processor's
    setting.
    """
    stated = _stated(kind) or (_stated("notices") if kind != "invoices" else ())
    found = list(stated)
    for one in _contacts(kind):
        if len(found) < 2 and not any(same_address(one.address, other.address) for other in found):
            found.append(one)
    return tuple(found)


def processor_reached(kind: str) -> tuple[Reach, ...]:
    """Return the processor's addresses, from whatever scope is open.

    The installation's rows are out of a controller's sight, so they are read beside it, on a connection of their own.
    """
    if in_scope() and current_controller() != INSTANCE:
        return beside(lambda: _instance(kind), name="processor")
    return _instance(kind)


def book() -> dict[str, tuple[Reach, ...]]:
    """Return the addresses of the scope's party for every kind of notice, as they are used."""
    return {kind: reached(kind) for kind in BOOKS}


def _instance(kind: str) -> tuple[Reach, ...]:
    with scope(INSTANCE):
        return reached(kind)


def _stated(kind: str) -> tuple[Reach, ...]:
    rows = NoticeAddress.objects.filter(kind=kind).order_by("rank")
    return tuple(Reach(row.address, row.name) for row in rows)


def _contacts(kind: str) -> list[Reach]:
    if current_controller() == INSTANCE:
        return [Reach(env().operator_contact, env().operator_name, stated=False)]
    card = controller()
    # Notices go to the address of the registration; of a breach, whoever answers for privacy hears first.
    order = [card.contact, card.privacy_contact]
    if kind == "breaches":
        order.reverse()
    if kind == "invoices":
        order = [card.contact]
    return [Reach(address, card.legal_name or card.name, stated=False) for address in order if address]
