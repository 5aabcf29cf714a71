"""Everything of one controller: counted, deleted, deleted again after an older database was put in place (RET-4).

It goes through every table that has rows of controllers, as the database itself lists them (`tables`), so that a table
which nobody thought of is deleted, too; what stays is named in `STAYS`, with its ground. Each slice is one transaction
of its own; killed anywhere, the same call goes on with what is left. The people's keys go first, so that nothing half
done can be read; those of the controller itself go last.

The outside log gets a line before anything goes, so that a restore of an older database deletes once more.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mandata.accounts.services import users
from mandata.holdings import caught, tables
from mandata.holdings.catalogue import catalogue
from mandata.infra import bulk, outside
from mandata.infra.outside import Line
from mandata.infra.tenancy import scope
from mandata.vault import ending

KIND: Final = "holdings.controller_deleted"
"""The line of the outside log."""
CHUNK: Final = 20_000
"""Rows deleted in a transaction."""

_RECORD: Final = _("The record has ids, codes, counts and times only; it proves what was done (Art. 5(2) GDPR).")
_CONTRACT: Final = _("The contract itself, without the addresses of people: for claims under it (Art. 17(3)(e) GDPR).")
_TAX: Final = _("What invoices rest on, kept by tax law (Art. 17(3)(b) GDPR).")
_NUMBERS: Final = _("Ids, numbers and times by which the deletion itself can be proven.")

STAYS: Final[Mapping[str, object]] = {
    **dict.fromkeys(
        (
            "record_entry",
            "record_leaf",
            "record_node",
            "record_head",
            "record_stamp",
            "record_receipt",
            "record_pending",
        ),
        _RECORD,
    ),
    **dict.fromkeys(
        (
            "accounts_controller",
            "agreements_agreement",
            "agreements_obligation",
            "agreements_stay",
            "agreements_agenda",
            "agreements_served",
        ),
        _CONTRACT,
    ),
    **dict.fromkeys(("assistance_statement", "assistance_work"), _TAX),
    **dict.fromkeys(("accounts_directory", "vault_epoch", "retention_end", "retention_link"), _NUMBERS),
}
"""Tables whose rows stay -> on what ground."""
UNTIL: Final[Mapping[str, object]] = {
    str(_RECORD): _("as long as the record is kept"),
    str(_CONTRACT): _("ten years after the contract ended"),
    str(_TAX): _("ten years after the year of the invoice"),
    str(_NUMBERS): _("as long as the record is kept"),
}
LAST: Final = ("holdings_task", "holdings_manual", "accounts_noticeaddress")
"""Tables that are needed until the certificate is made; `finish` deletes them."""
_FIRST: Final = ("accounts_apikey", "accounts_seat", "accounts_member", "accounts_invitationkey", "accounts_invitation")
"""Whoever could still come in goes first."""

Told = Callable[[str, int], None]
"""Called in the transaction of a slice: the table, and how many rows of it were deleted."""


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a preview: a holding, or what is none (`key` empty), with counts; `ground` and `until` of what
    stays."""

    key: str
    name: str
    tables: tuple[str, ...]
    delete: int
    keep: int
    ground: str = ""
    until: str = ""


def preview(controller_id: UUID) -> list[Part]:
    """Count what a deletion of a controller deletes and leaves, by holding; in the active language. No open scope."""
    with scope(controller_id):
        counts = {name: _count(name, controller_id) for name in tables.tables()}
    return parts(counts)


def parts(counts: Mapping[str, int]) -> list[Part]:
    """Group counts by table into the lines of a preview, in the order of the catalogue; empty ones are left out."""
    homes = {table: one.description for one in catalogue() for table in one.description.tables}
    grouped: dict[tuple[str, str, str], dict[str, int]] = {}
    for table, count in counts.items():
        home, ground = homes.get(table), str(STAYS.get(table, ""))
        which = (home.key, str(home.name), ground) if home else ("", str(_("Without personal data")), ground)
        grouped.setdefault(which, {})[table] = count
    found = []
    for (key, name, ground), of in grouped.items():
        if total := sum(of.values()):
            stays = {"keep": total, "delete": 0} if ground else {"keep": 0, "delete": total}
            until = str(UNTIL.get(ground, "")) if ground else ""
            found.append(Part(key, name, tuple(of), **stays, ground=ground, until=until))
    order = {one.description.key: number for number, one in enumerate(catalogue())}
    return sorted(found, key=lambda part: (order.get(part.key, len(order)), bool(part.ground)))


def _count(table: str, controller_id: UUID) -> int:
    # the name is the database's own
    found = bulk.execute(f"select count(*) from {table} where controller_id = %s", [controller_id])  # noqa: S608
    return int(found[0][0])


