"""DKIM keys of a sending domain: made and sealed, turned, taken up once DNS shows them, retired (DLV-1, SEC-2).

    next      made, its record shown to be published; signs nothing
    active    signs; at most one for each algorithm
    retired   signs nothing more, its private half is destroyed; its record stays for KEPT_FOR, so that mail under way
              can still be verified, then its members are told that it may go

Inside the scope of whoever owns the domain.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, TypeVar, cast
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from django.db import connections
from django.utils.translation import gettext as _

from mandata.delivery import selectors
from mandata.delivery.errors import NoSuchDomain, TurningAlready
from mandata.delivery.models import Domain, Key
from mandata.delivery.rules.domains import Check, tags
from mandata.delivery.signing import SigningKey
from mandata.delivery.signing.keys import Algorithm, public_record
from mandata.foundation.actors import Actor
from mandata.infra import bulk, clock
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, current_controller, scope
from mandata.record.services import append
from mandata.vault.errors import KeyDestroyed
from mandata.vault.services import Vault

PLACE: Final = "delivery_domain.private_key"
"""The envelopes' place: it names the column where they first lay, because it is bound into them."""
ALGORITHMS: Final[tuple[Algorithm, ...]] = ("rsa-2048", "ed25519")
KEPT_FOR: Final = timedelta(days=14)
"""How long a retired key's record is asked for: messages are retried for 3 days, and forwarders verify later still."""
_BITS: Final = 2048  # RFC 8301
_LETTERS: Final = {"rsa-2048": "m", "ed25519": "e"}
_SHARED_SECONDS: Final = 30
_T = TypeVar("_T")
_ACTIVE: Final = (
    "select k.id, k.selector, k.algorithm, k.private_key from delivery_key k join delivery_domain d "
    "on d.controller_id = k.controller_id and d.id = k.domain_id "
    "where d.controller_id = %b and d.name = %b and k.state = 'active' order by k.algorithm desc"
)


