"""A party's addresses for notices: kept, and every change told to the old and the new address (AGR-7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from mandata.accounts import rules, selectors
from mandata.accounts.models import NoticeAddress
from mandata.accounts.selectors import Card, Reach
from mandata.accounts.services.notices import send_notice
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Refused
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, current_controller
from mandata.record.services import append

_CLAUSE: Final = "notices.channel"
BOOK_NAMES: Final = {
    "notices": gettext_lazy("notices"),
    "breaches": gettext_lazy("notices of breaches"),
    "invoices": gettext_lazy("invoices"),
    "contacts": gettext_lazy("notices for which its address book names no address"),
}
_SUBJECT = gettext_noop("Addresses of %(party)s for %(kind)s")
_TEXT = gettext_noop(
    "Hello,\n\nthe addresses at which %(party)s receives %(kind)s were changed on %(at)s.\n\nBefore:\n%(before)s\n\n"
    "From now on:\n%(after)s\n\nThis is told to the old and to the new addresses. If it was not meant to be, say so at "
    "once: %(contact)s\n"
)


@dataclass(frozen=True, slots=True)
class Changed:
    """How a party was reached and is reached now: the first address and, where there is one, the second."""

    kind: str
    before: tuple[Reach, ...]
    after: tuple[Reach, ...]


def keep(
    *, kind: str, first: str, second: str = "", names: tuple[str, str] = ("", ""), actor: Actor, at: datetime
) -> Changed | None:
    """Keep the addresses of the scope's party for a kind of notice, tell the old and the new, and record it.

    `kind`: one of `rules.BOOKS`; an empty `first` removes them, and the party's contacts hold again. The record says
    that they changed, never which they are. None where nothing changes. Raises Refused for what is no address, and for
    a second one that is the first.
    """
    wanted = _wanted(kind, first, second, names)
    _lock()
    before = selectors.reached(kind)
    if [(one.address, one.name) for one in before if one.stated] == wanted and _held(kind) == len(wanted):
        return None
    NoticeAddress.objects.filter(kind=kind).delete()
    for rank, (address, name) in enumerate(wanted, 1):
        NoticeAddress.objects.create(kind=kind, rank=rank, address=address, name=name, by=actor.id, at=at)
    changed = Changed(kind, before, selectors.reached(kind))
    body: dict[str, object] = {"book": kind, "before": len(before), "stated": len(wanted)}
    append(kind="addresses.changed", body=body, actor=actor, at=at, clause=_CLAUSE)
    _tell(changed, at)
    return changed


def contacts_changed(
    *, before: Card, reached: Mapping[str, tuple[Reach, ...]], actor: Actor, at: datetime
) -> Changed | None:
    """Tell old and new contacts, and record it, where a changed contact of the controller changed where notices go.

    `before` and `reached`: its details and its `selectors.book()` before the change. None where notices go where they
    went.
    """
    after = selectors.controller()
    if {kind: _told(found) for kind, found in reached.items()} == {
        kind: _told(found) for kind, found in selectors.book().items()
    }:
        return None
    changed = Changed("contacts", _contacts_of(before), _contacts_of(after))
    body: dict[str, object] = {"book": "contacts", "before": len(changed.before), "stated": len(changed.after)}
    append(kind="addresses.changed", body=body, actor=actor, at=at, clause=_CLAUSE)
    _tell(changed, at)
    return changed


def _told(reaches: tuple[Reach, ...]) -> list[str]:
    return [one.address for one in reaches]


def _contacts_of(card: Card) -> tuple[Reach, ...]:
    name = card.legal_name or card.name
    return tuple(Reach(address, name, stated=False) for address in (card.contact, card.privacy_contact) if address)


def _wanted(kind: str, first: str, second: str, names: tuple[str, str]) -> list[tuple[str, str]]:
    if kind not in rules.BOOKS:
        raise ValueError(f"no such book: {kind}")
    given = [(address.strip(), name.strip()[:120]) for address, name in zip((first, second), names, strict=True)]
    wanted = [(address, name) for address, name in given if address]
    for address, _name in wanted:
        try:
            validate_email(address)
        except ValidationError:
            raise _refused(_("This is no e-mail address: %(address)s") % {"address": address}) from None
    if second.strip() and not first.strip():
        raise _refused(_("There is a second address, but no first one."))
    if len(wanted) == 2 and rules.same_address(wanted[0][0], wanted[1][0]):
        raise _refused(_("The second address is the first one again."))
    return wanted


def _refused(message: str) -> Refused:
    return Refused(
        message,
        code="accounts.notice_address",
        clause=_CLAUSE,
        remedy=_("Give the first address and, if you like, another one for when the first does not work."),
        status=422,
    )


def _held(kind: str) -> int:
    return NoticeAddress.objects.filter(kind=kind).count()


def _lock() -> None:
    """One change at a time for a party, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"addresses:{current_controller()}"])


def _tell(changed: Changed, at: datetime) -> None:
    told: list[Reach] = []
    for one in (*changed.before, *changed.after):
        if not any(rules.same_address(one.address, other.address) for other in told):
            told.append(one)
    subject, text = words(changed, at=at)
    for one in told:
        send_notice(to=one.address, to_name=one.name, subject=subject, text=text, kind="addresses_changed", at=at)


def words(changed: Changed, *, at: datetime, language: str = "") -> tuple[str, str]:
    """Return subject and text of the mail that tells a change, in the party's language or another."""
    if current_controller() == INSTANCE:
        party, own = env().operator_name, "en"
    else:
        card = selectors.controller()
        party, own = card.legal_name or card.name, card.language
    with translation.override(language or own):
        filling = {
            "party": party,
            "kind": str(BOOK_NAMES[changed.kind]),
            "at": f"{at:%Y-%m-%d %H:%M} UTC",
            "before": _lines(changed.before),
            "after": _lines(changed.after),
            "contact": env().operator_contact,
        }
        return _(_SUBJECT) % filling, _(_TEXT) % filling


def _lines(reaches: tuple[Reach, ...]) -> str:
    return "\n".join(f"- {one.address}" for one in reaches) or "-"
