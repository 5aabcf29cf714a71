"""Keys of the API (PPL-6): made by an owner and shown once, kept as a hash, revoked at once; and what a program asks
for by a name of its own, which is done once.
"""

import hashlib
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mandata.accounts.errors import BadKey, BadKeyWish, NameUsed, NoScopeFor
from mandata.accounts.models import ApiCall, ApiKey
from mandata.accounts.rules import apikeys as rules
from mandata.foundation.actors import Actor
from mandata.foundation.errors import NotFound
from mandata.infra.tenancy import current_controller
from mandata.record.services import append
from mandata.vault.services import Vault

_CLAUSE = "PPL-6: keys only to authorised persons, scoped, revocable"


@dataclass(frozen=True, slots=True)
class Made:
    """A new key; `text` is seen now and never again."""

    id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What an act by name came to; `again`: it was done before, and this is what it came to then."""

    status: int
    body: Mapping[str, Any]
    again: bool


def make(*, name: str, scopes: Collection[str], by: UUID, at: datetime, until: datetime | None = None) -> Made:
    """Make a key. `by`: a member; `until`: when it ends by itself. Raises BadKeyWish."""
    said = " ".join(name.split())[: rules.MAX_NAME]
    try:
        wished = rules.scopes(scopes)
    except ValueError:
        raise BadKeyWish(_("It is not said what the key may do."), remedy=_("Choose at least one.")) from None
    if not said or "@" in said or (until is not None and until <= at):
        raise BadKeyWish(
            _("A key needs a name without an address, and an end that is still to come."),
            remedy=_("Say what the key is for, and look at its end."),
        )
    if ApiKey.objects.filter(revoked_at=None).count() >= rules.MAX_KEYS:
        raise BadKeyWish(
            _("There are %(count)d keys already.") % {"count": rules.MAX_KEYS},
            remedy=_("Revoke those that are not used."),
        )
    secret = secrets.token_bytes(rules.SECRET_BYTES)
    text = rules.write(current_controller(), secret)
    row = ApiKey.objects.create(
        name=said, digest=rules.digest(secret), tail=text[-rules.TAIL :], scopes=wished, made_at=at,
        made_by=by, until=until,
    )  # fmt: skip
    body = {"key": row.id, "scopes": wished, "until": until.isoformat() if until else None}
    append(kind="api.key_made", body=body, actor=Actor("member", by), at=at, clause=_CLAUSE)
    return Made(row.id, text)


def revoke(*, key_id: UUID, actor: Actor, at: datetime) -> None:
    """End a key: the next request by it is refused. Again it changes nothing. Raises NotFound."""
    row = ApiKey.objects.select_for_update().filter(id=key_id).first()
    if row is None:
        raise NotFound(_("There is no such key."))
    if row.revoked_at is not None:
        return
    ApiKey.objects.filter(id=key_id).update(revoked_at=at, revoked_by=actor.id)
    ApiCall.objects.filter(key=key_id).delete()
    append(kind="api.key_revoked", body={"key": key_id}, actor=actor, at=at, clause=_CLAUSE)


def use(*, digest: bytes, scope: str, at: datetime) -> Actor:
    """Return who acts by a key, in the scope that the key named. `scope`: what the act needs.

    Raises BadKey, NoScopeFor.
    """
    row = ApiKey.objects.filter(digest=digest).first()
    if row is None or not rules.holds(revoked=row.revoked_at, until=row.until, at=at):
        raise BadKey(
            _("This key opens nothing: it was revoked, has expired, or never was one."),
            remedy=_("Make a new one in the console, under Account, API keys."),
        )
    if scope not in row.scopes:
        raise NoScopeFor(
            _("This key may not do that: it lacks “%(scope)s”.") % {"scope": scope},
            clause=_CLAUSE,
            remedy=_("Make a key with this scope."),
        )
    if row.used_on != at.date():
        ApiKey.objects.filter(id=row.id).update(used_on=at.date())
    return Actor("key", row.id)


def once(*, key: Actor, name: str, asked: bytes, at: datetime, act: Callable[[], tuple[int, dict[str, Any]]]) -> Reply:
    """Do what a program asks for by a name, once: asked again with the same words, the first reply is returned; two at
    the same instant wait for each other. What is refused leaves nothing, and can be asked again by the same name.

    `asked`: the request as it came; `act`: does it in the open transaction and returns status and body, which holds
    ids, codes and times alone. Raises NameUsed, where the name came with something else before.
    """
    marked = hashlib.sha256(name.encode()).digest()
    digest = Vault.open().index("email", f"api {hashlib.sha256(asked).hexdigest()}")
    try:
        with transaction.atomic():
            row = ApiCall.objects.create(key=key.id, name=marked, asked=digest, at=at)
    except IntegrityError:
        return _known(key, marked, digest)
    status, body = act()
    ApiCall.objects.filter(id=row.id).update(status=status, reply=body)
    return Reply(status, body, False)


def _known(key: Actor, marked: bytes, digest: bytes) -> Reply:
    row = ApiCall.objects.get(key=key.id, name=marked)
    if bytes(row.asked) != digest:
        raise NameUsed(
            _("This Idempotency-Key came before with something else."),
            remedy=_("Use a new one for a new request, and the same one for the same request alone."),
        )
    return Reply(row.status, row.reply, True)


def forget_calls(*, at: datetime) -> int:
    """Delete what was asked for by name so long ago that nobody repeats it; return how many."""
    return int(ApiCall.objects.filter(at__lt=at - rules.CALLS_LAST).delete()[0])