def signing_keys(domain: str) -> tuple[SigningKey, ...]:
    """Return the keys that sign for a domain, RSA first; none for a domain that has none, or is not the scope's.

    One query; private keys are opened once for each process. The operator's shared domain answers in every scope.
    """
    name = domain.rstrip(".").lower()
    if name and name == env().shared_domain and current_controller() != INSTANCE:
        return _shared(name, int(clock.now().timestamp()) // _SHARED_SECONDS)
    return _active(name)


def _active(name: str) -> tuple[SigningKey, ...]:
    try:
        return _read(name)
    except KeyDestroyed:  # retired since its row was read: the rows say by now which one signs instead
        return _read(name)


def _read(name: str) -> tuple[SigningKey, ...]:
    rows = bulk.execute(_ACTIVE, [current_controller(), name])
    return tuple(
        SigningKey(name, selector, algorithm, _opened(current_controller(), UUID(str(key)), bytes(sealed)))
        for key, selector, algorithm, sealed in rows
    )


@lru_cache(maxsize=512)
def _opened(_controller: UUID, key_id: UUID, sealed: bytes) -> rsa.RSAPrivateKey | Ed25519PrivateKey:
    """Parsing a key takes a while; whose it is belongs to the question, so that no scope gets another's."""
    plain = Vault.open().unseal(key_id, PLACE, sealed)
    # We made it and the envelope says that nobody changed it: testing its primes again would take 50 ms.
    found = load_der_private_key(plain, None, unsafe_skip_rsa_key_validation=True)
    return cast("rsa.RSAPrivateKey | Ed25519PrivateKey", found)


@lru_cache(maxsize=4)
def _shared(name: str, _moment: int) -> tuple[SigningKey, ...]:
    return _apart(lambda: _active(name))


def shared_checks(name: str) -> tuple[Check, ...]:
    """Return what was found of the operator's shared domain when DNS was last asked; nothing of any other domain."""
    if not name or name != env().shared_domain:
        return ()

    def read() -> tuple[Check, ...]:
        row = Domain.objects.filter(name=name).first()
        return selectors.checks(row) if row else ()

    return _apart(read)


def _apart(read: Callable[[], _T]) -> _T:
    """Read in the installation's scope. A scope is never left for another: a thread of its own has none open."""

    def alone() -> _T:
        try:
            with scope(INSTANCE):
                return read()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(alone).result()


def complete(domain_id: UUID, *, at: datetime) -> list[str]:
    """Give the domain a key of each algorithm that it has none of; return the selectors of the new ones."""
    held = set(Key.objects.filter(domain_id=domain_id).exclude(state="retired").values_list("algorithm", flat=True))
    return [_make(domain_id, algorithm, at) for algorithm in ALGORITHMS if algorithm not in held]


def turn_keys(*, domain_id: UUID, actor: Actor, at: datetime) -> list[str]:
    """Make a successor for each key that signs; return the selectors to publish. They sign once DNS shows them.

    Raises NoSuchDomain; TurningAlready while successors wait to be published.
    """
    if not Domain.objects.filter(id=domain_id).exists():
        raise NoSuchDomain(_("There is no such sending domain."))
    rows = list(Key.objects.filter(domain_id=domain_id))
    waiting = {row.algorithm for row in rows if row.state == "next"}
    wanted = [row.algorithm for row in rows if row.state == "active" and row.algorithm not in waiting]
    if not wanted:
        raise TurningAlready(
            _("New keys of this domain wait for their records already."),
            remedy=_("Publish the records that are shown as new; the keys sign as soon as DNS shows them."),
        )
    made = [_make(domain_id, algorithm, at) for algorithm in ALGORITHMS if algorithm in wanted]
    body: dict[str, object] = {"domain": domain_id, "selectors": made}
    append(kind="domain.key_made", body=body, actor=actor, at=at)
    return made


def take_up(domain_id: UUID, shown: Collection[str], *, actor: Actor, at: datetime) -> list[str]:
    """Let the keys that DNS shows sign, and retire those before them; return the selectors that sign from now on."""
    taken = []
    waiting = Key.objects.select_for_update().filter(domain_id=domain_id, state="next", selector__in=list(shown))
    for row in waiting.order_by("-algorithm"):
        before = Key.objects.filter(domain_id=domain_id, state="active", algorithm=row.algorithm).first()
        if before is not None:
            retire(before, actor=actor, at=at)
        row.state, row.activated_at = "active", at
        row.save(update_fields=["state", "activated_at"])
        body: dict[str, object] = {"domain": domain_id, "selector": row.selector}
        append(kind="domain.key_active", body=body, actor=actor, at=at)
        taken.append(row.selector)
    return taken


def retire(row: Key, *, actor: Actor, at: datetime) -> None:
    """Let a key sign no more: its private half is destroyed at once, its record stays asked for."""
    row.state, row.retired_at, row.private_key = "retired", at, b""
    row.save(update_fields=["state", "retired_at", "private_key"])
    Vault.open().destroy([row.id])
    body: dict[str, object] = {"domain": row.domain_id, "selector": row.selector}
    append(kind="domain.key_retired", body=body, actor=actor, at=at)


def may_go(domain_id: UUID, *, at: datetime) -> list[Key]:
    """Return the retired keys whose records are needed no more and of whom nobody has been told."""
    due = Key.objects.filter(domain_id=domain_id, state="retired", told_at=None, retired_at__lte=at - KEPT_FOR)
    return list(due.order_by("selector"))


def forget_gone(domain_id: UUID, found: Iterable[str], *, at: datetime) -> None:
    """Drop those retired keys whose time is over and whose records are gone. `found`: names still in DNS."""
    names = {name.partition("._domainkey.")[0] for name in found}
    over = Key.objects.filter(domain_id=domain_id, state="retired", retired_at__lte=at - KEPT_FOR)
    over.exclude(told_at=None).exclude(selector__in=names).delete()


def due_to_turn(domain_id: UUID, *, at: datetime) -> bool:
    """Say whether the domain's RSA key has signed for longer than MANDATA_DKIM_DAYS and has no successor yet."""
    old = at - timedelta(days=env().dkim_days)
    live = Key.objects.filter(domain_id=domain_id)
    return live.filter(state="active", activated_at__lte=old).exists() and not live.filter(state="next").exists()


def destroy_all(domain_id: UUID) -> None:
    """Destroy every private key of a domain that goes."""
    ids = list(Key.objects.filter(domain_id=domain_id).values_list("id", flat=True))
    with contextlib.suppress(KeyDestroyed):
        Vault.open().destroy(ids)


def _make(domain_id: UUID, algorithm: Algorithm, at: datetime) -> str:
    key_id, vault = new_id(), Vault.open()
    private: rsa.RSAPrivateKey | Ed25519PrivateKey = (
        rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
        if algorithm == "rsa-2048"
        else Ed25519PrivateKey.generate()
    )
    plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    keys = vault.create([key_id])
    selector = _selector(domain_id, algorithm, at)
    Key.objects.create(
        id=key_id,
        domain_id=domain_id,
        algorithm=algorithm,
        selector=selector,
        private_key=vault.seal(key_id, PLACE, plain, key=keys[key_id]),
        public_key=tags(public_record(private.public_key()))["p"],
        created_at=at,
    )
    return selector


def _selector(domain_id: UUID, algorithm: Algorithm, at: datetime) -> str:
    """A selector names algorithm and month, and is never used twice: receivers keep records for a while."""
    first = f"{_LETTERS[algorithm]}{at:%Y%m}"
    used = set(Key.objects.filter(domain_id=domain_id).values_list("selector", flat=True))
    number = next(number for number in range(1, len(used) + 2) if _numbered(first, number) not in used)
    return _numbered(first, number)


def _numbered(first: str, number: int) -> str:
    return first if number == 1 else f"{first}-{number}"
