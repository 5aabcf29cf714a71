"""What lower areas hold of a person in numbers and envelopes, told in words: titles instead of ids, contents instead
of envelopes.
"""

from uuid import UUID

from mandata.campaigns import personal as campaigns
from mandata.delivery import personal as delivery
from mandata.foundation import canonical
from mandata.holdings import caught as catcher
from mandata.record import personal as record
from mandata.tracking import personal as tracking
from mandata.vault.services import Vault

Rows = list[dict[str, object]]
_SALT_BYTES = 32


def messages(reference: UUID) -> Rows:
    """Return the person's messages with the titles of their campaigns."""
    return _titled(delivery.messages(reference))


def returns(reference: UUID) -> Rows:
    """Return what came back from the person, with the titles of the campaigns."""
    return _titled(delivery.returns(reference))


def events(reference: UUID) -> Rows:
    """Return the person's events, with titles and where the links lead."""
    return _linked(tracking.events(reference))


def firsts(reference: UUID) -> Rows:
    """Return the first acts on the person's messages, with titles and where the links lead."""
    return _linked(tracking.firsts(delivery.numbers([reference])))


def payloads(reference: UUID) -> Rows:
    """Return what the record says of the person, opened."""
    rows = record.payloads(reference)
    if not rows:
        return []
    vault = Vault.open()
    plain = [vault.unseal(reference, "record_payload.sealed", sealed)[_SALT_BYTES:] for _, _, sealed in rows]
    return [
        {"entry": entry, "kind": kind, "content": canonical.loads(content)}
        for (entry, kind, _), content in zip(rows, plain, strict=True)
    ]


count_caught, caught, erase_caught = catcher.count, catcher.told, catcher.erase


def _titled(rows: Rows) -> Rows:
    titles = campaigns.titles([UUID(str(row["campaign_id"])) for row in rows])
    return [{"campaign": titles.get(UUID(str(row["campaign_id"])), ""), **_without_ids(row)} for row in rows]


def _linked(rows: Rows) -> Rows:
    targets = campaigns.targets([UUID(str(row["campaign_id"])) for row in rows])
    told = []
    for row, titled in zip(rows, _titled(rows), strict=True):
        number = titled.pop("link")
        target = targets.get((UUID(str(row["campaign_id"])), int(str(number))))
        told.append({**titled, **({"link": target} if target else {})})
    return told


def _without_ids(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "campaign_id" and value not in (None, "", [])}
