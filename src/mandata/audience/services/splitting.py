"""Whether a customer divides its database among several accounts to stay below the price list: as counts only (BIL-12).

No address and no hash of one leaves this module or is stored anywhere. Addresses are unsealed in batches, normalised
and hashed under a random key that lives in this call alone; the hashes live in memory, at most `LIMIT` of them. Where
there are more people than that, every second, fourth, … hash is counted on (an even sample, chosen by the hash), and
the counts are multiplied; `Split.one_in` says so.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Final
from uuid import UUID

import orjson
from django.db import connection

from mandata.agreements import services as gates
from mandata.agreements.rules.facts import SERVICE, CombineFacts
from mandata.audience.selectors.people import PLACE
from mandata.audience.selectors.splitting import are_one_customer
from mandata.foundation import addresses
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append
from mandata.vault.services import Vault

LIMIT: Final = 200_000
_BATCH: Final = 2_000
_BYTES: Final = 8

_PAGE: Final = """
select s.id, s.identity from audience_subscriber s
where s.id > %s and s.restricted_at is null and exists (
    select 1 from audience_subscription b
    where b.controller_id = s.controller_id and b.subscriber_id = s.id and b.state = 'subscribed')
order by s.id limit %s
"""


@dataclass(frozen=True, slots=True)
class Split:
    """Active unique subscribers of accounts of one customer: of each, of each two together, of all.

    ``shared`` maps pairs of controllers to how many people both hold; ``distinct`` counts each person once.
    ``one_in``: 1 where every person was counted, else the sample from which ``shared`` and ``distinct`` are told.
    """

    sizes: dict[UUID, int]
    shared: dict[tuple[UUID, UUID], int]
    distinct: int
    one_in: int

    @property
    def total(self) -> int:
        """The sum of the accounts' own counts, a person in two of them counting twice."""
        return sum(self.sizes.values())


def count(controllers: Sequence[UUID], *, at: datetime, actor: Actor = SYSTEM) -> Split:
    """Count the people of accounts of one customer, each account alone and together; enter the counts in the
    installation's record.

    Call it outside a scope. Asks the gate ``combine`` of every account: raises GateRefused where they are not accounts
    of one customer, or no agreement is in force. Each batch is a short transaction of its own.
    """
    chosen = tuple(sorted(set(controllers)))
    facts = CombineFacts("other_controller", same_customer=are_one_customer(chosen), result="counts", purpose=SERVICE)
    for controller in chosen:
        with scope(controller):
            gates.ask(facts, about=controller, actor=actor, at=at)
    found = _count(chosen, _hasher())
    body: dict[str, object] = {
        "controllers": [str(controller) for controller in chosen],
        "sizes": [found.sizes[controller] for controller in chosen],
        "shared": [count for _pair, count in sorted(found.shared.items())],
        "distinct": found.distinct,
        "one_in": found.one_in,
    }
    with scope(INSTANCE):
        append(kind="audience.split_counted", body=body, actor=actor, at=at, clause="breach.serious")
    return found


def _hasher() -> Callable[[str], int]:
    key = secrets.token_bytes(32)

    def hashed(text: str) -> int:
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=_BYTES, key=key).digest())

    return hashed


def _count(controllers: Sequence[UUID], hashed: Callable[[str], int]) -> Split:
    sizes = dict.fromkeys(controllers, 0)
    holders: dict[int, int] = {}  # hash -> a bit for each account that holds it
    mask = 0
    for place, controller in enumerate(controllers):
        for address in _addresses(controller):
            sizes[controller] += 1
            value = hashed(address)
            if value & mask:
                continue
            holders[value] = holders.get(value, 0) | 1 << place
            if len(holders) > LIMIT:
                mask = mask << 1 | 1
                holders = {value: bits for value, bits in holders.items() if not value & mask}
    one_in = mask + 1
    together: Counter[int] = Counter(holders.values())
    shared = {
        (controllers[a], controllers[b]): one_in * sum(n for bits, n in together.items() if bits >> a & bits >> b & 1)
        for a, b in combinations(range(len(controllers)), 2)
    }
    return Split(sizes, shared, one_in * len(holders), one_in)


def _addresses(controller: UUID) -> Iterator[str]:
    """The normalised addresses of a controller's active people, batch by batch, each batch in a scope of its own."""
    last = UUID(int=0)
    while True:
        with scope(controller), connection.cursor() as cursor:
            cursor.execute(_PAGE, [last, _BATCH])
            rows = cursor.fetchall()
            opened = Vault.open().unseal_many(PLACE, {row[0]: row[1] for row in rows})
        for plain in opened.values():
            yield addresses.parse(addresses.clean(str(orjson.loads(plain)["email"]))).lookup
        if len(rows) < _BATCH:
            return
        last = rows[-1][0]