def announce(controller_id: UUID, *, end: UUID, at: datetime) -> None:
    """Write the line of the outside log, in the open scope, before the commit that begins a deletion."""
    outside.write(KIND, {"controller": controller_id, "end": end, "at": at})


def delete(controller_id: UUID, *, told: Told = lambda _table, _count: None) -> Iterator[str]:
    """Delete everything of a controller that does not stay, slice by slice; yield the table of each slice that is done.

    Open no scope around it. Stop pulling at any time: the next call goes on. The keys of the controller itself are
    destroyed by `vault.ending.destroy_all` afterwards.
    """
    _caught(controller_id)
    _shut_out(controller_id, told)
    while ended := ending.destroy_holders(controller_id):
        with scope(controller_id):
            told("vault_subject_key", ended)
        yield "vault_subject_key"
    for table in tables.children_first():
        if table not in STAYS and table not in LAST and table not in ("vault_subject_key", "vault_secret"):
            yield from _rows(controller_id, table, told)


def finish(controller_id: UUID, *, told: Told = lambda _table, _count: None) -> None:
    """Delete what was needed until the certificate, and the addresses of people in what stays."""
    for table in LAST:
        for _done in _rows(controller_id, table, told):
            pass
    with scope(controller_id):
        for statement in _SCRUB:
            bulk.execute(statement, [controller_id])


_SCRUB: Final = (
    "update accounts_controller set contact = '', privacy_contact = '' where controller_id = %s",
    "update agreements_agreement set accepted_network = '', accepted_agent = '' where controller_id = %s",
    "update agreements_served set evidence = '', notice = null where controller_id = %s",
)


def _shut_out(controller_id: UUID, told: Told) -> None:
    """Nobody enters any more: seats and memberships go, and accounts of people who have a seat nowhere else.

    An older database does not know that it has ended, and its log of accesses lets go of rows only then.
    """
    with scope(controller_id):
        bulk.execute(_ENDED, [controller_id])
        people = [row[0] for row in bulk.execute(_PEOPLE, [controller_id, controller_id])]
        for table in _FIRST:
            if count := len(bulk.execute(_ALL.format(table=table), [controller_id])):
                told(table, count)
        if gone := users.forget(people):
            told("accounts_user", gone)


_ENDED: Final = (
    "update accounts_directory set state = 'ended' where controller_id = %s and state <> 'ended' returning 1"
)
_PEOPLE: Final = (
    "select user_id from accounts_member where controller_id = %s"
    " union select user_id from accounts_seat where controller_id = %s"
)


_ALL: Final = "delete from {table} where controller_id = %s returning 1"


def _rows(controller_id: UUID, table: str, told: Told) -> Iterator[str]:
    """Delete the rows of a table in slices; a partitioned one, whose rows have no place of their own, at once."""
    some = f"select ctid from {table} where controller_id = %s limit {CHUNK}"  # noqa: S608 - the database's own name
    which = "controller_id = %s" if tables.tables()[table].partitioned else f"ctid = any(array({some}))"
    statement = f"with gone as (delete from {table} where {which} returning 1) select count(*) from gone"  # noqa: S608
    while True:
        with scope(controller_id):
            count = int(bulk.execute(statement, [controller_id])[0][0])
            if count:
                told(table, count)
        if not count:
            return
        yield table


def _caught(controller_id: UUID) -> None:
    """Messages in the shipped catcher, where it stands in for the recipients' mail servers."""
    with scope(controller_id):
        caught.forget_all()


def left(controller_id: UUID) -> dict[str, int]:
    """Count what should be gone and is there: table -> rows. Empty after a whole deletion; `LAST` is not counted."""
    with scope(controller_id):
        found = {
            name: _count(name, controller_id) for name in tables.tables() if name not in STAYS and name not in LAST
        }
    return {name: count for name, count in found.items() if count}


def deleted_in(lines: Iterable[Line]) -> dict[UUID, datetime]:
    """Return the controllers that the outside log says were deleted, and when."""
    return {line.controller: _at(str(line.body["at"])) for line in lines if line.kind == KIND}


def replay(lines: Iterable[Line]) -> int:
    """Delete again, after a restore, whatever the outside log says was deleted; return how many controllers.

    Call it behind the replay of everything else. Enters nothing in the record: what stood there is replayed by itself.
    """
    gone = deleted_in(lines)
    for controller_id, at in gone.items():
        for _table in delete(controller_id):
            pass
        ending.destroy_all(controller_id, at=at)
        finish(controller_id)
    return len(gone)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
